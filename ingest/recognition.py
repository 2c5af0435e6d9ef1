"""What is recognised on a picture, and the seam to the engines that recognise it.

Values only; it does not know how an engine works, nor what a PDF is. Coordinates are pixels, origin top left.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from ingest.flow import is_cjk
from ingest.records import BBox

Image = npt.NDArray[np.uint8]
"""RGB, shape (height, width, 3)."""


class Affine(NamedTuple):
    """A map of the plane: x' = a x + c y + e, y' = b x + d y + f."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def box(self, box: BBox) -> BBox:
        """The smallest upright rectangle around the box as it is mapped."""
        corners = [(x, y) for x in (box.x0, box.x1) for y in (box.top, box.bottom)]
        xs = [self.a * x + self.c * y + self.e for x, y in corners]
        ys = [self.b * x + self.d * y + self.f for x, y in corners]
        return BBox(min(xs), min(ys), max(xs), max(ys))

    def then(self, other: Affine) -> Affine:
        """First this map, then the other."""
        a, b, c, d, e, f = other
        return Affine(
            a * self.a + c * self.b,
            b * self.a + d * self.b,
            a * self.c + c * self.d,
            b * self.c + d * self.d,
            a * self.e + c * self.f + e,
            b * self.e + d * self.f + f,
        )


AS_IT_IS = Affine()


class OcrWord(NamedTuple):
    """Characters without white space between them; `confidence` is from 0 to 1."""

    text: str
    bbox: BBox
    confidence: float


class OcrLine(NamedTuple):
    """Words that stand side by side, from left to right, at least one; `bbox` is that of the line as it was found.

    `stroke`: the mean width of its strokes in pixels, 0 where it was not measured.
    """

    bbox: BBox
    words: tuple[OcrWord, ...]
    stroke: float = 0.0

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """The words' mean, by characters."""
        letters = sum(len(word.text) for word in self.words)
        return sum(word.confidence * len(word.text) for word in self.words) / max(letters, 1)


@dataclass(frozen=True, slots=True)
class Recognition:
    """What stands on a picture. All boxes are in pixels of the picture made upright, `width` by `height` large.

    `lines` from top to bottom. `rules`: straight lines that are drawn, level or plumb, as thin boxes. `back` leads from
    the upright picture to the picture as it was given; it was `turned` clockwise by 0, 90, 180 or 270 degrees to be
    upright, and then by `skew` degrees more.
    """

    width: int
    height: int
    lines: tuple[OcrLine, ...] = ()
    rules: tuple[BBox, ...] = ()
    back: Affine = AS_IT_IS
    turned: int = 0
    skew: float = 0.0

    @property
    def confidence(self) -> float:
        """The mean of all words by characters, from 0 to 1; 0 where there are none."""
        words = [word for line in self.lines for word in line.words]
        letters = sum(len(word.text) for word in words)
        return sum(word.confidence * len(word.text) for word in words) / max(letters, 1)


class OcrEngine(Protocol):
    """Reads text from pixels. `workers`: how many pictures it reads at the same time.

    `identity` names all that decides what is read on equal pixels: engine, models, versions, options.
    """

    @property
    def workers(self) -> int: ...

    @property
    def identity(self) -> str: ...

    def read(self, image: Image) -> Recognition:
        """What stands on a picture. Raises BadDocument where it cannot be read."""
        ...


def shared_out(text: str, box: BBox, confidence: float) -> OcrLine | None:
    """A line whose width is shared out among its words by the usual widths of characters; None without a word.

    For engines that do not say where characters stand.
    """
    widths = [1.0 if is_cjk(character) else 0.5 for character in text]
    pixels = box.width / (sum(widths) or 1.0)
    words: list[OcrWord] = []
    start = 0
    for end in range(len(text) + 1):
        if end < len(text) and not text[end].isspace():
            continue
        if end > start:
            x0, x1 = (box.x0 + pixels * sum(widths[:place]) for place in (start, end))
            words.append(OcrWord(text[start:end], box._replace(x0=x0, x1=x1), confidence))
        start = end + 1
    return OcrLine(box, tuple(words)) if words else None


def as_json(found: Recognition) -> bytes:
    lines = [
        [*line.bbox, line.stroke, *([word.text, *word.bbox, word.confidence] for word in line.words)]
        for line in found.lines
    ]
    shape = {
        "size": [found.width, found.height],
        "lines": lines,
        "rules": [list(rule) for rule in found.rules],
        "back": list(found.back),
        "turned": found.turned,
        "skew": found.skew,
    }
    return json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode()


def from_json(data: bytes) -> Recognition:
    """What `as_json` wrote. Raises ValueError for anything else."""
    try:
        shape = json.loads(data)
        width, height = map(int, shape["size"])
        return Recognition(
            width,
            height,
            tuple(_line(line) for line in shape["lines"]),
            tuple(_box(rule) for rule in shape["rules"]),
            Affine(*map(float, shape["back"])),
            int(shape["turned"]),
            float(shape["skew"]),
        )
    except (TypeError, KeyError, IndexError, RecursionError) as error:
        raise ValueError(f"not a recognition: {error}") from error


def _line(values: Sequence[Any]) -> OcrLine:
    words = tuple(OcrWord(str(text), _box(box), float(confidence)) for text, *box, confidence in values[5:])
    if not words:
        raise ValueError("not a recognition: a line without words")
    return OcrLine(_box(values[:4]), words, float(values[4]))


def _box(values: Sequence[Any]) -> BBox:
    x0, top, x1, bottom = map(float, values)
    return BBox(x0, top, x1, bottom)
