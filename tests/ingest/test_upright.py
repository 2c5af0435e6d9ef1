"""What is measured on a picture beside its words, on the picture as it was read."""

from dataclasses import dataclass

import numpy as np
import pytest

from ingest.preparation import upright
from ingest.recognition import Image, OcrLine, OcrWord, Recognition
from ingest.records import BBox
from ingest.upright import read_upright

BAR = BBox(200, 100, 300, 110)
RULE = BBox(100, 349, 900, 352)


def marked() -> Image:
    """A picture 1000 wide and 500 high with a bar where its line stands, and a rule below."""
    image = np.full((500, 1000, 3), 255, np.uint8)
    for box in (BAR, RULE):
        image[int(box.top) : int(box.bottom), int(box.x0) : int(box.x1)] = 0
    return image


@dataclass
class Reader:
    """An engine that knows how the pictures lie that it is given."""

    turned: int = 0
    rules: tuple[BBox, ...] = ()
    workers: int = 1
    identity: str = "reader"

    def read(self, image: Image) -> Recognition:
        picture, back = upright(image, self.turned, 0.0)
        height, width = picture.shape[:2]
        line = OcrLine(BAR, (OcrWord("text", BAR, 0.9),))
        return Recognition(width, height, (line,), self.rules, back, self.turned)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_strokes_and_rules_are_measured_on_the_picture_that_was_read(turned: int) -> None:
    found = read_upright(Reader(turned), upright(marked(), (360 - turned) % 360, 0.0).image)
    (rule,) = found.rules
    assert tuple(rule) == pytest.approx(tuple(RULE), abs=3)
    assert found.lines[0].stroke > 0
    assert (found.turned, found.width, found.height) == (turned, 1000, 500)


def test_rules_that_the_engine_found_stay() -> None:
    own = BBox(1, 1, 50, 2)
    assert read_upright(Reader(rules=(own,)), marked()).rules[0] == own
