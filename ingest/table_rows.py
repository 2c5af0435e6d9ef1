"""Lines of text across a table to its rows: which line goes on in the row above.

Pure geometry and text. A row begins where a number stands under a number; where lines of two pitches alternate, at the
wide one; else where a line neither begins small nor had no room in the line above.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from ingest.flow import is_cjk
from ingest.gaps import Atom, Row, em_of, is_amount, pitches

_LOOSE = 1.3  # a pitch so many times the tightest stands between rows, not within them


class TextLine(NamedTuple):
    """A line of text across a table: for each column its words as one atom, None where it has none."""

    row: Row
    cells: tuple[Atom | None, ...]

    @property
    def filled(self) -> list[int]:
        return [index for index, cell in enumerate(self.cells) if cell is not None]


def text_line(row: Row, xs: Sequence[float]) -> TextLine:
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
    return TextLine(row, tuple(cells))


def is_bold(row: Row) -> bool:
    return all(word.bold for atom in row for word in atom.words)


def _continues(line: TextLine, current: Sequence[TextLine], lines: Sequence[TextLine], rights: Sequence[float]) -> bool:
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


def _cell_goes_on(line: TextLine, column: int, current: Sequence[TextLine], right: float) -> bool:
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
    room = em if is_cjk(first.text[0]) else first.bbox.width  # Chinese is broken between any two characters
    return above.bbox.x1 + room + 0.3 * em > right and above.bbox.width > 6 * em


def row_starts(lines: Sequence[TextLine]) -> list[int]:
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


def _loose(steps: Sequence[float], lines: Sequence[TextLine]) -> float | None:
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


def counts(lines: Sequence[TextLine]) -> bool:
    """Whether lines that no rule parts are rows: one of their columns has nothing but numbers, on half of the lines."""
    for column in range(1, len(lines[0].cells)):
        cells = [cell for line in lines if (cell := line.cells[column]) is not None]
        if len(cells) >= 2 and len(cells) >= 0.5 * len(lines) and all(is_amount(cell.text) for cell in cells):
            return True
    return False


def middle_of(line: TextLine) -> float:
    return median(atom.bbox.center[1] for atom in line.row)
