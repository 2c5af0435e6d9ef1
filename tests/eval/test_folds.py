from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.datasets import Question
from eval.folds import fold_of, held_out


def made_questions(counts: dict[str, dict[str, int]]) -> list[Question]:
    """`counts`: document -> origin -> how many questions."""
    return [
        Question(f"{document}-{origin}-{n}", "?", document, (1,), (), ("all",), origin=origin)
        for document, origins in counts.items()
        for origin, many in origins.items()
        for n in range(many)
    ]


COUNTS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(["north", "south"]), st.integers(1, 20), min_size=1),
    min_size=5,
    max_size=30,
)


@given(COUNTS, st.integers(0, 3))
def test_each_document_has_one_fold_whatever_the_order(counts: dict[str, dict[str, int]], seed: int) -> None:
    questions = made_questions(counts)
    chosen = fold_of(questions, 5, seed)
    assert chosen.keys() == counts.keys()
    assert chosen == fold_of(questions[::-1], 5, seed)
    sides = [held_out(questions, chosen, fold) for fold in range(5)]
    for train, test in sides:
        assert not {question.document for question in train} & {question.document for question in test}
        assert len(train) + len(test) == len(questions)
    assert sum(len(test) for _, test in sides) == len(questions)


@given(st.lists(st.integers(1, 20), min_size=5, max_size=30), st.integers(0, 3))
def test_of_one_origin_no_fold_exceeds_another_by_more_than_a_document(sizes: list[int], seed: int) -> None:
    """Greedy, largest first, into the emptiest fold: the fullest was the emptiest before its last document."""
    questions = made_questions({f"d{n}": {"north": size} for n, size in enumerate(sizes)})
    chosen = fold_of(questions, 5, seed)
    filled = Counter(chosen[question.document] for question in questions)
    assert max(filled.values()) - min(filled[fold] for fold in range(5)) <= max(sizes)


def test_origins_are_spread() -> None:
    """Ten documents of each of two origins, five folds: two of each in every fold."""
    names = {f"{origin}{n}": {origin: 6} for origin in ("north", "south") for n in range(10)}
    chosen = fold_of(made_questions(names), 5)
    assert set(Counter((name[:5], fold) for name, fold in chosen.items()).values()) == {2}


@pytest.mark.parametrize("seed", range(6))
def test_large_documents_are_placed_first(seed: int) -> None:
    """6 | 2 + 2 + 2; had a small one come first, 2 + 2 | 2 + 6 would have been possible."""
    questions = made_questions({"a": {"": 2}, "b": {"": 2}, "c": {"": 2}, "d": {"": 6}})
    chosen = fold_of(questions, 2, seed)
    assert Counter(chosen[question.document] for question in questions) == {0: 6, 1: 6}


def test_the_seed_decides() -> None:
    questions = made_questions({f"d{n}": {"north": 1} for n in range(20)})
    assert fold_of(questions, 5, 1) == fold_of(questions, 5, 1) != fold_of(questions, 5, 2)


@pytest.mark.parametrize("folds", [1, 4])
def test_more_folds_than_documents_or_one_fold_make_no_sense(folds: int) -> None:
    with pytest.raises(ValueError, match=f"3 documents cannot be cut into {folds} folds"):
        fold_of(made_questions({"a": {"": 1}, "b": {"": 1}, "c": {"": 1}}), folds)
