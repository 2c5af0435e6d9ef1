"""Summaries of a whole document or section in levels: of its passages, then of the summaries, until one call holds all.

That is the tree of RAPTOR (Sarthi et al. 2024) over the document's own order instead of clusters. Summaries of passages
of one document do not depend on the question: they are cached by content, model and template, so that a tree goes on
where it stopped. It does not know where they are kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from prompts.answers import AnswerEvent, HitsFound, Step
from prompts.budget import NOTE_FRAME_TOKENS, Plan, clip, group, plan_tree, room, summary_tokens
from prompts.calls import ask_all
from prompts.compose import Progress, compose, refuse, says_nothing
from prompts.passages import Passage, number_passages
from prompts.render import as_data
from prompts.request import Request, whole_of
from prompts.sentences import MARK
from prompts.wording import say
from retrieval.hits import Hit

_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Summary:
    """A text whose marks [n] count the passages of its document from 1, `offset` passages after the very first.

    `sha256` is the document's content; "" once a summary is of several.
    """

    sha256: str
    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one call reads: `body` with the marks of `sha256`, to be summarised by `template`."""

    template: str
    sha256: str
    offset: int
    body: str


def tree(request: Request) -> Iterator[AnswerEvent]:
    """Answer from a tree of summaries. Raises OtherSide when every call of a level failed."""
    progress = Progress("tree")
    whole = whole_of(request)
    passages = number_passages(whole, request.page_of)
    plan = plan_tree(request, _by_document(whole, request))
    progress.notes.extend(plan.notes)
    if request.whole is None:
        progress.notes.append(say(request.language, "summary_of_hits"))
    progress.mark("plan")
    yield replace(plan.event("tree"), notes=tuple(progress.notes))
    yield HitsFound(request.hits)
    batches: Sequence[_Batch | Summary] = list(_leaves(request, whole, plan))
    level = 1
    while True:
        summaries = _summarise(request, batches, progress)
        said = say(request.language, "level", level=level, count=len(summaries))
        yield progress.take(Step(said, "\n\n".join(_with_pages(one, passages) for one in summaries)))
        progress.mark(f"level {level}")
        batches, level = _joins(request, summaries), level + 1
        if len(batches) <= 1:
            break
    if not summaries:
        yield refuse(request, progress)
        return
    notes, shown = _renumbered([_global(one) for one in summaries], passages)
    prompt = request.prompt("reduce", notes="\n".join(_framed(note) for note in notes))
    shown_hits = tuple(passage.hit for passage in shown) or request.hits
    reply = request.needed_model.write(prompt, plan.answer_tokens)
    yield from compose(replace(request, hits=shown_hits), reply, progress)


def plan_whole(request: Request) -> Plan:
    """What a tree over all that the question is about would cost at most."""
    return plan_tree(request, _by_document(whole_of(request), request))


def _by_document(whole: Sequence[Hit], request: Request) -> list[tuple[Passage, ...]]:
    """The passages of each document, numbered from 1 in each."""
    members = (tuple(hits) for _, hits in groupby(whole, key=lambda hit: hit.document.id))
    return [number_passages(hits, request.page_of) for hits in members]


def _leaves(request: Request, whole: Sequence[Hit], plan: Plan) -> Iterator[_Batch]:
    """The first level; the groups of the plan follow the documents' order."""
    groups, offset = iter(plan.groups), 0
    for members in _by_document(whole, request):
        left = len(members)
        while left > 0:
            texts = next(groups)
            yield _Batch("summary", members[0].hit.chunk.sha256, offset, "\n".join(texts))
            left -= len(texts)
        offset += len(members)


