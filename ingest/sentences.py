"""Where sentences begin and end, in Chinese and English.

Pure text: it knows nothing of pages. A mark such as [3] after a full stop belongs to the sentence before it, in a
paper's page as in a model's answer.
"""

from __future__ import annotations

import re

_CLOSERS = "\"'”’»」』）)】]》"
_CJK_STOPS = "。！？；｡…"
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[\"'“‘])(?:mr|mrs|ms|dr|prof|st|vs|etc|e\.g|i\.e|cf|al|no|nos|fig|figs|eq|sec|ch|art|p|pp|vol|ed|eds|"
    r"approx|est|dept|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|[a-z]|(?:[a-z]\.)+[a-z])\.$",
    re.IGNORECASE,
)
_COMPANY = re.compile(r"\b(?:inc|corp|co|ltd|llc|plc|bros|u\.s|u\.k|u\.n|e\.u|a\.m|p\.m)\.$", re.IGNORECASE)
_STARTER = re.compile(
    r"(?:The|It|Its|In|On|At|We|Our|This|These|That|Those|They|There|As|For|However|He|She|His|Her|If|When|A|An)\b"
)
MARK_BODY = r"[\[［【]\s*\^?\d{1,3}(?:\s*[,，、;；–-]\s*\^?\d{1,3})*\s*[\]］】]"
_MARKS_AFTER = re.compile(rf"(?:[ \t\u3000]*{MARK_BODY})+")
BULLET = re.compile(
    r"[ \t\u3000]*(?:[-*•·▪●○◦–—+]\s|\(?\d{1,3}[.)、）](?=\D)|（\d{1,3}）|[（(]?[一二三四五六七八九十]{1,3}[、）)])"
)
_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t\u3000]*\(?\d{1,3}\.$")

Range = tuple[int, int]


def split(text: str, *, lines: bool) -> list[Range]:
    """The sentences of `text` as ranges without white space around them; marks after a stop belong to its sentence.

    `lines`: whether a line end always ends a sentence (an answer) or only before a list item or an empty line (a page).
    """
    ranges: list[Range] = []
    start = place = 0
    while place < len(text):
        end = _boundary(text, place, start, lines)
        if end is None:
            place += 1
            continue
        _add(text, start, end, ranges)
        start = place = end
    _add(text, start, len(text), ranges)
    return ranges


def _add(text: str, start: int, end: int, ranges: list[Range]) -> None:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start == end:
        return
    if ranges and (_MARKS_AFTER.fullmatch(text[start:end]) or not any(c.isalnum() for c in text[start:end])):
        if "\n" not in text[ranges[-1][1] : start] or _MARKS_AFTER.fullmatch(text[start:end]):
            ranges[-1] = (ranges[-1][0], end)
        return
    ranges.append((start, end))


def _boundary(text: str, place: int, start: int, lines: bool) -> int | None:
    """Where the sentence ends if one ends with the character at `place`."""
    character = text[place]
    if character == "\n":
        return place + 1 if _line_ends(text, place, lines) else None
    if character in _CJK_STOPS:
        return _with_marks(text, place + 1)
    if character in "!?.":
        after = place + 1
        while after < len(text) and text[after] in _CLOSERS and text[after] not in "[【":
            after += 1
        end = _with_marks(text, after)
        if end < len(text) and not text[end].isspace() and not ord(text[end]) > 0x2E7F:
            return None
        if character == "." and not _stops(text, place, end, start):
            return None
        return end
    return None


def _line_ends(text: str, place: int, lines: bool) -> bool:
    following = text[place + 1 :]
    if lines or not following.strip():
        return True
    return following.split("\n", 1)[0].strip() == "" or BULLET.match(following) is not None


def _with_marks(text: str, place: int) -> int:
    while place < len(text) and text[place] in _CLOSERS + _CJK_STOPS:
        place += 1
    marks = _MARKS_AFTER.match(text, place)
    return marks.end() if marks else place


def _stops(text: str, place: int, end: int, start: int) -> bool:
    """Whether the full stop at `place` ends a sentence; `end` is where the next one would begin."""
    before = text[max(start, place - 24) : place + 1]
    following = text[end:].lstrip()
    if not following:
        return not _LIST_NUMBER.search(text[start : place + 1])
    if _LIST_NUMBER.search("\n" + text[start : place + 1].lstrip()):
        return False
    if following[0].islower() or _ABBREVIATION.search(before):
        return False
    return not _COMPANY.search(before) or _STARTER.match(following) is not None
