"""A PDF to pages of blocks: the stages in order, page by page.

`parse_pdf` opens the file and therefore runs only in the sandbox's child; the rest is pure. It does not know about
processes, limits or how a page read by OCR comes about.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from ingest.codec import CODEC_VERSION
from ingest.errors import BadDocument
from ingest.flow import Line, normal
from ingest.layout import RawPage, arrange, with_tables
from ingest.ocr import OcrLine, PageStats, needs_ocr, words_of
from ingest.records import Block, Page, Word
from ingest.table_finder import find_tables
from ingest.titles import name_kinds

if TYPE_CHECKING:
    from ingest.pdf import BasePages, LazyFile

VERSION = 4  # raised whenever the same file would give other blocks
WHOLE_PAGES = 2000  # a longer document is read in pieces of this many pages

_MISSING_SHARE = 0.9  # the base misses text where it has less than this share of PDFium's characters …
_MISSING_FEW = 10  # … and this many fewer
_NEARLY_ALL = 0.97  # the words that the base left out are looked for where it has less than this share …
_PAGE_NUMBER = 4  # … or more than so many characters fewer: it leaves out many a page's number
_COVERED = 0.3  # share of the smaller of two words' boxes from which they are the same
_TELLING = 3  # letters and digits from which a word's text tells whether it is the same
_TWICE = 1.0  # points within which a word drawn again is the same
_MAX_COMPARED = 10**8  # pairs of words of one page that are compared: some seconds
_MAX_CHARACTERS = 200_000
_GARBLED = re.compile("[\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff\x00-\x08]")
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

    def ocr_key(self) -> str:
        """What made the lines that were recognised on a page, whatever is done with them afterwards."""
        return f"dpi={self.dpi};" + ";".join(f"{name}={version(name)}" for name in ("pypdfium2", "rapidocr"))


@dataclass(frozen=True, slots=True)
class Opened:
    """The file could be opened."""

    pages: int
    title: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A page; `ocr` says why it must be read from its pixels, "" when it need not.

    `characters` and `seen` as in Content.
    """

    page: Page
    ocr: str = ""
    characters: int = 0
    seen: int = 0


def _in_blocks(blocks: Sequence[Block]) -> int:
    return sum(len(word.text) for block in blocks for word in block.words)


def _words(lines: Sequence[Line]) -> int:
    return sum(len(line.words) for line in lines)


def _characters(lines: Sequence[Line]) -> int:
    return sum(len(word.text) for line in lines for word in line.words)


@dataclass(frozen=True, slots=True)
class Lost:
    """A page that could not be read at all, and why."""

    number: int
    why: str


def unread(own: Sequence[Line], lines: Sequence[Line]) -> list[Line]:
    """What PDFium sees where `lines` have no word, or other ones. Words without extent or ink do not count."""
    words = [word for line in lines for word in line.words]
    boxes = np.array([word.bbox for word in words], np.float64).reshape(-1, 4)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])

    def covered(word: Word) -> bool:
        box = word.bbox
        across = np.minimum(boxes[:, 2], box.x1) - np.maximum(boxes[:, 0], box.x0)
        down = np.minimum(boxes[:, 3], box.bottom) - np.maximum(boxes[:, 1], box.top)
        shared = np.maximum(across, 0) * np.maximum(down, 0)
        meets = np.nonzero(shared > _COVERED * np.minimum(areas, box.area))[0].tolist()
        # Tall letters of a title lie over the rows above and below: there the text must be alike too.
        letters = [character for character in normal(word.text) if character.isalnum()]
        beneath = "".join(normal(words[index].text) for index in meets)
        alike = len(letters) < _TELLING or 2 * sum(letter in beneath for letter in letters) >= len(letters)
        return bool(meets) and alike

    kept = [Line(tuple(w for w in line.words if _shows(w) and not covered(w)), line.rotation) for line in own]
    return [line for line in kept if line.words]


def _shows(word: Word) -> bool:
    return word.bbox.area > 0 and bool(normal(word.text))


def visible_characters(own: Sequence[Line]) -> int:
    """How many characters of PDFium's lines show: not those without ink or extent, nor a word drawn twice in place."""
    places = {
        (word.text, round(word.bbox.x0 / _TWICE), round(word.bbox.top / _TWICE)): word
        for line in own
        for word in line.words
        if _shows(word)
    }
    return sum(len(word.text) for word in places.values())


class _Checked(NamedTuple):
    lines: tuple[Line, ...]
    report: list[str]
    seen: int  # visible characters of the text layer


