"""How text is set: the rows of a block with their size and weight, and the type of running text.

Pure functions over blocks; they do not know what is a heading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from ingest.flow import Line, same_row, write
from ingest.records import BBox, Block, BlockKind, Word, union_of

_BOLD_SHARE = 0.9  # of a row's characters
_ALIKE = 1.06  # ratio of two sizes that a reader takes for the same
_SLANTED = re.compile(r"ital|obli|slanted", re.IGNORECASE)
_CAPITALS = 4  # letters, at least, that tell
_CAPITALS_SHARE = 0.9


class Body(NamedTuple):
    """The type of running text: its size in points, weight and font."""

    size: float
    bold: bool = False
    font: str = ""


class Row(NamedTuple):
    """A row of a block: its words `first` to `end`, how most of it is set, and the size of its largest word, `peak`."""

    first: int
    end: int
    bbox: BBox
    size: float
    peak: float
    bold: bool
    font: str
    slanted: bool = False


@lru_cache(maxsize=1024)
def is_slanted(font: str) -> bool:
    """Whether a font is an italic, by its name."""
    return bool(_SLANTED.search(font))


def body_of(words: Iterable[tuple[int, float, bool, str]]) -> Body | None:
    """The commonest type among (characters, size in points, bold, font); None where there is none."""
    counted: Counter[Body] = Counter()
    sizes: Counter[float] = Counter()
    for characters, size, bold, font in words:
        rounded = round(2 * size) / 2
        counted[Body(rounded, bold, font)] += characters
        sizes[rounded] += characters
    if not sizes:
        return None
    size = max(sizes, key=lambda each: (sizes[each], each))
    return max((body for body in counted if body.size == size), key=lambda body: counted[body])


def _row(words: Sequence[Word], first: int, end: int) -> Row:
    _, _, font, size, bold, _ = words[first]
    if all(word[2:5] == (font, size, bold) for word in words[first + 1 : end]):
        box = union_of([word.bbox for word in words[first:end]])
        return Row(first, end, box, size, size, bold, font, is_slanted(font))
    return _mixed_row(words, first, end)


def _mixed_row(words: Sequence[Word], first: int, end: int) -> Row:
    sizes: Counter[float] = Counter()
    fonts: Counter[str] = Counter()
    bold = total = 0
    for word in words[first:end]:
        length = len(word.text)
        sizes[word.size] += length
        fonts[word.font] += length
        total += length
        bold += length * word.bold
    box = union_of([word.bbox for word in words[first:end]])
    common = max(sizes, key=lambda size: sizes[size])
    font = max(fonts, key=lambda name: fonts[name])
    return Row(first, end, box, common, max(sizes), bold >= _BOLD_SHARE * total, font, is_slanted(font))


def _row_bounds(words: Sequence[Word]) -> list[int]:
    """Where each row of words in reading order begins, and the end of the last."""
    starts = [0] if words else []
    for index, (last, word) in enumerate(pairwise(words), start=1):
        if word.bbox.x0 < last.bbox.x0 or not same_row(last.bbox, word.bbox):
            starts.append(index)
    return [*starts, len(words)]


def rows_of(block: Block) -> list[Row]:
    """The rows of a block of flowing text, in reading order."""
    return [_row(block.words, first, end) for first, end in pairwise(_row_bounds(block.words))]


def lines_of(words: Sequence[Word]) -> list[Line]:
    """Words in reading order as the lines that they stand in."""
    return [Line(tuple(words[first:end])) for first, end in pairwise(_row_bounds(words))]


def text_of(block: Block, rows: Sequence[Row]) -> str:
    """The text of rows that follow each other in a block."""
    return block.text[block.offsets[rows[0].first][0] : block.offsets[rows[-1].end - 1][1]]


def same_type(a: Row, b: Row) -> bool:
    """Whether two rows are set alike, in size and weight."""
    return a.bold == b.bold and max(a.size, b.size) <= _ALIKE * min(a.size, b.size)


def in_capitals(text: str) -> bool:
    """Whether a text is set in capitals: four letters at least, nine tenths of them."""
    cased = [character for character in text if character.isupper() or character.islower()]
    return len(cased) >= _CAPITALS and sum(map(str.isupper, cased)) >= _CAPITALS_SHARE * len(cased)


def block_of(kind: BlockKind, lines: Sequence[Line]) -> Block:
    """Lines of words as a block of flowing text. Raises ValueError where no word has ink."""
    text, words, offsets = write(lines)
    return Block(kind, text, union_of([word.bbox for word in words]), words, offsets, int(kind is BlockKind.TITLE))


def part(block: Block, rows: Sequence[Row], kind: BlockKind) -> Block:
    """Rows of a block as a block of their own."""
    return block_of(kind, [Line(block.words[row.first : row.end]) for row in rows])


def joined(blocks: Sequence[Block], kind: BlockKind) -> Block:
    """Blocks of flowing text that follow each other as one."""
    return block_of(kind, [Line(block.words[row.first : row.end]) for block in blocks for row in rows_of(block)])
