"""The library on disk: one SQLite database that is the truth, and the originals beside it by hash.

It does not know how documents are parsed, nor which indexes follow its change log.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest import asked_pages, codec, conversations, described, generated, overlays
from ingest.asked_pages import AskedPages
from ingest.conversations import Conversations
from ingest.database import Database
from ingest.described import Described
from ingest.document_list import DocumentList
from ingest.errors import Ambiguous, LibraryError, NotFound
from ingest.generated import GeneratedQuestions
from ingest.ocr_need import ASKED
from ingest.originals import Originals
from ingest.overlays import Overlays
from ingest.records import BBox, Chunk, Content, Document, Page, State
from ingest.rows import (
    DOCUMENT_COLUMNS,
    DOCUMENT_TABLES,
    PageSummary,
    chunk_of,
    chunk_row,
    document_of,
    page_of,
    page_row,
    summary_of,
)

_IN_PROGRESS = ", ".join(f"'{state}'" for state in State if state.in_progress)
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


@dataclass(frozen=True, slots=True)
class EmbedderRecord:
    """The embedder whose vectors are in force. `model_folder` is empty for the bundled model."""

    identity: str
    model_folder: str
    precision: str


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

    # documents

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

    # contents

    def keys(self, sha256: str) -> Keys | None:
        """What made the content's pages and chunks; None where it has not been parsed."""
        with self._database.reading() as db:
            row = db.execute("SELECT parse_key, chunk_key FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
        return Keys(*row) if row else None

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
        write = _writer(content, chunks)
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
        sha256, write = content.sha256, _writer(content, chunks)
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
            _note_figures(db, sha256, 0)

    def note_figures(self, sha256: str, left: int) -> None:
        """On how many pages of a content, which is indexed, pictures are still to be looked at."""
        with self._database.writing() as db:
            _note_figures(db, sha256, left)

    def forget_regions(self, sha256: str) -> None:
        """None of the pictures within a content's pages is looked at any more."""
        with self._database.writing() as db:
            db.execute("UPDATE contents SET regions = '{}' WHERE sha256 = ?", (sha256,))
            _note_figures(db, sha256, 0)

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

    def commit_vectors(self, sha256: str, embedder: str, vectors: NDArray[np.float16]) -> None:
        """The second commit: one vector a chunk, float16, shape (chunks, dimension), in the chunks' order."""
        with self._database.writing() as db:
            self._write_vectors(db, sha256, embedder, vectors)

    def _write_vectors(self, db: sqlite3.Connection, sha256: str, embedder: str, vectors: NDArray[np.float16]) -> None:
        db.execute(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?, ?)",
            (sha256, embedder, vectors.shape[0], vectors.shape[1], vectors.astype("<f2").tobytes()),
        )
        in_force = self.embedder()
        if in_force is None or in_force.identity == embedder:  # otherwise a migration is under way
            db.execute(
                "INSERT INTO changes (document, action) SELECT id, 'embedded' FROM documents WHERE sha256 = ?",
                (sha256,),
            )

    # the embedder in force

    def embedder(self) -> EmbedderRecord | None:
        """The embedder whose vectors are searched; None as long as nothing was embedded."""
        with self._database.reading() as db:
            row = db.execute("SELECT value FROM library WHERE name = 'embedder'").fetchone()
        return EmbedderRecord(**json.loads(row[0])) if row else None

    def adopt_embedder(self, record: EmbedderRecord) -> EmbedderRecord:
        """Puts an embedder in force where none is; returns the one in force."""
        with self._database.writing() as db:
            db.execute("INSERT OR IGNORE INTO library VALUES ('embedder', ?)", (json.dumps(asdict(record)),))
        in_force = self.embedder()
        assert in_force is not None
        return in_force

    def without_vectors(self, embedder: str) -> list[str]:
        """The contents that have chunks but no vectors of the embedder, in the order in which they came."""
        query = """SELECT sha256 FROM contents c WHERE chunks > 0 AND NOT EXISTS
            (SELECT 1 FROM vectors v WHERE v.sha256 = c.sha256 AND v.embedder = ?) ORDER BY rowid"""
        with self._database.reading() as db:
            return [sha256 for (sha256,) in db.execute(query, (embedder,))]

    def switch_embedder(self, record: EmbedderRecord) -> bool:
        """Puts another embedder in force and deletes the vectors of all others; False where contents still lack its."""
        with self._database.writing() as db:
            if self.without_vectors(record.identity):  # the same connection: it sees this transaction
                return False
            db.execute("INSERT OR REPLACE INTO library VALUES ('embedder', ?)", (json.dumps(asdict(record)),))
            db.execute("DELETE FROM vectors WHERE embedder <> ?", (record.identity,))
            db.execute("INSERT INTO changes (document, action) VALUES ('', 'migrated')")
        return True

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

    def stub(self, sha256: str) -> Content | None:
        """A content without its pages; None where it has not been parsed."""
        with self._database.reading() as db:
            query = (
                "SELECT title, skipped, pending, characters, characters_seen, regions FROM contents WHERE sha256 = ?"
            )
            row = db.execute(query, (sha256,)).fetchone()
        if row is None:
            return None
        title, *reasons, characters, seen, waiting = row
        skipped, pending = ({int(number): why for number, why in json.loads(text).items()} for text in reasons)
        pending |= dict.fromkeys(self.asked_pages.waiting(sha256), ASKED)
        regions = {int(number): tuple(BBox(*box) for box in boxes) for number, boxes in json.loads(waiting).items()}
        return Content(sha256, (), title, skipped, pending, characters, seen, regions)

    def content(self, sha256: str) -> Content:
        """A content as it was parsed; without pages where it has not been."""
        return replace(self.stub(sha256) or Content(sha256, ()), pages=tuple(self.pages(sha256)))

    def recognised(self, sha256: str, page: int, key: str) -> bytes | None:
        """What was recognised on a page in the way that `key` names; None where it was not."""
        with self._database.reading() as db:
            query = "SELECT lines FROM recognised WHERE sha256 = ? AND page = ? AND key = ?"
            row = db.execute(query, (sha256, page, key)).fetchone()
        return bytes(row[0]) if row else None

    def keep_recognised(self, sha256: str, page: int, key: str, lines: bytes) -> None:
        """Keeps what was recognised on a page, as long as a document has the content."""
        with self._database.writing() as db:
            db.execute(
                """INSERT OR REPLACE INTO recognised SELECT ?1, ?2, ?3, ?4
                   WHERE EXISTS (SELECT 1 FROM documents WHERE sha256 = ?1)""",
                (sha256, page, key, lines),
            )

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

    def summaries(self, sha256: str) -> list[PageSummary]:
        """Label and grade of every page of a content, in order."""
        with self._database.reading() as db:
            query = "SELECT number, label, grade FROM pages WHERE sha256 = ? ORDER BY number"
            return [summary_of(row) for row in db.execute(query, (sha256,))]

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

    def chunk_pages(self, sha256: str) -> list[int]:
        """The page of each chunk of a content, in order."""
        with self._database.reading() as db:
            return [
                page for (page,) in db.execute("SELECT page FROM chunks WHERE sha256 = ? ORDER BY ordinal", (sha256,))
            ]

    # the change log

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

    # the whole of it

    @property
    def database(self) -> Database:
        """For what looks at all of it at once: backup, restore, fsck."""
        return self._database

    def forget_unnamed(self, sha256: str) -> None:
        """Deletes an original unless a document names it."""
        self._forget_original(sha256)


