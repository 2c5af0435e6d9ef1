"""A page's blocks drawn on its picture: their kinds, order, levels, cells and words, so that a person can see them.

Pure; it does not know how the page was read nor how its picture came about, and never opens a PDF.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from ingest.grades import UNSURE_WORD
from ingest.recognition import Image
from ingest.records import BBox, Block, BlockKind, Page

_Colour = tuple[int, int, int]

COLOURS: dict[BlockKind, _Colour] = {
    BlockKind.TITLE: (200, 30, 45),
    BlockKind.TEXT: (30, 90, 200),
    BlockKind.LIST: (0, 130, 90),
    BlockKind.TABLE: (225, 110, 0),
    BlockKind.CAPTION: (140, 40, 170),
    BlockKind.FIGURE: (90, 90, 90),
    BlockKind.FORMULA: (0, 130, 150),
    BlockKind.FURNITURE: (150, 150, 150),
}

_UNSURE: _Colour = (235, 170, 0)  # words that were recognised with low confidence

# In points.
_OUTLINE = 0.9
_WORD_LINE = 0.4
_CELL_INSET = 0.5
_LABEL_SIZE = 6.0
_ARROW = 4.0
# Of 255.
_FILLED = 26
_UNSURE_FILLED = 90
_WORD_INK = 110
_WAY_INK = 170


class _Pen(NamedTuple):
    """Draws in points of the page on a picture of `scale` pixels a point."""

    draw: ImageDraw.ImageDraw
    scale: float

    def rectangle(self, box: BBox, colour: _Colour, line: float, ink: int = 255, fill: int = 0) -> None:
        corners = [self.scale * edge for edge in box]
        if corners[0] > corners[2] or corners[1] > corners[3]:
            return  # words without extent
        inside = (*colour, fill) if fill else None
        self.draw.rectangle(corners, inside, (*colour, ink), max(round(self.scale * line), 1))

    def way(self, start: tuple[float, float], end: tuple[float, float], colour: _Colour) -> None:
        """A line that ends in an arrow's head."""
        (x0, y0), (x1, y1) = start, end
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        if length == 0:
            return
        across, down = (x1 - x0) / length, (y1 - y0) / length
        head = min(_ARROW, length / 2)
        barbs = [
            (x1 - head * (across + side * 0.4 * down), y1 - head * (down - side * 0.4 * across)) for side in (-1, 1)
        ]
        ink = (*colour, _WAY_INK)
        self.draw.line(self._pixels(start, end), ink, max(round(self.scale * _OUTLINE), 1))
        self.draw.polygon(self._pixels(end, *barbs), ink)

    def label(self, text: str, x: float, bottom: float, colour: _Colour) -> None:
        """White on the colour, its lower left corner at the place given; within the picture."""
        font = ImageFont.load_default(max(self.scale * _LABEL_SIZE, 9))
        x0, y0, x1, y1 = self.draw.textbbox((0, 0), text, font)
        pad = max(self.scale, 1.0)
        left = max(min(self.scale * x, self.draw.im.size[0] - x1 - 2 * pad), 0.0)
        top = max(self.scale * bottom - (y1 - y0) - 2 * pad, 0.0)
        self.draw.rectangle((left, top, left + x1 - x0 + 2 * pad, top + y1 - y0 + 2 * pad), (*colour, 230))
        self.draw.text((left + pad - x0, top + pad - y0), text, (255, 255, 255, 255), font)

    def _pixels(self, *points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(self.scale * x, self.scale * y) for x, y in points]


def _name(order: int, block: Block) -> str:
    level = f" {block.level}" if block.level else ""
    return f"{order} {block.kind}{level}"


def draw_page(page: Page, picture: Image) -> Picture.Image:
    """The picture with the page's blocks on it, RGB, the same size.

    `picture`: the page as seen, RGB, uint8, shape (height, width, 3), at any scale. Every block has a box in its kind's
    colour, and its place in reading order, kind and level as a label; an arrow leads from each block's start to the
    next one's. Words have thin boxes, table cells thick ones; words recognised with low confidence are yellow.
    """
    beneath = Picture.fromarray(picture).convert("RGBA")
    drawn = Picture.new("RGBA", beneath.size)
    pen = _Pen(ImageDraw.Draw(drawn), picture.shape[1] / page.width if page.width > 0 else 1.0)
    for block in page.blocks:
        colour = COLOURS[block.kind]
        pen.rectangle(block.bbox, colour, _OUTLINE, fill=_FILLED)
        for word in block.words:
            if word.confidence < UNSURE_WORD:
                pen.rectangle(word.bbox, _UNSURE, _OUTLINE, fill=_UNSURE_FILLED)
            else:
                pen.rectangle(word.bbox, colour, _WORD_LINE, _WORD_INK)
        for cell in block.cells:
            x0, top, x1, bottom = cell.bbox
            inset = BBox(x0 - _CELL_INSET, top - _CELL_INSET, x1 + _CELL_INSET, bottom + _CELL_INSET)
            pen.rectangle(inset, colour, _OUTLINE)
    starts = [(block.bbox.x0, block.bbox.top) for block in page.blocks]
    for (start, end), block in zip(pairwise(starts), page.blocks, strict=False):
        pen.way(start, end, COLOURS[block.kind])
    for order, block in enumerate(page.blocks, 1):
        pen.label(_name(order, block), block.bbox.x0, block.bbox.top, COLOURS[block.kind])
    return Picture.alpha_composite(beneath, drawn).convert("RGB")
