from __future__ import annotations

import numpy as np

from ingest.draw import COLOURS, draw_page
from ingest.records import BBox, Block, BlockKind, Cell, Page, Word


def block(kind: BlockKind, box: BBox, *, level: int = 0, cells: tuple[Cell, ...] = ()) -> Block:
    return Block(kind, "word", box, (Word("word", box),), ((0, 4),), level, cells)


def white(width: int, height: int) -> np.ndarray:
    return np.full((height, width, 3), 255, np.uint8)


def near(pixel: tuple[int, ...], colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=True))


def test_each_block_is_outlined_in_its_kinds_colour_at_the_pictures_scale() -> None:
    title, table = BBox(20, 30, 60, 40), BBox(20, 60, 80, 90)
    cell = Cell(0, 0, 0, 4, BBox(30, 65, 50, 80))
    page = Page(1, 100, 100, (block(BlockKind.TITLE, title, level=2), block(BlockKind.TABLE, table, cells=(cell,))))
    drawn = draw_page(page, white(300, 300))  # three pixels a point
    assert drawn.size == (300, 300) and drawn.mode == "RGB"
    assert near(drawn.getpixel((179, 110)), COLOURS[BlockKind.TITLE])  # its right edge
    assert near(drawn.getpixel((239, 240)), COLOURS[BlockKind.TABLE])
    assert near(drawn.getpixel((120, 194)), COLOURS[BlockKind.TABLE])  # the cell's upper edge
    assert drawn.getpixel((290, 290)) == (255, 255, 255)


def test_a_line_leads_from_block_to_block_in_reading_order() -> None:
    left, right = BBox(10, 10, 30, 20), BBox(90, 80, 110, 90)
    page = Page(1, 120, 100, (block(BlockKind.TEXT, left), block(BlockKind.TEXT, right)))
    there = np.asarray(draw_page(page, white(240, 200)))
    assert (there[60:120, 60:140] != 255).any()  # half way between the two
    alone = np.asarray(draw_page(Page(1, 120, 100, page.blocks[:1]), white(240, 200)))
    assert (alone[60:120, 60:140] == 255).all()


def test_words_that_are_not_sure_are_yellow() -> None:
    box = BBox(20, 30, 80, 50)
    words = (Word("sure", box._replace(x1=45), confidence=0.9), Word("unsure", box._replace(x0=50), confidence=0.6))
    page = Page(1, 100, 100, (Block(BlockKind.TEXT, "sure unsure", box, words, ((0, 4), (5, 11))),))
    there = np.asarray(draw_page(page, white(200, 200))).astype(int)
    yellow = (there[:, :, 0] > there[:, :, 2] + 40) & (there[:, :, 1] > there[:, :, 2] + 40)
    assert yellow[70:90, 110:150].all() and not yellow[:, :95].any()


def test_an_empty_page_and_boxes_outside_it_are_no_trouble() -> None:
    assert draw_page(Page(1, 0, 0, ()), white(3, 2)).size == (3, 2)
    odd = (block(BlockKind.FIGURE, BBox(-50, -50, -20, -30)), block(BlockKind.TEXT, BBox(90, 5, 80, 2)))
    assert draw_page(Page(1, 100, 100, odd), white(100, 100)).size == (100, 100)
