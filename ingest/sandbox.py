"""PDFs are only ever opened in limited child processes: this module is both sides of that.

The parent's side gives a file to a child and makes a Content of what comes back, trusting none of it. It does not know
what a page's blocks mean.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.child import DEFAULT_LIMITS, Child, ChildFailed, Limits, answer, begin
from ingest.codec import decode, encode
from ingest.errors import BadDocument
from ingest.parse import Opened, Parsed, ParseOptions, parse_pdf
from ingest.records import Content, Page, State
from ingest.renderer import PageRenderer
from ingest.titles import document_title, settle

__all__ = ["BATCH_PAGES", "Limits", "PageRenderer", "parse_in_child"]

BATCH_PAGES = 50  # fixed boundaries in which a document is read again when its child has died

_MODULE = "ingest.sandbox"
_SCRAPS = 4  # a batch that is being narrowed down gets the whole's time divided by this

OnPage = Callable[[int, int], None]


def _gone(path: Path) -> BadDocument:
    return BadDocument(State.NOT_PDF, f"{path.name} is not a file", hint="check the path")


@dataclass(slots=True)
class Reading:
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
) -> Content:
    """Reads a PDF's text layer in a limited child process.

    `on_page(done, total)` is called as pages arrive. Pages that could not be read are absent from `pages` and listed in
    `skipped` with the reason; pages that must be read from their pixels are `pending`. Raises BadDocument with the
    state needs_password, not_pdf, damaged, too_big, timeout, memory, crashed, cancelled, or no_text where there is
    neither text nor a page pending.
    """
    _check_size(path, limits)
    reading = Reading(path, options, limits, password, on_page, cancelled)
    reading.deadline = time.monotonic() + 2 * limits.wall_seconds
    try:
        reading.stream(1, 0, limits.wall_seconds)
    except ChildFailed as error:
        reading.recover(error)
    pending = {number: why for number, why in sorted(reading.wanting.items()) if number in reading.pages}
    if not pending and not any(block.text for page in reading.pages.values() for block in page.blocks):
        raise BadDocument(State.NO_TEXT, "the PDF has no text", hint="if its pages show some, try --ocr always")
    pages = settle([reading.pages[number] for number in sorted(reading.pages)])
    skipped = dict(sorted(reading.skipped.items()))
    return Content(sha256, pages, document_title(reading.title, pages), skipped, pending)


def _serve(request: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
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


def main() -> None:
    """A child: reads one file and sends its pages."""
    _, sink, request = begin()
    answer(sink, _serve(request))


if __name__ == "__main__":
    main()
