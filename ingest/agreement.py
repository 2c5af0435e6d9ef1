"""Whether a page's text layer says what its picture shows.

Pure; it compares words near each other and does not know which of the two is shown to readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from ingest.flow import normal
from ingest.recognition import Recognition
from ingest.records import BBox, Word

_LONGEST = 400  # characters of one line that are compared


def agreement(words: Sequence[Word], found: Recognition, points_per_pixel: float) -> float:
    """How alike the words and the recognised lines are, line by line, from 0 to 1; 0 where nothing was recognised.

    Each line is compared with the words whose middles lie in it, by the ratio of Ratcliff and Obershelp: twice the
    characters that match in order, of all of both. White space and the kinds of letters do not count.
    """
    middles = np.array([word.bbox.center for word in words], np.float64).reshape(-1, 2)
    alike = total = 0.0
    for line in found.lines:
        box = found.back.box(line.bbox)
        box = BBox(*(value * points_per_pixel for value in box))
        inside = (middles >= (box.x0, box.top)).all(axis=1) & (middles <= (box.x1, box.bottom)).all(axis=1)
        downwards = line.bbox.height > line.bbox.width
        along = (found.back.c, found.back.d) if downwards else (found.back.a, found.back.b)
        near = [words[index] for index in np.flatnonzero(inside)[np.argsort(middles[inside] @ along)]]
        theirs, ours = _letters([word.text for word in line.words]), _letters([word.text for word in near])
        size = max(len(theirs), len(ours))
        alike += size * SequenceMatcher(None, theirs, ours, autojunk=False).ratio()
        total += size
    return alike / total if total else 0.0


def _letters(texts: Sequence[str]) -> str:
    return "".join(normal("".join(texts)).casefold().split())[:_LONGEST]
