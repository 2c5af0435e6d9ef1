"""A table's lattice completed: columns at the gutters between its words, rows at their baselines, spanning headers.

Pure geometry and text; it does not find tables. Drawn rules come first: where they part columns, gutters part none, and
where they part rows, baselines part a row again only when a column has a number on each of its lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ingest.gaps import SPACE, Atom, Row, bottom_of, em_of, gutters, is_amount, pitches, rows_of, runs_of, top_of
from ingest.lattice import Lattice, with_column, with_row
from ingest.records import Word
from ingest.rules import SNAP, Rule

_GUTTERS = ((2, 1.0), (4, 0.7), (8, 0.5))  # up to so many rows, ems that a gutter needs; 0.4 with more
_NARROWEST = 0.4
_CLEAR = 0.8  # ems of a gutter that parts columns even between rules …
_MOST = 0.6  # … and share of the lines that have words on both sides
_MAX_HEADER = 0.6  # share of a table's lines that its header may have
_HEADER_LINES = 8  # that a header without a rule below may have
_LOOSE = 1.3  # a pitch so many times the tightest stands between rows, not within them
_STRAYS = 0.6  # heights of a run by which it may lie over a rule beside which it stands
_ALIGNED = 0.4  # ems by which the edges or middles of what is aligned may differ


class Shaped(NamedTuple):
    """A table's lattice and how many of its rows are its header."""

    lattice: Lattice
    header_rows: int


class _Line(NamedTuple):
    """A line of text across a table: for each column its words as one atom, None where it has none."""

    row: Row
    cells: tuple[Atom | None, ...]

    @property
    def filled(self) -> list[int]:
        return [index for index, cell in enumerate(self.cells) if cell is not None]


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
        x = _freest(rows, left, right)
        start = kept[-1] if kept else 0.0
        inside = sum(any(start <= atom.bbox.center[0] <= x for atom in row) for row in body)
        if inside:
            kept.append(x)
    return kept


def _freest(rows: Sequence[Row], left: float, right: float) -> float:
    """The middle of the part of a gutter that the fewest of all rows cross, the widest such part."""
    edges = sorted({left, right, *(x for row in rows for a in row for x in (a.bbox.x0, a.bbox.x1) if left < x < right)})
    parts = []
    for start, end in pairwise(edges):
        x = (start + end) / 2
        crossing = sum(any(atom.bbox.x0 < x < atom.bbox.x1 for atom in row) for row in rows)
        parts.append((crossing, start - end, x))
    return min(parts)[2] if parts else (left + right) / 2


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
            xs.append(_freest(band, left, right))
    return xs


def _line(row: Row, xs: Sequence[float]) -> _Line:
    held: list[list[Atom]] = [[] for _ in xs[1:]]
    for atom in row:
        x = atom.bbox.center[0]
        column = next((index for index, right in enumerate(xs[1:]) if x <= right), len(xs) - 2)
        held[column].append(atom)
    cells = []
    for atoms in held:
        words = tuple(word for atom in atoms for word in atom.words)
        box = atoms[0].bbox if atoms else None
        for atom in atoms[1:]:
            assert box is not None
            box = box.union(atom.bbox)
        cells.append(Atom(words, box) if box is not None else None)
    return _Line(row, tuple(cells))


def _bold(row: Row) -> bool:
    return all(word.bold for atom in row for word in atom.words)


def _header_lines(lines: Sequence[_Line], xs: Sequence[float], bands: Sequence[Sequence[int]], *, ruled: bool) -> int:
    """How many lines are the header: those above the first amount, or the first rule across, or in bold type.

    `bands`: the lines between rules. Where rules part columns too, such a row is header or body as a whole.
    """
    if not lines:
        return 0
    groups = list(bands) if ruled else [[index] for index in range(len(lines))]
    most = max(int(_MAX_HEADER * len(groups)), 1)
    first = next((index for index, group in enumerate(groups) if _has_amount([lines[i] for i in group], xs)), None)
    above = len(bands[0]) if len(bands) > 1 else 0
    if ruled:
        if first is None or first > most:
            first = int(len(groups) > 1 and not any(_bold(lines[index].row) for index in groups[1]))
        return sum(map(len, groups[:first]))
    if first is not None and first <= most:
        return min(first, above) if above > 0 else first if first <= _HEADER_LINES else 0
    if 0 < above <= most and first is None:
        return above
    bold = next((index for index, line in enumerate(lines) if not _bold(line.row)), 0)
    return bold if 0 < bold <= most else 0


