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
from typing import NamedTuple

from ingest.flow import Line, in_rows, is_cjk
from ingest.layout import BaseBlock
from ingest.records import BBox, union_of

_STRIP = 0.6  # in ems: the least width of a gutter
_FLUSH = 0.4  # in ems: left edges this near are the same
_LEAST_ROWS = 3  # on either side of a gutter
_LEAST_WIDTH = 5.0  # in ems, of either side
_DENSE = 0.3  # least share of a gutter's height that the rows on either side cover
_STEP = 0.25  # in ems: rows whose middles are this near keep in step
_IN_STEP = 0.6  # share of the rows of the side with fewer that keep in step in a table
_LONG = 14  # characters of a row of running text, in the mean
_FULL = 0.7  # share of a side's width from which a row fills it …
_FULL_SHARE = 0.35  # … as at least this share of the rows of running text do
_APART = 1.0  # in ems: white that sets a row apart from those below it
_LINED = 0.6  # share of a gutter's height from which a line drawn in it makes it one
_RULE = 3.0  # points; what is thinner and has no words is a rule
_WIDE = 2.0  # in ems: white within a row that parts it
_NEAR = 0.9  # in ems: the most white between two rows of a paragraph
_ALIKE = 1.25  # ratio of the sizes of two rows of a paragraph
_MAX_DEPTH = 12
_MAX_LINES = 3000
_MARKER = re.compile(
    r"[•●■◆▪◦○·*▶►➢✓–—-](?!\d)|[（(]?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})(?:[)）、]|\.(?!\d))(?![.,)])"
    r"|[（(][一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]{1,3}、|[①-⑳]"
)


class _Strip(NamedTuple):
    """White from `x0` to `x1` between two columns that stand from `top` to `bottom`."""

    x0: float
    x1: float
    top: float
    bottom: float


def segments(lines: Sequence[Line], rules: Sequence[BBox] = ()) -> list[list[Line]]:
    """The lines in groups that are read one after the other, each from top to bottom. `rules`: drawn lines."""
    if len(lines) > _MAX_LINES:
        return [list(lines)]
    return [group for group in _cut(list(lines), rules, 0) if group]


def _cut(lines: list[Line], rules: Sequence[BBox], depth: int) -> Iterator[list[Line]]:
    strip = _tallest_strip(lines, rules) if depth < _MAX_DEPTH else None
    if strip is None:
        yield lines
        return
    above, left, right, below = (list[Line]() for _ in range(4))
    for line in lines:
        x, y = line.bbox.center
        part = above if y < strip.top else below if y > strip.bottom else left if x < strip.x1 else right
        part.append(line)
    for part in (above, left, right, below):
        yield from _cut(part, rules, depth + 1)


def _em(lines: Sequence[Line]) -> float:
    return max(median(line.words[0].size for line in lines), 1.0)


def _tallest_strip(lines: Sequence[Line], rules: Sequence[BBox]) -> _Strip | None:
    if len(lines) < 2 * _LEAST_ROWS:
        return None
    em = _em(lines)
    edges: list[float] = []
    for x in sorted(line.bbox.x0 for line in lines):
        if not edges or x - edges[-1] > _FLUSH * em:
            edges.append(x)
    found = [strip for edge in edges[1:] for strip in _strips_at(edge, lines, rules, em)]
    return max(found, key=lambda strip: (strip.bottom - strip.top, strip.x1 - strip.x0), default=None)


def _strips_at(edge: float, lines: Sequence[Line], rules: Sequence[BBox], em: float) -> Iterator[_Strip]:
    x0, x1 = edge - _STRIP * em, edge - 0.05 * em
    blocked = [(line.bbox.top, line.bbox.bottom) for line in lines if line.bbox.x0 < x1 and line.bbox.x1 > x0]
    blocked += [(rule.top, rule.bottom) for rule in rules if rule.x0 < x0 - em and rule.x1 > x1 + em]
    whole = union_of([line.bbox for line in lines])
    at = whole.top
    for start, end in sorted([*blocked, (whole.bottom, whole.bottom)]):
        if start - at >= _LEAST_ROWS * em:
            strip = _between_columns(edge, at, start, lines, rules, em)
            if strip is not None:
                yield strip
        at = max(at, end)


