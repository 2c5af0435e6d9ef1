"""The one door to retrieval: a question and some documents to the best passages.

It does not know how a branch finds its candidates, nor what is asked of the hits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from ingest.embed import Embedder
from ingest.errors import NotFound
from ingest.records import Chunk, Document
from ingest.store import EmbedderRecord, Library
from retrieval.candidates import (
    ChunkKey,
    Recalled,
    chunks_of,
    evidence_of,
    fused_chunks,
    fused_pages,
    in_turn,
    likely_documents,
    name_terms,
    page_of,
)
from retrieval.dense import DenseIndex
from retrieval.features import Evidence, Floats, PageKey, features, held_by_chunk
from retrieval.hits import PAGE_NAMED, Candidate, FoundBy, Hit, Index
from retrieval.lexicon import Lexicon, load_lexicon
from retrieval.page_references import page_references, take_pages
from retrieval.query import Query, understand
from retrieval.ranker import Ranker, load_ranker, softmax
from retrieval.sparse import SparseIndex
from retrieval.terms import is_chinese, terms

_MOST_NAMED = 50  # documents in which pages that a question names are looked for
_BESIDE = 4  # searches whose vectors are looked for at once
_UNDERSTOOD = 64  # questions, the last
_NAMED = 1.0  # added to the score of a passage on such a page: more than any other can have


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """`recalled` candidates a branch; `constant` and `weights` are those of reciprocal rank fusion.

    Where more than `focus` documents are asked, the `focus` likeliest are searched once more each on its own, for
    `focused` pages. The `reranked` best pages by fusion are ranked anew by their features. A page's second passage
    counts `next_passage` times as much as its first, the third that much less again.
    """

    recalled: int = 100
    constant: float = 20.0
    weights: tuple[tuple[str, float], ...] = (
        ("words", 1.0),
        ("pages", 1.0),
        ("vectors", 0.6),
        ("expanded", 0.6),
        ("focused", 1.0),
    )
    focus: int = 3
    focused: int = 12
    reranked: int = 40
    next_passage: float = 0.4


class _Named(NamedTuple):
    """A chunk on a page that the question names; `share` of its terms, and of the likelihood its document has."""

    page: PageKey
    share: float


@dataclass(frozen=True, slots=True)
class RankedPage:
    """What the reranker did to a page: its rank before and after, from 1, and the features that moved it most.

    `reasons` are log odds against the mean of the candidates. `score` is the page's share of all candidates', 0 to 1.
    """

    document_id: str
    page: int
    before: int
    after: int
    score: float
    reasons: dict[str, float]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A question and its candidate pages before they are ranked anew.

    `rarity` is the idf of the query's terms in the scope; `matrix` has a row of features for each of `evidence`;
    `fused` holds the fused scores of all pages, best first.
    """

    query: Query
    rarity: Mapping[str, float]
    evidence: Sequence[Evidence]
    matrix: Floats
    fused: Mapping[PageKey, float]


@dataclass(slots=True)
class Trace:
    """What each branch did for a question: candidates and seconds; why one was left out; what the reranker changed.

    Vectors are looked for beside the words: their seconds are what they took longer.
    `pages` says which pages were taken for those that the question names, `expansion` what else was looked for.
    """

    candidates: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    expansion: str = ""
    ranking: list[RankedPage] = field(default_factory=list)


