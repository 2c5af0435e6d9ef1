"""Letters that are drawn as outlines, told from other shapes by how they lie."""

from ingest.outlined import letters_in_rows
from ingest.records import BBox


def row(widths: list[float], top: float, height: float = 8.0, gap: float = 1.0) -> list[BBox]:
    boxes, x = [], 50.0
    for width in widths:
        boxes.append(BBox(x, top, x + width, top + height))
        x += width + gap
    return boxes


LETTERS = [4.0, 5.5, 2.0, 7.0, 4.5, 5.0, 3.0, 6.0]


def test_letters_side_by_side_are_text() -> None:
    boxes = row(LETTERS, 100) + row(LETTERS, 115)
    assert letters_in_rows(boxes) == 14  # the last of each row has none after it


def test_a_shape_that_is_a_whole_row_counts_as_its_letters() -> None:
    boxes = [BBox(50, 10 * row, 50 + width, 10 * row + 8) for row, width in enumerate((96, 120, 48, 144, 72))]
    assert letters_in_rows(boxes) == 100  # each letter 0.6 of 8 points wide


def test_dots_of_a_pattern_are_none() -> None:
    assert letters_in_rows(row([4.0] * 40, 100)) == 0


def test_shapes_far_apart_are_none() -> None:
    assert letters_in_rows(row(LETTERS, 100, gap=30)) == 0


def test_large_shapes_are_none() -> None:
    assert letters_in_rows(row([100.0, 120.0, 90.0, 80.0, 70.0, 60.0], 100, height=90)) == 0


def test_no_shapes_are_none() -> None:
    assert letters_in_rows([]) == 0
