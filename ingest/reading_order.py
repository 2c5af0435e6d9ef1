"""Blocks that stand out of order in one column, put back above what they stand above.

Pure geometry; it does not know who ordered them, nor what they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.records import BBox, Block

_SLACK = 2.0  # points that a block may reach into those below it


def in_order(blocks: Sequence[Block]) -> list[Block]:
    """The blocks with those moved up that follow what stands wholly below them.

    A block is moved before the first of the blocks right before it that all stand wholly below it, and of which that
    one stands below it within its width. The order of columns, side by side, stays as it is.
    """
    ordered: list[Block] = []
    for block in blocks:
        start = len(ordered)
        while start and _is_below(ordered[start - 1].bbox, block.bbox):
            start -= 1
        while start < len(ordered) and not _in_its_width(ordered[start].bbox, block.bbox):
            start += 1
        ordered.insert(start, block)
    return ordered


def _is_below(box: BBox, other: BBox) -> bool:
    return box.top >= other.bottom - _SLACK


def _in_its_width(one: BBox, other: BBox) -> bool:
    return min(one.x1, other.x1) > max(one.x0, other.x0)
