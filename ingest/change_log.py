"""What changed in a library, in order: what indexes follow, and up to which removal its files are clean.

It does not know who follows it, nor what a document is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.database import Database
from ingest.errors import LibraryError

_SCRUB_WAIT_S = 0.05
_SCRUBBED = "SELECT COALESCE((SELECT CAST(value AS INTEGER) FROM library WHERE name = 'scrubbed'), 0)"
"""The last change before the last `scrub`."""


@dataclass(frozen=True, slots=True)
class Change:
    """`action` is added (its words are searchable, perhaps anew), embedded (its vectors too) or removed.

    `migrated` names no document: from here on the vectors of another embedder are in force.
    """

    sequence: int
    document_id: str
    action: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a library is. Sequences of two epochs say nothing of each other: a restored library has a new one."""

    epoch: str
    sequence: int


class ChangeLog:
    """A part of a library."""

    folder: Path
    _database: Database

    def position(self) -> Position:
        """The epoch and the number of the newest change; 0 for a new library."""
        query = """SELECT value, (SELECT COALESCE(MAX(sequence), 0) FROM changes) FROM library WHERE name = 'epoch'"""
        with self._database.reading() as db:
            row = db.execute(query).fetchone()
        if row is None:
            raise LibraryError(f"the library {self.folder} is damaged: it has no epoch", hint="recto fsck")
        return Position(*row)

    def changes_since(self, sequence: int) -> list[Change]:
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT sequence, document, action FROM changes WHERE sequence > ? ORDER BY sequence", (sequence,)
            )
            return [Change(*row) for row in rows]

    @property
    def unscrubbed(self) -> bool:
        """Whether something was deleted since the last whole `scrub`."""
        query = f"""SELECT EXISTS (SELECT 1 FROM changes WHERE action IN ('removed', 'migrated')
            AND sequence > ({_SCRUBBED}))"""
        with self._database.reading() as db:
            return bool(db.execute(query).fetchone()[0])

    def scrub(self, seconds: float = 30.0, finish: Callable[[], object] = lambda: None) -> bool:
        """Rewrites the database and empties its log, so that no file holds what was deleted.

        Up to 8 s a gigabyte, in which others read but do not write; then `finish` is called, and the library counts as
        clean up to the change at which this began. False when readers kept the log. Raises what `finish` does, and
        StorageFull where the disk has no room for a second copy.
        """
        deadline = time.monotonic() + seconds
        before = self.position().sequence
        self._database.rewrite()
        while not self._database.checkpoint():
            if time.monotonic() > deadline:
                return False
            time.sleep(_SCRUB_WAIT_S)
        finish()
        with self._database.writing() as db:
            if before > db.execute(f"SELECT ({_SCRUBBED})").fetchone()[0]:
                db.execute("INSERT OR REPLACE INTO library VALUES ('scrubbed', ?)", (str(before),))
        return True
