"""How large a picture is looked at, and how the detector is asked."""

import numpy as np
import pytest

from ingest.text_detection import FIRST_LOOK, LineFinder, better_scale, first_scale, network_input, sides


def test_a_first_look_is_at_a_picture_of_one_size() -> None:
    assert first_scale(400, 600) == 1.0
    assert first_scale(2000, 1300) == pytest.approx((FIRST_LOOK / 2_600_000) ** 0.5)


def test_small_text_is_looked_at_again_where_the_picture_has_more_pixels() -> None:
    large, small = np.array([30.0] * 10, np.float32), np.array([16.0] * 2 + [40.0] * 8, np.float32)
    assert better_scale(large, 0.5, 2_000_000) is None
    assert better_scale(small, 0.5, 2_000_000) == pytest.approx(1.0)  # 16 pixels stay 16
    assert better_scale(small / 2, 0.5, 100_000) == pytest.approx(2.0)
    assert better_scale(small, 0.1, 100_000_000) == pytest.approx((2.4 / 100) ** 0.5)
    assert better_scale(np.array([], np.float32), 0.5, 2_000_000) is None


def test_the_network_takes_sides_in_steps_of_32_and_blue_first() -> None:
    picture = np.zeros((100, 210, 3), np.uint8)
    picture[:, :, 0] = 255
    values = network_input(picture, 1.0)
    assert values.shape == (1, 3, 96, 224) and values.dtype == np.float32
    assert (values[0, 0] == -1).all() and (values[0, 2] == 1).all()


def test_lines_come_back_in_the_picture_s_own_pixels() -> None:
    def network(values: np.ndarray) -> np.ndarray:
        heat = np.zeros((1, 1, *values.shape[2:]), np.float32)
        heat[0, 0, 40:50, 20:120] = 0.9
        return heat

    (found,) = LineFinder(network).find(np.zeros((320, 640, 3), np.uint8), 0.5)
    width, height = (float(side[0]) for side in sides(found[None]))
    assert found.mean(axis=0) == pytest.approx((139, 89), abs=3)
    assert 200 < width < 260 and 20 < height < 60 and width > height


def test_a_white_picture_has_no_lines() -> None:
    quads = LineFinder(lambda values: np.zeros((1, 1, *values.shape[2:]), np.float32)).find(
        np.full((64, 64, 3), 255, np.uint8), 1.0
    )
    assert quads.shape == (0, 4, 2)
