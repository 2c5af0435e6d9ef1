"""What the user names becomes waiting documents: files found, hashed, compared with what the library has.

It does not open a file; that is for the pipeline's child processes.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from filelock import BaseFileLock, FileLock

from ingest.errors import BadInput
from ingest.records import Document, State
from ingest.store import Keys, Library

SUFFIXES = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff")
"""Of the files that are taken from a folder. What is in a file, only its bytes say."""

_MAX_NAME = 200  # characters
_BIDI_MARKS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Job:
    """A document that waits to be ingested, its original in the library."""

    document: Document
    password: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a file ended: one of the named states, or `unchanged`, or `removed` where a sync found it vanished.

    `stages` are seconds by stage.
    """

    file: str
    document: str
    document_id: str
    state: str
    pages: int = 0
    chunks: int = 0
    reason: str = ""
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return self.state not in ("unchanged", "removed", State.INDEXED, State.INDEXED_PARTIAL)


def clean_name(name: str) -> str:
    """A document's name from a file's, as data: no folders, no control or direction marks, NFC, not too long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", last)
        if unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp") and character not in _BIDI_MARKS
    ).strip()
    if len(kept) > _MAX_NAME:
        stem, dot, ending = kept.rpartition(".")
        kept = f"{stem[: _MAX_NAME - 8]}…{dot}{ending}" if stem and len(ending) <= 5 else kept[:_MAX_NAME]
    return kept if kept.strip(".") else "unnamed.pdf"


def file_hash(path: Path) -> str:
    """SHA-256 of a file, as hex; raises BadInput where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error


def find_files(path: Path) -> list[Path]:
    """The file named, or the PDFs and pictures in and below the folder named, sorted.

    Raises BadInput where there is none.
    """
    if path.is_dir():
        inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        if not inside:
            raise BadInput(f"no PDF or picture in {path}", hint=f"name a folder with files {', '.join(SUFFIXES)}")
        return inside
    if not path.exists():
        raise BadInput(f"no such file or folder: {path}")
    return [path]


def ingest_lock(library: Library) -> BaseFileLock:
    """The lock that one process at a time holds while it ingests into a library."""
    return folder_lock(library.folder)


def folder_lock(folder: Path) -> BaseFileLock:
    """The same lock, where the library in the folder cannot be opened."""
    return FileLock(folder / "ingest.lock")


class Intake:
    """Compares files with a library. `keys` and `embedder` are what a document must have been made by to stand."""

    def __init__(self, library: Library, keys: Keys, embedder: str) -> None:
        self._library = library
        self._keys = keys
        self._embedder = embedder
        self._enlisted: set[str] = set()

    def enlist(
        self, path: Path, collection: str, owner: str, *, name: str = "", password: str = "", source: str = ""
    ) -> Job | Outcome:
        """A file becomes a waiting document, or is `unchanged`. `source` is the path that later versions replace.

        A document of the same bytes that is not as the present options would leave it is taken up again. Raises
        BadInput for an unreadable file, StorageFull.
        """
        sha256 = file_hash(path)
        present = self._library.documents(collection=collection, owner=owner)
        same_bytes = [document for document in present if document.sha256 == sha256]
        for document in same_bytes:
            known = document.id in self._enlisted and document.state is not State.CANCELLED
            if known or self._is_current(document):
                return unchanged(document, str(path))
        for document in same_bytes:
            if document.askable or document.state.in_progress:
                self._library.originals.keep(path, sha256)
                self._library.take_up(document.id)
                self._enlisted.add(document.id)
                return Job(document, password)
        replaces = ""
        for document in present:
            if document.sha256 == sha256 or (source and document.path == source):
                if document.askable:
                    replaces = document.id
                elif document.id not in self._enlisted:
                    self._library.forget(document.id)
        self._library.originals.keep(path, sha256)
        added = self._library.add_document(
            clean_name(name or path.name), collection, owner, sha256, path=source, replaces=replaces
        )
        self._library.originals.keep(path, sha256)  # should the last other document of it have gone this moment
        self._enlisted.add(added.id)
        return Job(added, password)

    def _is_current(self, document: Document) -> bool:
        content = self._library.stub(document.sha256)
        if content is None or content.pending or content.regions:
            return False
        done = document.state in (State.INDEXED, State.INDEXED_PARTIAL)
        same = self._library.keys(document.sha256) == self._keys
        return done and same and (not document.chunks or self._library.has_vectors(document.sha256, self._embedder))


def unchanged(document: Document, file: str) -> Outcome:
    """The outcome for bytes that the collection has already."""
    return Outcome(
        file=file,
        document=document.name,
        document_id=document.id,
        state="unchanged",
        pages=document.pages,
        chunks=document.chunks,
    )
