"""The picture of one line, cut out of a picture of many, and the way back from the one to the other.

Geometry and pixels; it does not know what the line says.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ingest.recognition import Affine, Image

DOWNWARD = 1.5  # times as high as wide: the line is read downwards
_LEVEL = 0.1  # most that a corner of a level line is off, in heights of the line


def cut(image: Image, quad: npt.NDArray[np.float32]) -> tuple[Image, Affine]:
    """The line within the corners (clockwise from the top left), laid level, and the map from there to the picture.

    A line that is much higher than wide is turned by 90 degrees anticlockwise, as the recogniser was taught.
    """
    width, height = (float(np.linalg.norm(quad[corner] - quad[0])) for corner in (1, 3))
    if height >= DOWNWARD * width:
        quad = np.roll(quad, -1, axis=0)
        width, height = height, width
    if _is_level(quad, height):
        return _slice(image, quad)
    return _warped(image, quad, max(math.ceil(width), 1), max(math.ceil(height), 1))


def _is_level(quad: npt.NDArray[np.float32], height: float) -> bool:
    along, down = quad[1] - quad[0], quad[3] - quad[0]
    off = max(min(abs(along[0]), abs(along[1])), min(abs(down[0]), abs(down[1])))
    return bool(off <= _LEVEL * height)


def _slice(image: Image, quad: npt.NDArray[np.float32]) -> tuple[Image, Affine]:
    (left, top), (right, bottom) = (
        np.clip(corner, 0, (image.shape[1], image.shape[0])).astype(int).tolist()
        for corner in (np.floor(quad.min(axis=0)), np.ceil(quad.max(axis=0)) + 1)
    )
    piece = image[top:bottom, left:right]
    if quad[1, 0] - quad[0, 0] >= abs(quad[1, 1] - quad[0, 1]):
        return piece, Affine(e=left, f=top)
    return np.rot90(piece), Affine(0.0, 1.0, -1.0, 0.0, right, top)


def _warped(image: Image, quad: npt.NDArray[np.float32], width: int, height: int) -> tuple[Image, Affine]:
    import cv2

    (a, b), (c, d) = ((quad[1] - quad[0]) / width).tolist(), ((quad[3] - quad[0]) / height).tolist()
    e, f = quad[0].tolist()
    matrix = np.array([[a, c, e], [b, d, f]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    piece = cv2.warpAffine(image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(piece, np.uint8), Affine(a, b, c, d, e, f)
