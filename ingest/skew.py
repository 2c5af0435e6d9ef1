"""By how many degrees the rows of a picture are off level, and the picture made level.

Pixels and geometry; it does not read, and knows nothing of pages that stand on their side.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from ingest.recognition import Affine, Image

MOST = 10.0  # degrees that are looked for, both ways
_SIDE = 1000  # pixels of the longer side of the picture that is looked at
_LOWEST, _HIGHEST = 3, 150  # pixels of it: the height of letters, and of words that are joined and skewed
_POINTS = 40_000  # of its ink, at most
_FEW = 200  # points of ink: with less nothing can be said
_COARSE = 0.5  # degrees between two angles that are tried first …
_FINE = 0.05  # … and then around the best of them
_CLEARER = 1.05  # times as sharp as level rows: what is less is level …
_A_LITTLE_CLEARER, _SLIGHT = 1.01, 1.5  # … but for slight angles, in degrees, at which level rows are nearly as sharp
_LEAST = 0.2  # degrees; less is left as it is
_CONTRAST = 25  # of 255 between ink and its ground

Points = npt.NDArray[np.float64]


def skew_of(image: Image) -> float:
    """By how many degrees clockwise the rows of a picture go down, from -10 to 10; 0 where nothing tells.

    `image`: RGB, uint8, shape (height, width, 3). The angle at which the profile of the rows is sharpest: sum over
    rows of the squared count of ink (Postl, Detection of linear oblique structures and skew scan, 1986).
    """
    xs, ys = _letters(image)
    if len(xs) < _FEW:
        return 0.0
    coarse = np.arange(-MOST, MOST + _COARSE / 2, _COARSE)
    sharp = np.array([_sharpness(xs, ys, angle) for angle in coarse])
    best = float(coarse[int(sharp.argmax())])
    fine = np.arange(best - _COARSE, best + _COARSE + _FINE / 2, _FINE)
    finest = np.array([_sharpness(xs, ys, angle) for angle in fine])
    angle = float(fine[int(finest.argmax())])
    clearer = _CLEARER if abs(angle) > _SLIGHT else _A_LITTLE_CLEARER
    if abs(angle) < _LEAST or abs(angle) > MOST or finest.max() < clearer * _sharpness(xs, ys, 0.0):
        return 0.0
    return round(angle, 2)


def _letters(image: Image) -> tuple[Points, Points]:
    """Where a small copy of the picture has ink of what may be letters or words: x and y of its points."""
    height, width = image.shape[:2]
    scale = min(_SIDE / max(height, width), 1.0)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    thin = np.ones((15, 15), np.uint8)
    dark, light = (cv2.morphologyEx(small, hat, thin) for hat in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT))
    mask = (np.maximum(dark, light) > _CONTRAST).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    fitting = (stats[:, 3] >= _LOWEST) & (stats[:, 3] <= _HIGHEST) & (stats[:, 2] >= _LOWEST)
    fitting[0] = False
    ys, xs = np.nonzero(fitting[labels])
    step = 1 + len(xs) // _POINTS
    return xs[::step].astype(np.float64), ys[::step].astype(np.float64)


def _sharpness(xs: Points, ys: Points, angle: float) -> float:
    """How sharp the rows' profile is when rows go down by an angle, in degrees."""
    radians = math.radians(angle)
    rows = np.rint(ys * math.cos(radians) - xs * math.sin(radians)).astype(np.int64)
    counts = np.bincount(rows - rows.min()).astype(np.float64)
    return float((counts**2).sum())


def levelled(image: Image, angle: float) -> tuple[Image, Affine]:
    """The picture turned back by its skew, in degrees, and the way from it to the picture as it was given.

    It is as much larger as its corners need; what is new is in the colour of its edge.
    """
    height, width = image.shape[:2]
    radians = math.radians(angle)
    cos, sin = math.cos(radians), math.sin(radians)
    new_width = math.ceil(width * abs(cos) + height * abs(sin))
    new_height = math.ceil(width * abs(sin) + height * abs(cos))
    # To the middle of the given picture from that of the new one, turned by the angle.
    e = width / 2 - (cos * new_width / 2 - sin * new_height / 2)
    f = height / 2 - (sin * new_width / 2 + cos * new_height / 2)
    back = Affine(cos, sin, -sin, cos, e, f)
    matrix = np.array([[back.a, back.c, back.e], [back.b, back.d, back.f]])
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    colour = [float(value) for value in np.median(edge, axis=0)]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    turned = cv2.warpAffine(image, matrix, (new_width, new_height), flags=flags, borderValue=colour)
    return np.asarray(turned, np.uint8), back
