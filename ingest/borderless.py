"""Where words stand in columns though no rule says so: the regions of tables without rules, and headers above tables.

Pure geometry and text. Running text must be left out before: two columns of it look like a table's from afar.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.gaps import Atom, Row, bottom_of, em_of, is_amount, rows_of, runs_of, top_of
from ingest.records import BBox, Word, union_of
from ingest.table_lines import amount_rows, body_rows, columns_between

_WIDE = 0.9  # ems; a gap from which on it parts columns and not words
_NEAR = 1.8  # heights of a line that may be free between two lines of a table
_HEADS = 3  # lines of one run that may follow one another within a table
_FULL = 0.6  # share of a column's lines that are full in running text
_LONG = 25  # characters of a line of running text, at least
_BODY = 0.5  # share of a table's lines that show its columns
_CENTRED = 1.0  # ems by which a header may be off the middle of the columns that it spans


def height_of(row: Row) -> float:
    return max(min(bottom_of(row) - top_of(row), 1.5 * em_of([word for atom in row for word in atom.words])), 1.0)


def is_running(words: Sequence[Word]) -> bool:
    """Whether the words of one block are running text: several lines, most of them full and long."""
    rows = rows_of(words)
    if len(rows) < 2 or any(len(runs_of(row, 2.5)) > 1 for row in rows):
        return False
    box = union_of([word.bbox for word in words])
    em = em_of(words)
    full = sum(row[-1].bbox.x1 > box.x1 - 3 * em for row in rows[:-1])
    long = sum(len(atom.text) + 1 for row in rows[:-1] for atom in row)
    return full >= _FULL * (len(rows) - 1) and long >= _LONG * (len(rows) - 1)


def _near(above: Row, below: Row) -> bool:
    return top_of(below) - bottom_of(above) <= _NEAR * min(height_of(above), height_of(below))


def regions(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows that follow one another and stand in columns, but for a few of one run between them."""
    found: list[list[Row]] = []
    current: list[Row] = []
    waiting: list[Row] = []
    for row in rows:
        last = (waiting or current or [row])[-1]
        if current and not _near(last, row):
            found.append(current)
            current, waiting = [], []
        if len(runs_of(row, _WIDE)) > 1:
            current += [*waiting, row] if current else [row]
            waiting = []
        elif current:
            waiting.append(row)
            if len(waiting) > _HEADS:
                found.append(current)
                current, waiting = [], []
    if current:
        found.append(current)
    return [region for region in found if len(region) > 1]


def box_of(rows: Sequence[Row]) -> BBox:
    return union_of([atom.bbox for row in rows for atom in row])


def is_table(rows: Sequence[Row], supported: bool) -> bool:
    """Whether a region's rows are a table's: enough of them show the same columns, and numbers fill these.

    `supported`: another voice sees a table there; then numbers need not.
    """
    words = [word for row in rows for atom in row for word in atom.words]
    xs = columns_between(rows, em_of(words))
    body = body_rows(rows)
    if not xs or len(body) < max(2, _BODY * len(rows)):
        return False
    if supported:
        return True
    amounts = amount_rows(rows)
    cells = [run for row in amounts for run in runs_of(row, _WIDE)[1:]]
    return len(amounts) >= 3 and len(amounts) * (len(xs) + 1) >= 8 and _share(cells) >= 0.7


def _share(cells: Sequence[Atom]) -> float:
    return sum(is_amount(cell.text) for cell in cells) / max(len(cells), 1)


def header_above(above: Sequence[Row], table: Sequence[Row], box: BBox, *, single: bool) -> list[Row]:
    """The rows right above a table that are its header, from top to bottom: they stand over columns, not over the stub.

    `above`: rows from the top down. `single`: whether a row of one run may be one, where it is centred over columns.
    """
    words = [word for row in table for atom in row for word in atom.words]
    em = em_of(words)
    xs = columns_between(table, em)
    if not xs:
        return []
    inks = _inks(table, [box.x0, *xs, box.x1])
    header: list[Row] = []
    below = top_of(table[0])
    for row in reversed(above):
        runs = runs_of(row, _WIDE)
        box_row = box_of([row])
        over = box.x0 - em <= box_row.x0 and box_row.x1 <= box.x1 + em and below - bottom_of(row) <= height_of(row)
        stands = len(runs) > 1 and all(_over(run, xs, em) for run in runs)
        if not over or not (stands or (single and len(runs) == 1 and _spans(runs[0], inks, em))):
            break
        header.insert(0, row)
        below = top_of(row)
    return header if any(len(runs_of(row, _WIDE)) > 1 for row in header) or single else []


def _over(run: Atom, xs: Sequence[float], em: float) -> bool:
    """Whether a run stands over one column."""
    return not any(run.bbox.x0 + em < x < run.bbox.x1 - em for x in xs)


def _inks(rows: Sequence[Row], borders: Sequence[float]) -> list[tuple[float, float]]:
    inks = []
    for left, right in zip(borders[1:], borders[2:], strict=False):
        boxes = [atom.bbox for row in rows for atom in row if left <= atom.bbox.center[0] <= right]
        if boxes:
            inks.append((min(box.x0 for box in boxes), max(box.x1 for box in boxes)))
    return inks


def _spans(run: Atom, inks: Sequence[tuple[float, float]], em: float) -> bool:
    """Whether a run is centred over several neighbouring columns behind the stub."""
    middle = run.bbox.center[0]
    return any(
        abs((inks[first][0] + inks[last][1]) / 2 - middle) <= _CENTRED * em
        for first in range(len(inks))
        for last in range(first + 1, len(inks))
    )
