"""How wide the strokes are that lines of a picture are written with: bold type has wider ones.

Pure arithmetic on pixels; it does not know what is written.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ingest.recognition import Image
from ingest.records import BBox

_LEAST_CONTRAST = 24.0  # of 255 between ink and paper: with less nothing is measured


def stroke_widths(image: Image, boxes: Sequence[BBox]) -> list[float]:
    """The mean width of the strokes in each box, in pixels; 0 where there is no ink to measure.

    The area of ink is its length times its width, the way around it twice its length: the width is 2 A / P. Both are
    sums over grey values (of ink, and of the steps between neighbours), so that no threshold is needed.
    """
    return [_width(image[max(int(b.top), 0) : int(b.bottom) + 1, max(int(b.x0), 0) : int(b.x1) + 1]) for b in boxes]


def _width(part: Image) -> float:
    if part.shape[0] < 2 or part.shape[1] < 2:
        return 0.0
    grey = part.astype(np.float32).mean(axis=2)
    dark, light = np.percentile(grey, (2, 98))
    if light - dark < _LEAST_CONTRAST:
        return 0.0
    paper_is_light = float(np.median(grey)) * 2 >= dark + light
    ink = np.clip((light - grey if paper_is_light else grey - dark) / (light - dark), 0.0, 1.0)
    area, around = float(ink.sum()), _perimeter(ink)
    return 2 * area / around if around else 0.0


def _perimeter(ink: npt.NDArray[np.float32]) -> float:
    """The length of the edge of the ink: the grey values' total variation."""
    down = np.diff(ink, axis=0)[:, :-1]
    right = np.diff(ink, axis=1)[:-1, :]
    return float(np.hypot(down, right).sum())
