"""Pictures of pages, drawn in limited child processes: this module is both sides of that.

It does not know what a picture is for; it never reads text.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.child import DEFAULT_LIMITS, Child, ChildFailed, Limits, answer, begin, read_frame
from ingest.child_pool import ChildPool
from ingest.errors import BadDocument
from ingest.recognition import Image
from ingest.records import BBox, State

if TYPE_CHECKING:
    from ingest.pdf import PdfFile
    from ingest.picture_file import PictureFile
    from ingest.raster import Raster

_USES = 200  # requests after which a child is replaced


class PageRenderer:
    """A small warm pool of children that draw pages. Thread-safe; close it when done."""

    def __init__(self, processes: int = 1, limits: Limits = DEFAULT_LIMITS) -> None:
        # Time is counted for each request, not for the child's life.
        own = replace(limits, cpu_seconds=0, wall_seconds=0.0)
        self._pool = ChildPool("ingest.renderer", {}, own, size=processes, uses=_USES)
        self._limits = limits

    def start(self) -> None:
        """Has a child ready, so that the first picture does not wait for one."""
        self._pool.start()

    def _ask(
        self, request: dict[str, Any], cancelled: threading.Event | None, kind: bytes
    ) -> tuple[dict[str, Any], bytes]:
        request["max_pixels"] = self._limits.max_pixels
        question = json.dumps(request).encode()

        def ask(child: Child) -> tuple[dict[str, Any], bytes]:
            child.send(b"Q", question)
            return json.loads(child.expect(b"I")), child.expect(kind)

        try:
            return self._pool.run(ask, self._limits.page_seconds, cancelled)
        except (ValueError, RecursionError) as error:
            raise ChildFailed(State.CRASHED, f"the renderer answered nonsense: {error}") from error

    def pixels(
        self,
        path: Path,
        page: int,
        dpi: float,
        password: str = "",
        page_width: float = 0.0,
        cancelled: threading.Event | None = None,
        box: BBox | None = None,
    ) -> Image:
        """The page, or a box of it, as RGB, uint8, shape (height, width, 3). Raises BadDocument as `render` does."""
        request = _request(path, page, dpi, password, page_width) | {"as": "rgb", "box": box}
        shape, data = self._ask(request, cancelled, b"X")
        width, height = shape.get("width"), shape.get("height")
        if type(width) is not int or type(height) is not int or width * height * 3 != len(data) or width < 1:
            raise ChildFailed(State.CRASHED, "the renderer answered nonsense")
        return np.frombuffer(data, np.uint8).reshape(height, width, 3)

    def render(self, path: Path, page: int, dpi: float, password: str = "", page_width: float = 0.0) -> bytes:
        """The page as a PNG, at most `max_pixels` of the limits large.

        `page_width` is the page's width in points (Page.width); it makes the scale right for files with a UserUnit.
        Raises BadDocument: damaged, needs_password, timeout, memory or crashed.
        """
        request = _request(path, page, dpi, password, page_width) | {"as": "png"}
        return self._ask(request, None, b"X")[1]

    def close(self) -> None:
        """Ends the children. The renderer may be used again afterwards."""
        self._pool.close()


def _request(path: Path, page: int, dpi: float, password: str, page_width: float) -> dict[str, Any]:
    return {"path": str(path.absolute()), "page": page, "dpi": dpi, "password": password, "page_width": page_width}


def _opened(path: Path, password: str) -> PdfFile | PictureFile:
    from ingest.pdf import PdfFile
    from ingest.picture_file import PictureFile, is_picture

    return PictureFile(path) if is_picture(path) else PdfFile(path, password)


def _serve(request: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    with _opened(Path(request["path"]), request["password"]) as file:
        if not 1 <= request["page"] <= file.pages:
            raise BadDocument(State.DAMAGED, f"the file has no page {request['page']}")
        box = BBox(*request["box"]) if request.get("box") else None
        raster = file.render(request["page"], request["dpi"], request["max_pixels"], request["page_width"], box)
    data = _png(raster) if request["as"] == "png" else raster.rgb
    yield b"I", json.dumps({"width": raster.width, "height": raster.height}).encode()
    yield b"X", data


def _png(raster: Raster) -> bytes:
    """One byte a pixel where nothing on the page has a colour; higher levels take longer and are hardly smaller."""
    from PIL import Image as Picture

    pixels = np.frombuffer(raster.rgb, np.uint8).reshape(raster.height, raster.width, 3)
    grey = np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(pixels[..., 1], pixels[..., 2])
    buffer = BytesIO()
    Picture.fromarray(pixels[..., 0] if grey else pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def main() -> None:
    """A child: draws pages until its input ends."""
    source, sink, _ = begin()
    while (frame := read_frame(source)) is not None:
        answer(sink, _serve(json.loads(frame[1])))


if __name__ == "__main__":
    main()
