"""Pictures on a page: how much of it they cover, and which of them may carry text of their own.

Pure geometry; it does not know what they show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ingest.records import BBox

MAX_REGIONS = 8
"""Of one page, the largest."""

_LEAST = (50.0, 14.0)  # points: width and height of a picture that may carry text …
_LEAST_AREA = 2500.0  # … and its area
_WHOLE = 0.9  # share of the page from which a picture is its background
_WRITTEN = 0.2  # share of a picture under words from which it is their background
_TOUCH = 1.0  # points between the strips of one picture
_OFTEN = 5  # pages on which the same picture stands in the same place, from which it is part of the paper


def share_under(pictures: Iterable[BBox], page: BBox) -> float:
    """Share of the page under pictures, from 0 to 1; overlaps count twice."""
    covered = sum(picture.overlap(page) for picture in pictures)
    return min(covered / page.area, 1.0) if page.area else 0.0


def regions(pictures: Sequence[BBox], words: Sequence[BBox], page: BBox) -> tuple[BBox, ...]:
    """The pictures of a page, strips put together, that may carry text which is not in `words`; from the top."""
    found = [box for box in _whole(_visible(pictures, page)) if _may_carry(box, page) and not _written(box, words)]
    found = sorted(found, key=lambda box: box.area, reverse=True)[:MAX_REGIONS]
    return tuple(sorted(found, key=lambda box: (box.top, box.x0)))


def _visible(pictures: Iterable[BBox], page: BBox) -> list[BBox]:
    cut = [
        BBox(max(box.x0, page.x0), max(box.top, page.top), min(box.x1, page.x1), min(box.bottom, page.bottom))
        for box in pictures
    ]
    return [box for box in cut if box.x0 < box.x1 and box.top < box.bottom]


def _whole(boxes: Sequence[BBox]) -> list[BBox]:
    """Boxes that touch, put together, until none do."""
    whole: list[BBox] = []
    for box in boxes:
        while touching := [other for other in whole if _touch(box, other)]:
            whole = [other for other in whole if other not in touching]
            for other in touching:
                box = box.union(other)
        whole.append(box)
    return whole


def _touch(one: BBox, other: BBox) -> bool:
    wider = BBox(one.x0 - _TOUCH, one.top - _TOUCH, one.x1 + _TOUCH, one.bottom + _TOUCH)
    return wider.overlap(other) > 0


def _may_carry(box: BBox, page: BBox) -> bool:
    width, height = _LEAST
    return box.width >= width and box.height >= height and _LEAST_AREA <= box.area < _WHOLE * page.area


def _written(box: BBox, words: Iterable[BBox]) -> bool:
    return sum(box.overlap(word) for word in words) > _WRITTEN * box.area


def without_repeated(found: Mapping[int, Sequence[BBox]]) -> dict[int, tuple[BBox, ...]]:
    """The regions by page without those that stand in the same place on many pages, but for the first: a logo."""
    places = Counter(_place(box) for boxes in found.values() for box in boxes)
    seen: set[tuple[int, ...]] = set()
    kept: dict[int, tuple[BBox, ...]] = {}
    for number, boxes in sorted(found.items()):
        new = tuple(box for box in boxes if places[_place(box)] < _OFTEN or _place(box) not in seen)
        seen.update(map(_place, boxes))
        if new:
            kept[number] = new
    return kept


def _place(box: BBox) -> tuple[int, ...]:
    return tuple(map(round, box))