def _has_amount(lines: Sequence[_Line], xs: Sequence[float]) -> bool:
    """Whether one of the columns behind the first has nothing but numbers where these lines are."""
    runs = [run for line in lines for run in runs_of(line.row)]
    for left, right in pairwise(xs[1:]):
        texts = [run.text for run in runs if left < run.bbox.center[0] <= right]
        if texts and all(map(is_amount, texts)):
            return True
    return False


def _between(above: Row, below: Row) -> float:
    return (bottom_of(above) + top_of(below)) / 2


def _spans(line: _Line, xs: Sequence[float], rules: Sequence[Rule], below: Sequence[_Line]) -> list[tuple[int, int]]:
    """The columns, first and last, that each run of a header's line spans where it spans several."""
    found = []
    runs = runs_of(line.row)
    for run in runs:
        box = run.bbox
        reach = [index for index in range(len(xs) - 1) if min(box.x1, xs[index + 1]) - max(box.x0, xs[index]) > SNAP]
        ruled = [
            rule
            for rule in rules
            if not rule.upright
            and -SNAP <= rule.at - box.bottom <= 0.5 * box.height
            and rule.start - SNAP <= box.x0
            and box.x1 <= rule.end + SNAP
        ]
        if ruled:
            rule = min(ruled, key=lambda rule: rule.length)
            reach = [
                index
                for index in range(len(xs) - 1)
                if min(rule.end, xs[index + 1]) - max(rule.start, xs[index]) > 0.5 * _inked_width(index, below, xs)
            ] or reach
            if len(reach) == len(xs) - 1:
                reach = []
        if not ruled:
            reach = _centred(run, reach, runs, below, xs)
        if len(reach) > 1:
            found.append((reach[0], reach[-1]))
    return [span for index, span in enumerate(found) if not any(span[0] <= other[1] for other in found[:index])]


def _inked_width(column: int, lines: Sequence[_Line], xs: Sequence[float]) -> float:
    boxes = [cell.bbox for line in lines if (cell := line.cells[column]) is not None]
    return max((box.width for box in boxes), default=xs[column + 1] - xs[column])


def _ink(column: int, lines: Sequence[_Line]) -> tuple[float, float] | None:
    boxes = [cell.bbox for line in lines if (cell := line.cells[column]) is not None]
    return (min(box.x0 for box in boxes), max(box.x1 for box in boxes)) if boxes else None


def _centred(
    run: Atom, reach: list[int], runs: Sequence[Atom], below: Sequence[_Line], xs: Sequence[float]
) -> list[int]:
    """The columns over which a run is centred: the fewest that hold it and have it in their middle, if several do."""
    if not reach or not below:
        return reach
    em = em_of(run.words)
    x0, x1 = run.bbox.x0, run.bbox.x1
    own = _ink(reach[0], below) if len(reach) == 1 else None
    if own is not None and min(abs(own[0] - x0), abs(own[1] - x1), abs(sum(own) - x0 - x1) / 2) < _ALIGNED * em:
        return reach
    others = [other.bbox for other in runs if other is not run]
    best: tuple[float, list[int]] | None = None
    for first in range(1, reach[0] + 1):
        for last in range(reach[-1], len(xs) - 1):
            columns = list(range(first, last + 1))
            inks = [ink for column in columns if (ink := _ink(column, below)) is not None]
            if not inks:
                continue
            left, right = min(ink[0] for ink in inks), max(ink[1] for ink in inks)
            if any(min(other.x1, right) - max(other.x0, left) > 0 for other in others):
                continue
            off = abs((left + right) - (x0 + x1)) / 2
            if off <= 1.0 * em and (best is None or (len(columns), off) < (len(best[1]), best[0])):
                best = (off, columns)
    return best[1] if best is not None and len(best[1]) >= len(reach) else reach


