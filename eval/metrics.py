"""Ranking metrics, as pure functions over a list of hits and misses.

`found[i]` says whether the item ranked i + 1 is gold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def hit_at(found: Sequence[bool], k: int) -> float:
    """1 where a gold item is among the first `k`, else 0."""
    return float(any(found[:k]))


def reciprocal_rank(found: Sequence[bool], k: int) -> float:
    """1 / rank of the first gold item among `k`, 0 where there is none."""
    return next((1.0 / rank for rank, gold in enumerate(found[:k], 1) if gold), 0.0)


def ndcg(found: Sequence[bool], gold: int, k: int) -> float:
    """Binary nDCG@k: Σ found_i / log2(i + 1), over its value when the `gold` items stand first."""
    if gold < 1:
        raise ValueError("a question without gold items has no nDCG")
    gain = sum(1.0 / math.log2(rank + 1) for rank, is_gold in enumerate(found[:k], 1) if is_gold)
    return gain / sum(1.0 / math.log2(rank + 1) for rank in range(1, min(gold, k) + 1))
