"""A question to the candidates of every branch: words of chunks and of pages, vectors, and what these lead to.

It does not know how a branch finds its candidates, nor how they are ranked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ingest.records import Document
from retrieval.asked import Asked
from retrieval.candidates import Recalled, each_once, fused_pages, in_turn, likely_documents, name_terms
from retrieval.dense import DenseIndex
from retrieval.explain import Trace
from retrieval.hits import QUESTIONS, Candidate
from retrieval.query import Query
from retrieval.scope import Pages
from retrieval.sparse import Branch, SparseIndex
from retrieval.terms import terms
from retrieval.wanted import Wanted

_BESIDE = 4  # searches whose vectors are looked for at once


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """`recalled` candidates a branch; `constant` and `weights` are those of reciprocal rank fusion.

    Where more than `focus` documents are asked, the `focus` likeliest are searched once more each on its own, for
    `focused` pages. The `reranked` best pages by fusion are ranked anew by their features. A page's second passage
    counts `next_passage` times as much as its first, the third that much less again. A reranker, where there is one,
    reads the `read_anew` best passages.
    """

    recalled: int = 100
    constant: float = 20.0
    weights: tuple[tuple[str, float], ...] = (
        ("words", 1.0),
        ("pages", 1.0),
        ("vectors", 0.6),
        ("expanded", 0.6),
        ("otherwise", 0.6),
        (QUESTIONS, 0.6),
        ("focused", 1.0),
    )
    focus: int = 3
    focused: int = 12
    reranked: int = 40
    next_passage: float = 0.4
    read_anew: int = 20


class Branches:
    """All branches over two indexes, which their owner keeps up to the library. `close` ends its threads."""

    def __init__(self, words: SparseIndex, vectors: DenseIndex, options: SearchOptions) -> None:
        self._words = words
        self._vectors = vectors
        self._options = options
        self._weights = dict(options.weights)
        self._beside = ThreadPoolExecutor(_BESIDE, "vectors")
        self._by_page = words.branch("page")
        self._by_chunk = words.branch("chunk")
        self._by_question = words.branch("question")

    def close(self) -> None:
        """Waits for what is still at work; no search may follow."""
        self._beside.shutdown()

    def recall(
        self,
        read: Callable[[], Query],
        text: str,
        asked: Asked,
        pages: Pages,
        also: Sequence[str],
        trace: Trace,
        look: Callable[[Recalled, Callable[[], bool]], None],
    ) -> Recalled:
        """The candidates of each branch, best first, for a question of that text, which `read` understands.

        Vectors are looked for from the first moment, while the question is read and its words are looked for. Until
        they are there, `look` has a look at what words have found; it ends once they are, as its second argument says.
        """
        scope, most = asked.scope, self._options.recalled
        vectors = self._beside.submit(self._vectors.recall, text, asked.ids, most, pages=pages)  # it holds no lock
        query = read()
        recalled: Recalled = {}

        def note(branch: str, find: Callable[[], list[Candidate]]) -> None:
            started = time.perf_counter()
            recalled[branch] = find()
            trace.candidates[branch] = len(recalled[branch])
            trace.seconds[branch] = time.perf_counter() - started

        rarity = self._words.idf(terms(f"{query.wording} {query.expansion}"), scope, pages)
        note("words", lambda: self._by_chunk.recall(query.wording, scope, most, pages=pages, rarity=rarity))
        note("pages", lambda: self._by_page.recall(query.wording, scope, most, pages=pages, rarity=rarity))
        note("expanded", lambda: self._by_page.recall(query.expansion, scope, most // 2, pages=pages, rarity=rarity))
        if self._words.asked:
            note(QUESTIONS, lambda: each_once(self._by_question.recall(text, scope, most, pages=pages)))
        focus = _Focus(self._by_page, query, rarity, self._options, pages)
        if not vectors.done():
            look(recalled, vectors.done)
        if not vectors.done():  # they seldom lead to other documents
            focus.pages_of(self.fused(recalled), asked.by_id)
        note("vectors", vectors.result)
        if also:
            note("otherwise", lambda: self._otherwise(also, asked, pages))
        note("focused", lambda: focus.pages_of(self.fused(recalled), asked.by_id))
        trace.expansion = query.expansion
        return recalled

    def fused(self, recalled: Recalled) -> dict[tuple[str, int], float]:
        """The pages of all branches with their fused scores."""
        return fused_pages(recalled, self._weights, self._options.constant)

    def _otherwise(self, texts: Collection[str], asked: Asked, pages: Pages) -> list[Candidate]:
        """What words and vectors find for texts that say the same otherwise, or what might answer."""
        most, rankings = self._options.recalled // 2, []
        for text in texts:
            rarity = self._words.idf(terms(text), asked.scope, pages)
            rankings.append(self._by_page.recall(text, asked.scope, most, pages=pages, rarity=rarity))
            rankings.append(self._vectors.recall(text, asked.ids, most, pages=pages))
        return in_turn(rankings)


class _Focus:
    """The best pages of the likeliest documents, each searched on its own: there its name is no news any more."""

    def __init__(
        self, by_page: Branch, query: Query, rarity: Mapping[str, float], options: SearchOptions, pages: Pages
    ) -> None:
        self._by_page = by_page
        self._texts = [text for text in (query.wording, query.expansion) if text]
        self._wanted = Wanted(query, rarity)
        self._rarity = rarity
        self._options = options
        self._pages = pages
        self._found: dict[str, list[list[Candidate]]] = {}  # by document

    def pages_of(self, fused: Mapping[tuple[str, int], float], documents: Mapping[str, Document]) -> list[Candidate]:
        """`fused`: the scores of pages. A document is searched once, however often it comes."""
        if len(documents) <= self._options.focus:
            return []
        rankings: list[list[Candidate]] = []
        for one in likely_documents(self._wanted, fused, documents, self._options.focus):
            if one.id not in self._found:
                self._found[one.id] = self._search(one)
            rankings += self._found[one.id]
        return in_turn(rankings)

    def _search(self, one: Document) -> list[list[Candidate]]:
        news = dict(self._rarity) | dict.fromkeys(self._wanted.said_by(name_terms(one.name)), 0.0)
        most = self._options.focused
        return [self._by_page.recall(text, [one.id], most, pages=self._pages, rarity=news) for text in self._texts]
