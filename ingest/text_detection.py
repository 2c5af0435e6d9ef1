"""Where lines of text stand on a picture: the detector of PP-OCR, on a picture no larger than its text needs.

It does not read them, and does not know which way up they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.recognition import Image

Quads = npt.NDArray[np.float32]
"""Shape (n, 4, 2): the corners of n rectangles in pixels, clockwise from the one at the top left."""

Network = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""One picture, shape (1, 3, height, width), values from -1 to 1, to what the model says of it."""

FIRST_LOOK = 650_000  # pixels
_MOST = 2_400_000  # pixels; a look at so many takes 0.9 GB
_SMALL = 12.0  # pixels; lower lines are found badly
_WANTED = 16.0  # pixels
_LARGER = 2.0  # times as large as it is at most
_STRIDE = 32  # the network wants sides that are multiples of it
_MANY_LINES = 5000


class LineFinder:
    """The detector of PP-OCR: DB, differentiable binarisation (Liao et al. 2020)."""

    def __init__(self, network: Network) -> None:
        from rapidocr.ch_ppocr_det.utils import DBPostProcess

        self._network = network
        # As RapidOCR sets them; only that its limit of 1000 lines is lower.
        self._lines_of: Any = DBPostProcess(
            thresh=0.3, box_thresh=0.5, max_candidates=_MANY_LINES, unclip_ratio=1.6, use_dilation=True
        )

    def find(self, image: Image, scale: float) -> Quads:
        """The lines of the picture, looked for on one `scale` times as large, in pixels of the picture as it is."""
        found, _ = self._lines_of(self._network(network_input(image, scale)), image.shape[:2])
        return np.asarray(found, np.float32).reshape(-1, 4, 2)


def network_input(image: Image, scale: float) -> npt.NDArray[np.float32]:
    """The picture as the network takes it, about `scale` times as large, shape (1, 3, height, width), as BGR."""
    import cv2

    height, width = (max(round(side * scale / _STRIDE), 1) * _STRIDE for side in image.shape[:2])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sized = cv2.resize(image, (width, height), interpolation=how)[:, :, ::-1]
    return np.ascontiguousarray(sized.transpose(2, 0, 1)[None], np.float32) * np.float32(2 / 255) - np.float32(1)


def first_scale(height: int, width: int) -> float:
    """How large a picture is for a first look, in times its size."""
    return min(1.0, math.sqrt(FIRST_LOOK / (height * width)))


def better_scale(heights: npt.NDArray[np.float32], scale: float, pixels: int) -> float | None:
    """The scale at which lines of these heights (in pixels of the picture) are found well; None where `scale` does.

    A tenth of the lines may be lower. `pixels`: the size of the picture.
    """
    if not len(heights):
        return None
    low = float(np.quantile(heights, 0.1))
    if low * scale >= _SMALL:
        return None
    better = min(_WANTED / low, _LARGER, math.sqrt(_MOST / pixels))
    return better if better > 1.1 * scale else None


def sides(quads: Quads) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Width and height of each rectangle, shape (n,), in pixels along its own sides."""
    return np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1), np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