def _joins(request: Request, summaries: Sequence[Summary]) -> list[_Batch | Summary]:
    """The next level: within each document where that makes them fewer, else across documents.

    A summary that stands alone goes up as it is.
    """
    limit, count = room(request, "summary_join"), request.needed_model.count_tokens
    everything = [_framed(_global(one)) for one in summaries]
    if len(group(everything, min(limit, room(request, "reduce")), count)) <= 1:
        return [_Batch("summary_join", "", 0, "\n".join(everything))] if everything else []
    batches: list[_Batch | Summary] = []
    for (sha256, offset), members in groupby(summaries, key=lambda one: (one.sha256, one.offset)):
        alike = list(members)
        for texts in group([_framed(one.text) for one in alike], limit, count):
            read, alike = alike[: len(texts)], alike[len(texts) :]
            whole = _Batch("summary_join", sha256, offset, "\n".join(texts))
            batches.append(read[0] if len(read) == 1 else whole)
    if len(batches) >= len(summaries):
        half = limit // 2 - NOTE_FRAME_TOKENS  # so that two always fit: their marks may have grown
        everything = [_framed(clip(_global(one), half, count)) for one in summaries]
        return [_Batch("summary_join", "", 0, "\n".join(texts)) for texts in group(everything, limit, count)]
    return batches


def _summarise(request: Request, level: Sequence[_Batch | Summary], progress: Progress) -> list[Summary]:
    """A summary of each batch; what is a summary already stays; batches that say nothing are left out."""
    batches = [one for one in level if isinstance(one, _Batch)]
    texts = iter(_texts(request, batches, summary_tokens(request), progress))
    count, longest = request.needed_model.count_tokens, summary_tokens(request)
    summaries: list[Summary] = []
    for one in level:
        if isinstance(one, Summary):
            summaries.append(one)
        elif (text := next(texts)) is not None and not says_nothing(text):
            summaries.append(Summary(one.sha256, one.offset, clip(text.strip(), longest, count)))
    return summaries


def _texts(request: Request, batches: Sequence[_Batch], longest: int, progress: Progress) -> list[str | None]:
    """What the model writes of each batch, from the cache where it is there; None where a call failed."""
    cache, keys = request.cache, [_key(request, batch, longest) for batch in batches]
    known = [
        cache.get(batch.sha256, key) if cache and batch.sha256 else None
        for batch, key in zip(batches, keys, strict=True)
    ]
    missing = [index for index, text in enumerate(known) if text is None]

    def keep(number: int, text: str) -> None:
        batch = batches[missing[number]]
        if cache and batch.sha256:
            cache.put(batch.sha256, keys[missing[number]], text)

    prompts = [request.prompts.render(batches[i].template, request.language, passages=batches[i].body) for i in missing]
    for index, reply in zip(missing, ask_all(request, prompts, longest, progress, done=keep), strict=True):
        known[index] = reply.text if reply is not None else None
    return known


def _key(request: Request, batch: _Batch, longest: int) -> str:
    template = request.prompts.text(batch.template, request.language)
    parts = (request.needed_model.name, template, str(longest), batch.body)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _framed(note: str) -> str:
    return f"<note>\n{as_data(note)}\n</note>"


def _global(summary: Summary) -> str:
    """The text with marks that count all passages."""
    return MARK.sub(lambda mark: _DIGITS.sub(lambda n: str(int(n[0]) + summary.offset), mark[0]), summary.text)


def _with_pages(summary: Summary, passages: Sequence[Passage]) -> str:
    """The text with the passages' documents and pages in place of their numbers, as a reader may see it."""

    def place(number: int) -> str:
        if not 1 <= number <= len(passages):
            return "?"
        return f"p. {passages[number - 1].page_name}"

    def shown(mark: re.Match[str]) -> str:
        return _DIGITS.sub(lambda n: place(int(n[0])), mark[0])

    return MARK.sub(shown, _global(summary))


def _renumbered(notes: Sequence[str], passages: Sequence[Passage]) -> tuple[list[str], list[Passage]]:
    """The notes with the passages that they name numbered from 1, and these passages."""
    named: dict[int, int] = {}

    def number(found: re.Match[str]) -> str:
        old = int(found[0])
        if not 1 <= old <= len(passages):
            return found[0]
        return str(named.setdefault(old, len(named) + 1))

    renumbered = [MARK.sub(lambda mark: _DIGITS.sub(number, mark[0]), note) for note in notes]
    return renumbered, [passages[old - 1] for old in named]
