"""A page's lines and the base's blocks to Recto's blocks, in reading order.

Pure geometry and text; it does not know which library read the page. Every word ends up in exactly one block: a line
goes to the base block that holds it by place and by text, and lines that no block claims make text blocks of their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from ingest.columns import Piece, find_gutter, regions
from ingest.flow import Line, in_rows, is_cjk, is_normal, normal, same_row, write
from ingest.gaps import is_amount
from ingest.list_marks import marks_first, split_at_marks
from ingest.quotation_marks import STRAIGHT
from ingest.reading_order import in_order
from ingest.records import BBox, Block, BlockKind, union_of
from ingest.rules import Edge, Shade
from ingest.tables import BaseCell, places_of, table_block


@dataclass(frozen=True, slots=True)
class BaseBlock:
    """A block as the base reads it: `kind` is its own word for it, `text` its own text (with Markdown marks).

    `rows` are a table's, the first `header_rows` of them its header.
    """

    kind: str
    bbox: BBox
    text: str = ""
    level: int = 0
    rows: tuple[tuple[BaseCell, ...], ...] = ()
    header_rows: int = 0


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page as the base reads it. `edges` and `shades`: what it draws, of which rules.py makes a table's rules."""

    number: int
    width: float
    height: float
    lines: tuple[Line, ...] = ()
    base: tuple[BaseBlock, ...] = ()
    label: str = ""
    edges: tuple[Edge, ...] = ()
    shades: tuple[Shade, ...] = ()


_KINDS = {
    "heading": BlockKind.TITLE,
    "paragraph": BlockKind.TEXT,
    "list_item": BlockKind.LIST,
    "code": BlockKind.TEXT,
    "grid_fallback": BlockKind.TEXT,
    "table": BlockKind.TABLE,
    "figure": BlockKind.FIGURE,
}
_FLOWING = ("paragraph", "list_item", "heading")
_VERBATIM = ("code", "grid_fallback")  # their rows stay apart in the text
_STRAIGHT = str.maketrans(STRAIGHT)
_MARKS = re.compile(r"[\s*_\\#`|\-\u00ad\u2010]+")
_NEAR_LINES = 3.0  # how far outside its box, in line heights, a block's text may still be its own
_INDENT = 0.9  # in line heights: how far a paragraph's first row stands in
_SENTENCE_ENDS = tuple('.!?:。！？：；”"')
_MAX_CELL = 25  # characters in the mean: longer cells may be lines of columns of text
_TELLING = 4  # characters from which a text proves which block a line outside of every box belongs to


def squeeze(text: str) -> str:
    """Text reduced to what the base's spelling and ours share: no spaces, hyphens, Markdown marks; straight quotes."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_STRAIGHT)
    return _MARKS.sub("", text)


@dataclass(slots=True)
class _Slot:
    """A base block while lines are being given to it."""

    base: BaseBlock
    free: str  # its text, with what lines have claimed blanked out
    around: BBox  # its box and a little more
    lines: list[tuple[int, int, Line]] = field(default_factory=list)  # (place in text or -1, order, line)
    holes: list[BBox] = field(default_factory=list)  # a table's cells that the base left empty

    def fills_holes(self, line: Line) -> bool:
        """Whether all of the line stands in cells that the base drew but read as something else."""
        return bool(self.holes) and all(
            any(hole.contains(x, y) for hole in self.holes) for x, y in (word.bbox.center for word in line.words)
        )

    def claim(self, squeezed: str, order: int, line: Line) -> None:
        place = self.free.find(squeezed) if squeezed else -1
        if place >= 0:
            self.free = self.free[:place] + "\0" * len(squeezed) + self.free[place + len(squeezed) :]
        self.lines.append((place, order, line))


class _Item(NamedTuple):
    order: int
    line: Line
    bbox: BBox
    squeezed: str


def _slot_text(base: BaseBlock) -> str:
    cells = "".join(cell.text for row in base.rows for cell in row)
    return squeeze(base.text + cells)


def _grown(box: BBox, by: float = 1.0) -> BBox:
    return BBox(box.x0 - by, box.top - by, box.x1 + by, box.bottom + by)


def _choose(item: _Item, slots: Sequence[_Slot]) -> _Slot | None:
    """The block that holds the line: by place and text, then by text close by, then by place alone."""
    x, y = item.bbox.center
    around = []
    for slot in slots:
        x0, top, x1, bottom = slot.around
        if x0 <= x <= x1 and top <= y <= bottom:
            around.append(slot)
    for slot in around:
        if slot.holes and slot.fills_holes(item.line):
            return slot
    written = [slot for slot in around if item.squeezed and item.squeezed in slot.free]
    if written:
        return min(written, key=lambda slot: slot.base.bbox.area)
    texts = [slot for slot in around if slot.base.kind != "figure"]
    if len(item.squeezed) >= _TELLING and not any(slot.base.kind == "table" for slot in texts):
        reach = _NEAR_LINES * item.bbox.height
        near = [
            slot
            for slot in slots
            if slot.base.kind != "table"
            and item.squeezed in slot.free
            and slot.base.bbox.top - reach <= y <= slot.base.bbox.bottom + reach
        ]
        if near:
            return min(near, key=lambda slot: abs(slot.base.bbox.center[1] - y))
    # Tables read by cells often do not hold a row's text in one piece; elsewhere the smaller box is the truer one.
    return min(texts or around, key=lambda slot: slot.base.bbox.area, default=None)


def _beside(item: _Item, left: tuple[_Item, _Slot] | None) -> _Slot | None:
    """The block of the line to the left, for a word too short to tell that stands outside of its own block's box."""
    if left is None:
        return None
    other, slot = left
    gap = item.bbox.x0 - other.bbox.x1
    beside = same_row(other.bbox, item.bbox) and -0.5 * item.bbox.height <= gap <= item.bbox.height
    return slot if beside and slot.base.kind in _FLOWING and item.squeezed in slot.free else None


