"""The list of a library's documents, kept: it is read anew only once a document has changed, whoever changed it.

It does not know who asks for it, nor how documents are changed: triggers in the database count the changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ingest.database import Database
from ingest.records import Document
from ingest.rows import DOCUMENT_COLUMNS, DOCUMENT_TABLES, document_of

_REVISION = """SELECT (SELECT value FROM library WHERE name = 'epoch'),
    (SELECT value FROM library WHERE name = 'documents')"""
_ROWS = f"SELECT {DOCUMENT_COLUMNS} {DOCUMENT_TABLES} ORDER BY d.rowid"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the documents' rows were at a revision of the library, and what was made of each."""

    revision: tuple[str, str]
    by_row: dict[Any, Document]


class DocumentList:
    """All documents in the order in which they came. Safe from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: _Kept | None = None

    def __call__(self) -> list[Document]:
        """As they are now; those whose rows are as they were are the same objects as before."""
        with self._database.reading() as db:
            kept = self._kept
            if db.in_transaction:  # it may see what is never committed
                return [document_of(row) for row in db.execute(_ROWS)]
            revision = db.execute(_REVISION).fetchone()
            if kept is None or kept.revision != revision:
                # The revision was read first: rows newer than it are read once more next time.
                known = kept.by_row if kept else {}
                rows = db.execute(_ROWS).fetchall()
                kept = _Kept(revision, {row: known.get(row) or document_of(row) for row in rows})
                self._kept = kept if None not in revision else None
        return list(kept.by_row.values())
