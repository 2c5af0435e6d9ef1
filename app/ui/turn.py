"""A question of a conversation and what has come of it: what was found, said and cited, how it was made.

It goes on event by event; it knows nothing of pages, HTML or the service.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Literal

from app.asking import Row
from app.ui.page_scope import PageScope
from ingest.ratings import Rating
from prompts.answers import (
    Answer,
    AnswerDone,
    AnswerEvent,
    Citation,
    HitsFound,
    Ledger,
    PlanMade,
    Sentence,
    SentenceDone,
    Step,
    Token,
)
from retrieval.explain import Trace
from retrieval.hits import Hit

_MARK = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")

Status = Literal["asking", "done", "stopped", "failed", "removed"]


@dataclass(frozen=True, slots=True)
class DocumentAnswer:
    """What one document says, where each is asked by itself; the markers are those of the turn."""

    document_id: str
    document: str
    sentences: tuple[Sentence, ...]
    refused: bool


@dataclass(slots=True)
class Turn:
    """A question and what has come of it so far. `draft` is what the model wrote beyond the last whole sentence.

    `read_ids` are the documents of the passages that it was answered from, `document_ids` those that it cites. `asked`
    is the question as it stands alone, `step` what was done last on the way to the answer. `strategy` is the one that
    was wished for until the answer says which it was; `rows` are the answers where `each` document is asked by itself.
    `hits`, `steps`, `timings` (seconds by stage), `ledger` and `why` tell how the answer was made. `scope`: the pages
    that alone are asked, where it is not documents as a whole; `asked_ids`: the documents that are, none for all.
    `read` are (document id, page) of the passages, the best first. `search` tells what the search did.
    """

    question: str
    strategy: str = "auto"
    each: bool = False
    status: Status = "asking"
    hits: tuple[Hit, ...] | None = None
    draft: str = ""
    sentences: list[Sentence] = field(default_factory=list)
    citations: dict[int, Citation] = field(default_factory=dict)
    read_ids: set[str] = field(default_factory=set)
    document_ids: set[str] = field(default_factory=set)
    notes: tuple[str, ...] = ()
    refused: bool = False
    complete: bool = True
    error: str = ""
    asked: str = ""
    step: str = ""
    rows: list[DocumentAnswer] = field(default_factory=list)
    steps: tuple[Step, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    ledger: Ledger = Ledger()
    why: str = ""
    scope: PageScope | None = None
    asked_ids: tuple[str, ...] = ()
    read: tuple[tuple[str, int], ...] = ()
    rating: Rating | None = None
    search: Trace | None = None

    def take(self, event: AnswerEvent) -> None:
        """Goes one event on."""
        match event:
            case PlanMade():
                self.asked = event.question or self.question
                self.notes = _said_of(event.question, event.notes)
            case HitsFound():
                self.hits = event.hits
                self.read_ids = {hit.document.id for hit in event.hits}
                self.read = tuple((hit.document.id, hit.chunk.page) for hit in event.hits)
            case Step():
                self.step = event.name
            case Token():
                self.draft += event.text
            case SentenceDone():
                self.sentences.append(event.sentence)
                self._cite(event.citations)
                self.draft = rest_of(self.draft, event.sentence.text)
            case AnswerDone():
                self._finish(event.answer)

    def take_row(self, row: Row) -> None:
        """Goes one document on; its citations are counted on from those before."""
        shift, answer = max(self.citations, default=0), row.answer
        self._cite([replace(one, marker=one.marker + shift) for one in answer.citations])
        said = tuple(
            replace(one, citations=tuple(marker + shift for marker in one.citations)) for one in answer.sentences
        )
        self.rows.append(DocumentAnswer(row.document.id, row.document.name, said, answer.refused))
        self.document_ids.add(row.document.id)

    def speaks_of(self) -> set[str]:
        """The documents whose words it may hold: those cited, and all that were read where something is uncited."""
        uncited = self.draft or self.steps or any(not sentence.citations for sentence in self.sentences)
        named = {self.scope.document_id} if self.scope else set()
        return self.document_ids | named | (self.read_ids if uncited else set())

    def forget_calls(self) -> None:
        """Keeps what the model calls cost, and not what was sent and came back."""
        entries = tuple(replace(one, prompt="", reply="") for one in self.ledger.entries)
        self.ledger = replace(self.ledger, entries=entries)

    def forget(self) -> None:
        """Keeps the question and nothing that a removed document said."""
        self.status = "removed"
        self.draft, self.error, self.asked, self.step, self.notes, self.why = "", "", "", "", (), ""
        self.hits, self.steps, self.timings, self.ledger, self.scope = None, (), {}, Ledger(), None
        self.asked_ids, self.read, self.rating, self.search = (), (), None, None
        self.rows.clear()
        self.sentences.clear()
        self.citations.clear()
        self.read_ids.clear()
        self.document_ids.clear()

    def _cite(self, citations: Collection[Citation]) -> None:
        self.citations |= {citation.marker: citation for citation in citations}
        self.document_ids |= {citation.document_id for citation in citations}

    def _finish(self, answer: Answer) -> None:
        self.status, self.draft, self.step = "done", "", ""
        self.sentences, self.citations = list(answer.sentences), {}
        self._cite(answer.citations)
        self.notes = _said_of(answer.asked, answer.notes)
        self.refused, self.complete = answer.refused, answer.complete
        self.hits, self.steps, self.timings = answer.hits, answer.steps, answer.timings
        self.ledger, self.strategy, self.why = answer.ledger, answer.strategy, answer.why
        self.search = answer.search


def _said_of(asked: str, notes: tuple[str, ...]) -> tuple[str, ...]:
    """What is said about an answer: the question as it was asked where that is another, then the notes."""
    return (*((f"→ {asked}",) if asked else ()), *notes)


def rest_of(draft: str, sentence: str) -> str:
    """What a draft says beyond a sentence that was taken from it; nothing when the two do not meet."""
    plain = _MARK.sub("", draft)
    start = plain.find(sentence.strip())
    return plain[start + len(sentence.strip()) :].lstrip() if start >= 0 else ""
