"""Tables between level rules of one length: those of books, with hardly an upright rule, and those of shaded rows.

Pure geometry and text. Running text must be left out before: two columns of it stand between rules as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ingest.borderless import LABELS, header_above, is_prose, rows_below
from ingest.gaps import WIDE, Row, bottom_of, box_of, em_of, height_of, rows_of, runs_of, top_of, words_of
from ingest.lattice import lattice_of, open_lattice
from ingest.records import BBox, Word, union_of
from ingest.rules import SNAP, Rule
from ingest.table_grid import Table, table_of, within
from ingest.table_lines import body_rows, columns_between, shaped

_SAME_LENGTH = 8.0  # points by which the ends of a table's level rules may differ
_ASIDE = 30.0  # ems beside level rules within which their rows may go on
_REACH = 12.0  # ems above and below a table within which its header and more rows are looked for
_FEW = 4  # words; fewer are no table
_BODY = 0.4  # share of a table's lines that show its columns


def _level_groups(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Level rules of one length and place across, from top to bottom, two at least."""
    groups: list[list[Rule]] = []
    for rule in sorted((rule for rule in rules if not rule.upright), key=lambda rule: rule.at):
        for group in groups:
            if abs(group[-1].start - rule.start) <= _SAME_LENGTH and abs(group[-1].end - rule.end) <= _SAME_LENGTH:
                group.append(rule)
                break
        else:
            groups.append([rule])
    return [group for group in groups if len(group) > 1]


def is_tabular(words: Sequence[Word]) -> bool:
    """Whether words stand in columns."""
    if len(words) < _FEW:
        return False
    rows = rows_of(words)
    em = em_of(words)
    xs = columns_between(rows, em)
    if not xs or len(body_rows(rows)) < max(2, _BODY * len(rows)):
        return False
    box = union_of([word.bbox for word in words])
    return not is_prose(words, [box.x0, *xs, box.x1])


def _in_columns(words: Sequence[Word]) -> bool:
    """Whether no more than half of the rows are of one run; nothing is in columns."""
    runs = [len(runs_of(row, WIDE)) for row in rows_of(words)]
    return 2 * sum(count == 1 for count in runs) <= len(runs)


class _Band(NamedTuple):
    """What stands between a level rule and the next of its group."""

    in_columns: bool
    apart: bool  # titles or text, or running text: no table goes on through it
    trails: bool


def _bands(group: Sequence[Rule], words: Sequence[Word], prose: Sequence[Word]) -> list[_Band]:
    bands = []
    for at in range(len(group) - 1):
        box = _box(group, at, at + 1)
        inside = within(words, box)
        bands.append(_Band(_in_columns(inside), bool(within(prose, box)) or _parts(inside), _trails(inside)))
    return bands


def tables_between_levels(rules: Sequence[Rule], words: Sequence[Word], prose: Sequence[Word]) -> Iterator[Table]:
    """Tables between level rules of one length: as many of these, one under the other, as have columns between them.

    `prose`: the words of running text, of which a table has none.
    """
    for group in _level_groups(rules):
        bands = _bands(group, words, prose)
        start = 0
        while start < len(bands):
            last = next((at for at in range(start, len(bands)) if bands[at].apart), len(bands))
            ends = range(last, start, -1) if bands[start].in_columns else ()
            end = next((end for end in ends if _closes(bands[end - 1]) and _holds(_box(group, start, end), words)), 0)
            if not end:
                start += 1
                continue
            box = _box(group, start, end)
            inside = within(words, box)
            if end - start > 1 or len(body_rows(rows_of(inside))) > 2:
                table = _grown(box, inside, words, group[start : end + 1], rules)
                if table is not None:
                    yield table
            start = end


def _box(group: Sequence[Rule], start: int, end: int) -> BBox:
    return BBox(min(rule.start for rule in group), group[start].at, max(rule.end for rule in group), group[end].at)


def _closes(band: _Band) -> bool:
    return band.in_columns and not band.trails


def _holds(box: BBox, words: Sequence[Word]) -> bool:
    """Whether the words of a box stand in columns and none goes on beside it."""
    inside = within(words, box)
    return len(inside) >= _FEW and not _cut(box, words) and is_tabular(inside)


def _parts(words: Sequence[Word]) -> bool:
    """Whether what stands between two rules is more lines of titles or text than a table has between its rows."""
    rows = rows_of(words)
    alone = sum(len(runs_of(row, WIDE)) == 1 for row in rows)
    return alone > LABELS and 2 * alone >= len(rows)


def _trails(words: Sequence[Word]) -> bool:
    """Whether the last row is of one run and set off from those above, as a note below a table is."""
    rows = rows_of(words)
    if len(rows) < 2 or len(runs_of(rows[-1], WIDE)) > 1:
        return False
    return top_of(rows[-1]) - bottom_of(rows[-2]) > height_of(rows[-1])


def _cut(box: BBox, words: Sequence[Word]) -> bool:
    """Whether most rows in a box go on to the left of it, so that its rules are not as wide as the table."""
    inside = rows_of(within(words, box))
    em = em_of(words_of(inside))
    beside = within(words, BBox(box.x0 - _ASIDE * em, box.top, box.x0, box.bottom))
    return len(rows_of(beside)) >= 0.5 * len(inside)


def _grown(
    box: BBox, inside: list[Word], words: Sequence[Word], levels: Sequence[Rule], rules: Sequence[Rule]
) -> Table | None:
    """The table in a box with the header above it and the rows that go on below it."""
    rows = rows_of(inside)
    em = em_of(inside)
    borders = [box.x0, *columns_between(rows, em), box.x1]
    header = header_above(_rows_over(words, box, em), rows, borders, box.top, single=True)
    more = rows_below(_rows_under(words, box, em), rows, borders)
    inside = [*words_of(header), *inside, *words_of(more)]
    if header:
        box = box.union(BBox(box.x0, box_of(header).top - 1, box.x1, box.bottom))
    if more:
        box = box.union(BBox(box.x0, box.top, box.x1, box_of(more).bottom + 1))
    lattice = lattice_of(levels, box) or open_lattice(box)
    around = [rule for rule in rules if not rule.upright and box.top - SNAP <= rule.at <= box.bottom + SNAP]
    return table_of(shaped(lattice, inside, around), inside)


def _rows_over(words: Sequence[Word], box: BBox, em: float) -> list[Row]:
    return rows_of(within(words, BBox(box.x0, box.top - _REACH * em, box.x1, box.top)))


def _rows_under(words: Sequence[Word], box: BBox, em: float) -> list[Row]:
    return rows_of(within(words, BBox(box.x0, box.bottom, box.x1, box.bottom + _REACH * em)))
