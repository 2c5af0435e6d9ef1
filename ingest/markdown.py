"""Pages as Markdown or plain text: what a person reads in an editor and what the parsing scores compare.

Pure functions; they do not know how pages are read, and draw nothing from boxes: the blocks are in reading order.
Text of the document never becomes markup: what CommonMark or HTML would take for it is escaped.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Sequence
from typing import Literal

from ingest.records import Block, BlockKind, Page

MARKDOWN_VERSION = 1  # raised whenever the same pages would give another text

TableStyle = Literal["html", "pipes"]

_MAX_LEVEL = 6
_PAGE_BREAK = "\f"  # between the pages of plain text, as pdftotext writes it
_BULLET = re.compile(r"^[•◦▪▫■□●○‣⁃∙·➢➤✓*\-–—]\s+")
_NUMBER = re.compile(r"\d{1,9}[.)]\s")
_INLINE = re.compile(
    r"[\\`]"  # escapes, code
    r"|\*+(?=[^\s*])|(?<!\w)_+(?=[^\s_])|~+(?=[^\s~])"  # what opens emphasis; nothing else can close what did not open
    r"|\](?=[(\[:])"  # links, pictures and the definitions of both
    r"|<(?=[A-Za-z/!?])|&(?=#?\w+;)"  # HTML
)
_LINE_START = re.compile(r"#{1,6}(?=\s|$)|>|[-+*](?=\s|$)|(?:-+|=+)(?=\s*$)|_[_\s]*$|\*[*\s]*$|:(?=-)|~~~")
_NUMBERED = re.compile(r"(\d{1,9})(?=[.)](?:\s|$))")
_FORMULA = ("=", "+", "-", "@")
_PLAIN_NUMBER = re.compile(r"^[+-]?[\d.,' ]*%?$")  # a dash alone too
_CLOSING = re.compile(r"(?<!\S)(?=#+$)")  # hashes that would end a heading


def _escaped(text: str) -> str:
    """A text within a line, with what would be markup there made plain."""
    return _INLINE.sub(lambda found: "".join("\\" + character for character in found[0]), text)


def _as_paragraph(row: str) -> str:
    """A row, escaped, that begins no heading, list, quote or rule."""
    if _LINE_START.match(row):
        return "\\" + row[0] + _escaped(row[1:])
    return _NUMBERED.sub(r"\1\\", _escaped(row), count=1) if _NUMBERED.match(row) else _escaped(row)


def paragraph(text: str) -> str:
    """A block's text as a paragraph; rows that stay apart end in a hard line break, two spaces."""
    rows = [_as_paragraph(row.strip()) for row in text.split("\n") if row.strip()]
    if len(rows) > 1:  # a row of bars and dashes below another makes a table
        rows = [row.replace("|", "\\|") for row in rows]
    return "  \n".join(rows)


def _list_item(text: str) -> str:
    """A bullet becomes Markdown's "- "; a number with a point stays; any other label is plain text."""
    bullet = _BULLET.match(text)
    if bullet:
        return "- " + paragraph(text[bullet.end() :])
    numbered = _NUMBER.match(text)
    if numbered:
        return numbered[0] + paragraph(text[numbered.end() :])
    return paragraph(text)


def table_grid(block: Block) -> tuple[list[list[str | None]], int]:
    """A table's texts by row and column, and how many rows are its header.

    "" where a cell is empty, None where a cell that began further up or left goes on. Rows of the header are those
    above the first cell that names headers.
    """
    cells = block.cells
    height = max((cell.row + cell.row_span for cell in cells), default=0)
    width = max((cell.column + cell.column_span for cell in cells), default=0)
    grid: list[list[str | None]] = [[""] * width for _ in range(height)]
    for cell in cells:
        for row in range(cell.row, cell.row + cell.row_span):
            grid[row][cell.column : cell.column + cell.column_span] = [None] * cell.column_span
    for cell in cells:
        grid[cell.row][cell.column] = block.text[cell.start : cell.end]
    return grid, min((cell.row for cell in cells if cell.header_path), default=0)


