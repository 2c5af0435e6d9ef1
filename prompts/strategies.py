"""The strategies by name, and the one door to an answer.

It does not know where hits or pages come from, nor how an answer is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.errors import BadInput, OtherSide
from prompts.answers import Answer, AnswerDone, AnswerEvent, PlanMade, SentenceDone, Token
from prompts.auto import auto
from prompts.extractive import extractive
from prompts.iterative import iterative
from prompts.map_reduce import map_reduce
from prompts.map_rerank import map_rerank
from prompts.passages import PageOf
from prompts.refine import refine
from prompts.request import Request
from prompts.stuff import stuff
from prompts.tree import tree
from prompts.wording import say
from retrieval.hits import Hit

if TYPE_CHECKING:
    from prompts.chat_model import ChatModel

Strategy = Callable[[Request], Iterator[AnswerEvent]]


STRATEGIES: dict[str, Strategy] = {
    "auto": auto,
    "stuff": stuff,
    "map_reduce": map_reduce,
    "refine": refine,
    "map_rerank": map_rerank,
    "tree": tree,
    "iterative": iterative,
    "extractive": extractive,
}
_COUNT_SHARE, _COUNT_TOKENS = 0.02, 8  # by how much a call's usage may differ from what was counted
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
    presence: float | None = None,
    fallback: bool = True,
) -> Iterator[AnswerEvent]:
    """The events of an answer to `question` from `hits`, as `run` has them."""
    request = Request(question, tuple(hits), page_of, model, answer_tokens, workers, presence=presence)
    return run(request, strategy, fallback=fallback)


def run(request: Request, strategy: str, *, fallback: bool = True) -> Iterator[AnswerEvent]:
    """The events of an answer, PlanMade first and AnswerDone last.

    When the model server fails before it has written anything, a second PlanMade starts the extractive answer, whose
    notes say so; when it fails later, quotes follow the text so far. Without `fallback` the OtherSide is raised, and
    the text stays as it is. Raises BadInput at once for a strategy that cannot be.
    """
    check(strategy, has_model=request.model is not None)
    return _run(request, STRATEGIES[strategy], fallback)


def _run(request: Request, strategy: Strategy, fallback: bool) -> Iterator[AnswerEvent]:
    try:
        for event in strategy(request):
            if isinstance(event, PlanMade) and event.calls and request.model is not None:
                event = replace(event, counted_by=request.model.counted_by)
            elif isinstance(event, AnswerDone):
                event = AnswerDone(audited(request, event.answer))
                if fallback and event.answer.broke_off:
                    yield from with_quotes(request, event.answer)
                    return
            yield event
    except OtherSide as error:
        if not fallback:
            raise
        yield from extractive(request, notes=(say(request.language, "quotes_instead", error=error),))


def audited(request: Request, answer: Answer) -> Answer:
    """The answer, with a note where the server's usage is not what was counted before its calls."""
    if request.model is None or request.model.counted_by == "estimate":
        return answer
    wrong = [
        call
        for call in answer.ledger.entries
        if call.reported and abs(call.counted - call.input_tokens) > _COUNT_SHARE * call.counted + _COUNT_TOKENS
    ]
    if not wrong:
        return answer
    counted, reported = sum(call.counted for call in wrong), sum(call.input_tokens for call in wrong)
    return replace(
        answer, notes=(*answer.notes, say(request.language, "miscounted", counted=counted, reported=reported))
    )


def with_quotes(request: Request, begun: Answer) -> Iterator[AnswerEvent]:
    """An answer that broke off, and after it what the extractive answer quotes beyond it, markers counting on."""
    shift, quoted = len(begun.citations), {(one.document_id, one.quote) for one in begun.citations}
    sentences, citations = list(begun.sentences), list(begun.citations)
    for event in extractive(request):
        if not isinstance(event, SentenceDone):
            continue
        if all((one.document_id, one.quote) in quoted for one in event.citations):
            continue
        cited = tuple(replace(one, marker=one.marker + shift) for one in event.citations)
        sentence = replace(event.sentence, citations=tuple(marker + shift for marker in event.sentence.citations))
        sentences.append(sentence)
        citations.extend(one for one in cited if one not in citations)
        yield Token(f"\n{sentence.text}")
        yield SentenceDone(sentence, cited)
    if len(sentences) == len(begun.sentences):
        yield AnswerDone(begun)
        return
    text = "\n".join((begun.text, *(one.text for one in sentences[len(begun.sentences) :])))
    notes = (*begun.notes, say(request.language, "quotes_follow"))
    yield AnswerDone(replace(begun, text=text, sentences=tuple(sentences), citations=tuple(citations), notes=notes))
