"""Texts side by side under headings of their own, which look like a small table: cards, read one after the other.

Pure functions over blocks. They do not know which rules a page draws.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ingest.gaps import is_amount
from ingest.records import Block, BlockKind, Cell, Word
from ingest.typography import block_of, lines_of

_LARGER = 1.12  # of the body's size: no data is set so
_SMALLER = 0.95  # of the row above: type that steps down from heading to text
_MOST_ROWS = 3
_AMOUNTS = 0.2  # share of the cells that are numbers, at most
_LETTERS = 4.0  # in the mean cell, at least


def _words(block: Block, cell: Cell) -> list[Word]:
    return [
        word
        for word, (start, end) in zip(block.words, block.offsets, strict=True)
        if cell.start <= start and end <= cell.end and start < end
    ]


def _row_sizes(block: Block, cells: Sequence[tuple[Cell, list[Word]]]) -> list[float]:
    """The commonest size of type in each row, from the top."""
    sizes: dict[int, Counter[float]] = {}
    for cell, words in cells:
        counted = sizes.setdefault(cell.row, Counter())
        for word in words:
            counted[word.size] += len(word.text)
    return [max(sizes[row], key=lambda size: (sizes[row][size], size)) for row in sorted(sizes)]


def _is_cards(block: Block, cells: Sequence[tuple[Cell, list[Word]]], body_size: float) -> bool:
    sizes = _row_sizes(block, cells)
    if not 2 <= len(sizes) <= _MOST_ROWS or len({cell.column for cell, _ in cells}) < 2:
        return False
    texts = [block.text[cell.start : cell.end] for cell, _ in cells]
    if sum(map(is_amount, texts)) > _AMOUNTS * len(texts) or sum(map(len, texts)) < _LETTERS * len(texts):
        return False
    steps_down = all(below <= _SMALLER * above for above, below in zip(sizes, sizes[1:], strict=False))
    return min(sizes) >= _LARGER * body_size or (sizes[0] >= _LARGER * body_size and len(sizes) > 2 and steps_down)


def dealt(block: Block, body_size: float) -> list[Block]:
    """A table's cells as blocks of text, column by column, where it is cards; else the table alone.

    `body_size`: of running text, in points. Cards are set in larger type than running text is, or in type that steps
    down from row to row: headings over texts.
    """
    if block.kind is not BlockKind.TABLE or not block.cells or len({cell.row for cell in block.cells}) > _MOST_ROWS:
        return [block]
    cells = [(cell, _words(block, cell)) for cell in block.cells]
    filled = [(cell, words) for cell, words in cells if words]
    if sum(len(words) for _, words in filled) != len(block.words) or not _is_cards(block, filled, body_size):
        return [block]
    filled.sort(key=lambda pair: (pair[0].column, pair[0].row))
    return [block_of(BlockKind.TEXT, lines_of(words)) for _, words in filled]
