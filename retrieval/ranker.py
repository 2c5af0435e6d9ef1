"""The light reranker: a linear model over the features of candidate pages, from a file that people can read.

It knows weights, not how features are found nor how the weights were learnt (`recto eval train` learns them).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ingest.errors import BadSetup
from retrieval.features import BY_VECTORS, FEATURES, Floats

FILE = Path(__file__).with_name("ranker.toml")

_TOLD = 4  # reasons


@dataclass(frozen=True, slots=True)
class Ranker:
    """Weights by feature: with vectors, and for questions in a language of which the embedder knows nothing."""

    with_vectors: Mapping[str, float]
    by_words: Mapping[str, float]

    def weights(self, matrix: Floats) -> Floats:
        """float64, shape (features,): those that fit the candidates."""
        known = matrix[:, [name in BY_VECTORS for name in FEATURES]].any()
        named = self.with_vectors if known else self.by_words
        return np.array([named.get(name, 0.0) for name in FEATURES])

    def scores(self, matrix: Floats) -> Floats:
        """One score a row of the features' matrix: the model's log odds of the page, up to a constant."""
        scores: Floats = matrix @ self.weights(matrix)
        return scores

    def reasons(self, matrix: Floats) -> list[dict[str, float]]:
        """What raised or lowered each page most against the mean of the candidates, the largest first."""
        if not len(matrix):
            return []
        parts = (matrix - matrix.mean(axis=0)) * self.weights(matrix)
        names = list(FEATURES)
        told = []
        for row in parts:
            largest = [
                int(column) for column in np.argsort(-abs(row), kind="stable")[:_TOLD] if abs(row[column]) > 0.01
            ]
            told.append({names[column]: round(float(row[column]), 3) for column in largest})
        return told


def softmax(scores: Floats) -> Floats:
    """exp(s) / sum exp(s), for scores of any size; empty for none."""
    raised = np.exp(scores - scores.max(initial=-np.inf))
    shares: Floats = raised / max(raised.sum(), 1e-300)
    return shares


@lru_cache(maxsize=2)
def load_ranker(file: Path = FILE) -> Ranker:
    """Raises BadSetup where the file is missing, damaged, or names features that there are not."""
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
        sides = [
            {str(name): float(weight) for name, weight in read[side].items()} for side in ("with_vectors", "by_words")
        ]
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise BadSetup(f"the ranker {file} cannot be read: {error}") from error
    unknown = {name for side in sides for name in side} - FEATURES.keys()
    if unknown:
        raise BadSetup(f"the ranker {file} weighs unknown features: {', '.join(sorted(unknown))}")
    return Ranker(*sides)
