"""Which blocks of a page are headings, judged as a reader does: by size, weight, capitals, number, white space, length.

Pure functions over blocks. They do not know the rest of the document but for the type that its text is set in
(`Body`), and give no depth: `ingest/depths.py` does, over all pages.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from ingest.cards import dealt
from ingest.contents import find_contents
from ingest.flow import same_row
from ingest.heading_cuts import BIG, MAX_ROWS, MAX_ROWS_BIG, SMALL, VERY_BIG, join_headings, split_headings
from ingest.heading_words import ends_sentence, has_cjk, is_known, is_run_in, is_short, may_be_heading
from ingest.numbering import Numbering, numbering
from ingest.records import BBox, Block, BlockKind
from ingest.typography import Body, Row, body_of, in_capitals, rows_of

_HUGE = 1.8  # of the body's size: larger than any running head
_SMALL_BOLD = 0.85  # of the size of the text below it
_MEASURED = 1.1  # times the body's size: what is surely larger where sizes are estimated from a picture
_PAGE_BODY = 600  # characters from which a page's own type is the measure of its headings
_BACKGROUND = 0.6  # of the page's area: a larger figure is no figure
_SPREAD_GAP = 5.0  # ems between two words of a row
_COLUMN_GAP = 1.5  # and where there are several
_MARGIN_GAP = 1.5  # ems of white space between a running head and the text
_MARGIN = 0.09  # share of the page's height, top and bottom, where running heads stand
_AIR = 0.35  # line heights of white space above a heading in the body's size
_WIDE_AIR = 0.6
_LONGEST = 400  # characters
_RUNNING = 15.0  # ems: text as wide or in several rows runs on
_FLOWING = (BlockKind.TITLE, BlockKind.TEXT, BlockKind.LIST)


class _Around(NamedTuple):
    """A block's surroundings: white space above in points, the block below, the lines beside it.

    `labels`: whether a block right of it begins in its row.
    """

    above: float
    after: Block | None
    after_index: int
    beside: int
    labels: bool


class _Page(NamedTuple):
    """What a heading is judged against: the page's blocks, type, pictures and extent.

    `cut_off`: places of blocks that stood in one with those before them.
    """

    blocks: Sequence[Block]
    cut_off: Set[int]
    body: Body
    pictures: Sequence[BBox]
    width: float
    height: float


class _Line(NamedTuple):
    """A block that may be a heading, the page's `place`-th. `ratio`: its size to the body's."""

    place: int
    block: Block
    rows: Sequence[Row]
    ratio: float
    bold: bool
    number: Numbering | None


def _page_body(blocks: Sequence[Block], document: Body | None) -> Body | None:
    """The page's own type where it has enough text, else the document's."""
    running = [block for block in blocks if block.kind in (BlockKind.TEXT, BlockKind.LIST)]
    words = [(len(word.text), word.size, word.bold, word.font) for block in running or blocks for word in block.words]
    if document is not None and sum(word[0] for word in words) < _PAGE_BODY:
        return document
    own = body_of(words) or document
    if own is not None and not own.font:  # recognised on a picture: lines are as tall as their letters happen to be
        return own._replace(size=_MEASURED * own.size)
    return own


def _around(index: int, blocks: Sequence[Block], em: float) -> _Around:
    box = blocks[index].bbox
    above = below = 10 * em
    after, after_index = None, -1
    beside, labels = 0, False
    for other_index, other in enumerate(blocks):
        if other_index == index:
            continue
        x0, top, x1, bottom = other.bbox
        if x0 < box.x1 and x1 > box.x0:
            if bottom <= box.top + 0.3 * box.height:
                above = min(above, box.top - bottom)
            elif top >= box.bottom - 0.3 * box.height and top - box.bottom < below:
                below, after, after_index = top - box.bottom, other, other_index
        elif bottom - top < 2 * box.height and same_row(other.bbox, box):
            beside += 1
        if x0 >= box.x1 and abs(top - box.top) < 0.5 * em and other.text:
            labels = True
    return _Around(above, after, after_index, beside, labels)


def _in_picture(block: Block, pictures: Sequence[BBox]) -> bool:
    x, y = block.bbox.center
    return any(picture.contains(x, y) for picture in pictures)


def _in_text(index: int, blocks: Sequence[Block]) -> bool:
    """Whether most of a word lies within another block: one of its rows set apart, or its large first letter."""
    box = blocks[index].bbox
    return len(blocks[index].words) == 1 and any(
        other.text and near != index and other.bbox.area > box.area and other.bbox.overlap(box) >= 0.5 * box.area
        for near, other in enumerate(blocks)
        if other.kind is not BlockKind.FIGURE
    )


def _in_margin(line: _Line, page: _Page) -> bool:
    """Whether a line is a running head or foot: the outermost text, in the margin, with white space inwards."""
    if not page.height:
        return False
    box, gap = line.block.bbox, _MARGIN_GAP * max(line.rows[0].size, 1.0)
    others = [other.bbox for other in page.blocks if other.text and other is not line.block]
    if box.bottom <= _MARGIN * page.height:
        return all(other.bottom > box.top and not box.bottom <= other.top < box.bottom + gap for other in others)
    if box.top >= (1 - _MARGIN) * page.height:
        return all(other.top < box.bottom and not box.top - gap < other.bottom <= box.top for other in others)
    return False


def _is_spread(line: _Line) -> bool:
    """Whether a row has parts at both edges, as running heads and forms have, or in columns, as a table's head has."""
    for row in line.rows:
        words = line.block.words[row.first : row.end]
        gaps = [(right.bbox.x0 - left.bbox.x1) / max(row.peak, 1.0) for left, right in pairwise(words)]
        if any(gap > _SPREAD_GAP for gap in gaps) or sum(gap > _COLUMN_GAP for gap in gaps) > 1:
            return True
    return False


