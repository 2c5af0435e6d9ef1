"""Folds by document, for whatever is tuned or trained on a set: no document is on both sides.

Pure; it knows questions and counts, not what is trained on them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from eval.datasets import Question


def fold_of(questions: Iterable[Question], folds: int = 5, seed: int = 0) -> dict[str, int]:
    """Document name -> its fold, 0 to `folds` - 1, balanced by number of questions and stratified by origin.

    The order of the questions does not matter. Raises ValueError as `balanced` does.
    """
    counts: dict[str, Counter[str]] = {}
    for question in questions:
        counts.setdefault(question.document, Counter())[question.origin] += 1
    return balanced(counts, folds, seed)


def balanced(counts: Mapping[str, Counter[str]], folds: int = 5, seed: int = 0) -> dict[str, int]:
    """Document -> its fold. `counts`: how many items of each origin a document has.

    Greedy, the documents with most items first, in a seeded order among equals; each goes to the fold where

        sum over origins o of n(fold, o)^2 / N(o)  +  n(fold)^2 / N

    grows least, n counting a fold's items and N all. Raises ValueError for fewer than two folds, or more folds than
    documents.
    """
    if not 2 <= folds <= len(counts):
        raise ValueError(f"{len(counts)} documents cannot be cut into {folds} folds")
    totals = sum(counts.values(), Counter[str]())
    order = sorted(counts)
    random.Random(seed).shuffle(order)
    order.sort(key=lambda name: -counts[name].total())
    filled = [Counter[str]() for _ in range(folds)]
    chosen: dict[str, int] = {}
    for name in order:
        best = min(range(folds), key=lambda fold: (_growth(filled[fold], counts[name], totals), fold))
        filled[best] += counts[name]
        chosen[name] = best
    return chosen


def _growth(fold: Counter[str], added: Counter[str], totals: Counter[str]) -> float:
    """How much the sum of `fold_of` grows; (n + a)^2 - n^2 = a (2n + a)."""
    by_origin = sum(count * (2 * fold[origin] + count) / totals[origin] for origin, count in added.items())
    return by_origin + added.total() * (2 * fold.total() + added.total()) / totals.total()


def held_out(
    questions: Sequence[Question], chosen: Mapping[str, int], fold: int
) -> tuple[list[Question], list[Question]]:
    """The questions to train on, and those of `fold`, to measure on."""
    inside = [question for question in questions if chosen[question.document] == fold]
    return [question for question in questions if chosen[question.document] != fold], inside