def _writer(content: Content, chunks: Sequence[Chunk]) -> Callable[[sqlite3.Connection, Keys, str], None]:
    """Writes a content and all that was made of it, anew. The rows are made now, outside of any transaction."""
    sha256 = content.sha256
    pages = [page_row(sha256, page) for page in content.pages]
    rows = [chunk_row(chunk) for chunk in chunks]
    noted = [json.dumps(what) for what in (content.skipped, content.pending, content.regions)]
    counted = (content.characters, content.characters_seen)

    def write(db: sqlite3.Connection, keys: Keys, password: str) -> None:
        made = (sha256, content.title, password, keys.parse, keys.chunk, len(pages), len(rows))
        db.execute("DELETE FROM contents WHERE sha256 = ?", (sha256,))
        db.execute(
            """INSERT INTO contents (sha256, title, password, parse_key, chunk_key, pages, chunks, skipped, pending,
               regions, characters, characters_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (*made, *noted, *counted),
        )
        db.executemany("INSERT INTO pages VALUES (?, ?, ?, ?, ?)", pages)
        db.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    return write


def _note_figures(db: sqlite3.Connection, sha256: str, left: int) -> None:
    query = "UPDATE documents SET pages_done = pages - ? WHERE sha256 = ? AND state = 'indexed'"
    db.execute(query, (left, sha256))
