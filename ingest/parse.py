"""A file to pages of blocks: the stages in order, page by page.

`parse_pdf` and `parse_pictures` open the file and therefore run only in the sandbox's child; the rest is pure. It does
not know about processes, limits or how a page read by OCR comes about.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ingest.charts import take_charts
from ingest.codec import CODEC_VERSION
from ingest.errors import BadDocument
from ingest.flow import Line, normal, write
from ingest.grades import columns, disputed
from ingest.layout import RawPage, arrange, without_torn
from ingest.ocr_need import ASKED, PageStats, needs_ocr
from ingest.outline import Entry
from ingest.outlined import letters_in_rows
from ingest.plausible import MAX_SURPRISE, doubtful
from ingest.records import BBox, Block, BlockKind, Page, PageReport, union_of
from ingest.regions import regions
from ingest.rules import level_rules
from ingest.table_finder import find_tables
from ingest.text_layer import (
    MAX_SHOWN,
    SCAN,
    bare_share,
    characters,
    picture_share,
    pictures_of,
    seen_lines,
    text_layer,
    visible_characters,
)
from ingest.timer import OutOfTime, at_most
from ingest.titles import name_kinds

if TYPE_CHECKING:
    from ingest.liteparsed import BasePages
    from ingest.pdf import Glance, LazyFile

VERSION = 13  # raised whenever the same file would give other blocks
WHOLE_PAGES = 2000  # a longer document is read in pieces of this many pages

_GARBLED = re.compile("[\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff\x00-\x08]")
_SCAN_SURPRISE = 4.5  # bits, from which what OCR once read on a scan is in doubt: it errs letter by letter
_PAGE_SECONDS = 5.0  # CPU for the layout of one page, which mostly takes some hundredths
_SECOND_PAGES = 20  # pages of a document on which tables get a second opinion
_SECOND_SECONDS = 3.0  # CPU for one such page
_SECOND_TOTAL = 2.0  # seconds of wall time for all of them in one process
_SECOND_COST = 3000  # in runs of text that are read in the same time


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """What decides how a file is read. `dpi` is that of pages rendered for OCR.

    `second_tables`: ask pdfplumber about the tables of pages that the base could not read.
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
    """The file could be opened. `outline`: its bookmarks, in order."""

    pages: int
    title: str
    outline: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A page; `ocr` says why it must be read from its pixels, "" when it need not.

    `characters`, `seen` and `regions` as in Content.
    """

    page: Page
    ocr: str = ""
    characters: int = 0
    seen: int = 0
    regions: tuple[BBox, ...] = ()


def _in_blocks(blocks: Sequence[Block]) -> int:
    return sum(len(word.text) for block in blocks for word in block.words)


@dataclass(frozen=True, slots=True)
class Lost:
    """A page that could not be read at all, and why."""

    number: int
    why: str


def _garbled(lines: Sequence[Line]) -> int:
    return sum(len(_GARBLED.findall(word.text)) for line in lines for word in line.words)


def _doubtful(lines: Sequence[Line], max_surprise: float) -> int:
    """Of the text by its fonts: each maps codes to letters in its own way."""
    fonts: dict[str, list[str]] = {}
    for line in lines:
        for word in line.words:
            fonts.setdefault(word.font, []).append(word.text)
    return sum(doubtful(" ".join(words), max_surprise) for words in fonts.values())


def _stats(file: LazyFile, page: RawPage, lines: Sequence[Line], glance: Glance) -> PageStats:
    """What costs time is counted only where the answer would matter."""
    share = picture_share(page, glance)
    over_scan = share >= SCAN and (glance.inkless or glance.beneath)
    worst = _SCAN_SURPRISE if over_scan else MAX_SURPRISE
    stats = PageStats(characters(lines), _garbled(lines), share, _doubtful(lines, worst))
    if needs_ocr(stats):
        return stats
    if needs_ocr(replace(stats, outlined=glance.paths)):
        unit = page.width / glance.width if glance.width > 0 else 1.0
        return replace(stats, outlined=letters_in_rows(file.opened.glyph_boxes(page.number, unit)))
    return replace(stats, bare_ink=bare_share(file, page, lines)) if over_scan else stats


def _regions(page: RawPage, glance: Glance, lines: Sequence[Line]) -> tuple[BBox, ...]:
    if not glance.pictures:
        return ()
    words = [word.bbox for line in lines for word in line.words]
    return regions(pictures_of(page, glance), words, BBox(0, 0, page.width, page.height))


class Pages:
    """Pages of an opened file that are ready to be made, in any order and in more than one process.

    `costs` says of each page, by number, how much work it is beside the others.
    """

    def __init__(
        self, path: Path, options: ParseOptions, password: str, base: BasePages, seen: dict[int, Glance]
    ) -> None:
        self._path, self._options, self._password = path, options, password
        self._base = base
        self._seen = seen
        self._body = base.body()
        asked = [number for number in seen if not base.has(number)] if options.second_tables else []
        self._asked = frozenset(asked[:_SECOND_PAGES])
        self.costs = {
            number: 1 + base.items(number) + (_SECOND_COST if number in self._asked else 0) for number in seen
        }

    def read(self, numbers: Sequence[int]) -> Iterator[Parsed | Lost]:
        """The pages of these numbers, each once."""
        from ingest.pdf import LazyFile

        # A file that another process has open too is opened anew: both would move one place in it.
        with LazyFile(self._path, self._password) as file:
            left = _SECOND_TOTAL
            for number in numbers:
                start = time.monotonic()
                try:
                    yield self._in_time(file, number, left)
                except BadDocument as error:
                    yield Lost(number, str(error))
                if number in self._asked:
                    left -= time.monotonic() - start

    def _in_time(self, file: LazyFile, number: int, seconds: float) -> Parsed | Lost:
        """The page; its text without layout where that takes too long."""
        try:
            with at_most(_PAGE_SECONDS):
                return self._page(file, number, seconds)
        except OutOfTime:
            pass
        try:
            with at_most(_PAGE_SECONDS):
                return self._plain(file, number)
        except OutOfTime:
            return Lost(number, "it takes too long to read")

    def _page(self, file: LazyFile, number: int, seconds: float) -> Parsed:
        page = self._base.take(number)
        if page is None:
            from ingest.pdf import own_page

            page = own_page(file.opened, number)
            report = PageReport(("the base could not read it: words are PDFium's, blocks are by distance",), plain=True)
            if number in self._asked:
                page, notes = self._improved(page, min(_SECOND_SECONDS, seconds))
                report = replace(report, notes=report.notes + notes)
            glance = file.opened.glance(number)
            own = seen_lines(file, page, glance)
            report = replace(report, notes=report.notes + own.notes)
            return self._finished(file, page, glance, own.lines, arrange(own.lines, page.base), report)
        glance = self._seen[number]
        checked = text_layer(file, page, glance)
        if checked.vertical:
            page = replace(page, base=())
        charts = take_charts(checked.lines, page.shades, BBox(0, 0, page.width, page.height))
        rules = level_rules(page.edges)
        page = replace(page, base=without_torn(page.base, charts.lines, rules))
        found = find_tables(page, charts.lines)
        theirs = [block.bbox for block in page.base if block.kind == "table"]
        report = PageReport(
            checked.notes,
            characters_seen=checked.seen,
            patched=checked.patched,
            disputed=disputed([table.bbox for table in found.tables], theirs),
        )
        blocks = arrange(found.lines, found.base, (*charts.blocks, *found.tables), rules)
        return self._finished(file, page, glance, checked.lines, blocks, report)

    def _plain(self, file: LazyFile, number: int) -> Parsed:
        """The page's text as it stands in the file, a row a line, in one block."""
        from ingest.pdf import own_page

        page = own_page(file.opened, number)
        glance = file.opened.glance(number)
        own = seen_lines(file, page, glance)
        text, words, offsets = write(own.lines, "\n")
        box = union_of([word.bbox for word in words]) if words else BBox(0, 0, 0, 0)
        blocks = (Block(BlockKind.TEXT, text, box, words, offsets),) if words else ()
        note = f"its layout took more than {_PAGE_SECONDS:g} seconds: its text is in the file's order"
        return self._finished(file, page, glance, own.lines, blocks, PageReport((note, *own.notes), plain=True))

    def _improved(self, page: RawPage, seconds: float) -> tuple[RawPage, tuple[str, ...]]:
        """The page with the tables that pdfplumber sees by their rules, where the time is there for it; notes."""
        if seconds <= 0:
            return page, ("no time was left for a second opinion on its tables",)
        from ingest.ruled import ruled_tables

        base = tuple(ruled_tables(self._path, self._password, page.number, seconds) or ())
        return replace(page, base=base), (f"{len(base)} of its tables are pdfplumber's",) if base else ()

    def _finished(
        self,
        file: LazyFile,
        page: RawPage,
        glance: Glance,
        lines: Sequence[Line],
        blocks: Sequence[Block],
        report: PageReport,
    ) -> Parsed:
        """`report` says what was done about the page so far; it is plain, or states the characters seen."""
        seen = visible_characters(lines) if report.plain else report.characters_seen
        named = name_kinds(blocks, self._body, page.width, page.height)
        held = _in_blocks(named) if seen <= MAX_SHOWN else 0  # what such a page shows is not known
        if held < seen:  # words without ink are in no block
            seen -= min(
                sum(len(word.text) for line in lines for word in line.words if not normal(word.text)), seen - held
            )
        stats = _stats(file, page, lines, glance)
        report = replace(
            report,
            characters=min(held, seen),
            characters_seen=seen,
            garbled=stats.garbled + stats.doubtful,
            pictures=stats.image_share,
            columns=columns(named),
            tables=sum(block.kind is BlockKind.TABLE for block in named),
        )
        made = Page(page.number, page.width, page.height, named, page.label, report=report)
        why = ASKED if self._options.ocr == "always" else needs_ocr(stats)
        waiting = () if why or self._options.ocr == "never" else _regions(page, glance, lines)
        return Parsed(made, why, report.characters, seen, waiting)


