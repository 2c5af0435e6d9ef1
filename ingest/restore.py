"""A backup into a library that others may be using: until one moment it is the old one, from then on the new.

It does not know how a backup is made; `ingest.backup` does. That moment is one transaction of the live database, so
that a server answers from the restored documents at its next question.
"""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.archive import DATABASE, Archive, Progress, is_sha256, original_name
from ingest.backup import COPIED_PAGES
from ingest.errors import BadInput, LibraryError, StorageFull
from ingest.findings import is_damage
from ingest.intake import file_hash
from ingest.originals import PART, Originals, sync_folder
from ingest.records import State
from ingest.schema import MIGRATIONS, migrate
from ingest.soundness import integrity_faults, rows_without_parent, schema_version, shape_faults
from ingest.store import Library


@dataclass(frozen=True, slots=True)
class Restored:
    """How many documents the library now holds, and how many of them are in progress."""

    documents: int
    in_progress: int


def restore(folder: Path, archive: Archive, progress: Progress) -> Restored:
    """Makes the library in `folder` what the archive holds; the ingest lock is held by the caller.

    Raises BadInput for an archive that is refused, StorageFull, LibraryError; the library is as it was then.
    """
    staging = folder / f"restore.{uuid.uuid4().hex}{PART}"
    with _storage_errors(folder):
        for left in folder.glob(f"restore.*{PART}"):
            shutil.rmtree(left, ignore_errors=True)
        staging.mkdir()
        try:
            staged = staging / DATABASE
            archive.extract(DATABASE, staged)
            hashes = _prepare(staged, archive)
            originals = _Returned(archive, Originals(folder / "originals"))
            for done, sha256 in enumerate(hashes, 1):
                originals.put(sha256, trusted=False)
                progress("originals", done, len(hashes))
            library = _switch(folder, staged, progress)
            for sha256 in hashes:  # a removal in the old library, a moment ago, may have taken one along
                originals.put(sha256, trusted=True)
            for sha256 in library.originals.hashes():
                if is_sha256(sha256):
                    library.forget_unnamed(sha256)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    library.scrub()
    documents = library.documents()
    return Restored(len(documents), sum(document.state.in_progress for document in documents))


@contextmanager
def _storage_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFull(f"cannot write the library {folder}: {error.strerror or error}") from error


def _prepare(staged: Path, archive: Archive) -> list[str]:
    """Proves a staged database, brings it to this version and into a new epoch; returns its contents' hashes."""
    database = sqlite3.connect(staged, isolation_level=None)
    try:
        database.executescript("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")
        faults = integrity_faults(database)
        if not faults and schema_version(database) > len(MIGRATIONS):
            raise LibraryError(f"{archive.path} was made by a newer Recto", hint="update Recto")
        faults = faults or _faults(database)
        if faults:
            raise BadInput(f"{archive.path} is refused: its database is damaged: {faults[0]}")
        hashes = [sha256 for (sha256,) in database.execute("SELECT DISTINCT sha256 FROM documents")]
        if not all(is_sha256(sha256) for sha256 in hashes):
            raise BadInput(f"{archive.path} is refused: a document in it has no hash")
        if {*hashes} != archive.manifest.originals | {*archive.manifest.missing}:
            raise BadInput(f"{archive.path} is refused: its originals are not those of its documents")
        database.execute("PRAGMA foreign_keys = ON")
        migrate(database)
        database.execute("INSERT OR REPLACE INTO library VALUES ('epoch', lower(hex(randomblob(8))))")
        database.execute("PRAGMA journal_mode = DELETE")
        return sorted(hashes)
    except sqlite3.OperationalError as error:
        raise StorageFull(f"cannot write {staged.parent}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise BadInput(f"{archive.path} is refused: its database is damaged: {error}") from error
    finally:
        database.close()


def _faults(database: sqlite3.Connection) -> list[str]:
    if not schema_version(database):
        return ["it is no library"]
    faults = shape_faults(database) or [f"{table} rows without a content" for table in rows_without_parent(database)]
    if not faults:
        states = {state for (state,) in database.execute("SELECT DISTINCT state FROM documents")}
        faults = [f"no state {state!r} is known" for state in states - {*State}]
    return faults


class _Returned:
    """Originals on their way from an archive into a library's folder."""

    def __init__(self, archive: Archive, originals: Originals) -> None:
        self._archive = archive
        self._originals = originals

    def put(self, sha256: str, *, trusted: bool) -> None:
        """Writes an original unless a whole one is there; `trusted`: what is there was looked at before."""
        name, target = original_name(sha256), self._originals.path(sha256)
        if name not in self._archive.manifest.files:
            return
        if target.exists() and (trusted or _is_whole(target, sha256)):
            return
        part = target.with_suffix(f".{uuid.uuid4().hex}{PART}")
        try:
            self._archive.extract(name, part)
            part.replace(target)
            sync_folder(target.parent)
        finally:
            part.unlink(missing_ok=True)


def _is_whole(original: Path, sha256: str) -> bool:
    try:
        return file_hash(original) == sha256
    except BadInput:  # it cannot be read
        return False


def _switch(folder: Path, staged: Path, progress: Progress) -> Library:
    """Puts the staged database in the live one's place, in one transaction."""
    try:
        library = Library(folder)
        _overwrite(library, staged, progress)
        return library
    except LibraryError as error:
        if not is_damage(error):
            raise
    # What is there is no database any more. Its log goes first: it must never be replayed over the new file.
    for ending in ("-wal", "-shm"):
        (folder / f"{DATABASE}{ending}").unlink(missing_ok=True)
    sync_folder(folder)
    staged.replace(folder / DATABASE)
    sync_folder(folder)
    return Library(folder)


def _overwrite(library: Library, staged: Path, progress: Progress) -> None:
    source = sqlite3.connect(staged, isolation_level=None)
    try:
        with library.database.reading() as live:
            (page_bytes,) = live.execute("PRAGMA page_size").fetchone()
            if source.execute("PRAGMA page_size").fetchone() != (page_bytes,):
                source.executescript(f"PRAGMA page_size = {page_bytes}; VACUUM;")

            def on_pages(status: int, left: int, total: int) -> None:
                progress("database", (total - left) * page_bytes, total * page_bytes)

            source.backup(live, pages=COPIED_PAGES, progress=on_pages)
    finally:
        source.close()
