"""A picture as a child process hands it on: plain bytes. It does not know what is drawn."""

from __future__ import annotations

from typing import NamedTuple


class Raster(NamedTuple):
    """Pixels, RGB, row by row from the top."""

    width: int
    height: int
    rgb: bytes