def _between_columns(
    edge: float, top: float, bottom: float, lines: Sequence[Line], rules: Sequence[BBox], em: float
) -> _Strip | None:
    """The strip left of an edge, without rows set apart at its ends, where what stands on its sides are columns."""
    inside = [line for line in lines if top <= line.bbox.center[1] <= bottom]
    rows = _rows(inside)
    leading = median([max(below.top - above.bottom, 0.0) for above, below in pairwise(rows)] or [0.0])
    while len(rows) > 1 and rows[1].top - rows[0].bottom > max(_APART * em, 2 * leading):
        rows = rows[1:]
    while len(rows) > 1 and rows[-1].top - rows[-2].bottom > max(_APART * em, 2 * leading):
        rows = rows[:-1]
    if not rows:
        return None
    top, bottom = rows[0].top, max(row.bottom for row in rows)
    sides = [
        [line for line in inside if top <= line.bbox.center[1] <= bottom and (line.bbox.x0 >= edge - 0.05 * em) is right]
        for right in (False, True)
    ]
    if not all(sides):
        return None
    strip = _Strip(max(line.bbox.x1 for line in sides[0]), edge, top, bottom)
    return strip if _are_columns(strip, sides, rules, em) else None


def _are_columns(strip: _Strip, sides: Sequence[Sequence[Line]], rules: Sequence[BBox], em: float) -> bool:
    height = strip.bottom - strip.top
    rows = [_rows(side) for side in sides]
    for side in rows:
        if len(side) < _LEAST_ROWS or union_of(side).width < _LEAST_WIDTH * em:
            return False
        if sum(row.height for row in side) < _DENSE * height:
            return False
    if all(_is_running(side, own) for side, own in zip(sides, rows, strict=True)):
        return True
    lined = sum(
        min(rule.bottom, strip.bottom) - max(rule.top, strip.top)
        for rule in rules
        if rule.width < _RULE and strip.x0 - em <= rule.x0 <= strip.x1 + 0.5 * em and rule.bottom > strip.top
    )
    if lined > _LINED * height:
        return True
    few, many = sorted(rows, key=len)
    middles = [row.center[1] for row in many]
    in_step = sum(min(abs(row.center[1] - y) for y in middles) <= _STEP * em for row in few)
    return in_step < _IN_STEP * len(few)


def _is_running(lines: Sequence[Line], rows: Sequence[BBox]) -> bool:
    """Whether the lines of one side are running text: long rows, enough of them full."""
    width = max(row.width for row in rows)
    full = sum(row.width >= _FULL * width for row in rows)
    return full >= _FULL_SHARE * len(rows) and sum(map(_length, lines)) >= _LONG * len(rows)


def _length(line: Line) -> int:
    """Characters of a line; a Chinese one counts twice."""
    return sum(2 if is_cjk(character) else 1 for word in line.words for character in word.text)


def _rows(lines: Sequence[Line]) -> list[BBox]:
    rows = in_rows(lines, lambda line: line.bbox)
    return [union_of([line.bbox for line in row]) for row in rows]


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
    em = _em(row)
    return any(right.bbox.x0 - left.bbox.x1 > _WIDE * em for left, right in pairwise(row))


def _goes_on(group: Sequence[Sequence[Line]], row: Sequence[Line]) -> bool:
    """Whether a row belongs to the paragraph, or the rows in columns, above it."""
    last = group[-1]
    if _is_parted(last) != _is_parted(row):
        return False
    above, below = (union_of([line.bbox for line in each]) for each in (last, row))
    em, own = _em(last), _em(row)
    if below.top - above.bottom > _NEAR * min(em, own) or max(em, own) > _ALIKE * min(em, own):
        return False
    if _is_parted(row):
        return True
    if _starts_item(row):
        return False
    return min(above.x1, below.x1) - max(above.x0, below.x0) > 0.3 * min(above.width, below.width)


def _starts_item(row: Sequence[Line]) -> bool:
    text = row[0].words[0].text + " "
    return bool(_MARKER.match(text)) and (len(row[0].words) > 1 or len(row) > 1 or len(text) > 4)


def base_of(group: Sequence[Sequence[Line]]) -> BaseBlock:
    """A group of rows as the block that a base would make of it."""
    box = union_of([line.bbox for row in group for line in row])
    text = " ".join(word.text for row in group for line in row for word in line.words)
    if _is_parted(group[0]):
        return BaseBlock("grid_fallback", box, text)
    return BaseBlock("list_item" if _starts_item(group[0]) else "paragraph", box, text)
