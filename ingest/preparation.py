"""A page's picture made upright: by which quarter it is turned, how far it is skewed, and both undone.

It judges by the lines that were found and by how surely a few of them are read; it does not know who finds or reads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.flow import is_cjk
from ingest.line_crops import DOWNWARD, cut
from ingest.recognition import AS_IT_IS, Affine, Image
from ingest.text_detection import Quads, sides

Read = Callable[[Image], tuple[str, float]]
"""A line's picture to what it says, and how sure that is from 0 to 1; ("", 0.0) where it says nothing."""

_PROBES = 3  # lines that are read to see which way up they are
_PROBE_LENGTH = 10.0  # heights of a line that are read of it
_SURE = 0.9  # lines the right way up are read at 0.95 and more, those on their heads at 0.85 and less
_STACKED_SURE = 0.8  # characters that stand upright below each other, put side by side; at most 0.75 where they lie
_LONG = 4.0  # times as wide as high: a line that says how far it is skewed
_MOST_SKEW = 15.0  # degrees; what is more is no page that lay askew
_LEAST_SKEW = 0.3  # degrees: less moves the end of a line by less than half its height


Find = Callable[[Image], Quads]
"""A picture to where its lines stand."""


class Upright(NamedTuple):
    """A picture made upright, and the map from it to the picture as it was given."""

    image: Image
    back: Affine


class Prepared(NamedTuple):
    """A picture made upright, with its lines; `back`, `turned` and `skew` as `Recognition` has them."""

    image: Image
    back: Affine
    turned: int
    skew: float
    quads: Quads


def prepare(image: Image, find: Find, read: Read) -> Prepared:
    """The picture made upright. Its lines are found once, a second time where it was turned by a quarter."""
    quads = find(image)
    turned = quarter_turn(image, quads, read)
    if turned:
        quads = find(upright(image, turned, 0.0).image)
    skew = skew_of(quads)
    picture, back = upright(image, turned, skew)
    if skew:
        height, width = image.shape[:2]
        quads = moved(quads, quarter_back(turned, width, height).then(inverse(back)))
    return Prepared(picture, back, turned, skew, quads)


def quarter_turn(image: Image, quads: Quads, read: Read) -> int:
    """By how much the picture must be turned clockwise so that its lines are level and not on their heads.

    0, 90, 180 or 270 degrees. Columns of characters that stand upright below each other, as Chinese is written, are
    as they should be.
    """
    if not len(quads):
        return 0
    widths, heights = sides(quads)
    downward = heights >= DOWNWARD * widths
    lengths = np.maximum(widths, heights)
    sideways = lengths[downward].sum() > lengths[~downward].sum()
    alike = quads[downward] if sideways else quads[~downward]
    longest = np.argsort(-np.maximum(*sides(alike)), kind="stable")[:_PROBES]
    probes = [_start(cut(image, quad)[0]) for quad in alike[longest]]
    read_so = [read(probe) for probe in probes]
    sure = fmean(confidence for _, confidence in read_so)
    on_its_head = sure < _SURE and fmean(read(_turned(probe, 180))[1] for probe in probes) > sure
    if not sideways:
        return 180 if on_its_head else 0
    if on_its_head:
        return 90
    if _is_cjk("".join(text for text, _ in read_so)) and fmean(read(stacked(p))[1] for p in probes) >= _STACKED_SURE:
        return 0
    return 270


def _start(piece: Image) -> Image:
    return piece[:, : max(int(piece.shape[0] * _PROBE_LENGTH), 1)]


def _is_cjk(text: str) -> bool:
    return 2 * sum(map(is_cjk, text)) > len(text)


def stacked(line: Image) -> Image:
    """The squares of a column, which lies on its left side as it is cut, each set upright again and side by side."""
    import cv2

    height, width = line.shape[:2]
    pieces = np.array_split(line, max(round(width / height), 1), axis=1)
    squares = [cv2.resize(_turned(piece, 90), (height, height)) for piece in pieces]
    return np.asarray(np.hstack(squares), np.uint8)


