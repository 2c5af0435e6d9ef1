"""The original files of a library, kept by the hash of their bytes. It does not know what is made of them."""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from ingest.errors import StorageFull

PART = ".part"
"""The ending of a file that is still being written; one that a killed process left is safe to delete."""


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable: a rename is safe from a power cut only after this."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Originals:
    """A folder of files named after their SHA-256. Raises StorageFull where it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFull(f"cannot write the library {folder.parent}: {error.strerror}") from error

    def path(self, sha256: str) -> Path:
        """Where the bytes of a content are, or would be."""
        return self.folder / f"{sha256}.pdf"

    def keep(self, path: Path, sha256: str) -> None:
        """Copies a file's bytes in under their hash; they are on the disk when this returns. Raises StorageFull."""
        target = self.path(sha256)
        if target.exists():
            return
        part = target.with_suffix(f".{uuid.uuid4().hex}{PART}")
        try:
            with path.open("rb") as source, part.open("wb") as copy:
                shutil.copyfileobj(source, copy)
                copy.flush()
                os.fsync(copy.fileno())
            part.replace(target)
            sync_folder(self.folder)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise StorageFull(f"cannot write the library {self.folder.parent}: {error.strerror}") from error

    def forget(self, sha256: str) -> None:
        """Deletes the bytes of a content."""
        self.path(sha256).unlink(missing_ok=True)
        sync_folder(self.folder)

    def hashes(self) -> Iterator[str]:
        """The contents whose bytes are here."""
        for path in sorted(self.folder.glob("*.pdf")):
            yield path.stem

    def parts(self) -> Iterator[Path]:
        """Files that were never finished."""
        yield from sorted(self.folder.glob(f"*{PART}"))
