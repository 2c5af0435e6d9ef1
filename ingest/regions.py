"""Pictures on a page: how much of it they cover.

Pure geometry; it does not know what they show.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingest.records import BBox


def share_under(pictures: Iterable[BBox], page: BBox) -> float:
    """Share of the page under pictures, from 0 to 1; overlaps count twice."""
    covered = sum(picture.overlap(page) for picture in pictures)
    return min(covered / page.area, 1.0) if page.area else 0.0
