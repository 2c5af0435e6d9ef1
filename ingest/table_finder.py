"""Where a page's tables are, and which of several voices says how each is parted.

Pure geometry and text; it does not know which library read the page. The voices, in the order in which they are heard:

1. rules that hang together and enclose places side by side (`lattice.py`): a table, whatever the words say;
2. level rules of one length, one under the other, with words in columns between them (`level_tables.py`);
3. words in columns where no rule says so (`borderless.py`), more of them where the base does not see a table too;
4. the base's tables that no other voice claims: where words stand in columns there these part the table, and its own
   rows and columns do only between two level rules of its length. What is left of them is text.

What an earlier voice has taken no later one gets. (pdfplumber is heard where the base could not read a page, so that no
rules are known.) Tables that are turned are read in a frame turned with them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from ingest.borderless import header_above, is_running, tables_without_rules
from ingest.flow import Line, normal
from ingest.gaps import WIDE, box_of, em_of, lines_of, rows_of, widest_gap, words_of
from ingest.lattice import Lattice, lattice_of, open_lattice
from ingest.layout import BaseBlock, RawPage
from ingest.level_tables import is_tabular, tables_between_levels
from ingest.records import BBox, Block, Word
from ingest.rules import Edge, Rule, Shade, connected, rules_of, stacked
from ingest.table_grid import FILLED_UNRULED, Table, table_of, within
from ingest.table_lines import shaped
from ingest.tables import places_of, table_block

_TURNED = (90, 270)
_FEW = 12  # words; less that are turned make no table
_HEADER_REACH = 6.0  # ems above a table within which its header is looked for


class Found(NamedTuple):
    """A page's tables, and the lines and the base's blocks without them."""

    tables: tuple[Block, ...]
    lines: tuple[Line, ...]
    base: tuple[BaseBlock, ...]


def _ruled(rules: Sequence[Rule], words: Sequence[Word]) -> Iterator[tuple[Table | None, list[Rule]]]:
    """A table for each connected set of rules, None where it is none."""
    for group in stacked(connected(rules)):
        lattice = lattice_of(group) if len(group) > 3 else None
        if lattice is None or lattice.shape[1] < 2:
            yield None, group
            continue
        inside = within(words, lattice.bbox)
        if len(inside) < 2:
            yield None, group
            continue
        table = table_of(shaped(lattice, inside, group), inside)
        if table is not None:
            taller, more = _with_header(lattice, inside, words)
            if more is not inside:
                table = table_of(shaped(taller, more, group), more)
        yield table, group


def _with_header(lattice: Lattice, inside: list[Word], words: Sequence[Word]) -> tuple[Lattice, list[Word]]:
    """The lattice and its words with the header that stands above its first rule, if one does."""
    box = lattice.bbox
    over = BBox(box.x0, 0.0, box.x1, box.top)
    em = em_of(inside)
    near = [word for word in within(words, over) if word.bbox.bottom > box.top - _HEADER_REACH * em]
    header = header_above(rows_of(near), rows_of(inside), lattice.xs, box.top, single=False) if near else []
    if not header:
        return lattice, inside
    top = box_of(header).top - 1
    taken = {id(word) for word in words_of(header)}
    lattice = Lattice(
        lattice.xs,
        (top, *lattice.ys),
        (tuple(True for _ in lattice.xs[1:-1]), *lattice.right),
        (tuple(True for _ in lattice.xs[1:]), *lattice.below),
    )
    return lattice, [*(word for word in near if id(word) in taken), *inside]


def _prose(base: Sequence[BaseBlock], words: Sequence[Word]) -> set[int]:
    """The identities of the words of running text."""
    found: set[int] = set()
    ordered = sorted(words, key=_middle)  # so that a block looks at the words at its height alone
    middles = [_middle(word) for word in ordered]
    for block in base:
        if block.kind in ("paragraph", "list_item"):
            some = ordered[bisect_left(middles, block.bbox.top) : bisect_right(middles, block.bbox.bottom)]
            inside = within(some, block.bbox)
            if inside and is_running(inside):
                found |= {id(word) for word in inside}
    return found


def _middle(word: Word) -> float:
    return (word.bbox[1] + word.bbox[3]) / 2


def _based(block: BaseBlock, words: Sequence[Word], rules: Sequence[Rule]) -> Table | None:
    """The table that the base sees where no other voice saw one."""
    box = BBox(block.bbox.x0 - 1, block.bbox.top - 1, block.bbox.x1 + 1, block.bbox.bottom + 1)
    inside = within(words, box)
    if is_tabular(inside):
        return table_of(shaped(open_lattice(box), inside, rules), inside, FILLED_UNRULED)
    places = places_of(block.rows)
    if inside and max((place.column for place in places), default=0) > 0 and _between_rules(block.bbox, rules):
        return Table(block.bbox, tuple(places), block.header_rows, tuple(inside))
    return None


def _between_rules(box: BBox, rules: Sequence[Rule]) -> bool:
    """Whether level rules as long as a box lie right above and right below it."""
    em = 10.0
    long = [r.at for r in rules if not r.upright and abs(r.start - box.x0) <= em and abs(r.end - box.x1) <= em]
    return any(abs(y - box.top) <= em for y in long) and any(abs(y - box.bottom) <= em for y in long)


def _text_of(block: BaseBlock) -> str:
    return " ".join(cell.text for row in block.rows for cell in row if cell.text)


def _meets(box: BBox, tables: Sequence[Table]) -> bool:
    return any(box.overlap(table.bbox) > 0.3 * min(box.area, table.bbox.area) for table in tables)


def _has_columns(words: Sequence[Word]) -> bool:
    """Whether two lines at least have a wide gap: without these there are no tables but by rules."""
    return sum(widest_gap(line) > WIDE * em_of([word for word, _ in line]) for line in lines_of(words)) > 1


def _heard(
    words: Sequence[Word], rules: Sequence[Rule], base: Sequence[BaseBlock]
) -> tuple[list[Table], list[BaseBlock]]:
    """The tables that the voices find among upright words, and the base's blocks that are none of them."""
    tables: list[Table] = []
    left: list[Rule] = []
    for table, group in _ruled(rules, words):
        if table is None:
            left += group
        else:
            tables.append(table)
    if not any(block.kind == "table" for block in base) and not _has_columns(words):
        return tables, list(base)  # as most pages of text
    prose = _prose(base, words)
    running = [word for word in words if id(word) in prose]
    for table in tables_between_levels(left, [word for word in words if id(word) not in prose], running):
        if not _meets(table.bbox, tables):
            tables.append(table)
    taken = {id(word) for table in tables for word in table.words} | prose
    seen = [block.bbox for block in base if block.kind == "table"]
    for table in tables_without_rules(seen, [word for word in words if id(word) not in taken], left):
        if not _meets(table.bbox, tables):
            tables.append(table)
    kept = []
    for block in base:
        if block.kind != "table":
            kept.append(block)
        elif not _meets(block.bbox, tables):
            own = _based(block, words, left)
            if own is None:
                kept.append(replace(block, kind="paragraph", rows=(), header_rows=0, text=_text_of(block)))
            else:
                tables.append(own)
    return tables, kept