class Searcher:
    """Searches one library. Safe from several threads."""

    def __init__(
        self,
        library: Library,
        embedder: Embedder,
        options: SearchOptions | None = None,
        load: Callable[[EmbedderRecord], Embedder] | None = None,
        *,
        lexicon: Lexicon | None = None,
        ranker: Ranker | None = None,
    ) -> None:
        """`load` makes the embedder that the library puts in force (raises BadSetup); without it `embedder` stays.

        `lexicon` and `ranker` are Recto's own unless given.
        """
        self._library = library
        self._options = options or SearchOptions()
        known = lexicon or load_lexicon()
        self._understand = lru_cache(_UNDERSTOOD)(lambda question, names: understand(question, known, names))
        self._ranker = ranker or load_ranker()
        self._words = SparseIndex(library)
        self._vectors = DenseIndex(library, embedder, load)
        self._indexes: tuple[Index, ...] = (self._words, self._vectors)
        self._beside = ThreadPoolExecutor(_BESIDE, "vectors")
        self._by_page = self._words.branch("page")
        self._by_chunk = self._words.branch("chunk")

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
        return self.rank(question, self.recall(question, documents, trace=trace), documents, k, trace=trace)

    def understand(self, question: str, documents: Sequence[Document]) -> Query:
        names = (document.name.rsplit(".", 1)[0] for document in documents)
        return self._understand(question, tuple(name for name in names if is_chinese(name)))

    def recall(self, question: str, documents: Sequence[Document], *, trace: Trace | None = None) -> Recalled:
        """The candidates of every branch, best first, from indexes that have caught up with the library."""
        trace = trace or Trace()
        trace.notes.extend(self.top_up())
        by_id = {document.id: document for document in documents if document.askable}
        ids, most, query = list(by_id), self._options.recalled, self.understand(question, list(by_id.values()))
        recalled: Recalled = {}

        def note(branch: str, find: Callable[[], list[Candidate]]) -> None:
            started = time.perf_counter()
            recalled[branch] = find()
            trace.candidates[branch] = len(recalled[branch])
            trace.seconds[branch] = time.perf_counter() - started

        rarity = self._words.idf(terms(f"{query.wording} {query.expansion}"), ids)
        vectors = self._beside.submit(self._vectors.recall, question, ids, most)  # a model at work holds no lock
        note("words", lambda: self._by_chunk.recall(query.wording, ids, most, rarity=rarity))
        note("pages", lambda: self._by_page.recall(query.wording, ids, most, rarity=rarity))
        note("expanded", lambda: self._by_page.recall(query.expansion, ids, most // 2, rarity=rarity))
        note("vectors", vectors.result)
        note("focused", lambda: self._focused(query, rarity, recalled, by_id))
        trace.expansion = query.expansion
        if ids and self._vectors.ready and not self._vectors.knows(question):
            trace.notes.append("vectors left out: the embedding model does not know this language")
        return recalled

    def _focused(
        self, query: Query, rarity: Mapping[str, float], recalled: Recalled, by_id: Mapping[str, Document]
    ) -> list[Candidate]:
        """The best pages of the likeliest documents, each searched on its own: there its name is no news any more."""
        if len(by_id) <= self._options.focus:
            return []
        fused = fused_pages(recalled, dict(self._options.weights), self._options.constant)
        likely = likely_documents(query, rarity, fused, by_id, self._options.focus)
        texts = [text for text in (query.wording, query.expansion) if text]
        rankings = []
        for one in likely:
            news = dict(rarity) | dict.fromkeys(query.said_by(name_terms(one.name)), 0.0)
            rankings += [self._by_page.recall(text, [one.id], self._options.focused, rarity=news) for text in texts]
        return in_turn(rankings)

    def recall_key(self) -> str:
        """Names what candidates depend on beside question, scope and code: the library's last change, the embedder."""
        position, options = self._library.position(), self._options
        sizes = f"{options.recalled}-{options.focus}-{options.focused}"
        return f"{position.epoch}-{position.sequence}-{self._vectors.identity}-{sizes}"

    def weigh(self, question: str, recalled: Recalled, documents: Sequence[Document]) -> Weighed:
        """What speaks for each of the pages that are to be ranked anew."""
        by_id = {document.id: document for document in documents if document.askable}
        fused = fused_pages(recalled, dict(self._options.weights), self._options.constant)
        fused = {page: fused[page] for page in sorted(fused, key=lambda page: (-fused[page], page))}
        leading = list(fused)[: self._options.reranked]
        query = self.understand(question, list(by_id.values()))
        rarity = self._words.idf(query.terms, list(by_id))
        evidence = evidence_of(leading, fused, recalled, self._words.profiles(leading), by_id)
        return Weighed(query, rarity, evidence, features(query, rarity, evidence), fused)

    def rank(
        self,
        question: str,
        recalled: Recalled,
        documents: Sequence[Document],
        k: int = 10,
        *,
        trace: Trace | None = None,
        ranker: Ranker | None = None,
    ) -> list[Hit]:
        """The best `k` passages among the candidates that stand in the documents given, best first.

        Those on pages that the question names come before all others. `ranker`: another than the searcher's own.
        """
        by_id = {document.id: document for document in documents if document.askable}
        recalled = {branch: [one for one in found if one.document_id in by_id] for branch, found in recalled.items()}
        weighed = self.weigh(question, recalled, documents)
        ranker = ranker or self._ranker
        pages = _reranked(ranker, weighed)
        if trace is not None:
            trace.ranking = _ranking(ranker, weighed, pages)
        scores, page_by_chunk = self._passages(recalled, pages, weighed, k)
        named = self._named(weighed.query, pages, list(by_id.values()), trace or Trace())
        for chunk, one in named.items():
            page_by_chunk[chunk] = one.page
            scores[chunk] = _NAMED + one.share + scores.get(chunk, pages.get(one.page, 0.0))
        best = sorted(scores, key=lambda key: (-scores[key], key))[:k]
        chunks = self._read(best, by_id)
        # A document may have gone, or been cut anew, since it was recalled.
        present = {document_id for document_id, _ in chunks if self._askable(document_id)}
        found_by = _Findings(weighed, recalled)

        def named_by(key: ChunkKey) -> tuple[FoundBy, ...]:
            return (FoundBy(PAGE_NAMED, 1, named[key].share),) if key in named else ()

        return [
            Hit(by_id[key[0]], chunks[key], scores[key], named_by(key) + found_by.of(chunks[key], page_by_chunk[key]))
            for key in best
            if key in chunks and key[0] in present and chunks[key].page == page_by_chunk[key][1]
        ]

    def _passages(
        self, recalled: Recalled, pages: Mapping[PageKey, float], weighed: Weighed, k: int
    ) -> tuple[dict[ChunkKey, float], dict[ChunkKey, PageKey]]:
        """The chunks on the pages with their scores, and the page of each: those found, else the one that fits best.

        A page's first chunk has the page's score, the next ones ever less.
        """
        page_by_chunk = {chunk: page for found in recalled.values() for chunk, page in chunks_of(found).items()}
        fused = fused_chunks(recalled, dict(self._options.weights), self._options.constant)
        highest = max(fused.values(), default=0.0) or 1.0
        worth = {chunk: score / highest for chunk, score in fused.items()}
        profiles = {one.page: one.profile for one in weighed.evidence}
        for page in list(pages)[:k]:
            for ordinal, share in held_by_chunk(weighed.query, weighed.rarity, profiles.get(page)).items():
                chunk = (page[0], ordinal)
                worth[chunk] = worth.get(chunk, 0.0) + share
                page_by_chunk.setdefault(chunk, page)
        on_page: dict[PageKey, list[ChunkKey]] = {}
        for chunk in sorted(worth, key=lambda chunk: (-worth[chunk], chunk)):
            if chunk in fused or page_by_chunk[chunk] not in on_page:
                on_page.setdefault(page_by_chunk[chunk], []).append(chunk)
        scores = {
            chunk: score * self._options.next_passage**place
            for page, score in pages.items()
            for place, chunk in enumerate(on_page.get(page, ()))
        }
        return scores, page_by_chunk

    def _named(
        self, query: Query, pages: Mapping[PageKey, float], documents: Sequence[Document], trace: Trace
    ) -> dict[ChunkKey, _Named]:
        """The chunks on the pages that the question names. What was taken for what goes into `trace`.

        Among many documents only those are looked at of which something was recalled; the likelier a document is by
        its ranked `pages`, the more its named pages count.
        """
        references = page_references(query.text)
        if not references:
            return {}
        likely: dict[str, float] = {}
        for (document_id, _), score in pages.items():
            likely[document_id] = likely.get(document_id, 0.0) + score
        if len(documents) > _MOST_NAMED:
            documents = [document for document in documents if document.id in likely]
        looked_at = [(one.id, one.name, self._library.summaries(one.sha256)) for one in documents]
        taken, notes = take_pages(query.text, references, looked_at)
        trace.pages.extend(notes)
        named = [(document_id, number) for document_id, numbers in taken.items() for number in numbers]
        wanted = set(query.terms)
        return {
            (page[0], chunk.ordinal): _Named(
                page, len(wanted & set(chunk.terms.split())) / max(len(wanted), 1) + likely.get(page[0], 0.0)
            )
            for page, profile in self._words.profiles(named).items()
            for chunk in profile.chunks
        }

    def _askable(self, document_id: str) -> bool:
        try:
            return self._library.document(document_id).askable
        except NotFound:
            return False

    def _read(self, keys: Sequence[ChunkKey], by_id: dict[str, Document]) -> dict[ChunkKey, Chunk]:
        wanted: dict[str, list[int]] = {}
        for document_id, ordinal in keys:
            wanted.setdefault(document_id, []).append(ordinal)
        return {
            (document_id, chunk.ordinal): chunk
            for document_id, ordinals in wanted.items()
            for chunk in self._library.chunks(by_id[document_id].sha256, ordinals=ordinals)
        }


def _reranked(ranker: Ranker, weighed: Weighed) -> dict[PageKey, float]:
    """The pages with their scores, best first: those with features by the ranker, then the others as fused."""
    shares = softmax(ranker.scores(weighed.matrix))
    scores = {one.page: float(share) for one, share in zip(weighed.evidence, shares, strict=True)}
    floor, highest = min(scores.values(), default=1.0), max(weighed.fused.values(), default=0.0) or 1.0
    scores |= {page: floor * score / highest / 2 for page, score in weighed.fused.items() if page not in scores}
    return {page: scores[page] for page in sorted(scores, key=lambda page: (-scores[page], page))}


def _ranking(ranker: Ranker, weighed: Weighed, pages: Mapping[PageKey, float]) -> list[RankedPage]:
    """What the ranker did to each page, best first."""
    before, after = ({page: rank for rank, page in enumerate(order, 1)} for order in (weighed.fused, pages))
    ranked = [
        RankedPage(*one.page, before[one.page], after[one.page], pages[one.page], reasons)
        for one, reasons in zip(weighed.evidence, ranker.reasons(weighed.matrix), strict=True)
    ]
    return sorted(ranked, key=lambda one: one.after)


class _Findings:
    """Which branch found what, by page."""

    def __init__(self, weighed: Weighed, recalled: Recalled) -> None:
        self._asked = tuple(dict.fromkeys(terms(weighed.query.wording)))
        self._expanded = tuple(weighed.query.expansion.split())
        self._profiles = {one.page: one.profile for one in weighed.evidence}
        self._by_page: dict[PageKey, list[tuple[str, int, Candidate]]] = {}
        for branch, found in recalled.items():
            for rank, candidate in enumerate(found, 1):
                self._by_page.setdefault(page_of(candidate), []).append((branch, rank, candidate))

    def of(self, chunk: Chunk, page: PageKey) -> tuple[FoundBy, ...]:
        """The branches that found the chunk itself, or its page as a whole."""
        profile = self._profiles.get(page)
        held = [one.terms for one in profile.chunks if one.ordinal == chunk.ordinal] if profile else []
        present = set(held[0].split() if held else terms(chunk.text))
        asked, expanded = (tuple(one for one in wanted if one in present) for wanted in (self._asked, self._expanded))
        told = {"vectors": (), "expanded": expanded}
        return tuple(
            FoundBy(branch, rank, candidate.score, told.get(branch, asked))
            for branch, rank, candidate in self._by_page.get(page, ())
            if candidate.ordinal in (chunk.ordinal, None)
        )
