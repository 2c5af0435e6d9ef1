"""A draft answer from the first passages, improved call by call with the next ones."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.errors import OtherSide
from prompts.answers import AnswerEvent, HitsFound
from prompts.budget import clip, plan_refine
from prompts.compose import DraftReply, Progress, add, compose, refuse, says_nothing, wrote_nothing
from prompts.passages import number_passages
from prompts.render import as_data
from prompts.request import Request
from prompts.wording import say


def refine(request: Request) -> Iterator[AnswerEvent]:
    """Answer by refining. Raises OtherSide when the model writes no draft at all.

    When a later call fails, the last draft is the answer, incomplete.
    """
    model = request.needed_model
    progress = Progress("refine")
    plan = plan_refine(request, number_passages(request.hits, request.page_of))
    progress.notes.extend(plan.notes)
    progress.mark("plan")
    yield plan.event("refine")
    yield HitsFound(request.hits)
    if not plan.groups:
        yield refuse(request, progress)
        return
    draft, read = "", 0
    for index, members in enumerate(plan.groups):
        reply = model.write(_prompt(request, draft, "\n".join(members), plan.answer_tokens), plan.answer_tokens)
        try:
            if index == len(plan.groups) - 1:
                yield from compose(request, reply, progress)
                return
            text = "".join(reply)
            if not text.strip():
                raise wrote_nothing()
        except OtherSide as error:
            if not draft:
                raise
            progress.complete = False
            progress.notes.append(say(request.language, "draft_kept", call=index + 1, count=plan.calls, error=error))
            progress.ledger = add(progress.ledger, reply.ledger)
            break
        progress.ledger = add(progress.ledger, reply.ledger)
        draft, read = draft if says_nothing(text) else text, read + len(members)
        progress.mark("draft")
    yield from compose(request, DraftReply(draft), progress, request.hits[:read])


def _prompt(request: Request, draft: str, passages: str, draft_tokens: int) -> str:
    if not draft:
        return request.prompt("refine_first", passages=passages)
    kept = clip(as_data(draft), draft_tokens, request.needed_model.count_tokens)
    return request.prompt("refine_next", draft=kept, passages=passages)
