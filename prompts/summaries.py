"""What a model wrote of contents (summaries, questions), in files beside the library: a folder a content, a file each.

It is a cache, gone with its content. It does not know what a text is of; the key says what made it.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import StorageFull


@dataclass(frozen=True, slots=True)
class Summaries:
    """The texts in `folder`, which is made when the first is kept. Safe between threads and processes."""

    folder: Path

    def get(self, sha256: str, key: str) -> str | None:
        """The text kept under `key`; None where there is none that can be read."""
        try:
            return (self.folder / sha256 / f"{key}.txt").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def put(self, sha256: str, key: str, text: str) -> None:
        """Keeps a text; it is there whole or not at all. Raises StorageFull."""
        folder = self.folder / sha256
        part = folder / f"{uuid.uuid4().hex}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part.write_text(text, encoding="utf-8")
            os.replace(part, folder / f"{key}.txt")
        except OSError as error:
            raise StorageFull(f"cannot write {self.folder}: {error.strerror}") from error

    def strays(self, contents: Collection[str]) -> list[str]:
        """The contents other than these of which something is kept."""
        try:
            return sorted(folder.name for folder in self.folder.iterdir() if folder.name not in contents)
        except FileNotFoundError:
            return []

    def keep_only(self, contents: Collection[str]) -> None:
        """Deletes what was written of contents other than these."""
        for name in self.strays(contents):
            shutil.rmtree(self.folder / name, ignore_errors=True)