def _ordered(slot: _Slot) -> list[Line]:
    """The slot's lines in the order of the base's text; a line not found there follows its neighbour above.

    A list mark is read before the row that it leads: the base has it at that row's end where it is drawn low.
    """
    known = sorted((place, order) for place, order, _ in slot.lines if place >= 0)
    place_of = {order: place for place, order in known}
    last = -1
    keys: dict[int, tuple[int, int]] = {}
    for _, order, _ in sorted(slot.lines, key=lambda entry: entry[1]):
        last = place_of.get(order, last)
        keys[order] = (last, order)
    return marks_first([line for _, _, line in sorted(slot.lines, key=lambda entry: keys[entry[1]])])


def _text_block(kind: BlockKind, lines: Sequence[Line], level: int = 0, row_end: str = "") -> Block | None:
    text, words, offsets = write(lines, row_end)
    if not words:
        return None
    return Block(kind, text, union_of([word.bbox for word in words]), words, offsets, level)


def _row_starts(lines: Sequence[Line]) -> list[int]:
    """The lines with which a new row of text begins."""
    return [
        index
        for index, line in enumerate(lines)
        if not index
        or not same_row(lines[index - 1].words[-1].bbox, line.words[0].bbox)
        or line.words[0].bbox.x0 < lines[index - 1].words[0].bbox.x0
    ]


def split_at_indents(lines: Sequence[Line]) -> list[list[Line]]:
    """Paragraphs that the base took for one: a new one begins where a row is indented and the row above ends early.

    Rows that hang under a list marker are all indented and stay together.
    """
    starts = _row_starts(lines)
    if len(starts) < 2:
        return [list(lines)]
    rows = [lines[start:end] for start, end in pairwise([*starts, len(lines)])]
    lefts = [min(line.words[0].bbox.x0 for line in row) for row in rows]
    rights = [max(line.words[-1].bbox.x1 for line in row) for row in rows]
    left, right = min(lefts), max(rights)
    groups = [list(rows[0])]
    for index in range(1, len(rows)):
        em = max(rows[index][0].bbox.height, 1.0)
        indented = lefts[index] - left >= _INDENT * em
        follows = index + 1 == len(rows) or lefts[index + 1] - left < _INDENT * em or rights[index] < right - 2 * em
        ended = rights[index - 1] < right - 2 * em or rows[index - 1][-1].words[-1].text.endswith(_SENTENCE_ENDS)
        if indented and follows and ended:
            groups.append([])
        groups[-1] += rows[index]
    return groups


def _is_grid(base: BaseBlock) -> bool:
    """Whether two rows at least have two filled cells; what has not is text in which the base saw columns."""
    filled = [sum(1 for cell in row if cell.text.strip()) for row in base.rows]
    return sum(count >= 2 for count in filled) >= 2


