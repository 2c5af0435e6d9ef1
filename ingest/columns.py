"""Columns of text, and the order in which a page of them is read.

Pure geometry over the boxes of lines; it does not know what a block is, nor the words. A gutter is a white strip that
many rows begin right of, at one left edge, with rows of text on both of its sides. The page is cut recursively: what
lies above a gutter, the column left of it, what lies right of it, what lies below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ingest.records import BBox, union_of

_STRIP = 0.5  # in ems: the least width of a gutter
_FLUSH = 0.4  # in ems: left edges this near are the same
_LEAST_ROWS = 4  # that begin at a gutter, and that end before it
_DENSE = 0.35  # least share of a gutter's height that the rows on either side of it cover
_FLUSH_SHARE = 0.4  # least share of the rows right of a gutter that begin at it
_LEAST_CHARACTERS = 14  # of a row of text, in the mean; numbers and labels in columns are shorter
_FULL = 0.7  # share of a column's width from which a row fills it …
_FULL_SHARE = 0.35  # … as at least this share of the rows of running text do
_LEAST_FIGURE = 3  # in ems, of a figure's height
_FILLED = 0.6  # least share of a gutter's height that a figure and its caption fill
_LEAST_WIDTH = 6  # in ems, of a column
_APART = 0.6  # in line heights: white that sets a row apart from those below
_NOTES_APART = 0.4  # in ems: the least white above notes
_LARGE = 1.08  # times the size of a column's text, from which a row at its head is a heading
_SMALL = 0.93  # share of the body's size that notes are set in
_BODY_SHARE = 0.2  # of a gutter's characters that have the size of the text
_MAX_EDGES = 60  # left edges that are tried
_MAX_DEPTH = 8
_MAX_PIECES = 4000


class Piece(NamedTuple):
    """A run of text of one row: its box, how many characters it has (a Chinese one counts twice), its size.

    `amount`: it is a number of a table. One without characters is what text flows around and no gutter goes through: a
    figure, a table, a rule.
    """

    bbox: BBox
    characters: int = 0
    size: float = 0.0
    amount: bool = False


@dataclass(frozen=True, slots=True)
class Gutter:
    """The white strip from `x0` to `x1` between two columns that stand from `top` to `bottom`; `rows` begin at `x1`."""

    x0: float
    x1: float
    top: float
    bottom: float
    rows: int


@dataclass(frozen=True, slots=True)
class Region:
    """Pieces, by index, that are read before those of the next region. `column`: one column beside another."""

    pieces: tuple[int, ...]
    column: bool = False
    notes: bool = False


def _em(pieces: Sequence[Piece]) -> float:
    return max(median(piece.size for piece in pieces if piece.characters), 1.0)


def _edges(pieces: Sequence[Piece], within: float) -> list[float]:
    """Left edges at which many pieces begin, the most frequent first."""
    groups: list[list[float]] = []
    for x in sorted(piece.bbox.x0 for piece in pieces if piece.characters):
        if groups and x - groups[-1][0] <= within:
            groups[-1].append(x)
        else:
            groups.append([x])
    frequent = sorted((group for group in groups if len(group) >= _LEAST_ROWS), key=len, reverse=True)
    return [group[0] for group in frequent[:_MAX_EDGES]]


def _gaps(blocked: Iterable[tuple[float, float]], top: float, bottom: float) -> list[tuple[float, float]]:
    """What is left of the range from `top` to `bottom` without the blocked ones."""
    free = []
    at = top
    for start, end in sorted(blocked):
        if start > at:
            free.append((at, start))
        at = max(at, end)
    if bottom > at:
        free.append((at, bottom))
    return free


def _rows(pieces: Sequence[Piece]) -> list[BBox]:
    """The boxes of rows: pieces of which the middles are at one height, from top to bottom."""
    rows: list[BBox] = []
    for piece in sorted(pieces, key=lambda piece: piece.bbox.center[1]):
        if rows and piece.bbox.center[1] <= rows[-1].bottom and piece.bbox.top < rows[-1].center[1]:
            rows[-1] = rows[-1].union(piece.bbox)
        else:
            rows.append(piece.bbox)
    return rows


def _is_figure(piece: Piece, em: float) -> bool:
    """Whether a piece is a figure or a table, and no rule."""
    return not piece.characters and piece.bbox.height > _LEAST_FIGURE * em


def _crosses(piece: Piece, x0: float, x1: float, em: float) -> bool:
    """Whether a piece stands in the strip from `x0` to `x1`; a rule must go on to both sides of it."""
    if piece.characters or _is_figure(piece, em):
        return piece.bbox.x0 < x1 and piece.bbox.x1 > x0
    return piece.bbox.x0 < x0 - em and piece.bbox.x1 > x1 + em


def _is_filled(pieces: Sequence[Piece], height: float, em: float) -> bool:
    """Whether one side of a gutter is a figure with its caption: they fill the height."""
    figures = [piece for piece in pieces if _is_figure(piece, em)]
    return bool(figures) and sum(row.height for row in _rows(pieces)) >= _FILLED * height


def _is_text(pieces: Sequence[Piece], height: float, em: float) -> bool:
    """Whether one side of a gutter is running text: dense rows, long enough, most of them full."""
    pieces = [piece for piece in pieces if piece.characters]
    rows = _rows(pieces)
    if len(rows) < _LEAST_ROWS or sum(row.height for row in rows) < _DENSE * height:
        return False
    width = max(row.width for row in rows)
    if width < _LEAST_WIDTH * em or sum(row.width >= _FULL * width for row in rows) < _FULL_SHARE * len(rows):
        return False
    return sum(piece.characters for piece in pieces) >= _LEAST_CHARACTERS * len(rows)


def _at(edge: float, pieces: Sequence[Piece], em: float) -> Iterable[Gutter]:
    """The gutters that end at a left edge."""
    x0, x1 = edge - _STRIP * em, edge - 0.05 * em
    across = [(p.bbox.top, p.bbox.bottom) for p in pieces if _crosses(p, x0, x1, em)]
    text = [piece for piece in pieces if piece.characters]
    whole = union_of([piece.bbox for piece in text])
    flowing = [piece for piece in pieces if piece.characters or _is_figure(piece, em)]
    for top, bottom in _gaps(across, whole.top, whole.bottom):
        if bottom - top < _LEAST_ROWS * em:
            continue
        inside = [piece for piece in flowing if top <= piece.bbox.center[1] <= bottom]
        right = [piece for piece in inside if piece.bbox.x0 >= x1]
        left = [piece for piece in inside if piece.bbox.x1 <= x0]
        gutter = _trimmed(edge, left, right, em)
        if gutter is None:
            continue
        held = [[p for p in side if gutter.top <= p.bbox.center[1] <= gutter.bottom] for side in (left, right)]
        rows = len(_rows(held[1]))
        height = gutter.bottom - gutter.top
        texts = [_is_text(side, height, em) for side in held]
        columns = any(texts) and all(
            text or _is_filled(side, height, em) for text, side in zip(texts, held, strict=True)
        )
        flush = len(_rows(_flush(edge, held[1], em)))
        if columns and gutter.rows >= _LEAST_ROWS and flush >= _FLUSH_SHARE * rows:
            yield gutter


def _flush(edge: float, pieces: Sequence[Piece], em: float) -> list[Piece]:
    """The pieces that begin at a column's left edge, or at its most frequent other one: quotations, lists."""
    others = [x for x in _edges(pieces, _FLUSH * em) if abs(x - edge) > _FLUSH * em]
    return [piece for piece in pieces if any(abs(piece.bbox.x0 - x) <= _FLUSH * em for x in (edge, *others[:1]))]


