"""Words to the rows and columns of a table by the white between them.

Pure geometry and text; it does not know rules. Distances are in ems, the size of the words around.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ingest.records import BBox, Word, union_of

_AMOUNT = re.compile(
    r"^[\s$€£¥￥(+\-–—−%<>≤≥~*†‡]*"  # signs before it
    r"(?:\d[\d.,'’ \u00a0]*(?:[%)x×*†‡\s]|\([a-z0-9*]{1,3}\)|[a-z](?=$))*|[—–\-−]+|[†‡*]+"  # digits, or none stated
    r"|\d[\d.,]*%?\s?[–-]\s?\d[\d.,]*)"  # from, to
    r"[\s%)]*$"
)
_YEAR = re.compile(r"^(?:FY\s?|Q[1-4]\s)?(?:19|20)\d\d(?:\s?[–/-]\s?\d{2,4})?(?:年度?)?$")
_LEADER = re.compile(r"[.…·_‧．]{3,}$|(?:\s?[.·]){4,}$")
_DOTS = frozenset(".…·_‧．")
_BEFORE = re.compile(r"^(?:[A-Z]{0,3}[$€£¥￥]|RMB|US\$|HK\$|\()$")  # stands apart before its amount
_AFTER = re.compile(r"^[)%]+$")  # stands apart after it
_SIGN_ENDS, _SIGN_STARTS = frozenset("$€£¥￥B("), frozenset(")%(*†‡")
_MARK = re.compile(r"^\(\w{1,2}\)$|^[*†‡]+$")  # a footnote's, right after it
_TALL = 2.0  # sizes of its type; a higher box is not believed
_PARTED = 20.0  # ems that a sign may stand from its amount: filings set it at the column's other edge
WIDE = 0.9  # ems; a gap from which on it parts columns and not words
SPACE = 0.45  # ems; a wider gap in a row parts its words


class Atom(NamedTuple):
    """Words of a row that belong together whatever the columns are: an amount with its signs; else a single word."""

    words: tuple[Word, ...]
    bbox: BBox

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


Row = tuple[Atom, ...]  # atoms of one line across a table, from left to right


def is_amount(text: str) -> bool:
    """Whether a cell holds a number (an amount, a share, a dash) and not a name; a year or years are a name."""
    stripped = text.strip()
    return bool(_AMOUNT.match(stripped)) and not _YEAR.match(stripped)


def em_of(words: Sequence[Word]) -> float:
    """The usual size of words, in points."""
    sizes = sorted([word.size or word.bbox.height for word in words])
    return max(sizes[len(sizes) // 2], 1.0)


Inked = tuple[Word, BBox]  # a word and the box of its ink


def type_box(word: Word) -> BBox:
    """The word's box, no higher than its type: some fonts state boxes of several lines."""
    box, size = word.bbox, word.size
    if not size or box[3] - box[1] <= _TALL * size:
        return box
    middle = (box.top + box.bottom) / 2
    return BBox(box.x0, middle - size / 2, box.x1, middle + size / 2)


def _inked(word: Word) -> Inked | None:
    """The word and its box without the dots that lead the eye from it to the next column; None for dots alone."""
    box = type_box(word)
    found = _LEADER.search(word.text) if word.text[-1] in _DOTS else None
    if not found:
        return word, box
    if not found.start():
        return None
    return word, BBox(box.x0, box.top, box.x0 + box.width * found.start() / len(word.text), box.bottom)


def lines_of(words: Sequence[Word]) -> list[list[Inked]]:
    """The lines of text across a table, from top to bottom, their words from the left; leading dots are left out."""
    lines: list[list[Inked]] = []
    top = bottom = 0.0
    for pair in sorted([pair for pair in map(_inked, words) if pair is not None], key=_twice_middle):
        _, start, _, end = pair[1]  # compared by hand: this is the innermost loop of finding tables
        height, line_height = end - start, bottom - top
        shared = (end if end < bottom else bottom) - (start if start > top else top)
        if lines and shared >= 0.5 * (height if height < line_height else line_height):
            lines[-1].append(pair)
            if height > 0.7 * line_height:  # a raised mark does not move the line
                top, bottom = (top + start) / 2, (bottom + end) / 2
        else:
            lines.append([pair])
            top, bottom = start, end
    for line in lines:
        line.sort(key=_left)
    return lines


