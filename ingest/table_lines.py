"""A table's lattice completed: columns at the gutters between its words, rows at their baselines, spanning headers.

Pure geometry and text; it does not find tables. Drawn rules come first: where they part columns, gutters part none, and
where they part rows, baselines part a row again only when a column has a number on each of its lines.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ingest.gaps import SPACE, Row, bottom_of, em_of, gutters, is_amount, rows_of, runs_of, top_of
from ingest.lattice import Lattice, with_column, with_row
from ingest.records import Word
from ingest.rules import Rule
from ingest.table_headers import header_lines, ink_of, spans_of
from ingest.table_rows import TextLine, counts, is_bold, middle_of, row_starts, text_line

_GUTTERS = ((2, 1.0), (4, 0.7), (8, 0.5))  # up to so many rows, ems that a gutter needs; 0.4 with more
_NARROWEST = 0.4
_CLEAR = 0.8  # ems of a gutter that parts columns even between rules …
_MOST = 0.6  # … and share of the lines that have words on both sides
_STRAYS = 0.6  # heights of a run by which it may lie over a rule beside which it stands
_ALIGNED = 0.4  # ems by which the edges or middles of what is aligned may differ


class Shaped(NamedTuple):
    """A table's lattice and how many of its rows are its header."""

    lattice: Lattice
    header_rows: int


def _least_gutter(rows: int) -> float:
    return next((ems for most, ems in _GUTTERS if rows <= most), _NARROWEST)


def amount_rows(rows: Sequence[Row]) -> list[Row]:
    """The rows with an amount behind another run; none where there are less than two."""
    amounts = [row for row in rows if len(row) > 1 and any(is_amount(run.text) for run in runs_of(row)[1:])]
    return amounts if len(amounts) >= 2 else []


def body_rows(rows: Sequence[Row]) -> list[Row]:
    """The rows that show a table's columns: those with amounts behind another run, else those with two runs."""
    return amount_rows(rows) or [row for row in rows if len(runs_of(row)) >= 2]


def columns_between(rows: Sequence[Row], em: float) -> list[float]:
    """Where the columns of a table part, from left to right: the middles of its gutters."""
    body = body_rows(rows)
    if len(body) < 2:
        return []
    strips = gutters(body, _least_gutter(len(body)) * em)
    kept: list[float] = []
    for left, right in strips:
        x = _freest(rows, body, left, right)
        start = kept[-1] if kept else 0.0
        if any(start <= (atom.bbox[0] + atom.bbox[2]) / 2 <= x for row in body for atom in row):
            kept.append(x)
    return _told_apart(rows, kept)


def _told_apart(rows: Sequence[Row], xs: Sequence[float]) -> list[float]:
    """The borders on both sides of which some row has words: a name that stands beside its column makes none."""
    kept: list[float] = []
    for index, x in enumerate(xs):
        left = kept[-1] if kept else -1e9
        right = xs[index + 1] if index + 1 < len(xs) else 1e9
        middles = ([atom.bbox.center[0] for atom in row] for row in rows)
        if any(any(left <= m < x for m in ms) and any(x <= m < right for m in ms) for ms in middles):
            kept.append(x)
    return kept


def _freest(rows: Sequence[Row], body: Sequence[Row], left: float, right: float) -> float:
    """The middle of the part of a gutter that the fewest rows cross, above all of the body; the widest such part."""
    near, near_body = (_within_strip(some, left, right) for some in (rows, body))
    edges = sorted({left, right, *(x for row in near for span in row for x in span if left < x < right)})
    parts = []
    for start, end in pairwise(edges):
        x = (start + end) / 2
        within, crossing = (sum(any(x0 < x < x1 for x0, x1 in row) for row in some) for some in (near_body, near))
        parts.append((within, crossing, start - end, x))
    return min(parts)[3] if parts else (left + right) / 2


