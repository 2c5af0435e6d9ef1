"""Learns the weights of a linear ranker from lists of candidates with the right ones marked.

Pure; it knows numbers, not pages or questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.features import Floats
from retrieval.ranker import softmax


@dataclass(frozen=True, slots=True)
class Candidates:
    """One list: `features`, float64, shape (candidates, features); `gold`, bool, shape (candidates,)."""

    features: Floats
    gold: NDArray[np.bool_]
    weight: float = 1.0


def fit(lists: Sequence[Candidates], penalty: float, steps: int = 60) -> Floats:
    """The weights w, float64, shape (features,), that make the gold candidates of each list most probable.

    Minimises  - sum over lists of a * log sum over gold j of p_j  +  penalty / 2 * sum over features of (w_f s_f)^2
    with p = softmax(X w) over the list (ListNet's top-one probability, Cao et al. 2007, as a likelihood of any gold
    candidate), a the list's weight and s_f the feature's standard deviation within lists, so that the penalty does not
    depend on a feature's scale. By damped Newton steps with the covariance under p as the curvature. Lists in which all
    or no candidates are gold say nothing and are left out.
    """
    telling = [one for one in lists if one.gold.any() and not one.gold.all()]
    if not telling:
        raise ValueError("no list tells a gold candidate from another")
    scale = _scale(telling)
    scaled = [Candidates(one.features / scale, one.gold, one.weight) for one in telling]
    weights = np.zeros(len(scale))
    loss, gradient, curvature = _loss(scaled, weights, penalty)
    for _ in range(steps):
        step = np.linalg.solve(curvature, gradient)
        length = 1.0
        while True:
            tried = weights - length * step
            found = _loss(scaled, tried, penalty)
            if found[0] <= loss - 1e-4 * length * float(gradient @ step) or length < 1e-4:
                break
            length /= 2
        gain, weights = loss - found[0], tried
        loss, gradient, curvature = found
        if gain < 1e-7 * max(1.0, abs(loss)):
            break
    return weights / scale


def _scale(lists: Sequence[Candidates]) -> Floats:
    """The standard deviation of each feature within lists, 1 where it never differs."""
    centred = np.concatenate([one.features - one.features.mean(axis=0) for one in lists])
    scale: Floats = centred.std(axis=0)
    scale[scale < 1e-9] = 1.0
    return scale


def _loss(lists: Sequence[Candidates], weights: Floats, penalty: float) -> tuple[float, Floats, Floats]:
    """The loss, its gradient and a positive definite curvature."""
    loss = penalty / 2 * float(weights @ weights)
    gradient = penalty * weights
    curvature = penalty * np.eye(len(weights))
    for one in lists:
        p = softmax(one.features @ weights)
        gold = p * one.gold
        mass = max(float(gold.sum()), 1e-300)
        mean = p @ one.features
        loss -= one.weight * float(np.log(mass))
        gradient += one.weight * (mean - gold @ one.features / mass)
        curvature += one.weight * ((one.features * p[:, None]).T @ one.features - np.outer(mean, mean))
    return loss, gradient, curvature
