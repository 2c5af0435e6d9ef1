"""Which way up a picture is, how far it is skewed, and the way back to it: by values that can be worked out by hand."""

import math

import numpy as np
import pytest

from ingest.preparation import inverse, moved, prepare, quarter_turn, skew_of, stacked, upright
from ingest.recognition import Affine, Image
from ingest.records import BBox
from ingest.text_detection import Quads


def picture() -> Image:
    """60 rows of 100 pixels: red is the row, green the column."""
    image = np.zeros((60, 100, 3), np.uint8)
    image[:, :, 0] = np.arange(60)[:, None]
    image[:, :, 1] = np.arange(100)
    return image


def line(x: float, y: float, width: float, height: float, rise: float = 0.0) -> list[tuple[float, float]]:
    """The corners of a line that begins at a place and rises by so many degrees."""
    cos, sin = math.cos(math.radians(rise)), math.sin(math.radians(rise))
    along, down = (width * cos, -width * sin), (height * sin, height * cos)
    return [(x, y), (x + along[0], y + along[1]), (x + along[0] + down[0], y + along[1] + down[1]),
            (x + down[0], y + down[1])]  # fmt: skip


def quads(*lines: list[tuple[float, float]]) -> Quads:
    return np.array(lines, np.float32).reshape(-1, 4, 2)


LEVEL = quads(line(5, 5, 80, 8), line(5, 20, 80, 8), line(5, 35, 60, 8), line(90, 5, 8, 50))
DOWNWARD = quads(line(5, 5, 8, 50), line(20, 5, 8, 50), line(35, 5, 8, 40), line(60, 5, 30, 8))


def corner_of(piece: Image) -> tuple[int, int]:
    """Row and column of the pixel at the top left."""
    return int(piece[0, 0, 0]), int(piece[0, 0, 1])


@pytest.mark.parametrize(
    ("found", "top_left", "turn"),
    [
        (LEVEL, (5, 5), 0),
        (LEVEL, (13, 85), 180),  # the lower right corner is where its first line begins
        (DOWNWARD, (5, 13), 270),  # begins at the top right: the page was turned clockwise
        (DOWNWARD, (55, 5), 90),
    ],
)
def test_a_page_is_turned_the_way_its_lines_are_read_surely(found: Quads, top_left: tuple[int, int], turn: int) -> None:
    def read(piece: Image) -> tuple[str, float]:
        row, column = corner_of(piece)
        near = abs(row - top_left[0]) <= 1 and abs(column - top_left[1]) <= 1
        return ("words", 0.97) if near else ("vvo", 0.6)

    assert quarter_turn(picture(), found[:1] if turn else found, read) == turn


def test_a_picture_without_lines_is_as_it_should_be() -> None:
    assert quarter_turn(picture(), quads(), lambda piece: ("", 0.0)) == 0
    assert skew_of(quads()) == 0.0


def test_lines_that_nothing_is_read_of_turn_nothing() -> None:
    assert quarter_turn(picture(), LEVEL, lambda piece: ("", 0.0)) == 0


@pytest.mark.parametrize(("upright_sure", "turn"), [(0.9, 0), (0.5, 270)])
def test_chinese_columns_are_no_page_on_its_side(upright_sure: float, turn: int) -> None:
    def read(piece: Image) -> tuple[str, float]:
        # As it is cut the column lies on its side, so that its rows grow from left to right.
        on_its_side = piece[0, -1, 0] > piece[0, 0, 0] and piece[-1, 0, 0] == piece[0, 0, 0]
        return ("年度报告", 0.98 if on_its_side else upright_sure)

    assert quarter_turn(picture(), DOWNWARD, read) == turn


def test_the_squares_of_a_column_are_set_upright_side_by_side() -> None:
    column = picture()[0:30, 10:20]
    squares = stacked(np.rot90(column))
    assert squares.shape == (10, 30, 3)
    assert (squares == np.hstack([column[0:10], column[10:20], column[20:30]])).all()


def test_the_skew_is_what_most_of_the_length_of_lines_says() -> None:
    rises = [line(5, 50, 80, 8, 5.0), line(5, 60, 80, 8, 4.8), line(5, 70, 90, 8, 5.2), line(5, 5, 40, 8, -20)]
    assert skew_of(quads(*rises, line(5, 5, 10, 8, 44))) == pytest.approx(5.0, abs=0.01)
    assert skew_of(quads(line(5, 50, 80, 8, -9))) == pytest.approx(-9, abs=0.01)


@pytest.mark.parametrize("rise", [0.0, 0.2, 30.0])
def test_too_little_and_too_much_skew_is_left(rise: float) -> None:
    assert skew_of(quads(line(5, 50, 80, 8, rise))) == 0.0


@pytest.mark.parametrize(
    ("turned", "shape", "top_left"),
    [(0, (60, 100), (0, 0)), (90, (100, 60), (59, 0)), (180, (60, 100), (59, 99)), (270, (100, 60), (0, 99))],
)
def test_a_turned_picture_and_the_way_back(turned: int, shape: tuple[int, int], top_left: tuple[int, int]) -> None:
    image, back = upright(picture(), turned, 0.0)
    assert image.shape[:2] == shape and corner_of(image) == top_left
    red, green, _ = image[7, 3].tolist()
    assert back.box(BBox(3, 7, 4, 8)) == BBox(green, red, green + 1, red + 1)


@pytest.mark.parametrize(("turned", "skew"), [(0, 5.0), (0, -10.0), (90, 3.0), (270, -3.0)])
def test_a_skewed_picture_and_the_way_back(turned: int, skew: float) -> None:
    image, back = upright(picture(), turned, skew)
    assert image.shape[0] * image.shape[1] > 6000  # room for the corners
    height, width = image.shape[:2]
    red, green, _ = image[height // 2, width // 2].tolist()
    there = back.box(BBox(width // 2, height // 2, width // 2, height // 2))
    assert (there.x0, there.top) == pytest.approx((green, red), abs=1.5)
    # A step to the right in a picture that was turned clockwise by a little is one that rises a little.
    if not turned:
        assert back.b == pytest.approx(-math.sin(math.radians(skew)))


def test_what_skewed_lines_say_makes_them_level() -> None:
    skewed = quads(line(10, 40, 60, 8, 6.0))
    _, back = upright(picture(), 0, skew_of(skewed))
    ((first, second, *_),) = moved(skewed, inverse(back)).tolist()
    assert first[1] == pytest.approx(second[1], abs=0.01)


def test_a_map_is_undone() -> None:
    turn, box = Affine(0.0, 1.0, -1.0, 0.0, 4.0, 5.0), BBox(1, 2, 3, 7)
    assert inverse(turn).box(turn.box(box)) == box


def test_lines_of_a_skewed_page_on_its_side_are_moved_with_it() -> None:
    standing = quads(line(20, 70, 60, 8, 6.0), line(20, 85, 60, 8, 6.0))
    page = np.full((120, 100, 3), 255, np.uint8)
    on_its_side, way = upright(page, 90, 0.0)  # turned clockwise, so that it must be turned by 270 more

    def find(image: Image) -> Quads:
        return standing if image.shape == page.shape else moved(standing, inverse(way))[:, [3, 0, 1, 2]]

    prepared = prepare(on_its_side, find, lambda piece: ("words", 0.97))
    assert (prepared.turned, prepared.skew) == (270, pytest.approx(6.0, abs=0.01))
    (first, second, *_), *_ = prepared.quads.tolist()
    assert first[1] == pytest.approx(second[1], abs=0.01)
    assert moved(prepared.quads, prepared.back) == pytest.approx(moved(standing, inverse(way)), abs=0.1)
