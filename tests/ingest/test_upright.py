"""Pictures that lie on their side, upside down or askew, with an engine that reads only what is upright."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from ingest.recognition import AS_IT_IS, Affine, Image, OcrLine, OcrWord, Recognition
from ingest.records import BBox
from ingest.upright import after, read_upright, turned_by

BOX = BBox(40, 20, 140, 30)


def marked() -> Image:
    """A picture 200 wide and 100 high with one dark bar where its line stands, and a mark right below its start."""
    image = np.full((100, 200, 3), 255, np.uint8)
    image[20:30, 40:140] = 0
    image[32:36, 40:48] = 0
    return image


def dark(image: Image) -> BBox:
    ys, xs = np.nonzero(image[:, :, 0] < 128)
    return BBox(xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_picture_leads_back_to_the_given_one(turn: int) -> None:
    turned, back = turned_by(marked(), turn)
    assert turned.shape[:2] == ((100, 200) if turn in (0, 180) else (200, 100))
    assert back.box(dark(turned)) == dark(marked())


def test_one_way_after_another() -> None:
    first, then = Affine(0, -1, 1, 0, 0, 100), Affine(2, 0, 0, 2, 5, 7)
    box = BBox(1, 2, 3, 4)
    assert after(first, then).box(box) == then.box(first.box(box))
    assert after(AS_IT_IS, then) == then


@dataclass
class Reader:
    """An engine that finds the bar of `marked`, sure of it where the mark stands below its start, and counts."""

    text: str = "some text"
    read_images: int = 0
    workers: int = 1
    identity: str = "reader"
    strips: list[int] = field(default_factory=list)

    def read(self, image: Image) -> Recognition:
        height, width = image.shape[:2]
        if not (image < 128).any():
            self.strips.append(width)
            return Recognition(width, height)
        self.read_images += 1
        box = dark(image)
        upright = width > height and image[33, 44, 0] < 128
        tall = box.height > box.width
        # What stands on its side reads well one way and ill the other.
        sure = 0.98 if upright else 0.9 if tall and image[-45, 33, 0] < 128 else 0.5
        return Recognition(width, height, (OcrLine(box, (OcrWord(self.text.replace(" ", ""), box, sure),)),))


@pytest.mark.parametrize(("turn", "readings"), [(0, 1), (90, 3), (180, 2), (270, 3)])
def test_a_page_is_read_upright_however_it_lies(turn: int, readings: int) -> None:
    engine = Reader()
    given, _ = turned_by(marked(), turn)
    found = read_upright(engine, given)
    assert found.turned == (360 - turn) % 360 and (found.width, found.height) == (200, 100)
    assert engine.read_images == readings
    assert found.back.box(found.lines[0].bbox) == dark(given)
    assert found.lines[0].stroke > 0


class Downwards(Reader):
    """Reads a column of Chinese, and its characters one by one where they stand side by side."""

    def read(self, image: Image) -> Recognition:
        height, width = image.shape[:2]
        box = BBox(10, 10, 20, 90)
        if width > height:
            words = (OcrWord("上善若水", BBox(0, 0, width, height), 0.95),)
            return Recognition(width, height, (OcrLine(BBox(0, 0, width, height), words),))
        self.read_images += 1
        return Recognition(width, height, (OcrLine(box, (OcrWord("上善若水", box, 0.95),)),))


def test_chinese_that_is_written_downwards_stays_as_it_is() -> None:
    engine = Downwards()
    found = read_upright(engine, np.full((100, 50, 3), 255, np.uint8))
    assert (found.turned, engine.read_images) == (0, 1)


def test_an_empty_picture_is_read_once() -> None:
    engine = Reader()
    assert read_upright(engine, np.full((50, 80, 3), 255, np.uint8)).lines == ()
    assert engine.strips == [80]
