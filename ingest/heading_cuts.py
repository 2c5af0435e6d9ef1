"""Headings that stand in one block with their text are split off; those that were broken over lines are joined.

Pure functions over blocks. They do not know the blocks around, and judge nothing but whether a cut makes sense.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from itertools import pairwise

from ingest.flow import same_row
from ingest.heading_words import ends_sentence, has_cjk, is_known, is_short, may_be_heading
from ingest.numbering import is_bare_number, numbering
from ingest.records import Block, BlockKind
from ingest.typography import Body, Row, in_capitals, joined, part, rows_of, same_type, text_of

BIG = 1.12  # of the body's size: larger than body text
VERY_BIG = 1.35
SMALL = 0.93  # of the body's size: smaller type heads nothing but what is smaller still
MAX_ROWS = 3
MAX_ROWS_BIG = 5

_WORD_GAP = 2.5  # ems between the words of a heading
_INDENT = 4.0  # ems by which the first row of a paragraph or heading may stand in
_BACK = 8  # blocks before a heading among which its beginning is looked for
_PARAGRAPH = 2.0  # ems of height, at least, of two rows
_EARLY = 2.0  # ems from the right edge: a row that ends there is a paragraph's last
_ENDED = tuple('.!?:;。！？：；”"')
_SECTION = re.compile(
    r"第|附|[一二三四五六七八九十\d][、．）)]|\b(?:item|article|section|part|chapter|appendix)\b|\d\.\d|^[IVX]+\.",
    re.IGNORECASE,
)


def strength(row: Row, body: Body) -> int:
    """2: larger than body text; 1: bold where the body is not; 0: like the body; -1: smaller."""
    if row.size >= BIG * body.size:
        return 2
    if row.size < SMALL * body.size:
        return -1
    return int(row.bold and not body.bold)


def _ends_early(row: Row, right: float) -> bool:
    return row.bbox.x1 < right - _EARLY * max(row.size, 1.0)


def _style_cuts(block: Block, rows: Sequence[Row], body: Body) -> set[int]:
    """Cuts around rows that stand out from the rows above and below them."""
    right = max(row.bbox.x1 for row in rows)
    cuts: set[int] = set()
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and same_type(rows[start], rows[end]):
            end += 1
        row = rows[start]
        weaker = [strength(rows[near], body) for near in (start - 1, end) if 0 <= near < len(rows)]
        if strength(row, body) > max(weaker, default=9):
            big = row.size >= BIG * body.size
            few = end - start <= (MAX_ROWS_BIG if row.size >= VERY_BIG * body.size else MAX_ROWS)
            above = rows[start - 1] if start else None
            begins = above is None or _ends_early(above, right) or text_of(block, [above]).endswith(_ENDED)
            stops = big or end == len(rows) or _ends_early(rows[end - 1], right)
            if few and begins and stops and may_be_heading(text_of(block, rows[start:end])):
                cuts |= {start, end}
        elif block.kind is BlockKind.TITLE and start and strength(rows[start - 1], body) > strength(row, body):
            cuts.add(start)
        start = end
    return cuts


def _other_heading(block: Block, above: Row, row: Row) -> bool:
    """Whether of two rows of a heading the second begins another one: numbered, or set in other letters."""
    first, second = text_of(block, [above]), text_of(block, [row])
    if numbering(second) is not None and not ends_sentence(first):
        return numbering(first) is not None or in_capitals(first) != in_capitals(second)
    letters = in_capitals(first) and not in_capitals(second) and len(second.split()) > 1 and second[0].isupper()
    return letters or (above.slanted != row.slanted and above.bold and row.bold and second[0].isupper())


def _breaks_off(block: Block, above: Row, row: Row, right: float) -> bool:
    """Whether a row of a heading ends though the next row's first word had room in it: the next is another heading."""
    word = block.words[row.first]
    room = right - above.bbox.x1
    flush = abs(above.bbox.x0 - row.bbox.x0) < 0.5 * above.size
    return flush and word.text[0].isupper() and room > word.bbox.width + 2 * above.size and not has_cjk(word.text)


