"""A library of hand-made documents whose originals, hashes and vectors agree: what backup and fsck look at."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from fakes import text_block

from ingest.chunking import chunk_pages
from ingest.records import Content, Document, Page, State
from ingest.store import EmbedderRecord, Keys, Library

EMBEDDER = "mini"
DIMENSION = 4


def original_of(name: str) -> bytes:
    return f"%PDF-1.4 {name}".encode()


def waiting(library: Library, name: str) -> Document:
    """A document that is not read yet, its original in the library."""
    sha256 = hashlib.sha256(original_of(name)).hexdigest()
    library.originals.path(sha256).write_bytes(original_of(name))
    return library.add_document(name, "default", "local", sha256)


def commit(library: Library, document: Document, *pages: str) -> Document:
    """Takes a document through both commits, with a text a page; its vectors are unit vectors."""
    library.adopt_embedder(EmbedderRecord(EMBEDDER, "", "fp32"))
    made = tuple(Page(number, 600, 800, (text_block(text),)) for number, text in enumerate(pages, 1))
    chunks = chunk_pages(document.sha256, made)
    library.commit_words(document.id, Content(document.sha256, made, document.name), chunks, Keys("parse", "chunk"))
    vectors = np.zeros((len(chunks), DIMENSION), np.float16)
    vectors[np.arange(len(chunks)), np.arange(len(chunks)) % DIMENSION] = 1
    library.commit_vectors(document.sha256, EMBEDDER, vectors)
    library.set_state(document.id, State.INDEXED)
    return library.document(document.id)


def add(library: Library, name: str, *pages: str) -> Document:
    """A whole document; where no pages are given, one that says its name."""
    return commit(library, waiting(library, name), *(pages or (f"This is {name}.",)))


def failed(library: Library, name: str) -> Document:
    """A document that ended without a content."""
    document = waiting(library, name)
    library.set_state(document.id, State.NEEDS_PASSWORD, reason="the file needs a password")
    return library.document(document.id)


def everything(library: Library) -> dict[str, object]:
    """All that a library holds, to be compared."""
    held: dict[str, object] = {}
    for document in library.documents():
        vectors = library.vectors(document.sha256, EMBEDDER)
        held[document.id] = (
            document,
            library.content(document.sha256),
            library.chunks(document.sha256),
            None if vectors is None else vectors.tolist(),
            library.originals.path(document.sha256).read_bytes(),
        )
    held["originals"] = sorted(library.originals.hashes())
    held["embedder"] = library.embedder()
    return held


def leftovers(folder: Path) -> list[str]:
    """Files and folders that were never finished."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.part*"))
