"""A table's rows as the base reads them to cells with words, boxes and header paths.

Pure geometry and text; it does not decide where tables are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from ingest.flow import Line, same_row, write
from ingest.records import BBox, Block, BlockKind, Cell, Word, union_of


class BaseCell(NamedTuple):
    """A cell as the base reads it; `bbox` is None where it has no ink."""

    text: str
    bbox: BBox | None = None


Rows = Sequence[Sequence[BaseCell]]

_BETWEEN_CELLS = " | "
_BETWEEN_ROWS = "\n"
_AMOUNT = re.compile(r"^[\s$€£¥￥(+\-–—%]*[\d.,]+[\s%)]*[\d.,%)\s—–-]*$")
_YEAR = re.compile(r"^(?:19|20)\d\d$")
_MAX_HEADER = 200  # characters; longer text above a column is not its name


def _distance(box: BBox, x: float, y: float) -> float:
    across = max(box.x0 - x, 0.0, x - box.x1)
    down = max(box.top - y, 0.0, y - box.bottom)
    return across + 4 * down  # a word strays along its row, hardly ever into another one


_Boxes = list[tuple[int, int, BBox]]  # row, column, box


def _bands(boxes: _Boxes) -> list[tuple[float, float, _Boxes]]:
    """The rows of cells, each with its top and bottom, so that most need not be looked into."""
    rows = [list(row) for _, row in groupby(boxes, key=itemgetter(0))]
    return [(min(box.top for _, _, box in row), max(box.bottom for _, _, box in row), row) for row in rows]


def _cell_of(word: Word, boxes: _Boxes, bands: list[tuple[float, float, _Boxes]]) -> tuple[int, int]:
    x, y = word.bbox.center
    rows = [row for top, bottom, row in bands if top <= y <= bottom]
    holding = [entry for row in rows for entry in row if entry[2].contains(x, y)]
    if len(holding) == 1:
        row, column, _ = holding[0]
    elif holding:
        row, column, _ = min(holding, key=lambda entry: entry[2].area)
    else:
        row, column, _ = min(boxes, key=lambda entry: _distance(entry[2], x, y))
    return row, column


def _reading_lines(words: Sequence[Word]) -> list[Line]:
    """A cell's words from top to bottom and left to right, each a line of its own, so that gaps decide on spaces."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.bbox.center[1], word.bbox.x0)):
        if rows and same_row(rows[-1][-1].bbox, word.bbox):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [Line((word,)) for row in rows for word in sorted(row, key=lambda word: word.bbox.x0)]


def is_amount(text: str) -> bool:
    """Whether a cell holds a number (an amount, a share, a dash) and not a name; a bare year is a name."""
    stripped = text.strip()
    return bool(_AMOUNT.match(stripped)) and not _YEAR.match(stripped)


def _header_rows(texts: dict[tuple[int, int], str], stated: int) -> int:
    """How many rows are the header: as the base states, or the first one when only it is free of amounts."""
    if stated:
        return stated
    first = [text for (row, _), text in texts.items() if row == 0]
    rest = [text for (row, column), text in texts.items() if row and column]
    named = len(first) >= 2 and not any(map(is_amount, first))
    return 1 if named and rest and sum(map(is_amount, rest)) >= 0.5 * len(rest) else 0


def _paths(texts: dict[tuple[int, int], str], header_rows: int) -> dict[tuple[int, int], tuple[str, ...]]:
    """Each body cell's headers: those of its column from the top down, then the first cell of its row."""
    paths = {}
    for row, column in texts:
        if row < header_rows:
            continue
        above = [texts.get((above_row, column), "") for above_row in range(header_rows)]
        beside = texts.get((row, 0), "") if column else ""
        if is_amount(beside):
            beside = ""
        names = [name.replace("\n", " ") for name in (*above, beside) if name and len(name) <= _MAX_HEADER]
        paths[row, column] = tuple(dict.fromkeys(names))
    return paths


def table_block(bbox: BBox, rows: Rows, header_rows: int, lines: Sequence[Line]) -> Block:
    """The table that `rows` describe, holding every word of `lines`.

    Words go to the cell they lie in or are nearest to. Empty cells are left out of `cells` and of the text, where cells
    of a row are joined by " | " and rows by a line end. `lines` must hold at least one word.
    """
    boxes = [
        (row, column, cell.bbox)
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
        if cell.bbox is not None
    ]
    bands = _bands(boxes)
    held: dict[tuple[int, int], list[Word]] = {}
    for line in lines:
        for word in line.words:
            held.setdefault(_cell_of(word, boxes, bands) if boxes else (0, 0), []).append(word)
    text = ""
    words: list[Word] = []
    offsets: list[tuple[int, int]] = []
    placed: list[tuple[int, int, int, int, BBox]] = []
    for row, column in sorted(held):
        written, cell_words, cell_offsets = write(_reading_lines(held[row, column]))
        if placed:
            text += _BETWEEN_CELLS if placed[-1][0] == row else _BETWEEN_ROWS
        start = len(text)
        text += written
        words += cell_words
        offsets += [(start + a, start + b) for a, b in cell_offsets]
        placed.append((row, column, start, len(text), union_of([word.bbox for word in cell_words])))
    texts = {(row, column): text[start:end] for row, column, start, end, _ in placed}
    paths = _paths(texts, _header_rows(texts, header_rows))
    cells = tuple(
        Cell(row, column, start, end, box, header_path=paths.get((row, column), ()))
        for row, column, start, end, box in placed
    )
    box = bbox.union(union_of([word.bbox for word in words]))
    return Block(BlockKind.TABLE, text, box, tuple(words), tuple(offsets), cells=cells)
