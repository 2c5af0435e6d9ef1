"""Several branches' rankings to one. Pure: it knows keys and scores, nothing of documents."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def reciprocal_rank_fusion(
    rankings: Mapping[str, Sequence[K]], weights: Mapping[str, float], *, constant: float = 60.0
) -> dict[K, float]:
    """score(d) = Σ weight / (constant + rank), ranks from 1 (Cormack, Clarke and Büttcher, SIGIR 2009).

    A branch with an empty ranking adds nothing, so that one which knows nothing changes nothing.
    """
    scores: dict[K, float] = {}
    for branch, ranking in rankings.items():
        for rank, key in enumerate(ranking, 1):
            scores[key] = scores.get(key, 0.0) + weights.get(branch, 1.0) / (constant + rank)
    return scores
