"""From weighed candidate pages to ranked pages, and from these to the passages on them.

Pure; it does not know how candidates are recalled, nor what a ranker weighs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ingest.records import Document
from retrieval.candidates import ChunkKey, Recalled, chunks_of
from retrieval.features import Evidence, Floats, PageKey
from retrieval.ranker import Ranker, softmax
from retrieval.scope import Pages
from retrieval.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Weighed:
    """A question and its candidate pages before they are ranked anew.

    `matrix` has a row of features for each of `evidence`; `fused` holds the fused scores of all pages, best first.
    `recalled` are the candidates, all on the `pages` asked of `documents`, which are those asked by id.
    """

    wanted: Wanted
    evidence: Sequence[Evidence]
    matrix: Floats
    fused: Mapping[PageKey, float]
    recalled: Recalled
    documents: Mapping[str, Document]
    pages: Pages


def best_evidence(ranker: Ranker, weighed: Weighed, most: int) -> list[Evidence]:
    """The evidence of the best pages by the ranker, best first; ties in the order of the fused ranks."""
    order = np.argsort(-ranker.scores(weighed.matrix), kind="stable")[:most]
    return [weighed.evidence[place] for place in order.tolist()]


def reranked(ranker: Ranker, weighed: Weighed) -> dict[PageKey, float]:
    """The pages with their scores, best first: those with features by the ranker, then the others as fused."""
    shares = softmax(ranker.scores(weighed.matrix))
    scores = {one.page: float(share) for one, share in zip(weighed.evidence, shares, strict=True)}
    floor, highest = min(scores.values(), default=1.0), max(weighed.fused.values(), default=0.0) or 1.0
    scores |= {page: floor * score / highest / 2 for page, score in weighed.fused.items() if page not in scores}
    return {page: scores[page] for page in sorted(scores, key=lambda page: (-scores[page], page))}


def passages_on(
    pages: Mapping[PageKey, float],
    weighed: Weighed,
    fused: Mapping[ChunkKey, float],
    k: int,
    next_passage: float,
) -> tuple[dict[ChunkKey, float], dict[ChunkKey, PageKey]]:
    """The chunks on the pages with their scores, and the page of each: those found, else the one that fits best.

    A page's first chunk has the page's score, the next ones ever less.
    """
    page_by_chunk = {chunk: page for found in weighed.recalled.values() for chunk, page in chunks_of(found).items()}
    highest = max(fused.values(), default=0.0) or 1.0
    worth = {chunk: score / highest for chunk, score in fused.items()}
    profiles = {one.page: one.profile for one in weighed.evidence}
    for page in list(pages)[:k]:
        for ordinal, share in weighed.wanted.held_by_chunk(profiles.get(page)).items():
            chunk = (page[0], ordinal)
            worth[chunk] = worth.get(chunk, 0.0) + share
            page_by_chunk.setdefault(chunk, page)
    on_page: dict[PageKey, list[ChunkKey]] = {}
    for chunk in sorted(worth, key=lambda chunk: (-worth[chunk], chunk)):
        if chunk in fused or page_by_chunk[chunk] not in on_page:
            on_page.setdefault(page_by_chunk[chunk], []).append(chunk)
    scores = {
        chunk: score * next_passage**place
        for page, score in pages.items()
        for place, chunk in enumerate(on_page.get(page, ()))
    }
    return scores, page_by_chunk


def without_repeats(
    ordered: Sequence[ChunkKey], page_by_chunk: Mapping[ChunkKey, PageKey], weighed: Weighed, k: int
) -> list[ChunkKey]:
    """The first `k` chunks, less those that say in the same terms what a better one of their document says."""
    profiles = {one.page: one.profile for one in weighed.evidence}
    said: set[tuple[str, str]] = set()
    kept: list[ChunkKey] = []
    for chunk in ordered:
        if len(kept) == k:
            break
        profile = profiles.get(page_by_chunk[chunk])
        terms = next((one.terms for one in profile.chunks if one.ordinal == chunk[1]), "") if profile else ""
        if not terms or (chunk[0], terms) not in said:
            kept.append(chunk)
            said.add((chunk[0], terms))
    return kept
