"""Straight lines in pictures drawn by the test: tables, light lines, hatching, text."""

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from ingest.picture_rules import picture_rules
from ingest.recognition import Image
from ingest.records import BBox

SIZE = (1200, 1600)


def drawn(*lines: tuple[int, int, int, int], width: int = 3, ink: int = 0, paper: int = 255) -> Image:
    picture = Picture.new("RGB", SIZE, (paper,) * 3)
    draw = ImageDraw.Draw(picture)
    for line in lines:
        draw.line(line, fill=(ink,) * 3, width=width)
    return np.asarray(picture)


def near(found: tuple[BBox, ...], *wanted: tuple[float, float, float, float]) -> bool:
    """Whether the boxes found are those wanted, each side within 4 pixels, in any order."""
    left = list(found)
    for box in wanted:
        alike = [other for other in left if all(abs(a - b) <= 4 for a, b in zip(box, other, strict=True))]
        if len(alike) != 1:
            return False
        left.remove(alike[0])
    return not left


GRID = [(100, y, 1100, y) for y in (200, 300, 400)] + [(x, 200, x, 400) for x in (100, 600, 1100)]


@pytest.mark.parametrize(("ink", "paper", "width"), [(0, 255, 3), (200, 255, 2), (0, 255, 5), (255, 40, 3)])
def test_the_lines_of_a_table_are_found(ink: int, paper: int, width: int) -> None:
    assert near(picture_rules(drawn(*GRID, width=width, ink=ink, paper=paper)), *GRID)


def test_a_dashed_line_is_one() -> None:
    dashes = [(x, 500, x + 8, 500) for x in range(100, 1100, 12)]
    assert near(picture_rules(drawn(*dashes)), (100, 500, 1104, 500))


def test_what_is_thick_or_short_or_slanted_is_no_rule() -> None:
    assert picture_rules(drawn((100, 500, 1100, 500), width=30)) == ()
    assert picture_rules(drawn((100, 500, 120, 500))) == ()
    assert picture_rules(drawn((100, 500, 700, 900))) == ()


def test_hatching_is_none_but_two_lines_side_by_side_are() -> None:
    assert len(picture_rules(drawn(*((x, 300, x, 700) for x in range(100, 400, 6)), width=2))) <= 2
    double = [(100, 500, 1100, 500), (100, 508, 1100, 508)]
    assert near(picture_rules(drawn(*double, width=2)), *double)


def test_strokes_of_text_are_none_where_its_lines_are_known_and_underlines_are() -> None:
    picture = Picture.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(64)
    draw.text((100, 200), "EEFFLLTTZZ______", font=font, fill="black")
    box = BBox(*draw.textbbox((100, 200), "EEFFLLTTZZ______", font=font))
    box = BBox(box.x0, box.top - 8, box.x1, box.bottom + 12)
    draw.line((100, box.bottom, box.x1, box.bottom), fill="black", width=3)
    image = np.asarray(picture)
    assert near(picture_rules(image, [box]), (100, box.bottom, box.x1, box.bottom))


def test_an_empty_picture_has_none() -> None:
    assert picture_rules(drawn()) == ()
