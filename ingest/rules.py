"""The straight edges that a page draws to the rules of its tables.

Pure geometry; it does not know words, nor which library read the page.
"""

from __future__ import annotations

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