def _html_table(block: Block) -> str:
    """A row a line, a space around each text. Spans are kept."""
    grid, header = table_grid(block)
    spans = {(cell.row, cell.column): (cell.row_span, cell.column_span) for cell in block.cells}
    lines = ["<table>"]
    for row, texts in enumerate(grid):
        tag = "th" if row < header else "td"
        written = []
        for column, text in enumerate(texts):
            if text is None:
                continue
            down, across = spans.get((row, column), (1, 1))
            extent = (f' rowspan="{down}"' if down > 1 else "") + (f' colspan="{across}"' if across > 1 else "")
            inside = " <br> ".join(html.escape(part, quote=False) for part in text.split("\n") if part.strip())
            written.append(f"<{tag}{extent}> {inside} </{tag}>" if inside else f"<{tag}{extent}> </{tag}>")
        lines.append(f" <tr> {' '.join(written)} </tr>")
    return "\n".join([*lines, "</table>"])


def _pipe_cell(text: str | None) -> str:
    parts = [_escaped(part).replace("|", "\\|") for part in (text or "").split("\n")]
    return "<br>".join(part for part in parts if part.strip())


def _pipe_table(block: Block) -> str:
    """A table as GitHub's Markdown has it: one header row, perhaps empty; a spanning cell stands at its first place."""
    grid, header = table_grid(block)
    rows = [[_pipe_cell(text) for text in texts] for texts in grid]
    if not header:
        rows.insert(0, [""] * len(rows[0]))
    rule = ["---"] * len(rows[0])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [rows[0], rule, *rows[1:]])


def _csv_cell(text: str | None) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe before what begins like one and is no number."""
    plain = " ".join((text or "").split())
    return "'" + plain if plain.startswith(_FORMULA) and not _PLAIN_NUMBER.match(plain) else plain


def table_csv(block: Block) -> str:
    """A table as RFC 4180 has it, a line a row; a cell that spans several places stands at the first."""
    stream = io.StringIO()
    grid, _ = table_grid(block)
    csv.writer(stream).writerows([[_csv_cell(text) for text in texts] for texts in grid])
    return stream.getvalue()


def block_markdown(block: Block, tables: TableStyle = "html") -> str:
    """One block; "" when it has no text."""
    if not block.text.strip():
        return ""
    if block.kind is BlockKind.TABLE and block.cells:
        return _html_table(block) if tables == "html" else _pipe_table(block)
    if block.kind is BlockKind.TITLE:
        level = min(max(block.level, 1), _MAX_LEVEL)
        title = _CLOSING.sub("\\\\", _escaped(" ".join(block.text.split())))
        return f"{'#' * level} {title}"
    if block.kind is BlockKind.LIST:
        return _list_item(block.text)
    return paragraph(block.text)


def _joined(blocks: Iterable[Block], tables: TableStyle) -> str:
    """Blocks with an empty line between them, neighbouring list items without."""
    text, last_kind = "", None
    for block in blocks:
        written = block_markdown(block, tables)
        if not written:
            continue
        together = last_kind is block.kind is BlockKind.LIST
        text += ("\n" if together else "\n\n") * bool(text) + written
        last_kind = block.kind
    return text


def _kept(page: Page, furniture: bool) -> list[Block]:
    return [block for block in page.blocks if furniture or block.kind is not BlockKind.FURNITURE]


def markdown(pages: Sequence[Page], *, tables: TableStyle = "html", furniture: bool = True) -> str:
    """The pages as CommonMark with tables, an empty line between blocks and pages, a line end at the end.

    `furniture`: with running heads and page numbers.
    """
    texts = [_joined(_kept(page, furniture), tables) for page in pages]
    return "\n\n".join(text for text in texts if text) + "\n"


def _plain_block(block: Block) -> str:
    if block.kind is not BlockKind.TABLE or not block.cells:
        return block.text
    grid, _ = table_grid(block)
    return "\n".join("\t".join((text or "").replace("\n", " ") for text in texts).rstrip() for texts in grid)


def plain_text(pages: Sequence[Page], *, furniture: bool = True) -> str:
    """The pages as text: a block a paragraph, a tab between the cells of a row, a form feed between pages."""
    written = ([_plain_block(block) for block in _kept(page, furniture)] for page in pages)
    return _PAGE_BREAK.join("\n\n".join(text for text in texts if text.strip()) + "\n" for texts in written)
