"""Files are only ever opened in limited child processes: this module is both sides of that.

The parent's side gives a file to a child and makes a Content of what comes back, trusting none of it. It does not know
what a page's blocks mean.
"""

from __future__ import annotations

import gc
import json
import math
import os
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from ingest.child import DEFAULT_LIMITS, Child, ChildFailed, Limits, answer, begin
from ingest.child_pool import SpareChildren
from ingest.codec import decode, encode
from ingest.continued import continue_tables
from ingest.errors import BadDocument
from ingest.labels import with_labels
from ingest.outline import Entry, entries
from ingest.parse import Lost, Opened, Pages, Parsed, ParseOptions, open_pdf, parse_pictures
from ingest.picture_file import is_picture
from ingest.records import BBox, Content, Page, State
from ingest.regions import MAX_REGIONS, without_repeated
from ingest.renderer import PageRenderer
from ingest.split import Frames, shared
from ingest.titles import document_title, settle

__all__ = ["BATCH_PAGES", "Limits", "PageRenderer", "SpareChildren", "parse_in_child", "spare_children"]

BATCH_PAGES = 50  # fixed boundaries in which a document is read again when its child has died

_MODULE = "ingest.sandbox"
_MOST_CHARACTERS = 10**9
_FAR = 1e6  # points
_FEW_PAGES = 16  # with fewer a second process would not pay
_SHARE = 8  # a batch that is being narrowed down gets the time that is left, divided by this: it is never used up …
_LEAST_S = 2.0  # … but this much

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
    processes: int = 1
    spares: SpareChildren | None = None
    total: int = 0
    title: str = ""
    outline: tuple[Entry, ...] = ()
    pages: dict[int, Page] = field(default_factory=dict)
    wanting: dict[int, str] = field(default_factory=dict)  # page -> why it needs OCR
    skipped: dict[int, str] = field(default_factory=dict)
    counts: dict[int, tuple[int, int]] = field(default_factory=dict)  # page -> characters held, and seen
    regions: dict[int, tuple[BBox, ...]] = field(default_factory=dict)
    deadline: float = 0.0
    cpu_s: float = 0.0  # what the children that ended well say that they took

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
            "processes": self.processes,
        }
        limits = replace(self.limits, wall_seconds=seconds)
        child = self.spares.take(request, limits) if self.spares else Child(_MODULE, request, limits, tied=True)
        try:
            with child.guard(min(seconds, limits.page_seconds), self.cancelled):
                while (frame := child.receive())[0] != b"D":
                    self._take(*frame, first, last)
                    if frame[0] == b"H":
                        child.allow(min(seconds, limits.seconds_for((last or self.total) - first + 1)))
                self._spend(frame[1])
        finally:
            child.close()
            if self.spares:
                self.spares.refill()

    def _spend(self, stated: bytes) -> None:
        try:
            self.cpu_s += max(float(json.loads(stated)["cpu_s"]), 0.0)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ChildFailed(State.CRASHED, f"the process that read the file ended oddly: {error}") from error

    def _take(self, kind: bytes, payload: bytes, first: int, last: int) -> None:
        try:
            if kind == b"H":
                self._opened(json.loads(payload))
            elif kind == b"O":
                self._told(json.loads(payload))
            elif kind == b"L":
                stated = json.loads(payload)
                self._lose(int(stated["page"]), str(stated["why"])[:200], first, last)
            elif kind == b"P":
                page = decode(payload)
                self._check_number(page.number, first, last)
                self.pages[page.number] = page
                if self.on_page is not None and page.number not in self.wanting:
                    self.on_page(len(self.pages) - len(self.wanting), self.total)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ChildFailed(State.CRASHED, f"the process that read the file sent no page: {error}") from error

    def _told(self, stated: dict[str, Any]) -> None:
        number, why = int(stated["page"]), str(stated["why"])[:200]
        why.encode()
        if why:
            self.wanting[number] = why
        characters, seen = int(stated["characters"]), int(stated["seen"])
        if not 0 <= characters <= seen <= _MOST_CHARACTERS:
            raise ValueError(f"{characters} of {seen} characters")
        self.counts[number] = characters, seen
        if boxes := _boxes(stated["regions"]):
            self.regions[number] = boxes

    def _check_number(self, number: int, first: int, last: int) -> None:
        if not first <= number <= (last or self.total) or number in self.pages or number in self.skipped:
            raise ValueError(f"page {number} was not asked for")

    def _lose(self, number: int, why: str, first: int, last: int) -> None:
        self._check_number(number, first, last)
        why.encode()
        self.skipped[number] = why

    def _opened(self, stated: dict[str, Any]) -> None:
        pages, self.title = int(stated["pages"]), str(stated["title"])[:500]
        self.title.encode()
        if pages > self.limits.max_pages > 0:
            what = f"the file has {pages} pages, more than {self.limits.max_pages}"
            raise BadDocument(State.TOO_BIG, what, hint="split it, or raise the limit on pages")
        if pages < 1 or self.total not in (0, pages):
            raise ValueError(f"{pages} pages")
        self.total = pages
        self.outline = entries(stated["outline"], pages)

    def missing(self, first: int, last: int) -> list[int]:
        return [number for number in range(first, last + 1) if number not in self.pages and number not in self.skipped]

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
                self.stream(first, last, min(left, max(left / _SHARE, _LEAST_S)), careful=True)
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


def spare_children(size: int = 1) -> SpareChildren:
    """Children for `parse_in_child`, started ahead. Close them when done."""
    return SpareChildren(_MODULE, size)


