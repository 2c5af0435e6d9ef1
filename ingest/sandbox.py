"""PDFs are only ever opened in limited child processes: this module is both sides of that.

The parent's side gives a file to a child and makes a Content of what comes back, trusting none of it. It does not know
what a page's blocks mean.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ingest.child import Child, ChildFailed, ChildPool, Limits, begin, read_frame, write_frame
from ingest.codec import decode, encode
from ingest.errors import BadDocument
from ingest.ocr import Image, OcrEngine
from ingest.parse import Opened, Parsed, ParseOptions, ocr_blocks, parse_pdf
from ingest.records import Content, Page, State
from ingest.titles import document_title, settle

BATCH_PAGES = 50  # fixed boundaries in which a document is read again when its child has died

_MODULE = "ingest.sandbox"
_RENDERERS_USES = 200
_SCRAPS = 4  # a batch that is being narrowed down gets the whole's time divided by this
_POINTS_PER_INCH = 72.0
DEFAULT_LIMITS = Limits()

OnPage = Callable[[int, int], None]


def _gone(path: Path) -> BadDocument:
    return BadDocument(State.NOT_PDF, f"{path.name} is not a file", hint="check the path")


@dataclass(slots=True)
class _Reading:
    """One file being read: what has come back so far."""

    path: Path
    options: ParseOptions
    limits: Limits
    password: str
    on_page: OnPage | None
    cancelled: threading.Event | None
    total: int = 0
    title: str = ""
    pages: dict[int, Page] = field(default_factory=dict)
    wanting: dict[int, str] = field(default_factory=dict)  # page -> why it needs OCR
    skipped: dict[int, str] = field(default_factory=dict)
    deadline: float = 0.0

    def stream(self, first: int, last: int, seconds: float, *, careful: bool = False, plain: bool = False) -> None:
        """Reads pages `first` to `last` in a child; what arrived before it died is kept. Raises BadDocument."""
        options = replace(self.options, second_tables=False) if careful else self.options
        request = {
            "do": "parse",
            "path": str(self.path.absolute()),
            "password": self.password,
            "options": asdict(options),
            "first": first,
            "last": last,
            "plain": plain,
        }
        limits = replace(self.limits, wall_seconds=seconds)
        child = Child(_MODULE, request, limits, tied=True)
        try:
            with child.guard(seconds, self.cancelled):
                while (frame := child.receive())[0] != b"D":
                    self._take(*frame, first, last)
        finally:
            child.close()

    def _take(self, kind: bytes, payload: bytes, first: int, last: int) -> None:
        try:
            if kind == b"H":
                self._opened(json.loads(payload))
            elif kind == b"O":
                stated = json.loads(payload)
                self.wanting[int(stated["page"])] = str(stated["why"])[:200]
            elif kind == b"P":
                page = decode(payload)
                if not first <= page.number <= (last or self.total) or page.number in self.pages:
                    raise ValueError(f"page {page.number} was not asked for")
                self.pages[page.number] = page
                if self.on_page is not None and page.number not in self.wanting:
                    self.on_page(len(self.pages) - len(self.wanting), self.total)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ChildFailed(State.CRASHED, f"the process that read the file sent no page: {error}") from error

    def _opened(self, stated: dict[str, Any]) -> None:
        pages, self.title = int(stated["pages"]), str(stated["title"])[:500]
        self.title.encode()
        if pages > self.limits.max_pages > 0:
            what = f"the file has {pages} pages, more than {self.limits.max_pages}"
            raise BadDocument(State.TOO_BIG, what, hint="split it, or raise the limit on pages")
        if pages < 1 or self.total not in (0, pages):
            raise ValueError(f"{pages} pages")
        self.total = pages

    def missing(self, first: int, last: int) -> list[int]:
        return [number for number in range(first, last + 1) if number not in self.pages]

    def recover(self, died: ChildFailed) -> None:
        """After the child has died: page by page what can still be read, in batches that narrow down on the cause."""
        if not self.total or died.state == State.CANCELLED:
            raise died
        for first in range(1, self.total + 1, BATCH_PAGES):
            self._narrow(first, min(first + BATCH_PAGES - 1, self.total), died)
        if not self.pages:
            raise died

    def _narrow(self, first: int, last: int, died: ChildFailed) -> None:
        missing = self.missing(first, last)
        if not missing:
            return
        first, last = missing[0], missing[-1]
        left = self.deadline - time.monotonic()
        if left <= 0:
            self.skipped |= dict.fromkeys(missing, "the file took too long before this page's turn")
            return
        try:
            # A batch that is the whole document has just died as such.
            if last - first + 1 < self.total:
                self.stream(first, last, min(left, self.limits.wall_seconds / _SCRAPS), careful=True)
                return
        except ChildFailed as error:
            died = error
            if error.state == State.CANCELLED:
                raise
        if first < last:
            middle = (first + last) // 2
            self._narrow(first, middle, died)
            self._narrow(middle + 1, last, died)
            return
        try:
            self.stream(first, last, min(left, self.limits.page_seconds), careful=True, plain=True)
        except ChildFailed as error:
            if error.state == State.CANCELLED:
                raise
            self.skipped[first] = str(died)


def _read_by_ocr(reading: _Reading, ocr: OcrEngine) -> None:
    """Replaces the pages that need OCR by what their pixels say; where that fails the page stays and is listed."""
    renderer = PageRenderer(processes=1, limits=reading.limits)
    done = len(reading.pages) - len(reading.wanting)
    lock = threading.Lock()

    def read(number: int) -> None:
        nonlocal done
        page = reading.pages[number]
        try:
            image = renderer.pixels(
                reading.path, number, reading.options.dpi, reading.password, page.width, reading.cancelled
            )
            blocks = ocr_blocks(ocr.read(image), page.width / image.shape[1])
        except BadDocument as error:
            if reading.cancelled is not None and reading.cancelled.is_set():
                raise
            with lock:
                reading.skipped[number] = f"{reading.wanting[number]}; OCR failed: {error}"
            return
        with lock:
            report = (*page.report, f"read by OCR: {reading.wanting[number]}")
            if blocks:
                reading.pages[number] = replace(page, blocks=blocks, text_from="ocr", report=report)
            done += 1
            if reading.on_page is not None:
                reading.on_page(done, reading.total)

    try:
        with ThreadPoolExecutor(max(ocr.workers, 1)) as threads:
            for _ in threads.map(read, sorted(reading.wanting)):
                pass
    finally:
        renderer.close()


def _check_size(path: Path, limits: Limits) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _gone(path) from error
    if not path.is_file():
        raise _gone(path)
    if size == 0:
        raise BadDocument(State.NOT_PDF, "the file is empty", hint="get it again from where it came")
    if size > limits.max_bytes > 0:
        what = f"the file has {size / 1e6:.0f} MB, more than {limits.max_bytes / 1e6:.0f}"
        raise BadDocument(State.TOO_BIG, what, hint="split it, or raise the limit on bytes")


def parse_in_child(
    path: Path,
    sha256: str,
    options: ParseOptions,
    limits: Limits = DEFAULT_LIMITS,
    password: str = "",
    on_page: OnPage | None = None,
    cancelled: threading.Event | None = None,
    ocr: OcrEngine | None = None,
) -> Content:
    """Reads a PDF in a limited child process.

    `on_page(done, total)` is called as pages arrive, from this thread or an OCR thread. Pages that could not be read
    are absent from `pages` and listed in `skipped` with the reason; pages that would need OCR are listed there too when
    `ocr` is None. Raises BadDocument with the state needs_password, not_pdf, damaged, too_big, timeout, memory,
    crashed, cancelled or no_text.
    """
    _check_size(path, limits)
    reading = _Reading(path, options, limits, password, on_page, cancelled)
    reading.deadline = time.monotonic() + 2 * limits.wall_seconds
    try:
        reading.stream(1, 0, limits.wall_seconds)
    except ChildFailed as error:
        reading.recover(error)
    reading.wanting = {number: why for number, why in reading.wanting.items() if number in reading.pages}
    if reading.wanting and ocr is not None:
        _read_by_ocr(reading, ocr)
    elif reading.wanting:
        reading.skipped |= {number: f"{why}; OCR is off" for number, why in reading.wanting.items()}
    if not any(block.text for page in reading.pages.values() for block in page.blocks):
        read = "OCR found none either" if reading.wanting and ocr is not None else "its pages hold no words"
        raise BadDocument(State.NO_TEXT, f"the PDF has no text: {read}", hint="scan it sharper, or try --ocr always")
    pages = settle([reading.pages[number] for number in sorted(reading.pages)])
    return Content(sha256, pages, document_title(reading.title, pages), dict(sorted(reading.skipped.items())))


class PageRenderer:
    """A small warm pool of children that draw pages. Thread-safe; close it when done."""

    def __init__(self, processes: int = 1, limits: Limits = DEFAULT_LIMITS) -> None:
        # Time is counted for each request, not for the child's life.
        own = replace(limits, cpu_seconds=0, wall_seconds=0.0)
        self._pool = ChildPool(_MODULE, {"do": "render"}, own, size=processes, uses=_RENDERERS_USES)
        self._limits = limits

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
    ) -> Image:
        """The page as RGB, uint8, shape (height, width, 3). Raises BadDocument as `render` does."""
        request = _request(path, page, dpi, password, page_width) | {"as": "rgb"}
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


def _serve_parse(request: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    options = ParseOptions(**request["options"])
    first, last = request["first"], request["last"]
    plain = request["plain"]
    for message in parse_pdf(Path(request["path"]), options, request["password"], first, last, plain=plain):
        match message:
            case Opened(pages, title):
                yield b"H", json.dumps({"pages": pages, "title": title}).encode()
            case Parsed(page, why):
                if why:
                    yield b"O", json.dumps({"page": page.number, "why": why}).encode()
                yield b"P", encode(page)
    yield b"D", b""


def _serve_render(request: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    from ingest.pdf import PdfFile

    with PdfFile(Path(request["path"]), request["password"]) as file:
        if not 1 <= request["page"] <= file.pages:
            raise BadDocument(State.DAMAGED, f"the file has no page {request['page']}")
        raster = file.render(request["page"], request["dpi"], request["max_pixels"], request["page_width"])
    data = raster.rgb
    if request["as"] == "png":
        from PIL import Image as Picture

        buffer = BytesIO()
        Picture.frombytes("RGB", (raster.width, raster.height), data).save(buffer, "PNG", compress_level=4)
        data = buffer.getvalue()
    yield b"I", json.dumps({"width": raster.width, "height": raster.height}).encode()
    yield b"X", data


def _answer(sink: BinaryIO, frames: Iterator[tuple[bytes, bytes]]) -> None:
    try:
        for kind, payload in frames:
            write_frame(sink, kind, payload)
    except BadDocument as error:
        write_frame(sink, b"E", json.dumps({"state": error.state, "message": str(error)}).encode())
    except MemoryError:
        stated = {"state": State.MEMORY, "message": "the file needs too much memory"}
        write_frame(sink, b"E", json.dumps(stated).encode())


def main() -> None:
    """A child: reads one file, or draws pages until its input ends."""
    source, sink, request = begin()
    if request["do"] == "parse":
        _answer(sink, _serve_parse(request))
        return
    while (frame := read_frame(source)) is not None:
        _answer(sink, _serve_render(json.loads(frame[1])))


if __name__ == "__main__":
    main()