def _within_strip(rows: Sequence[Row], left: float, right: float) -> list[list[tuple[float, float]]]:
    """Where atoms of each row begin and end, of those that reach into a strip."""
    spans = (
        [(atom.bbox[0], atom.bbox[2]) for atom in row if atom.bbox[0] < right and atom.bbox[2] > left] for row in rows
    )
    return [row for row in spans if row]


def _in_band(rows: Sequence[Row], x0: float, x1: float) -> list[Row]:
    cut = [tuple(atom for atom in row if x0 <= atom.bbox.center[0] <= x1) for row in rows]
    return [row for row in cut if row]


def _with_gutters(lattice: Lattice, rows: Sequence[Row], em: float) -> Lattice:
    """Columns parted where no rule parts any; between rules only at gutters with words on both sides of most lines."""
    ruled = lattice.shape[1] > 1
    for x0, x1 in list(pairwise(lattice.xs)):
        band = _in_band(rows, x0, x1)
        xs = _forgotten(band, em) if ruled else columns_between(band, em)
        for x in xs:
            lattice = with_column(lattice, x)
    return lattice


def _forgotten(band: Sequence[Row], em: float) -> list[float]:
    """Where what stands between two rules parts so clearly that a rule is missing there."""
    amounts = amount_rows(band)
    body = amounts or band
    if len(body) < (2 if amounts else 4) or len(body) < 0.5 * len(band):
        return []
    xs = []
    for left, right in gutters(body, min(_CLEAR, _least_gutter(len(amounts))) * em if amounts else _CLEAR * em, 0.0):
        beside = sum(row[0].bbox.x0 < left + 1 and row[-1].bbox.x1 > right - 1 for row in body)
        if beside >= _MOST * len(body):
            xs.append(_freest(band, body, left, right))
    return xs


def _between(above: Row, below: Row) -> float:
    return (bottom_of(above) + top_of(below)) / 2


def shaped(lattice: Lattice, words: Sequence[Word], rules: Sequence[Rule]) -> Shaped:
    """The lattice of a table with all its columns and rows, for the `words` in it and the `rules` around them."""
    rows = [row for row in rows_of(words) if row]
    hard = lattice.ys[1:-1]
    ruled = lattice.shape[1] > 1
    lattice = _with_gutters(lattice, rows, em_of(words))
    lines = [text_line(row, lattice.xs) for row in rows]
    banded = ruled or len(hard) >= 3
    across = [y for index, y in enumerate(hard) if sum(lattice.below[index]) >= 0.8 * lattice.shape[1]]
    header = header_lines(lines, lattice.xs, _bands(lines, across), ruled=ruled)
    while header and lines[header - 1].filled == [0] and any(len(line.filled) > 1 for line in lines[: header - 1]):
        header -= 1  # labels of the stub below the header are the first of the body
    spans = (
        []
        if ruled
        else [spans_of(line, lattice.xs, rules, lines[index + 1 :]) for index, line in enumerate(lines[:header])]
    )
    for band in _bands(lines, hard):
        for index, columns in _borders(lines, band, header, spans, ruled, banded):
            y = _between(lines[index - 1].row, lines[index].row)
            lattice = with_row(lattice, y, columns)
    for line, found in zip(lines, spans, strict=False):
        for first, last in found:
            lattice = _merged(lattice, _row_at(lattice, middle_of(line)), first, last)
    lattice = _parted(lattice, lines) if ruled else _crossed(lattice, lines, lines[header:])
    last = _row_at(lattice, middle_of(lines[header - 1])) if header else -1
    return Shaped(lattice, last + 1)


def _bands(lines: Sequence[TextLine], levels: Sequence[float]) -> list[list[int]]:
    """The lines between rules across the table; a band without a line is left out."""
    bands: dict[int, list[int]] = {}
    ordered = sorted(levels)
    for index, line in enumerate(lines):
        bands.setdefault(bisect_left(ordered, middle_of(line)), []).append(index)
    return list(bands.values())


def _row_at(lattice: Lattice, y: float) -> int:
    return min(sum(border < y for border in lattice.ys[1:]), lattice.shape[0] - 1)


