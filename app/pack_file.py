"""The file that an evidence pack is: an uncompressed ZIP with a manifest that states each file's size and hash.

It does not know what the files say. Reading trusts nothing: only the names of the scheme are read, each only as bytes
of the size and hash that the manifest states, and no name from a file ever becomes a path.

    manifest.json      when and by which Recto it was made, sizes and hashes of the others
    answer.json        the question and its answer, as the REST API has it
    made.json          the originals' hashes, and what the answer was made with
    crops/1.png        the place of each quote, cut out of its page
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from ingest.archive import is_sha256
from ingest.errors import BadInput

ANSWER, MADE = "answer.json", "made.json"
MAX_BYTES = 256 * 2**20

_MANIFEST = "manifest.json"
_FORMAT, _FORMAT_VERSION = "recto-evidence", 1
_CROP = re.compile(r"crops/([1-9][0-9]{0,3})\.png")
_MAX_FILES = 2000
_WHEN = (1980, 1, 1, 0, 0, 0)  # the manifest says when
_UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error, RecursionError)


def crop_name(marker: int) -> str:
    """The name of the picture of a citation's place."""
    return f"crops/{marker}.png"


def write_pack(target: BinaryIO, files: Mapping[str, bytes], recto: str) -> None:
    """Writes the files and the manifest that states them."""
    stated = {name: {"size": len(data), "sha256": _sha256(data)} for name, data in files.items()}
    created = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = {"format": _FORMAT, "format_version": _FORMAT_VERSION, "recto": recto, "created": created}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        first = json.dumps(manifest | {"files": stated}, indent=1).encode()
        for name, data in {_MANIFEST: first, **files}.items():
            info = zipfile.ZipInfo(name, _WHEN)
            info.external_attr = (stat.S_IFREG | 0o600) << 16
            archive.writestr(info, data)


@dataclass(frozen=True, slots=True)
class PackFile:
    """What an evidence pack holds, every byte of it as its manifest states."""

    recto: str
    created: str
    files: dict[str, bytes]

    def crop(self, marker: int) -> bytes | None:
        """The picture of a citation's place, if there is one; bytes that may be anything."""
        return self.files.get(crop_name(marker))


def read_pack(path: Path) -> PackFile:
    """Raises BadInput where the file is no pack, or not as its manifest says."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise BadInput(f"{path} is refused: it is larger than {MAX_BYTES // 2**20} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = _members(archive, path, len(data))
        return _stated(files, path)
    except BadInput:
        raise
    except _UNREADABLE as error:
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise BadInput(f"{path} is no evidence pack, or a damaged one: {said}") from error


def _members(archive: zipfile.ZipFile, path: Path, size: int) -> dict[str, bytes]:
    members = archive.infolist()
    names = [info.filename for info in members]
    if len(names) > _MAX_FILES or len(set(names)) < len(names):
        raise BadInput(f"{path} is refused: it holds too many files, or one twice")
    if sum(info.file_size for info in members) > size:
        raise BadInput(f"{path} is refused: its files are larger than itself")
    for info in members:
        name = info.filename
        if name not in (_MANIFEST, ANSWER, MADE) and not _CROP.fullmatch(name):
            raise BadInput(f"{path} is refused: a pack holds no file {ascii(name)[:200]}")
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise BadInput(f"{path} is refused: {name} is compressed")
    return {info.filename: archive.read(info) for info in members}


def _stated(files: dict[str, bytes], path: Path) -> PackFile:
    """The files, once they are those that the manifest states."""
    manifest = json.loads(files.pop(_MANIFEST, b"null"))
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise BadInput(f"{path} is no evidence pack")
    if manifest.get("format_version") != _FORMAT_VERSION:
        raise BadInput(f"{path} was made by another version of Recto", hint="update Recto")
    stated, recto, created = (manifest.get(name) for name in ("files", "recto", "created"))
    if not isinstance(stated, dict) or not isinstance(recto, str) or not isinstance(created, str):
        raise BadInput(f"{path} is refused: its manifest is not whole")
    if stated.keys() != files.keys() or not files.keys() >= {ANSWER, MADE}:
        raise BadInput(f"{path} was changed: its files are not those that its manifest states")
    for name, entry in stated.items():
        whole = isinstance(entry, dict) and is_sha256(entry.get("sha256")) and entry.get("size") == len(files[name])
        if not whole or entry["sha256"] != _sha256(files[name]):
            raise BadInput(f"{path} was changed: {name} is not what was packed")
    return PackFile(recto, created, files)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
