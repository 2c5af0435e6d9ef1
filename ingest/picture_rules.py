"""The straight lines that are drawn in a picture: those of tables, boxes and columns.

Morphology on pixels (openings with long thin elements, as usual line detectors have them) and arithmetic on boxes; it
does not know what the lines are for. Strokes of letters are shorter than what is looked for, photos have no long thin
parts.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from ingest.recognition import Image
from ingest.records import BBox

_LEAST = 0.022  # of the picture's longer side: the shortest line that is looked for
_THICKEST = 0.004  # of the longer side: what is thicker is an area
_BLOCK = 0.012  # of the longer side: what is wider in both directions is ground
_STROKE = 0.004  # of the longer side: what is thinner may be a stroke of a letter
_CONTRAST = 8  # of 255: how much a line is darker, or lighter, than its ground
_BESIDE = 5  # pixels from a light line within which its ground is looked at
_GROUND = 0.9  # share of the pixels beside it that are ground
_GAP = 0.004  # of the longer side: white within a line that is bridged
_HATCHING = 0.006  # of the longer side: lines nearer than this on both sides are hatching
_EDGE = 0.1  # of a line of text's height, above and below, where underlines and frames may lie
_WRITTEN = 0.5  # share of a line that lies within text: then it is made of its strokes
_MAX_RULES = 1500

Mask = npt.NDArray[np.uint8]
Boxes = npt.NDArray[np.float64]
"""Shape (n, 4): x0, top, x1, bottom."""


def picture_rules(image: Image, lines: Sequence[BBox] = ()) -> tuple[BBox, ...]:
    """Level and plumb lines as thin boxes in pixels; none where there are very many, as in drawings.

    `image`: RGB, uint8, shape (height, width, 3), upright. `lines`: boxes of text, whose strokes are no rules.
    """
    side = max(image.shape[:2])
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    block, stroke = (np.ones((max(int(share * side) | 1, 3),) * 2, np.uint8) for share in (_BLOCK, _STROKE))
    text = np.array(lines, np.float64).reshape(-1, 4)
    dark = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, block)
    unwritten = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, stroke)  # else white between letters and lines makes lines
    light = cv2.morphologyEx(unwritten, cv2.MORPH_TOPHAT, block)
    found: list[Boxes] = []
    for contrast in (dark, light):
        mask = np.where(contrast > _CONTRAST, 255, 0).astype(np.uint8)
        for upright in (False, True):
            boxes = _lines(mask, side, upright)
            if len(boxes) > _MAX_RULES:
                return ()
            boxes = boxes[~_hatched(boxes, _HATCHING * side, upright)]
            boxes = boxes[~_written(boxes, text, upright)]
            found.append(boxes if contrast is dark else boxes[_on_ground(boxes, grey, upright)])
    return tuple(BBox(*box) for boxes in found for box in boxes.tolist())


def _lines(mask: Mask, side: int, upright: bool) -> Boxes:
    least, gap = max(int(_LEAST * side), 8), max(int(_GAP * side), 1)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _element(gap, upright))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, _element(least, upright))
    _, _, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    left, top, width, height, _ = stats[1:].astype(np.float64).T
    thin = (width if upright else height) <= max(_THICKEST * side, 3)
    return np.asarray(np.stack([left, top, left + width, top + height], axis=1)[thin], np.float64)


def _on_ground(boxes: Boxes, grey: npt.NDArray[np.uint8], upright: bool) -> npt.NDArray[np.bool_]:
    """Which light lines have ground on both sides: between rows of text and in photos it is light there, too."""
    pixels = grey.T if upright else grey
    held = [True] * len(boxes)
    for index, box in enumerate(boxes.astype(int).tolist()):
        left, top, right, bottom = (box[1], box[0], box[3], box[2]) if upright else box
        most = int(np.median(pixels[top:bottom, left:right])) - _CONTRAST
        above, below = (
            pixels[max(top - _BESIDE, 0) : max(top - 2, 0), left:right],
            pixels[bottom + 2 : bottom + _BESIDE, left:right],
        )
        held[index] = all(band.size and (band <= most).mean() >= _GROUND for band in (above, below))
    return np.array(held, np.bool_)


def _element(length: int, upright: bool) -> Mask:
    return np.ones((length, 1) if upright else (1, length), np.uint8)


def _along(boxes: Boxes, others: Boxes, upright: bool) -> Boxes:
    """How far each box and each other lie side by side, in the direction of the lines; shape (n, m)."""
    start, end = (1, 3) if upright else (0, 2)
    first = np.maximum(boxes[:, None, start], others[None, :, start])
    last = np.minimum(boxes[:, None, end], others[None, :, end])
    return np.asarray(np.maximum(last - first, 0.0), np.float64)


def _lengths(boxes: Boxes, upright: bool) -> Boxes:
    return np.asarray(boxes[:, 3] - boxes[:, 1] if upright else boxes[:, 2] - boxes[:, 0], np.float64)


def _middles(boxes: Boxes, upright: bool) -> Boxes:
    return np.asarray(boxes[:, 0] + boxes[:, 2] if upright else boxes[:, 1] + boxes[:, 3], np.float64) / 2


def _hatched(boxes: Boxes, near: float, upright: bool) -> npt.NDArray[np.bool_]:
    """Which lines have others close by on both sides, along half of their length."""
    at = _middles(boxes, upright)
    steps = at[None, :] - at[:, None]
    beside = 2 * _along(boxes, boxes, upright) >= _lengths(boxes, upright)[:, None]
    after, before = (steps > 0) & (steps < near), (steps < 0) & (steps > -near)
    return np.asarray((beside & after).any(axis=1) & (beside & before).any(axis=1))


def _written(boxes: Boxes, text: Boxes, upright: bool) -> npt.NDArray[np.bool_]:
    """Which lines lie for the most part within boxes of text."""
    at = _middles(boxes, upright)[:, None]
    edge = np.zeros(len(text)) if upright else _EDGE * (text[:, 3] - text[:, 1])
    low, high = (0, 2) if upright else (1, 3)
    inside = (text[:, low] + edge <= at) & (at <= text[:, high] - edge)
    return np.asarray((_along(boxes, text, upright) * inside).sum(axis=1) > _WRITTEN * _lengths(boxes, upright))
