"""What was recognised on a picture to the blocks of a page: the same layout as for a text layer.

Pure geometry; it does not know which engine read the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean, median

from ingest.flow import Line, is_cjk
from ingest.layout import RawPage, arrange
from ingest.line_crops import DOWNWARD
from ingest.recognition import Affine, OcrLine, Recognition
from ingest.records import BBox, Block, BlockKind, Word, union_of
from ingest.rules import Edge
from ingest.segments import base_of, paragraphs, segments
from ingest.table_finder import find_ruled, find_tables
from ingest.titles import name_kinds
from ingest.vertical import DOWN, from_the_right

_BLACK = 0xFF000000
_HEIGHT = 1.12  # a line's box to the size of its type, as engines draw boxes
_FEW = 6  # characters from which a line's width says how large its type is
_BOLD = 1.25  # times the usual strokes of the page, for their size
_TRIM = 1.1  # em: the height of a word's box, at most
_SURE = 0.7  # mean confidence of the words of a heading
_BESIDE = 10.0  # points from lines at which a rule may still be theirs, twice that above and below
_PARTED = 0.8  # em: white between two words that may be a gutter …
_NARROW = 0.5  # … or, where as many as _LEAST_EDGES other lines end before it and begin behind it
_LEAST_EDGES = 3
_FLUSH = 0.3  # em: edges this near are the same
_SPACE = 0.26  # in ems
_ADVANCES = {0.3: "ijlIt.,;:'|!()[]f-r/", 0.8: "mwMW@%"}  # in ems, of the usual fonts
_ADVANCE = {character: advance for advance, characters in _ADVANCES.items() for character in characters}


def _scaled(box: BBox, by: float) -> BBox:
    return BBox(box.x0 * by, box.top * by, box.x1 * by, box.bottom * by)


def _advance(character: str) -> float:
    """How far a character goes on, in ems, in the usual fonts."""
    if is_cjk(character):
        return 1.0
    return _ADVANCE.get(character, 0.65 if character.isupper() else 0.5)


def type_size(line: OcrLine) -> float:
    """The size of a line's type in pixels, by its height and, where it is long enough, by its width too."""
    if is_downwards(line):
        return line.bbox.width / _HEIGHT
    by_height = line.bbox.height / _HEIGHT
    text = line.text
    if len(text) < _FEW:
        return by_height
    by_width = line.bbox.width / sum(map(_advance, text))
    return float((by_height * by_width) ** 0.5)


def is_downwards(line: OcrLine) -> bool:
    """Whether a line is written downwards, or stands on its side."""
    return line.bbox.height > DOWNWARD * line.bbox.width and len(line.text) > 1


def lines_of(found: Recognition, scale: float) -> list[Line]:
    """The lines with words in points, `scale` points a pixel. Their sizes and weights are estimates."""
    sizes = [max(type_size(line), 1.0) for line in found.lines]
    strokes = [line.stroke / size for line, size in zip(found.lines, sizes, strict=True) if line.stroke]
    usual = median(strokes) if strokes else 0.0
    lines = [
        _line(line, scale, round(size * scale, 2), line.stroke > _BOLD * usual * size > 0)
        for line, size in zip(found.lines, sizes, strict=True)
    ]
    return parted(lines)


def parted(lines: Sequence[Line]) -> list[Line]:
    """Lines parted at wide white, and at narrower where others end and begin: engines read on over gutters."""
    level = [line for line in lines if not line.rotation]
    ends, starts = [line.bbox.x1 for line in level], [line.bbox.x0 for line in level]

    def is_gutter(left: Word, right: Word) -> bool:
        white, near = right.bbox.x0 - left.bbox.x1, _FLUSH * left.size
        if white > _PARTED * left.size:
            return True
        return white > _NARROW * left.size and all(
            sum(abs(x - edge) <= near for x in others) >= _LEAST_EDGES
            for others, edge in ((ends, left.bbox.x1), (starts, right.bbox.x0))
        )

    found = []
    for line in lines:
        parts = [[line.words[0]]]
        for left, right in pairwise(line.words):
            if not line.rotation and is_gutter(left, right):
                parts.append([])
            parts[-1].append(right)
        found += [Line(tuple(words), line.rotation) for words in parts]
    return found


