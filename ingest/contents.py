"""Tables of contents: which pages hold one; each entry a line with its page number, and no heading.

Pure functions over a page's blocks; they do not know which pages the numbers lead to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ingest.flow import Line, same_row
from ingest.records import BBox, Block, BlockKind, Word
from ingest.typography import Row, block_of, rows_of, same_type, text_of

_NUMBER = r"(?:\d{1,4}|[ivxlc]{1,7}|[A-Z]{1,2}-\d{1,3})"
_BARE = re.compile(rf"^{_NUMBER}$")
_LED = re.compile(rf"(?:\s?[.．…·‥・_⋯-]){{4,}}\s*[(（-]?\s?{_NUMBER}\s?[)）-]?$")
_LED_REACH = 240  # characters at a line's end in which its leaders are looked for
_NUMBERED = re.compile(rf"\s{_NUMBER}$")
_LETTER = re.compile(r"[^\W\d_]")
_HEADING = re.compile(
    r"^(?:(?:table\s*of\s*)?contents|list of (?:figures|tables|illustrations)|目\s*[录錄次]|[图圖表]\s*目\s*[录錄])$",
    re.IGNORECASE,
)
_LEAST = 3  # entries below a heading that says what they are
_MANY = 5  # entries without such a heading
_SHARE = 0.5  # of the page's rows that are entries
_FLOWING = (BlockKind.TEXT, BlockKind.LIST, BlockKind.TITLE)


class _Piece(NamedTuple):
    """A row of a block, with its words and text."""

    block: int
    row: Row
    words: tuple[Word, ...]
    text: str


def is_contents_heading(text: str) -> bool:
    """Whether a text is what stands above a table of contents."""
    return bool(_HEADING.match(text.strip()))


def is_entry(text: str) -> bool:
    """Whether a line leads with dots or the like to a page number."""
    return bool(_LED.search(text[-_LED_REACH:]) and _LETTER.search(text))


_TAIL = re.compile(rf"(?:\s?[.．…·‥・_⋯-])*\s*[(（-]?\s?{_NUMBER}\s?[)）-]?$")


def entry_title(text: str) -> str:
    """What an entry names, without leaders and page number; "" where the line ends in no page number."""
    found = _TAIL.search(text[-_LED_REACH:])
    if found is None or not (is_entry(text) or _NUMBERED.search(text[-8:])):
        return ""
    return text[: len(text) - len(found[0])].strip()


def _pieces(blocks: Sequence[Block]) -> list[_Piece]:
    return [
        _Piece(index, row, block.words[row.first : row.end], text_of(block, [row]))
        for index, block in enumerate(blocks)
        if block.kind in _FLOWING and "\n" not in block.text
        for row in rows_of(block)
    ]


def _numbers(pieces: Sequence[_Piece], heading: BBox) -> list[tuple[BBox, Word]]:
    """Page numbers that stand apart from their lines: below the heading, with no word right of them."""
    found = []
    for piece in pieces:
        words = piece.words
        if len(words) == 1 and _BARE.match(words[0].text) and words[0].bbox.top >= heading.bottom:
            found.append((words[0].bbox, words[0]))
    right = max((box.x1 for box, _ in found), default=0.0)
    return [(box, word) for box, word in found if right - box.x1 <= 2 * max(box.height, 1.0)]


def _with_numbers(pieces: Sequence[_Piece], numbers: Sequence[tuple[BBox, Word]]) -> list[_Piece]:
    """The pieces that are not numbers themselves, each with the number in its row."""
    taken = {id(word) for _, word in numbers}
    left = [piece for piece in pieces if not (len(piece.words) == 1 and id(piece.words[0]) in taken)]
    for box, word in numbers:
        beside = [
            index
            for index, piece in enumerate(left)
            if same_row(piece.row.bbox, box) and piece.row.bbox.x1 <= box.x0 and piece.words[-1] is not word
        ]
        if beside:
            nearest = max(beside, key=lambda index: left[index].row.bbox.x1)
            piece = left[nearest]
            left[nearest] = piece._replace(
                row=piece.row._replace(bbox=piece.row.bbox.union(box)),
                words=(*piece.words, word),
                text=f"{piece.text} {word.text}",
            )
        else:
            left.append(next(piece for piece in pieces if piece.words[0] is word))
    return left


def _is_numbered(piece: _Piece) -> bool:
    return is_entry(piece.text) or bool(_NUMBERED.search(piece.text[-8:]) and _LETTER.search(piece.text))


def _entries(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Rows in entries: one that was broken over lines bears its number in its last."""
    made: list[list[_Piece]] = []
    width = max((piece.row.bbox.x1 for piece in pieces), default=0.0)
    for piece in pieces:
        last = made[-1][-1] if made else None
        em = max(piece.row.size, 1.0)
        if (
            last is not None
            and not _is_numbered(last)
            and same_type(last.row, piece.row)
            and last.block == piece.block
            and -0.5 * em <= piece.row.bbox.top - last.row.bbox.bottom <= 0.8 * em
            and (piece.row.bbox.x0 >= last.row.bbox.x0 + 0.5 * em or last.row.bbox.x1 > 0.7 * width)
        ):
            made[-1].append(piece)
        else:
            made.append([piece])
    return made


def find_contents(blocks: Sequence[Block]) -> tuple[Block, ...] | None:
    """A page's blocks with the entries of its table of contents made list items; None where it has none."""
    heading = next((index for index, block in enumerate(blocks) if is_contents_heading(block.text)), None)
    if heading is None and not any(is_entry(block.text) for block in blocks if block.kind in _FLOWING):
        return None
    pieces = _pieces(blocks)
    top = blocks[heading].bbox if heading is not None else BBox(0, 0, 0, 0)
    numbers = _numbers(pieces, top) if heading is not None else []
    if len(numbers) < _LEAST:
        numbers = []
    placed = _with_numbers(pieces, numbers)
    below = [piece for piece in placed if piece.block != heading]
    count = sum(_is_numbered(piece) if heading is not None else is_entry(piece.text) for piece in below)
    if count < (_LEAST if heading is not None else _MANY) or count < _SHARE * len(below) - 2:
        return None
    return _rebuilt(blocks, placed, heading)


def _rebuilt(blocks: Sequence[Block], pieces: Sequence[_Piece], heading: int | None) -> tuple[Block, ...]:
    made: list[Block] = []
    flowing = {piece.block for piece in pieces}
    for index, block in enumerate(blocks):
        own = [piece for piece in pieces if piece.block == index]
        if index == heading:
            made.append(block_of(BlockKind.TITLE, [Line(piece.words) for piece in own]))
        elif index in flowing:
            made += [block_of(BlockKind.LIST, [Line(piece.words) for piece in entry]) for entry in _entries(own)]
        elif block.kind not in _FLOWING or "\n" in block.text:
            made.append(block)
    return tuple(made)
