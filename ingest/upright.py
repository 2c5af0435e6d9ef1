"""Reading a picture with all that its pixels say of its lines: their words, the strokes of their type, drawn rules.

It does not know which engine reads, nor how that finds which way up the picture is.
"""

from __future__ import annotations

from dataclasses import replace

from ingest.picture_rules import picture_rules
from ingest.preparation import upright
from ingest.recognition import Image, OcrEngine, Recognition
from ingest.strokes import stroke_widths


def read_upright(engine: OcrEngine, image: Image) -> Recognition:
    """What stands on a picture, with the strokes of its lines and its rules, on the picture as the engine turned it.

    `image`: RGB, uint8, shape (height, width, 3). To the rules that the engine sees come those that are drawn. Raises
    what the engine raises.
    """
    found = engine.read(image)
    picture = upright(image, found.turned, found.skew).image
    boxes = [line.bbox for line in found.lines]
    widths = stroke_widths(picture, boxes)
    lines = tuple(line._replace(stroke=width) for line, width in zip(found.lines, widths, strict=True))
    return replace(found, lines=lines, rules=(*found.rules, *picture_rules(picture, boxes)))
