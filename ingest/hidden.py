"""Text that is in the file and cannot be seen on the page: white on white, painted over, outside of the page.

Pure; it knows lines, painted areas and pixels. Hidden text is how a document speaks to programs behind a reader's back.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.flow import Line
from ingest.records import BBox
from ingest.rules import Shade, shows

_BACKGROUND = 0.8  # share of the page from which an area that is painted may lie over its text
_CONTRAST = 12  # of 255, between the darkest and the lightest pixel of what can be seen
_INK = 60  # of 255, by which ink is darker than paper
_WRITING = 2000  # changes of dark and light: some two hundred letters at 72 dpi


def may_hide(lines: Sequence[Line], shades: Sequence[Shade], page: BBox) -> list[int]:
    """The lines, by index, of which only the page's picture tells whether they can be seen; mostly none.

    Those without a colour that shows on white paper, unless a darker area is painted around them, and all lines on a
    page that is painted over as a whole.
    """
    dark = [shade.bbox for shade in shades if shows(shade.colour)]
    if any(box.overlap(page) >= _BACKGROUND * page.area for box in dark):
        return list(range(len(lines)))
    return [
        index
        for index, line in enumerate(lines)
        if not shows(line.colour) and not any(box.contains(*line.bbox.center) for box in dark)
    ]


def outside(line: Line, page: BBox) -> bool:
    """Whether the middle of a line lies outside of the page."""
    return not page.contains(*line.bbox.center)


def is_seen(pixels: NDArray[np.uint8], box: BBox, scale: float) -> bool:
    """Whether there is ink in a box: `pixels` of shape (height, width, 3), `scale` pixels a point."""
    x0, top = max(int(box.x0 * scale), 0), max(int(box.top * scale), 0)
    inside = pixels[top : int(box.bottom * scale) + 1, x0 : int(box.x1 * scale) + 1].astype(np.int16)
    if not inside.size:
        return False
    return bool((inside.max(axis=(0, 1)) - inside.min(axis=(0, 1))).max() >= _CONTRAST)


def bare_ink(pixels: NDArray[np.uint8], boxes: Sequence[BBox], scale: float) -> float:
    """The share of a scan's writing over which no text lies; 0 where there is hardly any writing at all.

    Writing is where dark and light follow each other along a row. `pixels` and `scale` as above.
    """
    grey = pixels.min(axis=2).astype(np.int16)
    ink = grey < np.median(grey) - _INK
    changes = ink[:, 1:] != ink[:, :-1]
    everywhere = int(changes.sum())
    if everywhere < _WRITING:
        return 0.0
    for box in boxes:
        x0, top = max(int(box.x0 * scale) - 1, 0), max(int(box.top * scale) - 1, 0)
        changes[top : int(box.bottom * scale) + 2, x0 : int(box.x1 * scale) + 2] = False
    return int(changes.sum()) / everywhere
