"""The citation marks that models write into their sentences, and sentences of an answer that is still being written.

It does not know what a mark stands for.
"""

from __future__ import annotations

import re

from ingest.sentences import BULLET, MARK_BODY, Range, split

MARK = re.compile(MARK_BODY)
_OPEN_MARK = re.compile(r"\s*[\[［【][\s\d\^,，、;；–-]*$")


def split_finished(text: str) -> list[Range]:
    """The sentences of an answer still being written that nothing written later can change."""
    ranges = split(text, lines=True)
    if not ranges:
        return []
    last = text[ranges[-1][0] :]
    return ranges[:-2] if len(ranges) > 1 and _OPEN_MARK.fullmatch(last) else ranges[:-1]


def take_marks(text: str) -> tuple[str, tuple[int, ...]]:
    """`text` without its marks, and the numbers that they name, in order, each once."""
    numbers: list[int] = []
    for mark in MARK.finditer(text):
        numbers.extend(_numbers(mark.group()))
    clean = re.sub(rf"[ \t\u3000]*{MARK_BODY}", "", text)
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
    bullet = BULLET.match(bare)
    return bare[bullet.end() :].strip() if bullet else bare
