from __future__ import annotations

import numpy as np
import pytest

from eval.listwise import Candidates, fit


def one(rows: list[list[float]], *gold: int) -> Candidates:
    marked = np.zeros(len(rows), dtype=bool)
    marked[list(gold)] = True
    return Candidates(np.array(rows), marked)


def test_two_candidates_are_logistic_regression() -> None:
    # a penalty of 1 and one list: the loss is log(1 + exp(-w)) + w^2 s^2 / 2 with s = 0.5; its slope is 0 at w
    (weight,) = fit([one([[1.0], [0.0]], 0)], penalty=1.0)
    assert 1 / (1 + np.exp(weight)) == pytest.approx(weight * 0.25, abs=1e-5)


def test_what_tells_gold_apart_gets_the_weight() -> None:
    lists = [one([[1.0, 5.0], [0.0, 5.0], [0.2, 9.0]], 0), one([[0.1, 2.0], [0.9, 1.0]], 1)]
    useful, noise = fit(lists, penalty=0.1)
    assert useful > 1 and abs(noise) < useful


def test_a_feature_that_never_differs_in_a_list_gets_none() -> None:
    lists = [one([[1.0, 3.0], [0.0, 3.0]], 0), one([[0.5, 8.0], [0.1, 8.0]], 0)]
    assert fit(lists, penalty=1.0)[1] == pytest.approx(0)


def test_any_of_several_gold_candidates_will_do() -> None:
    both = fit([one([[1.0], [-1.0], [0.0]], 0, 1)], penalty=1.0)
    assert both == pytest.approx([0.0], abs=1e-4)


def test_lists_that_say_nothing_are_no_lesson() -> None:
    telling = one([[1.0], [0.0]], 0)
    silent = [one([[1.0], [0.0]]), one([[1.0], [0.0]], 0, 1)]
    assert fit([telling, *silent], 1.0) == pytest.approx(fit([telling], 1.0))
    with pytest.raises(ValueError, match="no list"):
        fit(silent, 1.0)
