"""The file that a backup is: an uncompressed ZIP with a manifest, the database and the originals.

It does not know how they come from a library or go back into one. Reading trusts nothing but the manifest's own
limits: only the names that it states and the scheme allows are read, and each only as bytes of the size and hash that
it states; no name from a file ever becomes a path.

    manifest.json               what the backup holds, with sizes and hashes
    library.sqlite3             the database, as it was at one moment
    originals/<SHA-256>.pdf     the original of each content
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, BinaryIO

from ingest.errors import BadInput

DATABASE = "library.sqlite3"
ORIGINALS = "originals"

_MANIFEST = "manifest.json"
_FORMAT = "recto-backup"
_FORMAT_VERSION = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ORIGINAL = re.compile(rf"{ORIGINALS}/([0-9a-f]{{64}})\.pdf")
_MOST_MANIFEST_BYTES = 256 * 2**20
_PIECE_BYTES = 2**20
_WHEN = (1980, 1, 1, 0, 0, 0)  # the manifest says when
_UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)

Progress = Callable[[str, int, int], None]
"""What is done, bytes done, bytes in all."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the archive. `size` is in bytes."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`missing` and `damaged` are hashes of contents whose originals the library itself no longer had whole."""

    recto: str
    schema: int
    epoch: str
    created: str
    documents: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    files: dict[str, Entry]

    @property
    def originals(self) -> set[str]:
        """The contents whose originals are in the archive."""
        return {match[1] for name in self.files if (match := _ORIGINAL.fullmatch(name))}

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.files.values())


def is_sha256(value: object) -> bool:
    """Whether a value is a hash as Recto writes it, and so safe as a file's name."""
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def original_name(sha256: str) -> str:
    """The name of a content's original in the archive."""
    return f"{ORIGINALS}/{sha256}.pdf"


class ArchiveWriter:
    """Writes an archive into a new file that only its user may read: the library may hold passwords."""

    def __init__(self, path: Path) -> None:
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED, allowZip64=True)
        self.files: dict[str, Entry] = {}

    def add(self, name: str, source: BinaryIO, on_bytes: Callable[[int], None]) -> Entry:
        """Copies a stream in; `on_bytes` is told of each piece."""
        info = zipfile.ZipInfo(name, _WHEN)
        info.external_attr = (stat.S_IFREG | 0o600) << 16
        digest, size = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as target:
            while piece := source.read(_PIECE_BYTES):
                target.write(piece)
                digest.update(piece)
                size += len(piece)
                on_bytes(len(piece))
        self.files[name] = Entry(size, digest.hexdigest())
        return self.files[name]

    def finish(self, manifest: Manifest) -> None:
        """Adds the manifest; the archive is on the disk when this returns."""
        shape = {"format": _FORMAT, "format_version": _FORMAT_VERSION} | asdict(manifest)
        self._zip.writestr(zipfile.ZipInfo(_MANIFEST, _WHEN), json.dumps(shape, indent=1))
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        if hasattr(os, "posix_fadvise"):  # so that who reads it back asks the disk, not the memory
            os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        self._file.close()

    def abandon(self) -> None:
        """Closes the file as it is."""
        self._zip.fp = None  # no end is written
        with suppress(OSError):  # what is still in memory has no place on a full disk
            self._file.close()


