"""Marks of list items that stand alone: read before the row that they lead, each beginning an item of its own.

It knows lines of one block, not who put them in order.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.flow import Line, normal, same_row

_MARKS = tuple("•◦▪▫■□●○‣⁃∙·➢➤✓❖☐☑☒")


def after_mark(text: str) -> int:
    """Where the words of a list's item begin, behind its mark and white space; 0 where it has none."""
    if not text.startswith(_MARKS):
        return 0
    return len(text) - len(text[1:].lstrip())


def is_mark(line: Line) -> bool:
    """Whether the line is nothing but the mark of a list's item."""
    return len(line.words) == 1 and not line.rotation and normal(line.words[0].text) in _MARKS


def marks_first(lines: Sequence[Line]) -> list[Line]:
    """The lines with each mark that follows a row at whose left it stands put before that row."""
    ordered: list[Line] = []
    for line in lines:
        start = len(ordered)
        while is_mark(line) and start and _leads(line, ordered[start - 1]):
            start -= 1
        ordered.insert(start, line)
    return ordered


def split_at_marks(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines as items, each from a mark at the left of its row to the next."""
    items: list[list[Line]] = []
    for index, line in enumerate(lines):
        starts = is_mark(line) and index + 1 < len(lines) and _leads(line, lines[index + 1])
        if not items or (starts and not (index and _leads(lines[index - 1], line))):
            items.append([])
        items[-1].append(line)
    return items


def _leads(mark: Line, line: Line) -> bool:
    """Whether one stands in the row of another, at its left."""
    return not line.rotation and same_row(mark.words[0].bbox, line.words[0].bbox) and mark.bbox.x1 <= line.bbox.x0
