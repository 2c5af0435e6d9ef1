"""The file that touches liteparse: a PDF's words and rough blocks, and what its pages draw.

It runs in a limited child process only and knows nothing of Recto's blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import liteparse

from ingest.flow import Line, joined
from ingest.fonts import ASCENT, TALL, is_bold, plain_name
from ingest.layout import BaseBlock, RawPage
from ingest.records import BBox, Word
from ingest.rules import Edge, Shade
from ingest.tables import BaseCell
from ingest.typography import Body, body_of

_BLACK = "ff000000"
_LIGATURES = re.compile("f[fil]")
_MAX_DRAWN = 20_000  # straight edges, and shapes, of one page; one with more is a drawing, and is read without them
_LEVEL = 1.0  # points by which a line that is drawn across or down may lean
_BODY_PAGES = 40  # pages of a document by which its body type is told
_SAME_SCALE = 1e-3

# liteparse's own values, as its extension makes them: its Python wrapper would copy each of them twice. They have the
# attributes of the wrapper's classes of the same names, and their text is valid UTF-8.


def _bbox(rect: Any) -> BBox:
    x, y = rect.x, rect.y
    return BBox(x, y, x + rect.width, y + rect.height)


@lru_cache(maxsize=1024)
def _face(name: str, weight: int) -> tuple[str, bool]:
    """A font's name without its subset's mark, and whether it is bold."""
    font = plain_name(name)
    return font, is_bold(font, weight)


def _set_in(item: Any, unit: float) -> tuple[int, float, bool, str]:
    """A run's characters, size, weight and font. liteparse states sizes without the page's UserUnit."""
    font, bold = _face(item.font_name or "", item.font_weight or 0)
    size = unit * item.font_height if item.font_height else item.height
    return len(item.text), round(size, 2), bold, font


def _extent(item: Any, size: float) -> tuple[float, float]:
    """How far below a run's top its letters begin and how tall they are, in points; 0 for both where its box is right.

    Some fonts state an ascent and descent of several ems, which would lay each row over its neighbours.
    """
    ascent, descent = item.font_ascent or 0.0, item.font_descent or 0.0
    if ascent <= 0 or descent > 0 or item.height < TALL * size or round(item.rotation / 90) % 4:
        return 0.0, 0.0
    baseline = item.height * ascent / (ascent - descent)
    return baseline - ASCENT * size, size


def _line(item: Any, unit: float) -> Line:
    _, size, bold, font = _set_in(item, unit)
    rise, height = _extent(item, size)
    words = []
    for word in item.words:
        if text := word.text:
            x, y = word.x, word.y + rise
            words.append(Word(text, BBox(x, y, x + word.width, y + (height or word.height)), font, size, bold))
    rotation = round(item.rotation / 90) * 90 % 360
    if len(words) > 1 and not rotation:
        words = joined(words, lambda: _spaces(item))
    return Line(tuple(words), rotation, _colour(item.fill_color or _BLACK))


def _spaces(item: Any) -> int | None:
    """How many spaces the file writes within a run: its codes that are no characters of words. None where unclear."""
    text = item.text.rstrip()
    if _LIGATURES.search(text):
        return None  # one code may stand for two characters
    codes = len(item.char_codes) - (0 if item.trailing_space_generated else len(item.text) - len(text))
    spaces = codes - sum(map(len, text.split()))
    return spaces if 0 <= spaces <= text.count(" ") else None


def _block(block: Any) -> BaseBlock | None:
    if block.bbox is None:
        return None
    text = " ".join(filter(None, (block.marker, block.text, *(block.lines or ()))))
    header = [block.header] if block.header else []
    rows = tuple(
        tuple(BaseCell(cell.text, _bbox(cell.bbox) if cell.bbox else None) for cell in row)
        for row in (*header, *(block.rows or ()))
    )
    return BaseBlock(block.kind, _bbox(block.bbox), text, block.level or 0, rows, len(header))


@lru_cache(maxsize=1024)
def _colour(argb: str) -> int:
    return int(argb, 16)


def _edges(page: Any) -> tuple[Edge, ...]:
    """The level and upright edges of what the page draws."""
    drawn = page.vector_graphics.lines if page.vector_graphics else ()
    if len(drawn) > _MAX_DRAWN:
        return ()
    edges = []
    for line in drawn:
        x0, x1, top, bottom = line.x1, line.x2, line.y1, line.y2
        if abs(x1 - x0) > _LEVEL and abs(bottom - top) > _LEVEL:
            continue
        box = BBox(min(x0, x1), min(top, bottom), max(x0, x1), max(top, bottom))
        colour = line.stroke_color if line.stroke else line.fill_color
        if colour:
            edges.append(Edge(box, _colour(colour), not line.stroke))
    return tuple(edges)


def _shades(page: Any) -> tuple[Shade, ...]:
    """The areas that the page fills, in the order in which it paints them."""
    drawn = page.vector_graphics.shapes if page.vector_graphics else ()
    if len(drawn) > _MAX_DRAWN:
        return ()
    return tuple(Shade(_bbox(shape.bbox), _colour(shape.fill_color)) for shape in drawn if shape.fill_color)


def _raw_page(page: Any, unit: float) -> RawPage:
    return RawPage(
        number=page.page_num,
        width=page.width,
        height=page.height,
        lines=tuple(line for item in page.text_items if (line := _line(item, unit)).words),
        base=tuple(block for block in map(_block, page.blocks or ()) if block is not None),
        label=page.page_label or "",
        edges=_edges(page),
        shades=_shades(page),
    )


class BasePages:
    """Pages as liteparse reads them. Those that it could not read are missing; all, when it cannot read the file."""

    def __init__(self, pages: Iterable[Any] = ()) -> None:
        self._pages = {page.page_num: page for page in pages}
        self._widths: dict[int, float] = {}

    def measured(self, widths: Mapping[int, float]) -> BasePages:
        """Takes the pages' widths as PDFium has them, without their UserUnit."""
        self._widths = dict(widths)
        return self

    def _unit(self, number: int) -> float:
        own = self._widths.get(number, 0.0)
        unit = self._pages[number].width / own if own > 0 else 1.0
        return 1.0 if abs(unit - 1) < _SAME_SCALE else float(unit)

    def items(self, number: int) -> int:
        """How many runs of text the page has."""
        return len(self._pages[number].text_items) if number in self._pages else 0

    def has(self, number: int) -> bool:
        """Whether liteparse could read the page."""
        return number in self._pages

    def body(self) -> Body | None:
        """The type that most of the document's text is set in, by a sample of its pages; None where it has no text."""
        numbers = sorted(self._pages)
        some = numbers[:: 1 + len(numbers) // _BODY_PAGES]
        return body_of(_set_in(item, self._unit(number)) for number in some for item in self._pages[number].text_items)

    def take(self, number: int) -> RawPage | None:
        """The page, made from liteparse's values and given away; None where there is none."""
        if number not in self._pages:
            return None
        unit = self._unit(number)
        return _raw_page(self._pages.pop(number), unit)


def base_pages(path: Path, password: str, first: int, last: int) -> BasePages:
    """Pages `first` to `last` as liteparse reads them, all at once: it learns from the whole. Lets threads run."""
    parser = liteparse.LiteParse(
        ocr_enabled=False,
        quiet=True,
        num_workers=1,
        continue_on_page_error=True,
        extract_blocks=True,
        extract_links=False,
        extract_text_metadata=True,
        emit_word_boxes=True,
        keep_headers_footers=True,
        extract_vector_graphics=True,
        target_pages=f"{first}-{last}",
        max_pages=last - first + 1,  # by default it stops at 1,000
        password=password or None,
    )
    # By its name liteparse would hand a file that is not called .pdf to an office program.
    try:
        if path.suffix.lower() == ".pdf":
            return BasePages(parser._native.parse(str(path.absolute())).pages)
        return BasePages(parser._native.parse_bytes(path.read_bytes()).pages)
    except (RuntimeError, ValueError, OSError):  # all that the extension raises
        return BasePages()
