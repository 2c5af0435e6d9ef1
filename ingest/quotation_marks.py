"""Quotation marks as the page has them: the base writes all of them straight.

Pure geometry; it does not know who saw where they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ingest.flow import Line
from ingest.records import Word

STRAIGHT = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'"}
"""What the base writes for each."""

_STRAIGHT = frozenset(STRAIGHT.values())
_AROUND = 1.0  # points by which a mark may stand outside its word's box
_MAX_COMPARED = 10**6  # words with marks that may hold one


class QuoteMark(NamedTuple):
    """A mark whose middle stands at `x`, `y` on the page as seen."""

    character: str
    x: float
    y: float


def with_quotes(lines: Sequence[Line], marks: Sequence[QuoteMark], unit: float = 1.0) -> tuple[Line, ...]:
    """The lines, the straight marks of a word replaced where as many of the `marks` stand in its box, by their order.

    `unit`: points in one unit of the marks' places.
    """
    held = sum(not _STRAIGHT.isdisjoint(word.text) for line in lines for word in line.words) if marks else 0
    if not held or held * len(marks) > _MAX_COMPARED:
        return tuple(lines)
    placed = [mark._replace(x=mark.x * unit, y=mark.y * unit) for mark in marks]
    return tuple(
        line if line.rotation else line._replace(words=tuple(_marked(word, placed) for word in line.words))
        for line in lines
    )


def _marked(word: Word, marks: Iterable[QuoteMark]) -> Word:
    straight = [place for place, character in enumerate(word.text) if character in _STRAIGHT]
    if not straight:
        return word
    x0, top, x1, bottom = word.bbox
    inside = sorted(
        (mark for mark in marks if x0 - _AROUND <= mark.x <= x1 + _AROUND and top <= mark.y <= bottom),
        key=lambda mark: mark.x,
    )
    if [STRAIGHT[mark.character] for mark in inside] != [word.text[place] for place in straight]:
        return word
    text = list(word.text)
    for place, mark in zip(straight, inside, strict=True):
        text[place] = mark.character
    return word._replace(text="".join(text))
