"""LexRank on bags that a reader can follow by hand."""

from collections import Counter

import pytest

from prompts.centrality import centrality


def bags(*texts: str) -> list[Counter[str]]:
    return [Counter(text.split()) for text in texts]


def test_the_bag_that_shares_most_with_the_others_is_the_most_central() -> None:
    scores = centrality(bags("mill river flour", "mill grain", "river bridge", "flour bread", "king queen"))
    assert max(range(5), key=scores.__getitem__) == 0
    assert sum(scores) == pytest.approx(1)


def test_bags_without_anything_in_common_are_alike() -> None:
    assert centrality(bags("a", "b", "c")) == pytest.approx([1 / 3] * 3)
    assert centrality(bags("a", "")) == pytest.approx([0.5, 0.5])


def test_a_walk_between_two_that_are_the_same_never_leaves_them() -> None:
    assert centrality(bags("a b", "a b", "c d")) == pytest.approx([1 / 3] * 3)


def test_a_middle_one_has_what_the_walk_says() -> None:
    """x shares one term with each of two that share none: cosine c. Solved by hand for d = 0.15."""
    scores = centrality(bags("a b", "a", "b"))
    c = 1 / 2**0.5  # a and b are each held by two of three, so they weigh the same
    # m = 0.15/3 + 0.85 (m / (1 + 2c) + 2 e c / (1 + c)), with e = (1 - m) / 2
    middle = (0.05 + 0.85 * c / (1 + c)) / (1 - 0.85 / (1 + 2 * c) + 0.85 * c / (1 + c))
    assert scores[0] == pytest.approx(middle, abs=1e-4)
    assert scores[1] == pytest.approx((1 - middle) / 2, abs=1e-4)


def test_nothing_has_no_scores() -> None:
    assert centrality([]) == []
