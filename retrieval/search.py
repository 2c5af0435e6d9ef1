"""The one door to retrieval: a question and some documents to the best passages.

It does not know how a branch finds its candidates, nor what is asked of the hits.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.embed import Embedder
from ingest.records import Chunk, Document
from ingest.store import Library
from retrieval.dense import DenseIndex
from retrieval.fusion import reciprocal_rank_fusion
from retrieval.hits import Candidate, FoundBy, Hit
from retrieval.sparse import SparseIndex
from retrieval.terms import terms

PageKey = tuple[str, int]  # document id, page number
ChunkKey = tuple[str, int]  # document id, ordinal


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """`recalled` candidates a branch; `constant` and `weights` are those of reciprocal rank fusion.

    Pages are ranked first, then the chunks on them: a chunk's score is its page's, plus `chunk_share` of its own.
    """

    recalled: int = 100
    constant: float = 20.0
    chunk_share: float = 0.3
    weights: tuple[tuple[str, float], ...] = (("words", 1.0), ("pages", 1.0), ("vectors", 0.6))


@dataclass(slots=True)
class Trace:
    """What each branch did for a question: candidates and seconds; why one was left out."""

    candidates: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Searcher:
    """Searches one library. Safe from several threads."""

    def __init__(self, library: Library, embedder: Embedder, options: SearchOptions | None = None) -> None:
        self._library = library
        self._options = options or SearchOptions()
        self._vectors = DenseIndex(library, embedder)
        self._branches: dict[str, SparseIndex | DenseIndex] = {
            "words": SparseIndex(library, "chunk"),
            "pages": SparseIndex(library, "page"),
            "vectors": self._vectors,
        }

    def top_up(self) -> None:
        """Brings the indexes up to the library's last change."""
        for index in self._branches.values():
            index.top_up()

    def search(
        self, question: str, documents: Sequence[Document], k: int = 10, *, trace: Trace | None = None
    ) -> list[Hit]:
        """The best `k` passages of the documents given, best first."""
        trace = trace or Trace()
        self.top_up()
        by_id = {document.id: document for document in documents if document.state.askable}
        recalled = self._recall(question, list(by_id), trace)
        page_scores = self._fuse({branch: _pages(found) for branch, found in recalled.items()})
        chunk_scores = self._fuse({branch: list(_chunks(found)) for branch, found in recalled.items()})
        page_of = {chunk: page for found in recalled.values() for chunk, page in _chunks(found).items()}
        share = self._options.chunk_share
        scores = {chunk: page_scores[page_of[chunk]] + share * own for chunk, own in chunk_scores.items()}
        without = page_scores.keys() - set(page_of.values())
        for page in sorted(page_scores, key=lambda page: -page_scores[page])[:k]:
            if page in without:
                chunk = self._best_chunk(question, by_id[page[0]], page[1])
                scores[chunk], page_of[chunk] = page_scores[page], page
        best = sorted(scores, key=lambda key: (-scores[key], key))[:k]
        chunks = self._read(best, by_id)
        return [
            Hit(by_id[key[0]], chunks[key], scores[key], _found_by(question, chunks[key], page_of[key], recalled))
            for key in best
            if key in chunks
        ]

    def _recall(self, question: str, document_ids: Sequence[str], trace: Trace) -> dict[str, list[Candidate]]:
        recalled: dict[str, list[Candidate]] = {}
        for branch, index in self._branches.items():
            started = time.perf_counter()
            recalled[branch] = index.recall(question, document_ids, self._options.recalled)
            trace.candidates[branch] = len(recalled[branch])
            trace.seconds[branch] = time.perf_counter() - started
        if document_ids and not self._vectors.knows(question):
            trace.notes.append("vectors left out: the embedding model does not know this language")
        return recalled

    def _fuse(self, rankings: dict[str, list[tuple[str, int]]]) -> dict[tuple[str, int], float]:
        return reciprocal_rank_fusion(rankings, dict(self._options.weights), constant=self._options.constant)

    def _best_chunk(self, question: str, document: Document, page: int) -> ChunkKey:
        """Of a page that was only found as a whole: the chunk that holds most of the question's terms."""
        wanted = set(terms(question))
        chunks = self._library.chunks(document.sha256, pages=[page])
        return document.id, max(chunks, key=lambda chunk: len(wanted & set(terms(chunk.text)))).ordinal

    def _read(self, keys: Sequence[ChunkKey], by_id: dict[str, Document]) -> dict[ChunkKey, Chunk]:
        wanted: dict[str, list[int]] = {}
        for document_id, ordinal in keys:
            wanted.setdefault(document_id, []).append(ordinal)
        return {
            (document_id, chunk.ordinal): chunk
            for document_id, ordinals in wanted.items()
            for chunk in self._library.chunks(by_id[document_id].sha256, ordinals=ordinals)
        }


def _page(candidate: Candidate) -> PageKey:
    return candidate.document_id, candidate.page


def _pages(found: Sequence[Candidate]) -> list[PageKey]:
    """The pages of a ranking, each where it comes first."""
    return list(dict.fromkeys(_page(candidate) for candidate in found))


def _chunks(found: Sequence[Candidate]) -> dict[ChunkKey, PageKey]:
    """The chunks of a ranking in order, each with its page."""
    return {(one.document_id, one.ordinal): _page(one) for one in found if one.ordinal is not None}


def _found_by(question: str, chunk: Chunk, page: PageKey, recalled: dict[str, list[Candidate]]) -> tuple[FoundBy, ...]:
    """The branches that found the chunk itself, or its page as a whole."""
    present = set(terms(chunk.text))
    held = tuple(dict.fromkeys(term for term in terms(question) if term in present))
    return tuple(
        FoundBy(branch, rank, candidate.score, held if branch != "vectors" else ())
        for branch, found in recalled.items()
        for rank, candidate in enumerate(found, 1)
        if _page(candidate) == page and candidate.ordinal in (chunk.ordinal, None)
    )
