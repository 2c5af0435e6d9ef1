"""What one open page remembers: its conversation, which documents are left out, what the viewer shows.

Changed in place by the page's handlers; it knows nothing of Gradio, HTML or the service.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from app.chunks import ChunksShown
from app.library_overview import LibraryOverview
from app.overview import Overview
from app.page_words import Language
from app.ui.coming import Coming
from app.ui.list_filter import ListFilter
from app.ui.pace import Pace
from app.ui.page_scope import PageScope
from app.ui.turn import Turn
from app.viewer import PageView, TableView
from ingest.records import Document
from prompts.answers import Citation
from prompts.condense import Turn as Asked

MAX_TURNS = 50
_CALLS_KEPT = 5  # turns of which is kept what was sent to models
SEARCH = "search"
"""What a turn has for its strategy where nothing is answered: the passages are the result."""


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
    coming: Coming | None = None  # the answer on its way
    taken: int = 0  # events of it that the page has drawn
    seen: float = 0.0  # when the page was seen last, by the monotonic clock
    listed: list[Document] = field(default_factory=list)  # the documents as the list shows them
    drawn: str = ""  # the documents pane as the browser has it
    looks: int = 0  # how often the timer ticked
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
