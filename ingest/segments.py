"""Rough blocks of a page from its lines alone, in reading order, for a page that no base has read.

Pure geometry; it does not know where the lines come from. The page is cut at gutters, the tallest first: what lies
above a gutter, left of it, right of it, below it (a recursive XY cut in which a cut need not cross the whole page, so
that a head over two columns does not hide them). A gutter lies between two sides of rows that do not keep in step, or
that are running text both: rows of labels and values, or of a table, keep in step and are read across.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from ingest.columns import Gutter, Piece, Region, regions
from ingest.flow import Line, in_rows, is_cjk
from ingest.gaps import is_amount
from ingest.layout import BaseBlock
from ingest.records import BBox, union_of
from ingest.tables import BaseCell

_STRIP = 0.6  # in ems: the least width of a gutter
_FLUSH = 0.4  # in ems: left edges this near are the same
_LEAST_ROWS = 3  # on either side of a gutter
_LEAST_WIDTH = 5.0  # in ems, of either side
_DENSE = 0.3  # least share of a gutter's height that the rows on either side cover
_STEP = 0.25  # in ems: rows whose middles are this near keep in step
_IN_STEP = 0.6  # share of the rows of the side with fewer that keep in step in a table
_AMOUNTS = 0.5  # share of the rows of one side that hold numbers, or begin with one, in a table
_LONG = 14  # characters of a row of running text, in the mean
_FULL = 0.7  # share of a side's width from which a row fills it …
_FULL_SHARE = 0.35  # … as at least this share of the rows of running text do
_APART = 1.0  # in ems: white that sets a row apart from those below it
_LINED = 0.6  # share of a gutter's height from which a line drawn in it makes it one
_RULE = 3.0  # points; what is thinner and has no words is a rule
_WIDE = 2.0  # in ems: white within a row that parts it
_NEAR = 0.9  # in ems: the most white between two rows of a paragraph
_MORE = 0.5  # … in ems, beyond that between those above it
_ALIKE = 1.25  # ratio of the sizes of two rows of a paragraph
_MAX_LINES = 3000
_MARKER = re.compile(
    r"[•●■◆▪◦○·*▶►➢✓–—-](?!\d)|[（(]?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})(?:[)）、]|\.(?!\d))(?![.,)])"
    r"|[（(][一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]{1,3}、|[①-⑳]"
)


def segments(
    lines: Sequence[Line], tables: Sequence[BBox] = (), rules: Sequence[BBox] = ()
) -> list[tuple[list[int], list[int]]]:
    """The lines and tables, by index, in groups that are read one after the other.

    `tables` are known and hold none of the lines; `rules`: drawn lines, as thin boxes.
    """
    pieces = [*map(_piece, lines), *map(Piece, tables), *map(Piece, rules)]
    cut = regions(pieces, tallest_gutter) if len(lines) <= _MAX_LINES else [Region(tuple(range(len(pieces))))]
    groups = []
    for region in cut:
        of_lines = [index for index in region.pieces if index < len(lines)]
        of_tables = [index - len(lines) for index in region.pieces if 0 <= index - len(lines) < len(tables)]
        if of_lines or of_tables:
            groups.append((of_lines, of_tables))
    return groups


def _piece(line: Line) -> Piece:
    amounts = all(is_amount(word.text) or word.text in "$€£¥" for word in line.words)
    return Piece(line.bbox, max(_length(line), 1), line.words[0].size, amounts)


def _length(line: Line) -> int:
    """Characters of a line; a Chinese one counts twice."""
    return sum(2 if is_cjk(character) else 1 for word in line.words for character in word.text)


def tallest_gutter(pieces: Sequence[Piece]) -> Gutter | None:
    """The tallest gutter between columns; pieces without characters are tables, and rules where they are thin."""
    texts = [piece for piece in pieces if piece.characters or not _is_rule(piece.bbox)]
    rules = [piece.bbox for piece in pieces if not piece.characters and _is_rule(piece.bbox)]
    if len(texts) < 2 * _LEAST_ROWS:
        return None
    em = max(median([piece.size for piece in texts if piece.characters] or [1.0]), 1.0)
    edges: list[float] = []
    for x in sorted(piece.bbox.x0 for piece in texts):
        if not edges or x - edges[-1] > _FLUSH * em:
            edges.append(x)
    found = [gutter for edge in edges[1:] for gutter in _gutters_at(edge, texts, rules, em)]
    return max(found, key=lambda gutter: (gutter.bottom - gutter.top, gutter.x1 - gutter.x0), default=None)


def _is_rule(box: BBox) -> bool:
    return min(box.width, box.height) < _RULE


def _gutters_at(edge: float, texts: Sequence[Piece], rules: Sequence[BBox], em: float) -> Iterator[Gutter]:
    x0, x1 = edge - _STRIP * em, edge - 0.05 * em
    blocked = [(box.top, box.bottom) for box, *_ in texts if box.x0 < x1 and box.x1 > x0]
    blocked += [(rule.top, rule.bottom) for rule in rules if rule.x0 < x0 - em and rule.x1 > x1 + em]
    whole = union_of([piece.bbox for piece in texts])
    at = whole.top
    for start, end in sorted([*blocked, (whole.bottom, whole.bottom)]):
        if start - at >= _LEAST_ROWS * em:
            gutter = _between_columns(edge, at, start, texts, rules, em)
            if gutter is not None:
                yield gutter
        at = max(at, end)


def _between_columns(
    edge: float, top: float, bottom: float, texts: Sequence[Piece], rules: Sequence[BBox], em: float
) -> Gutter | None:
    """The gutter left of an edge, without rows set apart at its ends, where what stands on its sides are columns."""
    inside = [piece for piece in texts if top <= piece.bbox.center[1] <= bottom]
    rows = _rows(inside)
    leading = median([max(below.top - above.bottom, 0.0) for above, below in pairwise(rows)] or [0.0])
    while len(rows) > 1 and rows[1].top - rows[0].bottom > max(_APART * em, 2 * leading):
        rows = rows[1:]
    while len(rows) > 1 and rows[-1].top - rows[-2].bottom > max(_APART * em, 2 * leading):
        rows = rows[:-1]
    if not rows:
        return None
    top, bottom = rows[0].top, max(row.bottom for row in rows)
    held = [piece for piece in inside if top <= piece.bbox.center[1] <= bottom]
    left = [piece for piece in held if piece.bbox.x0 < edge - 0.05 * em]
    right = [piece for piece in held if piece.bbox.x0 >= edge - 0.05 * em]
    if not left or not right:
        return None
    gutter = Gutter(max(piece.bbox.x1 for piece in left), edge, top, bottom, len(_rows(right)))
    return gutter if _are_columns(gutter, (left, right), rules, em) else None


def _are_columns(gutter: Gutter, sides: Sequence[Sequence[Piece]], rules: Sequence[BBox], em: float) -> bool:
    height = gutter.bottom - gutter.top
    rows = [_rows(side) for side in sides]
    for side in rows:
        if len(side) < _LEAST_ROWS or union_of(side).width < _LEAST_WIDTH * em:
            return False
        if sum(row.height for row in side) < _DENSE * height:
            return False
    if all(_is_running(side, own) for side, own in zip(sides, rows, strict=True)):
        return True
    if any(_is_numbers(side, own) for side, own in zip(sides, rows, strict=True)):
        return False
    lined = sum(
        min(rule.bottom, gutter.bottom) - max(rule.top, gutter.top)
        for rule in rules
        if rule.width < rule.height and gutter.x0 - em <= rule.x0 <= gutter.x1 + 0.5 * em and rule.bottom > gutter.top
    )
    if lined > _LINED * height:
        return True
    few, many = sorted(rows, key=len)
    middles = [row.center[1] for row in many]
    in_step = sum(min(abs(row.center[1] - y) for y in middles) <= _STEP * em for row in few)
    return in_step < _IN_STEP * len(few)


def _is_numbers(pieces: Sequence[Piece], rows: Sequence[BBox]) -> bool:
    """Whether one side is numbers of a table without labels: these stand on the other, however many rows they take."""
    firsts = [min(row, key=lambda piece: piece.bbox.x0) for row in in_rows(pieces, lambda piece: piece.bbox)]
    return sum(piece.amount for piece in firsts) > _AMOUNTS * len(rows)


def _is_running(pieces: Sequence[Piece], rows: Sequence[BBox]) -> bool:
    """Whether one side is running text: long rows, enough of them full, few of them with numbers of a table."""
    if len(_rows([piece for piece in pieces if piece.amount])) > _AMOUNTS * len(rows):
        return False
    width = max(row.width for row in rows)
    full = sum(row.width >= _FULL * width for row in rows)
    return full >= _FULL_SHARE * len(rows) and sum(piece.characters for piece in pieces) >= _LONG * len(rows)


def _rows(pieces: Sequence[Piece]) -> list[BBox]:
    rows = in_rows(pieces, lambda piece: piece.bbox)
    return [union_of([piece.bbox for piece in row]) for row in rows]


def paragraphs(lines: Sequence[Line]) -> list[list[list[Line]]]:
    """Level lines of one segment as groups of rows: paragraphs, list items, rows that stand in columns."""
    groups: list[list[list[Line]]] = []
    for row in in_rows(lines, lambda line: line.bbox):
        if groups and _goes_on(groups[-1], row):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _is_parted(row: Sequence[Line]) -> bool:
    """Whether a row has white so wide that it stands in columns."""
    em = max(median(line.words[0].size for line in row), 1.0)
    return any(right.bbox.x0 - left.bbox.x1 > _WIDE * em for left, right in pairwise(row))


def _goes_on(group: Sequence[Sequence[Line]], row: Sequence[Line]) -> bool:
    """Whether a row belongs to the paragraph, or the rows in columns, above it."""
    last = group[-1]
    if _is_parted(last) != _is_parted(row):
        return False
    above, below = (union_of([line.bbox for line in each]) for each in (last, row))
    em, own = (max(median(line.words[0].size for line in each), 1.0) for each in (last, row))
    if below.top - above.bottom > _most_white(group) * min(em, own) or max(em, own) > _ALIKE * min(em, own):
        return False
    if _is_parted(row):
        return True
    if _starts_item(row):
        return False
    return min(above.x1, below.x1) - max(above.x0, below.x0) > 0.3 * min(above.width, below.width)


def _most_white(group: Sequence[Sequence[Line]]) -> float:
    """The most white above a row that still belongs to the group, in ems: little more than between its own rows."""
    if len(group) < 2:
        return _NEAR
    boxes = [union_of([line.bbox for line in row]) for row in group]
    em = max(median(line.words[0].size for row in group for line in row), 1.0)
    return min(_NEAR, max(median([below.top - above.bottom for above, below in pairwise(boxes)]) / em, 0.0) + _MORE)


def _starts_item(row: Sequence[Line]) -> bool:
    text = row[0].words[0].text + " "
    return bool(_MARKER.match(text)) and (len(row[0].words) > 1 or len(row) > 1 or len(text) > 4)


def _cells(row: Sequence[Line]) -> Iterator[BaseCell]:
    """A row's text, parted at wide white."""
    em = max(median(line.words[0].size for line in row), 1.0)
    some: list[Line] = []
    for line in row:
        if some and line.bbox.x0 - some[-1].bbox.x1 > _WIDE * em:
            yield _cell(some)
            some = []
        some.append(line)
    yield _cell(some)


def _cell(lines: Sequence[Line]) -> BaseCell:
    text = " ".join(word.text for line in lines for word in line.words)
    return BaseCell(text, union_of([line.bbox for line in lines]))


def base_of(group: Sequence[Sequence[Line]]) -> BaseBlock:
    """A group of rows as the block that a base would make of it."""
    box = union_of([line.bbox for row in group for line in row])
    text = " ".join(word.text for row in group for line in row for word in line.words)
    if _is_parted(group[0]):
        if len(group) >= _LEAST_ROWS:
            return BaseBlock("table", box, rows=tuple(tuple(_cells(row)) for row in group), header_rows=1)
        return BaseBlock("grid_fallback", box, text)
    return BaseBlock("list_item" if _starts_item(group[0]) else "paragraph", box, text)
