"""Words to flowing text: spelling made plain, line ends joined, every word's place kept.

Pure functions; they know nothing about blocks, columns or PDF files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

from ingest.records import BBox, Word, union_of

Item = TypeVar("Item")


class Line(NamedTuple):
    """Words that the file draws in one go, left to right as read.

    `rotation`: degrees by which the text is turned clockwise on the page as seen, one of 0, 90, 180, 270.
    `colour`: 0xAARRGGBB.
    """

    words: tuple[Word, ...]
    rotation: int = 0
    colour: int = 0xFF000000

    @property
    def bbox(self) -> BBox:
        return union_of([word.bbox for word in self.words])

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


def scaled(line: Line, factor: float) -> Line:
    """The line on a page that many times as large."""
    words = [
        word._replace(bbox=BBox(*(factor * edge for edge in word.bbox)), size=factor * word.size) for word in line.words
    ]
    return line._replace(words=tuple(words))


# Characters that `normal` must look at; everything else passes through unread. Written as escapes because most
# of them cannot be seen: controls, odd spaces, soft hyphen, combining marks, zero-width and direction marks,
# radicals, private use, compatibility ideographs and presentation forms, full-width letters, surrogates.
_ODD = re.compile(
    "[\x00-\x20\x7f-\xa0\xad\u0300-\u036f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180e\u2000-\u200f"
    "\u2028-\u202f\u205f-\u206f\u2e80-\u2fdf\u3000\u3099\u309a\u3164\uf0b7\uf900-\ufaff\ufb00-\ufdff"
    "\ufe00-\ufe0f\ufe70-\uffef\ufff0-\uffff\ud800-\udfff\U0002f800-\U0002fa1f\U000e0000-\U000e0fff]"
)
_INVISIBLE = frozenset("\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_BULLET = "\uf0b7"  # the Symbol font's bullet, which has no other code in many files
_LINE_HYPHENS = ("\u00ad", "\u0002", "\ufffe")  # how PDFium writes a hyphen that it takes for a line-end one
_CJK = (
    (0x2E80, 0x303F),
    (0x3041, 0x33FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF01, 0xFF9F),
    (0xFFE0, 0xFFE6),
    (0x20000, 0x3FFFF),
)
_FIRST_SPACELESS = "\u00b7"  # below it are neither Chinese characters nor the punctuation that they share
_SHARED_PUNCTUATION = frozenset("“”‘’…—·•～《》")
# In ems: a wider gap between two Chinese runs of one row is a space. By how many of the two are single characters,
# which labels spread out ("合 计").
_CJK_GAPS = (0.15, 0.6, 2.5)
_CLOSING = frozenset(".,;:!?)]}%’”'\"»")
_SPLIT_GAP = 0.1  # in ems: two runs nearer than this are one word, split by a change of font


@lru_cache(maxsize=8192)  # a file that uses every character there is must not fill the memory
def _plain(character: str) -> str:
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    if character == _BULLET:
        return "•"
    if character in _INVISIBLE or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
        return ""
    if code != 0xFFFD and unicodedata.category(character) in ("Cc", "Cf", "Cn", "Zs", "Zl", "Zp"):
        return ""
    if 0xFF01 <= code <= 0xFF5E and not unicodedata.normalize("NFKC", character).isalnum():
        return character  # full-width punctuation is how Chinese writes it
    if code >= 0xFB00 or 0x2E80 <= code <= 0x2FDF or 0xF900 <= code <= 0xFAFF:
        # Some presentation forms decompose to a space and a mark; words hold no space.
        return unicodedata.normalize("NFKC", character).replace(" ", "")
    return character


def normal(text: str) -> str:
    """A word as it stands in a block's text.

    Ligatures, presentation forms, radicals and full-width letters and digits become their plain characters; Chinese
    full-width punctuation stays; what has no ink (spaces, controls, zero-width characters) goes. May be empty.
    """
    if not _ODD.search(text):
        return text
    return unicodedata.normalize("NFC", "".join(map(_plain, text)))


def is_normal(text: str) -> bool:
    """Whether `normal` leaves the text as it is."""
    return not _ODD.search(text)


def is_cjk(character: str) -> bool:
    """Whether the character is written without spaces around it: Han, kana, full-width punctuation."""
    code = ord(character)
    return code >= 0x2E80 and any(low <= code <= high for low, high in _CJK)


def _no_space_between(left: str, right: str) -> bool:
    if left < _FIRST_SPACELESS:
        return False
    if is_cjk(left):
        return is_cjk(right) or right in _SHARED_PUNCTUATION
    return left in _SHARED_PUNCTUATION and is_cjk(right)


def _lowercase_latin(character: str) -> bool:
    return ord(character) < 0x250 and character.islower()


def same_row(a: BBox, b: BBox) -> bool:
    """Whether two boxes stand side by side: they share at least half of the lower one's height."""
    _, a_top, _, a_bottom = a  # compared by hand: this is asked of every word several times
    _, b_top, _, b_bottom = b
    shared = (a_bottom if a_bottom < b_bottom else b_bottom) - (a_top if a_top > b_top else b_top)
    a_height, b_height = a_bottom - a_top, b_bottom - b_top
    return shared >= 0.5 * (a_height if a_height < b_height else b_height)


