"""What a search did, for people: what each branch gave, what the ranking moved, which branch found a passage.

Pure; nothing here changes what is found.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ingest.records import Chunk
from retrieval.candidates import page_of
from retrieval.features import PageKey
from retrieval.hits import QUESTIONS, Candidate, FoundBy
from retrieval.ranker import Ranker
from retrieval.ranking import Weighed
from retrieval.terms import terms


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
class RerankedPassage:
    """What a cross-encoder did to a passage: its rank before and after, from 1, and the score, 0 to 1."""

    document_id: str
    ordinal: int
    before: int
    after: int
    score: float


@dataclass(slots=True)
class Trace:
    """What each branch did for a question: candidates and seconds; why one was left out; what the reranker changed.

    Vectors are looked for beside the words: their seconds are what they took longer.
    `pages` says which pages were taken for those that the question names, `expansion` what else was looked for.
    `presence` is the probability that the documents hold an answer at all, as in `retrieval.presence`.
    """

    candidates: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    expansion: str = ""
    ranking: list[RankedPage] = field(default_factory=list)
    reranked: list[RerankedPassage] = field(default_factory=list)
    presence: float | None = None


def ranking_told(ranker: Ranker, weighed: Weighed, pages: Mapping[PageKey, float]) -> list[RankedPage]:
    """What the ranker did to each page, best first."""
    before, after = ({page: rank for rank, page in enumerate(order, 1)} for order in (weighed.fused, pages))
    ranked = [
        RankedPage(*one.page, before[one.page], after[one.page], pages[one.page], reasons)
        for one, reasons in zip(weighed.evidence, ranker.reasons(weighed.matrix), strict=True)
    ]
    return sorted(ranked, key=lambda one: one.after)


class Findings:
    """Which branch found what, by page."""

    def __init__(self, weighed: Weighed, pages: Collection[PageKey]) -> None:
        """`pages`: those that will be asked about."""
        query = weighed.wanted.query
        self._asked = tuple(dict.fromkeys(terms(query.wording)))
        self._expanded = tuple(query.expansion.split())
        self._profiles = {one.page: one.profile for one in weighed.evidence}
        self._by_page: dict[PageKey, list[tuple[str, int, Candidate]]] = {}
        for branch, found in weighed.recalled.items():
            for rank, candidate in enumerate(found, 1):
                if (page := page_of(candidate)) in pages:
                    self._by_page.setdefault(page, []).append((branch, rank, candidate))

    def of(self, chunk: Chunk, page: PageKey) -> tuple[FoundBy, ...]:
        """The branches that found the chunk itself, or its page as a whole."""
        profile = self._profiles.get(page)
        held = [one.each for one in profile.chunks if one.ordinal == chunk.ordinal] if profile else []
        present = frozenset(held[0] if held and not chunk.questions else terms(f"{chunk.text}\n{chunk.note}"))
        asked, expanded = (tuple(one for one in wanted if one in present) for wanted in (self._asked, self._expanded))
        told = {"vectors": (), "expanded": expanded}
        return tuple(
            self._by_question(chunk, rank, candidate)
            if branch == QUESTIONS
            else FoundBy(branch, rank, candidate.score, told.get(branch, asked))
            for branch, rank, candidate in self._by_page.get(page, ())
            if candidate.ordinal in (chunk.ordinal, None)
        )

    def _by_question(self, chunk: Chunk, rank: int, candidate: Candidate) -> FoundBy:
        """Of the questions that a model wrote for the chunk the one that shares most terms with what is asked."""
        shared = [(tuple(one for one in self._asked if one in terms(text)), text) for text in chunk.questions]
        held, question = max(shared, key=lambda one: len(one[0]), default=((), ""))
        return FoundBy(QUESTIONS, rank, candidate.score, held, question)
