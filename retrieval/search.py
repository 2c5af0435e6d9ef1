"""The one door to retrieval: a question and some documents to the best passages.

It does not know how a branch finds its candidates, nor what is asked of the hits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ingest.embed import Embedder
from ingest.errors import NotFound
from ingest.records import Chunk, Document
from ingest.store import EmbedderRecord, Library
from retrieval.dense import DenseIndex
from retrieval.fusion import reciprocal_rank_fusion
from retrieval.hits import PAGE_NAMED, Candidate, FoundBy, Hit, Index, Retriever
from retrieval.page_references import page_references, take_pages, without_references
from retrieval.sparse import SparseIndex
from retrieval.terms import terms

_MOST_NAMED = 50  # documents in which pages that a question names are looked for
_NAMED = 1.0  # added to the score of a passage on such a page: more than fusion can give

PageKey = tuple[str, int]  # document id, page number
ChunkKey = tuple[str, int]  # document id, ordinal
Recalled = dict[str, list[Candidate]]  # branch -> its candidates, best first


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """`recalled` candidates a branch; `constant` and `weights` are those of reciprocal rank fusion.

    Pages are ranked first, then the chunks on them: a chunk's score is its page's, plus `chunk_share` of its own.
    """

    recalled: int = 100
    constant: float = 20.0
    chunk_share: float = 0.3
    weights: tuple[tuple[str, float], ...] = (("words", 1.0), ("pages", 1.0), ("vectors", 0.6))


class _Named(NamedTuple):
    """A chunk on a page that the question names, and the share of the question's terms that it holds."""

    page: PageKey
    share: float


@dataclass(slots=True)
class Trace:
    """What each branch did for a question: candidates and seconds; why one was left out.

    `pages` says which pages were taken for those that the question names.
    """

    candidates: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)


