from __future__ import annotations

import pytest

from retrieval.fusion import reciprocal_rank_fusion


def test_hand_made_scores() -> None:
    fused = reciprocal_rank_fusion({"words": ["a", "b"], "vectors": ["b"]}, {"vectors": 0.5}, constant=60)
    assert fused == pytest.approx({"a": 1 / 61, "b": 1 / 62 + 0.5 / 61})


def test_a_branch_that_found_nothing_changes_nothing() -> None:
    alone = reciprocal_rank_fusion({"words": ["a", "b", "c"]}, {})
    assert reciprocal_rank_fusion({"words": ["a", "b", "c"], "vectors": []}, {}) == alone
