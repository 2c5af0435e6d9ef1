"""Plans the model calls before they run: which passages fit, how many calls there are, how long a reply may be.

It counts tokens with the model's own counter and calls no model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.errors import BadInput
from prompts.passages import Passage
from prompts.render import as_data, language_of, render, render_passage
from prompts.request import Request

_MARGIN_TOKENS = 48  # the chat template around a prompt
_MARGIN_SHARE = 0.02
_LEAST_ROOM = 64  # tokens below which no passage is worth sending
_BLANKS = {
    "stuff": ("passages",),
    "map": ("passages",),
    "reduce": ("notes",),
    "refine_first": ("passages",),
    "refine_next": ("passages", "draft"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """`groups[i]` are the rendered passages of call i; `calls` is how many there are at most, in all."""

    groups: tuple[tuple[str, ...], ...]
    answer_tokens: int
    calls: int
    notes: tuple[str, ...] = ()


def answer_tokens(request: Request) -> int:
    """The longest reply in tokens: what was asked for, and at most a quarter of the model's context."""
    return max(16, min(request.answer_tokens, request.needed_model.context_tokens // 4))


def room(request: Request, template: str, reserved: int = 0) -> int:
    """Tokens left for passages or notes in a prompt made from `template`, once the reply and `reserved` are set aside.

    Raises BadInput when the question alone fills the model's context.
    """
    model = request.needed_model
    blank = dict.fromkeys(_BLANKS[template], "")
    prompt = render(template, language_of(request.question), question=as_data(request.question), **blank)
    margin = _MARGIN_TOKENS + math.ceil(_MARGIN_SHARE * model.context_tokens)
    left = model.context_tokens - answer_tokens(request) - reserved - margin - model.count_tokens(prompt)
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


def _rendered(request: Request, passages: Sequence[Passage], limit: int) -> tuple[list[str], list[str]]:
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
    return rendered, [f"{short} passages were cut to fit the model's context."] if short else []


def _context_note(request: Request) -> list[str]:
    model = request.needed_model
    if model.context_known:
        return []
    return [f"The model server does not say how much it can read; {model.context_tokens} tokens are assumed."]


def plan_stuff(request: Request, passages: Sequence[Passage]) -> Plan:
    """One call with as many of the best passages as fit."""
    limit = room(request, "stuff")
    rendered, notes = _rendered(request, passages, limit)
    groups = group(rendered, limit, request.needed_model.count_tokens)[:1]
    fit = sum(len(members) for members in groups)
    if fit < len(passages):
        notes.append(f"Only the best {fit} of {len(passages)} passages fit into the model's context.")
    return Plan(groups, answer_tokens(request), len(groups), (*_context_note(request), *notes))


def all_fit(request: Request, passages: Sequence[Passage]) -> bool:
    """Whether one prompt holds all passages whole."""
    limit = room(request, "stuff")
    count = request.needed_model.count_tokens
    return sum(count(render_passage(passage)) + 2 for passage in passages) <= limit


def plan_map_reduce(request: Request, passages: Sequence[Passage]) -> Plan:
    """Calls that take notes of groups of passages, then calls that join notes until one writes the answer."""
    limit = room(request, "map")
    rendered, notes = _rendered(request, passages, limit)
    groups = group(rendered, limit, request.needed_model.count_tokens)
    calls, notes_left = len(groups), len(groups)
    a_call = notes_a_call(request)
    while notes_left > a_call:
        notes_left = math.ceil(notes_left / a_call)
        calls += notes_left
    return Plan(groups, answer_tokens(request), calls + (1 if groups else 0), (*_context_note(request), *notes))


def note_tokens(request: Request) -> int:
    """The longest note in tokens, such that two always fit into one prompt."""
    return max(1, min(answer_tokens(request), room(request, "reduce") // 2 - 16))


def notes_a_call(request: Request) -> int:
    """How many notes of the greatest length fit into one prompt: at least two."""
    return max(2, room(request, "reduce") // (note_tokens(request) + 16))


def plan_refine(request: Request, passages: Sequence[Passage]) -> Plan:
    """One call for each group of passages, the draft answer handed on from one to the next."""
    limit = min(room(request, "refine_first"), room(request, "refine_next", reserved=answer_tokens(request)))
    rendered, notes = _rendered(request, passages, limit)
    groups = group(rendered, limit, request.needed_model.count_tokens)
    return Plan(groups, answer_tokens(request), len(groups), (*_context_note(request), *notes))
