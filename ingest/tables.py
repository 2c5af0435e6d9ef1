"""The places of a table and the words on them to a block: cells with text, boxes, spans and header paths.

Pure geometry and text; it does not decide where tables are, nor where their rows and columns part.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from ingest.flow import Line, same_row, write
from ingest.gaps import is_amount, type_box
from ingest.lattice import GridCell
from ingest.records import BBox, Block, BlockKind, Cell, Word, union_of


class BaseCell(NamedTuple):
    """A cell as the base reads it; `bbox` is None where it has no ink."""

    text: str
    bbox: BBox | None = None


Rows = Sequence[Sequence[BaseCell]]

_BETWEEN_CELLS = " | "
_BETWEEN_ROWS = "\n"
_MAX_HEADER = 200  # characters; longer text above a column is not its name


def _distance(box: BBox, x: float, y: float) -> float:
    across = max(box.x0 - x, 0.0, x - box.x1)
    down = max(box.top - y, 0.0, y - box.bottom)
    return across + 4 * down  # a word strays along its row, hardly ever into another one


_Bands = list[tuple[float, float, list[GridCell]]]


def _bands(places: Sequence[GridCell]) -> _Bands:
    """The rows of places, each with its top and bottom, so that most need not be looked into."""
    rows = [list(row) for _, row in groupby(places, key=itemgetter(0))]
    return [(min(p.bbox.top for p in row), max(p.bbox.bottom for p in row), row) for row in rows]


def _place_of(word: Word, places: Sequence[GridCell], bands: _Bands) -> GridCell:
    x, y = word.bbox.center
    rows = [row for top, bottom, row in bands if top <= y <= bottom]
    holding = [place for row in rows for place in row if place.bbox.contains(x, y)]
    if holding:
        return min(holding, key=lambda place: place.bbox.area)
    return min(places, key=lambda place: _distance(place.bbox, x, y))


def _reading_lines(words: Sequence[Word]) -> list[Line]:
    """A cell's words from top to bottom and left to right, each a line of its own, so that gaps decide on spaces."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.bbox.center[1], word.bbox.x0)):
        if rows and same_row(type_box(rows[-1][-1]), type_box(word)):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [Line((word,)) for row in rows for word in sorted(row, key=lambda word: word.bbox.x0)]


def guessed_header(texts: dict[tuple[int, int], str]) -> int:
    """How many rows are the header where nothing states it: the first one when only it is free of amounts."""
    first = [text for (row, _), text in texts.items() if row == 0]
    rest = [text for (row, column), text in texts.items() if row and column]
    named = len(first) >= 2 and not any(map(is_amount, first))
    return 1 if named and rest and sum(map(is_amount, rest)) >= 0.5 * len(rest) else 0


def _paths(texts: dict[GridCell, str], header_rows: int) -> dict[GridCell, tuple[str, ...]]:
    """Each body cell's headers: those over its column from the top down, then the first cell of its row."""
    over: dict[int, list[str]] = {}
    beside: dict[int, str] = {}
    for place, text in sorted(texts.items()):
        if place.row < header_rows:
            for column in range(place.column, place.column + place.column_span):
                over.setdefault(column, []).append(text)
        elif place.column == 0:
            beside |= dict.fromkeys(range(place.row, place.row + place.row_span), text)
    paths = {}
    for place in texts:
        if place.row >= header_rows:
            stub = beside.get(place.row, "") if place.column else ""
            named = [*over.get(place.column, ()), "" if is_amount(stub) else stub]
            names = [name.replace("\n", " ") for name in named if name and len(name) <= _MAX_HEADER]
            paths[place] = tuple(dict.fromkeys(names))
    return paths


def places_of(rows: Rows) -> list[GridCell]:
    """The base's cells as places of a table; those without a box have none."""
    return [
        GridCell(row, column, 1, 1, cell.bbox)
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
        if cell.bbox is not None
    ]


def held_by(places: Sequence[GridCell], words: Sequence[Word]) -> dict[GridCell, list[Word]]:
    """The words of each place that has some: each goes to the place that it lies in or is nearest to."""
    bands = _bands(places)
    held: dict[GridCell, list[Word]] = {}
    for word in words:
        held.setdefault(_place_of(word, places, bands), []).append(word)
    return held


def table_block(bbox: BBox, places: Sequence[GridCell], header_rows: int, words: Sequence[Word]) -> Block:
    """The table of these places, from top to bottom and left to right, holding every one of `words`, one at least.

    `header_rows`: 0 where it is not known. Empty cells are left out of `cells` and of the text, where cells of a row
    are joined by " | " and rows by a line end.
    """
    held = held_by(places, words) if places else {GridCell(0, 0, 1, 1, bbox): list(words)}
    text = ""
    ordered: list[Word] = []
    offsets: list[tuple[int, int]] = []
    placed: list[tuple[GridCell, int, int, BBox]] = []
    for place in sorted(held):
        written, cell_words, cell_offsets = write(_reading_lines(held[place]))
        if not cell_words:
            continue
        if placed:
            text += _BETWEEN_CELLS if placed[-1][0].row == place.row else _BETWEEN_ROWS
        start = len(text)
        text += written
        ordered += cell_words
        offsets += [(start + a, start + b) for a, b in cell_offsets]
        placed.append((place, start, len(text), union_of([word.bbox for word in cell_words])))
    texts = {place: text[start:end] for place, start, end, _ in placed}
    header = header_rows or guessed_header({(place.row, place.column): text for place, text in texts.items()})
    paths = _paths(texts, header)
    cells = tuple(
        Cell(place.row, place.column, start, end, box, place.row_span, place.column_span, paths.get(place, ()))
        for place, start, end, box in placed
    )
    box = bbox.union(union_of([word.bbox for word in ordered])) if ordered else bbox
    return Block(BlockKind.TABLE, text, box, tuple(ordered), tuple(offsets), cells=cells)
