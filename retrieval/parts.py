"""Parts of the vector index: float16 vectors of whole documents, exactly searched, that never change once made.

It knows documents by id only; not where vectors come from, nor what a question is.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.embed import Vectors
from retrieval.codes import Codes, Near, codes_of
from retrieval.scope import ALL_PAGES, Pages

_GPU_ROWS = 16_384
_GPU_MOST = 2048
"""The most rows that a search on a GPU can give."""
_GPU_OFF = 4e-3  # it multiplies in float16

_DECIMALS = 6
_TIE = 1e-6
_AHEAD = 4  # times as many rows as are wanted are asked of each part at first
_MARGIN = 32
_INFINITE = 0x7C00  # as bits of a float16; all magnitudes below are finite

_GPU_TURN = threading.Lock()  # FAISS shares its scratch memory there among indexes: one call at a time


@dataclass(frozen=True, slots=True)
class Rows:
    """One document's vectors: float16, shape (n, dimension); the ordinal and the page of each."""

    vectors: NDArray[np.float16]
    ordinals: NDArray[np.int32]
    pages: NDArray[np.int32]


def rows_of(vectors: NDArray[np.float16], pages: Sequence[int]) -> Rows:
    """The vectors of a document's chunks in order, less those that could never be found: all zero, or not finite."""
    magnitudes = (vectors.view(np.uint16) & 0x7FFF).max(axis=1)  # numpy is slow at asking this of float16
    kept = np.flatnonzero((magnitudes > 0) & (magnitudes < _INFINITE))
    return Rows(vectors[kept], kept.astype(np.int32), np.asarray(pages, dtype=np.int32)[kept])


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of whole documents: `spans` maps a document's id to its (first row, number of rows), in row order.

    `vectors`: float16, shape (rows, dimension); `codes` are theirs. `gpu` is a copy for searches of the whole part;
    FAISS cannot restrict a search to some rows there.
    """

    vectors: NDArray[np.float16]
    codes: Codes
    gpu: Any
    spans: Mapping[str, tuple[int, int]]
    ordinals: NDArray[np.int32]
    pages: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ordinals)

    def rows(self, gone: Collection[str] = ()) -> Iterator[tuple[str, Rows]]:
        """Each document's rows but those of the documents gone."""
        for document_id, (start, count) in self.spans.items():
            if document_id not in gone:
                rows = slice(start, start + count)
                yield document_id, Rows(self.vectors[rows], self.ordinals[rows], self.pages[rows])

    def nearest(self, question: Vectors, scope: Collection[str], k: int, pages: Pages = ALL_PAGES) -> Near:
        """About the `k` nearest rows within the documents of a scope; fewer only where there are no more.

        Of a document that `pages` names, no other page counts.
        """
        if pages.keys().isdisjoint(self.spans) and all(map(scope.__contains__, self.spans)):
            if self.gpu is not None and k <= _GPU_MOST:
                with _GPU_TURN:
                    scores, rows = self.gpu.search(question, k)
                there = rows[0] >= 0
                return Near(rows[0][there], scores[0][there].astype(np.float64), _GPU_OFF)
            return self.codes.nearest(question, k)
        inside = self._inside(scope, pages)
        if np.count_nonzero(inside) <= k:
            rows = np.flatnonzero(inside)
            return Near(rows, self.exact(rows, question), _TIE)
        return self.codes.nearest(question, k, inside)

    def exact(self, rows: NDArray[np.int64], question: Vectors) -> NDArray[np.float64]:
        """The scores of rows: computed in float64, rounded to six decimals."""
        scores: NDArray[np.float64] = self.vectors[rows].astype(np.float64) @ question[0].astype(np.float64)
        return np.round(scores, _DECIMALS)

    def owners(self, rows: NDArray[np.int64]) -> list[str]:
        """The document of each row."""
        starts = np.fromiter((start for start, _ in self.spans.values()), np.int64, len(self.spans))
        ids = list(self.spans)
        return [ids[place] for place in (np.searchsorted(starts, rows, side="right") - 1).tolist()]

    def _inside(self, scope: Collection[str], pages: Pages) -> NDArray[np.bool_]:
        """Of each row whether it stands in the scope, on the pages that are asked."""
        inside = np.zeros(len(self), dtype=np.bool_)
        for document_id, (start, count) in self.spans.items():
            if document_id in scope:
                rows = slice(start, start + count)
                ranges = pages.get(document_id)
                numbers = self.pages[rows]
                inside[rows] = (
                    True if ranges is None else np.any([(numbers >= a) & (numbers <= b) for a, b in ranges], axis=0)
                )
        return inside


