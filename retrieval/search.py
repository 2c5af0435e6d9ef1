"""The one door to retrieval: a question and some documents to the best passages.

It does not know how a branch finds its candidates, nor what is asked of the hits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ingest.embed import Embedder
from ingest.errors import NotFound
from ingest.records import Chunk, Document
from ingest.store import EmbedderRecord, Library
from retrieval.asked import Asked, LastAsked
from retrieval.branches import Branches, SearchOptions
from retrieval.candidates import ChunkKey, Recalled, best_of, evidence_of, fused_chunks, name_terms
from retrieval.dense import DenseIndex
from retrieval.explain import Findings, Trace, ranking_told
from retrieval.features import Floats, Looks, features
from retrieval.hits import PAGE_NAMED, FoundBy, Hit, Index, Reranker
from retrieval.lexicon import Lexicon, load_lexicon
from retrieval.named_pages import NamedPages
from retrieval.presence import PAGES, load_presence, signs_of
from retrieval.query import Query, understand
from retrieval.ranker import Ranker, load_ranker
from retrieval.ranking import Weighed, best_evidence, passages_on, reranked, without_repeats
from retrieval.reranking import RERANKER, rerank
from retrieval.scope import ALL_PAGES, Pages, holds
from retrieval.sparse import SparseIndex
from retrieval.wanted import Wanted

__all__ = ["SearchOptions", "Searcher"]

_UNDERSTOOD = 64  # questions, the last
_NAMED = 1.0  # added to the score of a passage on a page that is named: more than any other can have


class Searcher:
    """Searches one library. Safe from several threads; `close` ends its own."""

    def __init__(
        self,
        library: Library,
        embedder: Embedder,
        options: SearchOptions | None = None,
        load: Callable[[EmbedderRecord], Embedder] | None = None,
        *,
        lexicon: Lexicon | None = None,
        ranker: Ranker | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        """`load` makes the embedder that the library puts in force (raises BadSetup); without it `embedder` stays.

        `lexicon` and `ranker` are Recto's own unless given; the best passages are read anew by a `reranker`, if any.
        """
        self._library = library
        self._options = options or SearchOptions()
        known = lexicon or load_lexicon()
        self._understand = lru_cache(_UNDERSTOOD)(lambda question, names: understand(question, known, names))
        self._ranker = ranker or load_ranker()
        self._reranker = reranker
        self._presence = load_presence()
        self._words = SparseIndex(library)
        self._vectors = DenseIndex(library, embedder, load)
        self._indexes: tuple[Index, ...] = (self._words, self._vectors)
        self._branches = Branches(self._words, self._vectors, self._options)
        self._named = NamedPages(library, self._words)
        self._asked = LastAsked()
        self._looks = lru_cache(_UNDERSTOOD)(self._looks_anew)

    def close(self) -> None:
        """Waits for what is still at work; no search may follow."""
        self._branches.close()
        self._vectors.close()

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
        self,
        question: str,
        documents: Sequence[Document],
        k: int = 10,
        *,
        pages: Pages = ALL_PAGES,
        also: Sequence[str] = (),
        trace: Trace | None = None,
    ) -> list[Hit]:
        """The best `k` passages of the documents given, best first, of some of them on the `pages` given only.

        `also`: texts that are looked for beside it.
        """
        recalled = self.recall(question, documents, pages=pages, also=also, trace=trace)
        if self._reranker is None:
            return self.rank(question, recalled, documents, k, pages=pages, trace=trace)
        trace, most = trace or Trace(), self._options.read_anew
        hits = self.rank(question, recalled, documents, max(k, most), pages=pages, trace=trace)
        started = time.perf_counter()
        hits, trace.reranked = rerank(question, hits, self._reranker, most)
        trace.candidates[RERANKER] = len(trace.reranked)
        trace.seconds[RERANKER] = time.perf_counter() - started
        return hits[:k]

    def understand(self, question: str, documents: Sequence[Document]) -> Query:
        return self._understand(question, self._asked.of(documents).names)

    def recall(
        self,
        question: str,
        documents: Sequence[Document],
        *,
        pages: Pages = ALL_PAGES,
        also: Sequence[str] = (),
        trace: Trace | None = None,
    ) -> Recalled:
        """The candidates of every branch, best first, from indexes that have caught up with the library.

        What is asked is looked at as if there were nothing else: a page is recalled however many others are better.
        """
        trace = trace or Trace()
        trace.notes.extend(self.top_up())
        asked = self._asked.of(documents)

        def read() -> Query:
            return self._understand(question, asked.names)

        def look(recalled: Recalled, enough: Callable[[], bool]) -> None:
            """At what ranking will ask for most likely, which is the better half of the pages; it is kept."""
            looks = self._looks_of(question, asked, pages)
            leading = best_of(self._branches.fused(recalled), self._options.reranked // 2)
            for page, profile in self._words.profiles(leading).items():
                if enough():
                    return
                looks.at(page, profile, name_terms(asked.by_id[page[0]].name))

        recalled = self._branches.recall(read, question, asked, pages, also, trace, look)
        if asked.ids and self._vectors.ready and not self._vectors.knows(question):
            trace.notes.append("vectors left out: the embedding model does not know this language")
        return recalled

    def recall_key(self) -> str:
        """Names what candidates depend on beside question, scope and code: the library's last change, the embedder."""
        position, options = self._library.position(), self._options
        sizes = f"{options.recalled}-{options.focus}-{options.focused}"
        return f"{position.epoch}-{position.sequence}-{self._vectors.identity}-{sizes}"

    def weigh(
        self, question: str, recalled: Recalled, documents: Sequence[Document], *, pages: Pages = ALL_PAGES
    ) -> Weighed:
        """What speaks for each of the pages that are to be ranked anew."""
        asked = self._asked.of(documents)
        by_id = asked.by_id
        recalled = _within(recalled, by_id, pages)
        fused = self._branches.fused(recalled)
        fused = {page: fused[page] for page in best_of(fused, len(fused))}
        leading = list(fused)[: self._options.reranked]
        looks = self._looks_of(question, asked, pages)
        evidence = evidence_of(leading, fused, recalled, self._words.profiles(leading), by_id)
        return Weighed(looks.wanted, evidence, features(looks, evidence), fused, recalled, by_id, pages)

    def _looks_of(self, question: str, asked: Asked, pages: Pages) -> Looks:
        """What pages hold of a question, of which every part is kept until the index is another."""
        index = tuple([one.shard.folder for one in self._words.shards])
        return self._looks(question, asked.names, asked.scope, frozenset(pages.items()), index)

    def _looks_anew(
        self, question: str, names: tuple[str, ...], scope: frozenset[str], pages: Collection[Any], _: tuple[str, ...]
    ) -> Looks:
        query = self._understand(question, names)
        return Looks(Wanted(query, self._words.idf(query.terms, scope, dict(pages))))

    def signs(self, weighed: Weighed, ranker: Ranker | None = None) -> Floats:
        """What speaks for an answer in the documents at all, as in `retrieval.presence`."""
        wanted = Wanted(weighed.wanted.query, self._words.idf_in_all(weighed.wanted.query.terms))
        return signs_of(wanted, best_evidence(ranker or self._ranker, weighed, PAGES))

    def rank(
        self,
        question: str,
        recalled: Recalled,
        documents: Sequence[Document],
        k: int = 10,
        *,
        pages: Pages = ALL_PAGES,
        trace: Trace | None = None,
        ranker: Ranker | None = None,
    ) -> list[Hit]:
        """The best `k` passages among the candidates that stand in the documents and pages given, best first.

        Those on pages that the question names come before all others. `ranker`: another than the searcher's own.
        """
        weighed = self.weigh(question, recalled, documents, pages=pages)
        return self.rank_weighed(weighed, k, trace=trace, ranker=ranker)

    def rank_weighed(
        self, weighed: Weighed, k: int = 10, *, trace: Trace | None = None, ranker: Ranker | None = None
    ) -> list[Hit]:
        """As `rank`, of what `weigh` gave."""
        recalled, by_id = weighed.recalled, weighed.documents
        ranker = ranker or self._ranker
        ranked = reranked(ranker, weighed)
        if trace is not None:
            trace.ranking = ranking_told(ranker, weighed, ranked)
            trace.presence = self._presence.probability(self.signs(weighed, ranker))
        fused = fused_chunks(recalled, dict(self._options.weights), self._options.constant)
        scores, page_by_chunk = passages_on(ranked, weighed, fused, k, self._options.next_passage)
        named = self._named.of(weighed, ranked, trace or Trace())
        for chunk, one in named.items():
            page_by_chunk[chunk] = one.page
            scores[chunk] = _NAMED + one.share + scores.get(chunk, ranked.get(one.page, 0.0))
        ordered = sorted(scores, key=lambda key: (-scores[key], key))
        best = without_repeats(ordered, page_by_chunk, weighed, k)
        chunks = self._read(best, by_id)
        # A document may have gone, or been cut anew, since it was recalled.
        present = {one for one in {document_id for document_id, _ in chunks} if self._askable(one)}
        found_by = Findings(weighed, {page_by_chunk[key] for key in best})

        def named_by(key: ChunkKey) -> tuple[FoundBy, ...]:
            return (FoundBy(PAGE_NAMED, 1, named[key].share),) if key in named else ()

        return [
            Hit(by_id[key[0]], chunks[key], scores[key], named_by(key) + found_by.of(chunks[key], page_by_chunk[key]))
            for key in best
            if key in chunks and key[0] in present and chunks[key].page == page_by_chunk[key][1]
        ]

    def _askable(self, document_id: str) -> bool:
        try:
            return self._library.document(document_id).askable
        except NotFound:
            return False

    def _read(self, keys: Sequence[ChunkKey], by_id: Mapping[str, Document]) -> dict[ChunkKey, Chunk]:
        wanted: dict[str, list[int]] = {}
        for document_id, ordinal in keys:
            wanted.setdefault(document_id, []).append(ordinal)
        return {
            (document_id, chunk.ordinal): chunk
            for document_id, ordinals in wanted.items()
            for chunk in self._library.chunks_of(by_id[document_id], ordinals=ordinals)
        }


def _within(recalled: Recalled, by_id: Mapping[str, Document], pages: Pages) -> Recalled:
    """The candidates in the documents, on the pages that are asked."""
    return {
        branch: [one for one in found if one.document_id in by_id and holds(pages, one.document_id, one.page)]
        for branch, found in recalled.items()
    }
