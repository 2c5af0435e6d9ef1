"""Where sentences begin and end, in Chinese and English, and the citation marks that models write in them.

It does not know what a mark stands for.
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
_MARK_BODY = r"[\[［【]\s*\^?\d{1,3}(?:\s*[,，、;；–-]\s*\^?\d{1,3})*\s*[\]］】]"
MARK = re.compile(_MARK_BODY)
_MARKS_AFTER = re.compile(rf"(?:[ \t\u3000]*{_MARK_BODY})+")
_OPEN_MARK = re.compile(r"\s*[\[［【][\s\d\^,，、;；–-]*$")
_BULLET = re.compile(
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


def split_finished(text: str) -> list[Range]:
    """The sentences of an answer still being written that nothing written later can change."""
    ranges = split(text, lines=True)
    if not ranges:
        return []
    last = text[ranges[-1][0] :]
    return ranges[:-2] if len(ranges) > 1 and _OPEN_MARK.fullmatch(last) else ranges[:-1]


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
    return following.split("\n", 1)[0].strip() == "" or _BULLET.match(following) is not None


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


def take_marks(text: str) -> tuple[str, tuple[int, ...]]:
    """`text` without its marks, and the numbers that they name, in order, each once."""
    numbers: list[int] = []
    for mark in MARK.finditer(text):
        numbers.extend(_numbers(mark.group()))
    clean = re.sub(rf"[ \t\u3000]*{_MARK_BODY}", "", text)
    return clean.strip(), tuple(dict.fromkeys(numbers))


def _numbers(mark: str) -> list[int]:
    numbers: list[int] = []
    for part in re.split(r"[,，、;；]", mark.strip("[]［］【】")):
        ends = [int(number) for number in re.findall(r"\d+", part)]
        if len(ends) == 2 and ends[0] < ends[1] <= ends[0] + 20:
            numbers.extend(range(ends[0], ends[1] + 1))
        else:
            numbers.extend(ends)
    return numbers


def without_bullet(text: str) -> str:
    """A sentence of an answer without its list bullet and Markdown emphasis."""
    bare = re.sub(r"\*\*|__|`|^#{1,6}\s+|^>\s+", "", text.strip())
    bullet = _BULLET.match(bare)
    return bare[bullet.end() :].strip() if bullet else bare
