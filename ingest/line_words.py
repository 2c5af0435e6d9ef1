"""What a recogniser says of a line to words with boxes: its columns give the characters, the ink their ends.

Pure functions over arrays; it does not know which model made the scores, nor where the line stands on a page.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import groupby, zip_longest
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.recognition import OcrWord
from ingest.records import BBox

_SPACE = " "
_APART = 0.5  # of the line's height: white that sets apart what is of another line
_INK = 0.35  # least difference from the ground, as a share of the strongest


class Character(NamedTuple):
    """A character that was read; `at`: its middle, from 0 to 1 along the line; `confidence` is from 0 to 1."""

    text: str
    at: float
    confidence: float


def decode(scores: npt.NDArray[np.float32], alphabet: Sequence[str]) -> tuple[Character, ...]:
    """The characters along the best path of a CTC recogniser (Graves et al. 2006).

    `scores`: probabilities, shape (columns, classes); class 0 is the blank, `alphabet` names the others from 1 on. A
    run of one class is one character, and as sure as its surest column.
    """
    columns = len(scores)
    best = scores.argmax(axis=1)
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    ends = np.append(starts[1:], columns)
    return tuple(
        Character(
            alphabet[best[start]], float(start + end) / (2 * columns), float(scores[start:end, best[start]].max())
        )
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        if best[start]
    )


def inked(line: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Which columns of a line's picture bear ink: shape (width,), from grey levels of shape (height, width).

    The ground is the commonest level, so that light text on dark is found too.
    """
    ground = int(np.bincount(line.ravel(), minlength=256).argmax())
    contrast = np.abs(line.astype(np.int16) - ground).max(axis=0)
    inked: npt.NDArray[np.bool_] = contrast > max(_INK * float(contrast.max(initial=0)), 1.0)
    return inked


def words_of(characters: Sequence[Character], ink: npt.NDArray[np.bool_], height: float) -> tuple[OcrWord, ...]:
    """The words of a line, boxes in pixels of its picture, which is `height` high and as wide as `ink` is long.

    A word reaches to the widest white between its last character and the next word's first. What stands apart at the
    ends of the picture and was not read is of another line: engines cut lines out with some air.
    """
    width = len(ink)
    gaps = _Gaps(ink)
    words: list[OcrWord] = []
    parts = [list(part) for spaces, part in groupby(characters, lambda read: read.text == _SPACE) if not spaces]
    least = _APART * height
    x0 = gaps.begin(parts[0][0].at * width, least) if parts else 0.0
    for part, following in zip_longest(parts, parts[1:]):
        end, start = (
            gaps.between(part[-1].at * width, following[0].at * width)
            if following
            else (gaps.end(part[-1].at * width, least), 0.0)
        )
        words.append(_word(part, x0, end, height))
        x0 = start
    return tuple(words)


def _word(characters: Sequence[Character], x0: float, x1: float, height: float) -> OcrWord:
    confidence = sum(character.confidence for character in characters) / len(characters)
    return OcrWord("".join(character.text for character in characters), BBox(x0, 0.0, x1, height), confidence)


class _Gaps:
    """The runs of columns without ink."""

    def __init__(self, ink: npt.NDArray[np.bool_]) -> None:
        edges = np.flatnonzero(np.diff(ink, prepend=True, append=True))
        self._starts: list[int] = edges[::2].tolist()
        self._ends: list[int] = edges[1::2].tolist()
        self._first = float(self._ends[0]) if self._starts[:1] == [0] and self._ends[0] < len(ink) else 0.0
        self._last = float(self._starts[-1]) if self._ends[-1:] == [len(ink)] and self._starts[-1] > 0 else len(ink)

    def begin(self, at: float, least: float) -> float:
        """Where the ink that a place is in begins: behind the last gap before it of at least `least` columns."""
        for start, end in zip(reversed(self._starts), reversed(self._ends), strict=True):
            if end <= at and end - start >= least:
                return float(end)
        return self._first

    def end(self, at: float, least: float) -> float:
        """Where the ink that a place is in ends: at the first gap behind it of at least `least` columns."""
        for start, end in zip(self._starts, self._ends, strict=True):
            if start >= at and end - start >= least:
                return float(start)
        return self._last

    def between(self, left: float, right: float) -> tuple[float, float]:
        """The gap that is widest between two places; where there is none, twice the middle between them.

        The whole gap: a recogniser's place of a narrow letter may lie in the white behind it.
        """
        some = range(bisect_right(self._ends, left), bisect_left(self._starts, right))
        gaps = [(float(self._starts[index]), float(self._ends[index])) for index in some]
        middle = (left + right) / 2
        return max(gaps, key=lambda gap: min(gap[1], right) - max(gap[0], left), default=(middle, middle))
