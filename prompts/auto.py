"""Chooses the strategy by the kind of question, the passages and the budget, and says why.

It does not know how the strategies work, only what each is good for and what it costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from prompts.answers import AnswerDone, AnswerEvent, PlanMade
from prompts.budget import plan_map_reduce, whole_group
from prompts.extractive import extractive
from prompts.iterative import MOST_ROUNDS, iterative
from prompts.kinds import Kind, kind_of
from prompts.map_reduce import map_reduce
from prompts.map_rerank import map_rerank
from prompts.passages import number_passages
from prompts.request import Request
from prompts.stuff import stuff
from prompts.tree import plan_whole, tree
from prompts.wording import say


@dataclass(frozen=True, slots=True)
class Choice:
    """`why` is a sentence in the question's language."""

    strategy: Callable[[Request], Iterator[AnswerEvent]]
    why: str


def auto(request: Request) -> Iterator[AnswerEvent]:
    """The events of the strategy chosen; the plan and the answer say why."""
    choice = choose(request)
    for event in choice.strategy(request):
        if isinstance(event, PlanMade):
            event = replace(event, why=choice.why)
        elif isinstance(event, AnswerDone):
            event = AnswerDone(replace(event.answer, why=choice.why))
        yield event


def choose(request: Request) -> Choice:
    """The strategy for a request; raises BadInput when the question alone fills the model's context."""

    def because(key: str, **values: object) -> str:
        return say(request.language, f"auto_{key}", kind=say(request.language, f"kind_{kind}"), **values)

    kind, count = kind_of(request.question), len(request.hits)
    if request.model is None:
        return Choice(extractive, because("no_model"))
    if kind is Kind.SUMMARY and request.whole is not None:
        calls = plan_whole(request).calls
        if calls <= request.most_calls:
            return Choice(tree, because("tree", calls=calls))
    if not request.hits:
        return Choice(extractive, because("no_hits"))
    if kind is Kind.SEVERAL and request.search is not None and request.most_calls > MOST_ROUNDS:
        return Choice(iterative, because("iterative", rounds=MOST_ROUNDS))
    passages = number_passages(request.hits, request.page_of)
    if whole_group(request, passages) is not None:
        return Choice(stuff, because("fits", count=count))
    if kind is Kind.FACT and count <= request.most_calls:
        return Choice(map_rerank, because("map_rerank", count=count))
    calls = plan_map_reduce(request, passages).calls
    if calls <= request.most_calls:
        documents = len({hit.document.id for hit in request.hits})
        return Choice(map_reduce, because("map_reduce", count=count, documents=documents, calls=calls))
    return Choice(stuff, because("budget", calls=calls, most=request.most_calls))
