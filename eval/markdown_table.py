"""A table in Markdown, aligned so that it also reads well in a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def _width(text: str) -> int:
    """Columns of a terminal: two for a wide character."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int, left: bool) -> str:
    room = " " * (width - _width(text))
    return text + room if left else room + text


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column left, the others right. Raises ValueError for a row of another length."""
    lines = [[cell.replace("|", "\\|") for cell in row] for row in (headers, *rows)]
    if any(len(line) != len(headers) for line in lines):
        raise ValueError("a row has more or fewer cells than the header")
    widths = [max(3, *(_width(line[column]) for line in lines)) for column in range(len(headers))]
    rule = [("-" * width if column == 0 else "-" * (width - 1) + ":") for column, width in enumerate(widths)]
    padded = [[_padded(cell, widths[column], column == 0) for column, cell in enumerate(line)] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in (padded[0], rule, *padded[1:]))


def number(value: float | None, digits: int = 1) -> str:
    """A figure with its digits after the point; – where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}"


def percent(value: float | None) -> str:
    """A share, 0 to 1, in hundredths."""
    return number(None if value is None else 100 * value)
