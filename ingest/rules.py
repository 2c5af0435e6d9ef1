"""The straight edges that a page draws to the rules of its tables.

Pure geometry; it does not know words, nor which library read the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ingest.records import BBox


class Edge(NamedTuple):
    """A level or upright line that is drawn, or one side of an area that is `filled`. `colour`: 0xAARRGGBB."""

    bbox: BBox
    colour: int
    filled: bool


class Shade(NamedTuple):
    """An area that is filled, as its box. `colour`: 0xAARRGGBB."""

    bbox: BBox
    colour: int


_SAME = 2.0  # points within which two places are one
_WHITE = 0xF0  # a colour of which all parts are at least this is the page's


def shows(colour: int) -> bool:
    """Whether a colour can be seen on white paper."""
    return colour >> 24 > 0 and any((colour >> shift & 0xFF) < _WHITE for shift in (16, 8, 0))


def level_rules(edges: Iterable[Edge]) -> list[BBox]:
    """The boxes of the level lines that can be seen; pieces that go on from each other are one."""
    seen = [edge.bbox for edge in edges if edge.bbox.width > edge.bbox.height and shows(edge.colour)]
    whole: list[BBox] = []
    for box in sorted(seen, key=lambda box: (round(box.top / _SAME), box.x0)):
        if whole and abs(box.top - whole[-1].top) <= _SAME and box.x0 <= whole[-1].x1 + _SAME:
            whole[-1] = whole[-1].union(box)
        else:
            whole.append(box)
    return whole