class Archive:
    """An archive, opened to be read. Raises BadInput where it is none, or not as its manifest says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file: IO[bytes] = path.open("rb")
        except OSError as error:
            raise BadInput(f"cannot read {path}: {error.strerror}") from error
        try:
            self._zip = zipfile.ZipFile(self._file)
            self._members = self._checked_members()
            self.manifest = self._read_manifest()
            self._compare()
        except _UNREADABLE as error:
            self._file.close()
            raise BadInput(f"{path} is not a backup, or a damaged one: {error or type(error).__name__}") from error
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *error: object) -> None:
        self._zip.close()
        self._file.close()

    def _refuse(self, why: str) -> BadInput:
        return BadInput(f"{self.path} is refused: {why}")

    def _checked_members(self) -> dict[str, zipfile.ZipInfo]:
        members: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            name = info.filename
            if name in members:
                raise self._refuse(f"it holds {name!r} twice")
            if name not in (_MANIFEST, DATABASE) and not _ORIGINAL.fullmatch(name):
                raise self._refuse(f"a backup holds no file {name[:200]!r}")
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.is_dir() or kind not in (0, stat.S_IFREG):
                raise self._refuse(f"{name!r} is no plain file")
            if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
                raise self._refuse(f"{name!r} is compressed")
            members[name] = info
        total = self._file.seek(0, os.SEEK_END)
        if sum(info.file_size for info in members.values()) > total:
            raise self._refuse("its files are larger than itself")
        return members

    def _read_manifest(self) -> Manifest:
        info = self._members.get(_MANIFEST)
        if info is None:
            raise self._refuse("it has no manifest")
        if info.file_size > _MOST_MANIFEST_BYTES:
            raise self._refuse("its manifest is too large")
        shape = json.loads(self._zip.read(info))
        if not isinstance(shape, dict) or shape.get("format") != _FORMAT:
            raise self._refuse("its manifest is none of a backup")
        if shape.get("format_version") != _FORMAT_VERSION:
            raise BadInput(f"{self.path} was made by another version of Recto", hint="update Recto")
        try:
            return _manifest(shape)
        except (KeyError, TypeError, AttributeError) as error:
            raise self._refuse(f"its manifest is not whole ({error})") from error

    def _compare(self) -> None:
        """The members are those that the manifest states."""
        stated = self.manifest.files
        held = self._members.keys() - {_MANIFEST}
        if stated.keys() != held:
            odd = sorted(stated.keys() ^ held)[0]
            raise self._refuse(f"its manifest and its files differ: {odd[:200]!r}")
        if DATABASE not in stated:
            raise self._refuse("it has no database")
        for name, entry in stated.items():
            match = _ORIGINAL.fullmatch(name)
            if entry.size != self._members[name].file_size:
                raise self._refuse(f"{name!r} has not the size that its manifest states")
            if match and entry.sha256 != match[1] and match[1] not in self.manifest.damaged:
                raise self._refuse(f"the hash of {name!r} is not its name")

    def check(self, progress: Progress) -> None:
        """Reads every byte; raises BadInput where a hash is not the one stated."""
        done = 0
        for name, entry in self.manifest.files.items():
            self._read(name, lambda piece: None)
            done += entry.size
            progress("checking", done, self.manifest.size)

    def extract(self, name: str, target: Path) -> None:
        """Writes a file of the archive into a new one, durably. Raises BadInput, OSError."""
        with target.open("xb") as file:
            self._read(name, file.write)
            file.flush()
            os.fsync(file.fileno())

    def _read(self, name: str, write: Callable[[bytes], object]) -> None:
        digest = hashlib.sha256()
        pieces = self._pieces(name)
        while piece := self._next(name, pieces):
            digest.update(piece)
            write(piece)
        pieces.close()
        if digest.hexdigest() != self.manifest.files[name].sha256:
            raise self._damaged(name)

    def _damaged(self, name: str, error: BaseException | None = None) -> BadInput:
        why = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else "is not what was backed up"
        return BadInput(f"{self.path} is damaged: {name} {why}", hint="use another backup")

    def _pieces(self, name: str) -> IO[bytes]:
        try:
            return self._zip.open(self._members[name])
        except _UNREADABLE as error:
            raise self._damaged(name, error) from error

    def _next(self, name: str, pieces: IO[bytes]) -> bytes:
        try:
            return pieces.read(_PIECE_BYTES)
        except _UNREADABLE as error:
            raise self._damaged(name, error) from error


def _manifest(shape: dict[str, object]) -> Manifest:
    """Raises KeyError, TypeError or AttributeError where a field is missing or of another kind."""

    def text(value: object) -> str:
        if type(value) is not str:
            raise TypeError(f"{value!r} is no text"[:200])
        return value

    def whole(value: object) -> int:
        if type(value) is not int or value < 0:
            raise TypeError(f"{value!r} is no number"[:200])
        return value

    def hashes(value: object) -> tuple[str, ...]:
        if type(value) is not list or not all(is_sha256(item) for item in value):
            raise TypeError(f"{value!r} is no list of hashes"[:200])
        return tuple(value)

    files = shape["files"]
    if type(files) is not dict:
        raise TypeError("files")
    return Manifest(
        recto=text(shape["recto"]),
        schema=whole(shape["schema"]),
        epoch=text(shape["epoch"]),
        created=text(shape["created"]),
        documents=whole(shape["documents"]),
        missing=hashes(shape["missing"]),
        damaged=hashes(shape["damaged"]),
        files={name: Entry(whole(entry["size"]), text(entry["sha256"])) for name, entry in files.items()},
    )