_Border = tuple[int, set[int] | None]  # the line above which a row begins, and the columns that it parts; None: all


def _borders(
    lines: Sequence[TextLine],
    band: Sequence[int],
    header: int,
    spans: Sequence[Sequence[tuple[int, int]]],
    ruled: bool,
    banded: bool,
) -> list[_Border]:
    """Where rows begin within a row that rules part from the others."""
    if len(band) < 2:
        return []
    head = [index for index in band if index < header]
    body = [index for index in band if index >= header]
    borders: list[_Border] = []
    if not ruled:
        for above, below in pairwise(head):
            under = {column for first, last in spans[above] for column in range(first, last + 1)}
            if is_bold(lines[above].row) and not is_bold(lines[below].row):
                borders.append((below, None))
            elif under:
                borders.append((below, under))
    if head and body and not ruled:
        borders.append((body[0], None))
    here = [lines[index] for index in body]
    if here and (not banded or counts(here)):
        borders += [(body[start], None) for start in row_starts(here)[1:]]
    return borders


def _merged(lattice: Lattice, row: int, first: int, last: int) -> Lattice:
    right = [list(walls) for walls in lattice.right]
    right[row][first:last] = [False] * (last - first)
    return lattice._replace(right=tuple(map(tuple, right)))


def _crosses(line: TextLine, x: float, column: int, edges: Sequence[tuple[float, float] | None]) -> bool:
    """Whether a line's words go on across the border at `x` behind a column.

    They do where a word lies over it, or where no more than a word's space does and neither side is aligned with its
    column. `edges`: the left and right of each column's other words.
    """
    before = [atom for atom in line.row if atom.bbox.x0 < x]
    after = [atom for atom in line.row if atom.bbox.x0 >= x]
    if not before:
        return False
    last = before[-1].bbox
    em = em_of(before[-1].words)
    if last.x1 > x + 0.1 * em:
        return True
    if not after or after[0].bbox.x0 - last.x1 > SPACE * em:
        return False
    if is_amount(before[-1].text) and is_amount(after[0].text):
        return False
    left, right = edges[column], edges[column + 1]
    ends = left is not None and abs(left[1] - last.x1) < _ALIGNED * em
    begins = right is not None and abs(right[0] - after[0].bbox.x0) < _ALIGNED * em
    return not ends and not begins


def _crossed(lattice: Lattice, lines: Sequence[TextLine], body: Sequence[TextLine]) -> Lattice:
    """The lattice without the walls that a line of words crosses."""
    right = [list(walls) for walls in lattice.right]
    edges = [ink_of(column, body) for column in range(lattice.shape[1])]
    for line in lines:
        row = _row_at(lattice, middle_of(line))
        for index, x in enumerate(lattice.xs[1:-1]):
            if _crosses(line, x, index, edges):
                right[row][index] = False
    return lattice._replace(right=tuple(map(tuple, right)))


def _parted(lattice: Lattice, lines: Sequence[TextLine]) -> Lattice:
    """The lattice with walls that no rule draws: between words that stand apart, and where hardly any is drawn."""
    right = [list(walls) for walls in lattice.right]
    crossed: set[tuple[int, int]] = set()
    beside: set[tuple[int, int]] = set()
    for line in lines:
        row = _row_at(lattice, middle_of(line))
        runs = runs_of(line.row)
        for index, x in enumerate(lattice.xs[1:-1]):
            if any(
                run.bbox.x0 + _STRAYS * run.bbox.height < x < run.bbox.x1 - _STRAYS * run.bbox.height for run in runs
            ):
                crossed.add((row, index))
            elif line.cells[index] is not None and line.cells[index + 1] is not None:
                beside.add((row, index))
    for index in range(lattice.shape[1] - 1):
        seldom = sum(walls[index] for walls in lattice.right) < 0.5 * lattice.shape[0]
        for row, walls in enumerate(right):
            if (row, index) not in crossed and (seldom or (row, index) in beside):
                walls[index] = True
    return lattice._replace(right=tuple(map(tuple, right)))
