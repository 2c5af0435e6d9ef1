"""Notes of every group of passages, taken at the same time, then one answer from the notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prompts.answers import AnswerEvent, HitsFound
from prompts.budget import NOTE_FRAME_TOKENS, clip, group, note_tokens, plan_map_reduce, room
from prompts.calls import ask_all
from prompts.compose import Progress, compose, refuse, says_nothing
from prompts.passages import number_passages
from prompts.render import as_data
from prompts.request import Request


def map_reduce(request: Request) -> Iterator[AnswerEvent]:
    """Answer from notes. Raises OtherSide when no note could be taken or the model writes no answer."""
    model = request.needed_model
    progress = Progress("map_reduce")
    plan = plan_map_reduce(request, number_passages(request.hits, request.page_of))
    progress.notes.extend(plan.notes)
    progress.mark("plan")
    yield plan.event("map_reduce")
    yield HitsFound(request.hits)
    maps = [request.prompt("map", passages="\n".join(members)) for members in plan.groups]
    notes = _notes(request, maps, progress)
    progress.mark("map")
    limit = room(request, "reduce")
    while len(grouped := group([_framed(note) for note in notes], limit, model.count_tokens)) > 1:
        if len(grouped) >= len(notes):  # cannot be while notes have their limit; a model that ignores it is cut short
            longest = limit // 2 - NOTE_FRAME_TOKENS
            notes = [clip(note, longest, model.count_tokens) for note in notes]
            grouped = group([_framed(note) for note in notes], limit, model.count_tokens)
        notes = _notes(request, [_reduce_prompt(request, members) for members in grouped], progress)
    progress.mark("reduce")
    if not notes:
        yield refuse(request, progress)
        return
    reply = model.write(_reduce_prompt(request, [_framed(note) for note in notes]), plan.answer_tokens)
    yield from compose(request, reply, progress)


def _framed(note: str) -> str:
    return f"<note>\n{as_data(note)}\n</note>"


def _reduce_prompt(request: Request, notes: Sequence[str]) -> str:
    return request.prompt("reduce", notes="\n".join(notes))


def _notes(request: Request, prompts: Sequence[str], progress: Progress) -> list[str]:
    """The notes that the calls took, in order, without those that found nothing."""
    replies = ask_all(request, prompts, note_tokens(request), progress)
    return [reply.text.strip() for reply in replies if reply is not None and not says_nothing(reply.text)]
