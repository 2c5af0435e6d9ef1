"""One model call with as many of the best passages as its context holds."""

from __future__ import annotations

from collections.abc import Iterator

from prompts.answers import AnswerEvent, HitsFound
from prompts.budget import plan_stuff
from prompts.compose import Progress, compose, refuse
from prompts.passages import number_passages
from prompts.request import Request


def stuff(request: Request) -> Iterator[AnswerEvent]:
    """Answer in one call. Raises OtherSide when the model writes nothing, BadInput when nothing fits."""
    model = request.needed_model
    progress = Progress("stuff")
    plan = plan_stuff(request, number_passages(request.hits, request.page_of))
    progress.notes.extend(plan.notes)
    progress.mark("plan")
    yield plan.event("stuff")
    yield HitsFound(request.hits)
    if not plan.groups:
        yield refuse(request, progress)
        return
    members = plan.groups[0]
    reply = model.write(request.prompt("stuff", passages="\n".join(members)), plan.answer_tokens)
    yield from compose(request, reply, progress, request.hits[: len(members)])
