"""The library on disk: one SQLite database that is the truth, and the originals beside it by hash.

It does not know how documents are parsed, nor which indexes follow its change log.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest import codec
from ingest.database import Database
from ingest.errors import Ambiguous, NotFound, StorageFull
from ingest.records import Chunk, Content, Document, Page, State
from ingest.rows import DOCUMENT_COLUMNS, DOCUMENT_TABLES, chunk_of, chunk_row, document_of, page_of


@dataclass(frozen=True, slots=True)
class Change:
    """`action` is added (its words are searchable), embedded (its vectors too) or removed."""

    sequence: int
    document_id: str
    action: str


@dataclass(frozen=True, slots=True)
class Keys:
    """What made a content's pages and chunks: the stages' options and versions."""

    parse: str
    chunk: str


class Library:
    """A user's store. Any number of threads and processes may read; writes take their turn.

    Raises LibraryError where the folder holds no usable library, StorageFull where it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.originals.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFull(f"cannot write the library {folder}: {error.strerror}") from error
        self._database = Database(folder / "library.sqlite3")

    def close(self) -> None:
        """Closes this thread's connection."""
        self._database.close()

    @property
    def originals(self) -> Path:
        return self.folder / "originals"

    def original(self, sha256: str) -> Path:
        """Where the bytes of a content are kept."""
        return self.originals / f"{sha256}.pdf"

    # documents

    def keep_original(self, path: Path, sha256: str) -> None:
        """Copies a file's bytes into the library under their hash; raises StorageFull."""
        target = self.original(sha256)
        if target.exists():
            return
        part = target.with_suffix(f".{uuid.uuid4().hex}.part")
        try:
            shutil.copyfile(path, part)
            part.replace(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise StorageFull(f"cannot write the library {self.folder}: {error.strerror}") from error

    def add_document(
        self, name: str, collection: str, owner: str, sha256: str, *, path: str = "", replaces: str = ""
    ) -> Document:
        """A new document, waiting to be ingested. `replaces` is the id of the one that goes when this is ready."""
        document_id = uuid.uuid4().hex[:12]
        values = (document_id, name, collection, owner, sha256, path, replaces, State.WAITING.value, "", 0, 0, 0.0)
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        """Notes how far a document is; what is None stays as it is."""
        with self._database.writing() as db:
            db.execute(
                """UPDATE documents SET state = ?, reason = ?, pages = COALESCE(?, pages),
                   pages_done = COALESCE(?, pages_done), seconds = COALESCE(?, seconds) WHERE id = ?""",
                (state.value, reason, pages, pages_done, seconds, document_id),
            )

    def documents(self, *, collection: str | None = None, owner: str | None = None) -> list[Document]:
        """All documents, or those of a collection or owner, in the order in which they came."""
        query = f"""SELECT {DOCUMENT_COLUMNS} {DOCUMENT_TABLES}
            WHERE (?1 IS NULL OR collection = ?1) AND (?2 IS NULL OR owner = ?2) ORDER BY d.rowid"""
        with self._database.reading() as db:
            return [document_of(row) for row in db.execute(query, (collection, owner))]

    def document(self, document_id: str) -> Document:
        """Raises NotFound."""
        with self._database.reading() as db:
            row = db.execute(f"SELECT {DOCUMENT_COLUMNS} {DOCUMENT_TABLES} WHERE d.id = ?", (document_id,)).fetchone()
        if row is None:
            raise NotFound(f"no document {document_id!r}", hint="recto docs list shows what there is")
        return document_of(row)

    def find(self, name_or_id: str, *, collection: str | None = None) -> Document:
        """A document by its id or name; raises NotFound, or Ambiguous where the name fits several."""
        documents = self.documents(collection=collection)
        for document in documents:
            if document.id == name_or_id:
                return document
        named = [document for document in documents if document.name == name_or_id]
        if len(named) > 1:
            raise Ambiguous(name_or_id, [document.id for document in named])
        if not named:
            raise NotFound(f"no document {name_or_id!r}", hint="recto docs list shows what there is")
        return named[0]

    def remove(self, document_id: str) -> None:
        """Removes a document, and its content with the last document of it; raises NotFound."""
        document = self.document(document_id)
        with self._database.writing() as db:
            self._remove(db, document.id, document.sha256)
        page_of.cache_clear()
        self._forget_original(document.sha256)

    def _remove(self, db: sqlite3.Connection, document_id: str, sha256: str) -> None:
        db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
        db.execute("INSERT INTO changes (document, action) VALUES (?, 'removed')", (document_id,))
        if not db.execute("SELECT 1 FROM documents WHERE sha256 = ?", (sha256,)).fetchone():
            db.execute("DELETE FROM contents WHERE sha256 = ?", (sha256,))

    def _forget_original(self, sha256: str) -> None:
        if not sha256:
            return
        with self._database.reading() as db:
            used = db.execute("SELECT 1 FROM documents WHERE sha256 = ?", (sha256,)).fetchone()
        if not used:
            self.original(sha256).unlink(missing_ok=True)

    # contents

    def keys(self, sha256: str) -> Keys | None:
        """What made the content's pages and chunks; None where it has not been parsed."""
        with self._database.reading() as db:
            row = db.execute("SELECT parse_key, chunk_key FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
        return Keys(*row) if row else None

    def commit_words(
        self, document_id: str, content: Content, chunks: Sequence[Chunk], keys: Keys, *, password: str = ""
    ) -> None:
        """The first commit of a document: its pages and chunks, whole, and its change; from now on it is askable."""
        sha256 = content.sha256
        pages = [(sha256, page.number, codec.encode(page)) for page in content.pages]
        rows = [chunk_row(chunk) for chunk in chunks]
        skipped = json.dumps({str(number): reason for number, reason in content.skipped.items()})
        values = (sha256, content.title, password, keys.parse, keys.chunk, len(pages), len(rows), skipped)
        with self._database.writing() as db:
            db.execute("DELETE FROM contents WHERE sha256 = ?", (sha256,))
            db.execute("INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
            db.executemany("INSERT INTO pages VALUES (?, ?, ?)", pages)
            db.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            replaced = self._make_askable(db, document_id, sha256)
        self._forget_original(replaced)

    def commit_known(self, document_id: str, sha256: str) -> None:
        """Makes a document of a content that is in the library already askable."""
        with self._database.writing() as db:
            replaced = self._make_askable(db, document_id, sha256)
        self._forget_original(replaced)

    def _make_askable(self, db: sqlite3.Connection, document_id: str, sha256: str) -> str:
        """Returns the hash of the content whose document was replaced, or an empty string."""
        if not db.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone():
            raise NotFound(f"document {document_id!r} was removed meanwhile")
        (pages,) = db.execute("SELECT pages FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
        db.execute(
            "UPDATE documents SET state = ?, reason = '', pages = ?, pages_done = ? WHERE id = ?",
            (State.WORDS_READY.value, pages, pages, document_id),
        )
        askable = db.execute(
            "SELECT id FROM documents WHERE sha256 = ? AND state IN (?, ?, ?, ?)",
            (sha256, *(state.value for state in State if state.askable)),
        ).fetchall()
        for (other_id,) in askable:
            db.execute("INSERT INTO changes (document, action) VALUES (?, 'added')", (other_id,))
        replaced = db.execute(
            """SELECT old.id, old.sha256 FROM documents new JOIN documents old ON old.id = new.replaces
               WHERE new.id = ?""",
            (document_id,),
        ).fetchone()
        if replaced:
            self._remove(db, *replaced)
        return str(replaced[1]) if replaced else ""

    def commit_vectors(self, sha256: str, embedder: str, vectors: NDArray[np.float16]) -> None:
        """The second commit: one vector a chunk, float16, shape (chunks, dimension), in the chunks' order."""
        with self._database.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?, ?)",
                (sha256, embedder, vectors.shape[0], vectors.shape[1], vectors.astype("<f2").tobytes()),
            )
            db.execute(
                "INSERT INTO changes (document, action) SELECT id, 'embedded' FROM documents WHERE sha256 = ?",
                (sha256,),
            )

    def has_vectors(self, sha256: str, embedder: str) -> bool:
        with self._database.reading() as db:
            query = "SELECT 1 FROM vectors WHERE sha256 = ? AND embedder = ?"
            return db.execute(query, (sha256, embedder)).fetchone() is not None

    def vectors(self, sha256: str, embedder: str) -> NDArray[np.float16] | None:
        """float16, shape (chunks, dimension); None where the embedder has not been there."""
        with self._database.reading() as db:
            query = "SELECT count, dimension, fp16 FROM vectors WHERE sha256 = ? AND embedder = ?"
            row = db.execute(query, (sha256, embedder)).fetchone()
        return np.frombuffer(row[2], dtype="<f2").reshape(row[0], row[1]) if row else None

    def password(self, sha256: str) -> str:
        """The password that opens a content's original; empty where it needs none."""
        with self._database.reading() as db:
            row = db.execute("SELECT password FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
        return str(row[0]) if row else ""

    def skipped(self, sha256: str) -> dict[int, str]:
        """The pages that could not be read, with the reason."""
        return self._title_and_skipped(sha256)[1]

    def _title_and_skipped(self, sha256: str) -> tuple[str, dict[int, str]]:
        with self._database.reading() as db:
            row = db.execute("SELECT title, skipped FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
        return (row[0], {int(number): reason for number, reason in json.loads(row[1]).items()}) if row else ("", {})

    def content(self, sha256: str) -> Content:
        """A content as it was parsed."""
        title, skipped = self._title_and_skipped(sha256)
        return Content(sha256, tuple(self.pages(sha256)), title, skipped)

    def page(self, sha256: str, number: int) -> Page:
        """Raises NotFound."""
        with self._database.reading() as db:
            query = "SELECT page FROM pages WHERE sha256 = ? AND number = ?"
            row = db.execute(query, (sha256, number)).fetchone()
        if row is None:
            raise NotFound(f"no page {number} in this document")
        return page_of(row[0])

    def pages(self, sha256: str) -> Iterator[Page]:
        """All pages of a content, in order."""
        with self._database.reading() as db:
            for (blob,) in db.execute("SELECT page FROM pages WHERE sha256 = ? ORDER BY number", (sha256,)).fetchall():
                yield codec.decode(blob)

    def chunks(
        self, sha256: str, *, ordinals: Sequence[int] | None = None, pages: Sequence[int] | None = None
    ) -> list[Chunk]:
        """The chunks of a content in order, or just those with the ordinals, or on the pages, given."""
        wanted = [None if numbers is None else json.dumps(list(numbers)) for numbers in (ordinals, pages)]
        query = """SELECT ordinal, kind, text, section, spans FROM chunks WHERE sha256 = ?1
                   AND (?2 IS NULL OR ordinal IN (SELECT value FROM json_each(?2)))
                   AND (?3 IS NULL OR page IN (SELECT value FROM json_each(?3))) ORDER BY ordinal"""
        with self._database.reading() as db:
            return [chunk_of(sha256, row) for row in db.execute(query, (sha256, *wanted))]

    def chunk_pages(self, sha256: str) -> list[int]:
        """The page of each chunk of a content, in order."""
        with self._database.reading() as db:
            return [
                page for (page,) in db.execute("SELECT page FROM chunks WHERE sha256 = ? ORDER BY ordinal", (sha256,))
            ]

    # the change log

    def last_change(self) -> int:
        """The number of the newest change; 0 for a new library."""
        with self._database.reading() as db:
            (sequence,) = db.execute("SELECT COALESCE(MAX(sequence), 0) FROM changes").fetchone()
        return int(sequence)

    def changes_since(self, sequence: int) -> list[Change]:
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT sequence, document, action FROM changes WHERE sequence > ? ORDER BY sequence", (sequence,)
            )
            return [Change(*row) for row in rows]
