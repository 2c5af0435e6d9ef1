"""Columns from hand-made rows: each row is 10 points high, 12 apart; a column is 200 points wide."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingest.columns import Piece, find_gutter, regions
from ingest.records import BBox

LEFT, RIGHT, WIDTH = 50.0, 260.0, 200.0


def row(x: float, top: float, width: float = WIDTH, characters: int = 40, size: float = 10.0) -> Piece:
    return Piece(BBox(x, top, x + width, top + 10), characters, size)


def column(x: float, rows: int, top: float = 100.0, size: float = 10.0) -> list[Piece]:
    return [row(x, top + 12 * number, size=size) for number in range(rows)]


def order(pieces: Sequence[Piece]) -> list[Piece]:
    return [pieces[index] for region in regions(pieces) for index in region.pieces]


def test_one_column_is_one_region() -> None:
    pieces = column(LEFT, 20)
    assert [region.pieces for region in regions(pieces)] == [tuple(range(20))]
    assert not regions(pieces)[0].column


def test_no_pieces_make_no_region() -> None:
    assert regions([]) == []


def test_two_columns_are_read_one_after_the_other_however_their_rows_are_mixed() -> None:
    left, right = column(LEFT, 10), column(RIGHT, 10)
    mixed = [piece for pair in zip(left, right, strict=True) for piece in pair]
    assert order(mixed) == left + right
    assert [region.column for region in regions(mixed)] == [True, True]


def test_the_gutter_is_the_white_between_them() -> None:
    gutter = find_gutter(column(LEFT, 10) + column(RIGHT, 10))
    assert gutter is not None
    assert (gutter.x0, gutter.x1, gutter.top, gutter.bottom, gutter.rows) == (250, 260, 100, 218, 10)


def test_a_gutter_narrower_than_an_em_is_one() -> None:
    left, right = column(LEFT, 10), column(256.0, 10)
    assert order([*right, *left]) == left + right


def test_a_gutter_as_narrow_as_a_space_is_none() -> None:
    assert find_gutter(column(LEFT, 10) + column(253.0, 10)) is None


def test_three_columns() -> None:
    parts = [column(x, 8) for x in (50.0, 260.0, 470.0)]
    assert order([piece for part in reversed(parts) for piece in part]) == parts[0] + parts[1] + parts[2]


def test_what_goes_across_both_columns_is_read_between_what_is_above_and_below() -> None:
    upper = column(LEFT, 6) + column(RIGHT, 6)
    across = row(LEFT, 190.0, 410.0)
    lower = column(LEFT, 6, 220.0) + column(RIGHT, 6, 220.0)
    assert order([*lower, across, *upper]) == [*upper, across, *lower]


def test_a_figure_across_both_columns_ends_them() -> None:
    upper = column(LEFT, 6) + column(RIGHT, 6)
    lower = column(LEFT, 6, 300.0) + column(RIGHT, 6, 300.0)
    figure = Piece(BBox(LEFT, 180, 460, 290))
    assert order([*lower, figure, *upper]) == [*upper, figure, *lower]


def test_a_rule_across_both_columns_ends_them_and_an_underline_does_not() -> None:
    upper = column(LEFT, 6) + column(RIGHT, 6)
    lower = column(LEFT, 6, 184.0) + column(RIGHT, 6, 184.0)
    text = [*upper, *lower]
    rule = Piece(BBox(LEFT, 178, 460, 179))
    underline = Piece(BBox(LEFT, 178, 120, 179))
    assert [piece for piece in order([*text, rule]) if piece.characters] == text
    left_first = column(LEFT, 6) + column(LEFT, 6, 184.0) + column(RIGHT, 6) + column(RIGHT, 6, 184.0)
    assert [piece for piece in order([*text, underline]) if piece.characters] == left_first


def test_a_running_head_set_apart_is_in_no_column() -> None:
    head = [row(LEFT, 60.0, 20.0, 2), row(430.0, 60.0, 30.0, 6)]
    left, right = column(LEFT, 10), column(RIGHT, 10)
    assert order([*head, *left, *right]) == [*head, *left, *right]


def test_headings_side_by_side_at_the_heads_of_columns_belong_to_them() -> None:
    left = [row(LEFT, 80, 90, 12, 13.0), *column(LEFT, 10)]
    right = [row(RIGHT, 80, 60, 8, 13.0), *column(RIGHT, 10)]
    mixed = [piece for pair in zip(left, right, strict=True) for piece in pair]
    assert order(mixed) == left + right
    gutter = find_gutter(mixed)
    assert gutter is not None and gutter.top == 80


@pytest.mark.parametrize("head", [[row(LEFT, 80, 90, 12, 13.0)], [row(LEFT, 80, 90, 12), row(RIGHT, 80, 60, 8)]])
def test_a_row_that_is_no_heading_of_each_column_is_above_them(head: list[Piece]) -> None:
    left, right = column(LEFT, 10), column(RIGHT, 10)
    assert order([*right, *left, *head]) == [*head, *left, *right]


def test_notes_at_the_feet_of_columns_are_read_after_both() -> None:
    left, right = column(LEFT, 10), column(RIGHT, 10)
    left_notes = column(LEFT, 3, 230.0, size=8.0)
    right_notes = column(RIGHT, 4, 230.0, size=8.0)
    found = regions([*left, *left_notes, *right, *right_notes])
    assert order([*left, *left_notes, *right, *right_notes]) == [*left, *right, *left_notes, *right_notes]
    assert [region.notes for region in found] == [False, False, True, True]


def test_small_rows_that_go_on_without_white_are_no_notes() -> None:
    left = column(LEFT, 10) + column(LEFT, 2, 220.0, size=8.0)
    right = column(RIGHT, 12)
    assert order([*left, *right]) == [*left, *right]


def test_a_caption_below_its_figure_is_no_note() -> None:
    figure = Piece(BBox(LEFT, 100, 250, 200))
    caption = column(LEFT, 4, 206.0, size=8.0)
    right = column(RIGHT, 12)
    assert order([figure, *right, *caption]) == [figure, *caption, *right]


@pytest.mark.parametrize(
    ("characters", "widths"),
    [
        pytest.param(6, (200.0,), id="numbers"),
        pytest.param(40, (200.0, 60.0, 60.0, 60.0), id="rows that do not fill it"),
    ],
)
def test_columns_of_a_table_are_no_columns_of_text(characters: int, widths: Sequence[float]) -> None:
    def cells(x: float) -> list[Piece]:
        return [row(x, 100 + 12 * number, widths[number % len(widths)], characters) for number in range(12)]

    assert find_gutter(cells(LEFT) + cells(RIGHT)) is None


def test_bullets_and_their_text_are_no_columns() -> None:
    bullets = [row(LEFT, 100 + 12 * number, 5.0, 1) for number in range(12)]
    assert find_gutter(bullets + column(65.0, 12)) is None


def test_every_piece_is_in_one_region() -> None:
    pieces = column(LEFT, 9) + column(RIGHT, 14) + column(LEFT, 3, 300.0) + [Piece(BBox(0, 290, 600, 291))]
    held = [index for region in regions(pieces) for index in region.pieces]
    assert sorted(held) == list(range(len(pieces)))


def test_quotations_that_stand_in_are_of_their_column() -> None:
    left = column(LEFT, 6) + [row(LEFT + 30, 172 + 12 * number, 170.0) for number in range(8)]
    right = column(RIGHT, 6) + [row(RIGHT + 30, 172 + 12 * number, 170.0) for number in range(8)]
    assert order([*column(LEFT, 0), *right, *left]) == [*left, *right]
