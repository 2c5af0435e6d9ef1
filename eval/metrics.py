"""Ranking metrics, as pure functions over a list of hits and misses.

`found[i]` says whether the item ranked i + 1 is gold; `marked` makes that list of a ranking of anything: pages,
passages, documents. It does not know what was asked. The definitions are those of trec_eval (Voorhees and Harman,
TREC, 2005).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Sequence


def marked(ranked: Iterable[Hashable], gold: Collection[Hashable]) -> list[bool]:
    """Whether each item of a ranking is gold, best first; an item that comes again is left out."""
    return [item in gold for item in dict.fromkeys(ranked)]


def _some(gold: int) -> int:
    if gold < 1:
        raise ValueError("a question without gold items has no such score")
    return gold


def hit_at(found: Sequence[bool], k: int) -> float:
    """1 where a gold item is among the first `k`, else 0."""
    return float(any(found[:k]))


def recall_at(found: Sequence[bool], gold: int, k: int) -> float:
    """The share of the `gold` items that are among the first `k`. Raises ValueError when `gold` is 0."""
    return sum(found[:k]) / _some(gold)


def reciprocal_rank(found: Sequence[bool], k: int) -> float:
    """1 / rank of the first gold item among `k`, 0 where there is none; its mean over questions is MRR."""
    return next((1.0 / rank for rank, gold in enumerate(found[:k], 1) if gold), 0.0)


def average_precision(found: Sequence[bool], gold: int, k: int) -> float:
    """Σ over the ranks i ≤ k of gold items of (gold items among the first i) / i, over `gold`; its mean is MAP.

    Raises ValueError when `gold` is 0.
    """
    total, seen = 0.0, 0
    for rank, is_gold in enumerate(found[:k], 1):
        if is_gold:
            seen += 1
            total += seen / rank
    return total / _some(gold)


def ndcg(found: Sequence[bool], gold: int, k: int) -> float:
    """Binary nDCG@k: Σ found_i / log2(i + 1), over its value when the `gold` items stand first.

    Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, 2002. Raises ValueError when `gold` is 0.
    """
    best = sum(1.0 / math.log2(rank + 1) for rank in range(1, min(_some(gold), k) + 1))
    return sum(1.0 / math.log2(rank + 1) for rank, is_gold in enumerate(found[:k], 1) if is_gold) / best