def _leading(pieces: Sequence[Piece]) -> float:
    """The white between a row and the next, of most rows."""
    return median([below.top - above.bottom for above, below in pairwise(_rows(pieces))] or [0.0])


def _trimmed(edge: float, left: Sequence[Piece], right: Sequence[Piece], em: float) -> Gutter | None:
    """The gutter without what stands at its ends and belongs to no column: not flush, or a lone row set apart.

    Headings side by side, one at the head of each column, are set apart and belong to the columns.
    """
    starts = _edges(left, _FLUSH * em)
    begin = min(starts, default=None)
    flush_right = [piece for piece in right if abs(piece.bbox.x0 - edge) <= _FLUSH * em]
    if begin is None or not flush_right:
        return None
    flush_left = [piece for piece in left if abs(piece.bbox.x0 - begin) <= _FLUSH * em]
    flush = [*_flush(begin, left, em), *_flush(edge, right, em)]
    top, bottom = min(piece.bbox.top for piece in flush), max(piece.bbox.bottom for piece in flush)
    rows = _rows([piece for piece in (*left, *right) if top <= piece.bbox.center[1] <= bottom])
    apart = max(_APART * em, 1.5 * max(_leading(left), _leading(right)))
    while len(rows) > 2 and rows[1].top - rows[0].bottom > apart and not _heads(rows[0], flush_left, flush_right):
        rows = rows[1:]
    while len(rows) > 2 and rows[-1].top - rows[-2].bottom > apart:
        rows = rows[:-1]
    top, bottom = rows[0].top, rows[-1].bottom
    inside = [piece for piece in flush_right if top <= piece.bbox.center[1] <= bottom]
    x0 = max((piece.bbox.x1 for piece in left if top <= piece.bbox.center[1] <= bottom), default=edge)
    return Gutter(x0, edge, top, bottom, len(_rows(inside)))


