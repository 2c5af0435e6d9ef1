"""The pages that a user asked to be read from their pixels, and by which engine; kept as long as their content is.

It does not know how a page is read. What it holds outlives a new reading of the content with other options.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from ingest.database import Database
from ingest.records import State


class AskedPages:
    """A part of a library. A page that was asked for waits until a content is committed in which it was read so."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, sha256: str, pages: Iterable[int], engine: str) -> None:
        """Asks for pages of a content; documents of it that were at an end and can be asked go on, and stay askable."""
        rows = [(sha256, page, engine) for page in pages]
        ends = ", ".join(f"'{state}'" for state in State if not state.in_progress)
        with self._database.writing() as db:
            db.executemany("INSERT OR REPLACE INTO asked_pages (sha256, page, engine, waits) VALUES (?, ?, ?, 1)", rows)
            db.execute(
                f"""UPDATE documents SET state = ?2, reason = '', pages_done = MAX(pages - ?3, 0)
                    WHERE sha256 = ?1 AND askable AND state IN ({ends})""",
                (sha256, State.WORDS_READY.value, len(rows)),
            )

    def engines(self, sha256: str) -> dict[int, str]:
        """The engine for each page that was ever asked for, by page."""
        with self._database.reading() as db:
            return dict(db.execute("SELECT page, engine FROM asked_pages WHERE sha256 = ?", (sha256,)))

    def waiting(self, sha256: str) -> list[int]:
        """The pages that wait to be read, in order."""
        with self._database.reading() as db:
            query = "SELECT page FROM asked_pages WHERE sha256 = ? AND waits ORDER BY page"
            return [page for (page,) in db.execute(query, (sha256,))]


def note_read(db: sqlite3.Connection, sha256: str, read: Mapping[int, str]) -> None:
    """Within a transaction: pages were read by these engines; those asked of another one meanwhile still wait."""
    db.executemany(
        "UPDATE asked_pages SET waits = 0 WHERE sha256 = ? AND page = ? AND engine = ?",
        [(sha256, page, engine) for page, engine in read.items()],
    )


def forget(db: sqlite3.Connection, sha256: str) -> None:
    """Within a transaction: the content goes."""
    db.execute("DELETE FROM asked_pages WHERE sha256 = ?", (sha256,))
