"""A table's lines as a lattice with walls, and the lattice to cells with spans.

Pure geometry; it does not know where the lines come from: drawn rules and the white gaps between words give the same.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from ingest.records import BBox
from ingest.rules import SNAP, Rule

_COVERED = 0.5  # share of a cell's side from which a rule along it is its wall
_STICKS_OUT = 6.0  # points by which rules go on beyond the outermost that cross them, where the table is open


class GridCell(NamedTuple):
    """A place of a table; rows and columns count from 0."""

    row: int
    column: int
    row_span: int
    column_span: int
    bbox: BBox


class Lattice(NamedTuple):
    """Lines across a table: `xs` and `ys`, rising, are the borders of its columns and rows.

    `right[row][column]`: whether a wall parts a place from the next in its row; `below[row][column]`: from the next in
    its column.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    right: tuple[tuple[bool, ...], ...]
    below: tuple[tuple[bool, ...], ...]

    @property
    def bbox(self) -> BBox:
        return BBox(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return len(self.ys) - 1, len(self.xs) - 1


def open_lattice(box: BBox) -> Lattice:
    """One place."""
    return Lattice((box.x0, box.x1), (box.top, box.bottom), ((),), ())


def _lanes(values: Iterable[float]) -> list[float]:
    """Rising values, those within SNAP of the first of a run taken for one."""
    lanes: list[list[float]] = []
    for value in sorted(values):
        if lanes and value - lanes[-1][0] <= SNAP:
            lanes[-1].append(value)
        else:
            lanes.append([value])
    return [sum(lane) / len(lane) for lane in lanes]


def _walls(rules: Sequence[Rule], at: float, borders: Sequence[float]) -> tuple[bool, ...]:
    """Whether rules at one place go along each stretch from a border to the next."""
    near = [rule for rule in rules if abs(rule.at - at) <= SNAP]
    return tuple(
        sum(max(0.0, min(rule.end, end) - max(rule.start, start)) for rule in near) >= _COVERED * (end - start)
        for start, end in pairwise(borders)
    )


def lattice_of(rules: Sequence[Rule], box: BBox | None = None) -> Lattice | None:
    """The lattice that rules make, grown to `box`; None where they enclose nothing.

    Where rules go on beyond the outermost that cross them, the table is open on that side and ends where they do.
    """
    levels = [rule for rule in rules if not rule.upright]
    uprights = [rule for rule in rules if rule.upright]
    xs = _grown(_lanes(rule.at for rule in uprights), levels, (box.x0, box.x1) if box else None)
    ys = _grown(_lanes(rule.at for rule in levels), uprights, (box.top, box.bottom) if box else None)
    if len(xs) < 2 or len(ys) < 2:
        return None
    columns = [_walls(uprights, x, ys) for x in xs[1:-1]]
    right = tuple(tuple(column[row] for column in columns) for row in range(len(ys) - 1))
    below = tuple(_walls(levels, y, xs) for y in ys[1:-1])
    return Lattice(tuple(xs), tuple(ys), right, below)


def _grown(at: list[float], crossing: Sequence[Rule], limits: tuple[float, float] | None) -> list[float]:
    starts = [rule.start for rule in crossing]
    ends = [rule.end for rule in crossing]
    first = min([*starts, *(limits or ())[:1]], default=None)
    last = max([*ends, *(limits or ())[1:]], default=None)
    if first is not None and (not at or first < at[0] - _STICKS_OUT):
        at = [first, *at]
    if last is not None and last > at[-1] + _STICKS_OUT:
        at = [*at, last]
    return at


def with_column(lattice: Lattice, x: float) -> Lattice:
    """The lattice with a border at `x`, a wall in every row."""
    place = bisect_left(lattice.xs, x)
    right = tuple((*row[: place - 1], True, *row[place - 1 :]) for row in lattice.right)
    below = tuple((*row[:place], row[place - 1], *row[place:]) for row in lattice.below)
    return Lattice((*lattice.xs[:place], x, *lattice.xs[place:]), lattice.ys, right, below)


def with_row(lattice: Lattice, y: float, columns: Container[int] | None = None) -> Lattice:
    """The lattice with a border at `y`, a wall in those `columns`; None: in all."""
    place = bisect_left(lattice.ys, y)
    right = (*lattice.right[:place], lattice.right[place - 1], *lattice.right[place:])
    walls = tuple(columns is None or column in columns for column in range(len(lattice.xs) - 1))
    below = (*lattice.below[: place - 1], walls, *lattice.below[place - 1 :])
    return Lattice(lattice.xs, (*lattice.ys[:place], y, *lattice.ys[place:]), right, below)


def cells_of(lattice: Lattice) -> list[GridCell]:
    """The places that no wall parts made cells, row by row; what is no rectangle is parted at each row again."""
    made = []
    for places in _without_walls(lattice):
        block = _rectangle(places)
        if block is not None:
            made.append(block)
            continue
        for row in sorted({row for row, _ in places}):
            run: list[tuple[int, int]] = []
            for column in sorted(column for at, column in places if at == row):
                if run and (column != run[-1][1] + 1 or lattice.right[row][column - 1]):
                    made.append((row, run[0][1], row, run[-1][1]))
                    run = []
                run.append((row, column))
            made.append((row, run[0][1], row, run[-1][1]))
    return [
        GridCell(
            top,
            left,
            bottom - top + 1,
            last - left + 1,
            BBox(lattice.xs[left], lattice.ys[top], lattice.xs[last + 1], lattice.ys[bottom + 1]),
        )
        for top, left, bottom, last in sorted(made)
    ]


def _rectangle(places: Sequence[tuple[int, int]]) -> tuple[int, int, int, int] | None:
    top, left = min(row for row, _ in places), min(column for _, column in places)
    bottom, last = max(row for row, _ in places), max(column for _, column in places)
    return (top, left, bottom, last) if len(places) == (bottom - top + 1) * (last - left + 1) else None


def _without_walls(lattice: Lattice) -> list[list[tuple[int, int]]]:
    """Places in sets between which no wall stands."""
    rows, columns = lattice.shape
    right, below = lattice.right, lattice.below
    left = {(row, column) for row in range(rows) for column in range(columns)}
    sets = []
    for start in sorted(left):
        if start not in left:
            continue
        left.remove(start)
        reached = [start]
        for row, column in reached:  # grows while it is walked
            for place, wall in (
                ((row, column + 1), column + 1 < columns and right[row][column]),
                ((row, column - 1), column > 0 and right[row][column - 1]),
                ((row + 1, column), row + 1 < rows and below[row][column]),
                ((row - 1, column), row > 0 and below[row - 1][column]),
            ):
                if place in left and not wall:
                    left.remove(place)
                    reached.append(place)
        sets.append(reached)
    return sets