def parse_in_child(
    path: Path,
    sha256: str,
    options: ParseOptions,
    limits: Limits = DEFAULT_LIMITS,
    password: str = "",
    on_page: OnPage | None = None,
    cancelled: threading.Event | None = None,
    processes: int = 0,
    spares: SpareChildren | None = None,
    on_cost: Callable[[float], None] | None = None,
) -> Content:
    """Reads a file's text layer in a limited child process, which makes the pages in up to `processes` processes.

    0 means as many as there are cores, at most two. The child is one of `spares`, those that `spare_children` makes,
    where they are given.


    `on_page(done, total)` is called as pages arrive, `on_cost(seconds)` once with the processor time that the child and
    its copy took for the file, their start left out. Pages that could not be read are absent from `pages` and listed in
    `skipped` with the reason; pages that must be read from their pixels are `pending`. Raises BadDocument with the
    state needs_password, not_pdf, damaged, too_big, timeout, memory, crashed, cancelled, or no_text where there is
    neither text nor a page pending.
    """
    _check_size(path, limits)
    processes = processes or _processes()
    reading = Reading(path, options, limits, password, on_page, cancelled, processes, spares)
    started = time.monotonic()
    try:
        reading.stream(1, 0, limits.wall_seconds)
    except ChildFailed as error:
        reading.deadline = started + 2 * limits.seconds_for(reading.total)
        reading.recover(error)
    if on_cost is not None:
        on_cost(reading.cpu_s)
    pending = {number: why for number, why in sorted(reading.wanting.items()) if number in reading.pages}
    if options.ocr == "never":
        reading.skipped |= {number: f"{why}; OCR is off" for number, why in pending.items()}
    if not reading.pages and reading.skipped:
        raise BadDocument(
            State.DAMAGED, next(iter(reading.skipped.values())), hint="open it in a PDF reader and save it again"
        )
    if not any(block.text for page in reading.pages.values() for block in page.blocks):
        if not pending:
            raise BadDocument(State.NO_TEXT, "the file has no text", hint="if its pages show some, try --ocr always")
        if options.ocr == "never":
            raise BadDocument(State.NO_TEXT, "the file is a scan and OCR is off", hint="ingest it with --ocr auto")
    settled = settle([reading.pages[number] for number in sorted(reading.pages)], reading.outline)
    pages = with_labels(continue_tables(settled))
    counts = [reading.counts.get(page.number, (0, 0)) for page in pages if page.number not in reading.wanting]
    return Content(
        sha256,
        pages,
        document_title(reading.title, pages),
        dict(sorted(reading.skipped.items())),
        {} if options.ocr == "never" else pending,
        characters=sum(characters for characters, _ in counts),
        characters_seen=sum(seen for _, seen in counts),
        regions=without_repeated(
            {number: boxes for number, boxes in reading.regions.items() if number in reading.pages}
        ),
    )


def _boxes(stated: Any) -> tuple[BBox, ...]:
    boxes = tuple(BBox(*map(float, box)) for box in stated)
    if len(boxes) > MAX_REGIONS or not all(
        math.isfinite(value) and abs(value) < _FAR for box in boxes for value in box
    ):
        raise ValueError("regions")
    return boxes


def _processes() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 2 if cores > 1 else 1


def _serve(request: dict[str, Any]) -> Frames:
    began = _cpu_seconds()
    options = ParseOptions(**request["options"])
    first, last = request["first"], request["last"]
    path = Path(request["path"])
    parts: Iterable[Opened | Pages | Parsed | Lost]
    if is_picture(path):
        parts = parse_pictures(path, options, first, last)
    else:
        parts = open_pdf(path, options, request["password"], first, last, plain=request["plain"])
    for part in parts:
        match part:
            case Parsed() | Lost():
                yield from _frames([part])
            case Opened(pages, title, outline):
                yield b"H", json.dumps({"pages": pages, "title": title, "outline": outline}).encode()
            case Pages():
                mine, others = _halves(part.costs) if request["processes"] > 1 else (list(part.costs), [])
                yield from shared(lambda numbers, part=part: _frames(part.read(numbers)), mine, others)  # type: ignore[misc]
    yield b"D", json.dumps({"cpu_s": round(_cpu_seconds() - began, 6)}).encode()


def _cpu_seconds() -> float:
    """Processor time of this process and of the copies of it that have ended."""
    if sys.platform == "win32":
        return time.process_time()  # where nothing is forked
    import resource

    copies = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + copies.ru_utime + copies.ru_stime


def _halves(costs: dict[int, int]) -> tuple[list[int], list[int]]:
    """Page numbers in two runs that cost about the same; one run where a second process would not pay."""
    numbers = list(costs)
    reached = list(accumulate(costs.values()))
    if len(numbers) < _FEW_PAGES:
        return numbers, []
    middle = bisect_left(reached, reached[-1] / 2) + 1
    return numbers[:middle], numbers[middle:]


def _frames(pages: Iterable[Parsed | Lost]) -> Frames:
    for message in pages:
        match message:
            case Lost(number, why):
                yield b"L", json.dumps({"page": number, "why": why}).encode()
            case Parsed(page, why, characters, seen, waiting):
                told = {"page": page.number, "why": why, "characters": characters, "seen": seen, "regions": waiting}
                yield b"O", json.dumps(told).encode()
                yield b"P", encode(page)


def main() -> None:
    """A child: reads one file and sends its pages."""
    import ingest.liteparsed
    import ingest.pdf  # noqa: F401 — a spare child has the libraries loaded when its file comes

    gc.disable()  # it lives for one file, makes millions of values and hardly a cycle
    _, sink, request = begin()
    answer(sink, _serve(request))


if __name__ == "__main__":
    main()