def _twice_middle(pair: Inked) -> float:
    return pair[1][1] + pair[1][3]


def _left(pair: Inked) -> float:
    return pair[1][0]


def rows_of(words: Sequence[Word]) -> list[Row]:
    """The lines of text across a table, from top to bottom, in atoms; dots that lead the eye are left out."""
    return [_atoms(line) for line in lines_of(words)]


def widest_gap(line: Sequence[Inked]) -> float:
    """The widest white between two words of a line, in points."""
    return max((right[1][0] - left[1][2] for left, right in pairwise(line)), default=0.0)


def _atoms(line: Sequence[Inked]) -> Row:
    em = em_of([word for word, _ in line])
    atoms: list[list[Inked]] = []
    for word, box in line:
        if atoms and _is_sign(*atoms[-1][-1], word, box, em):
            atoms[-1].append((word, box))
        else:
            atoms.append([(word, box)])
    return tuple(Atom(tuple(word for word, _ in pairs), union_of([box for _, box in pairs])) for pairs in atoms)


def _is_sign(left: Word, left_box: BBox, right: Word, right_box: BBox, em: float) -> bool:
    """Whether one of two words of a row is a sign that belongs to the other, an amount."""
    if left.text[-1] not in _SIGN_ENDS and right.text[0] not in _SIGN_STARTS:
        return False  # as nearly always
    gap = right_box.x0 - left_box.x1
    if gap >= _PARTED * em:
        return False
    if _BEFORE.match(left.text) and (right.text[:1].isdigit() or right.text[:1] in "(—–-."):
        return True
    return is_amount(left.text) and bool(_AFTER.match(right.text) or (_MARK.match(right.text) and gap < SPACE * em))


def runs_of(row: Row, space: float = SPACE) -> list[Atom]:
    """The atoms of a row joined where the gap between them is a word's space, in ems."""
    if not row:
        return []
    em = em_of([word for atom in row for word in atom.words])
    runs = [row[0]]
    for atom in row[1:]:
        last = runs[-1]
        # A sign of currency after an amount begins another.
        next_amount = len(atom.words) > 1 and is_amount(last.text) and is_amount(atom.text)
        if atom.bbox.x0 - last.bbox.x1 <= space * em and not next_amount:
            runs[-1] = Atom((*last.words, *atom.words), last.bbox.union(atom.bbox))
        else:
            runs.append(atom)
    return runs


def gutters(rows: Sequence[Row], least: float, share: float = 0.1) -> list[tuple[float, float]]:
    """The white strips from `least` points in width that go down through rows, from left to right.

    At most that share of the rows may have ink in a strip.
    """
    boxes = [[(atom.bbox.x0, atom.bbox.x1) for atom in row] for row in rows if row]
    if not boxes:
        return []
    events: list[tuple[float, int]] = []
    for row in boxes:
        for x0, x1 in _union(row):
            events += [(x0, 1), (x1, -1)]
    allowed = int(share * len(boxes))
    strips: list[tuple[float, float]] = []
    inked = 0
    begun: float | None = None
    for x, step in sorted(events):
        before, inked = inked, inked + step
        if before > allowed >= inked:
            begun = x
        elif before <= allowed < inked:
            if begun is not None and x - begun >= least:
                strips.append((begun, x))
            begun = None
    return strips


def _union(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    made: list[tuple[float, float]] = []
    for x0, x1 in sorted(spans):
        if made and x0 <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], x1))
        else:
            made.append((x0, x1))
    return made


def words_of(rows: Sequence[Row]) -> list[Word]:
    return [word for row in rows for atom in row for word in atom.words]


def box_of(rows: Sequence[Row]) -> BBox:
    return union_of([atom.bbox for row in rows for atom in row])


def top_of(row: Row) -> float:
    return min(atom.bbox.top for atom in row)


def bottom_of(row: Row) -> float:
    return max(atom.bbox.bottom for atom in row)


def height_of(row: Row) -> float:
    """The height of a row; boxes that are much higher than their type are not believed."""
    return max(min(bottom_of(row) - top_of(row), 1.5 * em_of(words_of([row]))), 1.0)


def pitches(rows: Sequence[Row]) -> list[float]:
    """The distances between the middles of rows."""
    middles = [median([atom.bbox.center[1] for atom in row]) for row in rows]
    return [below - above for above, below in pairwise(middles)]
