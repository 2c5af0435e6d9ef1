"""The documents of a library: added, found, listed, and how far each is.

It does not know what was read of them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from datetime import UTC, datetime

from ingest.database import Database
from ingest.document_list import DocumentList
from ingest.errors import Ambiguous, NotFound
from ingest.records import Document, State
from ingest.rows import DOCUMENT_COLUMNS, DOCUMENT_TABLES, document_of

_IN_PROGRESS = ", ".join(f"'{state}'" for state in State if state.in_progress)


class DocumentRows:
    """A part of a library."""

    _database: Database
    _listed: DocumentList

    def add_document(
        self, name: str, collection: str, owner: str, sha256: str, *, path: str = "", replaces: str = ""
    ) -> Document:
        """A new document, waiting to be ingested. `replaces` is the id of the one that goes when this is ready."""
        document_id = uuid.uuid4().hex[:12]
        values = (document_id, name, collection, owner, sha256, path, replaces, State.WAITING.value)
        with self._database.writing() as db:
            db.execute(
                """INSERT INTO documents (id, name, collection, owner, sha256, path, replaces, state, added,
                   reason, pages, pages_done, seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, 0, 0.0)""",
                (*values, datetime.now(UTC).isoformat(timespec="seconds")),
            )
        return self.document(document_id)

    def set_state(
        self,
        document_id: str,
        state: State,
        *,
        reason: str = "",
        pages: int | None = None,
        pages_done: int | None = None,
        seconds: float | None = None,
    ) -> None:
        """Notes how far a document is; what is None stays as it is. One that was cancelled stays so, see `take_up`."""
        with self._database.writing() as db:
            db.execute(
                """UPDATE documents SET state = ?, reason = ?, pages = COALESCE(?, pages),
                   pages_done = COALESCE(?, pages_done), seconds = COALESCE(?, seconds),
                   attempts = CASE WHEN ? THEN attempts ELSE 0 END WHERE id = ? AND state <> 'cancelled'""",
                (state.value, reason, pages, pages_done, seconds, state.in_progress, document_id),
            )

    def cancel(self, document_id: str) -> bool:
        """Stops a document on its way, whichever process reads it; False where it is at an end already.

        What was committed of it stays askable.
        """
        query = f"""UPDATE documents SET state = 'cancelled', reason = '', attempts = 0
                    WHERE id = ? AND state IN ({_IN_PROGRESS})"""
        with self._database.writing() as db:
            return db.execute(query, (document_id,)).rowcount > 0

    def take_up(self, document_id: str) -> bool:
        """Lets a document that was cancelled wait to be read again; False where it was not."""
        query = "UPDATE documents SET state = 'waiting', reason = '' WHERE id = ? AND state = 'cancelled'"
        with self._database.writing() as db:
            return db.execute(query, (document_id,)).rowcount > 0

    def unwanted(self, document_ids: Collection[str]) -> set[str]:
        """Those of the documents that were cancelled, or are gone."""
        query = "SELECT id FROM documents WHERE id IN (SELECT value FROM json_each(?)) AND state <> 'cancelled'"
        with self._database.reading() as db:
            wanted = {one for (one,) in db.execute(query, (json.dumps(list(document_ids)),))}
        return set(document_ids) - wanted

    def begin(self, document_id: str) -> int:
        """Notes that a document's reading begins; returns how often it has begun since it last came to an end."""
        with self._database.writing() as db:
            db.execute("UPDATE documents SET attempts = attempts + 1 WHERE id = ?", (document_id,))
            row = db.execute("SELECT attempts FROM documents WHERE id = ?", (document_id,)).fetchone()
        return int(row[0]) if row else 0

    def documents(self, *, collection: str | None = None, owner: str | None = None) -> list[Document]:
        """All documents, or those of a collection or owner, in the order in which they came."""
        return [one for one in self._listed() if collection in (None, one.collection) and owner in (None, one.owner)]

    def in_progress(self) -> list[Document]:
        """The documents that are not at an end, or have pictures that wait, in the order in which they came."""
        query = f"""SELECT {DOCUMENT_COLUMNS} {DOCUMENT_TABLES} WHERE d.state IN ({_IN_PROGRESS})
            OR d.state IN ('indexed', 'indexed_partial') AND c.regions <> '{{}}' ORDER BY d.rowid"""
        with self._database.reading() as db:
            return [document_of(row) for row in db.execute(query)]

    def document(self, document_id: str) -> Document:
        """Raises NotFound."""
        with self._database.reading() as db:
            row = db.execute(f"SELECT {DOCUMENT_COLUMNS} {DOCUMENT_TABLES} WHERE d.id = ?", (document_id,)).fetchone()
        if row is None:
            raise NotFound(f"no document {document_id!r}", hint="recto docs list shows what there is")
        return document_of(row)

    def find(self, name_or_id: str, *, collection: str | None = None) -> Document:
        """A document by its id or name; raises NotFound, or Ambiguous where the name fits several."""
        query = f"""SELECT {DOCUMENT_COLUMNS} {DOCUMENT_TABLES} WHERE ?1 IN (d.id, d.name)
            AND (?2 IS NULL OR collection = ?2) ORDER BY d.rowid"""
        with self._database.reading() as db:
            named = [document_of(row) for row in db.execute(query, (name_or_id, collection))]
        for document in named:
            if document.id == name_or_id:
                return document
        if len(named) > 1:
            raise Ambiguous(name_or_id, [document.id for document in named])
        if not named:
            raise NotFound(f"no document {name_or_id!r}", hint="recto docs list shows what there is")
        return named[0]
