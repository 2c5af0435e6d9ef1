"""From a question to the events of its answer: condensed, searched, answered by a strategy, with all means at hand.

It does not know who asks, nor what they may see: it is given the documents to ask.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from ingest.errors import OtherSide
from ingest.records import Document
from ingest.store import Library
from prompts.answers import Answer, AnswerDone, AnswerEvent, Ledger, PlanMade, Step
from prompts.compose import add
from prompts.render import Prompts, language_of
from prompts.summaries import Summaries
from prompts.wording import say
from retrieval.explain import Trace
from retrieval.hits import Hit
from retrieval.scope import Scope, numbers_of, on_pages
from retrieval.search import Searcher

if TYPE_CHECKING:
    from prompts.chat_model import ChatModel
    from prompts.condense import Turn
    from prompts.transforms import TransformName

PASSAGES = 12
MOST_WHOLE = 20_000
"""Passages of the documents asked up to which they may be read whole."""


def with_spent(plan: PlanMade, spent: Ledger) -> PlanMade:
    """A plan with what was spent before it could be made."""
    return replace(
        plan,
        calls=plan.calls + spent.calls,
        input_tokens=plan.input_tokens + spent.input_tokens,
        output_tokens=plan.output_tokens + spent.output_tokens,
    )


def sum_of(spent: Iterable[Ledger]) -> Ledger:
    """What all of it cost."""
    return reduce(add, spent, Ledger())


def _looked_for(question: str, texts: Sequence[str]) -> tuple[Step, ...]:
    return (Step(say(language_of(question), "looked_for_too"), "\n".join(texts)),) if texts else ()


@dataclass(frozen=True, slots=True)
class AskOptions:
    """`prompts` are the templates in force; `most_calls` bounds what `auto` may spend on an answer.

    `transform`: what the model writes that is looked for beside a question.
    """

    prompts: Prompts
    most_calls: int = 64
    transform: TransformName = "off"


@dataclass(frozen=True, slots=True)
class Row:
    """One document's answer where many are asked the same."""

    document: Document
    answer: Answer


class Asking:
    """Answers questions of one library. Safe between threads."""

    def __init__(
        self,
        library: Library,
        searcher: Searcher,
        connect: Callable[[], ChatModel] | None,
        summaries: Summaries,
        options: AskOptions,
    ) -> None:
        """`connect` reaches the model server; None where there is none."""
        self._library = library
        self._searcher = searcher
        self._connect = connect
        self._options = options
        self._model: ChatModel | None = None
        self._summaries = summaries

    def close(self) -> None:
        if self._model is not None:
            self._model.close()

    def check(self, strategy: str) -> None:
        """Raises BadInput for a strategy that does not exist, or that needs a model where there is none."""
        from prompts.strategies import check

        check(strategy, has_model=self._connect is not None)

    def strategies(self) -> tuple[str, ...]:
        """The names of the strategies that can be asked for."""
        from prompts.strategies import STRATEGIES, WITHOUT_MODEL

        return tuple(name for name in STRATEGIES if self._connect is not None or name in WITHOUT_MODEL)

    def ask(self, question: str, scope: Scope, strategy: str, history: Sequence[Turn] = ()) -> Iterator[AnswerEvent]:
        """The events of an answer as it is made; raises BadInput, OtherSide."""
        from prompts.condense import condense
        from prompts.strategies import WITHOUT_MODEL

        self.check(strategy)
        started = time.perf_counter()
        notes: tuple[str, ...] = ()
        try:
            model = self._connected()
        except OtherSide as error:
            if strategy not in WITHOUT_MODEL:
                raise
            model, notes = None, (say(language_of(question), "quotes_instead", error=error),)
        spent: list[Ledger] = []
        asked = condense(question, history, model, self._options.prompts, spent.append)
        yield from self._answered(question, asked, scope, strategy, model, notes, started, sum_of(spent))

    def each(self, question: str, scope: Scope, strategy: str) -> Iterator[Row]:
        """The same question of each document by itself, in order."""
        for document in scope.documents:
            for event in self.ask(question, scope.only(document), strategy):
                if isinstance(event, AnswerDone):
                    yield Row(document, event.answer)

    def _answered(
        self,
        question: str,
        asked: str,
        scope: Scope,
        strategy: str,
        model: ChatModel | None,
        notes: tuple[str, ...],
        started: float,
        spent: Ledger,
    ) -> Iterator[AnswerEvent]:
        """The events of the answer to `asked`, under the question as it was put; `spent` was until now."""
        from prompts.request import Request
        from prompts.strategies import run
        from prompts.transforms import transform

        trace = Trace()
        wider = transform(asked, self._options.transform, model, self._options.prompts)
        spent = add(spent, wider.ledger)
        documents, pages = scope.documents, scope.pages
        hits = tuple(self._searcher.search(asked, documents, PASSAGES, pages=pages, also=wider.texts, trace=trace))
        searched = time.perf_counter() - started
        notes = (*trace.pages, *notes, *((wider.note,) if wider.note else ()))
        request = Request(
            asked,
            hits,
            self._library.page,
            model,
            prompts=self._options.prompts,
            most_calls=self._options.most_calls,
            search=lambda text: self._searcher.search(text, documents, PASSAGES, pages=pages),
            whole=(lambda: self._whole(scope)) if self._size(scope) <= MOST_WHOLE else None,
            cache=self._summaries,
            presence=trace.presence,
        )
        other = asked if asked != question else ""
        for event in run(request, strategy):
            if isinstance(event, PlanMade):
                event = with_spent(replace(event, notes=(*notes, *event.notes), question=other), spent)
            if isinstance(event, AnswerDone):
                timings = {"search": round(searched, 4), "total": round(time.perf_counter() - started, 4)}
                done = event.answer
                event = AnswerDone(
                    replace(
                        done,
                        question=question,
                        asked=other,
                        notes=(*notes, *done.notes),
                        timings=done.timings | timings,
                        steps=(*_looked_for(asked, wider.texts), *done.steps),
                        ledger=add(spent, done.ledger),
                        search=trace,
                    )
                )
            yield event

    def _whole(self, scope: Scope) -> list[Hit]:
        """All passages that are asked, in reading order."""
        found = []
        for one in scope.documents:
            ranges = scope.pages.get(one.id)
            pages = None if ranges is None else numbers_of(ranges)
            found += [Hit(one, chunk, 0.0, ()) for chunk in self._library.chunks_of(one, pages=pages)]
        return found

    def _size(self, scope: Scope) -> int:
        """How many passages are asked."""
        return sum(
            sum(on_pages(scope.pages[one.id], page) for page in self._library.chunk_pages(one.sha256))
            if one.id in scope.pages
            else one.chunks
            for one in scope.documents
        )

    def _connected(self) -> ChatModel | None:
        """The model, once its server has answered; None where there is none. Raises OtherSide."""
        if self._model is None and self._connect is not None:
            self._model = self._connect()
        return self._model
