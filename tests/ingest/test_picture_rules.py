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


def written(draw: ImageDraw.ImageDraw, x: int, y: int, text: str, ink: str) -> BBox:
    """Draws a line of text; its box, with the white around it that an engine gives it."""
    font = ImageFont.load_default(28)
    draw.text((x, y), text, font=font, fill=ink)
    left, top, right, bottom = draw.textbbox((x, y), text, font=font)
    return BBox(left - 4, top - 6, right + 4, bottom + 6)


GRID = [(100, y, 1100, y) for y in (200, 300, 400)] + [(x, 200, x, 400) for x in (100, 600, 1100)]


@pytest.mark.parametrize(("ink", "paper", "width"), [(0, 255, 3), (200, 255, 2), (0, 255, 5), (255, 40, 3)])
def test_the_lines_of_a_table_are_found(ink: int, paper: int, width: int) -> None:
    assert near(picture_rules(drawn(*GRID, width=width, ink=ink, paper=paper)), *GRID)


def test_light_lines_on_shaded_rows_are_found_beside_a_dark_head_and_text() -> None:
    picture = Picture.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((100, 200, 1100, 260), fill=(89,) * 3)
    draw.rectangle((100, 260, 1100, 440), fill=(235,) * 3)
    light = [(100, 260, 1100, 260), (100, 320, 1100, 320), (100, 380, 1100, 380), (600, 200, 600, 440)]
    for line in light:
        draw.line(line, fill="white", width=3)
    texts = [(150, 222, "Head", "white"), (700, 222, "Head", "white")]
    texts += [(x, y, "Row of text", "black") for x in (150, 700) for y in (275, 335, 395)]
    boxes = [written(draw, *text) for text in texts]
    dark = (100, 600, 1100, 600)
    draw.line(dark, fill="black", width=3)
    assert near(picture_rules(np.asarray(picture), boxes), *light, dark)


def test_a_light_gap_between_dark_shapes_is_no_light_line() -> None:
    picture = Picture.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(picture)
    for x in range(100, 1100, 100):  # as letters above one another, with white between them
        draw.rectangle((x, 300, x + 86, 360), fill="black")
        draw.rectangle((x + 50, 366, x + 136, 430), fill="black")
    assert picture_rules(np.asarray(picture)) == ()


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
