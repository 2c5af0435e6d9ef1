from __future__ import annotations

import pytest
from fakes import text_block

from ingest.boxes import block_boxes, merge_lines, reads_on, slice_word, words_between
from ingest.records import BBox, Word


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("渡轮概况", 1, 3, BBox(10, 0, 30, 10)),  # four full-width characters in 40 points
        ("渡轮", 0, 2, BBox(0, 0, 40, 10)),
        ("年1994", 0, 1, BBox(0, 0, 40 / 3, 10)),  # a full-width character is as wide as two others
        ("ferry", 0, 5, BBox(0, 0, 40, 10)),
    ],
)
def test_slice_of_a_word(text: str, start: int, end: int, expected: BBox) -> None:
    assert slice_word(Word(text, BBox(0, 0, 40, 10)), len(text), start, end) == pytest.approx(expected)


def test_neighbours_on_a_line_join_and_columns_do_not() -> None:
    left, near, far, below = BBox(0, 0, 30, 10), BBox(33, 1, 60, 11), BBox(300, 0, 330, 10), BBox(0, 12, 30, 22)
    assert merge_lines([left, near, far, below]) == (BBox(0, 0, 60, 11), far, below)


def test_a_range_over_two_lines_has_two_boxes() -> None:
    block = text_block("The ferry was\nbuilt in 1994.")
    start = block.text.index("was")
    assert block_boxes(block, start, block.text.index(" in")) == (BBox(60, 0, 78, 12), BBox(0, 12, 30, 24))


def test_an_empty_range_has_no_box() -> None:
    assert block_boxes(text_block("The ferry"), 3, 4) == ()


def placed(x: float, top: float, height: float = 10) -> Word:
    return Word("word", BBox(x, top, x + 20, top + height))


@pytest.mark.parametrize(
    ("second", "follows"),
    [
        (placed(25, 0), True),
        (placed(0, 11), True),  # the next row
        (placed(0, 8), True),  # rows set so tight that they overlap
        (placed(25, -2, 5), True),  # raised
        (placed(300, -200), True),  # the next column
        (placed(-30, 0), False),
        (placed(-30, 6), False),  # neither beside nor below
    ],
)
def test_words_read_on_to_the_right_or_in_another_row(second: Word, follows: bool) -> None:
    assert reads_on([placed(0, 0), second]) is follows


def test_words_written_from_right_to_left_read_on() -> None:
    boxes = BBox(100, 0, 140, 10), BBox(50, 0, 90, 10)
    assert reads_on([Word("מעבורת", boxes[0]), Word("הנמל", boxes[1])])
    assert not reads_on([Word("ferry", boxes[0]), Word("harbour", boxes[1])])


def test_words_between_two_places_of_a_block() -> None:
    block = text_block("The ferry was")
    assert [word.text for word in words_between(block, 6, 11)] == ["ferry", "was"]
    assert words_between(block, 3, 4) == []
