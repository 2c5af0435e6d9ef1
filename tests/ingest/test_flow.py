"""Words that stand too close to be two."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingest.flow import joined
from ingest.records import BBox, Word


def run(words: Sequence[tuple[str, float, float]]) -> list[Word]:
    """Words of 10 points from (text, x0, x1)."""
    return [Word(text, BBox(x0, 0, x1, 10), "F", 10.0) for text, x0, x1 in words]


def texts(words: Sequence[tuple[str, float, float]], spaces: int | None) -> list[str]:
    return [word.text for word in joined(run(words), lambda: spaces)]


def test_a_point_goes_with_what_it_ends() -> None:
    assert texts([("path", 0, 20), (".", 20.1, 22), ("Next", 25, 40)], None) == ["path.", "Next"]


def test_the_parts_of_a_number_are_one_word() -> None:
    assert texts([("58", 0, 10), (".7", 10.1, 16)], None) == ["58.7"]


def test_a_real_space_stays_whatever_follows() -> None:
    assert texts([("end", 0, 15), (".5", 18, 24)], None) == ["end", ".5"]


@pytest.mark.parametrize(("spaces", "words"), [(1, ["CIGARETTE", "SMOKERS"]), (2, ["C", "IGARETTE", "SMOKERS"])])
def test_as_many_spaces_remain_as_the_file_writes(spaces: int, words: list[str]) -> None:
    assert texts([("C", 0, 7), ("IGARETTE", 7.6, 60), ("SMOKERS", 64, 110)], spaces) == words


def test_the_narrowest_gaps_close_first() -> None:
    assert texts([("a", 0, 5), ("b", 5.9, 10), ("c", 10.2, 15)], 1) == ["a", "bc"]


def test_without_the_files_word_only_capitals_and_digits_join() -> None:
    assert texts([("BEHAV", 0, 25), ("IO", 25.5, 33)], None) == ["BEHAVIO"]
    assert texts([("2", 0, 5), ("13", 5.5, 15)], None) == ["213"]
    assert texts([("our", 0, 15), ("own", 15.5, 30)], None) == ["our", "own"]


def test_a_leaning_f_takes_no_space_away() -> None:
    assert texts([("of", 0, 10), ("internet", 10.2, 40)], 0) == ["of", "internet"]


def test_the_joined_word_has_the_box_of_both() -> None:
    (word,) = joined(run([("path", 0, 20), (".", 20.1, 22)]), lambda: None)
    assert word.bbox == BBox(0, 0, 22, 10)


def test_the_file_is_not_asked_where_nothing_stands_close() -> None:
    def spaces() -> int | None:
        raise AssertionError("asked")

    assert len(joined(run([("a", 0, 5), ("b", 8, 13)]), spaces)) == 2
