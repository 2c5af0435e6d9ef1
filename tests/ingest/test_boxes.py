from __future__ import annotations

import pytest
from fakes import text_block

from ingest.boxes import block_boxes, merge_lines, slice_word
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
