"""A table's header: how many of its lines it has, and which columns its names span.

Pure geometry and text; it does not know where a table's body begins but by its numbers, its rules and its type.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ingest.gaps import Atom, em_of, is_amount, runs_of
from ingest.records import union_of
from ingest.rules import SNAP, Rule
from ingest.table_rows import TextLine, is_bold

_MAX_HEADER = 0.6  # share of a table's lines that its header may have
_HEADER_LINES = 8  # that a header without a rule below may have
_ALIGNED = 0.4  # ems by which the edges or middles of what is aligned may differ


def header_lines(lines: Sequence[TextLine], xs: Sequence[float], bands: Sequence[Sequence[int]], *, ruled: bool) -> int:
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
            first = int(len(groups) > 1 and not any(is_bold(lines[index].row) for index in groups[1]))
        return sum(map(len, groups[:first]))
    if first is not None and first <= most:
        return min(first, above) if above > 0 else first if first <= _HEADER_LINES else 0
    if 0 < above <= most and first is None:
        return above
    bold = next((index for index, line in enumerate(lines) if not is_bold(line.row)), 0)
    return bold if 0 < bold <= most else 0


def _has_amount(lines: Sequence[TextLine], xs: Sequence[float]) -> bool:
    """Whether one of the columns behind the first has nothing but numbers where these lines are."""
    runs = [run for line in lines for run in runs_of(line.row)]
    for left, right in pairwise(xs[1:]):
        texts = [run.text for run in runs if left < run.bbox.center[0] <= right]
        if texts and all(map(is_amount, texts)):
            return True
    return False


def spans_of(
    line: TextLine, xs: Sequence[float], rules: Sequence[Rule], below: Sequence[TextLine]
) -> list[tuple[int, int]]:
    """The columns, first and last, that each run of a header's line spans where it spans several."""
    found = []
    runs = _names(line, below)
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


def _names(line: TextLine, below: Sequence[TextLine]) -> list[Atom]:
    """The runs of a header's line, parted also where a word begins together with a column, as in a tight header."""
    inks = [ink_of(column, below) for column in range(1, len(line.cells))]
    starts = [ink[0] for ink in inks if ink is not None]
    names: list[Atom] = []
    for run in runs_of(line.row):
        atoms = [atom for atom in line.row if run.bbox.x0 <= atom.bbox.x0 < run.bbox.x1]
        em = em_of(run.words)
        begins = [
            0,
            *(i for i in range(1, len(atoms)) if any(abs(atoms[i].bbox.x0 - x) < _ALIGNED * em for x in starts)),
        ]
        for start, end in pairwise([*begins, len(atoms)]):
            box = union_of([atom.bbox for atom in atoms[start:end]])
            names.append(Atom(tuple(word for atom in atoms[start:end] for word in atom.words), box))
    return names


def _inked_width(column: int, lines: Sequence[TextLine], xs: Sequence[float]) -> float:
    boxes = [cell.bbox for line in lines if (cell := line.cells[column]) is not None]
    return max((box.width for box in boxes), default=xs[column + 1] - xs[column])


def ink_of(column: int, lines: Sequence[TextLine]) -> tuple[float, float] | None:
    boxes = [cell.bbox for line in lines if (cell := line.cells[column]) is not None]
    return (min(box.x0 for box in boxes), max(box.x1 for box in boxes)) if boxes else None


def _centred(
    run: Atom, reach: list[int], runs: Sequence[Atom], below: Sequence[TextLine], xs: Sequence[float]
) -> list[int]:
    """The columns over which a run is centred: the fewest that hold it and have it in their middle, if several do."""
    if not reach or not below:
        return reach
    em = em_of(run.words)
    x0, x1 = run.bbox.x0, run.bbox.x1
    own = ink_of(reach[0], below) if len(reach) == 1 else None
    if own is not None and min(abs(own[0] - x0), abs(own[1] - x1), abs(sum(own) - x0 - x1) / 2) < _ALIGNED * em:
        return reach
    others = [other.bbox for other in runs if other is not run]
    best: tuple[float, list[int]] | None = None
    for first in range(1, reach[0] + 1):
        for last in range(reach[-1], len(xs) - 1):
            columns = list(range(first, last + 1))
            inks = [ink for column in columns if (ink := ink_of(column, below)) is not None]
            if not inks:
                continue
            left, right = min(ink[0] for ink in inks), max(ink[1] for ink in inks)
            if any(min(other.x1, right) - max(other.x0, left) > 0 for other in others):
                continue
            off = abs((left + right) - (x0 + x1)) / 2
            if off <= 1.0 * em and (best is None or (len(columns), off) < (len(best[1]), best[0])):
                best = (off, columns)
    return best[1] if best is not None and len(best[1]) >= len(reach) else reach