class Searcher:
    """Searches one library. Safe from several threads."""

    def __init__(
        self,
        library: Library,
        embedder: Embedder,
        options: SearchOptions | None = None,
        load: Callable[[EmbedderRecord], Embedder] | None = None,
    ) -> None:
        """`load` makes the embedder that the library puts in force (raises BadSetup); without it `embedder` stays."""
        self._library = library
        self._options = options or SearchOptions()
        self._words = SparseIndex(library)
        self._vectors = DenseIndex(library, embedder, load)
        self._indexes: tuple[Index, ...] = (self._words, self._vectors)
        self._branches: dict[str, Retriever] = {
            "words": self._words.branch("chunk"),
            "pages": self._words.branch("page"),
            "vectors": self._vectors,
        }

    @property
    def options(self) -> SearchOptions:
        return self._options

    def top_up(self) -> list[str]:
        """Brings the indexes up to the library's last change; says why one is behind or left out, where it is.

        Raises StorageFull where there is nothing to answer from meanwhile.
        """
        return [note for index in self._indexes if (note := index.top_up())]

    def purge(self) -> None:
        """Clears the words of removed documents from the disk, in seconds; searches go on meanwhile.

        Raises StorageFull.
        """
        for index in self._indexes:
            index.purge()

    def check(self) -> list[str]:
        """What is wrong with the indexes, in plain words; changes nothing, takes about as long as building them."""
        return [finding for index in self._indexes for finding in index.check()]

    def rebuild(self) -> None:
        """Builds the indexes on the disk anew. Raises StorageFull."""
        self._words.rebuild()

    def search(
        self, question: str, documents: Sequence[Document], k: int = 10, *, trace: Trace | None = None
    ) -> list[Hit]:
        """The best `k` passages of the documents given, best first."""
        askable = [document.id for document in documents if document.askable]
        return self.rank(question, self.recall(question, askable, trace=trace), documents, k, trace=trace)

    def recall(self, question: str, document_ids: Sequence[str], *, trace: Trace | None = None) -> Recalled:
        """The candidates of every branch, best first, from indexes that have caught up with the library."""
        trace = trace or Trace()
        trace.notes.extend(self.top_up())
        recalled: Recalled = {}
        for branch, index in self._branches.items():
            started = time.perf_counter()
            recalled[branch] = index.recall(question, document_ids, self._options.recalled)
            trace.candidates[branch] = len(recalled[branch])
            trace.seconds[branch] = time.perf_counter() - started
        if document_ids and self._vectors.ready and not self._vectors.knows(question):
            trace.notes.append("vectors left out: the embedding model does not know this language")
        return recalled

    def recall_key(self) -> str:
        """Names what candidates depend on beside question, scope and code: the library's last change, the embedder."""
        position, branches = self._library.position(), ",".join(self._branches)
        return f"{position.epoch}-{position.sequence}-{self._vectors.identity}-{branches}-{self._options.recalled}"

    def rank(
        self,
        question: str,
        recalled: Recalled,
        documents: Sequence[Document],
        k: int = 10,
        *,
        trace: Trace | None = None,
    ) -> list[Hit]:
        """The best `k` passages among the candidates that stand in the documents given, best first.

        Those on pages that the question names come before all others.
        """
        by_id = {document.id: document for document in documents if document.askable}
        recalled = {branch: [one for one in found if one.document_id in by_id] for branch, found in recalled.items()}
        page_scores = self._fuse({branch: _pages(found) for branch, found in recalled.items()})
        chunk_scores = self._fuse({branch: list(_chunks(found)) for branch, found in recalled.items()})
        page_of = {chunk: page for found in recalled.values() for chunk, page in _chunks(found).items()}
        share = self._options.chunk_share
        scores = {chunk: page_scores[page_of[chunk]] + share * own for chunk, own in chunk_scores.items()}
        without = page_scores.keys() - set(page_of.values())
        for page in sorted(page_scores, key=lambda page: -page_scores[page])[:k]:
            if page in without:
                chunk = self._best_chunk(question, by_id[page[0]], page[1])
                if chunk is not None:
                    scores[chunk], page_of[chunk] = page_scores[page], page
        named = self._named(question, recalled, list(by_id.values()), trace or Trace())
        for chunk, one in named.items():
            page_of[chunk] = one.page
            scores[chunk] = _NAMED + one.share + scores.get(chunk, page_scores.get(one.page, 0.0))
        best = sorted(scores, key=lambda key: (-scores[key], key))[:k]
        chunks = self._read(best, by_id)
        # A document may have gone, or been cut anew, since it was recalled.
        present = {document_id for document_id, _ in chunks if self._askable(document_id)}
        found_by = _Findings(question, recalled)

        def named_by(key: ChunkKey) -> tuple[FoundBy, ...]:
            return (FoundBy(PAGE_NAMED, 1, named[key].share),) if key in named else ()

        return [
            Hit(by_id[key[0]], chunks[key], scores[key], named_by(key) + found_by.of(chunks[key], page_of[key]))
            for key in best
            if key in chunks and key[0] in present and chunks[key].page == page_of[key][1]
        ]

    def _named(
        self, question: str, recalled: Recalled, documents: Sequence[Document], trace: Trace
    ) -> dict[ChunkKey, _Named]:
        """The chunks on the pages that the question names. What was taken for what goes into `trace`.

        Among many documents only those are looked at of which something was recalled.
        """
        references = page_references(question)
        if not references:
            return {}
        if len(documents) > _MOST_NAMED:
            found = {one.document_id for candidates in recalled.values() for one in candidates}
            documents = [document for document in documents if document.id in found]
        looked_at = [(one.id, one.name, self._library.summaries(one.sha256)) for one in documents]
        taken, notes = take_pages(question, references, looked_at)
        trace.pages.extend(notes)
        wanted = set(terms(without_references(question)))
        return {
            (one.id, chunk.ordinal): _Named(
                (one.id, chunk.page), len(wanted & set(terms(chunk.text))) / max(len(wanted), 1)
            )
            for one in documents
            if one.id in taken
            for chunk in self._library.chunks(one.sha256, pages=taken[one.id])
        }

    def _fuse(self, rankings: dict[str, list[tuple[str, int]]]) -> dict[tuple[str, int], float]:
        return reciprocal_rank_fusion(rankings, dict(self._options.weights), constant=self._options.constant)

    def _askable(self, document_id: str) -> bool:
        try:
            return self._library.document(document_id).askable
        except NotFound:
            return False

    def _best_chunk(self, question: str, document: Document, page: int) -> ChunkKey | None:
        """Of a page that was only found as a whole: the chunk that holds most of the question's terms, if any."""
        wanted = set(terms(question))
        chunks = self._library.chunks(document.sha256, pages=[page])
        if not chunks:
            return None
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


def without_pages(recalled: Recalled, pages: Collection[PageKey]) -> Recalled:
    """The candidates that stand on other pages: ranking them searches the documents as if these pages were missing."""
    return {branch: [one for one in found if _page(one) not in pages] for branch, found in recalled.items()}


def _page(candidate: Candidate) -> PageKey:
    return candidate.document_id, candidate.page


def _pages(found: Sequence[Candidate]) -> list[PageKey]:
    """The pages of a ranking, each where it comes first."""
    return list(dict.fromkeys(_page(candidate) for candidate in found))


def _chunks(found: Sequence[Candidate]) -> dict[ChunkKey, PageKey]:
    """The chunks of a ranking in order, each with its page."""
    return {(one.document_id, one.ordinal): _page(one) for one in found if one.ordinal is not None}


class _Findings:
    """Which branch found what, by page."""

    def __init__(self, question: str, recalled: Recalled) -> None:
        self._wanted = tuple(dict.fromkeys(terms(question)))
        self._by_page: dict[PageKey, list[tuple[str, int, Candidate]]] = {}
        for branch, found in recalled.items():
            for rank, candidate in enumerate(found, 1):
                self._by_page.setdefault(_page(candidate), []).append((branch, rank, candidate))

    def of(self, chunk: Chunk, page: PageKey) -> tuple[FoundBy, ...]:
        """The branches that found the chunk itself, or its page as a whole."""
        present = set(terms(chunk.text))
        held = tuple(term for term in self._wanted if term in present)
        return tuple(
            FoundBy(branch, rank, candidate.score, held if branch != "vectors" else ())
            for branch, rank, candidate in self._by_page.get(page, ())
            if candidate.ordinal in (chunk.ordinal, None)
        )