def _blocks_of(slot: _Slot) -> list[Block]:
    if slot.base.kind == "table" and not _is_grid(slot.base):
        block = _text_block(BlockKind.TEXT, _ordered(slot))
        return [block] if block is not None else []
    if slot.base.kind not in ("paragraph", "list_item"):
        block = _block_of(slot, _ordered(slot))
        return [block] if block is not None else []
    items = split_at_marks(_ordered(slot)) or [[]]
    first, *rest = [group for item in items for group in (split_at_indents(item) if item else [[]])]
    made = [_block_of(slot, first), *(_text_block(BlockKind.TEXT, lines) for lines in rest)]
    return [block for block in made if block is not None]


def _block_of(slot: _Slot, lines: list[Line]) -> Block | None:
    base = slot.base
    kind = _KINDS.get(base.kind, BlockKind.TEXT)
    if kind is BlockKind.TABLE and lines:
        words = [word for line in lines for word in line.words]
        return table_block(base.bbox, places_of(base.rows), base.header_rows, words)
    if kind is BlockKind.FIGURE:
        drawn = _text_block(kind, lines)
        box = base.bbox if drawn is None else base.bbox.union(drawn.bbox)
        return Block(kind, drawn.text, box, drawn.words, drawn.offsets) if drawn else Block(kind, "", box)
    level = max(base.level, 1) if kind is BlockKind.TITLE else 0
    return _text_block(kind, lines, level, "\n" if base.kind in _VERBATIM else "")


def _columns_meet(a: BBox, b: BBox) -> bool:
    return min(a.x1, b.x1) - max(a.x0, b.x0) > 0.3 * min(a.width, b.width)


