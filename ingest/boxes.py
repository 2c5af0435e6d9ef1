"""From a range of characters of a block or chunk to boxes on the page.

Pure geometry over the records; it does not know where pages are kept.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from ingest.records import BBox, Block, Chunk, Page, Word, spans_between

_SAME_LINE = 0.5  # share of the lower height that two words of a line overlap vertically
_BESIDE = 0.3  # share of the lower height from which two words stand beside each other rather than in two rows
_MAX_GAP = 2.0  # widest gap between two words of one box, in heights of the words


def _advance(character: str) -> float:
    """A character's usual width in ems: 1 for a full-width one, 0.5 for others."""
    if unicodedata.combining(character):
        return 0.0
    return 1.0 if unicodedata.east_asian_width(character) in "WFA" else 0.5


def slice_word(word: Word, length: int, start: int, end: int) -> BBox:
    """The box of characters `start:end` of a word that stands for `length` characters.

    The word's width is shared out by the usual widths of its characters, which is exact for a run of Chinese.
    """
    if start <= 0 and end >= length:
        return word.bbox
    text = word.text if len(word.text) == length else word.text[:length].ljust(length)
    widths = [_advance(character) for character in text]
    total = sum(widths) or 1.0
    x0 = word.bbox.x0 + word.bbox.width * sum(widths[:start]) / total
    x1 = word.bbox.x0 + word.bbox.width * sum(widths[:end]) / total
    return BBox(x0, word.bbox.top, x1, word.bbox.bottom)


def _shared(a: BBox, b: BBox) -> float:
    return min(a.bottom, b.bottom) - max(a.top, b.top)


def _same_line(a: BBox, b: BBox) -> bool:
    return _shared(a, b) > _SAME_LINE * min(a.height, b.height)


def merge_lines(boxes: Iterable[BBox]) -> tuple[BBox, ...]:
    """Boxes in reading order, neighbours on one line joined into one."""
    merged: list[BBox] = []
    for box in boxes:
        last = merged[-1] if merged else None
        near = last is not None and -1.0 <= box.x0 - last.x1 <= _MAX_GAP * max(box.height, last.height)
        if last is not None and near and _same_line(last, box):
            merged[-1] = last.union(box)
        else:
            merged.append(box)
    return tuple(merged)


def reads_on(words: Sequence[Word]) -> bool:
    """Whether each word stands to the right of the one before it, or in another row.

    Where one does not, the words were put together from places that are not read in this order. Words of a script that
    is written from right to left may stand on either side.
    """
    return not any(
        b.bbox.center[0] < a.bbox.x0
        and _shared(a.bbox, b.bbox) > _BESIDE * min(a.bbox.height, b.bbox.height)
        and not (_right_to_left(a) or _right_to_left(b))
        for a, b in pairwise(words)
    )


def _right_to_left(word: Word) -> bool:
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in word.text)


def words_between(block: Block, start: int, end: int) -> list[Word]:
    """The words of which some character is in `block.text[start:end]`."""
    return [w for w, (first, last) in zip(block.words, block.offsets, strict=True) if first < end and start < last]


def block_boxes(block: Block, start: int, end: int) -> tuple[BBox, ...]:
    """The boxes of `block.text[start:end]`, one for each line; the block's own box when it has no words there."""
    boxes = [
        slice_word(word, word_end - word_start, max(start - word_start, 0), min(end, word_end) - word_start)
        for word, (word_start, word_end) in zip(block.words, block.offsets, strict=True)
        if word_start < end and start < word_end
    ]
    if not boxes and not block.words:
        return (block.bbox,)
    return merge_lines(boxes)


def chunk_boxes(chunk: Chunk, start: int, end: int, page_of: Callable[[int], Page]) -> tuple[tuple[int, BBox], ...]:
    """(page number, box) for each line of `chunk.text[start:end]`; `page_of` gives a page of the chunk's content."""
    found: list[tuple[int, BBox]] = []
    for span in spans_between(chunk, start, end):
        block = page_of(span.page).blocks[span.block]
        boxes = block_boxes(block, span.block_start, span.block_end)
        found.extend((span.page, box) for box in boxes)
    return tuple(found)
