"""Pages that must be read from their pixels: drawn in a limited child, recognised in a worker, put in their place.

When a page must be, `ingest.ocr_need` says, not this; those of a content that wait are its `pending`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from ingest.agreement import agreement
from ingest.child import DEFAULT_LIMITS, Limits
from ingest.continued import continue_tables
from ingest.errors import BadDocument
from ingest.grades import columns
from ingest.labels import with_labels
from ingest.ocr_layout import blocks_of
from ingest.ocr_need import ASKED
from ingest.parse import ParseOptions
from ingest.recognition import Image, OcrEngine, Recognition
from ingest.records import Content, Page, State
from ingest.renderer import PageRenderer
from ingest.titles import document_title, settle_again


class Recognised(Protocol):
    """Keeps what was recognised on the pages of one content, so that none is read twice.

    `key` names the page's pixels and the engine.
    """

    def get(self, page: int, key: str) -> Recognition | None:
        """What was recognised on the page; None where it was not read."""
        ...

    def put(self, page: int, key: str, found: Recognition) -> None: ...


def key_of(image: Image, engine: OcrEngine) -> str:
    """Names a picture's pixels and what reads them."""
    height, width = image.shape[:2]
    return f"{blake2b(image.tobytes(), digest_size=16).hexdigest()};{width}x{height};{engine.identity}"


def known_or_read(kept: Recognised | None, page: int, key: str, read: Callable[[], Recognition]) -> Recognition:
    """What is kept of a picture, else what is read of it now, which is kept from then on."""
    found = kept.get(page, key) if kept is not None else None
    if found is None:
        found = read()
        if kept is not None:
            kept.put(page, key, found)
    return found


def recognised(page: Page, found: Recognition, points_per_pixel: float, why: str) -> Page:
    """The page with the blocks that its picture shows; `why` it was looked at.

    It stays as it was where its picture shows none, and where its text layer was only in doubt and says the same.
    """
    report = replace(page.report, ocr_lines=len(found.lines), confidence=min(max(found.confidence, 0.0), 1.0))
    if why != ASKED and _agree(page, found, points_per_pixel):
        note = f"its text layer says what its picture shows; it was looked at because {why}"
        return replace(page, report=replace(report, garbled=0, notes=(*report.notes, note)))
    blocks = blocks_of(found, points_per_pixel)
    notes = (note for note in report.notes if not note.startswith(_READ_BY))
    report = replace(
        report,
        notes=(*notes, f"{_READ_BY}{why}"),
        columns=columns(blocks),
        tables=0,
        disputed=0,
    )
    page = replace(page, report=report)
    return replace(page, blocks=blocks, text_from="ocr") if blocks else page


def _agree(page: Page, found: Recognition, points_per_pixel: float) -> bool:
    words = [word for block in page.blocks for word in block.words]
    return agreement(words, found, points_per_pixel) >= _AGREES


_READ_BY = "read by OCR: "
_AGREES = 0.75  # of a text layer with what was recognised; another text by chance has 0.3
_GIVE_WAY_S = 20.0
_POLL_S = 0.5


class PictureReader:
    """Reads the pending pages of a document; calls from several threads take turns page by page.

    Those that are not urgent give way to those that are, for up to 20 seconds a page.

    Close it when done, or use it in a `with` block; the OCR engine is the caller's.
    """

    def __init__(self, ocr: OcrEngine, limits: Limits = DEFAULT_LIMITS) -> None:
        self._ocr = ocr
        self._width = max(ocr.workers, 1)
        self._renderer = PageRenderer(processes=self._width, limits=limits)
        self._threads = ThreadPoolExecutor(self._width, "pictures")
        self._urgent = 0
        self._reading = 0
        self._fewer_urgent = threading.Condition()

    def read(
        self,
        content: Content,
        path: Path,
        options: ParseOptions,
        *,
        password: str = "",
        kept: Recognised | None = None,
        on_page: Callable[[int], None] | None = None,
        cancelled: threading.Event | None = None,
        urgent: bool = False,
        engines: Mapping[int, OcrEngine] | None = None,
    ) -> Content:
        """The content with its pending pages read; one that cannot be read stays as it is and is listed as skipped.

        `engines`: what reads pages that another engine reads. `on_page(done)` is called after each page. `urgent`:
        nothing can be asked of the document before. Raises BadDocument: cancelled, or no_text where no page has any.
        """
        pages = {page.number: page for page in content.pages}
        skipped = dict(content.skipped)

        def read(number: int) -> Page:
            page = pages[number]
            image = self._renderer.pixels(path, number, options.dpi, password, page.width, cancelled)
            engine = (engines or {}).get(number, self._ocr)
            found = known_or_read(kept, number, key_of(image, engine), lambda: engine.read(image))
            return recognised(page, found, page.width / image.shape[1], content.pending[number])

        with self._precedence(urgent):
            outcomes = self._in_turn(sorted(content.pending), read, cancelled, gives_way=not urgent)
            for done, (number, outcome) in enumerate(outcomes, 1):
                if isinstance(outcome, BadDocument):
                    skipped[number] = f"{content.pending[number]}; OCR failed: {outcome}"
                else:
                    pages[number] = outcome
                    skipped.pop(number, None)
                if on_page is not None:
                    on_page(done)
        if not any(block.text for page in pages.values() for block in page.blocks):
            raise BadDocument(State.NO_TEXT, "the file is a scan and OCR finds no text", hint="scan it sharper")
        settled = with_labels(continue_tables(settle_again([pages[number] for number in sorted(pages)])))
        title = content.title or document_title("", settled)
        return replace(content, pages=settled, title=title, skipped=dict(sorted(skipped.items())), pending={})

    @property
    def busy(self) -> bool:
        """Whether pages of any document are being read."""
        return self._reading > 0

    @contextmanager
    def _precedence(self, urgent: bool) -> Iterator[None]:
        """Others give way during the block: all that read figures, and those that are not urgent to one that is."""
        with self._fewer_urgent:
            self._reading += 1
            self._urgent += urgent
        try:
            yield
        finally:
            with self._fewer_urgent:
                self._reading -= 1
                self._urgent -= urgent
                self._fewer_urgent.notify_all()

    def _give_way(self, cancelled: threading.Event | None) -> None:
        deadline = time.monotonic() + _GIVE_WAY_S
        with self._fewer_urgent:
            while self._urgent and time.monotonic() < deadline and not (cancelled and cancelled.is_set()):
                self._fewer_urgent.wait(_POLL_S)

    def _in_turn(
        self, numbers: list[int], read: Callable[[int], Page], cancelled: threading.Event | None, *, gives_way: bool
    ) -> Iterator[tuple[int, Page | BadDocument]]:
        """Each page with what came of it. Only a few wait in the threads at a time, so that documents take turns."""
        for start in range(0, len(numbers), self._width):
            some = numbers[start : start + self._width]
            if gives_way:
                self._give_way(cancelled)
            for number, future in [(number, self._threads.submit(read, number)) for number in some]:
                try:
                    yield number, future.result()
                except BadDocument as error:
                    if cancelled is not None and cancelled.is_set():
                        raise
                    yield number, error

    def __enter__(self) -> PictureReader:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the children that draw."""
        self._threads.shutdown(cancel_futures=True)
        self._renderer.close()
