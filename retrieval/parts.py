"""Parts of the vector index: each an exact float16 index in FAISS that never changes once it is made.

It knows documents by id only; not where vectors come from, nor what a question is.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.embed import Vectors
from retrieval.scope import ALL_PAGES, Pages

_GPU_ROWS = 16_384
_GPU_MOST = 2048
"""The most rows that a search on a GPU can give."""


_GPU_TURN = threading.Lock()  # FAISS shares its scratch memory there among indexes: one call at a time


@dataclass(frozen=True, slots=True)
class Rows:
    """One document's vectors: float16 as bytes, shape (n, 2 × dimension); the ordinal and the page of each."""

    codes: NDArray[np.uint8]
    ordinals: NDArray[np.int32]
    pages: NDArray[np.int32]


def rows_of(vectors: NDArray[np.float16], pages: Sequence[int]) -> Rows:
    """The vectors of a document's chunks in order, less those that are all zero: they would never be found."""
    kept = np.flatnonzero(vectors.view(np.uint16).any(axis=1))  # numpy is slow at asking this of float16
    codes = np.ascontiguousarray(vectors[kept], dtype="<f2").view(np.uint8)
    return Rows(codes, kept.astype(np.int32), np.asarray(pages, dtype=np.int32)[kept])


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of whole documents: `spans` maps a document's id to its (first row, number of rows), in row order.

    `vectors` looks into FAISS's own memory: float16, shape (rows, dimension). `gpu` is a copy for searches of the whole
    part; FAISS cannot restrict a search to some rows there.
    """

    index: Any
    gpu: Any
    vectors: NDArray[np.float16]
    spans: Mapping[str, tuple[int, int]]
    ordinals: NDArray[np.int32]
    pages: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ordinals)

    @property
    def slack(self) -> float:
        """How far a score that FAISS gives may be from the exact one; on a GPU it multiplies in float16."""
        return 4e-3 if self.gpu is not None else 1e-5

    def rows(self, gone: Collection[str] = ()) -> Iterator[tuple[str, Rows]]:
        """Each document's rows but those of the documents gone."""
        codes = self.vectors.view(np.uint8)
        for document_id, (start, count) in self.spans.items():
            if document_id not in gone:
                rows = slice(start, start + count)
                yield document_id, Rows(codes[rows], self.ordinals[rows], self.pages[rows])

    def nearest(
        self, question: Vectors, scope: Collection[str], k: int, pages: Pages = ALL_PAGES
    ) -> tuple[NDArray[np.int64], bool]:
        """About the `k` nearest rows within the documents of a scope, in no order; whether those are all there are.

        Of a document that `pages` names, no other page counts.
        """
        import faiss

        faiss.omp_set_num_threads(1)  # of this thread: others have nothing to do for one question, and spin at it
        inside = self._inside(scope, pages)
        if k >= np.count_nonzero(inside):
            return np.flatnonzero(inside), True
        if inside.all():
            if self.gpu is not None and k <= _GPU_MOST:
                with _GPU_TURN:
                    _, found = self.gpu.search(question, k)
            else:
                _, found = self.index.search(question, k)
        else:
            selector = faiss.IDSelectorBitmap(np.packbits(inside, bitorder="little"))  # type: ignore[call-arg, arg-type]
            _, found = self.index.search(question, k, params=faiss.SearchParameters(sel=selector))  # type: ignore[call-arg]
        rows: NDArray[np.int64] = found[0][found[0] >= 0]
        return rows, len(rows) < k

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


def make_part(dimension: int, documents: Sequence[tuple[str, Rows]]) -> Part:
    """A part of the documents' rows, in that order; their float16 codes are copied as they are."""
    import faiss

    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    codes = np.concatenate([rows.codes for _, rows in documents])
    faiss.copy_array_to_vector(codes.reshape(-1), index.codes)
    index.ntotal = len(codes)
    del codes
    view = faiss.rev_swig_ptr(index.codes.data(), index.ntotal * index.code_size)
    spans: dict[str, tuple[int, int]] = {}
    start = 0
    for document_id, rows in documents:
        spans[document_id] = (start, len(rows.ordinals))
        start += len(rows.ordinals)
    return Part(
        index,
        _on_gpu(index),
        view.view("<f2").reshape(index.ntotal, dimension),
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


def _on_gpu(index: Any) -> Any:
    """A float16 copy of the index on the first GPU, if there is one."""
    resources = _gpu_resources()
    if resources is None:
        return None
    import faiss

    config = faiss.GpuIndexFlatConfig()
    config.useFloat16 = True
    with _GPU_TURN:
        copy = faiss.GpuIndexFlatIP(resources, index.d, config)
        for start in range(0, index.ntotal, _GPU_ROWS):
            copy.add(index.reconstruct_n(start, min(_GPU_ROWS, index.ntotal - start)))
    return copy
