from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from eval_made import QUESTIONS, made_bench, made_library, made_set

from eval.datasets import Question
from eval.negatives import all_asked
from eval.train_presence import (
    Case,
    auroc,
    calibration,
    cases_of,
    learn_presence,
    logistic,
    measure_presence,
    presence_figures,
    presence_file,
)
from retrieval.presence import SIGNS, load_presence


def case(kind: str, **signs: float) -> Case:
    question = Question("1", "?", "a.pdf", (1,), (), ("all",))
    return Case(question, kind, np.array([signs.get(name, 0.0) for name in SIGNS]))


def test_auroc_by_hand() -> None:
    assert auroc([0.9, 0.5], [0.1, 0.5]) == (2 + 1 + 0.5) / 4
    assert auroc([0.1], [0.9]) == 0


def test_a_logistic_fit_by_hand() -> None:
    """Without a penalty, three of four answered where the sign is 1 and one of four where it is 0: odds 3 and 1/3."""
    signs = np.array([[1.0]] * 4 + [[0.0]] * 4)
    answered = np.array([True, True, True, False, True, False, False, False])
    constant, weight = logistic(signs, answered, np.ones(8), 0.0)
    assert constant == pytest.approx(-np.log(3))
    assert weight == pytest.approx(2 * np.log(3))


def test_a_sign_that_speaks_against_an_answer_is_left_out() -> None:
    cases = [case("answerable", section=0.8, pairs=0.1), case("random", section=0.2, pairs=0.5)] * 5
    presence = learn_presence(cases)
    assert presence.with_vectors["section"] > 0 and "pairs" not in presence.with_vectors
    assert presence.probability(cases[0].signs) > 0.5 > presence.probability(cases[1].signs)


def test_calibration_by_hand() -> None:
    found = calibration([0.9, 0.9, 0.12, 0.18], [True, False, False, False], [1, 1, 1, 1])
    assert [(one["from"], one["mean"], one["answered"], one["n"]) for one in found["bins"]] == [
        (0.1, 0.15, 0.0, 2),
        (0.9, 0.9, 0.5, 2),
    ]
    assert found["error"] == pytest.approx((0.15 + 0.4) / 2)


def test_from_a_set_to_the_file_and_its_figures(tmp_path: Path) -> None:
    bench = made_bench(made_set(tmp_path / "set"), made_library(tmp_path / "library"), tmp_path / "cache")
    asked = all_asked(bench)
    figures = measure_presence(bench, asked)
    assert figures.keys() == {"as shipped", "out of fold"}
    assert all(value > 0.9 for value in figures["out of fold"]["auroc"].values())
    cases = cases_of(bench, asked)
    assert len(cases) == 4 * QUESTIONS
    learnt = learn_presence(cases)
    file = tmp_path / "presence.toml"
    file.write_text(presence_file(learnt, cases, figures["out of fold"]))
    assert load_presence(file).with_vectors == pytest.approx(learnt.with_vectors, abs=1e-4)
    in_sample = presence_figures(cases, [learnt.probability(one.signs) for one in cases])
    assert in_sample["auroc"]["random"] >= figures["out of fold"]["auroc"]["random"] - 0.02