def open_pdf(
    path: Path,
    options: ParseOptions,
    password: str = "",
    first: int = 1,
    last: int = 0,
    *,
    plain: bool = False,
) -> Iterator[Opened | Pages]:
    """What is in a file, then its pages `first` to `last` (0: the last one), piece by piece, each ready to be made.

    `plain`: words from PDFium alone, without the base, for a page on which the base dies. Raises BadDocument
    (needs_password, not_pdf, damaged).
    """
    # The PDF libraries must not be loaded in the process that only knows the options.
    from ingest.liteparsed import BasePages, base_pages
    from ingest.pdf import Glance, PdfFile

    with PdfFile(path, password) as file:
        yield Opened(file.pages, file.title, tuple(file.outline()))
        last = min(last or file.pages, file.pages)
        for start in range(first, last + 1, WHOLE_PAGES):
            numbers = range(start, min(start + WHOLE_PAGES, last + 1))
            if plain:
                yield Pages(path, options, password, BasePages(), dict.fromkeys(numbers, Glance(0)))
                continue
            # PDFium counts while the base reads: both let go of Python's lock, and each has a PDFium of its own.
            with ThreadPoolExecutor(1) as thread:
                seen = thread.map(file.glance, numbers)
                base = base_pages(path, password, numbers[0], numbers[-1])
            glances = dict(zip(numbers, seen, strict=True))
            base = base.measured({number: glance.width for number, glance in glances.items()})
            yield Pages(path, options, password, base, glances)


def parse_pdf(
    path: Path,
    options: ParseOptions,
    password: str = "",
    first: int = 1,
    last: int = 0,
    *,
    plain: bool = False,
) -> Iterator[Opened | Parsed | Lost]:
    """What is in a file, then pages `first` to `last` (0: the last one) in order, all in this process."""
    for part in open_pdf(path, options, password, first, last, plain=plain):
        if isinstance(part, Pages):
            yield from part.read(list(part.costs))
        else:
            yield part


def parse_pictures(
    path: Path, options: ParseOptions, first: int = 1, last: int = 0
) -> Iterator[Opened | Parsed | Lost]:
    """What is in a file that is a picture, or several: pages without words. Raises BadDocument (damaged, too_big)."""
    from ingest.picture_file import PictureFile

    with PictureFile(path) as file:
        yield Opened(file.pages, "")
        why = ASKED if options.ocr == "always" else needs_ocr(PageStats(0, image_share=1.0))
        for number in range(first, min(last or file.pages, file.pages) + 1):
            try:
                width, height = file.size(number)
                file.check(number)
            except BadDocument as error:
                yield Lost(number, str(error))
            else:
                yield Parsed(Page(number, width, height, (), report=PageReport(pictures=1.0)), why)