def paragraphs(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines that no block claims, grouped: the next line of a group lies close below it or beside its last line."""
    groups: list[list[Line]] = []
    boxes: list[BBox] = []
    for line in lines:
        box = line.bbox
        for index in range(len(groups) - 1, max(-1, len(groups) - 6), -1):
            last = groups[index][-1]
            height = max(min(box.height, last.bbox.height), 1.0)
            if last.rotation != line.rotation:
                continue
            if line.rotation:
                thickness = box.height if line.rotation == 180 else box.width
                close = last.bbox.overlap(_grown(box, 0.8 * thickness)) > 0
            elif same_row(last.bbox, box):
                close = -0.5 * height <= box.x0 - last.bbox.x1 <= 2 * height
            else:
                below = box.top - boxes[index].bottom
                alike = 0.7 <= box.height / max(last.bbox.height, 0.1) <= 1.4
                close = alike and -0.5 * height <= below <= 0.8 * height and _columns_meet(boxes[index], box)
            if close:
                groups[index].append(line)
                boxes[index] = boxes[index].union(box)
                break
        else:
            groups.append([line])
            boxes.append(box)
    return groups


def _place(block: Block, blocks: list[Block]) -> int:
    """Where in reading order a block that the base does not know belongs."""
    above = [
        index
        for index, other in enumerate(blocks)
        if other.bbox.bottom <= block.bbox.center[1] and _columns_meet(other.bbox, block.bbox)
    ]
    if above:
        return max(above, key=lambda index: blocks[index].bbox.bottom) + 1
    for index, other in enumerate(blocks):
        if other.bbox.top >= block.bbox.center[1]:
            return index
    return len(blocks)


def _visible(lines: Sequence[Line]) -> list[_Item]:
    items = []
    for order, line in enumerate(lines):
        text = "".join([word.text for word in line.words])
        if not is_normal(text):
            words = tuple(word for word in line.words if normal(word.text))
            line = Line(words, line.rotation)
            text = "".join([word.text for word in words])
        if text:
            items.append(_Item(order, line, line.bbox, squeeze(text)))
    return items


def _width(text: str) -> int:
    """How many characters wide a text is; a Chinese one counts twice."""
    return len(text) if text.isascii() else sum(2 if is_cjk(character) else 1 for character in text)


def _piece(item: _Item) -> Piece:
    return Piece(item.bbox, max(_width(item.squeezed), 1), item.line.words[0].size or item.bbox.height)


def _flows_around(base: BaseBlock) -> bool:
    """Whether columns of text stop at a block: a figure, or a table of short cells."""
    if base.kind != "table":
        return base.kind == "figure"
    cells = [cell.text for row in base.rows for cell in row if cell.text.strip()]
    return _is_grid(base) and sum(map(len, cells)) <= _MAX_CELL * len(cells)


@dataclass(slots=True)
class _Part:
    """What is read together: the blocks of one region of the page."""

    column: bool
    blocks: list[Block] = field(default_factory=list)
    tables: list[Block] = field(default_factory=list)
    loose: list[_Item] = field(default_factory=list)  # lines that no block claims

    def made(self, has_base: bool) -> list[Block]:
        if self.column:
            self.blocks.sort(key=lambda block: block.bbox.top)
            self.loose = [item for row in in_rows(self.loose, attrgetter("bbox")) for item in row]
        else:
            self.blocks = in_order(self.blocks)
        for table in self.tables:
            self.blocks.insert(_place(table, self.blocks), table)
        for group in paragraphs(item.line for item in self.loose):
            made = _text_block(BlockKind.TEXT, group)
            if made is not None:
                # Without a base the lines' own order is the reading order.
                self.blocks.insert(_place(made, self.blocks) if has_base else len(self.blocks), made)
        return self.blocks if self.column else in_order(self.blocks)


def arrange(
    lines: Sequence[Line], base: Sequence[BaseBlock], tables: Sequence[Block] = (), rules: Sequence[BBox] = ()
) -> tuple[Block, ...]:
    """The blocks of a page in reading order; `lines` from top to bottom, `base` may be empty.

    Where the page has columns (see columns.py), blocks that the base made across them are made anew from their lines,
    and each column is read down; elsewhere the order is the base's. `tables` are finished and hold none of the lines;
    no column goes through them or through level `rules`.
    """
    slots = []
    for block in base:
        if block.kind != "rule":
            holes = [cell.bbox for row in block.rows for cell in row if cell.bbox and not cell.text.strip()]
            slots.append(_Slot(block, _slot_text(block), _grown(block.bbox), holes=holes))
    items = {item.order: item for item in _visible(lines)}
    level = [item for item in items.values() if not item.line.rotation]
    solid = [table.bbox for table in tables] + [slot.base.bbox for slot in slots if _flows_around(slot.base)]
    cut = regions([*map(_piece, level), *map(Piece, (*solid, *rules))])
    parts = [_Part(region.column) for region in cut] or [_Part(False)]
    region_of = {index: number for number, region in enumerate(cut) for index in region.pieces}
    part_of = {item.order: region_of[index] for index, item in enumerate(level)}
    solid_part = {box: region_of[index] for index, box in enumerate(solid, len(level))} if cut else {}
    left: tuple[_Item, _Slot] | None = None
    for item in items.values():
        slot = None if item.line.rotation else _choose(item, slots) or _beside(item, left)
        left = None if slot is None else (item, slot)
        if slot is None:
            parts[part_of.get(item.order, 0)].loose.append(item)
        else:
            slot.claim(item.squeezed, item.order, item.line)
    for slot in slots:
        numbers = {part_of[order] for _, order, _ in slot.lines}
        if len(numbers) > 1 and not _flows_around(slot.base):
            for _, order, _ in slot.lines:
                parts[part_of[order]].loose.append(items[order])
        else:
            number = solid_part.get(slot.base.bbox, min(numbers, default=0))
            parts[number].blocks += _blocks_of(slot)
    for table in tables:
        parts[solid_part.get(table.bbox, 0)].tables.append(table)
    return tuple(block for part in parts for block in part.made(bool(slots)))


def without_torn(base: Sequence[BaseBlock], lines: Sequence[Line], rules: Sequence[BBox]) -> tuple[BaseBlock, ...]:
    """The base's blocks but for tables through which a gutter goes: lines of two columns that stand side by side."""
    if not any(block.kind == "table" and _is_wordy(block) for block in base):
        return tuple(base)
    level = [_piece(item) for item in _visible(lines) if not item.line.rotation]
    gutter = find_gutter([*level, *map(Piece, rules)])
    if gutter is None:
        return tuple(base)

    def is_torn(block: BaseBlock) -> bool:
        x0, top, x1, bottom = block.bbox
        return x0 < gutter.x0 and gutter.x1 < x1 and gutter.top < top and bottom < gutter.bottom

    return tuple(block for block in base if block.kind != "table" or not (_is_wordy(block) and is_torn(block)))


def _is_wordy(table: BaseBlock) -> bool:
    """Whether at most half of a table's cells are amounts, so that they may be lines of text."""
    cells = [cell.text for row in table.rows for cell in row if cell.text.strip()]
    return 2 * sum(map(is_amount, cells)) <= len(cells)
