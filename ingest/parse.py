"""A PDF to pages of blocks: the stages in order, page by page.

`parse_pdf` opens the file and therefore runs only in the sandbox's child; the rest is pure. It does not know about
processes, limits or how a page read by OCR comes about.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ingest.codec import CODEC_VERSION
from ingest.flow import Line
from ingest.layout import RawPage, arrange, with_tables
from ingest.ocr import OcrLine, PageStats, needs_ocr, words_of
from ingest.records import Block, Page
from ingest.titles import name_kinds

if TYPE_CHECKING:
    from ingest.pdf import PdfFile

VERSION = 2  # raised whenever the same file would give other blocks
WHOLE_PAGES = 2000  # a longer document is read in pieces of this many pages

_MISSING_SHARE = 0.9  # the base misses text where it has less than this share of PDFium's characters …
_MISSING_FEW = 10  # … and this many fewer
_MAX_CHARACTERS = 200_000
_GARBLED = re.compile("[\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff\x00-\x08]")
_SECOND_PAGES = 20  # pages of a document on which tables get a second opinion
_SECOND_SECONDS = 3.0  # CPU for one such page
_SECOND_TOTAL = 15.0  # CPU for all of them


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """What decides how a file is read. `dpi` is that of pages rendered for OCR.

    `second_tables`: ask pdfplumber about ruled grids of which the base made no table.
    """

    ocr: Literal["auto", "always", "never"] = "auto"
    dpi: int = 200
    second_tables: bool = True

    def key(self) -> str:
        """What made a page, for the keys of stages: equal keys give equal pages for equal bytes."""
        libraries = [f"{name}={version(name)}" for name in ("liteparse", "pypdfium2", "pdfplumber", "rapidocr")]
        options = [f"ocr={self.ocr}", f"dpi={self.dpi}", f"second_tables={int(self.second_tables)}"]
        return ";".join([f"parse={VERSION}", f"codec={CODEC_VERSION}", f"whole={WHOLE_PAGES}", *options, *libraries])


@dataclass(frozen=True, slots=True)
class Opened:
    """The file could be opened."""

    pages: int
    title: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A page; `ocr` says why it must be read from its pixels, "" when it need not."""

    page: Page
    ocr: str = ""


def _characters(lines: Sequence[Line]) -> int:
    return sum(len(word.text) for line in lines for word in line.words)


def _checked(file: PdfFile, page: RawPage) -> tuple[tuple[Line, ...], list[str]]:
    """The page's lines, PDFium's own where the base's are poor, and what was done about them."""
    have = _characters(page.lines)
    seen = file.characters(page.number)
    if seen > _MAX_CHARACTERS:
        return page.lines, [f"it states {seen} characters, more than a page can show: only the base's {have} were read"]
    turned = [line for line in page.lines if line.rotation]
    missing = have < _MISSING_SHARE * seen - _MISSING_FEW
    if not missing and not turned:
        return page.lines, []
    width, _ = file.size(page.number)
    own = file.lines(page.number, page.width / width if width > 0 else 1.0)
    found = _characters(own)
    if missing and have < _MISSING_SHARE * found - _MISSING_FEW:
        own.sort(key=lambda line: (line.bbox.top, line.bbox.x0))
        return tuple(own), [f"the base read {have} of {found} characters; the words are PDFium's"]
    own_turned = [line for line in own if line.rotation]
    if turned and _characters(own_turned) >= _MISSING_SHARE * _characters(turned):
        # The base breaks turned words up into letters.
        return (*(line for line in page.lines if not line.rotation), *own_turned), []
    return page.lines, []


class _SecondOpinion:
    """Asks about a document's tables while its budget lasts."""

    def __init__(self, path: Path, password: str, wanted: bool) -> None:
        self._path, self._password = path, password
        self._pages = _SECOND_PAGES if wanted else 0
        self._seconds = _SECOND_TOTAL

    def improve(self, page: RawPage) -> tuple[RawPage, list[str]]:
        tables = sum(1 for block in page.base if block.kind == "table")
        if page.grids <= tables or self._pages <= 0 or self._seconds <= 0:
            return page, []
        from ingest.ruled import ruled_tables

        start = time.process_time()
        found = ruled_tables(self._path, self._password, page.number, min(_SECOND_SECONDS, self._seconds))
        self._pages -= 1
        self._seconds -= time.process_time() - start
        base = with_tables(page.base, found or ())
        gained = sum(1 for block in base if block.kind == "table") - tables
        report = [f"{gained} of its tables by their rules only"] if gained else []
        return replace(page, base=base), report


def _why_ocr(file: PdfFile, page: RawPage, lines: Sequence[Line], options: ParseOptions) -> str:
    if options.ocr != "auto":
        return "OCR was asked for" if options.ocr == "always" else ""
    characters = _characters(lines)
    garbled = sum(len(_GARBLED.findall(word.text)) for line in lines for word in line.words)
    share = page.image_share
    if not share and not needs_ocr(PageStats(characters, garbled)) and needs_ocr(PageStats(characters, garbled, 1.0)):
        share = file.image_share(page.number)
    return needs_ocr(PageStats(characters, garbled, share))


def parse_pdf(
    path: Path,
    options: ParseOptions,
    password: str = "",
    first: int = 1,
    last: int = 0,
    *,
    plain: bool = False,
) -> Iterator[Opened | Parsed]:
    """What is in a file, then pages `first` to `last` (0: the last one) in order.

    `plain`: words from PDFium alone, without the base, for a page on which the base dies. Raises BadDocument
    (needs_password, not_pdf, damaged).
    """
    # The PDF libraries must not be loaded in the process that only knows the options.
    from ingest.pdf import BasePages, PdfFile, base_pages, own_page

    with PdfFile(path, password) as file:
        yield Opened(file.pages, file.title)
        last = min(last or file.pages, file.pages)
        second = _SecondOpinion(path, password, options.second_tables and not plain)
        for start in range(first, last + 1, WHOLE_PAGES):
            end = min(start + WHOLE_PAGES - 1, last)
            base = BasePages() if plain else base_pages(path, password, start, end)
            for number in range(start, end + 1):
                page = base.take(number)
                if page is None:
                    lost = ["the base could not read it: words are PDFium's, blocks are by distance"]
                    page = own_page(file, number)
                    yield _finished(file, page, page.lines, lost, options)
                    continue
                lines, changed = _checked(file, page)
                page, tables = second.improve(page)
                yield _finished(file, page, lines, [*changed, *tables], options)


def _finished(
    file: PdfFile, page: RawPage, lines: Sequence[Line], report: Sequence[str], options: ParseOptions
) -> Parsed:
    blocks = name_kinds(arrange(lines, page.base))
    made = Page(page.number, page.width, page.height, blocks, page.label, report=tuple(report))
    return Parsed(made, _why_ocr(file, page, lines, options))


def ocr_blocks(lines: Sequence[OcrLine], points_per_pixel: float) -> tuple[Block, ...]:
    """The blocks of a page read from its pixels."""
    return name_kinds(arrange([words_of(line, points_per_pixel) for line in lines], ()))
