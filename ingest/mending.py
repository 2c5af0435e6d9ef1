"""What mends a library's faults, one change each; every one of them may be done twice.

It does not know how the faults are found; `ingest.fsck` does.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from ingest.records import State
from ingest.store import Library

DONE = (State.INDEXED, State.INDEXED_PARTIAL)


class Mending:
    """Mends one library; the ingest lock is held by the caller."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def reindex(self) -> None:
        """Builds SQLite's own indexes anew."""
        with self._library.database.writing() as db:
            db.execute("REINDEX")

    def set_waiting(self, document_id: str) -> None:
        """Lets a document be taken up again."""
        self._library.set_state(document_id, State.WAITING)

    def delete_orphans(self, table: str, parent: str) -> None:
        """Deletes a table's rows of contents that the parent table does not name."""
        with self._library.database.writing() as db:
            db.execute(f"DELETE FROM {table} WHERE sha256 NOT IN (SELECT sha256 FROM {parent})")

    def delete_strays(self, table: str) -> None:
        """Deletes a table's rows of documents that are gone."""
        with self._library.database.writing() as db:
            db.execute(f"DELETE FROM {table} WHERE document NOT IN (SELECT id FROM documents)")

    def new_epoch(self) -> None:
        """Every index over the library builds itself anew from here on."""
        with self._library.database.writing() as db:
            db.execute("INSERT OR REPLACE INTO library VALUES ('epoch', lower(hex(randomblob(8))))")

    def forget_embedder(self) -> None:
        """The next ingest puts one in force."""
        with self._library.database.writing() as db:
            db.execute("DELETE FROM library WHERE name = 'embedder'")

    def let_ask(self, document_id: str) -> None:
        """Lets answers quote a document, and its words be indexed."""
        with self._library.database.writing() as db:
            db.execute("UPDATE documents SET askable = 1 WHERE id = ?", (document_id,))
            db.execute("INSERT INTO changes (document, action) VALUES (?, 'added')", (document_id,))

    def let_read_anew(self, sha256: str, source: Path | None) -> None:
        """Empties a content and lets its documents wait; `source` is where its original is brought back from.

        The content's row stays: it holds the file's password.
        """
        if source is not None:
            self.bring_back(sha256, source)
        with self._library.database.writing() as db:
            for table in ("pages", "chunks", "vectors"):
                db.execute(f"DELETE FROM {table} WHERE sha256 = ?", (sha256,))
            db.execute(
                """UPDATE contents SET parse_key = '', chunk_key = '', pages = 0, chunks = 0, skipped = '{}',
                   pending = '{}' WHERE sha256 = ?""",
                (sha256,),
            )
            db.execute(
                "INSERT INTO changes (document, action) SELECT id, 'removed' FROM documents WHERE sha256 = ?", (sha256,)
            )
            db.execute(
                "UPDATE documents SET state = ?, reason = '', askable = 0, attempts = 0 WHERE sha256 = ?",
                (State.WAITING.value, sha256),
            )

    def drop_all_but(self, embedder: str) -> None:
        """Deletes the vectors of all other embedders."""
        with self._library.database.writing() as db:
            db.execute("DELETE FROM vectors WHERE embedder <> ?", (embedder,))

    def drop_vectors(self, sha256: str, embedder: str) -> None:
        """Deletes a content's vectors and lets its documents wait for new ones; their words stay askable."""
        with self._library.database.writing() as db:
            db.execute("DELETE FROM vectors WHERE sha256 = ? AND embedder = ?", (sha256, embedder))
            db.execute(
                "INSERT INTO changes (document, action) SELECT id, 'embedded' FROM documents WHERE sha256 = ?",
                (sha256,),
            )
            db.execute(
                "UPDATE documents SET state = ?, reason = '' WHERE sha256 = ? AND state IN (?, ?)",
                (State.WORDS_READY.value, sha256, *DONE),
            )

    def bring_back(self, sha256: str, source: Path) -> None:
        """Puts the bytes of a file in the place of an original. Raises StorageFull."""
        self._library.originals.forget(sha256)
        self._library.originals.keep(source, sha256)


def delete(path: Path) -> None:
    """Deletes a file or a folder that was never finished."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
