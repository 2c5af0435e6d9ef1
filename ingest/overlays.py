"""What users did to chunks of their documents: left out, corrected, annotated; kept beside what was read.

Each is anchored by its page and the text that the chunk had, so that it outlives a new reading; one whose place is gone
stays, to be shown. It does not know who shows it, nor which indexes follow the change that each leaves in the log.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.corrections import corrected
from ingest.database import Database
from ingest.errors import NotFound
from ingest.records import Chunk

_ALIKE = 0.8  # of the pairs of characters of two texts that count as one, read twice


@dataclass(frozen=True, slots=True)
class Overlay:
    """`original` is the text of the chunk for which it was made, `ordinal` its place then.

    `corrected` stands in for that text; None where it stays. `id` is unique in the library.
    """

    id: int
    page: int
    ordinal: int
    original: str
    excluded: bool = False
    corrected: str | None = None
    note: str = ""

    def __bool__(self) -> bool:
        """Whether there is anything to keep."""
        return self.excluded or self.corrected is not None or bool(self.note)


class Overlays:
    """A part of a library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, document_id: str) -> list[Overlay]:
        """All overlays of a document, in the order of their places."""
        query = """SELECT id, page, ordinal, original, excluded, corrected, note FROM overlays WHERE document = ?
                   ORDER BY page, ordinal, id"""
        with self._database.reading() as db:
            return [
                Overlay(number, page, ordinal, original, bool(excluded), text, note)
                for number, page, ordinal, original, excluded, text, note in db.execute(query, (document_id,))
            ]

    def keep(self, document_id: str, chunk: Chunk, change: Callable[[Overlay], Overlay], known: int | None) -> None:
        """Changes the overlay of a chunk (as it was read): the one `known` by its id, or a new one.

        One that does nothing any more is dropped. Raises NotFound where the document was removed.
        """
        at = (document_id, chunk.page, chunk.ordinal, chunk.text)
        with self._database.writing() as db:
            if not db.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone():
                raise NotFound(f"document {document_id!r} was removed meanwhile")
            query = "SELECT id, excluded, corrected, note FROM overlays WHERE id = ? AND document = ?"
            row = db.execute(query, (known, document_id)).fetchone()
            number, excluded, text, note = row or (None, False, None, "")
            made = change(Overlay(number or 0, chunk.page, chunk.ordinal, chunk.text, bool(excluded), text, note))
            if number is not None:
                db.execute("DELETE FROM overlays WHERE id = ?", (number,))
            if made:
                values = (number, *at, made.excluded, made.corrected, made.note)
                db.execute("INSERT INTO overlays VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
            _log(db, document_id)

    def drop(self, document_id: str, overlay_id: int) -> None:
        """Raises NotFound."""
        with self._database.writing() as db:
            query = "DELETE FROM overlays WHERE id = ? AND document = ?"
            if not db.execute(query, (overlay_id, document_id)).rowcount:
                raise NotFound(f"no edit {overlay_id} of this document")
            _log(db, document_id)


def _log(db: sqlite3.Connection, document_id: str) -> None:
    """The document's words are others from now on."""
    db.execute("INSERT INTO changes (document, action) SELECT id, 'added' FROM documents WHERE id = ?", (document_id,))


def forget(db: sqlite3.Connection, document_id: str) -> None:
    """Within a transaction: the document goes."""
    db.execute("DELETE FROM overlays WHERE document = ?", (document_id,))


def inherit(db: sqlite3.Connection, document_id: str, replaced: str) -> None:
    """Within a transaction: what was done to a document's chunks holds for the one that takes its place."""
    db.execute("UPDATE overlays SET document = ? WHERE document = ?", (document_id, replaced))


# where overlays stand (pure)


def placed(overlays: Iterable[Overlay], chunks: Iterable[Chunk]) -> dict[int, Overlay]:
    """The overlays by the ordinal of the chunk that each belongs to: one of its text on its page, else the most alike.

    Of several the nearest; one that is not in the result has lost its place.
    """
    free: dict[int, list[Chunk]] = {}
    for chunk in chunks:
        free.setdefault(chunk.page, []).append(chunk)
    found: dict[int, Overlay] = {}

    def take(overlay: Overlay, likeness: Callable[[str, str], float], least: float) -> bool:
        on_page = free.get(overlay.page, [])
        ranked = [
            (likeness(overlay.original, one.text), -abs(one.ordinal - overlay.ordinal), -one.ordinal) for one in on_page
        ]
        best = max(ranked, default=(0.0, 0, 0))
        if best[0] < least:
            return False
        chunk = on_page.pop(ranked.index(best))
        found[chunk.ordinal] = overlay
        return True

    rest = [overlay for overlay in overlays if not take(overlay, _same, 1.0)]
    for overlay in rest:
        take(overlay, _likeness, _ALIKE)
    return found


def applied(chunks: Iterable[Chunk], found: Mapping[int, Overlay]) -> list[Chunk]:
    """The chunks as their user has them: without those left out."""
    kept = (one for one in chunks if one.ordinal not in found or not found[one.ordinal].excluded)
    return [overlaid(one, found[one.ordinal]) if one.ordinal in found else one for one in kept]


def overlaid(chunk: Chunk, overlay: Overlay) -> Chunk:
    """The chunk with the words and the note of an overlay."""
    return replace(corrected(chunk, overlay.corrected or ""), note=overlay.note)


def _same(one: str, other: str) -> float:
    return float(one.split() == other.split())


def _likeness(one: str, other: str) -> float:
    """Dice's coefficient over pairs of characters, white space left out; 0 to 1."""
    pairs = [Counter(pairwise("".join(text.split()).casefold())) for text in (one, other)]
    total = pairs[0].total() + pairs[1].total()
    return 2 * (pairs[0] & pairs[1]).total() / total if total else 0.0
