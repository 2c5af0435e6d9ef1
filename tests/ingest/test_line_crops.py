"""Lines cut out of a picture, and where their corners lie in it."""

import numpy as np
import pytest

from ingest.line_crops import cut
from ingest.recognition import Affine, Image
from ingest.records import BBox


def picture() -> Image:
    """100 by 60 pixels, each of its own colour: red is the row, green the column."""
    image = np.zeros((60, 100, 3), np.uint8)
    image[:, :, 0] = np.arange(60)[:, None]
    image[:, :, 1] = np.arange(100)
    return image


def quad(*corners: tuple[float, float]) -> np.ndarray:
    return np.array(corners, np.float32)


def place(way: Affine, x: float, y: float) -> tuple[float, float]:
    box = way.box(BBox(x, y, x, y))
    return box.x0, box.top


def test_a_level_line_is_a_piece_of_the_picture() -> None:
    piece, way = cut(picture(), quad((10, 20), (69, 20), (69, 29), (10, 29)))
    assert piece.shape == (10, 60, 3)
    assert piece[3, 4].tolist() == [23, 14, 0]
    assert place(way, 4, 3) == (14, 23)


def test_a_high_line_is_laid_level_from_its_upper_end() -> None:
    piece, way = cut(picture(), quad((20, 5), (29, 5), (29, 54), (20, 54)))
    assert piece.shape == (10, 50, 3)
    assert piece[0, 0].tolist() == [5, 29, 0]  # the upper right corner
    assert way.box(BBox(0, 0, 50, 10)) == BBox(20, 5, 30, 55)
    assert place(way, 7, 0) == (30, 12)


def test_a_tilted_line_is_laid_level() -> None:
    piece, way = cut(picture(), quad((10, 10), (50, 40), (44, 48), (4, 18)))
    assert piece.shape == (10, 50, 3)
    assert piece[0, 25].tolist() == pytest.approx([25, 30, 0], abs=1)
    assert place(way, 50, 0) == pytest.approx((50, 40))
    assert place(way, 0, 10) == pytest.approx((4, 18))


def test_corners_outside_the_picture_are_taken_at_its_edge() -> None:
    piece, way = cut(picture(), quad((-5, -2), (120, -2), (120, 9), (-5, 9)))
    assert piece.shape == (10, 100, 3) and way == Affine()
