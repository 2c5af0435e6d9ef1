"""Reading a picture whichever way it lies: skew undone before, pages on their side or upside down found by reading.

It wraps an engine and does not know which. Most pictures are read once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ingest.flow import is_cjk
from ingest.ocr_layout import is_downwards
from ingest.picture_rules import picture_rules
from ingest.recognition import AS_IT_IS, Affine, Image, OcrEngine, OcrLine, Recognition
from ingest.skew import levelled, skew_of
from ingest.strokes import stroke_widths

_ON_ITS_SIDE = 0.5  # share of the characters in downward lines from which a picture may lie on its side
_SURE = 0.85  # mean confidence below which a picture may be upside down
_DOWNWARDS = 0.5  # share of the characters that are read one by one as they stand: then they are written downwards
_LINES, _EACH = 4, 4  # lines, and characters of each, that are looked at so


def read_upright(engine: OcrEngine, image: Image) -> Recognition:
    """What stands on a picture, made upright where it lies otherwise, with the strokes of its lines and its rules.

    To the rules that the engine sees come those that are drawn.

    `image`: RGB, uint8, shape (height, width, 3). Raises what the engine raises.
    """
    found, level = _read(engine, image, 0)
    turns: tuple[int, ...] = ()
    if _lies(found):
        if not _is_written_downwards(engine, level, found):
            turns = (90, 270)
    elif found.lines and found.confidence < _SURE:
        turns = (180,)
    for turn in turns:
        other, turned = _read(engine, image, turn)
        if _score(other) > _score(found) or (turn != 180 and _lies(found) and _score(other) >= 0.9 * _score(found)):
            found, level = other, turned
    boxes = [line.bbox for line in found.lines]
    widths = stroke_widths(level, boxes)
    lines = tuple(line._replace(stroke=width) for line, width in zip(found.lines, widths, strict=True))
    return replace(found, lines=lines, rules=(*found.rules, *picture_rules(level, boxes)))


def _read(engine: OcrEngine, image: Image, turn: int) -> tuple[Recognition, Image]:
    """What is read of the picture turned clockwise and levelled, and that picture."""
    turned, back = turned_by(image, turn)
    angle = skew_of(turned)
    if angle:
        turned, own = levelled(turned, angle)
        back = after(own, back)
    return replace(engine.read(turned), back=back, turned=turn, skew=angle), turned


def turned_by(image: Image, turn: int) -> tuple[Image, Affine]:
    """The picture turned clockwise by 0, 90, 180 or 270 degrees, and the way back from it."""
    height, width = image.shape[:2]
    ways = {
        0: AS_IT_IS,
        90: Affine(0, -1, 1, 0, 0, height),
        180: Affine(-1, 0, 0, -1, width, height),
        270: Affine(0, 1, -1, 0, width, 0),
    }
    return np.ascontiguousarray(np.rot90(image, -turn // 90)), ways[turn]


def after(first: Affine, then: Affine) -> Affine:
    """The map that is one map and then another."""
    a, b, c, d, e, f = first
    return Affine(
        then.a * a + then.c * b,
        then.b * a + then.d * b,
        then.a * c + then.c * d,
        then.b * c + then.d * d,
        then.a * e + then.c * f + then.e,
        then.b * e + then.d * f + then.f,
    )


def _score(found: Recognition) -> float:
    """How much was read, and how surely."""
    return sum(len(word.text) * word.confidence**2 for line in found.lines for word in line.words)


def _lies(found: Recognition) -> bool:
    """Whether most of the text is in lines that are higher than wide."""
    lengths = [(len(line.text), is_downwards(line)) for line in found.lines]
    return sum(n for n, down in lengths if down) > _ON_ITS_SIDE * max(sum(n for n, _ in lengths), 1)


def _is_written_downwards(engine: OcrEngine, image: Image, found: Recognition) -> bool:
    """Whether the lines that are higher than wide are Chinese written downwards: each character stands upright.

    Some characters are put side by side and read as they stand.
    """
    columns = sorted(
        (line for line in found.lines if is_downwards(line) and all(map(is_cjk, line.text.replace(" ", "")))),
        key=lambda line: -len(line.text),
    )[:_LINES]
    parts = [part for line in columns for part in _characters(image, line)]
    if not parts:
        return False
    side = max(max(part.shape[:2]) for _, part in parts)
    strip = np.full((2 * side, int(1.2 * side) * len(parts) + side, 3), np.median(image, axis=(0, 1)), np.uint8)
    for index, (_, part) in enumerate(parts):
        left = side // 2 + int(1.2 * side) * index
        strip[side // 2 : side // 2 + part.shape[0], left : left + part.shape[1]] = part
    read = Counter(character for line in engine.read(strip).lines for character in line.text)
    wanted = Counter(character for character, _ in parts)
    return (read & wanted).total() >= _DOWNWARDS * len(parts)


def _characters(image: Image, line: OcrLine) -> Iterator[tuple[str, Image]]:
    """The first characters of a downward line, each with its part of the picture."""
    text = line.text.replace(" ", "")
    step = line.bbox.height / len(text)
    for index, character in enumerate(text[:_EACH]):
        top = line.bbox.top + index * step
        part = image[int(top) : int(top + step) + 1, int(line.bbox.x0) : int(line.bbox.x1) + 1]
        if part.size:
            yield character, part