class Through(Protocol):
    """As `map`: the function of each part, at once or one after the other."""

    def __call__(self, function: Any, parts: Sequence[Part], /) -> Iterable[Near]: ...


def nearest(
    parts: Sequence[Part], question: Vectors, scope: Collection[str], k: int, pages: Pages, through: Through = map
) -> list[tuple[Part, NDArray[np.int64], NDArray[np.float64]]]:
    """Of each part the rows among which are the `k` nearest of all and those that tie with them, with exact scores.

    No score is farther from the exact one than its part says. Of the `k` best by these scores the worst exact one is
    a floor: a row whose score lies farther below it, found or not, is none of the `k` nearest.
    """
    wanted = _AHEAD * k + _MARGIN
    found = list(through(lambda part: part.nearest(question, scope, wanted, pages), parts))
    floor = _floor(parts, found, question, k)
    whole = []
    for part, near in zip(parts, found, strict=True):
        asked = wanted
        while len(near.rows) >= asked and near.scores.min() + near.off >= floor:
            asked *= _AHEAD
            near = part.nearest(question, scope, asked, pages)
        rows = near.rows[near.scores + near.off >= floor]
        whole.append((part, rows, part.exact(rows, question)))
    return whole


def _floor(parts: Sequence[Part], found: Sequence[Near], question: Vectors, k: int) -> float:
    """Below which no exact score is among the `k` best; minus infinity where there are not that many rows."""
    scores = np.concatenate([near.scores for near in found])
    if len(scores) < k:
        return -np.inf
    bound = np.partition(scores, -k)[-k]
    best = [part.exact(near.rows[near.scores >= bound], question) for part, near in zip(parts, found, strict=True)]
    return float(np.partition(np.concatenate(best), -k)[-k]) - _TIE


def make_part(documents: Sequence[tuple[str, Rows]]) -> Part:
    """A part of the documents' rows, in that order."""
    vectors = np.concatenate([rows.vectors for _, rows in documents])
    spans: dict[str, tuple[int, int]] = {}
    start = 0
    for document_id, rows in documents:
        spans[document_id] = (start, len(rows.ordinals))
        start += len(rows.ordinals)
    return Part(
        vectors,
        codes_of(vectors),
        _on_gpu(vectors),
        spans,
        np.concatenate([rows.ordinals for _, rows in documents]),
        np.concatenate([rows.pages for _, rows in documents]),
    )


@lru_cache(maxsize=1)
def _gpu_resources() -> Any:
    """FAISS's scratch memory on the first GPU; None where there is none, or only the CPU build of FAISS."""
    import faiss

    if not hasattr(faiss, "StandardGpuResources") or faiss.get_num_gpus() < 1:
        return None
    return faiss.StandardGpuResources()


def _on_gpu(vectors: NDArray[np.float16]) -> Any:
    """A float16 copy of the vectors on the first GPU, if there is one."""
    resources = _gpu_resources()
    if resources is None:
        return None
    import faiss

    config = faiss.GpuIndexFlatConfig()
    config.useFloat16 = True
    with _GPU_TURN:
        copy = faiss.GpuIndexFlatIP(resources, vectors.shape[1], config)
        for start in range(0, len(vectors), _GPU_ROWS):
            copy.add(vectors[start : start + _GPU_ROWS].astype(np.float32))
    return copy
