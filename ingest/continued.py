"""Tables that go on over pages: which of a document's tables goes on from the page before, and under which headers.

Pure functions over laid-out pages; they do not change a page's text. A part that repeats its header keeps it, as the
header that it is; one without gets the header of the first part in the paths of its cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ingest.gaps import is_amount
from ingest.records import Block, BlockKind, Cell, Page

_SAME_WIDTH = 0.05  # share of the wider one by which the widths of two parts may differ
_AT_EDGE = 0.25  # share of the page's height beneath a part, or above the next, that may be free

Place = tuple[int, int]  # a page's number and a block's place on it


def _columns(table: Block) -> int:
    return max((cell.column + cell.column_span for cell in table.cells), default=0)


def _header_rows(table: Block) -> int:
    """The rows above the first cell that names headers."""
    return min((cell.row for cell in table.cells if cell.header_path), default=0)


def _text(table: Block, cell: Cell) -> str:
    return table.text[cell.start : cell.end].replace("\n", " ")


def _row(table: Block, row: int) -> list[str]:
    return [_text(table, cell) for cell in table.cells if cell.row == row]


def _outermost(page: Page, *, last: bool) -> int | None:
    """The place of the table with which a page ends, or begins, but for what runs through all pages and notes."""
    order = range(len(page.blocks))
    for index in reversed(order) if last else order:
        block = page.blocks[index]
        if block.kind is BlockKind.FURNITURE or not block.text.strip():
            continue
        if block.kind is not BlockKind.TABLE or not block.cells:
            return None
        free = page.height - block.bbox.bottom if last else block.bbox.top
        return index if free <= _AT_EDGE * page.height else None
    return None


def _goes_on(first: Block, later: Block) -> bool:
    """Whether a table at a page's top is another part of the one at the foot of the page before."""
    widest = max(first.bbox.width, later.bbox.width)
    if _columns(first) != _columns(later) or abs(first.bbox.width - later.bbox.width) > _SAME_WIDTH * widest:
        return False
    head, own = _row(first, 0), _row(later, 0)
    if head == own:
        return True
    body = [_text(later, cell) for cell in later.cells if cell.row and cell.column]
    named = not any(map(is_amount, own[1:])) and 2 * sum(map(is_amount, body)) >= len(body) > 0
    return not named  # a row of names above numbers is the header of a table of its own


def _over(table: Block) -> dict[int, list[str]]:
    """A table's headers by column, from the top down."""
    over: dict[int, list[str]] = {}
    for cell in table.cells:
        if cell.row < _header_rows(table):
            for column in range(cell.column, cell.column + cell.column_span):
                over.setdefault(column, []).append(_text(table, cell))
    return over


def _under(table: Block, over: Mapping[int, Sequence[str]]) -> Block:
    """A table without a header of its own under the header of another."""
    beside = {cell.row: _text(table, cell) for cell in table.cells if cell.column == 0}
    cells = []
    for cell in table.cells:
        stub = beside.get(cell.row, "") if cell.column else ""
        names = [*over.get(cell.column, ()), "" if is_amount(stub) else stub]
        cells.append(replace(cell, header_path=tuple(dict.fromkeys(filter(None, names)))))
    return replace(table, cells=tuple(cells))


def parts(pages: Sequence[Page]) -> dict[Place, Place]:
    """For each table that goes on from the page before, its place and that of the part before it."""
    found: dict[Place, Place] = {}
    for before, after in zip(pages, pages[1:], strict=False):
        last, first = _outermost(before, last=True), _outermost(after, last=False)
        follows = after.number == before.number + 1
        if follows and last is not None and first is not None and _goes_on(before.blocks[last], after.blocks[first]):
            found[after.number, first] = (before.number, last)
    return found


def continue_tables(pages: Sequence[Page]) -> tuple[Page, ...]:
    """The pages of a document, in order, with the cells of tables that go on under the headers of their first part."""
    going_on = parts(pages)
    headers: dict[Place, dict[int, list[str]]] = {}
    heads: dict[Place, list[str]] = {}
    made = []
    for page in pages:
        blocks = list(page.blocks)
        for index, block in enumerate(page.blocks):
            if block.kind is not BlockKind.TABLE or not block.cells:
                continue
            place = (page.number, index)
            before = going_on.get(place)
            if before in headers and _row(block, 0) != heads[before]:
                headers[place], heads[place] = headers[before], heads[before]
                if headers[place]:
                    blocks[index] = _under(block, headers[place])
            else:
                headers[place], heads[place] = _over(block), _row(block, 0)
        made.append(replace(page, blocks=tuple(blocks)) if blocks != list(page.blocks) else page)
    return tuple(made)
