"""Whether a library is whole, and what mends it: the database, every row of it, the originals, what was left behind.

It does not know the indexes over a library; whoever wires them adds their checks to these. A check changes nothing; a
finding carries what would mend it. Others may use the library meanwhile: each content is read in one moment, and what
may be on its way in is left alone.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import Timeout

from ingest.archive import DATABASE, is_sha256
from ingest.backup import backup_lock
from ingest.content_faults import content_faults, vectors_fault
from ingest.errors import BadInput
from ingest.findings import RESTORE, Check, Finding
from ingest.intake import file_hash
from ingest.mending import DONE, Mending, delete
from ingest.originals import PART
from ingest.records import State
from ingest.schema import MIGRATIONS
from ingest.soundness import integrity_faults, rows_without_parent, schema_version, shape_faults
from ingest.store import Library

_WITH_CONTENT = (*DONE, State.WORDS_READY, State.EMBEDDING)
_FRESH_S = 60  # a file written this short a time ago may be on its way into the library
_MOST_FAULTS = 3  # of a content, told one by one
_REINDEX = ("missing from index", "entries in index", "non-unique entry in index")

Progress = Callable[[str, int, int], None]
"""What is looked at, how many are done, of how many."""


def counts(library: Library) -> tuple[int, int]:
    """How many documents and chunks there are."""
    with library.database.reading() as db:
        row = db.execute("SELECT (SELECT COUNT(*) FROM documents), (SELECT COUNT(*) FROM chunks)").fetchone()
    return int(row[0]), int(row[1])


def library_checks(library: Library, *, ingesting: bool, progress: Progress) -> list[Check]:
    """The checks of a library without its indexes. `ingesting`: another process holds the ingest lock."""
    looked = _Looked(library, ingesting, progress)
    return [
        looked.database,
        looked.state,
        looked.rows,
        looked.contents,
        looked.vectors,
        looked.originals,
        looked.left,
        looked.in_progress,
    ]


@dataclass(frozen=True, slots=True)
class _Row:
    """A document, as its row has it."""

    document_id: str
    name: str
    sha256: str
    state: str
    askable: bool
    path: str
    has_content: bool

    @property
    def label(self) -> str:
        return f"{self.name} ({self.document_id})"


class _Looked:
    """One library, looked at part by part."""

    def __init__(self, library: Library, ingesting: bool, progress: Progress) -> None:
        self._library = library
        self._ingesting = ingesting
        self._progress = progress
        self._mending = Mending(library)

    @contextmanager
    def _moment(self) -> Iterator[sqlite3.Connection]:
        """The library as it is at one moment."""
        with self._library.database.reading() as db:
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.execute("COMMIT")

    def _documents(self, sha256: str | None = None) -> list[_Row]:
        query = """SELECT d.id, d.name, d.sha256, d.state, d.askable, d.path, c.sha256 IS NOT NULL
            FROM documents d LEFT JOIN contents c USING (sha256) WHERE ?1 IS NULL OR d.sha256 = ?1 ORDER BY d.rowid"""
        with self._library.database.reading() as db:
            return [
                _Row(str(document_id), str(name), str(content), str(state), bool(askable), str(path), bool(has_content))
                for document_id, name, content, state, askable, path, has_content in db.execute(query, (sha256,))
            ]

    def _label(self, sha256: str) -> str:
        """The documents of a content, by name."""
        return ", ".join(row.label for row in self._documents(sha256)) or f"content {sha256[:12]}"

    # the file

    def database(self) -> Iterator[Finding]:
        """Every page of the file, its version, its tables."""
        with self._library.database.reading() as db:
            version = schema_version(db)
            faults = integrity_faults(db)
            shape = [] if faults else shape_faults(db)
        mendable = bool(faults) and all(any(words in fault for words in _REINDEX) for fault in faults)
        for fault in faults:
            repair = "recto fsck --repair builds SQLite's indexes anew" if mendable else RESTORE
            yield Finding(fault, DATABASE, repair, self._mending.reindex if mendable else None, stops=True)
        for fault in shape:
            yield Finding(fault, DATABASE, RESTORE, stops=True)
        if version != len(MIGRATIONS):
            yield Finding(f"its version is {version}, not {len(MIGRATIONS)}", DATABASE, RESTORE, stops=True)

    # what is noted once for the library, and for each document

    def state(self) -> Iterator[Finding]:
        """What must be legible before anything else can be read: what is noted for the library, and states."""
        yield from self._settings()
        for row in self._documents():
            if row.state not in {*State}:
                yield Finding(
                    f"no state {row.state!r} is known",
                    row.label,
                    "recto fsck --repair lets it be taken up again",
                    partial(self._mending.set_waiting, row.document_id),
                    stops=True,
                )

    def _settings(self) -> Iterator[Finding]:
        with self._library.database.reading() as db:
            noted = dict(db.execute("SELECT name, value FROM library"))
        if not noted.get("epoch"):
            repair = "recto fsck --repair gives it a new one"
            yield Finding("the library has no epoch", DATABASE, repair, self._mending.new_epoch, stops=True)
        try:
            self._library.embedder()
        except (ValueError, TypeError):
            repair = "recto fsck --repair forgets it; the next ingest notes it again"
            what = "the embedder in force is not legible"
            yield Finding(what, DATABASE, repair, self._mending.forget_embedder, stops=True)

    def rows(self) -> Iterator[Finding]:
        """Rows that nothing else belongs to, and documents that say what is not so."""
        yield from self._orphans()
        for row in self._documents():
            if not is_sha256(row.sha256):
                yield Finding("its content has no hash", row.label, f"recto docs remove {row.document_id}")
            elif not row.has_content and (row.askable or row.state in _WITH_CONTENT):
                yield self._read_anew("it is said to be read, but nothing of it is here", row.sha256)
            elif not row.askable and row.state in _WITH_CONTENT:
                yield Finding(
                    "its words are here, but it cannot be asked",
                    row.label,
                    "recto fsck --repair lets it be asked",
                    partial(self._mending.let_ask, row.document_id),
                )

    def _orphans(self) -> Iterator[Finding]:
        with self._moment() as db:
            parentless = rows_without_parent(db)
            counted = {
                table: db.execute(
                    f"SELECT COUNT(*) FROM {table} WHERE sha256 NOT IN (SELECT sha256 FROM documents)"
                ).fetchone()[0]
                for table in ("contents", "recognised", "asked_pages")
            }
            strays = {
                table: db.execute(
                    f"SELECT COUNT(*) FROM {table} WHERE document NOT IN (SELECT id FROM documents)"
                ).fetchone()[0]
                for table in ("overlays", "questions")
            }
        for table, count in parentless.items():
            yield Finding(
                f"rows without a content: {count}",
                f"{DATABASE}, {table}",
                "recto fsck --repair deletes them",
                partial(self._mending.delete_orphans, table, "contents"),
            )
        for table, count in counted.items():
            if count:
                yield Finding(
                    f"rows without a document: {count}",
                    f"{DATABASE}, {table}",
                    "recto fsck --repair deletes them",
                    partial(self._mending.delete_orphans, table, "documents"),
                )
        for table, count in strays.items():
            if count:
                what, where = f"rows without a document: {count}", f"{DATABASE}, {table}"
                delete = partial(self._mending.delete_strays, table)
                yield Finding(what, where, "recto fsck --repair deletes them", delete)

    # pages and chunks

    def contents(self) -> Iterator[Finding]:
        """Every page decodes, all are there, and every chunk says what its page says."""
        with self._library.database.reading() as db:
            hashes = [sha256 for (sha256,) in db.execute("SELECT sha256 FROM contents ORDER BY rowid")]
        for done, sha256 in enumerate(hashes, 1):
            with self._moment() as db:
                faults = content_faults(db, sha256)
            if faults:
                more = [f"{len(faults) - _MOST_FAULTS} more faults"] if len(faults) > _MOST_FAULTS else []
                yield self._read_anew("; ".join([*faults[:_MOST_FAULTS], *more]), sha256)
            self._progress("pages and chunks", done, len(hashes))

    def _read_anew(self, what: str, sha256: str) -> Finding:
        """The finding for a content that must be read again from its original."""
        where = self._label(sha256)
        source = None
        if not self._original_is_whole(sha256):
            source = self._source(sha256)
            if source is None:
                return Finding(what, where, f"its original is not whole either: {RESTORE}")
        mend = partial(self._mending.let_read_anew, sha256, source)
        return Finding(what, where, "recto fsck --repair lets the next ingest read it anew", mend)

    # vectors

    def vectors(self) -> Iterator[Finding]:
        """One a chunk, of unit length or zero, and of the embedder in force."""
        record = self._library.embedder()
        in_force = record.identity if record else ""
        with self._library.database.reading() as db:
            rows = db.execute("SELECT sha256, embedder FROM vectors ORDER BY rowid").fetchall()
            sizes: dict[str, int] = {}  # embedder -> the dimension of most
            query = "SELECT embedder, dimension FROM vectors GROUP BY embedder, dimension ORDER BY COUNT(*), dimension"
            sizes.update(db.execute(query).fetchall())
        yield from self._other_embedders(in_force, [embedder for embedder in sizes if embedder != in_force])
        for done, (sha256, embedder) in enumerate(rows, 1):
            with self._moment() as db:
                what = vectors_fault(db, sha256, embedder, sizes[embedder])
            if what:
                yield Finding(
                    what,
                    f"vectors of {self._label(sha256)}",
                    "recto fsck --repair drops them; the next ingest makes them again",
                    partial(self._mending.drop_vectors, sha256, embedder),
                )
            self._progress("vectors", done, len(rows))
        yield from self._without_vectors(in_force)

    def _other_embedders(self, in_force: str, others: list[str]) -> Iterator[Finding]:
        if not in_force or not others or self._ingesting:
            return
        if len(others) == 1:
            repair = "the next ingest goes on with it"
            yield Finding(f"a change to the embedder {others[0]} was begun", "vectors", repair, note=True)
            return
        yield Finding(
            f"there are vectors of {len(others)} embedders that are not in force",
            "vectors",
            "recto fsck --repair drops them",
            partial(self._mending.drop_all_but, in_force),
        )

    def _without_vectors(self, in_force: str) -> Iterator[Finding]:
        if self._ingesting:  # a content that is read anew has none for a while
            return
        query = """SELECT c.sha256 FROM contents c WHERE c.chunks > 0
            AND EXISTS (SELECT 1 FROM documents d WHERE d.sha256 = c.sha256 AND d.state IN (?2, ?3))
            AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.sha256 = c.sha256 AND (?1 = '' OR v.embedder = ?1))"""
        with self._library.database.reading() as db:
            found = [sha256 for (sha256,) in db.execute(query, (in_force, *DONE))]
        for sha256 in found:
            yield Finding(
                "it is said to be done, but has no vectors",
                self._label(sha256),
                "recto fsck --repair lets the next ingest make them",
                partial(self._mending.drop_vectors, sha256, in_force),
            )

    def in_progress(self) -> Iterator[Finding]:
        """Documents that nobody is at work on."""
        waiting = [row for row in self._documents() if State(row.state).in_progress]
        if waiting and not self._ingesting:
            names = ", ".join(row.label for row in waiting[:_MOST_FAULTS])
            more = f" and {len(waiting) - _MOST_FAULTS} more" if len(waiting) > _MOST_FAULTS else ""
            yield Finding(
                "in progress, but no ingest is at work",
                f"{names}{more}",
                "recto serve goes on with them when it starts, and so does recto ingest with their files",
                note=True,
            )

    # files

    def originals(self) -> Iterator[Finding]:
        """Each document's is there with the bytes that its name states, and none is without a document."""
        documents = self._documents()
        named = list(dict.fromkeys(row.sha256 for row in documents if is_sha256(row.sha256)))
        for done, sha256 in enumerate(named, 1):
            if not self._original_is_whole(sha256) and self._documents(sha256):  # not one removed this moment
                yield self._lost(sha256)
            self._progress("originals", done, len(named))
        there = {sha256 for sha256 in self._library.originals.hashes() if is_sha256(sha256)}
        orphans = sorted(
            sha256 for sha256 in there - {*named} if self._is_settled(self._library.originals.path(sha256))
        )
        if there and not documents:
            if not self._ingesting and not self._documents():
                yield Finding(
                    f"the database holds no document at all, but originals are here: {len(there)}",
                    str(self._library.originals.folder),
                    f"{RESTORE}; without one, copy them elsewhere and ingest them",
                )
            return
        for sha256 in orphans:
            if not self._documents(sha256):
                yield Finding(
                    "an original that no document has",
                    str(self._library.originals.path(sha256)),
                    "recto fsck --repair deletes it",
                    partial(self._library.forget_unnamed, sha256),
                )

    def _lost(self, sha256: str) -> Finding:
        where = self._label(sha256)
        what = "its original is damaged" if self._library.originals.path(sha256).exists() else "its original is missing"
        source = self._source(sha256)
        if source is None:
            (first, *_) = [row.document_id for row in self._documents(sha256)] or [""]
            return Finding(what, where, f"{RESTORE}; without one, recto docs remove {first}")
        repair = f"recto fsck --repair copies it again from {source}"
        return Finding(what, where, repair, partial(self._mending.bring_back, sha256, source))

    def _original_is_whole(self, sha256: str) -> bool:
        return _has_hash(self._library.originals.path(sha256), sha256)

    def _source(self, sha256: str) -> Path | None:
        """The file that a content came from, where it is still there with the same bytes."""
        paths = [Path(row.path) for row in self._documents(sha256) if row.path]
        return next((path for path in paths if path.is_file() and _has_hash(path, sha256)), None)

    def left(self) -> Iterator[Finding]:
        """Files that were never finished, by a process that is gone."""
        folder = self._library.folder
        paths = [
            path for path in (*self._library.originals.parts(), *folder.glob("uploads/*")) if self._is_settled(path)
        ]
        if not self._ingesting:
            paths += folder.glob(f"restore.*{PART}")
        lock = backup_lock(self._library)
        try:
            with lock.acquire(timeout=0):
                paths += folder.glob(f"backup.*{PART}")
        except Timeout:
            pass
        for path in sorted(paths):
            yield Finding(
                "left by a process that was killed",
                str(path),
                "recto fsck --repair deletes it",
                partial(delete, path),
            )

    def _is_settled(self, path: Path) -> bool:
        """Whether a file cannot be one that is on its way into the library."""
        try:
            return not self._ingesting and time.time() - path.stat().st_mtime > _FRESH_S
        except OSError:  # it is gone
            return False


def _has_hash(path: Path, sha256: str) -> bool:
    try:
        return file_hash(path) == sha256
    except BadInput:
        return False
