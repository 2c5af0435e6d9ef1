"""From what the branches recalled to candidate pages: fused ranks, likely documents, the evidence of each page.

Pure; it does not know how a branch recalls, nor how the evidence is weighed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest
from operator import itemgetter

from ingest.records import Document
from retrieval.features import Evidence, PageKey
from retrieval.fusion import reciprocal_rank_fusion
from retrieval.hits import Candidate
from retrieval.profiles import Profile, plain_name
from retrieval.terms import is_chinese, terms
from retrieval.wanted import Wanted

Recalled = dict[str, list[Candidate]]  # branch -> its candidates, best first
ChunkKey = tuple[str, int]  # document id, ordinal

_PAGES_OF_DOCUMENT = 3
_NAME = 0.5  # what a name that says all of the query adds to a document's fused scores


page_of: Callable[[Candidate], PageKey] = itemgetter(0, 1)
"""The page of a candidate; asked of a thousand in a search."""


def pages_of(found: Sequence[Candidate]) -> list[PageKey]:
    """The pages of a ranking, each where it comes first."""
    return list(dict.fromkeys(map(page_of, found)))


def chunks_of(found: Sequence[Candidate]) -> dict[ChunkKey, PageKey]:
    """The chunks of a ranking in order, each with its page."""
    return {(one.document_id, one.ordinal): page_of(one) for one in found if one.ordinal is not None}


def fused_pages(recalled: Recalled, weights: Mapping[str, float], constant: float) -> dict[PageKey, float]:
    return reciprocal_rank_fusion({b: pages_of(found) for b, found in recalled.items()}, weights, constant=constant)


def best_of(fused: Mapping[PageKey, float], most: int) -> list[PageKey]:
    """The pages with the highest scores, best first; equal ones in the order of their keys."""
    return sorted(fused, key=lambda page: (-fused[page], page))[:most]


def fused_chunks(recalled: Recalled, weights: Mapping[str, float], constant: float) -> dict[ChunkKey, float]:
    return reciprocal_rank_fusion(
        {b: list(chunks_of(found)) for b, found in recalled.items()}, weights, constant=constant
    )


def without_pages(recalled: Recalled, pages: Collection[PageKey]) -> Recalled:
    """The candidates that stand on other pages: ranking them searches the documents as if these pages were missing."""
    return {branch: [one for one in found if page_of(one) not in pages] for branch, found in recalled.items()}


@lru_cache(maxsize=4096)
def name_terms(name: str) -> str:
    """The terms of a document's name, with spaces between."""
    return " ".join(terms(plain_name(name)))


@lru_cache(maxsize=16_384)
def chinese_name(name: str) -> str:
    """A document's name without its ending where it is Chinese, else ""."""
    stem = name.rsplit(".", 1)[0]
    return stem if is_chinese(stem) else ""


def likely_documents(
    wanted: Wanted,
    fused: Mapping[PageKey, float],
    documents: Mapping[str, Document],
    most: int,
) -> list[Document]:
    """The documents of the best fused pages, and those that the query names, best first."""
    scores: dict[str, list[float]] = {}
    for (document_id, _), score in fused.items():
        scores.setdefault(document_id, []).append(score)
    likely = {
        document_id: sum(sorted(found)[-_PAGES_OF_DOCUMENT:])
        + _NAME * wanted.name_share(name_terms(documents[document_id].name))
        for document_id, found in scores.items()
    }
    best = sorted(likely, key=lambda document_id: (-likely[document_id], document_id))[:most]
    return [documents[document_id] for document_id in best]


def in_turn(rankings: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """One ranking of several: the first of each, then the second of each; every page once."""
    turns = (one for together in zip_longest(*rankings) for one in together if one is not None)
    found: dict[PageKey, Candidate] = {}
    for one in turns:
        found.setdefault(page_of(one), one)
    return list(found.values())


def each_once(found: Sequence[Candidate]) -> list[Candidate]:
    """A ranking with each chunk where it comes first."""
    kept: dict[tuple[str, int, int | None], Candidate] = {}
    for one in found:
        kept.setdefault((one.document_id, one.page, one.ordinal), one)
    return list(kept.values())


def evidence_of(
    pages: Sequence[PageKey],
    fused: Mapping[PageKey, float],
    recalled: Recalled,
    profiles: Mapping[PageKey, Profile],
    documents: Mapping[str, Document],
) -> list[Evidence]:
    """What speaks for each of the pages, in their order; those without a profile are left out."""
    by_words = dict(_ranked(recalled.get("pages", ())))
    by_vectors = dict(_ranked(recalled.get("vectors", ())))
    found = []
    for page in pages:
        if page not in profiles:
            continue
        page_rank, page_bm25 = by_words.get(page, (None, 0.0))
        vector_rank, cosine = by_vectors.get(page, (None, 0.0))
        document = documents[page[0]]
        found.append(
            Evidence(
                page,
                profiles[page],
                name_terms(document.name),
                document.pages,
                fused=fused[page],
                page_bm25=page_bm25,
                page_rank=page_rank,
                cosine=cosine,
                vector_rank=vector_rank,
            )
        )
    return found


def _ranked(found: Sequence[Candidate]) -> Iterator[tuple[PageKey, tuple[int, float]]]:
    """Each page with the rank and score of its best candidate."""
    seen: set[PageKey] = set()
    for rank, one in enumerate(found, 1):
        page = page_of(one)
        if page not in seen:
            seen.add(page)
            yield page, (rank, one.score)
