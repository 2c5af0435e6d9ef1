"""Marks of lists that stand alone beside the rows that they lead."""

import pytest

from ingest.flow import Line
from ingest.layout import BaseBlock, arrange
from ingest.list_marks import after_mark, marks_first, split_at_marks
from ingest.records import BBox, Word


def row(text: str, x: float, y: float) -> Line:
    """One word for each line of text, 5 points a character."""
    return Line((Word(text, BBox(x, y, x + 5 * len(text), y + 10), "F", 10),))


def mark(y: float, text: str = "\uf0b7") -> Line:
    """A low mark at the left edge, as wide and high as 3 points, in the middle of the row at `y`."""
    return Line((Word(text, BBox(0, y + 4, 3, y + 7), "Symbol", 10),))


@pytest.mark.parametrize(
    ("text", "start"), [("• filled", 2), ("▪filled", 1), ("filled", 0), ("- 5", 0), ("3. filled", 0), ("", 0)]
)
def test_where_the_words_of_an_item_begin(text: str, start: int) -> None:
    assert after_mark(text) == start


def test_a_mark_after_its_row_goes_before_all_of_it() -> None:
    first, second, below = row("filled", 15, 0), row("a third", 60, 0), row("of all", 15, 12)
    assert marks_first([first, second, mark(0), below]) == [mark(0), first, second, below]


def test_a_mark_within_a_row_and_one_of_another_row_stay() -> None:
    inner = Line((Word("•", BBox(50, 4, 53, 7)),))
    lines = [row("above", 15, 0), inner, row("tail", 60, 0), mark(12), row("below", 15, 12)]
    assert marks_first(lines) == lines


def test_items_begin_with_marks_at_the_left() -> None:
    lines = [row("led in:", 15, 0), mark(12), row("one", 15, 12), row("goes on", 15, 24), mark(36), row("two", 15, 36)]
    assert [len(item) for item in split_at_marks(lines)] == [1, 3, 2]
    inner = Line((Word("•", BBox(50, 4, 53, 7)),))
    assert len(split_at_marks([row("a", 15, 0), inner, row("b", 60, 0)])) == 1


def test_a_list_that_the_base_reads_with_its_marks_at_the_ends_of_rows() -> None:
    lines = [mark(0), row("filled", 15, 0), row("and", 15, 12), mark(24), row("hired", 15, 24)]
    base = [BaseBlock("paragraph", BBox(0, 0, 60, 34), "filled \uf0b7 and hired \uf0b7")]
    assert [block.text for block in arrange(lines, base)] == ["• filled and", "• hired"]
