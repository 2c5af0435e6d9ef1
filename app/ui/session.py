"""What one open page remembers: its conversation, which documents are left out, what the viewer shows.

Changed in place by the page's handlers; it knows nothing of Gradio, HTML or the service.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Literal

from app.asking import Row
from app.chunks import ChunksShown
from app.library_overview import LibraryOverview
from app.overview import Overview
from app.page_words import Language
from app.ui.list_filter import ListFilter
from app.ui.pace import Pace
from app.ui.page_scope import PageScope
from app.viewer import PageView, TableView
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
from prompts.condense import Turn as Asked
from retrieval.explain import Trace
from retrieval.hits import Hit

MAX_TURNS = 50
_CALLS_KEPT = 5  # turns of which is kept what was sent to models
SEARCH = "search"
"""What a turn has for its strategy where nothing is answered: the passages are the result."""
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


@dataclass(slots=True)
class Session:
    """`left_out` holds the ids of documents that are not asked; `shown` is the citation in the viewer.

    `conversation` is the id of the one that is open, empty before its first turn is kept; `before` counts
    its turns that are not among `turns`. Of the list of conversations
    `searched` is what is looked for, `renaming` and `forgetting` the one about to be renamed or removed.
    `rating` is the index of the turn whose rating is open to be changed.
    The viewer shows `views`, and below them `table`; else `chunks`, a document's passages; else `about`, a document
    at a glance; else `library`, the whole at a glance.
    `strategy` and `each` are what the next question is asked with; `strategies` those that can be had. With a `scope`
    it is asked of those pages only; `wrong_pages` says why the pages that were typed last cannot be.
    """

    language: Language = "en"
    strategies: tuple[str, ...] = ("auto",)
    strategy: str = "auto"
    each: bool = False
    conversation: str = ""
    before: int = 0
    turns: list[Turn] = field(default_factory=list)
    searched: str = ""
    renaming: str = ""
    forgetting: str = ""
    scope: PageScope | None = None
    wrong_pages: str = ""
    rating: int | None = None
    left_out: set[str] = field(default_factory=set)
    filter: ListFilter = ListFilter()
    confirming: str = ""
    notice: str = ""
    views: tuple[PageView, ...] = ()
    library: LibraryOverview | None = None
    about: Overview | None = None
    chunks: ChunksShown | None = None
    table: TableView | None = None
    presses: int = 0  # how often a citation was pressed
    shown: tuple[int, int] | None = None  # index of the turn, marker
    inspected: int | None = None  # index of the turn of which the model calls are shown
    present: set[str] = field(default_factory=set)  # the documents there were at the last look
    stop: bool = False
    drawn: str = ""  # the documents pane as the browser has it
    looks: int = 0  # how often the documents were looked at
    busy: bool = True  # whether documents are in progress
    pace: Pace = field(default_factory=Pace)

    def cited(self, turn: int, marker: int) -> Citation | None:
        """A citation of the conversation, if there is such a one."""
        return self.turns[turn].citations.get(marker) if 0 <= turn < len(self.turns) else None

    def add(self, turn: Turn) -> None:
        """A new turn; of a long conversation the page shows the last MAX_TURNS."""
        dropped = self.turns[: max(len(self.turns) + 1 - MAX_TURNS, 0)]
        self.turns = [*self.turns[len(dropped) :], turn]
        self.before += len(dropped)
        self.inspected = None
        for old in self.turns[:-_CALLS_KEPT]:
            old.forget_calls()
        self.rating = None

    def open(self, conversation: str, turns: list[Turn], before: int = 0) -> None:
        """Another conversation, or a new one; `before` counts its turns that come before these."""
        self.conversation, self.turns, self.before, self.about = conversation, turns, before, None
        self.chunks = self.rating = self.library = None
        self.show(())

    def history(self) -> list[Asked]:
        """What was asked and answered on the page, oldest first."""
        return [
            Asked(turn.asked or turn.question, " ".join(sentence.text for sentence in turn.sentences))
            for turn in self.turns
            if turn.status == "done"
        ]

    def keep_only(self, document_ids: Collection[str]) -> bool:
        """Forgets what documents other than these said; whether there was any.

        What was sent to models may hold words of any document: all of it goes where one does.
        """
        for turn in self.turns if self.present - set(document_ids) else ():
            turn.forget_calls()
            turn.search = None
        self.present = set(document_ids)
        gone = [turn for turn in self.turns if turn.speaks_of() - set(document_ids)]
        for turn in gone:
            turn.forget()
        for turn in self.turns:
            if turn.hits is not None:
                turn.hits = tuple(hit for hit in turn.hits if hit.document.id in document_ids)
            if turn.rating is not None and turn.rating.page and turn.rating.document_id not in document_ids:
                turn.rating = None
        self.left_out.intersection_update(document_ids)
        if self.scope is not None and self.scope.document_id not in document_ids:
            self.scope = None
        if self.library is not None and any(one.document.id not in document_ids for one in self.library.documents):
            self.library = None
        stale = self.about is not None and self.about.document.id not in document_ids
        if stale or any(view.document_id not in document_ids for view in self.views):
            self.show(())
            self.about = self.chunks = None
            return True
        return bool(gone)

    def show(self, views: tuple[PageView, ...], shown: tuple[int, int] | None = None) -> None:
        """Pages for the viewer; `shown`: the citation that stands on them."""
        self.views, self.shown, self.table = views, shown, None

    def beside(self, by: int) -> tuple[int, int] | None:
        """The citation that comes `by` places after the one in the viewer, in its turn; None where there is none."""
        if self.shown is None:
            return None
        turn, marker = self.shown
        markers = sorted(self.turns[turn].citations) if turn < len(self.turns) else []
        at = markers.index(marker) + by if marker in markers else -1
        return (turn, markers[at]) if 0 <= at < len(markers) else None


def rest_of(draft: str, sentence: str) -> str:
    """What a draft says beyond a sentence that was taken from it; nothing when the two do not meet."""
    plain = _MARK.sub("", draft)
    start = plain.find(sentence.strip())
    return plain[start + len(sentence.strip()) :].lstrip() if start >= 0 else ""
