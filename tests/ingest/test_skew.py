"""The skew of pictures drawn by the test, and the way back from the levelled picture."""

import math

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from ingest.recognition import Image
from ingest.records import BBox
from ingest.skew import levelled, skew_of

WORDS = "the rows of this page are set in one size and go on from edge to edge"


def page(angle: float = 0.0, *, paper: int = 255, ink: int = 0, rows: int = 20) -> Image:
    """Rows of text that go down by so many degrees clockwise."""
    picture = Picture.new("RGB", (1200, 1600), (paper,) * 3)
    draw = ImageDraw.Draw(picture)
    for row in range(rows):
        draw.text((150, 200 + 50 * row), WORDS, font=ImageFont.load_default(26), fill=(ink,) * 3)
    # Pillow turns counterclockwise, with y downwards.
    return np.asarray(picture.rotate(-angle, Picture.Resampling.BICUBIC, fillcolor=(paper,) * 3))


@pytest.mark.parametrize("angle", [-9.5, -5.0, -0.7, 0.4, 3.0, 5.0, 9.5])
def test_the_angle_of_the_rows_is_found(angle: float) -> None:
    assert skew_of(page(angle)) == pytest.approx(angle, abs=0.15)


def test_light_text_on_dark_ground_tells_too() -> None:
    assert skew_of(page(4.0, paper=30, ink=240)) == pytest.approx(4.0, abs=0.15)


def test_level_and_empty_pages_are_left_alone() -> None:
    assert skew_of(page()) == 0.0
    assert skew_of(page(rows=0)) == 0.0
    noise = np.random.default_rng(7).integers(0, 256, (800, 600, 3), np.uint8)
    assert skew_of(noise) == 0.0


def test_the_levelled_picture_leads_back_to_the_given_one() -> None:
    image = np.full((400, 600, 3), 255, np.uint8)
    image[100:110, 450:460] = 0
    level, back = levelled(image, 5.0)
    assert level.shape[0] > 400 and level.shape[1] > 600
    ys, xs = np.nonzero(level[:, :, 0] < 128)
    found = back.box(BBox(xs.min(), ys.min(), xs.max() + 1, ys.max() + 1))
    assert found.center == pytest.approx((455, 105), abs=1)


def test_a_levelled_picture_s_rows_are_level() -> None:
    level, back = levelled(page(5.0), 5.0)
    assert abs(skew_of(level)) < 0.2
    assert (back.a, back.b) == pytest.approx((math.cos(math.radians(5)), math.sin(math.radians(5))))
