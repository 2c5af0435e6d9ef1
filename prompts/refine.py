"""A draft answer from the first passages, improved call by call with the next ones."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.errors import OtherSide
from prompts.answers import AnswerEvent, HitsFound, PlanMade
from prompts.budget import clip, plan_refine
from prompts.compose import DraftReply, Progress, add, compose, refuse, says_nothing, wrote_nothing
from prompts.passages import number_passages
from prompts.render import as_data, language_of, render
from prompts.request import Request


def refine(request: Request) -> Iterator[AnswerEvent]:
    """Answer by refining. Raises OtherSide when the model writes no draft at all.

    When a later call fails, the last draft is the answer, incomplete.
    """
    model = request.needed_model
    progress = Progress("refine")
    plan = plan_refine(request, number_passages(request.hits, request.page_of))
    progress.notes.extend(plan.notes)
    progress.mark("plan")
    yield PlanMade("refine", plan.calls, plan.notes)
    yield HitsFound(request.hits)
    if not plan.groups:
        yield refuse(request, progress)
        return
    draft = ""
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
            progress.notes.append(
                f"The model failed at call {index + 1} of {plan.calls}: {error}. The answer is the draft before it."
            )
            progress.ledger = add(progress.ledger, reply.ledger)
            break
        progress.ledger = add(progress.ledger, reply.ledger)
        draft = draft if says_nothing(text) else text
        progress.mark("draft")
    yield from compose(request, DraftReply(draft), progress)


def _prompt(request: Request, draft: str, passages: str, draft_tokens: int) -> str:
    language, question = language_of(request.question), as_data(request.question)
    if not draft:
        return render("refine_first", language, passages=passages, question=question)
    kept = clip(as_data(draft), draft_tokens, request.needed_model.count_tokens)
    return render("refine_next", language, draft=kept, passages=passages, question=question)
