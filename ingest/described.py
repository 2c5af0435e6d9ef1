"""What documents are, as a library keeps it: year, company and kind as they were read, and as a user has set them; the
collection in which a user has put them.

It does not know by which rules they are read (`ingest.metadata` does). What a user sets outlives a new reading.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from ingest import codec
from ingest.database import Database
from ingest.metadata import FIRST_PAGES, VERSION, read_metadata

FIELDS = ("year", "company", "kind")


class Described:
    """A part of a library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def catch_up(self) -> None:
        """Reads what the askable documents are of which the rules of this version have not: those of an older Recto."""
        with self._database.reading() as db:
            query = "SELECT id FROM documents WHERE askable AND metadata_rules <> ? ORDER BY rowid"
            unread = db.execute(query, (VERSION,)).fetchall()
        for (document_id,) in unread:
            with self._database.writing() as db:
                describe(db, document_id)

    def set(self, document_id: str, values: Mapping[str, int | str | None]) -> None:
        """What the user says of a document, by field; None takes back what they said, so that what was read stands.

        `collection`: the one that it is in from now on; None leaves it where it is.
        """
        with self._database.writing() as db:
            for field in FIELDS:
                if field in values:
                    db.execute(f"UPDATE documents SET set_{field} = ? WHERE id = ?", (values[field], document_id))
            if values.get("collection"):
                db.execute("UPDATE documents SET collection = ? WHERE id = ?", (values["collection"], document_id))

    def move(self, document_ids: Sequence[str], collection: str) -> None:
        """Puts documents into a collection, all at once."""
        with self._database.writing() as db:
            db.executemany(
                "UPDATE documents SET collection = ? WHERE id = ?", [(collection, one) for one in document_ids]
            )


def describe(db: sqlite3.Connection, document_id: str) -> None:
    """Within a transaction: reads of a document what it is, from its name and the first pages of its content."""
    query = "SELECT name, title, sha256 FROM documents JOIN contents USING (sha256) WHERE id = ?"
    name, title, sha256 = db.execute(query, (document_id,)).fetchone() or ("", "", "")
    query = "SELECT page FROM pages WHERE sha256 = ? ORDER BY number LIMIT ?"
    read = read_metadata(name, title, [codec.decode(blob) for (blob,) in db.execute(query, (sha256, FIRST_PAGES))])
    db.execute(
        "UPDATE documents SET year = ?, company = ?, kind = ?, metadata_rules = ? WHERE id = ?",
        (read.year, read.company, read.kind, VERSION, document_id),
    )


def inherit(db: sqlite3.Connection, document_id: str, replaced: str) -> None:
    """Within a transaction: what the user said of a document holds for the one that takes its place."""
    for field in FIELDS:
        db.execute(
            f"""UPDATE documents SET set_{field} = (SELECT set_{field} FROM documents WHERE id = ?2)
                WHERE id = ?1 AND set_{field} IS NULL""",
            (document_id, replaced),
        )
