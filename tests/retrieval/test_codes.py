"""Codes of eight bits: how far off their scores may be, and that the nearest found by them are the nearest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.codes import codes_of
from retrieval.parts import make_part, nearest, rows_of
from retrieval.scope import ALL_PAGES

KINDS = ("any", "leaning", "close", "extreme")


def rows_like(kind: str, seed: int, count: int, dimension: int) -> Any:
    """Of any direction; with one column far off; around one direction; with nothing but least and greatest numbers."""
    draw = np.random.default_rng(seed)
    rows = draw.standard_normal((count, dimension))
    if kind == "leaning":
        rows[:, 0] += 40
    if kind == "close":
        rows = rows[:1] + 0.01 * rows
    if kind == "extreme":
        rows = np.sign(rows)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 1000), st.integers(1, 300), st.sampled_from((3, 16, 64, 384)))
def test_no_score_is_farther_off_than_is_said(kind: str, seed: int, count: int, dimension: int) -> None:
    rows = rows_like(kind, seed, count, dimension)
    for question in rows_like(kind, seed + 1, 4, dimension).astype(np.float32):
        near = codes_of(rows).nearest(question[None], count)
        assert sorted(near.rows) == list(range(count))
        exact = rows[near.rows].astype(np.float64) @ question.astype(np.float64)
        assert np.abs(near.scores - exact).max() <= near.off


def test_codes_tell_rows_apart() -> None:
    rows = rows_like("any", 1, 2000, 384)
    for number in range(20):
        near = codes_of(rows).nearest(rows[number : number + 1].astype(np.float32), 5)
        assert near.rows[0] == number
        assert near.off < 0.03


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [1, 7, 100])
def test_the_nearest_by_codes_are_the_nearest_of_all(kind: str, k: int) -> None:
    rows = rows_like(kind, 5, 3000, 64)
    halves = [make_part([(str(place), rows_of(half, [1] * 1500))]) for place, half in enumerate(np.split(rows, 2))]
    for question in rows_like(kind, 6, 10, 64).astype(np.float32):
        exact = np.round(rows.astype(np.float64) @ question.astype(np.float64), 6)
        expected = np.sort(exact)[::-1][:k]
        found = nearest(halves, question[None], {"0", "1"}, k, ALL_PAGES)
        scores = np.concatenate([some for _, _, some in found])
        assert np.array_equal(np.sort(scores)[::-1][:k], expected)
        assert (scores == expected[-1]).sum() == (exact == expected[-1]).sum()
        for place, (_, which, some) in enumerate(found):
            assert np.array_equal(exact[1500 * place + which], some)


def test_rows_that_are_not_finite_are_none() -> None:
    rows = rows_like("any", 7, 4, 8)
    rows[1, 3], rows[2, 0], rows[3] = np.nan, np.inf, 0
    assert rows_of(rows, [1, 2, 3, 4]).ordinals.tolist() == [0]
