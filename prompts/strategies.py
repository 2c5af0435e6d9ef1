"""The strategies by name, and the one door to an answer.

It does not know where hits or pages come from, nor how an answer is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ingest.errors import BadInput, OtherSide
from prompts.answers import AnswerEvent
from prompts.budget import all_fit
from prompts.extractive import extractive
from prompts.map_reduce import map_reduce
from prompts.passages import PageOf, number_passages
from prompts.refine import refine
from prompts.request import Request
from prompts.stuff import stuff
from retrieval.hits import Hit

if TYPE_CHECKING:
    from prompts.chat_model import ChatModel

Strategy = Callable[[Request], Iterator[AnswerEvent]]


def auto(request: Request) -> Iterator[AnswerEvent]:
    """Extractive without a model; with one, `stuff` when all passages fit into one prompt, else `map_reduce`."""
    return _chosen(request)(request)


def _chosen(request: Request) -> Strategy:
    if request.model is None or not request.hits:
        return extractive
    return stuff if all_fit(request, number_passages(request.hits, request.page_of)) else map_reduce


STRATEGIES: dict[str, Strategy] = {
    "auto": auto,
    "stuff": stuff,
    "map_reduce": map_reduce,
    "refine": refine,
    "extractive": extractive,
}
WITHOUT_MODEL = frozenset({"auto", "extractive"})


def check(strategy: str, *, has_model: bool) -> None:
    """Raises BadInput for a strategy that does not exist, or that needs a model where there is none."""
    if strategy not in STRATEGIES:
        raise BadInput(f"there is no strategy {strategy!r}", hint=f"one of {', '.join(STRATEGIES)}")
    if not has_model and strategy not in WITHOUT_MODEL:
        raise BadInput(f"strategy {strategy!r} needs a model", hint="needs a model server: --llm URL")


def answer(
    question: str,
    hits: Sequence[Hit],
    strategy: str,
    model: ChatModel | None,
    page_of: PageOf,
    *,
    answer_tokens: int = 800,
    workers: int = 4,
    fallback: bool = True,
) -> Iterator[AnswerEvent]:
    """The events of an answer to `question` from `hits`, PlanMade first and AnswerDone last.

    When the model server fails before it has written anything, a second PlanMade starts the extractive answer, whose
    notes say so; without `fallback` the OtherSide is raised. Raises BadInput at once for a strategy that cannot be.
    """
    check(strategy, has_model=model is not None)
    request = Request(question, tuple(hits), page_of, model, answer_tokens, workers)
    return _run(request, STRATEGIES[strategy], fallback)


def _run(request: Request, strategy: Strategy, fallback: bool) -> Iterator[AnswerEvent]:
    try:
        yield from strategy(request)
    except OtherSide as error:
        if not fallback:
            raise
        yield from extractive(request, notes=(f"No answer from the model ({error}): these are quotes instead.",))
