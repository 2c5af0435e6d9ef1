"""Pictures within digital pages that carry text: read last, and put into their pages where they stand.

It does not know which pictures are worth a look; the regions of a content that wait are its `regions`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.child import DEFAULT_LIMITS, Limits
from ingest.drawn_titles import as_heading, with_drawn_levels
from ingest.errors import BadDocument
from ingest.ocr_layout import blocks_of, moved
from ingest.parse import ParseOptions
from ingest.pictures import Recognised, key_of, known_or_read
from ingest.recognition import Affine, Image, OcrEngine, OcrLine, Recognition
from ingest.records import BBox, Block, BlockKind, Content, Page, State
from ingest.renderer import PageRenderer

_SURE = 0.6  # confidence of a line below which it is what an engine sees in a photo
_LETTERS = 2  # that a line has at least
_STATED = 0.3  # share of a line under the page's own words, from which these state it already
_CONTRAST = 24  # of 255: a picture that has less shows nothing
_WAIT_S = 0.5
_MAX_WAIT_S = 60.0  # for one page
_MAX_PIXELS = 6_000_000  # of one region


def worth_saying(found: Recognition, words: Sequence[BBox]) -> Recognition:
    """What was recognised, without what is hardly text and what `words` (in its pixels) state already."""
    lines = [line for line in found.lines if _is_text(line) and not _is_stated(found.back.box(line.bbox), words)]
    return replace(found, lines=tuple(lines))


def _is_text(line: OcrLine) -> bool:
    return line.confidence >= _SURE and sum(character.isalnum() for character in line.text) >= _LETTERS


def _is_stated(line: BBox, words: Sequence[BBox]) -> bool:
    return sum(line.overlap(word) for word in words) > _STATED * line.area


def place_of(box: BBox, blocks: Sequence[Block]) -> int:
    """Where in the reading order a picture stands.

    After the last block above it in its columns, else before the first below it; else at the end.
    """
    beside = [(index, block.bbox) for index, block in enumerate(blocks) if _in_its_column(block.bbox, box)]
    above = [index for index, other in beside if other.center[1] <= box.center[1]]
    below = [index for index, other in beside if other.center[1] > box.center[1]]
    return above[-1] + 1 if above else below[0] if below else len(blocks)


def _in_its_column(one: BBox, other: BBox) -> bool:
    return min(one.x1, other.x1) > max(one.x0, other.x0)


def with_figures(page: Page, found: Sequence[tuple[BBox, Recognition, float]]) -> Page:
    """The page with what was recognised in its regions, each with its points a pixel; as it was where that is nothing.

    Text in pictures makes no headings, but where the picture is one.
    """
    words = [word.bbox for block in page.blocks for word in block.words]
    blocks = list(page.blocks)
    lines: list[tuple[int, float]] = []
    for box, recognition, scale in found:
        into = Affine(1 / scale, 0, 0, 1 / scale, -box.x0 / scale, -box.top / scale)
        said = worth_saying(recognition, [into.box(word) for word in words])
        if not said.lines:
            continue
        lines += [(sum(len(word.text) for word in line.words), line.confidence) for line in said.lines]
        new = moved(blocks_of(said, scale), Affine(e=box.x0, f=box.top))
        at = place_of(box, blocks)
        title = as_heading(new, box, blocks, at)
        blocks[at:at] = [title] if title else [_plain(block) for block in new]
    if not lines:
        return page
    letters = sum(count for count, _ in lines)
    confidence = sum(count * sure for count, sure in lines) / letters
    note = f"{len(lines)} lines were read by OCR in its pictures"
    report = replace(
        page.report, ocr_lines=len(lines), confidence=min(confidence, 1.0), notes=(*page.report.notes, note)
    )
    return replace(page, blocks=tuple(blocks), text_from="mixed", report=report)


def _plain(block: Block) -> Block:
    if block.kind in (BlockKind.TITLE, BlockKind.FURNITURE):
        return replace(block, kind=BlockKind.TEXT, level=0)
    return block


class FigureReader:
    """Reads the regions of a document's pages, one page after the other, and of equal pictures only one.

    `busy` says whether others need the engine more: then it waits, up to a minute a page. Close it when done, or use it
    in a `with` block; the engine is the caller's.
    """

    def __init__(
        self, ocr: OcrEngine, limits: Limits = DEFAULT_LIMITS, busy: Callable[[], bool] = lambda: False
    ) -> None:
        self._ocr = ocr
        self._renderer = PageRenderer(limits=replace(limits, max_pixels=min(limits.max_pixels, _MAX_PIXELS)))
        self._busy = busy

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
    ) -> Content:
        """The content with the text of its regions, and none that waits; the page's notes name what cannot be read.

        `on_page(done)` is called after each page that has regions. Raises BadDocument: cancelled.
        """
        known: dict[str, Recognition] = {}

        def recognise(number: int, box: BBox) -> tuple[BBox, Recognition, float]:
            width = pages[number].width
            image = self._renderer.pixels(path, number, options.dpi, password, width, cancelled, box)
            key = key_of(image, self._ocr)
            if key not in known:
                known[key] = known_or_read(kept, number, key, lambda: self._look(image))
            return box, known[key], box.width / image.shape[1]

        pages = {page.number: page for page in content.pages}
        for done, (number, boxes) in enumerate(sorted(content.regions.items()), 1):
            self._give_way(cancelled)
            page = pages[number]
            try:
                found = [recognise(number, box) for box in boxes]
            except BadDocument as error:
                if cancelled is not None and cancelled.is_set():
                    raise
                note = f"its pictures could not be read: {error}"
                pages[number] = replace(page, report=replace(page.report, notes=(*page.report.notes, note)))
            else:
                pages[number] = with_figures(page, found)
            if on_page is not None:
                on_page(done)
        return replace(content, pages=with_drawn_levels([pages[number] for number in sorted(pages)]), regions={})

    def _look(self, image: Image) -> Recognition:
        return self._ocr.read(image) if _shows(image) else Recognition(image.shape[1], image.shape[0])

    def _give_way(self, cancelled: threading.Event | None) -> None:
        deadline = time.monotonic() + _MAX_WAIT_S
        while self._busy() and time.monotonic() < deadline and not (cancelled and cancelled.is_set()):
            time.sleep(_WAIT_S)
        if cancelled is not None and cancelled.is_set():
            raise BadDocument(State.CANCELLED, "cancelled")

    def __enter__(self) -> FigureReader:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the child that draws."""
        self._renderer.close()


def _shows(image: Image) -> bool:
    """Whether there is anything on a picture."""
    return int(image.max()) - int(image.min()) >= _CONTRAST
