"""Notes of every group of passages, taken at the same time, then one answer from the notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from ingest.errors import OtherSide
from prompts.answers import AnswerEvent, HitsFound, PlanMade
from prompts.budget import Plan, clip, group, note_tokens, plan_map_reduce, room
from prompts.chat_model import Reply
from prompts.compose import Progress, add, compose, refuse, says_nothing, wrote_nothing
from prompts.passages import number_passages
from prompts.render import as_data, language_of, render
from prompts.request import Request

_NOTE_FRAME_TOKENS = 12


def map_reduce(request: Request) -> Iterator[AnswerEvent]:
    """Answer from notes. Raises OtherSide when no note could be taken or the model writes no answer."""
    model = request.needed_model
    progress = Progress("map_reduce")
    plan = plan_map_reduce(request, number_passages(request.hits, request.page_of))
    progress.notes.extend(plan.notes)
    progress.mark("plan")
    yield PlanMade("map_reduce", plan.calls, plan.notes)
    yield HitsFound(request.hits)
    notes = _take_notes(request, plan, progress) if plan.groups else []
    progress.mark("map")
    limit = room(request, "reduce")
    while len(grouped := group([_framed(note) for note in notes], limit, model.count_tokens)) > 1:
        if len(grouped) >= len(notes):  # cannot be while notes have their limit; a model that ignores it is cut short
            longest = limit // 2 - _NOTE_FRAME_TOKENS
            notes = [clip(note, longest, model.count_tokens) for note in notes]
            grouped = group([_framed(note) for note in notes], limit, model.count_tokens)
        prompts = [_reduce_prompt(request, members) for members in grouped]
        notes = _ask_all(request, prompts, note_tokens(request), progress)
    progress.mark("reduce")
    if not notes:
        yield refuse(request, progress)
        return
    reply = model.write(_reduce_prompt(request, [_framed(note) for note in notes]), plan.answer_tokens)
    yield from compose(request, reply, progress)


def _framed(note: str) -> str:
    return f"<note>\n{as_data(note)}\n</note>"


def _reduce_prompt(request: Request, notes: Sequence[str]) -> str:
    language = language_of(request.question)
    return render("reduce", language, notes="\n".join(notes), question=as_data(request.question))


def _take_notes(request: Request, plan: Plan, progress: Progress) -> list[str]:
    language, question = language_of(request.question), as_data(request.question)
    prompts = [render("map", language, passages="\n".join(members), question=question) for members in plan.groups]
    return _ask_all(request, prompts, note_tokens(request), progress)


def _ask_all(request: Request, prompts: Sequence[str], max_tokens: int, progress: Progress) -> list[str]:
    """The replies to `prompts`, in order, without those that found nothing; a failed call is booked as a note.

    Raises the first call's OtherSide when every call failed.
    """
    replies = [request.needed_model.write(prompt, max_tokens) for prompt in prompts]
    pool = ThreadPoolExecutor(min(request.workers, len(prompts)), thread_name_prefix="recto-map")
    texts: list[str] = []
    failures: list[OtherSide] = []
    try:
        futures: list[Future[str]] = [pool.submit(_read, reply) for reply in replies]
        for future, reply in zip(futures, replies, strict=True):
            try:
                text = future.result()
            except OtherSide as error:
                failures.append(error)
            else:
                texts.extend([] if says_nothing(text) else [text.strip()])
            progress.ledger = add(progress.ledger, reply.ledger)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if len(failures) == len(prompts):
        raise failures[0]
    if failures:
        progress.complete = False
        progress.notes.append(f"{len(failures)} of {len(prompts)} model calls failed, and what they read is missing.")
    return texts


def _read(reply: Reply) -> str:
    text = "".join(reply)
    if not text.strip():
        raise wrote_nothing()
    return text
