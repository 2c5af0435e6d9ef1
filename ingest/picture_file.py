"""A picture file (PNG, JPEG, TIFF) as the pages of a document: their sizes, and their pixels.

It runs in a limited child process only, and reads no text. A TIFF has a page for each of its pictures; of a PNG or JPEG
that moves it takes the first.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps

from ingest.errors import BadDocument
from ingest.media_type import media_type
from ingest.raster import Raster
from ingest.records import BBox, State

_FORMATS = ("PNG", "JPEG", "TIFF")
_MAX_PIXELS = 100_000_000  # of one picture: a sheet of A3 at 600 dpi has 70
_DPI = (71.5, 600.5)  # resolutions that are believed …
_LONGEST = 1224.0  # … if no side of the page is longer than this: 17 inches, in points
_NEARLY = 0.1  # of a pixel, that rounding of the resolution may cost
_A4_LONG = 842.0  # points; the longer side of a page of unknown size
_ORIENTATION = 0x0112
_TURNED = (5, 6, 7, 8)  # orientations that exchange width and height
_SUBFILE = 254
_REDUCED = 1  # a smaller copy of another picture in a TIFF
_DAMAGES = (OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, IndexError, struct.error, zlib.error)
"""What Pillow raises for files that are not as they should be."""


def is_picture(path: Path) -> bool:
    """Whether a file begins as one of the pictures that are read. Raises BadDocument where it cannot be opened."""
    try:
        return media_type(path).startswith("image/")
    except OSError as error:
        raise BadDocument(State.NOT_PDF, f"{path.name} cannot be opened: {error.strerror}") from error


class PictureFile:
    """An opened picture file; its pages are numbered from 1. Close it, or use it in a `with` block.

    Raises BadDocument (damaged, too_big).
    """

    def __init__(self, path: Path) -> None:
        Image.MAX_IMAGE_PIXELS = None  # its own limit warns; that of this module refuses
        with _damages():
            self._image = Image.open(path, formats=_FORMATS)
            self._frames = [0] if self._image.format != "TIFF" else list(self._whole())
            self._seek(1)
        self.pages = len(self._frames)

    def __enter__(self) -> PictureFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._image.close()

    def _whole(self) -> Iterator[int]:
        """The pictures of a TIFF that are no smaller copies of others; its first in any case."""
        for frame in range(getattr(self._image, "n_frames", 1)):
            self._image.seek(frame)
            tags = getattr(self._image, "tag_v2", {})
            if not frame or not int(tags.get(_SUBFILE, 0)) & _REDUCED:
                yield frame

    def _seek(self, number: int) -> None:
        self._image.seek(self._frames[number - 1])
        width, height = self._image.size
        if width * height > _MAX_PIXELS:
            what = f"the picture has {width} x {height} pixels, more than {_MAX_PIXELS // 10**6} million"
            raise BadDocument(State.TOO_BIG, what, hint="save it smaller")

    def size(self, number: int) -> tuple[float, float]:
        """Width and height in points as seen: by the resolution that is stated, else those of a sheet of A4 length."""
        with _damages():
            self._seek(number)
            width, height = self._image.size
            stated = self._image.info.get("dpi", (0, 0))
            x_dpi, y_dpi = float(stated[0]), float(stated[1])
            turned = self._image.getexif().get(_ORIENTATION) in _TURNED
        scales = (
            (72 / x_dpi, 72 / y_dpi) if _believed(width, height, x_dpi, y_dpi) else (_A4_LONG / max(width, height),) * 2
        )
        seen = width * scales[0], height * scales[1]
        return seen[::-1] if turned else seen

    def check(self, number: int) -> None:
        """Reads the page's pixels, which tells whether it can be drawn. Raises BadDocument."""
        with _damages():
            self._seek(number)
            self._image.load()

    def render(
        self, number: int, dpi: float, max_pixels: int, page_width: float = 0.0, box: BBox | None = None
    ) -> Raster:
        """The page's picture at `dpi`, as it is to be looked at, at most `max_pixels` large.

        It knows its own width, and has no boxes that are drawn by themselves.
        """
        width, height = self.size(number)
        scale = min(dpi / 72, (max_pixels / (width * height)) ** 0.5)
        size = max(int(width * scale + _NEARLY), 1), max(int(height * scale + _NEARLY), 1)
        with _damages():
            self._seek(number)
            if self._image.format == "JPEG":
                self._image.draft("RGB", (max(size), max(size)))
            plain = _on_white(ImageOps.exif_transpose(self._image))
            drawn = plain.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
        return Raster(*size, drawn.tobytes())


def _believed(width: int, height: int, x_dpi: float, y_dpi: float) -> bool:
    lowest, highest = _DPI
    if not (lowest <= x_dpi <= highest and lowest <= y_dpi <= highest):
        return False
    return max(width / x_dpi, height / y_dpi) * 72 <= _LONGEST


def _on_white(image: Image.Image) -> Image.Image:
    """The picture as RGB; what is transparent becomes white."""
    if image.mode.startswith("I"):  # 16 bits a pixel
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        sheet = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(sheet, image).convert("RGB")
    return image.convert("RGB")


@contextmanager
def _damages() -> Iterator[None]:
    try:
        yield
    except BadDocument:
        raise
    except _DAMAGES as error:
        raise BadDocument(
            State.DAMAGED, f"the picture is damaged: {error}", hint="open it and save it again"
        ) from error
