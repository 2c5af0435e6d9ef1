"""What retrieval produces: hits, and the seams behind which they are found.

It does not know how a branch searches, nor what is asked of the hits afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ingest.records import Chunk, Document
from retrieval.scope import ALL_PAGES, Pages

PAGE_NAMED = "page named"
"""The branch of a hit that stands on a page which the question names."""

QUESTIONS = "questions"
"""The branch that looks among the questions which a model wrote for chunks."""


@dataclass(frozen=True, slots=True)
class FoundBy:
    """One branch's finding of a hit, or of the page on which it stands. `rank` counts from 1.

    `terms` are those of the question's terms that the passage holds; `question`: the one written for it by which the
    branch QUESTIONS found it.
    """

    branch: str
    rank: int
    score: float
    terms: tuple[str, ...] = ()
    question: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question. `score` orders hits of one search and means nothing across searches."""

    document: Document
    chunk: Chunk
    score: float
    found_by: tuple[FoundBy, ...]


class Candidate(NamedTuple):
    """What a branch recalled: a chunk (`ordinal` names it in its document) or, without one, a whole page.

    Higher scores are better.
    """

    document_id: str
    page: int
    ordinal: int | None
    score: float


class Retriever(Protocol):
    """A branch of recall over one library."""

    def recall(
        self, question: str, document_ids: Sequence[str], k: int, *, pages: Pages = ALL_PAGES
    ) -> list[Candidate]:
        """The best `k` chunks of the documents named, best first; empty when the branch knows nothing.

        Of a document that `pages` names, those on its pages alone are looked at.
        """
        ...


class Reranker(Protocol):
    """Reads passages together with the question."""

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the question, 0 to 1."""
        ...


class Index(Protocol):
    """A cache of a library from which branches recall."""

    def top_up(self) -> str:
        """Brings the index up to the library's last change; says why it is behind or left out, where it is."""
        ...

    def purge(self) -> None:
        """Clears what is left of removed documents from the disk; they are in no answer long before."""
        ...

    def check(self) -> list[str]:
        """What is wrong with the index, in plain words; changes nothing."""
        ...
