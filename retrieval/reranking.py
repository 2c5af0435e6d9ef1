"""The best passages, ranked anew by a reranker. It does not know what a reranker is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from retrieval.explain import RerankedPassage
from retrieval.hits import PAGE_NAMED, FoundBy, Hit, Reranker

RERANKER = "reranker"
"""The branch that says a reranker's rank and score of a hit."""


def rerank(
    question: str, hits: Sequence[Hit], reranker: Reranker, most: int
) -> tuple[list[Hit], list[RerankedPassage]]:
    """The hits with the first `most` ranked anew, and what became of each of these, best first.

    Hits on pages that the question names stay first. Scores are the reranker's, 0 to 1, one more on such pages; those
    of the hits that were not read follow below, in the order and proportion that they had.
    """
    read, rest = hits[:most], hits[most:]
    scores = reranker.scores(question, [hit.chunk.text_to_embed for hit in read])
    ranked = sorted(
        ((hit, score + _named(hit), before) for before, (hit, score) in enumerate(zip(read, scores, strict=True), 1)),
        key=lambda one: (-one[1], one[2]),
    )
    told, found = [], []
    for after, (hit, score, before) in enumerate(ranked, 1):
        found_by = (*hit.found_by, FoundBy(RERANKER, after, score - _named(hit)))
        found.append(replace(hit, score=score, found_by=found_by))
        told.append(RerankedPassage(hit.document.id, hit.chunk.ordinal, before, after, score - _named(hit)))
    floor, highest = min(scores, default=1.0), max((hit.score for hit in rest), default=1.0) or 1.0
    return found + [replace(hit, score=floor * hit.score / highest / 2) for hit in rest], told


def _named(hit: Hit) -> float:
    return float(any(by.branch == PAGE_NAMED for by in hit.found_by))
