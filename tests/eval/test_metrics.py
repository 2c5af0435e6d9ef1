from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics import average_precision, hit_at, marked, ndcg, recall_at, reciprocal_rank


def test_by_hand() -> None:
    found = [False, True, False, True]
    assert [hit_at(found, k) for k in (1, 2, 10)] == [0, 1, 1]
    assert [recall_at(found, 4, k) for k in (1, 2, 10)] == [0, 0.25, 0.5]
    assert [reciprocal_rank(found, k) for k in (1, 10)] == [0, 0.5]
    assert average_precision(found, 3, 10) == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert average_precision(found, 3, 3) == pytest.approx(1 / 6)
    gain = 1 / math.log2(3) + 1 / math.log2(5)
    assert ndcg(found, 3, 10) == pytest.approx(gain / (1 + 1 / math.log2(3) + 1 / math.log2(4)))


def test_nothing_found_and_all_found() -> None:
    for metric in (recall_at, average_precision, ndcg):
        assert metric([], 2, 10) == 0 and metric([True, True], 2, 10) == 1
        with pytest.raises(ValueError):
            metric([False], 0, 10)


def test_anything_can_be_ranked_and_counts_once() -> None:
    pages = [("a.pdf", 3), ("a.pdf", 3), ("b.pdf", 1), ("a.pdf", 4)]
    assert marked(pages, {("a.pdf", 3), ("a.pdf", 4)}) == [True, False, True]
    assert marked((name for name, _ in pages), ["b.pdf"]) == [False, True]


ITEMS = [f"page{n}" for n in range(12)]


@settings(deadline=None)  # the oracle takes its time to start
@given(
    st.lists(st.sampled_from(ITEMS), unique=True, min_size=1),
    st.sets(st.sampled_from(ITEMS), min_size=1, max_size=6),
    st.integers(1, 12),
)
def test_equal_to_trec_eval(ranked: list[str], gold: set[str], k: int) -> None:
    measures = pytest.importorskip("ir_measures", reason="ir-measures, the oracle of the ranking metrics, is missing")
    run = {"q": {item: 100.0 - rank for rank, item in enumerate(ranked)}}
    qrels = {"q": dict.fromkeys(gold, 1)}
    wanted = [measures.Success @ k, measures.R @ k, measures.RR @ k, measures.AP @ k, measures.nDCG @ k]
    theirs = measures.calc_aggregate(wanted, qrels, run)
    found = marked(ranked, gold)
    ours = [
        hit_at(found, k),
        recall_at(found, len(gold), k),
        reciprocal_rank(found, k),
        average_precision(found, len(gold), k),
        ndcg(found, len(gold), k),
    ]
    assert ours == pytest.approx([theirs[measure] for measure in wanted], abs=1e-9)
