"""The library on disk: one SQLite database that is the truth, and the originals beside it by hash.

It is put together from its tables (`document_rows`, `content_rows`, `vector_rows`, `change_log`); what touches several
of them at once is here. It does not know how documents are parsed, nor which indexes follow its change log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest import asked_pages, conversations, described, generated, overlays
from ingest.asked_pages import AskedPages
from ingest.change_log import Change, ChangeLog, Position
from ingest.content_rows import ContentRows, Keys, content_writer, note_figures
from ingest.conversations import Conversations
from ingest.database import Database
from ingest.described import Described
from ingest.document_list import DocumentList
from ingest.document_rows import DocumentRows
from ingest.errors import NotFound
from ingest.generated import GeneratedQuestions
from ingest.originals import Originals
from ingest.overlays import Overlays
from ingest.records import Chunk, Content, Document, State
from ingest.rows import page_of
from ingest.vector_rows import EmbedderRecord, VectorRows

__all__ = ["Change", "EmbedderRecord", "Keys", "Library", "Position"]


class Library(DocumentRows, ContentRows, VectorRows, ChangeLog):
    """A user's store. Any number of threads and processes may read; writes take their turn.

    Raises LibraryError where the folder holds no usable library, StorageFull where it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.originals = Originals(folder / "originals")
        self._database = Database(folder / "library.sqlite3")
        self.asked_pages = AskedPages(self._database)
        self.described = Described(self._database)
        self.conversations = Conversations(self._database)
        self.overlays = Overlays(self._database)
        self._listed = DocumentList(self._database)
        self.questions = GeneratedQuestions(self._database)

    def close(self) -> None:
        """Closes this thread's connection."""
        self._database.close()

    # removing

    def forget(self, document_id: str) -> None:
        """Removes a document, and with the last document of a content all that was made of it; raises NotFound.

        It is in no answer from now on; `scrub` then clears its bytes from the database's files.
        """
        document = self.document(document_id)
        with self._database.writing() as db:
            self._forget(db, document.id, document.sha256)
        page_of.cache_clear()
        self._forget_original(document.sha256)

    def _forget(self, db: sqlite3.Connection, document_id: str, sha256: str) -> None:
        db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
        db.execute("INSERT INTO changes (document, action) VALUES (?, 'removed')", (document_id,))
        if not db.execute("SELECT 1 FROM documents WHERE sha256 = ?", (sha256,)).fetchone():
            db.execute("DELETE FROM contents WHERE sha256 = ?", (sha256,))
            db.execute("DELETE FROM recognised WHERE sha256 = ?", (sha256,))
            asked_pages.forget(db, sha256)
        conversations.forget(db, document_id)
        overlays.forget(db, document_id)
        generated.forget(db, document_id)

    def _forget_original(self, sha256: str) -> None:
        """Deletes a content's original unless a document has it, also one that came in this moment."""
        if not sha256:
            return
        with self._database.writing() as db:
            if not db.execute("SELECT 1 FROM documents WHERE sha256 = ?", (sha256,)).fetchone():
                self.originals.forget(sha256)

    # the commits of a document: its words, and what its pictures say

    def commit_words(
        self,
        document_id: str,
        content: Content,
        chunks: Sequence[Chunk],
        keys: Keys,
        *,
        password: str = "",
        read: Mapping[int, str] | None = None,
    ) -> None:
        """The first commit of a document: its pages and chunks, whole, and its change; from now on it is askable.

        `read`: the pages that were read because the user asked for it, with the name of the engine.
        """
        write = content_writer(content, chunks)
        with self._database.writing() as db:
            write(db, keys, password)
            asked_pages.note_read(db, content.sha256, read or {})
            replaced = self._make_askable(db, document_id, content.sha256)
        self._forget_original(replaced)

    def commit_figures(
        self, content: Content, chunks: Sequence[Chunk], embedder: str, vectors: NDArray[np.float16] | None
    ) -> None:
        """The last commit, of pages with the words of their pictures, and of vectors, where the content had any.

        Its documents stay in the state in which they are. Raises NotFound where it was removed meanwhile.
        """
        sha256, write = content.sha256, content_writer(content, chunks)
        with self._database.writing() as db:
            query = "SELECT password, parse_key, chunk_key FROM contents WHERE sha256 = ?"
            made = db.execute(query, (sha256,)).fetchone()
            if made is None:
                raise NotFound("the document was removed meanwhile")
            password, *keys = made
            write(db, Keys(*keys), password)
            db.execute(
                """INSERT INTO changes (document, action) SELECT id, 'added' FROM documents
                   WHERE sha256 = ? AND askable""",
                (sha256,),
            )
            if vectors is not None:
                self._write_vectors(db, sha256, embedder, vectors)
            note_figures(db, sha256, 0)

    def commit_known(self, document_id: str, sha256: str) -> None:
        """Makes a document of a content that is in the library already askable."""
        with self._database.writing() as db:
            replaced = self._make_askable(db, document_id, sha256)
        self._forget_original(replaced)

    def _make_askable(self, db: sqlite3.Connection, document_id: str, sha256: str) -> str:
        """Returns the hash of the content whose document was replaced, or an empty string."""
        if not db.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone():
            raise NotFound(f"document {document_id!r} was removed meanwhile")
        query = "SELECT pages, (SELECT COUNT(*) FROM json_each(pending)) FROM contents WHERE sha256 = ?"
        pages, pending = db.execute(query, (sha256,)).fetchone()
        db.execute(
            """UPDATE documents SET state = CASE state WHEN 'cancelled' THEN state ELSE ? END, reason = '', askable = 1,
               pages = ?, pages_done = ? WHERE id = ?""",
            (State.WORDS_READY.value, pages, pages - pending, document_id),
        )
        askable = db.execute("SELECT id FROM documents WHERE sha256 = ? AND askable", (sha256,)).fetchall()
        for (other_id,) in askable:
            db.execute("INSERT INTO changes (document, action) VALUES (?, 'added')", (other_id,))
            described.describe(db, other_id)
        replaced = db.execute(
            """SELECT old.id, old.sha256 FROM documents new JOIN documents old ON old.id = new.replaces
               WHERE new.id = ?""",
            (document_id,),
        ).fetchone()
        if replaced:
            described.inherit(db, document_id, replaced[0])
            overlays.inherit(db, document_id, replaced[0])
            generated.inherit(db, document_id, replaced[0])
            self._forget(db, *replaced)
        return str(replaced[1]) if replaced else ""

    # what answers are made from

    def chunks_of(
        self, document: Document, *, ordinals: Sequence[int] | None = None, pages: Sequence[int] | None = None
    ) -> list[Chunk]:
        """The chunks of a document as its user has them: corrected, with their notes, without those left out.

        With the questions that a model wrote for them.
        """
        chunks, made = self.chunks(document.sha256, ordinals=ordinals, pages=pages), self.overlays.of(document.id)
        edited = {one.page for one in made} & {chunk.page for chunk in chunks}
        beside = self.chunks(document.sha256, pages=sorted(edited)) if edited else []
        had = overlays.applied(chunks, overlays.placed((one for one in made if one.page in edited), beside))
        return generated.asked(had, self.questions, document.id)

    # the whole of it

    @property
    def database(self) -> Database:
        """For what looks at all of it at once: backup, restore, fsck."""
        return self._database

    def forget_unnamed(self, sha256: str) -> None:
        """Deletes an original unless a document names it."""
        self._forget_original(sha256)
