"""Where words stand in columns though no rule says so: the regions of tables without rules, and headers above tables.

Pure geometry and text. Running text must be left out before: two columns of it look like a table's from afar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingest.captions import is_caption
from ingest.gaps import (
    WIDE,
    Atom,
    Row,
    bottom_of,
    box_of,
    em_of,
    height_of,
    is_amount,
    lines_of,
    rows_of,
    runs_of,
    top_of,
    widest_gap,
    words_of,
)
from ingest.lattice import open_lattice
from ingest.records import BBox, Word
from ingest.rules import Rule
from ingest.table_grid import FILLED_UNRULED, Table, table_of, within
from ingest.table_lines import amount_rows, body_rows, columns_between, shaped

_NEAR = 1.8  # heights of a line that may be free between two lines of a table
LABELS = 3  # lines of one run that may follow one another within a table
_ACROSS = 0.9  # share of two rows' width from which a rule between them parts them
_TEXT = 0.67  # share of a table's width from which a row of one run is text and no label
_FULL = 0.6  # share of a column's lines that are full in running text
_TORN = 2.5  # ems; a line of running text has no wider gap
_LONG = 25  # characters of a line of running text, at least
_BODY = 0.5  # share of a table's lines that show its columns
_ALIGNED = 0.3  # ems by which words that begin together may differ
_CENTRED = 1.0  # ems by which a header may be off the middle of the columns that it spans


def is_running(words: Sequence[Word]) -> bool:
    """Whether the words of one block are running text: several lines, most of them full and long."""
    if sum(len(word.text) for word in words) < 2 * _LONG:
        return False
    lines = lines_of(words)
    em = em_of(words)
    if len(lines) < 2 or any(widest_gap(line) > _TORN * em for line in lines):
        return False
    end = max(word.bbox.x1 for word in words)
    full = sum(line[-1][1].x1 > end - 3 * em for line in lines[:-1])
    long = sum(len(word.text) + 1 for line in lines[:-1] for word, _ in line)
    return full >= _FULL * (len(lines) - 1) and long >= _LONG * (len(lines) - 1)


def _near(above: Row, below: Row) -> bool:
    return top_of(below) - bottom_of(above) <= _NEAR * min(height_of(above), height_of(below))


def regions(rows: Sequence[Row], rules: Sequence[Rule]) -> list[list[Row]]:
    """Rows that follow one another and stand in columns, but for a few short ones of one run between them.

    A level rule across two rows parts them.
    """
    found: list[list[Row]] = []
    current: list[Row] = []
    waiting: list[Row] = []
    for row in rows:
        last = (waiting or current or [row])[-1]
        columns = len(runs_of(row, WIDE)) > 1
        ends = not _near(last, row) or _ruled_off(last, row, rules)
        if current and not columns:
            ends = ends or len(waiting) == LABELS or _reaches_across(row, current)
        if current and ends:
            found.append(current)
            current, waiting = [], []
        if columns:
            current += [*waiting, row] if current else [row]
            waiting = []
        elif current:
            waiting.append(row)
    if current:
        found.append(current)
    return [region for region in found if len(region) > 1]


def _ruled_off(above: Row, below: Row, rules: Sequence[Rule]) -> bool:
    box = box_of([above, below])
    return any(
        not rule.upright
        and bottom_of(above) - 1 <= rule.at <= top_of(below) + 1
        and min(rule.end, box.x1) - max(rule.start, box.x0) >= _ACROSS * box.width
        for rule in rules
    )


def _reaches_across(row: Row, rows: Sequence[Row]) -> bool:
    """Whether a row is as wide as the rows above, as text below a table is."""
    box, own = box_of(rows), box_of([row])
    return min(own.x1, box.x1) - max(own.x0, box.x0) >= _TEXT * box.width


def is_table(rows: Sequence[Row], supported: bool) -> bool:
    """Whether a region's rows are a table's: enough of them show the same columns, and numbers fill these.

    `supported`: another voice sees a table there; then numbers need not.
    """
    words = words_of(rows)
    xs = columns_between(rows, em_of(words))
    body = body_rows(rows)
    labels = sum(box_of([row]).x1 <= xs[0] for row in rows) if xs else 0  # of sections, or that go on
    if not xs or len(body) < max(2, _BODY * (len(rows) - labels)):
        return False
    if supported:
        return True
    amounts = amount_rows(rows)
    cells = [run for row in amounts for run in runs_of(row, WIDE)[1:]]
    return len(amounts) >= 3 and len(amounts) * (len(xs) + 1) >= 8 and _share(cells) >= 0.7


def _share(cells: Sequence[Atom]) -> float:
    return sum(is_amount(cell.text) for cell in cells) / max(len(cells), 1)


def header_above(
    above: Sequence[Row], table: Sequence[Row], borders: Sequence[float], top: float, *, single: bool
) -> list[Row]:
    """The rows right above a table that are its header, from top to bottom: they stand over columns, not over the stub.

    `above`: rows from the top down. `borders`: the left of the table, of each further column, and the right of the
    table, which begins at `top`. `single`: whether a row of one run may be one, where it is centred over columns. A few
    labels of the stub may stand between the header and the table. A caption is no header, nor is how it goes on.
    """
    if len(borders) < 3:
        return []
    em = em_of(words_of(table))
    inks = _inks(table, borders)
    header: list[Row] = []
    labels: list[Row] = []
    below = top
    for row in reversed(above):
        box = box_of([row])
        tight = _starts_columns(row, inks, em)  # its last name may be wider than what stands below
        over = borders[0] - em <= box.x0 and (tight or box.x1 <= borders[-1] + em)
        if not over or below - bottom_of(row) > height_of(row) or is_caption(_text(row)):
            break
        runs = runs_of(row, WIDE)
        spans = single and len(runs) == 1 and box.x0 >= borders[1] - em and _spans(runs[0], inks, em)
        stands = len(runs) > 1 and all(_over(run, borders[1:-1], em) or _spans(run, inks, em) for run in runs)
        if spans or stands or tight:
            header = [row, *labels, *header]
            labels = []
        elif len(runs) == 1 and box.x1 <= borders[1] and len(labels) < LABELS and not header:
            labels.insert(0, row)
        else:
            break
        below = top_of(row)
    captioned = any(is_caption(_text(row)) and below - bottom_of(row) <= height_of(row) for row in above)
    while captioned and header and len(runs_of(header[0], WIDE)) == 1:
        del header[0]
    return header


def _text(row: Row) -> str:
    return " ".join(atom.text for atom in row)


def _starts_columns(row: Row, inks: Sequence[tuple[float, float]], em: float) -> bool:
    """Whether a word begins where each column behind the stub does, as in a header that is set tight."""
    starts = [atom.bbox.x0 for atom in row]
    return len(inks) > 1 and all(any(abs(left - x0) <= _ALIGNED * em for x0 in starts) for left, _ in inks)


def rows_below(below: Sequence[Row], table: Sequence[Row], borders: Sequence[float]) -> list[Row]:
    """The rows right below a table that go on in its columns with numbers; `below`: rows from the top down."""
    if len(borders) < 3:
        return []
    em = em_of(words_of(table))
    found: list[Row] = []
    bottom = max(bottom_of(row) for row in table)
    for row in below:
        box = box_of([row])
        over = borders[0] - em <= box.x0 and box.x1 <= borders[-1] + em
        amounts = any(is_amount(run.text) for run in runs_of(row, WIDE)[1:])
        if not over or top_of(row) - bottom > height_of(row) or not amounts or not in_columns(row, borders, em):
            break
        found.append(row)
        bottom = bottom_of(row)
    return found


def in_columns(row: Row, borders: Sequence[float], em: float) -> bool:
    """Whether a row has several runs, each in one column."""
    runs = runs_of(row, WIDE)
    return len(runs) > 1 and all(_over(run, borders[1:-1], em) for run in runs)


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


def is_prose(words: Sequence[Word], xs: Sequence[float]) -> bool:
    """Whether columns hold running text: most of the lines in most of them are full, and of several words."""
    rows = rows_of(words)
    prose = 0
    for left, right in zip(xs, xs[1:], strict=False):
        lines = [[atom for atom in row if left <= atom.bbox.center[0] <= right] for row in rows]
        lines = [line for line in lines if line]
        if not lines:
            continue
        ends = max(line[-1].bbox.x1 for line in lines)
        starts = min(line[0].bbox.x0 for line in lines)
        em = em_of([word for line in lines for atom in line for word in atom.words])
        full = sum(line[-1].bbox.x1 > ends - 2 * em and line[0].bbox.x0 < starts + 2 * em for line in lines)
        many = sum(len(atom.text) for line in lines for atom in line) / len(lines)
        prose += len(lines) >= 3 and full >= 0.6 * len(lines) and many >= 20
    return prose >= 0.5 * (len(xs) - 1)


def tables_without_rules(seen: Sequence[BBox], words: Sequence[Word], rules: Sequence[Rule]) -> Iterator[Table]:
    """Tables that no rule marks: where words stand in columns. `seen`: where another voice sees tables."""
    rows = rows_of(words)
    for region in regions(rows, rules):
        box = box_of(region)
        supported = any(other.overlap(box) > 0.5 * other.area for other in seen)
        if not is_table(region, supported):
            continue
        above = [row for row in rows if bottom_of(row) <= box.top + 1]
        borders = [box.x0, *columns_between(region, em_of(words_of(region))), box.x1]
        region = [*header_above(above, region, borders, box.top, single=True), *region]
        box = box_of(region)
        box = BBox(box.x0 - 1, box.top - 1, box.x1 + 1, box.bottom + 1)
        inside = within(words, box)
        if is_prose(inside, [box.x0, *columns_between(region, em_of(inside)), box.x1]):
            continue
        table = table_of(shaped(open_lattice(box), inside, rules), inside, FILLED_UNRULED)
        if table is not None:
            yield table
