"""From a recogniser's scores to words with boxes, by values that can be worked out by hand."""

import numpy as np
import pytest

from ingest.line_words import Character, decode, inked, words_of
from ingest.records import BBox

ALPHABET = ("", "a", "b", " ")


def scores(*best: tuple[int, float]) -> np.ndarray:
    """One column each for (class, probability); the other classes share the rest."""
    rows = [[p if number == cls else (1 - p) / 3 for number in range(4)] for cls, p in best]
    return np.array(rows, np.float32)


def ink(text: str) -> np.ndarray:
    """'#' for a column with ink."""
    return np.array([mark == "#" for mark in text])


def test_a_run_is_one_character_a_blank_between_two_parts_them() -> None:
    read = decode(scores((1, 0.5), (1, 0.9), (0, 0.9), (1, 0.8), (2, 0.7), (0, 0.9), (3, 0.6), (0, 1.0)), ALPHABET)
    assert [character.text for character in read] == ["a", "a", "b", " "]
    assert [character.at for character in read] == pytest.approx([1 / 8, 3.5 / 8, 4.5 / 8, 6.5 / 8])
    assert [character.confidence for character in read] == pytest.approx([0.9, 0.8, 0.7, 0.6])


def test_blanks_alone_are_nothing() -> None:
    assert decode(scores((0, 0.9), (0, 0.9)), ALPHABET) == ()
    assert words_of((), ink("..##.."), 10) == ()


def test_ink_is_what_differs_from_the_ground_light_on_dark_too() -> None:
    line = np.full((3, 5), 250, np.uint8)
    line[1, 2] = 20
    line[2, 4] = 240  # the paper's grain
    assert inked(line).tolist() == [False, False, True, False, False]
    assert inked(255 - line).tolist() == [False, False, True, False, False]


def test_a_word_lies_on_its_ink() -> None:
    read = (Character("a", 0.2, 0.9), Character("b", 0.35, 0.7), Character(" ", 0.5, 1.0), Character("a", 0.75, 0.6))
    # The space's own place does not matter: the widest white between b (7) and a (15) is from 9 to 12.
    first, second = words_of(read, ink("..####.##...#####..."), 10)
    assert first.text == "ab" and first.bbox == BBox(2, 0, 9, 10) and first.confidence == pytest.approx(0.8)
    assert second.text == "a" and second.bbox == BBox(12, 0, 17, 10) and second.confidence == pytest.approx(0.6)


def test_a_narrow_letter_that_is_read_in_the_white_behind_it_ends_with_its_ink() -> None:
    read = (Character("a", 0.1, 1.0), Character("l", 0.4, 1.0), Character(" ", 0.5, 1.0), Character("b", 0.7, 1.0))
    first, second = words_of(read, ink("..###.#......###...."), 10)  # the l's place is 8, its ink ends at 7
    assert (first.bbox, second.bbox) == (BBox(2, 0, 7, 10), BBox(13, 0, 16, 10))


def test_words_that_touch_part_in_the_middle() -> None:
    read = (Character("a", 0.2, 1.0), Character(" ", 0.5, 1.0), Character("b", 0.8, 1.0))
    first, second = words_of(read, ink("##########"), 10)
    assert (first.bbox, second.bbox) == (BBox(0, 0, 5, 10), BBox(5, 0, 10, 10))


def test_a_wide_gap_that_was_not_read_as_a_space_is_none() -> None:
    read = (Character(" ", 0.05, 1.0), Character("a", 0.2, 1.0), Character("b", 0.8, 1.0), Character(" ", 0.95, 1.0))
    (word,) = words_of(read, ink(".##....##."), 10)
    assert (word.text, word.bbox) == ("ab", BBox(1, 0, 9, 10))


def test_ink_of_the_next_column_at_the_ends_of_a_line_is_left_out() -> None:
    read = (Character("a", 0.4, 1.0), Character(" ", 0.5, 1.0), Character("b", 0.6, 1.0))
    first, second = words_of(read, ink("##......##.##.##......##"), 10)
    assert (first.bbox, second.bbox) == (BBox(8, 0, 10, 10), BBox(11, 0, 16, 10))


def test_a_narrow_gap_at_the_ends_is_within_a_character() -> None:
    (word,) = words_of((Character("a", 0.5, 1.0),), ink(".#....##....#."), 10)
    assert word.bbox == BBox(1, 0, 13, 10)
