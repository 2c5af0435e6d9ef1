"""Which of some sentences says most of what they all say: LexRank (Erkan and Radev 2004), without a threshold.

Sentences are bags of terms weighted by tf * idf; p = d / n + (1 - d) * B^T p, where row u of B holds the cosines of
sentence u with all sentences, divided by their sum, and d = 0.15. It knows no documents.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_DAMPING = 0.15
_ROUNDS = 100
_CLOSE = 1e-6


def centrality(bags: Sequence[Counter[str]]) -> list[float]:
    """A score for each bag of terms, their sum 1; where none shares a term with another, all are alike.

    Takes memory for the square of their number.
    """
    count = len(bags)
    if not count:
        return []
    similar = _cosines(bags)
    walk = (similar / similar.sum(axis=1, keepdims=True)).T
    scores = np.full(count, 1 / count)
    for _ in range(_ROUNDS):
        after = _DAMPING / count + (1 - _DAMPING) * walk @ scores
        if np.abs(after - scores).sum() < _CLOSE:
            break
        scores = after
    return [float(score) for score in scores]


def _cosines(bags: Sequence[Counter[str]]) -> npt.NDArray[np.float64]:
    """The cosine of each pair, shape (n, n); one with itself is 1, also where it is empty."""
    holding = Counter(term for bag in bags for term in bag)
    places = {term: place for place, term in enumerate(holding)}
    weights = np.zeros((len(bags), len(places)))
    for row, bag in enumerate(bags):
        for term, times in bag.items():
            weights[row, places[term]] = times * math.log(1 + len(bags) / holding[term])
    lengths = np.linalg.norm(weights, axis=1, keepdims=True)
    unit = weights / np.where(lengths, lengths, 1)
    similar: npt.NDArray[np.float64] = unit @ unit.T
    np.fill_diagonal(similar, 1)
    return similar
