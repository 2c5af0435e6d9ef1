"""Blocks that stand out of order in one column, by hand-made boxes."""

from ingest.reading_order import in_order
from ingest.records import BBox, Block, BlockKind


def block(text: str, x0: float, top: float, x1: float, bottom: float) -> Block:
    return Block(BlockKind.TEXT, text, BBox(x0, top, x1, bottom))


HEAD = block("head", 50, 50, 300, 70)
UNIT = block("unit", 400, 80, 450, 90)
TEXT = block("text", 50, 300, 450, 400)
FOOT = block("foot", 200, 700, 240, 710)


def test_what_stands_above_those_before_it_is_put_above_them() -> None:
    # The foot is as narrow as the unit and not below it; the text is.
    assert in_order([HEAD, TEXT, FOOT, UNIT]) == [HEAD, UNIT, TEXT, FOOT]


def test_columns_side_by_side_stay_one_after_the_other() -> None:
    left = [block(f"l{row}", 50, 100 * row, 240, 100 * row + 90) for row in range(1, 4)]
    right = [block(f"r{row}", 260, 100 * row, 450, 100 * row + 90) for row in range(1, 4)]
    assert in_order([*left, *right]) == [*left, *right]
    wide = block("wide", 50, 450, 450, 500)
    assert in_order([*left, wide, *right]) == [*left, *right, wide]


def test_blocks_that_overlap_stay_as_they_are() -> None:
    over = block("over", 50, 55, 450, 305)
    assert in_order([HEAD, TEXT, over]) == [HEAD, TEXT, over]