def _checked(file: LazyFile, page: RawPage, seen: int) -> _Checked:
    """The page's lines, PDFium's own where the base's are poor, and what was done about them.

    `seen`: the characters of the text layer that PDFium counts, off the page too.
    """
    have = _characters(page.lines)
    if seen > _MAX_CHARACTERS:
        report = [f"it states {seen} characters, more than a page can show; the base read {have}"]
        return _Checked(page.lines, report, seen)
    turned = [line for line in page.lines if line.rotation]
    missing = have < max(_NEARLY_ALL * seen, seen - _PAGE_NUMBER)
    if not missing and not turned:
        return _Checked(page.lines, [], seen)
    width, _ = file.opened.size(page.number)
    own = file.opened.lines(page.number, page.width / width if width > 0 else 1.0)
    found = _characters(own)
    seen = min(seen, visible_characters(own))
    if have < _MISSING_SHARE * found - _MISSING_FEW:
        own.sort(key=lambda line: (line.bbox.top, line.bbox.x0))
        return _Checked(tuple(own), [f"the base read {have} of {found} characters; the words are PDFium's"], seen)
    lines = page.lines
    own_turned = [line for line in own if line.rotation]
    if turned and _characters(own_turned) >= _MISSING_SHARE * _characters(turned):
        # The base breaks turned words up into letters.
        lines = (*(line for line in lines if not line.rotation), *own_turned)
    if not missing:
        return _Checked(lines, [], seen)
    if _words(own) * _words(lines) > _MAX_COMPARED:
        return _Checked(lines, ["it has too many words to look for those that the base left out"], seen)
    left = unread(own, lines)
    report = [f"the base left {_characters(left)} characters out; these words are PDFium's"] if left else []
    return _Checked((*lines, *left), report, seen)


def _why_ocr(file: LazyFile, page: RawPage, lines: Sequence[Line], options: ParseOptions) -> str:
    if options.ocr == "always":
        return "OCR was asked for"
    characters = _characters(lines)
    garbled = sum(len(_GARBLED.findall(word.text)) for line in lines for word in line.words)
    share = 0.0
    if not needs_ocr(PageStats(characters, garbled)) and needs_ocr(PageStats(characters, garbled, 1.0)):
        share = file.opened.image_share(page.number)
    return needs_ocr(PageStats(characters, garbled, share))


class Pages:
    """Pages of an opened file that are ready to be made, in any order and in more than one process.

    `costs` says of each page, by number, how much work it is beside the others.
    """

    def __init__(self, path: Path, options: ParseOptions, password: str, base: BasePages, seen: dict[int, int]) -> None:
        self._path, self._options, self._password = path, options, password
        self._base = base
        self._seen = seen
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
                    yield self._page(file, number, left)
                except BadDocument as error:
                    yield Lost(number, str(error))
                if number in self._asked:
                    left -= time.monotonic() - start

    def _page(self, file: LazyFile, number: int, seconds: float) -> Parsed:
        page = self._base.take(number)
        if page is None:
            from ingest.pdf import own_page

            page = own_page(file.opened, number)
            lost = ["the base could not read it: words are PDFium's, blocks are by distance"]
            if number in self._asked:
                page, tables = self._improved(page, min(_SECOND_SECONDS, seconds))
                lost += tables
            return self._finished(file, page, page.lines, lost, visible_characters(page.lines))
        lines, changed, seen = _checked(file, page, self._seen[number])
        return self._finished(file, page, lines, changed, seen)

    def _improved(self, page: RawPage, seconds: float) -> tuple[RawPage, list[str]]:
        """The page with the tables that pdfplumber sees by their rules, where the time is there for it."""
        if seconds <= 0:
            return page, ["no time was left for a second opinion on its tables"]
        from ingest.ruled import ruled_tables

        base = with_tables((), ruled_tables(self._path, self._password, page.number, seconds) or ())
        return replace(page, base=base), [f"{len(base)} of its tables are pdfplumber's"] if base else []

    def _finished(
        self, file: LazyFile, page: RawPage, lines: Sequence[Line], report: Sequence[str], seen: int
    ) -> Parsed:
        found = find_tables(page, lines)
        blocks = name_kinds(arrange(found.lines, found.base, found.tables))
        made = Page(page.number, page.width, page.height, blocks, page.label, report=tuple(report))
        held = _in_blocks(blocks) if seen <= _MAX_CHARACTERS else 0  # what such a page shows is not known
        if held < seen:  # words without ink are in no block
            seen -= min(
                sum(len(word.text) for line in lines for word in line.words if not normal(word.text)), seen - held
            )
        return Parsed(made, _why_ocr(file, page, lines, self._options), min(held, seen), seen)


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
    from ingest.pdf import BasePages, PdfFile, base_pages

    with PdfFile(path, password) as file:
        yield Opened(file.pages, file.title)
        last = min(last or file.pages, file.pages)
        for start in range(first, last + 1, WHOLE_PAGES):
            numbers = range(start, min(start + WHOLE_PAGES, last + 1))
            if plain:
                yield Pages(path, options, password, BasePages(), dict.fromkeys(numbers, 0))
                continue
            # PDFium counts while the base reads: both let go of Python's lock, and each has a PDFium of its own.
            with ThreadPoolExecutor(1) as thread:
                seen = thread.map(file.characters, numbers)
                base = base_pages(path, password, numbers[0], numbers[-1])
            yield Pages(path, options, password, base, dict(zip(numbers, seen, strict=True)))


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


def ocr_blocks(lines: Sequence[OcrLine], points_per_pixel: float) -> tuple[Block, ...]:
    """The blocks of a page read from its pixels."""
    return name_kinds(arrange([words_of(line, points_per_pixel) for line in lines], ()))
