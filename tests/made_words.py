"""A library of hand-made chunks for the tests of the indexes: a chunk a text, two chunks a page, vectors by hand."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.records import BlockKind, Chunk, Content, Document, Span
from ingest.store import Keys, Library
from retrieval.search import Searcher
from retrieval.sparse import SparseIndex

DIMENSION = 8


def chunks_of(sha256: str, texts: Sequence[str]) -> list[Chunk]:
    return [
        Chunk(f"{sha256[:16]}-{n}", sha256, n, BlockKind.TEXT, text, (), (Span(0, len(text), 1 + n // 2, 0, 0),))
        for n, text in enumerate(texts)
    ]


def put(library: Library, name: str, *texts: str, embedder: PlainEmbedder | None = None) -> Document:
    """A document of its own content."""
    document = library.add_document(name, "default", "local", uuid.uuid4().hex * 2)
    return cut(library, document, *texts, embedder=embedder)


def cut(library: Library, document: Document, *texts: str, embedder: PlainEmbedder | None = None) -> Document:
    """Commits the texts as the document's chunks, in the place of those that it has."""
    chunks = chunks_of(document.sha256, texts)
    library.commit_words(document.id, Content(document.sha256, ()), chunks, Keys("p", "c"))
    if embedder:
        library.commit_vectors(document.sha256, embedder.identity, embedder.encode(texts).astype(np.float16))
    return library.document(document.id)


class PlainEmbedder:
    """Counts of the letters a to h, as a vector of unit length; zero where there are none."""

    dimension = DIMENSION

    def __init__(self, identity: str = "plain") -> None:
        self.identity = identity

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        counts = np.array([[text.count(letter) for letter in "abcdefgh"] for text in texts], dtype=np.float32)
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-9)

    def encode_query(self, question: str) -> NDArray[np.float32]:
        return self.encode([question])

    def unknown_share(self, text: str) -> float:
        return 0.0


def swap_often(folder: Path, times: int) -> None:
    """Adds, removes and purges, so that each time shards are exchanged. Runs in a process of its own."""
    library = Library(folder)
    searcher = Searcher(library, PlainEmbedder())
    for n in range(times):
        document = put(library, f"passing-{n}.pdf", "a passing ship", "harbour", embedder=PlainEmbedder())
        searcher.top_up()
        library.forget(document.id)
        searcher.purge()


def found(index: SparseIndex, question: str, *, unit: str = "chunk", k: int = 100) -> dict[tuple[str, int], float]:
    """(document, ordinal or page) -> score, within all documents of the library."""
    ids = [document.id for document in index.library.documents()]
    candidates = index.branch("page" if unit == "page" else "chunk").recall(question, ids, k)
    return {(one.document_id, one.page if one.ordinal is None else one.ordinal): one.score for one in candidates}
