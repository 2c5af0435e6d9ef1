"""How long documents take yet, by the pages that went by while a page of the browser looked on.

It knows when it was told of documents and how far they were; it does not know what is done with their pages.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ingest.records import Document, State

_LEAST_S = 5.0  # of watching, before which a pace says little


@dataclass(slots=True)
class _Watched:
    """A document in one state: its pages done when first looked at and when they last changed, each with the time."""

    state: State
    total: int
    first: int
    began: float
    last: int
    changed: float

    @property
    def seconds_left(self) -> float | None:
        watched, done = self.changed - self.began, self.last - self.first
        return (self.total - self.last) * watched / done if done > 0 and watched >= _LEAST_S else None


class Pace:
    """Watches documents that are being read page by page."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._watched: dict[str, _Watched] = {}

    def look(self, documents: Iterable[Document]) -> None:
        """Notes how far the documents are; what is no longer read, or was begun anew, is forgotten."""
        now = self._clock()
        before, self._watched = self._watched, {}
        for document in documents:
            done, pages = document.pages_done, document.pages
            if done >= pages or not (document.state.in_progress or document.state is State.INDEXED):
                continue
            known = before.get(document.id)
            if known is None or (known.state, known.total) != (document.state, pages) or known.last > done:
                known = _Watched(document.state, pages, done, now, done, now)
            elif done > known.last:
                known.last, known.changed = done, now
            self._watched[document.id] = known

    def minutes_left(self, document_id: str) -> int | None:
        """Minutes until all pages of a document are read, 0 for less than one; None where that is not known."""
        known = self._watched.get(document_id)
        seconds = known.seconds_left if known else None
        return None if seconds is None else int(seconds / 60 + 0.5)
