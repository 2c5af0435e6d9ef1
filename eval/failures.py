"""Why a question was missed: its page was not parsed, not recalled, or recalled but ranked low.

It reads pages and candidates; it changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from eval.datasets import Question
from eval.run import Bench, distinct_documents, distinct_pages, gold_rank
from ingest.errors import NotFound
from ingest.records import Page
from retrieval.candidates import Recalled
from retrieval.hits import Candidate
from retrieval.terms import terms

FIRST = 5
"""A question is missed when no gold page (or the gold document) is among so many distinct ones."""

ANSWERED_FROM = 0.5
"""The share of the answer's terms and numbers from which gold pages hold the answer."""

_ALL = 10_000  # more than the pages of any ranking


class Failure(StrEnum):
    NOT_PARSED = "not parsed"
    NOT_RECALLED = "not recalled"
    RANKED_LOW = "ranked low"


@dataclass(frozen=True, slots=True)
class Miss:
    """A missed question. `rank` is that of its best gold page in the whole ranking, `branch_ranks` in each branch.

    Ranks count distinct pages (documents, where the gold is one) from 1; None where there is none.
    """

    question: Question
    failure: Failure
    rank: int | None
    branch_ranks: dict[str, int | None]
    answer_share: float  # of the answer's terms, on the gold pages
    first: tuple[str, int] | None  # what stood first instead


def held_share(wanted: str, held: set[str]) -> float:
    """The share of the distinct terms and numbers of `wanted` that are in `held`; 0 where it has none."""
    asked = set(terms(wanted))
    return len(asked & held) / len(asked) if asked else 0.0


def is_parsed(question: Question, pages: Iterable[Page]) -> bool:
    """Whether the gold pages together hold what a search could find them by.

    They do when they hold at least half of the answer's distinct terms and numbers (`retrieval.terms`: no function
    words, English stems, Chinese bigrams). An answer that is not there may have been worked out, or stand in a
    picture: then any one of the question's terms will do. On `retrieval/en` 73 of 502 questions hold less than half of
    both, most of them ratios or counts whose page is there, so that a higher bar would blame the parser for them.
    """
    held = page_terms(pages)
    return held_share(question.answer, held) >= ANSWERED_FROM or held_share(question.text, held) > 0


def page_terms(pages: Iterable[Page]) -> set[str]:
    """The distinct terms of all blocks, running heads included."""
    return {term for page in pages for block in page.blocks for term in terms(block.text)}


def branch_ranks(question: Question, recalled: Recalled, names: dict[str, str]) -> dict[str, int | None]:
    """Of each branch, the rank of the first gold page among its distinct pages; `names`: document id -> name."""

    def pages(found: Sequence[Candidate]) -> list[tuple[str, int]]:
        return [(names[one.document_id], one.page) for one in found]

    return {branch: gold_rank(question, pages(found)) for branch, found in recalled.items()}


def failure_of(parsed: bool, ranks: dict[str, int | None]) -> Failure:
    """The class of a miss: the first stage that lost its gold pages."""
    if not parsed:
        return Failure.NOT_PARSED
    return Failure.RANKED_LOW if any(rank is not None for rank in ranks.values()) else Failure.NOT_RECALLED


def find_misses(bench: Bench, scope: str) -> list[Miss]:
    """The missed questions of a set, in its order."""
    misses = []
    names = {document.id: name for name, document in bench.documents.items()}
    for question in bench.questions.questions:
        documents = bench.scope(question, scope)
        hits = bench.search(question.text, documents)
        ranked = distinct_pages(hits, _ALL) if question.pages else distinct_documents(hits, _ALL)
        rank = gold_rank(question, ranked)
        if rank is not None and rank <= FIRST:
            continue
        ranks = branch_ranks(question, bench.recall(question.text, documents), names)
        gold = list(_gold_pages(bench, question))
        failure = failure_of(is_parsed(question, gold), ranks)
        share = held_share(question.answer, page_terms(gold))
        misses.append(Miss(question, failure, rank, ranks, share, ranked[0] if ranked else None))
    return misses


def _gold_pages(bench: Bench, question: Question) -> Iterator[Page]:
    """The gold pages that were parsed; all of the document's where the gold is the document."""
    sha256 = bench.documents[question.document].sha256
    if not question.pages:
        yield from bench.library.pages(sha256)
    for number in question.pages:
        with suppress(NotFound):
            yield bench.library.page(sha256, number)


def count_failures(questions: Sequence[Question], misses: Sequence[Miss]) -> dict[str, dict[str, int]]:
    """slice -> `n` questions, `missed`, and how many of each class."""
    asked = Counter(name for question in questions for name in question.slices)
    found = Counter((name, miss.failure) for miss in misses for name in miss.question.slices)
    return {
        name: {"n": asked[name], "missed": sum(found[name, failure] for failure in Failure)}
        | {failure.value: found[name, failure] for failure in Failure}
        for name in sorted(asked)
    }


def failures_report(bench: Bench, scope: str) -> dict[str, Any]:
    """The JSON of `recto eval failures`."""
    misses = find_misses(bench, scope)
    rows = [
        {
            "id": miss.question.id,
            "question": miss.question.text,
            "answer": miss.question.answer,
            "document": miss.question.document,
            "pages": miss.question.pages,
            "slices": miss.question.slices,
            "failure": miss.failure.value,
            "rank": miss.rank,
            "branch_ranks": miss.branch_ranks,
            "answer_share": round(miss.answer_share, 3),
            "first": miss.first,
        }
        for miss in misses
    ]
    slices = count_failures(bench.questions.questions, misses)
    return {"kind": "failures", "scope": scope, **bench.about(), "slices": slices, "misses": rows}
