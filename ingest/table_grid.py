"""A lattice and the words in it to a table, where it is one.

Pure geometry and text; it does not know where the lattice comes from. No table is a chart, which holds numbers alone, a
form or drawing, whose places are mostly empty, or a list of contents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ingest.gaps import em_of, is_amount
from ingest.lattice import GridCell, cells_of
from ingest.records import BBox, Word
from ingest.table_lines import Shaped
from ingest.tables import held_by

FILLED = 0.3  # share of its places that a table has words in …
FILLED_UNRULED = 0.45  # … where no rules part them
_SLIVER = 0.5  # ems; narrower places are the space between double rules
_LEADER = re.compile(r"[.…·_]{3,}$|^[.·]+$")  # dots between a title and its page
_LEADER_START = re.compile(r"^[.…·_\s]+")
_MARK = re.compile(r"^(?:\W{1,2}|o|[(（]?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)）、]|\[\d{1,3}\])$")  # of a list's item
_PLAIN = re.compile(r"^-?\d{1,9}(?:\.\d+)?$")
_MAX_PAGE = 2000


class Table(NamedTuple):
    """A table's box, its places from top to bottom and left to right, how many rows are its header, and its words."""

    bbox: BBox
    places: tuple[GridCell, ...]
    header_rows: int
    words: tuple[Word, ...]


def within(words: Sequence[Word], box: BBox) -> list[Word]:
    """The words whose middle lies in a box."""
    x0, top, x1, bottom = box
    return [
        w for w in words if x0 <= (w.bbox[0] + w.bbox[2]) / 2 <= x1 and top <= (w.bbox[1] + w.bbox[3]) / 2 <= bottom
    ]


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


def table_of(shape: Shaped, words: Sequence[Word], least: float = FILLED) -> Table | None:
    """The table of a lattice, None where it is none: two rows and two columns at least, and enough of it filled."""
    places = cells_of(shape.lattice)
    held = held_by(places, words)
    kept, header = _compact(places, sorted(held), shape.header_rows)
    rows = {place.row for place in kept}
    columns = {place.column for place in kept}
    if not any(character.isalpha() for place in held for word in held[place] for character in word.text):
        return None  # numbers alone stand in charts
    em = em_of(words)
    wide = [place for place in places if min(place.bbox.width, place.bbox.height) > _SLIVER * em]
    if len(rows) < 2 or len(columns) < 2 or len(held) < least * len(wide) or _is_contents(sorted(held), held):
        return None
    if least > FILLED and (_is_list(sorted(held), held) or _is_chart(sorted(held), held)):
        return None
    return Table(shape.lattice.bbox, tuple(kept), header, tuple(words))


def _is_list(places: Sequence[GridCell], held: Mapping[GridCell, Sequence[Word]]) -> bool:
    """Whether two columns are the marks of a list or of notes and what follows these."""
    columns = sorted({place.column for place in places})
    marks = [" ".join(word.text for word in held[place]) for place in places if place.column == columns[0]]
    texts = [" ".join(word.text for word in held[place]) for place in places if place.column == columns[-1]]
    marked = sum(bool(_MARK.match(mark)) for mark in marks)
    return len(columns) == 2 and marked >= 0.7 * len(marks) and not all(map(is_amount, texts))


def _is_chart(places: Sequence[GridCell], held: Mapping[GridCell, Sequence[Word]]) -> bool:
    """Whether a column is an axis: four numbers or more that fall by one and the same step."""
    columns: dict[int, list[float]] = {}
    for place in places:
        text = "".join(word.text for word in held[place]).replace(",", "").rstrip("%")
        if _PLAIN.match(text):
            columns.setdefault(place.column, []).append(float(text))
    steps = [[before - after for before, after in pairwise(numbers)] for numbers in columns.values()]
    return any(len(run) >= 3 and run[0] > 0 and max(run) - min(run) < 0.01 * run[0] for run in steps)


def _is_contents(places: Sequence[GridCell], held: Mapping[GridCell, Sequence[Word]]) -> bool:
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
    return told and rising and counts[-1] < _MAX_PAGE and not any(name.isdecimal() for name in names)