def skew_of(quads: Quads) -> float:
    """By how many degrees the lines rise from left to right: the median over long lines, weighted by their lengths.

    0 where there is no long line, or where it is too little or too much to be undone.
    """
    widths, heights = sides(quads)
    long = widths >= _LONG * heights
    if not long.any():
        return 0.0
    along = quads[long, 1] - quads[long, 0] + quads[long, 2] - quads[long, 3]
    rises = np.degrees(np.arctan2(-along[:, 1], along[:, 0]))
    order = np.argsort(rises)
    weights = np.cumsum(widths[long][order])
    rise = float(rises[order][np.searchsorted(weights, weights[-1] / 2)])
    return rise if _LEAST_SKEW <= abs(rise) <= _MOST_SKEW else 0.0


def upright(image: Image, turned: int, skew: float) -> Upright:
    """The picture turned clockwise by `turned`, a multiple of 90, and then by `skew` degrees.

    Both as `Recognition` has them. A skewed one gets room for its corners.
    """
    height, width = image.shape[:2]
    quarter = quarter_back(turned, width, height)
    if turned:
        image = _turned(image, turned)
    if not skew:
        return Upright(image, quarter)
    straight, back = _rotated(image, skew)
    return Upright(straight, back.then(quarter))


def inverse(way: Affine) -> Affine:
    """The map that undoes another. Raises ZeroDivisionError for one that makes a line of the plane."""
    a, b, c, d, e, f = way
    whole = a * d - b * c
    return Affine(d / whole, -b / whole, -c / whole, a / whole, (c * f - d * e) / whole, (b * e - a * f) / whole)


def moved(quads: Quads, way: Affine) -> Quads:
    """The corners as they are mapped."""
    matrix = np.array([[way.a, way.b], [way.c, way.d]], np.float32)
    return np.asarray(quads @ matrix + np.array([way.e, way.f], np.float32), np.float32)


def quarter_back(clockwise: int, width: float, height: float) -> Affine:
    """From a picture that was turned back to what it was, of this width and height."""
    match clockwise:
        case 90:
            return Affine(0.0, -1.0, 1.0, 0.0, 0.0, height)
        case 180:
            return Affine(-1.0, 0.0, 0.0, -1.0, width, height)
        case 270:
            return Affine(0.0, 1.0, -1.0, 0.0, width, 0.0)
    return AS_IT_IS


def _turned(image: Image, clockwise: int) -> Image:
    return np.ascontiguousarray(np.rot90(image, -clockwise // 90))


def _rotated(image: Image, clockwise: float) -> tuple[Image, Affine]:
    """The picture turned about its middle, and the map back; the corners that it leaves are of its border's colour."""
    import cv2

    height, width = image.shape[:2]
    angle = math.radians(clockwise)
    cos, sin = math.cos(angle), math.sin(angle)
    wide, high = (math.ceil(side) for side in (width * cos + height * abs(sin), width * abs(sin) + height * cos))
    # A step to the right in the new picture is one that rises, where the new one was turned clockwise.
    e = width / 2 - (cos * wide + sin * high) / 2
    f = height / 2 - (-sin * wide + cos * high) / 2
    back = Affine(cos, -sin, sin, cos, e, f)
    matrix = np.array([[back.a, back.c, back.e], [back.b, back.d, back.f]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    straight = cv2.warpAffine(image, matrix, (wide, high), flags=flags, borderValue=_border_colour(image))
    return np.asarray(straight, np.uint8), back


def _border_colour(image: Image) -> Sequence[float]:
    edges: list[npt.NDArray[np.uint8]] = [image[0], image[-1], image[:, 0], image[:, -1]]
    colour: list[float] = np.median(np.concatenate(edges), axis=0).tolist()
    return colour
