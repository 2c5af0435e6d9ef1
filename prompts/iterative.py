"""An answer that searches again where the model is unsure of its own sentence, or the documents do not bear it out.

FLARE (Jiang et al. 2023, "Active retrieval augmented generation"): a sentence with a token less likely than THETA is
not taken; its tokens likelier than BETA are the next search, and the answer goes on from the sentence before. Here a
sentence that its passages do not support counts as unsure as well. It does not know how a search is done.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.errors import OtherSide
from ingest.sentences import Range, split
from prompts.answers import AnswerEvent, HitsFound, Step, Verdict
from prompts.budget import Plan, clip, fitting, plan_iterative
from prompts.chat_model import Reply, TokenLogprob
from prompts.cite import Citer
from prompts.compose import DraftReply, Progress, add, compose, refuse, says_nothing, wrote_nothing
from prompts.passages import number_passages
from prompts.render import as_data
from prompts.request import Request
from prompts.sentences import take_marks
from prompts.wording import say
from retrieval.hits import Hit

MOST_ROUNDS = 4  # model calls at most
THETA = -0.92  # natural logarithm of 0.4: the least likely token that a sentence may hold
BETA = -0.92  # tokens less likely are left out of the next search
_UNSURE = (Verdict.NOT_FOUND, Verdict.PARTLY, Verdict.CONTRADICTED)
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Doubt:
    """The first sentence that is not taken, `text[start:end]`, and what is looked for in its place."""

    start: int
    end: int
    query: str


def iterative(request: Request) -> Iterator[AnswerEvent]:
    """Answer, searching again with doubtful sentences. Raises OtherSide when the model writes nothing at all.

    When a later call fails, what was taken until then is the answer, incomplete.
    """
    progress = Progress("iterative")
    plan = plan_iterative(request, number_passages(request.hits, request.page_of), MOST_ROUNDS)
    progress.notes.extend(plan.notes)
    progress.mark("plan")
    yield plan.event("iterative")
    yield HitsFound(request.hits)
    hits = request.hits[: sum(len(members) for members in plan.groups)]
    taken = ""
    for number in range(1, MOST_ROUNDS + 1):
        if not hits:
            break
        try:
            reply = _written(request, hits, taken, plan, progress)
        except OtherSide as error:
            if not taken:
                raise
            progress.complete = False
            progress.notes.append(say(request.language, "draft_kept", call=number, count=MOST_ROUNDS, error=error))
            break
        if says_nothing(reply.text):
            break
        doubt = doubtful(request, hits, reply)
        fresh = _searched(request, hits, doubt) if doubt and number < MOST_ROUNDS else ()
        if doubt is None or not fresh:
            taken = _joined(taken, reply.text)
            break
        taken, hits = _joined(taken, reply.text[: doubt.start]), (*hits, *fresh)
        found = " · ".join(f"{hit.document.name} {hit.chunk.page}" for hit in fresh)
        yield progress.take(Step(say(request.language, "searched_again", round=number, query=doubt.query), found))
    progress.mark("write")
    request = replace(request, hits=hits)
    if taken.strip():
        yield from compose(request, DraftReply(taken), progress)
    else:
        yield refuse(request, progress)


def _written(request: Request, hits: Sequence[Hit], taken: str, plan: Plan, progress: Progress) -> Reply:
    """The rest of the answer after what was taken."""
    model = request.needed_model
    passages = "\n".join(fitting(request, number_passages(hits, request.page_of), "iterative"))
    draft = clip(as_data(taken), plan.answer_tokens, model.count_tokens)
    reply = model.write(request.prompt("iterative", passages=passages, draft=draft), plan.answer_tokens, logprobs=True)
    try:
        for _ in reply:
            pass
    finally:
        progress.ledger = add(progress.ledger, reply.ledger)
    if not reply.text.strip():
        raise wrote_nothing()
    return reply


def doubtful(request: Request, hits: Sequence[Hit], reply: Reply) -> Doubt | None:
    """The first sentence of a reply that holds an unlikely token or that the passages do not support."""
    citer = Citer(request.question, hits, request.page_of)
    for start, end in split(reply.text, lines=True):
        inside = _tokens_between(reply, (start, end))
        unlikely = any(one.logprob < THETA for one in inside)
        if unlikely or citer.cite(reply.text[start:end])[0].verdict in _UNSURE:
            query, _ = take_marks("".join(one.token for one in inside if one.logprob >= BETA))
            bare, _ = take_marks(reply.text[start:end])
            return Doubt(start, end, query if unlikely and _WORD.search(query) else bare)
    return None


def _tokens_between(reply: Reply, place: Range) -> list[TokenLogprob]:
    """The tokens with letters or digits of a stretch of the reply; none where the server did not say."""
    written = "".join(one.token for one in reply.tokens)
    if not written.endswith(reply.text):  # characters that were parted between tokens
        return []
    start, found = len(reply.text) - len(written), []  # a thought may stand before the reply
    for one in reply.tokens:
        if place[0] <= start < place[1] and _WORD.search(one.token):
            found.append(one)
        start += len(one.token)
    return found


def _searched(request: Request, hits: Sequence[Hit], doubt: Doubt) -> tuple[Hit, ...]:
    """What the search finds beyond `hits` and has room in the prompt."""
    if request.search is None:
        return ()
    known = {hit.chunk.id for hit in hits}
    fresh = tuple(hit for hit in request.search(doubt.query) if hit.chunk.id not in known)
    fit = len(fitting(request, number_passages((*hits, *fresh), request.page_of), "iterative"))
    return fresh[: max(fit - len(hits), 0)]


def _joined(taken: str, more: str) -> str:
    return f"{taken.rstrip()} {more.lstrip()}".strip() if taken else more.strip()
