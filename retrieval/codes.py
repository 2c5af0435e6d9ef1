"""Vectors in eight bits a number, in FAISS: half the bytes to look through, and how far its scores may be from exact.

Pure; it knows rows by their number only, not what they stand for, nor how exact scores are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.embed import Vectors

_MOST = 127  # of a code, either way
_ZERO = 128  # what FAISS takes from a code as it is kept
_ROWS = 8192  # made at a time
_ROUNDING = 2e-5  # of sums in float32


@dataclass(frozen=True, slots=True)
class Near:
    """Rows and their scores by codes, best first; `off`: how far from the exact one a score may be, at most."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    off: float


@dataclass(frozen=True, slots=True)
class Codes:
    """`index` holds a code from -127 to 127 for each number, which is about `middle` + `step` times its code.

    `middle` and `step` are those of a column, `length` is the greatest of any row's codes.
    """

    index: Any
    middle: NDArray[np.float32]
    step: NDArray[np.float32]
    length: float

    def nearest(self, question: Vectors, k: int, inside: NDArray[np.bool_] | None = None) -> Near:
        """The `k` best rows by codes, of those `inside` where given; `question` has shape (1, dimension).

        FAISS multiplies whole numbers only, so that the question is in codes too: q_j step_j = t g_j + u_j. With
        x_j = middle_j + step_j (c_j + e_j), |e_j| <= 1/2, what the score q middle + t g c leaves out is
        sum q_j step_j e_j + u c <= sum |q_j| step_j / 2 + |u| |c|.
        """
        import faiss

        faiss.omp_set_num_threads(1)  # of this thread: others have nothing to do for one question, and spin at it
        scaled = question[0] * self.step
        unit = max(float(np.abs(scaled).max()), float(np.finfo(np.float32).tiny)) / _MOST
        whole = np.rint(scaled / unit)
        left = float(np.linalg.norm(scaled - unit * whole)) * self.length
        off = float(np.abs(scaled).sum()) / 2 + left + _ROUNDING
        parameters = None
        if inside is not None:
            selector = faiss.IDSelectorBitmap(np.packbits(inside, bitorder="little"))  # type: ignore[call-arg, arg-type]
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        found, rows = self.index.search(whole[None], k, params=parameters)
        there = rows[0] >= 0
        scores = found[0][there].astype(np.float64) * unit + float(question[0] @ self.middle)
        return Near(rows[0][there], scores, off)


def codes_of(vectors: NDArray[np.float16]) -> Codes:
    """Codes of finite vectors, shape (rows, dimension)."""
    import faiss

    rows, dimension = vectors.shape
    blocks = [slice(start, start + _ROWS) for start in range(0, rows, _ROWS)]
    ends = [(some.min(axis=0), some.max(axis=0)) for some in (vectors[block].astype(np.float32) for block in blocks)]
    least = np.min([low for low, _ in ends], axis=0)
    greatest = np.max([high for _, high in ends], axis=0)
    middle = (least + greatest) / 2
    step = np.maximum((greatest - least) / (2 * _MOST), np.finfo(np.float32).tiny)
    codes = np.empty((rows, dimension), dtype=np.uint8)
    length = 0.0
    for block in blocks:
        some = vectors[block].astype(np.float32)
        some -= middle
        some *= 1 / step
        np.rint(some, out=some)
        length = max(length, float(np.einsum("ij,ij->i", some, some).max()))
        some += _ZERO
        codes[block] = some
    kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
    index = faiss.IndexScalarQuantizer(dimension, kind, faiss.METRIC_INNER_PRODUCT)
    faiss.copy_array_to_vector(codes.reshape(-1), index.codes)
    index.ntotal = rows
    return Codes(index, middle, step, length**0.5)
