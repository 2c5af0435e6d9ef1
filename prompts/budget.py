"""Plans the model calls before they run: which passages fit, how many calls there are, how long a reply may be.

It counts tokens with the model's own counter and calls no model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.errors import BadInput
from prompts.answers import PlanMade
from prompts.passages import Passage
from prompts.render import as_data, render_passage
from prompts.request import Request
from prompts.wording import say

_MARGIN_SHARE = 0.02  # of the context: tokens of parts do not add up to those of the whole
NOTE_FRAME_TOKENS = 16  # of the tags around a note
_SUMMARY_STEP = 64
_LEAST_ROOM = 64  # tokens below which no passage is worth sending


@dataclass(frozen=True, slots=True)
class Plan:
    """`groups[i]` are the rendered passages of call i; `calls` is how many there are at most, in all.

    `input_tokens` and `output_tokens` are the most that all calls may read and write.
    """

    groups: tuple[tuple[str, ...], ...]
    answer_tokens: int
    calls: int
    notes: tuple[str, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0

    def event(self, strategy: str, why: str = "") -> PlanMade:
        """The plan as the first event of an answer."""
        return PlanMade(strategy, self.calls, self.notes, why, self.input_tokens, self.output_tokens)


def answer_tokens(request: Request) -> int:
    """The longest reply in tokens: what was asked for, and at most a quarter of the model's context."""
    return max(16, min(request.answer_tokens, request.needed_model.context_tokens // 4))


def fixed_tokens(request: Request, template: str) -> int:
    """What every prompt made from `template` holds beside passages, notes or drafts, the chat template included."""
    return request.needed_model.count_tokens(request.blank(template)) + request.needed_model.template_tokens


def room(request: Request, template: str, reserved: int = 0) -> int:
    """Tokens left for passages or notes in a prompt made from `template`, once the reply and `reserved` are set aside.

    Raises BadInput when the question alone fills the model's context.
    """
    model = request.needed_model
    margin = math.ceil(_MARGIN_SHARE * model.context_tokens)
    left = model.context_tokens - answer_tokens(request) - reserved - margin - fixed_tokens(request, template)
    if left < _LEAST_ROOM:
        raise BadInput(
            f"the question leaves no room for passages in the {model.context_tokens} tokens of {model.name}",
            hint="ask a shorter question or start the model server with a longer context",
        )
    return left


def clip(text: str, tokens: int, count: Callable[[str], int]) -> str:
    """The longest start of `text`, about, that has at most `tokens` tokens."""
    while text and (counted := count(text)) > tokens:
        text = text[: min(len(text) - 1, int(len(text) * tokens / counted))]
    return text


def group(texts: Sequence[str], limit: int, count: Callable[[str], int]) -> tuple[tuple[str, ...], ...]:
    """`texts` in order, in groups of at most `limit` tokens; one that is longer by itself stands alone."""
    groups: list[list[str]] = []
    used = 0
    for text in texts:
        size = count(text) + 2
        if groups and used + size <= limit:
            groups[-1].append(text)
            used += size
        else:
            groups.append([text])
            used = size
    return tuple(tuple(members) for members in groups)


def render_all(request: Request, passages: Sequence[Passage], limit: int) -> tuple[list[str], list[str]]:
    """The passages as they stand in a prompt, those longer than `limit` tokens cut short, and a note of these."""
    count = request.needed_model.count_tokens
    rendered, short = [], 0
    for passage in passages:
        text = render_passage(passage)
        if count(text) + 2 > limit:
            frame = count(render_passage(passage, ""))
            kept = clip(as_data(passage.hit.chunk.text), max(limit - frame - 8, 1), count)
            text, short = render_passage(passage, kept), short + 1
        rendered.append(text)
    return rendered, [say(request.language, "passages_cut", count=short)] if short else []


def context_note(request: Request) -> list[str]:
    """That the context of the model is assumed, where it is."""
    model = request.needed_model
    if model.context_known:
        return []
    return [say(request.language, "context_assumed", tokens=model.context_tokens)]


def _tokens(request: Request, groups: Sequence[Sequence[str]]) -> int:
    """The tokens of the passages of all calls."""
    count = request.needed_model.count_tokens
    return sum(count("\n".join(members)) + 2 * len(members) for members in groups)


def plan_stuff(request: Request, passages: Sequence[Passage]) -> Plan:
    """One call with as many of the best passages as fit."""
    whole = whole_group(request, passages)
    if whole is not None:
        return _one_a_group(request, whole, (), fixed_tokens(request, "stuff"))
    limit = room(request, "stuff")
    rendered, notes = render_all(request, passages, limit)
    groups = group(rendered, limit, request.needed_model.count_tokens)[:1]
    fit = sum(len(members) for members in groups)
    if fit < len(passages):
        notes.append(say(request.language, "best_fit", fit=fit, count=len(passages)))
    return _one_a_group(request, groups, notes, fixed_tokens(request, "stuff"))


def whole_group(request: Request, passages: Sequence[Passage]) -> tuple[tuple[str, ...], ...] | None:
    """All passages as one group where one prompt holds them whole, else None; they are counted in one request."""
    rendered = tuple(render_passage(passage) for passage in passages)
    if not rendered:
        return ()
    return (rendered,) if _tokens(request, (rendered,)) <= room(request, "stuff") else None


def _one_a_group(
    request: Request, groups: tuple[tuple[str, ...], ...], notes: Sequence[str], fixed: int, more: int = 0
) -> Plan:
    """The plan of one call a group, each with `fixed` tokens beside the passages, and `more` on every call but one."""
    longest, calls = answer_tokens(request), len(groups)
    read = calls * fixed + max(calls - 1, 0) * more + _tokens(request, groups)
    return Plan(groups, longest, calls, (*context_note(request), *notes), read, calls * longest)


def plan_map_reduce(request: Request, passages: Sequence[Passage]) -> Plan:
    """Calls that take notes of groups of passages, then calls that join notes until one writes the answer."""
    limit = room(request, "map")
    rendered, notes = render_all(request, passages, limit)
    groups = group(rendered, limit, request.needed_model.count_tokens)
    a_call, longest = notes_a_call(request), note_tokens(request)
    rounds = [len(groups)]  # how many notes there are at most before each round
    while rounds[-1] > a_call:
        rounds.append(math.ceil(rounds[-1] / a_call))
    joins = sum(rounds[1:]) + (1 if groups else 0)
    read = len(groups) * fixed_tokens(request, "map") + _tokens(request, groups)
    read += joins * fixed_tokens(request, "reduce") + sum(rounds) * (longest + NOTE_FRAME_TOKENS)
    written = (len(groups) + max(joins - 1, 0)) * longest + (answer_tokens(request) if groups else 0)
    return Plan(groups, answer_tokens(request), len(groups) + joins, (*context_note(request), *notes), read, written)


def note_tokens(request: Request) -> int:
    """The longest note in tokens, such that two always fit into one prompt."""
    return max(1, min(answer_tokens(request), room(request, "reduce") // 2 - NOTE_FRAME_TOKENS))


def notes_a_call(request: Request) -> int:
    """How many notes of the greatest length fit into one prompt: at least two."""
    return max(2, room(request, "reduce") // (note_tokens(request) + NOTE_FRAME_TOKENS))


def plan_refine(request: Request, passages: Sequence[Passage]) -> Plan:
    """One call for each group of passages, the draft answer handed on from one to the next."""
    limit = min(room(request, "refine_first"), room(request, "refine_next", reserved=answer_tokens(request)))
    rendered, notes = render_all(request, passages, limit)
    groups = group(rendered, limit, request.needed_model.count_tokens)
    fixed = max(fixed_tokens(request, "refine_first"), fixed_tokens(request, "refine_next"))
    return _one_a_group(request, groups, notes, fixed, more=answer_tokens(request))


def plan_map_rerank(request: Request, passages: Sequence[Passage]) -> Plan:
    """One call for each passage. Each is [1] to its call: nothing else is shown to it."""
    alone = [Passage(1, passage.hit, request.page_of) for passage in passages]
    rendered, notes = render_all(request, alone, room(request, "map_rerank"))
    groups = tuple((text,) for text in rendered)
    return _one_a_group(request, groups, notes, fixed_tokens(request, "map_rerank"))


def plan_tree(request: Request, documents: Sequence[Sequence[Passage]]) -> Plan:
    """A call for each group of passages, none across documents, then calls that join summaries, then the answer."""
    limit, count = room(request, "summary"), request.needed_model.count_tokens
    groups: list[tuple[str, ...]] = []
    counts: list[int] = []
    notes: list[str] = []
    for passages in documents:
        rendered, cut = render_all(request, passages, limit)
        groups.extend(group(rendered, limit, count))
        notes.extend(cut)
        counts.append(len(groups) - sum(counts))
    longest = summary_tokens(request) + NOTE_FRAME_TOKENS
    joined = min(room(request, "summary_join"), room(request, "reduce"))
    rounds = join_rounds(counts, max(2, joined // longest))
    joins = sum(rounds)
    read = len(groups) * fixed_tokens(request, "summary") + _tokens(request, groups)
    read += joins * fixed_tokens(request, "summary_join") + fixed_tokens(request, "reduce")
    read += (len(groups) + joins) * longest
    written = (len(groups) + joins) * summary_tokens(request) + answer_tokens(request)
    calls = len(groups) + joins + 1
    return Plan(tuple(groups), answer_tokens(request), calls, (*context_note(request), *notes), read, written)


def summary_tokens(request: Request) -> int:
    """The longest summary in tokens, such that two always fit into one prompt.

    It is a multiple of _SUMMARY_STEP where it can be: questions of other lengths are to find the summaries kept.
    """
    most = max(1, min(note_tokens(request), room(request, "summary_join") // 2 - NOTE_FRAME_TOKENS))
    return most - most % _SUMMARY_STEP if most > _SUMMARY_STEP else most


def join_rounds(counts: Sequence[int], a_call: int) -> list[int]:
    """How many calls each round of joining takes at most, until `a_call` summaries are left.

    `counts` are the summaries of each document. They are joined within their documents for as long as that makes them
    fewer, then across documents.
    """
    rounds: list[int] = []
    left = list(counts)
    while sum(left) > a_call:
        within = [math.ceil(count / a_call) for count in left]
        left = within if sum(within) < sum(left) else [math.ceil(sum(left) / a_call)]
        rounds.append(sum(left))
    return rounds


def fitting(request: Request, passages: Sequence[Passage], template: str) -> tuple[str, ...]:
    """As many of the first passages as a prompt from `template` holds beside a draft, as they stand in it."""
    limit = room(request, template, reserved=answer_tokens(request))
    rendered, _ = render_all(request, passages, limit)
    return next(iter(group(rendered, limit, request.needed_model.count_tokens)), ())


def plan_iterative(request: Request, passages: Sequence[Passage], rounds: int) -> Plan:
    """At most `rounds` calls, each with all passages found until then that fit, and the answer so far."""
    limit = room(request, "iterative", reserved=answer_tokens(request))
    members = fitting(request, passages, "iterative")
    groups = (members,) if members else ()
    notes = context_note(request)
    if len(members) < len(passages):
        notes.append(say(request.language, "best_fit", fit=len(members), count=len(passages)))
    calls, longest = rounds * len(groups), answer_tokens(request)
    read = calls * (fixed_tokens(request, "iterative") + limit + longest)
    return Plan(groups, longest, calls, tuple(notes), read, calls * longest)
