"""Learns from a set and its negatives how sure it is that documents hold an answer; says what that is worth.

It knows examples and figures; what speaks for an answer is `retrieval.presence`'s matter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.datasets import Question
from eval.folds import fold_of
from eval.negatives import ANSWERABLE, KINDS, NEAREST, RANDOM, Negative, asked_of
from eval.run import Bench
from retrieval.features import Floats
from retrieval.presence import CONSTANT, SIGNS, Presence, load_presence

_PENALTY = 1.0
_BINS = 10


@dataclass(frozen=True, slots=True)
class Case:
    """A question asked of documents that answer it or do not, and the signs of an answer in them."""

    question: Question
    kind: str
    signs: Floats


def cases_of(bench: Bench, asked: Sequence[Negative]) -> list[Case]:
    """What the searcher finds, pages left out as each asks for it."""
    return [Case(one.question, one.kind, bench.signs(one.question.text, *asked_of(bench, one))) for one in asked]


def learn_presence(cases: Sequence[Case]) -> Presence:
    """From questions that are answered, and as heavy together those asked of random and of the nearest documents."""
    told = [one for one in cases if one.kind in (ANSWERABLE, RANDOM, NEAREST)]
    signs = np.array([one.signs for one in told])
    answered = np.array([one.kind == ANSWERABLE for one in told])
    weights = np.where(answered, 0.5 / max(answered.sum(), 1), 0.5 / max((~answered).sum(), 1)) * len(told)
    return Presence(
        _side(signs, answered, weights, SIGNS.keys()), _side(signs, answered, weights, SIGNS.keys() - {"cosine"})
    )


def _side(signs: Floats, answered: NDArray[np.bool_], weights: Floats, names: Collection[str]) -> dict[str, float]:
    """Weights by sign, none below 0: the strongest below it is left out, and the rest learnt again."""
    order = list(SIGNS)
    columns = [column for column, name in enumerate(SIGNS) if name in names]
    while True:
        found = logistic(signs[:, columns], answered, weights, _PENALTY)
        wrong = [
            (weight * signs[:, column].std(), column)
            for column, weight in zip(columns, found[1:], strict=True)
            if weight < 0
        ]
        if not wrong:
            named = {order[column]: float(weight) for column, weight in zip(columns, found[1:], strict=True)}
            return {CONSTANT: float(found[0])} | named
        columns.remove(min(wrong)[1])


def logistic(signs: Floats, answered: NDArray[np.bool_], weights: Floats, penalty: float, steps: int = 50) -> Floats:
    """The constant and the weights w, float64, shape (1 + signs,), that make the answers most probable.

    Minimises  - sum of a log p + penalty / 2 * sum of (w_s d_s)^2  with p = 1 / (1 + exp(-x)) of what is the case, a
    the case's weight and d_s the sign's standard deviation; by Newton's steps.
    """
    scale = np.where(signs.std(axis=0) > 0, signs.std(axis=0), 1.0)
    rows = np.hstack([np.ones((len(signs), 1)), signs / scale])
    ridge = np.diag([1e-9] + [penalty] * signs.shape[1])
    found = np.zeros(rows.shape[1])
    for _ in range(steps):
        likely = 1 / (1 + np.exp(-np.clip(rows @ found, -50, 50)))
        gradient = rows.T @ (weights * (likely - answered)) + ridge @ found
        curvature = (rows * (weights * likely * (1 - likely))[:, None]).T @ rows + ridge
        step = np.linalg.solve(curvature, gradient)
        found = found - step
        if float(np.abs(step).max()) < 1e-8:
            break
    return np.concatenate([found[:1], found[1:] / scale])


def out_of_fold(cases: Sequence[Case], folds: int) -> list[float]:
    """The probability of each case by what was learnt from the questions about other documents."""
    chosen = fold_of({one.question.id: one.question for one in cases}.values(), folds)
    models = [learn_presence([one for one in cases if chosen[one.question.document] != fold]) for fold in range(folds)]
    return [models[chosen[one.question.document]].probability(one.signs) for one in cases]


def auroc(answered: Sequence[float], unanswered: Sequence[float]) -> float:
    """The probability that an answered case scores higher than an unanswered one; ties count half."""
    right, wrong = np.asarray(answered), np.asarray(unanswered)
    above = (right[:, None] > wrong[None, :]).sum() + 0.5 * (right[:, None] == wrong[None, :]).sum()
    return float(above / (len(right) * len(wrong)))


def calibration(probabilities: Sequence[float], answered: Sequence[bool], weights: Sequence[float]) -> dict[str, Any]:
    """`bins`: from, to, mean probability, share answered, cases; `error`: their mean distance, by weight (ECE)."""
    likely, right, heavy = np.asarray(probabilities), np.asarray(answered, dtype=float), np.asarray(weights)
    places = np.minimum((likely * _BINS).astype(int), _BINS - 1)
    bins, error = [], 0.0
    for place in sorted(set(places.tolist())):
        inside = places == place
        total = heavy[inside].sum()
        mean, share = (float((one[inside] * heavy[inside]).sum() / total) for one in (likely, right))
        error += abs(mean - share) * float(total / heavy.sum())
        bins.append(
            {"from": place / _BINS, "mean": round(mean, 3), "answered": round(share, 3), "n": int(inside.sum())}
        )
    return {"bins": bins, "error": round(error, 4)}


def presence_figures(cases: Sequence[Case], probabilities: Sequence[float]) -> dict[str, Any]:
    """AUROC of the answered against each kind of negative; the calibration against random and nearest at even odds."""
    by_kind: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for one, probability in zip(cases, probabilities, strict=True):
        by_kind[one.kind].append(probability)
    answered = by_kind[ANSWERABLE]
    absent = by_kind[RANDOM] + by_kind[NEAREST]
    figures: dict[str, Any] = {
        "auroc": {
            kind: round(auroc(answered, found), 4)
            for kind, found in by_kind.items()
            if kind != ANSWERABLE and found and answered
        }
    }
    if answered and absent:
        weights = [0.5 / len(answered)] * len(answered) + [0.5 / len(absent)] * len(absent)
        right = [True] * len(answered) + [False] * len(absent)
        figures["calibration"] = calibration(answered + absent, right, weights)
    return figures


def measure_presence(bench: Bench, asked: Sequence[Negative], folds: int = 5) -> dict[str, Any]:
    """The figures of the weights that Recto ships, and of weights learnt on the other documents of the set."""
    cases = cases_of(bench, asked)
    shipped = load_presence()
    figures = {"as shipped": presence_figures(cases, [shipped.probability(one.signs) for one in cases])}
    if len({one.question.document for one in cases}) >= folds:
        figures["out of fold"] = presence_figures(cases, out_of_fold(cases, folds))
    return figures


def presence_file(presence: Presence, cases: Sequence[Case], figures: Mapping[str, Any]) -> str:
    """The weights as TOML; what they were learnt from and their out-of-fold figures stand in comments."""
    questions = {one.question.id for one in cases}
    lines = [
        "# How sure it is that documents hold an answer (retrieval/presence.py): log odds by sign.",
        f"# Learnt by `recto eval train` from {len(questions)} questions and their seeded negatives.",
        "# On documents not learnt from, AUROC against: "
        + ", ".join(f"{kind} {value:.3f}" for kind, value in figures["auroc"].items())
        + f"; calibration error {figures['calibration']['error']:.3f}",
    ]
    for side, weights in (("with_vectors", presence.with_vectors), ("by_words", presence.by_words)):
        named = [name for name in (CONSTANT, *SIGNS) if name in weights]
        lines += ["", f"[{side}]", *(f"{name} = {weights[name]:.4f}" for name in named)]
    return "\n".join(lines) + "\n"