def _is_other(line: _Line, page: _Page) -> bool:
    """Whether something tells that a line is no heading, however it is set."""
    text = line.block.text
    if not may_be_heading(text) or _is_spread(line) or len(text) == 1:
        return True
    if len(line.rows) > (MAX_ROWS_BIG if line.ratio >= VERY_BIG else MAX_ROWS):
        return True
    if _in_picture(line.block, page.pictures) or _in_text(line.place, page.blocks):
        return True
    least = VERY_BIG if page.width > page.height else _HUGE  # slides have their titles in the margin
    if line.ratio < least and _in_margin(line, page):
        return True
    return line.number is None and line.ratio < VERY_BIG and (text[0].islower() or is_run_in(text))


def _leads(row: Row, after: Block) -> bool:
    """Whether a row stands over what follows it as a heading does: at its left edge, or centred over it."""
    em = max(row.size, 1.0)
    left = row.bbox.x0 - after.bbox.x0
    return -4 * em <= left <= 4 * em or abs(row.bbox.center[0] - after.bbox.center[0]) <= 1.5 * em


def _runs_on(row: Row, after: Block) -> bool:
    """Whether a row is the first of the paragraph below it: as wide, as large, and no white space between them."""
    below = rows_of(after)
    if after.kind not in _FLOWING or not below:
        return False
    em = max(row.size, 1.0)
    right = max(each.bbox.x1 for each in below)
    tight = below[0].bbox.top - row.bbox.bottom <= 0.5 * em
    return tight and row.bbox.x1 >= right - 2 * em and below[0].size >= 0.9 * em


def _tops(row: Row, table: Block) -> bool:
    """Whether a row lies on a table as wide as it is: the heads of its columns, which the table has lost."""
    tight = table.bbox.top - row.bbox.bottom <= 0.5 * row.size
    flush = abs(row.bbox.x0 - table.bbox.x0) <= row.size
    return tight and flush and row.bbox.width >= 0.8 * table.bbox.width


def _is_full(row: Row, after: Block) -> bool:
    """Whether a row is as wide as the text below it, as a paragraph's first row is."""
    right = row.bbox.x1 >= after.bbox.x1 - 1.5 * row.size
    return right and after.kind in (BlockKind.TEXT, BlockKind.LIST) and len(rows_of(after)) > 1


def _goes_on(index: int, blocks: Sequence[Block]) -> bool:
    """Whether a numbered line is one of a list: its neighbours are short and numbered in the same way."""
    own = numbering(blocks[index].text)
    for near in (index - 1, index + 1):
        if own and 0 <= near < len(blocks) and blocks[near].bbox.height < 2.5 * blocks[index].bbox.height:
            other = numbering(blocks[near].text)
            if other is not None and other.scheme == own.scheme:
                return True
    return False


def _by_number(line: _Line, page: _Page, around: _Around) -> bool:
    """Whether a line in the body's size is a heading by its number and by how it stands apart from the text."""
    number, text = line.number, line.block.text
    if number is None or not is_short(text) or around.beside or len(text) <= number.end:
        return False
    if line.ratio < SMALL and page.body.font:
        return False
    named = number.sure and not number.scheme.startswith("1")
    if named:
        return len(line.rows) <= 2
    other_font = line.rows[0].font != page.body.font and around.above >= _AIR * line.rows[0].bbox.height
    if (
        ends_sentence(text)
        or text.endswith(":")
        or "：" in text  # "3、律师：…" says what it is
        or not (other_font or has_cjk(text) or in_capitals(text))
        or len(line.rows) > 1
    ):
        return False
    return not _goes_on(line.place, page.blocks) and not (around.after and _is_full(line.rows[0], around.after))