def _heads(row: BBox, *columns: Sequence[Piece]) -> bool:
    """Whether a row holds a heading of each column: flush with it, and larger than its text."""
    return all(
        any(row.top <= piece.bbox.center[1] <= row.bottom and piece.size > _LARGE * _em(column) for piece in column)
        for column in columns
    )


def find_gutter(pieces: Sequence[Piece]) -> Gutter | None:
    """The gutter with the most rows beginning at it; None where the pieces are no columns of text."""
    text = sum(1 for piece in pieces if piece.characters)
    if text < 2 * _LEAST_ROWS or len(pieces) > _MAX_PIECES:
        return None
    em = _em(pieces)
    left = min(piece.bbox.x0 for piece in pieces if piece.characters)
    edges = [edge for edge in _edges(pieces, _FLUSH * em) if edge > left + _LEAST_WIDTH * em]
    found = [gutter for edge in edges for gutter in _at(edge, pieces, em)]
    return max(found, key=lambda gutter: (gutter.bottom - gutter.top, gutter.rows, -gutter.x1), default=None)


def _without_notes(region: Region, pieces: Sequence[Piece], body: float) -> list[Region]:
    """A column's text, and apart from it the notes at its foot: set smaller, below white; no figure's caption."""
    if region.notes or not region.column:
        return [region]
    standing = [index for index in region.pieces if pieces[index].characters or _is_figure(pieces[index], body)]
    rest = sorted(standing, key=lambda index: pieces[index].bbox.center[1])
    cut = len(rest)
    while cut and 0 < pieces[rest[cut - 1]].size <= _SMALL * body:
        cut -= 1
    if not cut or cut == len(rest):
        return [Region(region.pieces, True, notes=not cut)]
    last, first = pieces[rest[cut - 1]], pieces[rest[cut]]
    if _is_figure(last, body) or first.bbox.top - last.bbox.bottom < _NOTES_APART * body:
        return [region]
    small = frozenset(rest[cut:])
    text = tuple(index for index in region.pieces if index not in small)
    notes = tuple(index for index in region.pieces if index in small)
    return [Region(text, True), Region(notes, True, notes=True)]


def _body(pieces: Sequence[Piece]) -> float:
    """The size of the text: the largest that a good share of the characters has, since notes may be longer than it."""
    counts: dict[float, int] = {}
    for piece in pieces:
        size = round(piece.size * 2) / 2
        counts[size] = counts.get(size, 0) + piece.characters
    whole = sum(counts.values())
    return max(size for size, count in counts.items() if count >= min(_BODY_SHARE * whole, max(counts.values())))


def regions(pieces: Sequence[Piece], find: Callable[[Sequence[Piece]], Gutter | None] = find_gutter) -> list[Region]:
    """All pieces in regions, in reading order; one region that is no column where `find` finds no gutter.

    Notes at the feet of columns that stand side by side are read after the columns.
    """

    def cut(indices: Sequence[int], column: bool, depth: int) -> list[Region]:
        if not indices:
            return []
        held = [pieces[index] for index in indices]
        gutter = find(held) if depth < _MAX_DEPTH else None
        if gutter is None:
            return [Region(tuple(indices), column)]
        above, left, right, below = (list[int]() for _ in range(4))
        for index in indices:
            x, y = pieces[index].bbox.center
            part = above if y < gutter.top else below if y > gutter.bottom else left if x < gutter.x1 else right
            part.append(index)
        body = _body([pieces[index] for index in (*left, *right) if pieces[index].characters])
        parts = [*cut(left, True, depth + 1), *cut(right, True, depth + 1)]
        columns = [part for region in parts for part in _without_notes(region, pieces, body)]
        columns.sort(key=lambda region: region.notes)
        return [*cut(above, column, depth + 1), *columns, *cut(below, column, depth + 1)]

    return cut(range(len(pieces)), False, 0)
