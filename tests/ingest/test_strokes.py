"""The width of strokes, on bars drawn by hand."""

import numpy as np
import pytest

from ingest.recognition import Image
from ingest.records import BBox
from ingest.strokes import stroke_widths


def bars(width: int, *, ink: int = 0, paper: int = 255) -> Image:
    """Upright bars of so many pixels, ten apart, on paper."""
    image = np.full((60, 120, 3), paper, np.uint8)
    for left in range(10, 110, 20):
        image[10:50, left : left + width] = ink
    return image


WHOLE = BBox(0, 0, 119, 59)


@pytest.mark.parametrize("width", [2, 3, 5])
def test_a_bar_s_width_is_its_area_by_its_edge(width: int) -> None:
    # 40 high: 2 A / P = 2 * 40 w / (80 + 2 w), a little less than w.
    (found,) = stroke_widths(bars(width), [WHOLE])
    assert found == pytest.approx(80 * width / (80 + 2 * width), rel=0.06)


def test_light_on_dark_and_faint_ink_are_measured_alike() -> None:
    (usual,) = stroke_widths(bars(3), [WHOLE])
    (inverted,) = stroke_widths(bars(3, ink=255, paper=0), [WHOLE])
    (faint,) = stroke_widths(bars(3, ink=180, paper=240), [WHOLE])
    assert inverted == pytest.approx(usual) and faint == pytest.approx(usual)


def test_without_ink_there_is_nothing_to_measure() -> None:
    assert stroke_widths(bars(3, ink=250), [WHOLE, BBox(500, 500, 510, 510)]) == [0.0, 0.0]