def _is_followed(around: _Around, page: _Page, found: set[int], em: float) -> bool:
    """Whether what stands below a line is what a heading heads: running text, a list, table or figure, a heading.

    One short line, an author's, may stand between. Boxes of a chart have nothing but such lines below them.
    """
    for _ in range(2):
        after = around.after
        if after is None:
            return False
        if after.kind not in (BlockKind.TEXT, BlockKind.TITLE, BlockKind.FURNITURE) or around.after_index in found:
            return True
        if after.bbox.width >= _RUNNING * em or len(rows_of(after)) > 1:
            return True
        around = _around(around.after_index, page.blocks, page.body.size)
    return False


def _stands_out(line: _Line, page: _Page, found: set[int]) -> bool:
    """Whether a line that may be a heading is set as one. `found`: the places of headings further down the page."""
    block, body, row = line.block, page.body, line.rows[0]
    around = _around(line.place, page.blocks, body.size)
    if line.ratio >= BIG:
        return line.ratio >= VERY_BIG or not _is_larger_text(line, around)
    if _by_number(line, page, around):
        return True
    em = max(row.size, 1.0)
    if around.after is None or not _is_followed(around, page, found, em):
        return False
    if around.after_index not in found and _runs_on(line.rows[-1], around.after):
        return False
    if around.after.kind is BlockKind.TABLE and _tops(line.rows[-1], around.after):
        return False
    asks = around.labels or block.text.endswith((":", "："))
    if asks and not (around.after.bbox.width >= _RUNNING * em and _leads(row, around.after)):
        return False
    if is_known(block.text):
        return not around.beside
    aired = line.place in page.cut_off or around.above >= _AIR * row.bbox.height
    if line.bold and max(each.size for each in line.rows) >= _least(body, around.after):
        return aired and around.beside <= 1
    if block.text.endswith((":", "：")) or around.beside or not aired:
        return False
    if in_capitals(block.text) and max(each.peak for each in line.rows) >= SMALL * body.size:
        return _leads(row, around.after) and len(line.rows) <= 2
    other_font = row.font != body.font and line.ratio >= SMALL and len(line.rows) == 1
    wide = around.above >= _WIDE_AIR * row.bbox.height
    return other_font and wide and is_short(block.text) and block.kind is BlockKind.TITLE


def _is_larger_text(line: _Line, around: _Around) -> bool:
    """Whether a line in slightly larger type is a label beside its text, or a row of a paragraph in such type."""
    if around.beside and line.block.text.endswith((":", "：")):
        return True
    plain = line.number is None and not line.bold and len(line.rows) == 1
    return plain and around.after is not None and _is_full(line.rows[0], around.after)


def _least(body: Body, after: Block) -> float:
    """The size from which a bold line heads the block below it: running text in small type may have small headings."""
    rows = rows_of(after) if after.kind in (BlockKind.TEXT, BlockKind.LIST) else []
    if len(rows) < 2:
        return SMALL * body.size
    return min(SMALL * body.size, _SMALL_BOLD * max(row.size for row in rows))


def _lines(blocks: Sequence[Block], body: Body) -> list[_Line]:
    """The blocks that are short enough to be headings, from the last to the first."""
    made = []
    for index, block in reversed(list(enumerate(blocks))):
        if block.kind in _FLOWING and len(block.text) <= _LONGEST and "\n" not in block.text:
            rows = rows_of(block)
            if rows and len(rows) <= MAX_ROWS_BIG:
                size = max(row.size for row in rows)
                bold = all(row.bold for row in rows) and not body.bold
                made.append(_Line(index, block, rows, size / body.size, bold, numbering(block.text)))
    return made


def find_headings(blocks: Sequence[Block], document: Body | None, width: float, height: float) -> tuple[Block, ...]:
    """The blocks of a page with its headings split off, judged, and joined where they were broken over lines.

    `document`: the type of the whole document's text; the page's own where it is None. `width`, `height`: of the page.
    """
    contents = find_contents(blocks)
    if contents is not None:
        return contents
    body = _page_body(blocks, document)
    if body is None or body.size <= 0:
        return tuple(blocks)
    larger = max(body, document or body)  # a page of notes and tables has small type of its own
    cut, cut_off = split_headings([part for block in blocks for part in dealt(block, larger.size)], body)
    figures = [block.bbox for block in cut if block.kind is BlockKind.FIGURE]
    page = _Page(cut, cut_off, body, [box for box in figures if box.area < _BACKGROUND * width * height], width, height)
    found: set[int] = set()
    for line in _lines(cut, body):
        if not _is_other(line, page) and _stands_out(line, page, found):
            found.add(line.place)
    named = []
    for index, block in enumerate(cut):
        if (block.kind is BlockKind.TITLE) != (index in found):
            kind = BlockKind.TITLE if index in found else BlockKind.TEXT
            block = replace(block, kind=kind, level=int(index in found))
        named.append(block)
    return join_headings(named, body, cut_off)
