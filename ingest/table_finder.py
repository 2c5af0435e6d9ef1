"""Where a page's tables are, and which of several voices says how each is parted.

Pure geometry and text; it does not know which library read the page. The voices, in the order in which they are heard:

1. rules that hang together and enclose places side by side: a table, whatever the words say;
2. level rules of one length, one under the other, with words in columns between them;
3. the base's tables: it is believed that there is a table, but rows and columns are parted anew by the words' gaps, and
   its own are kept only where these show none.

What an earlier voice has taken no later one gets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from ingest.borderless import box_of, header_above, height_of, is_running, is_table, regions, rows_below
from ingest.flow import Line, normal
from ingest.gaps import Row, bottom_of, em_of, rows_of, runs_of, top_of
from ingest.lattice import GridCell, Lattice, cells_of, lattice_of, open_lattice
from ingest.layout import BaseBlock, RawPage
from ingest.records import BBox, Block, Word, union_of
from ingest.rules import SNAP, Rule, connected, rules_of, stacked
from ingest.table_lines import Shaped, body_rows, columns_between, shaped
from ingest.tables import held_by, table_block

_FILLED = 0.3  # share of its places that a table has words in …
_FILLED_UNRULED = 0.45  # … where no rules part them
_LEADER = re.compile(r"[.…·_]{3,}$|^[.·]+$")  # dots between a title and its page
_LEADER_START = re.compile(r"^[.…·_\s]+")
_ASIDE = 30.0  # ems beside level rules within which their rows may go on
_WIDE = 0.9  # ems; a gap from which on it parts columns and not words
_SAME_LENGTH = 8.0  # points by which the ends of a table's level rules may differ


class Found(NamedTuple):
    """A page's tables, and the lines and the base's blocks without them."""

    tables: tuple[Block, ...]
    lines: tuple[Line, ...]
    base: tuple[BaseBlock, ...]


class _Table(NamedTuple):
    bbox: BBox
    places: tuple[GridCell, ...]
    header_rows: int
    words: tuple[Word, ...]


def _inside(words: Sequence[Word], box: BBox) -> list[Word]:
    return [word for word in words if box.contains(*word.bbox.center)]


def _compact(places: Sequence[GridCell], filled: Sequence[GridCell], header_rows: int) -> tuple[list[GridCell], int]:
    """The places without the rows and columns in which nothing begins that is filled."""
    rows = sorted({place.row for place in filled})
    columns = sorted({place.column for place in filled})
    row_of = {row: index for index, row in enumerate(rows)}
    column_of = {column: index for index, column in enumerate(columns)}
    kept = []
    for place in places:
        down = [row_of[row] for row in range(place.row, place.row + place.row_span) if row in row_of]
        across = [column_of[c] for c in range(place.column, place.column + place.column_span) if c in column_of]
        if down and across:
            kept.append(GridCell(down[0], across[0], len(down), len(across), place.bbox))
    return sorted(kept), sum(row < header_rows for row in rows)


def _table(shape: Shaped, words: Sequence[Word], least: float = _FILLED) -> _Table | None:
    """The table of a lattice, None where it is none: two rows and two columns at least, and enough of it filled."""
    places = cells_of(shape.lattice)
    held = held_by(places, words)
    kept, header = _compact(places, sorted(held), shape.header_rows)
    rows = {place.row for place in kept}
    columns = {place.column for place in kept}
    if not any(character.isalpha() for place in held for word in held[place] for character in word.text):
        return None  # numbers alone stand in charts
    em = em_of(words)
    wide = [place for place in places if min(place.bbox.width, place.bbox.height) > 0.5 * em]
    if len(rows) < 2 or len(columns) < 2 or len(held) < least * len(wide) or _is_contents(sorted(held), held):
        return None
    return _Table(shape.lattice.bbox, tuple(kept), header, tuple(words))


def _is_contents(places: Sequence[GridCell], held: dict[GridCell, list[Word]]) -> bool:
    """Whether the places are titles, perhaps with dots behind, and the numbers of the pages on which they stand."""
    columns = sorted({place.column for place in places})
    dotted = {place.row for place in places if any(_LEADER.search(word.text) for word in held[place])}
    if len(columns) != 2 and len(dotted) < 0.5 * len({place.row for place in places}):
        return False
    numbers = [" ".join(word.text for word in held[place]) for place in places if place.column == columns[-1]]
    counts = [int(number) for number in (_LEADER_START.sub("", number) for number in numbers) if number.isdecimal()]
    names = [" ".join(word.text for word in held[place]) for place in places if place.column == columns[0]]
    told = len(counts) >= 3 and len(counts) >= 0.8 * len(numbers)
    rising = sum(before <= after for before, after in pairwise(counts)) >= 0.9 * (len(counts) - 1)
    return told and rising and counts[-1] < 2000 and not any(name.isdecimal() for name in names)


def _ruled(rules: Sequence[Rule], words: Sequence[Word]) -> Iterator[tuple[_Table | None, list[Rule]]]:
    """A table for each connected set of rules, None where it is none."""
    for group in stacked(connected(rules)):
        lattice = lattice_of(group) if len(group) > 3 else None
        if lattice is None or lattice.shape[1] < 2:
            yield None, group
            continue
        inside = _inside(words, lattice.bbox)
        if len(inside) < 2:
            yield None, group
            continue
        table = _table(shaped(lattice, inside, group), inside)
        if table is not None:
            lattice, inside = _with_header(lattice, inside, words)
            table = _table(shaped(lattice, inside, group), inside)
        yield table, group


def _with_header(lattice: Lattice, inside: list[Word], words: Sequence[Word]) -> tuple[Lattice, list[Word]]:
    """The lattice and its words with the header that stands above its first rule, if one does."""
    box = lattice.bbox
    over = BBox(box.x0, 0.0, box.x1, box.top)
    em = em_of(inside)
    near = [word for word in _inside(words, over) if word.bbox.bottom > box.top - 6 * em]
    header = header_above(rows_of(near), rows_of(inside), lattice.xs, single=False) if near else []
    if not header:
        return lattice, inside
    top = box_of(header).top - 1
    taken = {id(word) for row in header for atom in row for word in atom.words}
    lattice = Lattice(
        lattice.xs,
        (top, *lattice.ys),
        (tuple(True for _ in lattice.xs[1:-1]), *lattice.right),
        (tuple(True for _ in lattice.xs[1:]), *lattice.below),
    )
    return lattice, [*(word for word in near if id(word) in taken), *inside]


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


def _tabular(words: Sequence[Word]) -> bool:
    """Whether words stand in columns."""
    if len(words) < 4:
        return False
    rows = rows_of(words)
    em = em_of(words)
    xs = columns_between(rows, em)
    if not xs or len(body_rows(rows)) < max(2, 0.4 * len(rows)):
        return False
    box = union_of([word.bbox for word in words])
    return not is_prose(words, [box.x0, *xs, box.x1])


def _in_columns(words: Sequence[Word]) -> bool:
    """Whether no more than half of the rows are of one run; nothing is in columns."""
    runs = [len(runs_of(row, _WIDE)) for row in rows_of(words)]
    return 2 * sum(count == 1 for count in runs) <= len(runs)


def _between_levels(rules: Sequence[Rule], words: Sequence[Word]) -> Iterator[_Table]:
    """Tables between level rules of one length: as many of these, one under the other, as have columns between them."""
    for group in _level_groups(rules):
        start = 0
        while start < len(group) - 1:
            end = next((index for index in range(len(group) - 1, start, -1) if _opens(group, start, index, words)), 0)
            if not end:
                start += 1
                continue
            box = _box(group, start, end)
            inside = _inside(words, box)
            if end - start > 1 or len(body_rows(rows_of(inside))) > 2:
                table = _grown(box, inside, words, group[start : end + 1], rules)
                if table is not None:
                    yield table
            start = end


def _box(group: Sequence[Rule], start: int, end: int) -> BBox:
    return BBox(min(rule.start for rule in group), group[start].at, max(rule.end for rule in group), group[end].at)


def _opens(group: Sequence[Rule], start: int, end: int, words: Sequence[Word]) -> bool:
    """Whether words stand in columns between two rules, below the first of them and above the last too."""
    return (
        _tabular(_inside(words, _box(group, start, end)))
        and _in_columns(_inside(words, _box(group, start, start + 1)))
        and _in_columns(_inside(words, _box(group, end - 1, end)))
        and not _trails(_inside(words, _box(group, end - 1, end)))
        and not _cut(_box(group, start, end), words)
    )


def _trails(words: Sequence[Word]) -> bool:
    """Whether the last row is of one run and set off from those above, as a note below a table is."""
    rows = rows_of(words)
    if len(rows) < 2 or len(runs_of(rows[-1], _WIDE)) > 1:
        return False
    return top_of(rows[-1]) - bottom_of(rows[-2]) > height_of(rows[-1])


def _cut(box: BBox, words: Sequence[Word]) -> bool:
    """Whether most rows in a box go on to the left of it, so that its rules are not as wide as the table."""
    inside = rows_of(_inside(words, box))
    em = em_of(_words_of(inside))
    beside = _inside(words, BBox(box.x0 - _ASIDE * em, box.top, box.x0, box.bottom))
    return len(rows_of(beside)) >= 0.5 * len(inside)


def _grown(
    box: BBox, inside: list[Word], words: Sequence[Word], levels: Sequence[Rule], rules: Sequence[Rule]
) -> _Table | None:
    """The table in a box with the header above it and the rows that go on below it."""
    rows = rows_of(inside)
    borders = [box.x0, *columns_between(rows, em_of(inside)), box.x1]
    header = header_above(_rows_over(words, box), rows, borders, single=True)
    more = rows_below(_rows_under(words, box), rows, borders)
    inside = [*_words_of(header), *inside, *_words_of(more)]
    if header:
        box = box.union(BBox(box.x0, box_of(header).top - 1, box.x1, box.bottom))
    if more:
        box = box.union(BBox(box.x0, box.top, box.x1, box_of(more).bottom + 1))
    lattice = lattice_of(levels, box) or open_lattice(box)
    around = [rule for rule in rules if not rule.upright and box.top - SNAP <= rule.at <= box.bottom + SNAP]
    return _table(shaped(lattice, inside, around), inside)


_REACH = 12.0  # ems above and below a table within which its header and more rows are looked for


def _rows_over(words: Sequence[Word], box: BBox) -> list[Row]:
    return rows_of(_inside(words, BBox(box.x0, box.top - _REACH * 10, box.x1, box.top)))


def _rows_under(words: Sequence[Word], box: BBox) -> list[Row]:
    return rows_of(_inside(words, BBox(box.x0, box.bottom, box.x1, box.bottom + _REACH * 10)))


def _based(block: BaseBlock, words: Sequence[Word], rules: Sequence[Rule]) -> _Table | None:
    box = BBox(block.bbox.x0 - 1, block.bbox.top - 1, block.bbox.x1 + 1, block.bbox.bottom + 1)
    inside = _inside(words, box)
    if not _tabular(inside):
        return None
    return _table(shaped(open_lattice(box), inside, rules), inside, _FILLED_UNRULED)


def _text_of(block: BaseBlock) -> str:
    return " ".join(cell.text for row in block.rows for cell in row if cell.text)


def _meets(box: BBox, tables: Sequence[_Table]) -> bool:
    return any(box.overlap(table.bbox) > 0.3 * min(box.area, table.bbox.area) for table in tables)


def _prose(base: Sequence[BaseBlock], words: Sequence[Word]) -> set[int]:
    """The identities of the words of running text."""
    found: set[int] = set()
    for block in base:
        if block.kind in ("paragraph", "list_item"):
            inside = _inside(words, block.bbox)
            if inside and is_running(inside):
                found |= {id(word) for word in inside}
    return found


def _words_of(rows: Sequence[Row]) -> list[Word]:
    return [word for row in rows for atom in row for word in atom.words]


def _unruled(base: Sequence[BaseBlock], words: Sequence[Word], rules: Sequence[Rule]) -> Iterator[_Table]:
    """Tables that no rule marks: where words, those of running text left out, stand in columns."""
    rows = rows_of(words)
    seen = [block.bbox for block in base if block.kind == "table"]
    for region in regions(rows, rules):
        box = box_of(region)
        supported = any(other.overlap(box) > 0.5 * other.area for other in seen)
        if not is_table(region, supported):
            continue
        above = [row for row in rows if bottom_of(row) <= box.top + 1]
        borders = [box.x0, *columns_between(region, em_of(_words_of(region))), box.x1]
        region = [*header_above(above, region, borders, single=True), *region]
        box = box_of(region)
        box = BBox(box.x0 - 1, box.top - 1, box.x1 + 1, box.bottom + 1)
        inside = _inside(words, box)
        if is_prose(inside, [box.x0, *columns_between(region, em_of(inside)), box.x1]):
            continue
        table = _table(shaped(open_lattice(box), inside, rules), inside, _FILLED_UNRULED)
        if table is not None:
            yield table


def find_tables(page: RawPage, lines: Sequence[Line]) -> Found:
    """The tables of a page whose words are `lines`; every word of a table is taken out of the lines."""
    words = [word for line in lines if not line.rotation for word in line.words if normal(word.text)]
    rules = rules_of(page.edges, page.shades, page.width, page.height)
    tables: list[_Table] = []
    left: list[Rule] = []
    for table, group in _ruled(rules, words):
        if table is None:
            left += group
        else:
            tables.append(table)
    prose = _prose(page.base, words)
    for table in _between_levels(left, [word for word in words if id(word) not in prose]):
        if not _meets(table.bbox, tables):
            tables.append(table)
    taken = {id(word) for table in tables for word in table.words}
    free = [word for word in words if id(word) not in taken and id(word) not in prose]
    for table in _unruled(page.base, free, left):
        if not _meets(table.bbox, tables):
            tables.append(table)
    base = []
    for block in page.base:
        if block.kind != "table":
            base.append(block)
        elif not _meets(block.bbox, tables):
            table = _based(block, words, left)
            if table is None:
                base.append(replace(block, kind="paragraph", rows=(), header_rows=0, text=_text_of(block)))
            else:
                tables.append(table)
    return _taken(tables, lines, base)


def _taken(tables: Sequence[_Table], lines: Sequence[Line], base: Sequence[BaseBlock]) -> Found:
    free = {id(word) for table in tables for word in table.words}
    made = []
    for table in tables:
        mine = [word for word in table.words if id(word) in free]
        free -= {id(word) for word in mine}
        if mine:
            made.append(table_block(table.bbox, table.places, table.header_rows, mine))
    taken = {id(word) for table in tables for word in table.words}
    kept = [line._replace(words=tuple(word for word in line.words if id(word) not in taken)) for line in lines]
    return Found(tuple(made), tuple(line for line in kept if line.words), tuple(base))