def _is_chinese_heading(block: Block, rows: Sequence[Row], index: int) -> bool:
    """Whether a row "一、…" or "（1）…" is none of a list: the rows above and below it are not numbered so."""
    number = numbering(text_of(block, [rows[index]]))
    near = [numbering(text_of(block, [rows[place]])) for place in (index - 1, index + 1) if 0 <= place < len(rows)]
    return (
        number is not None
        and number.scheme in ("一、", "（一）", "1、", "（1）")
        and all(other is None or other.scheme != number.scheme for other in near)
    )


def _begins_section(block: Block, rows: Sequence[Row], index: int, right: float) -> bool:
    """Whether a row is a heading by its number alone, in a block that runs on above and below it."""
    text = text_of(block, [rows[index]])
    number = numbering(text)
    if number is None or len(text) <= number.end or not is_short(text) or not _ends_early(rows[index], right):
        return False
    if not number.sure and not (index == 0 and in_capitals(text)) and not _is_chinese_heading(block, rows, index):
        return False
    above = text_of(block, [rows[index - 1]]) if index else "."
    ended = above.endswith(_ENDED) or _ends_early(rows[index - 1], right)
    return ended and (not ends_sentence(text) or in_capitals(text))


def _cuts(block: Block, rows: Sequence[Row], body: Body, column: float) -> list[int]:
    """The rows before which the block falls apart into headings and text. `column`: the right edge of its column."""
    plain = all(strength(row, body) == 1 for row in rows)
    cuts = _style_cuts(block, rows, body)
    strong = all(strength(row, body) > 0 for row in rows)
    for index in range(len(rows)):
        above = rows[index - 1]
        other = index and strong and _other_heading(block, above, rows[index])
        if other or (index and plain and _breaks_off(block, above, rows[index], column)):
            cuts.add(index)
        elif not strong and (
            _begins_section(block, rows, index, column) or (index == 0 and is_known(text_of(block, rows[:1])))
        ):
            cuts |= {index, index + 1}
    return sorted(cut for cut in cuts if 0 < cut < len(rows))


def _column_right(block: Block, blocks: Sequence[Block]) -> float:
    """The right edge of the paragraph next to a block in its column; that of the block where there is none."""
    x0, top, x1, bottom = block.bbox
    paragraphs = [
        other.bbox
        for other in blocks
        if other.kind in (BlockKind.TEXT, BlockKind.LIST)
        and other is not block
        and other.bbox.x0 < x1
        and other.bbox.x1 > x0
        and other.bbox.height > _PARAGRAPH * other.words[0].size
    ]
    near = min(paragraphs, key=lambda box: max(box.top - bottom, top - box.bottom), default=block.bbox)
    return max(near.x1, x1)


def split_headings(blocks: Sequence[Block], body: Body) -> tuple[list[Block], set[int]]:
    """The blocks with each heading that stands in one with its text, or with another heading, made a block.

    And the places of those that stood in one with the block before them.
    """
    made: list[Block] = []
    cut_off: set[int] = set()
    for block in blocks:
        rows = _rows_to_cut(block)
        cuts = _cuts(block, rows, body, _column_right(block, blocks)) if len(rows) > 1 else []
        if not cuts:
            made.append(block)
            continue
        for first, end in pairwise([0, *cuts, len(rows)]):
            kind = block.kind if first == 0 or block.kind is not BlockKind.LIST else BlockKind.TEXT
            if first:
                cut_off.add(len(made))
            made.append(part(block, rows[first:end], kind))
    return made, cut_off


def _rows_to_cut(block: Block) -> list[Row]:
    """The block's rows where there may be a heading among them, else none."""
    if block.kind not in (BlockKind.TITLE, BlockKind.TEXT, BlockKind.LIST) or "\n" in block.text:
        return []
    of_one_type = len({(word.size, word.bold) for word in block.words}) == 1
    plain = of_one_type and block.kind is not BlockKind.TITLE and not _SECTION.search(block.text)
    return [] if plain else rows_of(block)