def _continues(line: _Line, current: Sequence[_Line], lines: Sequence[_Line], rights: Sequence[float]) -> bool:
    """Whether a line goes on in the row that the lines `current` make."""
    held = {column for other in current for column in other.filled}
    amounts = {column for column in line.filled if column and is_amount((line.cells[column] or line.row[0]).text)}
    if any(column in held for column in amounts):
        return False
    stub = line.cells[0]
    above = next((other.cells[0] for other in reversed(current) if other.cells[0] is not None), None)
    goes_on = stub is not None and above is not None and _goes_on(above, stub, rights[0])
    if amounts:
        return goes_on and held == {0}
    if stub is None:
        over = [cell for other in current for cell in other.cells[1:] if cell is not None]
        return not over or not all(is_amount(cell.text) for cell in over)
    return goes_on and all(_cell_goes_on(line, column, current, rights[column]) for column in line.filled if column)


def _cell_goes_on(line: _Line, column: int, current: Sequence[_Line], right: float) -> bool:
    own = line.cells[column]
    above = next((cell for other in reversed(current) if (cell := other.cells[column]) is not None), None)
    return own is not None and above is not None and _goes_on(above, own, right)


def _goes_on(above: Atom, below: Atom, right: float) -> bool:
    """Whether a cell's line goes on in the one below: it begins small, or its first word had no room above."""
    first = below.words[0]
    if first.text[:1].islower():
        return True
    em = em_of(above.words)
    if first.bold != above.words[-1].bold or first.text[:1].isdigit():
        return False
    return above.bbox.x1 + first.bbox.width + 0.3 * em > right and above.bbox.width > 6 * em


def _row_starts(lines: Sequence[_Line]) -> list[int]:
    """The lines of a table's body with which its rows begin."""
    columns = len(lines[0].cells) if lines else 0
    rights = [
        min(
            [cell.bbox.x0 for line in lines for cell in line.cells[column + 1 :] if cell is not None],
            default=max((cell.bbox.x1 for line in lines if (cell := line.cells[column]) is not None), default=0.0),
        )
        for column in range(columns)
    ]
    steps = pitches([line.row for line in lines])
    loose = _loose(steps, lines)
    starts = [0]
    for index in range(1, len(lines)):
        if loose is not None:
            new = steps[index - 1] > loose
        else:
            new = not _continues(lines[index], lines[starts[-1] : index], lines, rights)
        if new:
            starts.append(index)
    return starts


def _loose(steps: Sequence[float], lines: Sequence[_Line]) -> float | None:
    """The pitch above which a new row begins, where pitches tell: lines of a row are closer than rows are.

    None where they do not, as in a table whose rows are of one line, or whose lines of numbers are close too.
    """
    if len(steps) < 2:
        return None
    tight = min(steps)
    wide = [step for step in steps if step > _LOOSE * tight]
    close = [index for index, step in enumerate(steps) if step <= _LOOSE * tight]
    if len(wide) < 0.25 * len(steps) or not close:
        return None
    for index in close:  # lines that each have a number in one column are rows, however close
        above, below = lines[index], lines[index + 1]
        both = [column for column in above.filled if column in below.filled and column]
        if any(
            is_amount((cell := above.cells[c]) and cell.text or "")
            and is_amount((under := below.cells[c]) and under.text or "")
            for c in both
        ):
            return None
    return (1 + _LOOSE) / 2 * tight