def _turn(box: BBox, width: float, height: float, turned: int) -> BBox:
    """A box of a page of that size in a frame in which text that is `turned` degrees clockwise is upright."""
    if turned == 90:
        return BBox(box.top, width - box.x1, box.bottom, width - box.x0)
    if turned == 270:
        return BBox(height - box.bottom, box.x0, height - box.top, box.x1)
    return box


def _turned_page(page: RawPage, turned: int) -> RawPage:
    width, height = page.width, page.height
    return RawPage(
        page.number,
        height,
        width,
        edges=tuple(Edge(_turn(e.bbox, width, height, turned), e.colour, e.filled) for e in page.edges),
        shades=tuple(Shade(_turn(s.bbox, width, height, turned), s.colour) for s in page.shades),
    )


def _turned_tables(page: RawPage, words: Sequence[Word], turned: int) -> Iterator[tuple[Block, list[Word]]]:
    """The tables of words that are turned, and the words of each: found upright, then laid back."""
    upright = [word._replace(bbox=_turn(word.bbox, page.width, page.height, turned)) for word in words]
    original = {id(word): own for word, own in zip(upright, words, strict=True)}
    frame = _turned_page(page, turned)
    rules = rules_of(frame.edges, frame.shades, frame.width, frame.height)
    for block, mine in _blocks(_heard(upright, rules, ())[0]):
        back = 360 - turned

        def laid(box: BBox, back: int = back) -> BBox:
            return _turn(box, frame.width, frame.height, back)

        cells = tuple(replace(cell, bbox=laid(cell.bbox)) for cell in block.cells)
        own_words = tuple(original[id(word)] for word in block.words)
        yield replace(block, bbox=laid(block.bbox), words=own_words, cells=cells), [original[id(w)] for w in mine]


def _blocks(tables: Sequence[Table]) -> Iterator[tuple[Block, list[Word]]]:
    """Each table as a block, with its words; a word that two tables claim goes to the first."""
    taken: set[int] = set()
    for table in tables:
        mine = [word for word in table.words if id(word) not in taken]
        taken |= {id(word) for word in mine}
        if mine:
            yield table_block(table.bbox, table.places, table.header_rows, mine), mine


def find_ruled(page: RawPage, lines: Sequence[Line]) -> tuple[list[Block], list[Line]]:
    """The tables that rules alone mark, and the lines without their words."""
    rules = rules_of(page.edges, page.shades, page.width, page.height)
    found = list(_blocks([table for table, _ in _ruled(rules, _shown(lines, 0)) if table is not None]))
    return [block for block, _ in found], _without(lines, [word for _, mine in found for word in mine])


def _without(lines: Sequence[Line], words: Sequence[Word]) -> list[Line]:
    """What is left of lines without some of their words."""
    taken = {id(word) for word in words}
    kept = [line._replace(words=tuple(word for word in line.words if id(word) not in taken)) for line in lines]
    return [line for line in kept if line.words]


def find_tables(page: RawPage, lines: Sequence[Line]) -> Found:
    """The tables of a page whose words are `lines`; every word of a table is taken out of the lines."""
    rules = rules_of(page.edges, page.shades, page.width, page.height)
    tables, base = _heard(_shown(lines, 0), rules, page.base)
    found = list(_blocks(tables))
    for turned in _TURNED:
        words = _shown(lines, turned)
        if len(words) >= _FEW:
            found += _turned_tables(page, words, turned)
    kept = _without(lines, [word for _, mine in found for word in mine])
    return Found(tuple(block for block, _ in found), tuple(kept), tuple(base))


def _shown(lines: Sequence[Line], rotation: int) -> list[Word]:
    return [word for line in lines if line.rotation == rotation for word in line.words if normal(word.text)]
