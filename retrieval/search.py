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

Key = tuple[str, int]  # document id, ordinal of the chunk


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """`recalled` candidates a branch; `constant` and the weights are those of reciprocal rank fusion."""

    recalled: int = 60
    recalled_pages: int = 20
    constant: float = 20.0
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
        self._words = SparseIndex(library, "chunk")
        self._pages = SparseIndex(library, "page")
        self._vectors = DenseIndex(library, embedder)

    def top_up(self) -> None:
        """Brings the indexes up to the library's last change."""
        self._words.top_up()
        self._pages.top_up()
        self._vectors.top_up()

    def search(
        self, question: str, documents: Sequence[Document], k: int = 10, *, trace: Trace | None = None
    ) -> list[Hit]:
        """The best `k` passages of the documents given, best first."""
        trace = trace or Trace()
        self.top_up()
        by_id = {document.id: document for document in documents if document.state.askable}
        recalled = self._recall(question, by_id, trace)
        weights = dict(self._options.weights)
        rankings = {branch: [key for key, _ in found] for branch, found in recalled.items()}
        fused = reciprocal_rank_fusion(rankings, weights, constant=self._options.constant)
        best = sorted(fused, key=lambda key: (-fused[key], key))[:k]
        found_by: dict[Key, list[FoundBy]] = {key: [] for key in best}
        for branch, found in recalled.items():
            for rank, (key, candidate) in enumerate(found, 1):
                if key in found_by:
                    found_by[key].append(FoundBy(branch, rank, candidate.score, candidate.terms))
        chunks = self._chunks(best, by_id)
        return [Hit(by_id[key[0]], chunks[key], fused[key], tuple(found_by[key])) for key in best if key in chunks]

    def _recall(
        self, question: str, by_id: dict[str, Document], trace: Trace
    ) -> dict[str, list[tuple[Key, Candidate]]]:
        ids = list(by_id)
        recalled: dict[str, list[tuple[Key, Candidate]]] = {}
        for branch, index in (("words", self._words), ("vectors", self._vectors), ("pages", self._pages)):
            started = time.perf_counter()
            count = self._options.recalled_pages if branch == "pages" else self._options.recalled
            found = index.recall(question, ids, count)
            if branch == "pages":
                recalled[branch] = self._best_of_pages(found, by_id, recalled)
            else:
                recalled[branch] = [((candidate.document_id, candidate.ordinal), candidate) for candidate in found]
            trace.candidates[branch] = len(found)
            trace.seconds[branch] = time.perf_counter() - started
        if ids and not self._vectors.knows(question):
            trace.notes.append("vectors left out: the embedding model does not know this language")
        return recalled

    def _best_of_pages(
        self,
        pages: Sequence[Candidate],
        by_id: dict[str, Document],
        recalled: dict[str, list[tuple[Key, Candidate]]],
    ) -> list[tuple[Key, Candidate]]:
        """For each page its chunk that the other branches rank best, or its first."""
        ranks: dict[Key, float] = {}
        for found in recalled.values():
            for rank, (key, _) in enumerate(found, 1):
                ranks[key] = ranks.get(key, 0.0) + 1 / rank
        best: list[tuple[Key, Candidate]] = []
        for page in pages:
            chunks = self._library.chunks(by_id[page.document_id].sha256, pages=[page.ordinal])
            keys = [(page.document_id, chunk.ordinal) for chunk in chunks]
            if keys:
                best.append((max(keys, key=lambda key: ranks.get(key, 0.0)), page))
        return best

    def _chunks(self, keys: Sequence[Key], by_id: dict[str, Document]) -> dict[Key, Chunk]:
        wanted: dict[str, list[int]] = {}
        for document_id, ordinal in keys:
            wanted.setdefault(document_id, []).append(ordinal)
        return {
            (document_id, chunk.ordinal): chunk
            for document_id, ordinals in wanted.items()
            for chunk in self._library.chunks(by_id[document_id].sha256, ordinals=ordinals)
        }