def in_rows(items: Iterable[Item], box: Callable[[Item], BBox]) -> list[list[Item]]:
    """Items in rows from the top, each from the left; `box` gives an item's box."""
    rows: list[list[Item]] = []
    for item in sorted(items, key=lambda item: box(item).center[1]):
        if rows and same_row(box(rows[-1][-1]), box(item)):
            rows[-1].append(item)
        else:
            rows.append([item])
    return [sorted(row, key=lambda item: box(item).x0) for row in rows]


class _Ending(NamedTuple):
    cut: int  # characters to take back from the text written so far
    glue: str


def _across_lines(left: Word, left_text: str, right_text: str) -> _Ending:
    if left.text.endswith(_LINE_HYPHENS) and _lowercase_latin(right_text[0]):
        return _Ending(0, "")
    hyphen = len(left_text) > 1 and left_text[-1] in "-\u2010" and _lowercase_latin(left_text[-2])
    if hyphen and _lowercase_latin(right_text[0]):
        # "state-of-the-" + "art" and "year-" + "over-year" keep the hyphen: the word is a compound already.
        compound = "-" in left_text[:-1] or "-" in right_text
        return _Ending(0 if compound else 1, "")
    return _Ending(0, "" if _no_space_between(left_text[-1], right_text[0]) else " ")


def _within_line(left: Word, left_text: str, right: Word, right_text: str, split: bool) -> str:
    em = max(left.size, right.size) or max(left.bbox.height, right.bbox.height)
    gap = right.bbox.x0 - left.bbox.x1
    if _no_space_between(left_text[-1], right_text[0]):
        single = (len(left_text) == 1) + (len(right_text) == 1)
        return "" if gap < _CJK_GAPS[single] * em else " "
    return "" if split and -0.5 * em < gap < _SPLIT_GAP * em else " "


def _is_narrow(left: Word, right: Word) -> bool:
    gap = right.bbox.x0 - left.bbox.x1
    return -_SPLIT_GAP * left.size <= gap < _SPLIT_GAP * left.size and not is_cjk(left.text[-1])


def _one_word(left: Word, right: Word) -> Word:
    return left._replace(text=left.text + right.text, bbox=left.bbox.union(right.bbox))


def joined(words: Sequence[Word], spaces: Callable[[], int | None]) -> list[Word]:
    """A run's words with those made one that the base took apart where letters stand a little wide.

    `spaces`, asked only where two words stand close, says how many spaces the file itself writes in the run: of the
    narrow gaps so many remain as are needed for that number, the widest. None where that is not known: then what makes
    one word is capitals and digits on both sides. A closing point or comma always goes with the word before it.
    """
    narrow = [index for index in range(1, len(words)) if _is_narrow(words[index - 1], words[index])]
    if not narrow:
        return list(words)
    close = {index for index in narrow if words[index].text[0] in _CLOSING}
    # An f leans over what follows it, so that a space after it looks narrow.
    rest = [index for index in narrow if index not in close and words[index - 1].text[-1] != "f"]
    if rest:
        written = spaces()
        if written is None:
            close |= {index for index in rest if _spaced_out(words[index - 1].text[-1], words[index].text[0])}
        else:
            too_many = len(words) - 1 - len(close) - written
            rest.sort(key=lambda index: words[index].bbox.x0 - words[index - 1].bbox.x1)
            close |= set(rest[: max(too_many, 0)])
    whole = [words[0]]
    for index in range(1, len(words)):
        if index in close:
            whole[-1] = _one_word(whole[-1], words[index])
        else:
            whole.append(words[index])
    return whole


def _spaced_out(left: str, right: str) -> bool:
    return (left.isupper() and right.isupper()) or (left.isdigit() and right.isdigit())


def _rows(lines: Sequence[Line]) -> Iterator[tuple[Line, bool]]:
    """Each line with whether it goes on in the row of the one before it."""
    last: Line | None = None
    for line in lines:
        goes_on = (
            last is not None
            and last.rotation == line.rotation == 0
            and same_row(last.words[-1].bbox, line.words[0].bbox)
            and line.words[0].bbox.x0 >= last.words[-1].bbox.x0
        )
        yield line, goes_on
        last = line


def write(lines: Sequence[Line], row_end: str = "") -> tuple[str, tuple[Word, ...], tuple[tuple[int, int], ...]]:
    """The text of lines in reading order, the words in it, and each word's range of the text.

    Rows are joined by a space, by nothing between CJK characters and where a hyphenated word goes on; with `row_end`,
    by that instead. Words without a visible character are left out.
    """
    parts: list[str] = []
    words: list[Word] = []
    offsets: list[tuple[int, int]] = []
    position = 0
    for line, goes_on in _rows(lines):
        for index, word in enumerate(line.words):
            text = word.text
            if _ODD.search(text):
                text = normal(text)
            if not text:
                continue
            glue = ""
            if words:
                left_text = parts[-1]
                if index and left_text[-1] < _FIRST_SPACELESS:
                    glue = " "
                elif index or goes_on:
                    split = index == 0
                    glue = _within_line(words[-1], left_text, word, text, split) if line.rotation == 0 else " "
                elif row_end:
                    glue = row_end
                else:
                    cut, glue = _across_lines(words[-1], left_text, text)
                    if cut:
                        parts[-1] = left_text[:-cut]
                        position -= cut
                        offsets[-1] = (offsets[-1][0], position)
            parts += [glue, text]
            position += len(glue)
            words.append(word)
            offsets.append((position, position + len(text)))
            position += len(text)
    return "".join(parts), tuple(words), tuple(offsets)
