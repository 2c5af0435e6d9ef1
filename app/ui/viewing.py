"""What the viewer of an open page shows: citations, passages, neighbouring pages, tables, documents at a glance.

It changes the session and draws nothing; it knows nothing of Gradio's components.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from app.auth import Principal
from app.bodies import Service
from app.library_overview import library_overview
from app.overview import overview
from app.page_ranges import WrongPages
from app.ui.chunk_editing import ChunkEditing
from app.ui.page_scope import typed, under_heading
from app.ui.screen import caught, numbers
from app.ui.session import Session
from app.viewer import citation_views, hit_views, page_view, placed_views, table_view
from ingest.errors import NotFound

MAX_FIELD = 100  # characters


class Viewing:
    """What one user sees of a service's documents."""

    def __init__(self, service: Service, who: Principal) -> None:
        self._service = service
        self._who = who
        self._editing = ChunkEditing(service, who)

    def show_citation(self, session: Session, turn: int, marker: int) -> None:
        """The pages of a citation; its turn is forgotten where the document is gone."""
        citation = session.cited(turn, marker)
        if citation is None:
            return
        with caught(session):
            try:
                session.show(citation_views(self._service, self._who, citation), (turn, marker))
            except NotFound:
                session.turns[turn].forget()

    def show_passage(self, session: Session, turn: int, index: int) -> None:
        """The pages of a passage that was found for a turn."""
        hits = (session.turns[turn].hits or ()) if turn < len(session.turns) else ()
        if index < len(hits):
            with caught(session):
                session.show(hit_views(self._service, self._who, hits[index]))

    def press(self, session: Session, do: str, value: str) -> None:
        """Something in the viewer, or a document's name, was pressed."""
        session.wrong_pages = ""
        with caught(session), self._caught_pages(session):
            match do:
                case "about":
                    session.about, session.chunks = overview(self._service, self._who, value), None
                    session.show(())
                case "about_whole" if session.about is not None:
                    session.about = replace(session.about, whole=True)
                case "library":
                    session.about = session.chunks = None
                    session.library = library_overview(self._service, self._who)
                    session.show(())
                case "chunks":
                    session.chunks = self._editing.opened(value)
                    session.show(())
                case "chunk-page" if session.chunks is not None and value.isdecimal():
                    self._chunk(session, session.chunks.listed.document.id, int(value))
                case "page" if value.isdecimal():
                    self._turn(session, int(value))
                case "table":
                    self._table(session, value)
                case "ask_heading" if session.about is not None:
                    session.scope = under_heading(session.about, value) or session.scope
                case "ask_pages" if session.about is not None and value.strip():
                    session.scope = typed(session.about.document, value)
                case _ if session.chunks is not None and do.startswith("chunk"):
                    session.chunks = self._editing.pressed(session.chunks, do, value)
                    session.show(())
                case "describe" if session.about is not None:
                    self._describe(session.about.document.id, value)
                    session.about = overview(self._service, self._who, session.about.document.id)
                case "reread":
                    document_id, _, number = value.rpartition(":")
                    if number.isdecimal():
                        self._service.reocr(self._who, document_id, [int(number)])
                        session.drawn = ""
                    self.refresh(session)

    @contextmanager
    def _caught_pages(self, session: Session) -> Iterator[None]:
        """What is wrong with pages is told where they were typed."""
        try:
            yield
        except WrongPages as error:
            session.wrong_pages = error.said(session.language)

    def _describe(self, document_id: str, value: str) -> None:
        """`value` is a field and, after a colon, what it is to be; nothing lets what was read of it stand."""
        field, _, text = value.partition(":")
        given = " ".join(text.split())[:MAX_FIELD]
        if field == "year" and (given.isdecimal() or not given):
            self._service.describe(self._who, document_id, {"year": int(given[:4]) if given else None})
        elif field in ("company", "kind", "collection"):
            self._service.describe(self._who, document_id, {field: given or None})

    def refresh(self, session: Session) -> bool:
        """The pages shown as they are now; whether they are others: they may have been read again."""
        views = tuple(
            page_view(self._service, self._who, view.document_id, view.number, view.boxes) for view in session.views
        )
        changed, session.views = views != session.views, views
        return changed

    def _turn(self, session: Session, number: int) -> None:
        """To another page of the document; boxes of the citation that is shown stay where they are."""
        document_id = session.views[0].document_id if session.views else session.about and session.about.document.id
        if not document_id:
            return
        citation = session.cited(*session.shown) if session.shown else None
        boxes = tuple(box for page, box in (citation.boxes if citation else ()) if page == number)
        session.show((page_view(self._service, self._who, document_id, number, boxes),), session.shown)

    def _chunk(self, session: Session, document_id: str, number: int) -> None:
        """The pages of a chunk, its lines boxed."""
        chunks = self._service.chunks
        page = chunks.chunk(self._who, document_id, number).chunk.page
        session.show(
            placed_views(self._service, self._who, document_id, page, chunks.boxes(self._who, document_id, number))
        )

    def _table(self, session: Session, value: str) -> None:
        place = numbers(value)
        if place and session.about is not None:
            view, table = table_view(self._service, self._who, session.about.document.id, *place)
            session.show((view,))
            session.table = table
