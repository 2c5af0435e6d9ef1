"""What was recognised on a picture to the blocks of a page: the same layout as for a text layer.

Pure geometry; it does not know which engine read the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.flow import Line
from ingest.layout import RawPage, arrange
from ingest.recognition import Affine, OcrLine, Recognition
from ingest.records import BBox, Block, Word
from ingest.rules import Edge
from ingest.segments import rough_blocks
from ingest.table_finder import find_tables
from ingest.titles import name_kinds

_BLACK = 0xFF000000


def _scaled(box: BBox, by: float) -> BBox:
    return BBox(box.x0 * by, box.top * by, box.x1 * by, box.bottom * by)


def line_of(line: OcrLine, scale: float) -> Line:
    """The line's words in points, `scale` points a pixel; their size is the line's height."""
    size = round(line.bbox.height * scale, 2)
    if line.bbox.height > 1.5*line.bbox.width and len(line.text) > 1:
        size = round(line.bbox.width * scale, 2)
        return Line((Word(line.text.replace(" ",""), _scaled(line.bbox, scale), "", size, confidence=round(line.confidence,2)),), 90)
    return Line(
        tuple(
            Word(word.text, _scaled(word.bbox, scale), "", size, confidence=round(word.confidence, 2))
            for word in line.words
        )
    )


def blocks_of(found: Recognition, scale: float) -> tuple[Block, ...]:
    """The blocks of a picture in reading order, in points from its top left corner as it was given.

    `scale`: points a pixel. They are laid out on the upright picture.
    """
    lines = tuple(line_of(line, scale) for line in found.lines)
    width, height = found.width * scale, found.height * scale
    rules = [_scaled(rule, scale) for rule in found.rules]
    level = [line for line in lines if not line.rotation]
    edges = tuple(Edge(rule, _BLACK, False) for rule in rules)
    page = RawPage(1, width, height, lines, rough_blocks(level, rules), edges=edges)
    tables = find_tables(page, lines)
    blocks = name_kinds(arrange(tables.lines, tables.base, tables.tables), None, width, height)
    back = found.back._replace(e=found.back.e * scale, f=found.back.f * scale)
    return moved(blocks, back) if back != Affine() else blocks


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