def _line(line: OcrLine, scale: float, size: float, bold: bool) -> Line:
    downwards = is_downwards(line)
    boxes = _downwards(line) if downwards else [word.bbox for word in line.words]
    words = [
        Word(word.text, _trimmed(_scaled(box, scale), size, downwards), "", size, bold, round(word.confidence, 2))
        for word, box in zip(line.words, boxes, strict=True)
    ]
    return Line(tuple(words), DOWN if downwards else 0)


def _trimmed(box: BBox, size: float, downwards: bool) -> BBox:
    """The box no higher than its type is: engines draw boxes with white above and below."""
    spare = max((box.width if downwards else box.height) - _TRIM * size, 0.0) / 2
    if downwards:
        return box._replace(x0=box.x0 + spare, x1=box.x1 - spare)
    return box._replace(top=box.top + spare, bottom=box.bottom - spare)


def _downwards(line: OcrLine) -> list[BBox]:
    """The boxes of a downward line's words: its height shared out by the usual widths of characters."""
    lengths = [sum(map(_advance, word.text)) for word in line.words]
    step = line.bbox.height / (sum(lengths) + _SPACE * (len(lengths) - 1))
    boxes, top = [], line.bbox.top
    for length in lengths:
        boxes.append(line.bbox._replace(top=top, bottom=top + step * length))
        top += step * (length + _SPACE)
    return boxes


def blocks_of(found: Recognition, scale: float) -> tuple[Block, ...]:
    """The blocks of a picture in reading order, in points from its top left corner as it was given.

    `scale`: points a pixel. They are laid out on the upright picture.
    """
    width, height = found.width * scale, found.height * scale
    rules = [_scaled(rule, scale) for rule in found.rules]
    page = RawPage(1, width, height, edges=tuple(Edge(rule, _BLACK, False) for rule in rules))
    tables, lines = find_ruled(page, lines_of(found, scale))
    blocks: list[Block] = []
    level = [line for line in lines if not line.rotation]
    for of_lines, of_tables in segments(level, [table.bbox for table in tables], rules):
        blocks += _laid_out(page, [level[index] for index in of_lines], [tables[index] for index in of_tables])
    blocks += arrange(from_the_right([line for line in lines if line.rotation]), ())
    named = tuple(map(_believed, name_kinds(blocks, None, width, height)))
    back = found.back._replace(e=found.back.e * scale, f=found.back.f * scale)
    return moved(named, back) if back != Affine() else named


def _laid_out(page: RawPage, lines: Sequence[Line], tables: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks of what is read together."""
    if not lines:
        return tuple(tables)
    groups = [_alike(group) for group in paragraphs(lines)]
    lines = [line for group in groups for row in group for line in row]
    around = union_of([line.bbox for line in lines])
    edges = tuple(edge for edge in page.edges if _near(edge.bbox, around))
    found = find_tables(replace(page, base=tuple(map(base_of, groups)), edges=edges), lines)
    return arrange(found.lines, found.base, (*tables, *found.tables))


def _believed(block: Block) -> Block:
    """The block; no heading where its words are doubtful, as those are that an engine sees in a photo."""
    if block.kind is not BlockKind.TITLE or fmean(word.confidence for word in block.words) >= _SURE:
        return block
    return replace(block, kind=BlockKind.TEXT, level=0)


def _near(rule: BBox, around: BBox) -> bool:
    """Whether a rule lies among lines, or right above, below or beside them."""
    x, y = rule.center
    return (
        around.x0 - _BESIDE <= x <= around.x1 + _BESIDE and around.top - 2 * _BESIDE <= y <= around.bottom + 2 * _BESIDE
    )


def _alike(group: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """A paragraph's lines in one size and weight: those of its lines are estimates of the same."""
    words = [word for row in group for line in row for word in line.words]
    size = median([word.size for word in words])
    bold = 2 * sum(len(word.text) for word in words if word.bold) > sum(len(word.text) for word in words)
    return [
        [Line(tuple(word._replace(size=size, bold=bold) for word in line.words), line.rotation) for line in row]
        for row in group
    ]


def moved(blocks: Sequence[Block], by: Affine) -> tuple[Block, ...]:
    """The blocks with all their boxes mapped."""
    return tuple(
        replace(
            block,
            bbox=by.box(block.bbox),
            words=tuple(word._replace(bbox=by.box(word.bbox)) for word in block.words),
            cells=tuple(replace(cell, bbox=by.box(cell.bbox)) for cell in block.cells),
        )
        for block in blocks
    )
