"""Chinese and Japanese written downwards, in columns from the right.

Pure geometry; it knows lines and does not know which library read them. A base that reads across takes one character of
each column for a row; PDFium follows the file, which writes column by column.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.flow import Line, is_cjk

_LEAST = 12  # characters, from which a page tells
_SHARE = 0.6  # of a page's characters that stand alone
_STEEP = 2.0  # times its width: the height of a column
DOWN = 90  # the rotation of a column: it is read from the top


def seems_vertical(lines: Sequence[Line]) -> bool:
    """Whether most characters of a page are Chinese and stand apart, as when columns are read across."""
    words = [word.text for line in lines for word in line.words]
    alone = sum(1 for text in words if len(text) == 1 and is_cjk(text))
    return alone >= _LEAST and alone >= _SHARE * sum(map(len, words))


def _is_column(line: Line) -> bool:
    box = line.bbox
    characters = sum(len(word.text) for word in line.words)
    return characters > 1 and box.height >= _STEEP * box.width and all(is_cjk(word.text[0]) for word in line.words)


def read_down(lines: Sequence[Line]) -> list[Line]:
    """Lines as the file writes them with its columns turned and in order, from the right, after all that goes across.

    Empty where it has no columns.
    """
    columns = [line._replace(rotation=DOWN) for line in lines if _is_column(line)]
    if not columns:
        return []
    across = [line for line in lines if not _is_column(line)]
    return [*across, *from_the_right(columns)]


def from_the_right(columns: Sequence[Line]) -> list[Line]:
    """Columns in the order in which they are read."""
    return sorted(columns, key=lambda line: (-line.bbox.x1, line.bbox.top))