def shaped(lattice: Lattice, words: Sequence[Word], rules: Sequence[Rule]) -> Shaped:
    """The lattice of a table with all its columns and rows, for the `words` in it and the `rules` around them."""
    rows = [row for row in rows_of(words) if row]
    hard = lattice.ys[1:-1]
    ruled = lattice.shape[1] > 1
    lattice = _with_gutters(lattice, rows, em_of(words))
    lines = [_line(row, lattice.xs) for row in rows]
    banded = ruled or len(hard) >= 3
    across = [y for index, y in enumerate(hard) if sum(lattice.below[index]) >= 0.8 * lattice.shape[1]]
    header = _header_lines(lines, lattice.xs, _bands(lines, across), ruled=ruled)
    while header and lines[header - 1].filled == [0] and any(len(line.filled) > 1 for line in lines[: header - 1]):
        header -= 1  # labels of the stub below the header are the first of the body
    spans = (
        []
        if ruled
        else [_spans(line, lattice.xs, rules, lines[index + 1 :]) for index, line in enumerate(lines[:header])]
    )
    for band in _bands(lines, hard):
        for index, columns in _borders(lines, band, header, spans, ruled, banded):
            y = _between(lines[index - 1].row, lines[index].row)
            lattice = with_row(lattice, y, columns)
    for line, found in zip(lines, spans, strict=False):
        for first, last in found:
            lattice = _merged(lattice, _row_at(lattice, _middle(line)), first, last)
    lattice = _parted(lattice, lines) if ruled else _crossed(lattice, lines, lines[header:])
    last = _row_at(lattice, _middle(lines[header - 1])) if header else -1
    return Shaped(lattice, last + 1)


def _bands(lines: Sequence[_Line], levels: Sequence[float]) -> list[list[int]]:
    """The lines between rules across the table; a band without a line is left out."""
    bands: dict[int, list[int]] = {}
    for index, line in enumerate(lines):
        bands.setdefault(sum(y < _middle(line) for y in levels), []).append(index)
    return list(bands.values())


def _middle(line: _Line) -> float:
    return median(atom.bbox.center[1] for atom in line.row)


def _row_at(lattice: Lattice, y: float) -> int:
    return min(sum(border < y for border in lattice.ys[1:]), lattice.shape[0] - 1)


_Border = tuple[int, set[int] | None]  # the line above which a row begins, and the columns that it parts; None: all


def _borders(
    lines: Sequence[_Line],
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
            if _bold(lines[above].row) and not _bold(lines[below].row):
                borders.append((below, None))
            elif under:
                borders.append((below, under))
    if head and body and not ruled:
        borders.append((body[0], None))
    here = [lines[index] for index in body]
    if here and (not banded or _counts(here)):
        borders += [(body[start], None) for start in _row_starts(here)[1:]]
    return borders


def _counts(lines: Sequence[_Line]) -> bool:
    """Whether lines that no rule parts are rows: one of their columns has nothing but numbers, on half of the lines."""
    for column in range(1, len(lines[0].cells)):
        cells = [cell for line in lines if (cell := line.cells[column]) is not None]
        if len(cells) >= 2 and len(cells) >= 0.5 * len(lines) and all(is_amount(cell.text) for cell in cells):
            return True
    return False


def _merged(lattice: Lattice, row: int, first: int, last: int) -> Lattice:
    right = [list(walls) for walls in lattice.right]
    right[row][first:last] = [False] * (last - first)
    return lattice._replace(right=tuple(map(tuple, right)))


def _crosses(line: _Line, x: float, column: int, edges: Sequence[tuple[float, float] | None]) -> bool:
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


def _crossed(lattice: Lattice, lines: Sequence[_Line], body: Sequence[_Line]) -> Lattice:
    """The lattice without the walls that a line of words crosses."""
    right = [list(walls) for walls in lattice.right]
    edges = [_ink(column, body) for column in range(lattice.shape[1])]
    for line in lines:
        row = _row_at(lattice, _middle(line))
        for index, x in enumerate(lattice.xs[1:-1]):
            if _crosses(line, x, index, edges):
                right[row][index] = False
    return lattice._replace(right=tuple(map(tuple, right)))


def _parted(lattice: Lattice, lines: Sequence[_Line]) -> Lattice:
    """The lattice with walls that no rule draws: between words that stand apart, and where hardly any is drawn."""
    right = [list(walls) for walls in lattice.right]
    crossed: set[tuple[int, int]] = set()
    beside: set[tuple[int, int]] = set()
    for line in lines:
        row = _row_at(lattice, _middle(line))
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