def _continues(first: Block, second: Block, body: Body) -> bool:
    """Whether two headings are one that was broken over lines: same type, close, one below the other."""
    a, b = rows_of(first)[-1], rows_of(second)[0]
    if not same_type(a, b) or a.slanted != b.slanted or numbering(second.text) is not None:
        return False
    gap, line = b.bbox.top - a.bbox.bottom, max(a.size, 1.0)
    big = a.size >= BIG * body.size
    full = has_cjk(first.text) and a.bbox.x1 > b.bbox.x1 + 2 * line  # Chinese text is often set wide
    if not -0.6 * line <= gap <= (1.4 if full else 0.9 if big else 0.45) * line:
        return False
    indented = full and 0 <= a.bbox.x0 - b.bbox.x0 <= _INDENT * line
    shared = min(a.bbox.x1, b.bbox.x1) - max(a.bbox.x0, b.bbox.x0)
    if not indented and shared <= 0.3 * min(a.bbox.width, b.bbox.width):
        return False
    aligned = abs(a.bbox.x0 - b.bbox.x0) < line or abs(a.bbox.center[0] - b.bbox.center[0]) < line
    if in_capitals(first.text) != in_capitals(second.text) or not (aligned or numbering(first.text)):
        return False
    return big or second.text[0].islower() or a.bbox.x1 >= b.bbox.x1


def _is_label(label: Block, title: Block) -> bool:
    """Whether a heading is a small line over a much larger one (an eyebrow)."""
    small, large = rows_of(label)[0], rows_of(title)[0]
    gap = title.bbox.top - label.bbox.bottom
    over = min(label.bbox.x1, title.bbox.x1) > max(label.bbox.x0, title.bbox.x0)
    close = -0.5 * small.size <= gap <= 1.2 * large.size
    return numbering(label.text) is None and large.size >= VERY_BIG * small.size and close and over


def _heads(number: Block, title: Block, body: Body) -> bool:
    """Whether a block is the bare number of the large title after it: about as large, close above it or beside it."""
    if number.kind not in (BlockKind.TITLE, BlockKind.TEXT, BlockKind.LIST) or not is_bare_number(number.text):
        return False
    a, b = rows_of(number)[-1], rows_of(title)[0]
    if b.size < BIG * body.size or not 0.6 <= a.size / b.size <= 2.5:
        return False
    beside = same_row(a.bbox, b.bbox) and 0 <= b.bbox.x0 - a.bbox.x1 <= 4 * b.size
    gap = b.bbox.top - a.bbox.bottom
    return beside or (-0.5 * b.size <= gap <= 1.2 * a.size and abs(a.bbox.x0 - b.bbox.x0) < 3 * b.size)


def _stands_beside(first: Block, second: Block, body: Body) -> bool:
    """Whether two headings in large type are words of one row."""
    a, b = rows_of(first)[-1], rows_of(second)[0]
    gap = b.bbox.x0 - a.bbox.x1
    big = a.size >= BIG * body.size and same_type(a, b)
    return big and same_row(a.bbox, b.bbox) and 0 <= gap <= _WORD_GAP * a.size


def _begun(made: Sequence[Block], block: Block, body: Body) -> int:
    """The place of the heading of which a heading is the rest, -1 where it is a whole one."""
    for index in range(len(made) - 1, max(-1, len(made) - 1 - _BACK), -1):
        last = made[index]
        if index == len(made) - 1 and _heads(last, block, body):
            return index
        if last.kind is BlockKind.TITLE and (_continues(last, block, body) or _stands_beside(last, block, body)):
            return index
    return -1


def join_headings(blocks: Sequence[Block], body: Body, cut_off: Set[int]) -> tuple[Block, ...]:
    """The blocks with headings joined that were broken over lines, and small lines over large headings made text.

    `cut_off`: places of blocks that have been split off the one before, and are not joined to it again.
    """
    made: list[Block] = []
    for place, block in enumerate(blocks):
        if block.kind is BlockKind.TITLE and made:
            begun = -1 if place in cut_off else _begun(made, block, body)
            if begun >= 0:
                made[begun] = joined([made[begun], block], BlockKind.TITLE)
                continue
            last = made[-1]
            if last.kind is BlockKind.TITLE and _is_label(last, block):
                made[-1] = Block(BlockKind.TEXT, last.text, last.bbox, last.words, last.offsets)
        made.append(block)
    return tuple(made)
