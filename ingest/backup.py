"""A library into one file, while others use it.

It does not know how it comes back; `ingest.restore` does.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import BaseFileLock, FileLock

from ingest.archive import DATABASE, Archive, ArchiveWriter, Manifest, Progress, is_sha256, original_name
from ingest.errors import LibraryError, StorageFull
from ingest.originals import PART, sync_folder
from ingest.soundness import integrity_faults, rows_without_parent, schema_version
from ingest.store import Library

COPIED_PAGES = 2000
"""Pages of the database that are copied before others, and Ctrl+C, get their turn: 8 MB."""

_TRIES = 5
_FSCK = "recto fsck says what is wrong"


class _Vanished(Exception):
    """An original went with its document while it was to be copied."""


@dataclass(slots=True)
class _Pinned:
    """The originals of a snapshot, held so that a removal does not take them away.

    `paths` maps a hash to a file of its bytes; `missing` are those that the library has not, though documents name
    them.
    """

    paths: dict[str, Path]
    missing: set[str]


def backup_lock(library: Library) -> BaseFileLock:
    """The lock that one process at a time holds while it backs a library up."""
    return FileLock(library.folder / "backup.lock")


def back_up(library: Library, file: Path, recto: str, progress: Progress) -> Manifest:
    """Writes the library into `file`, and reads it back, before it takes that name; the lock is held by the caller.

    `recto` is the version that does it. Raises StorageFull, LibraryError; nothing is left behind then.
    """
    for _ in range(_TRIES):
        try:
            return _attempt(library, file, recto, progress)
        except _Vanished:
            continue
    raise LibraryError("documents were removed all the while, so that no backup was whole", hint="try again")


def _attempt(library: Library, file: Path, recto: str, progress: Progress) -> Manifest:
    mark = uuid.uuid4().hex
    pins = library.folder / f"backup.{mark}{PART}"
    part, snapshot = (file.with_name(f"{file.name}.{mark}{ending}{PART}") for ending in ("", ".sqlite3"))
    try:
        with _storage_errors(f"cannot write the library {library.folder}"):
            _clear_leftovers(library.folder, file)
            pins.mkdir()
        with _storage_errors(f"cannot write {file}"):
            pinned = _take_snapshot(library, snapshot, pins, progress)
            manifest = _write(part, snapshot, pinned, _described(snapshot, recto), progress)
            with Archive(part) as archive:
                archive.check(progress)
            os.replace(part, file)
            sync_folder(file.parent)
            return manifest
    finally:
        shutil.rmtree(pins, ignore_errors=True)
        for left in (part, snapshot, snapshot.with_name(f"{snapshot.name}-journal")):
            left.unlink(missing_ok=True)


@contextmanager
def _storage_errors(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFull(f"{what}: {error.strerror or error}") from error


def _clear_leftovers(library: Path, file: Path) -> None:
    """Deletes what a backup that was killed left here."""
    for folder in library.glob(f"backup.*{PART}"):
        shutil.rmtree(folder, ignore_errors=True)
    left = re.compile(rf"{re.escape(file.name)}\.[0-9a-f]{{32}}(\.sqlite3)?{re.escape(PART)}(-journal)?")
    for path in file.parent.iterdir():
        if left.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _take_snapshot(library: Library, target: Path, pins: Path, progress: Progress) -> _Pinned:
    """Copies the database as it is at one moment, and holds the originals that its documents name then."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with library.database.reading() as live:
        live.execute("BEGIN")  # from its first read on, this connection sees one moment
        try:
            hashes = [sha256 for (sha256,) in live.execute("SELECT DISTINCT sha256 FROM documents ORDER BY rowid")]
            pinned = _pin(library, hashes, pins)
            (page_bytes,) = live.execute("PRAGMA page_size").fetchone()
            _copy(
                live, target, lambda left, total: progress("database", (total - left) * page_bytes, total * page_bytes)
            )
        finally:
            live.execute("COMMIT")
    return pinned


def _pin(library: Library, hashes: list[str], pins: Path) -> _Pinned:
    """Raises _Vanished where a document was removed between the snapshot and this."""
    pinned = _Pinned({}, set())
    for sha256 in hashes:
        if not is_sha256(sha256):
            raise LibraryError(f"the library {library.folder} is damaged: {sha256!r} is no hash", hint=_FSCK)
        original, pin = library.originals.path(sha256), pins / sha256
        try:
            os.link(original, pin)
            pinned.paths[sha256] = pin
        except FileNotFoundError:
            pinned.missing.add(sha256)
        except OSError:  # no hard links here: it is opened when its turn comes
            pinned.paths[sha256] = original
    if pinned.missing:
        _still_named(library, pinned.missing)
    return pinned


def _still_named(library: Library, hashes: set[str]) -> None:
    """Raises _Vanished unless documents still name all of these contents; looks past an open snapshot."""
    now = sqlite3.connect(library.folder / DATABASE)
    try:
        named = {sha256 for (sha256,) in now.execute("SELECT sha256 FROM documents")}
    finally:
        now.close()
    if hashes - named:
        raise _Vanished


def _copy(live: sqlite3.Connection, target: Path, on_pages: Callable[[int, int], None]) -> None:
    """`on_pages` is told how many pages are left, and of how many."""
    copy = sqlite3.connect(target, isolation_level=None)
    try:
        copy.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        live.backup(copy, pages=COPIED_PAGES, progress=lambda status, left, total: on_pages(left, total))
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
    except sqlite3.OperationalError as error:
        raise StorageFull(f"cannot write {target.parent}: {error}") from error
    finally:
        copy.close()


def _described(snapshot: Path, recto: str) -> Manifest:
    """What the snapshot says of itself, as a manifest without files; raises LibraryError where it is not sound."""
    database = sqlite3.connect(snapshot, isolation_level=None)
    try:
        faults = integrity_faults(database) or [f"{table} rows" for table in rows_without_parent(database)]
        if faults:
            raise LibraryError(f"the library is damaged and was not backed up: {faults[0]}", hint=_FSCK)
        (documents,) = database.execute("SELECT COUNT(*) FROM documents").fetchone()
        epoch = database.execute("SELECT value FROM library WHERE name = 'epoch'").fetchone()
        return Manifest(
            recto=recto,
            schema=schema_version(database),
            epoch=epoch[0] if epoch else "",
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            documents=documents,
            missing=(),
            damaged=(),
            files={},
        )
    finally:
        database.close()


def _write(part: Path, snapshot: Path, pinned: _Pinned, described: Manifest, progress: Progress) -> Manifest:
    """The archive of a snapshot that was found sound; reading it back by its hashes proves that one, too."""
    missing, damaged = set(pinned.missing), []
    sizes = {sha256: path.stat().st_size for sha256, path in pinned.paths.items() if path.exists()}
    done, total = 0, sum(sizes.values()) + snapshot.stat().st_size

    def on_bytes(count: int) -> None:
        nonlocal done
        done += count
        progress("writing", done, total)

    writer = ArchiveWriter(part)
    try:
        with snapshot.open("rb") as file:
            writer.add(DATABASE, file, on_bytes)
        for sha256, path in pinned.paths.items():
            try:
                original = path.open("rb")
            except FileNotFoundError as error:  # it was not held: see _pin
                raise _Vanished from error
            except OSError:
                missing.add(sha256)
                continue
            with original:
                if writer.add(original_name(sha256), original, on_bytes).sha256 != sha256:
                    damaged.append(sha256)
        manifest = replace(described, missing=tuple(sorted(missing)), damaged=tuple(damaged), files=writer.files)
        writer.finish(manifest)
        return manifest
    except BaseException:
        writer.abandon()
        raise
