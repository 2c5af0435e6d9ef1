"""Pictures of pages as scanners give them: turned, askew, blurred with noise. All seeded, so that they repeat.

Pure functions over pixels; it does not know what stands on a page.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ingest.preparation import upright
from ingest.recognition import Image

_BLUR = 1.2  # pixels, the deviation of the blur
_NOISE = 16.0  # of 255, the deviation of the noise
_FAINT = 0.3  # of the contrast that is left


def turned(degrees: int) -> Callable[[Image], Image]:
    """The page lies so, clockwise."""
    return lambda image: upright(image, degrees, 0.0).image


def skewed(degrees: float) -> Callable[[Image], Image]:
    """The page lies askew by so many degrees, clockwise, with room for its corners."""
    return lambda image: upright(image, 0, degrees).image


def blurred(image: Image) -> Image:
    """Out of focus, with the grain of a sensor."""
    from PIL import Image as Picture
    from PIL import ImageFilter

    soft = np.asarray(Picture.fromarray(image).filter(ImageFilter.GaussianBlur(_BLUR)), np.float32)
    return _pixels(soft + np.random.default_rng(0).normal(0, _NOISE, image.shape).astype(np.float32))


def faint(image: Image) -> Image:
    """Of little contrast, on paper that is not white."""
    return _pixels(np.float32(230) - (np.float32(255) - image) * np.float32(_FAINT))


def _pixels(values: npt.NDArray[np.float32]) -> Image:
    return np.clip(values, 0, 255).astype(np.uint8)


TRIALS: dict[str, Callable[[Image], Image]] = {
    "upright": lambda image: image,
    "turned 90": turned(90),
    "turned 180": turned(180),
    "turned 270": turned(270),
    "askew 5": skewed(5.0),
    "askew -5": skewed(-5.0),
    "askew 10": skewed(10.0),
    "blurred": blurred,
    "faint": faint,
}
"""What is done to a picture, by name."""
