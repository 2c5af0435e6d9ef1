"""Text that is drawn as outlines: filled shapes of the size of letters, side by side in rows.

Pure geometry; it does not know which letters they show.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ingest.records import BBox

_SIZES = (3.0, 60.0)  # points, of a shape's height
_MOST = 2000  # shapes that are compared, each with each
_GAP = 1.0  # heights between a letter and the next
_LEVEL = 0.5  # share of the lower one's height that two letters of a row share
_ALIKE = 3.0  # how much taller one letter of a row is than another at most
_WIDE = 3.0  # heights from which a shape is a row of letters by itself
_LETTER = 0.6  # its width in heights
_DIFFERENT = 5  # widths, to the half point, that letters have at least: dots of a pattern are all alike


def letters_in_rows(boxes: Sequence[BBox]) -> int:
    """About how many of the shapes in these boxes are letters of a text."""
    shapes = np.array([box for box in boxes if _SIZES[0] <= box.height <= _SIZES[1]][:_MOST], np.float64)
    if not len(shapes):
        return 0
    x0, top, x1, bottom = shapes.T
    width, height = x1 - x0, bottom - top
    if len(np.unique(np.rint(width * 2))) < _DIFFERENT:
        return 0
    wide = width >= _WIDE * height
    lower = np.minimum(height[:, None], height)
    level = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top) >= _LEVEL * lower
    alike = np.maximum(height[:, None], height) <= _ALIKE * lower
    gap = x0 - x1[:, None]
    beside = (gap <= _GAP * height[:, None]) & (x0 > x0[:, None])
    in_rows = (level & alike & beside & ~wide & ~wide[:, None]).any(axis=1)
    return int(in_rows.sum() + (width[wide] / (_LETTER * height[wide])).sum())
