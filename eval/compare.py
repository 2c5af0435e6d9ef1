"""Two measurements of one set, compared row by row: paired bootstrap intervals, what was won and lost, a gate.

It knows reports (rows with an id, slices and scores, higher is better), not what was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.errors import BadInput

DRAWS = 10_000
OVERALL = "all"
_BLOCK = 2_000_000  # indices drawn at once

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """`after` - `before` of a metric's mean over `n` rows, and the 95 % interval of that difference."""

    before: float
    after: float
    low: float
    high: float
    n: int

    @property
    def change(self) -> float:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Move:
    """A row whose score changed by `gain`. `before` and `after` are ranks from 1, None where there is none."""

    id: str
    question: str
    before: int | None
    after: int | None
    gain: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """`slices[slice][metric]`. `won` and `lost` are by `metric`, the largest moves first.

    `only_before` and `only_after` are the ids that one report lacks, or has with another question: left out.
    """

    slices: dict[str, dict[str, Difference]]
    metric: str
    won: tuple[Move, ...]
    lost: tuple[Move, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


def bootstrap(differences: Floats, draws: int = DRAWS, seed: int = 0) -> tuple[Floats, Floats]:
    """The ends of the 95 % interval of each column's mean; `differences` has shape (rows, metrics).

    Paired bootstrap (Efron and Tibshirani 1993, percentile interval): each draw takes as many rows as there are, with
    replacement, the same for every metric; the interval runs from the 2.5th to the 97.5th percentile of the means.
    """
    rows = len(differences)
    random = np.random.default_rng(seed)
    means = np.empty((draws, differences.shape[1]))
    block = max(1, _BLOCK // rows)
    for start in range(0, draws, block):
        size = min(block, draws - start)
        drawn = random.integers(0, rows, (size, rows)) + np.arange(size)[:, None] * rows
        counts = np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows)
        means[start : start + size] = counts @ differences / rows
    low, high = np.percentile(means, (2.5, 97.5), axis=0)
    return low, high


def compare(before: dict[str, Any], after: dict[str, Any], metric: str | None = None, seed: int = 0) -> Comparison:
    """Compares the rows that two reports share.

    `metric` restricts it to one; without it `won` and `lost` go by mrr@10 or else the first metric. Raises BadInput
    where the reports measure different things or share no row or metric.
    """
    for field in ("kind", "scope"):
        if before.get(field) != after.get(field):
            raise BadInput(f"the reports differ in {field}: {before.get(field)} and {after.get(field)}")
    old, new = ({row["id"]: row for row in report["rows"]} for report in (before, after))
    shared = [id_ for id_ in old if id_ in new and old[id_].get("question") == new[id_].get("question")]
    if not shared:
        raise BadInput("the reports share no question")
    metrics = [name for name in old[shared[0]]["scores"] if name in new[shared[0]]["scores"]]
    if metric is not None and metric not in metrics:
        raise BadInput(f"there is no metric {metric!r}", hint=f"one of {', '.join(metrics)}")
    metrics = [metric] if metric is not None else metrics
    if not metrics:
        raise BadInput("the reports share no metric")
    scores = [_scores([report[id_] for id_ in shared], metrics) for report in (old, new)]
    judged = "mrr@10" if "mrr@10" in metrics else metrics[0]
    moves = [
        _move(old[id_], new[id_], gain)
        for id_, gain in zip(shared, (scores[1] - scores[0])[:, metrics.index(judged)].tolist(), strict=True)
        if gain
    ]
    moves.sort(key=lambda move: -abs(move.gain))
    return Comparison(
        slices=_by_slice([old[id_]["slices"] for id_ in shared], metrics, scores[0], scores[1], seed),
        metric=judged,
        won=tuple(move for move in moves if move.gain > 0),
        lost=tuple(move for move in moves if move.gain < 0),
        only_before=tuple(id_ for id_ in old if id_ not in set(shared)),
        only_after=tuple(id_ for id_ in new if id_ not in set(shared)),
    )


def _scores(rows: Sequence[dict[str, Any]], metrics: Sequence[str]) -> Floats:
    """float64, shape (rows, metrics); raises BadInput for a row without one of them."""
    try:
        return np.array([[row["scores"][metric] for metric in metrics] for row in rows], dtype=np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"a row of a report lacks a score: {error}") from error


def _move(before: dict[str, Any], after: dict[str, Any], gain: float) -> Move:
    return Move(before["id"], str(before.get("question", "")), before.get("rank"), after.get("rank"), gain)


def _by_slice(
    slices: Sequence[Sequence[str]], metrics: Sequence[str], before: Floats, after: Floats, seed: int
) -> dict[str, dict[str, Difference]]:
    found: dict[str, dict[str, Difference]] = {}
    for name in sorted({OVERALL, *(name for names in slices for name in names)}):
        inside = np.array([name == OVERALL or name in names for names in slices])
        old, new = before[inside], after[inside]
        low, high = bootstrap(new - old, seed=seed)
        found[name] = {
            metric: Difference(
                float(old[:, i].mean()), float(new[:, i].mean()), float(low[i]), float(high[i]), len(old)
            )
            for i, metric in enumerate(metrics)
        }
    return found


def worse(comparison: Comparison, max_drop: float | None = None) -> list[str]:
    """Why the gate fails, a line a metric over all rows; empty where it passes.

    A metric fails when its whole 95 % interval lies below 0, or when its mean fell by more than `max_drop` (a share:
    0.02 is two points), whether or not so small a set can prove it. Equal scores always pass. Raises BadInput where
    the two reports do not hold the same questions: what is missing cannot be judged.
    """
    apart = [*comparison.only_before, *comparison.only_after]
    if apart:
        raise BadInput(f"the baseline was measured on other questions: {', '.join(apart[:3])} …")
    reasons = []
    for metric, found in comparison.slices[OVERALL].items():
        told = f"{metric} {100 * found.before:.1f} -> {100 * found.after:.1f}"
        if found.high < 0:
            reasons.append(f"{told}: the interval {100 * found.low:+.1f} to {100 * found.high:+.1f} says worse")
        elif max_drop is not None and -found.change > max_drop + 1e-9:
            reasons.append(f"{told}: fell by more than {100 * max_drop:.1f}")
    return reasons
