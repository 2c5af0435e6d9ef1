from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.errors import BadSetup
from retrieval.features import FEATURES
from retrieval.ranker import Ranker, load_ranker, softmax


def matrix(*rows: dict[str, float]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([[row.get(name, 0.0) for name in FEATURES] for row in rows])


def test_scores_are_weighted_sums() -> None:
    ranker = Ranker({"chunk": 2.0, "vector": 10.0}, {"chunk": 3.0})
    assert ranker.scores(matrix({"chunk": 1, "vector": 0.1}, {"chunk": 0.5})).tolist() == pytest.approx([3, 1])


def test_without_vectors_the_other_weights_count() -> None:
    ranker = Ranker({"chunk": 2.0, "vector": 10.0}, {"chunk": 3.0})
    assert ranker.scores(matrix({"chunk": 1}, {"chunk": 0.5})).tolist() == pytest.approx([3, 1.5])


def test_reasons_are_against_the_mean_of_the_candidates() -> None:
    ranker = Ranker({}, {"chunk": 2.0, "contents": -4.0})
    first, second = ranker.reasons(matrix({"chunk": 1.0}, {"contents": 0.5}))
    assert first == {"chunk": 1.0, "contents": 1.0} and second == {"chunk": -1.0, "contents": -1.0}
    assert ranker.reasons(matrix()) == []


def test_softmax() -> None:
    assert softmax(np.array([1000.0, 1000.0])).tolist() == [0.5, 0.5]
    assert softmax(np.array([])).tolist() == []


def test_recto_has_weights_for_both_sides() -> None:
    ranker = load_ranker()
    assert ranker.with_vectors["vector"] > 0 and "vector" not in ranker.by_words
    assert ranker.by_words["pairs"] > 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[with_vectors]\nchunk = 1\n",
        "[with_vectors]\nodd = 1\n[by_words]\n",
        "=",
        "[with_vectors]\nchunk = 'a'\n[by_words]\n",
    ],
)
def test_a_ranker_that_is_wrong_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(BadSetup, match=r"wrong\.toml"):
        load_ranker(file)
