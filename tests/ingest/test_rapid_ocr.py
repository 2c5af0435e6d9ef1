"""Pictures drawn here, read by the engine itself."""

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from ingest.preparation import upright
from ingest.rapid_ocr import RapidOcr, identity
from ingest.recognition import Image, Recognition
from ingest.records import BBox

LINES = ("The board met on Monday and approved", "revenue of 4,216 million for the year", "Nothing else was decided")
SIZE = 28


@pytest.fixture(scope="module")
def engine() -> Iterator[RapidOcr]:
    yield RapidOcr()


def drawn(lines: tuple[str, ...] = LINES, *, size: float = SIZE, ink: str = "black", ground: str = "white") -> Image:
    """A page of 900 by 600 pixels; its lines begin at (100, 120), two and a half times their size apart."""
    page = Picture.new("RGB", (900, 600), ground)
    pen = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        pen.text((100, 120 + 2.5 * size * number), line, ink, font=ImageFont.load_default(size))
    return np.asarray(page)


def ink_of(line: str, word: str, number: int) -> BBox:
    """Where a word's ink lies on a drawn page."""
    font = ImageFont.load_default(SIZE)
    left, top, right, bottom = font.getbbox(word)
    x0 = 100 + font.getlength(line[: line.index(word)])
    y0 = 120 + 2.5 * SIZE * number
    return BBox(x0 + left, y0 + top, x0 + right, y0 + bottom)


def text_of(found: Recognition) -> list[str]:
    return [line.text for line in found.lines]


def test_lines_are_read_from_top_to_bottom(engine: RapidOcr) -> None:
    found = engine.read(drawn())
    assert text_of(found) == list(LINES)
    assert (found.width, found.height) == (900, 600)
    assert found.confidence > 0.9


def test_each_word_lies_on_its_ink(engine: RapidOcr) -> None:
    found = engine.read(drawn())
    for number, (line, truth) in enumerate(zip(found.lines, LINES, strict=True)):
        for word in line.words:
            ink = ink_of(truth, word.text, number)
            assert (word.bbox.x0, word.bbox.x1) == pytest.approx((ink.x0, ink.x1), abs=4), word
            assert word.bbox.top <= ink.top + 3 and ink.bottom - 3 <= word.bbox.bottom, word
            assert word.bbox.height < 2.5 * SIZE


def test_light_text_on_a_dark_ground_is_read(engine: RapidOcr) -> None:
    assert text_of(engine.read(drawn(ink="white", ground="navy"))) == list(LINES)


@pytest.mark.parametrize(("turned", "skew"), [(90, 0.0), (180, 0.0), (270, 0.0), (0, 5.0), (0, -9.0), (90, 2.0)])
def test_a_page_is_read_whichever_way_it_lies(engine: RapidOcr, turned: int, skew: float) -> None:
    page = drawn()
    given, _ = upright(page, turned, skew)
    found = engine.read(given)
    assert text_of(found) == list(LINES)
    assert found.turned == (360 - turned) % 360
    assert found.skew == pytest.approx(-skew, abs=0.2)
    # Each word, led back into the picture as it was given, has ink to all its sides.
    grey = given.min(axis=2)
    for word in found.lines[0].words:
        box = found.back.box(word.bbox)
        part = grey[int(box.top) : int(box.bottom) + 1, int(box.x0) : int(box.x1) + 1]
        ys, xs = np.nonzero(part < 128)
        assert xs.min() <= 0.4 * part.shape[1] and xs.max() >= 0.6 * part.shape[1], word
        assert ys.min() <= 0.4 * part.shape[0] and ys.max() >= 0.6 * part.shape[0], word


def test_small_text_is_found(engine: RapidOcr) -> None:
    lines = tuple(f"Line {number}: the notes are set smaller than the text of the page" for number in range(10, 20))
    found = engine.read(drawn(lines, size=11))
    assert [line[:7] for line in text_of(found)] == [line[:7] for line in lines]


def test_an_empty_page_has_no_lines(engine: RapidOcr) -> None:
    assert engine.read(np.full((300, 200, 3), 255, np.uint8)) == Recognition(200, 300)


def test_a_picture_of_one_line_is_read(engine: RapidOcr) -> None:
    picture = Picture.new("RGB", (360, 34), "white")
    ImageDraw.Draw(picture).text((6, 4), "Total assets 1,024", "black", font=ImageFont.load_default(22))
    assert text_of(engine.read(np.asarray(picture))) == ["Total assets 1,024"]


def test_the_identity_names_versions_and_models() -> None:
    assert {"rapidocr", "onnxruntime", "reading"} <= {part.partition("=")[0] for part in identity().split(";")}
    assert "PP-OCRv6_rec_small.onnx" in identity()
