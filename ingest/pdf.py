"""The file that touches PDFium: opens PDFs, reads and renders their pages.

It runs in a limited child process only and knows nothing of Recto's blocks. PDFium checks what the base read and fills
in where that is poor. It is not thread-safe. (liteparse is in liteparsed.py; pdfplumber, seldom asked, in ruled.py.)
"""

from __future__ import annotations

import ctypes
import itertools
import math
import re
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.errors import BadDocument
from ingest.flow import Line
from ingest.fonts import ASCENT, TALL, is_bold, plain_name
from ingest.layout import RawPage
from ingest.outline import MAX_DEPTH, MAX_ENTRIES, MAX_TITLE, Entry
from ingest.page_objects import drawn, glyph_boxes
from ingest.quotation_marks import STRAIGHT, QuoteMark
from ingest.raster import Raster
from ingest.recognition import Affine
from ingest.records import BBox, State, Word

_HEAD_BYTES = 1024  # within which a PDF must say that it is one
_DEVICE = 1000  # device units a point when coordinates are mapped
MAX_CHARACTERS = 200_000  # of one page that are read; a full broadsheet has a third of that
_NO_PDF = "the file is neither a PDF nor a PNG, JPEG or TIFF picture"
_ROW = re.compile(r"[^\r\n]+")
_WORD = re.compile(r"\S+")
_NUMBER = re.compile(r"(?:[A-Z]{1,3}-)?\d{1,4}|[ivxlc]{1,7}|[IVXLC]{1,7}")
_END_ROWS = 3
_QUOTES = re.compile(f"[{''.join(STRAIGHT)}]")
_MOST_QUOTES = 2000  # of a page that are asked where they stand
_INKLESS = (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)
_INKLESS_ROWS = 1000  # of a page that are asked whether they have ink
_OUTLINE_SECONDS = 0.5  # wall time; a hostile file has bookmarks without end
_HYPHEN_CODES = (0x02, 0xFFFE)  # PDFium's marks for a hyphen at a line's end


class Glance(NamedTuple):
    """What PDFium sees of a page at once: `characters` that are visible, off the page too.

    `numbers` stand at the ends of its first and last rows, one of them may be printed as the page's: liteparse leaves
    such out. They are in the page's own units, as its `width` is, and so are the boxes of its `pictures` and the places
    of its quotation marks, `quotes`. `paths`: how many it draws. `inkless`: some of its rows are drawn without ink, or
    `beneath` a picture.
    """

    characters: int
    numbers: tuple[Line, ...] = ()
    width: float = 0.0
    inkless: bool = False
    pictures: tuple[BBox, ...] = ()
    paths: int = 0
    beneath: bool = False
    quotes: tuple[QuoteMark, ...] = ()


class _Glyph(NamedTuple):
    character: str
    extent: tuple[float, float, float, float]  # left, bottom, right, top in the page's own coordinates
    at: int  # its number on PDFium's text page


def _open_error(path: Path, error: pypdfium2.PdfiumError, password: str) -> BadDocument:
    if error.err_code == pdfium.FPDF_ERR_PASSWORD:
        what = "the password is wrong" if password else "the file needs a password"
        return BadDocument(State.NEEDS_PASSWORD, what, hint="give the right one with --password")
    if error.err_code == pdfium.FPDF_ERR_SECURITY:
        what = "the file is protected in a way that Recto cannot open"
        return BadDocument(State.NEEDS_PASSWORD, what, hint="save it without protection")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        return BadDocument(State.NOT_PDF, "the file is empty", hint="get it again from where it came")
    if b"%PDF-" not in head:
        return BadDocument(State.NOT_PDF, _NO_PDF, hint="print it to PDF")
    return BadDocument(State.DAMAGED, "the PDF is damaged", hint="open it in a PDF reader and save it again")


class PdfFile:
    """A PDF opened by PDFium. Pages are numbered from 1; close it, or use it in a `with` block.

    Raises BadDocument (needs_password, not_pdf, damaged) when it cannot be opened or has no pages.
    """

    def __init__(self, path: Path, password: str = "") -> None:
        try:
            self._document = pypdfium2.PdfDocument(path, password=password or None)
        except pypdfium2.PdfiumError as error:
            raise _open_error(path, error, password) from error
        self.pages = len(self._document)
        if self.pages < 1:
            self._document.close()
            raise BadDocument(State.DAMAGED, "the PDF has no pages", hint="get it again from where it came")

    def __enter__(self) -> PdfFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._document.close()

    @property
    def title(self) -> str:
        """The title that the file states, "" when it states none."""
        try:
            stated: str = self._document.get_metadata_value("Title")
        except UnicodeDecodeError:
            return ""
        return _safe(stated)[:500]

    def outline(self) -> Iterator[Entry]:
        """The file's bookmarks that lead to one of its pages, in order: so many, so deep, for so long."""
        end = time.monotonic() + _OUTLINE_SECONDS
        for depth, bookmark in self._bookmarks():
            if time.monotonic() > end:
                return
            destination = bookmark.get_dest()
            page = destination.get_index() if destination is not None else None
            try:
                title = _safe(bookmark.get_title())[:MAX_TITLE]
            except UnicodeDecodeError:
                continue
            if page is not None and 0 <= page < self.pages and title.strip():
                yield Entry(depth, title, page + 1)

    def _bookmarks(self) -> Iterator[tuple[int, pypdfium2.PdfBookmark]]:
        """Each bookmark once, with its depth from 1: files have some that are their own children."""
        open_ends = [(1, pdfium.FPDFBookmark_GetFirstChild(self._document, None))]
        seen: set[int] = set()
        while open_ends and len(seen) < MAX_ENTRIES:
            depth, raw = open_ends.pop()
            if not raw or ctypes.addressof(raw.contents) in seen:
                continue
            seen.add(ctypes.addressof(raw.contents))
            yield depth, pypdfium2.PdfBookmark(raw, self._document, depth - 1)
            open_ends.append((depth, pdfium.FPDFBookmark_GetNextSibling(self._document, raw)))
            if depth < MAX_DEPTH:
                open_ends.append((depth + 1, pdfium.FPDFBookmark_GetFirstChild(self._document, raw)))

    def _page(self, number: int) -> pypdfium2.PdfPage:
        try:
            return self._document[number - 1]
        except pypdfium2.PdfiumError as error:
            raise BadDocument(State.DAMAGED, f"page {number} cannot be opened") from error

    def size(self, number: int) -> tuple[float, float]:
        """Width and height in points as seen, but for UserUnit, which PDFium leaves out."""
        page = self._page(number)
        size: tuple[float, float] = page.get_size()
        page.close()
        return size

    def label(self, number: int) -> str:
        try:
            return _safe(self._document.get_page_label(number - 1))
        except UnicodeDecodeError:
            return ""

    def glance(self, number: int) -> Glance:
        """The page's text layer at a glance. Nothing where it cannot be read."""
        try:
            page = self._page(number)
            text_page = page.get_textpage()
        except (BadDocument, pypdfium2.PdfiumError):
            return Glance(0)
        text: str = text_page.get_text_range()
        numbers = tuple(_end_numbers(page, text_page, text))
        inkless = any(
            _is_inkless(text_page, row.start()) for row in itertools.islice(_ROW.finditer(text), _INKLESS_ROWS)
        )
        width: float = page.get_size()[0]
        things = drawn(page)
        found = list(itertools.islice(_QUOTES.finditer(text), _MOST_QUOTES))
        place = _placement(page, 1.0) if things.pictures or found else None
        pictures = tuple(map(place.box, things.pictures)) if place else ()
        quotes = tuple(_quote_marks(text_page, found, place)) if place else ()
        text_page.close()
        page.close()
        characters = sum(map(len, text.split()))
        return Glance(characters, numbers, width, inkless, pictures, things.paths, things.beneath, quotes)

    def glyph_boxes(self, number: int, unit: float = 1.0) -> list[BBox]:
        """The boxes, in points as seen, of what the page fills that may be glyphs. `unit`: the page's UserUnit."""
        page = self._page(number)
        place = _placement(page, unit)
        boxes = [place.box(box) for box in glyph_boxes(page)]
        page.close()
        return boxes

    def lines(self, number: int, unit: float = 1.0, *, turned_only: bool = False) -> list[Line]:
        """The page's words from PDFium's characters, in the file's order. `unit`: the page's UserUnit.

        `turned_only`: those that are not upright, which costs much less where there are few.
        """
        page = self._page(number)
        try:
            text_page = page.get_textpage()
        except pypdfium2.PdfiumError:
            return []
        place = _placement(page, unit)
        width, height = page.get_size()
        seen = BBox(0, 0, width * unit, height * unit)
        turned = page.get_rotation()
        runs = _turned_runs(text_page, turned) if turned_only else _runs(text_page)
        lines = [_line_of(text_page, run, turned, unit, place) for run in runs]
        text_page.close()
        page.close()
        return [line for line in lines if seen.contains(*line.bbox.center)]

    def render(
        self, number: int, dpi: float, max_pixels: int, page_width: float = 0.0, box: BBox | None = None
    ) -> Raster:
        """The page's picture, or that of a box of it. `page_width` sets the scale where the file has a UserUnit.

        Both are in points as seen.
        """
        page = self._page(number)
        width, height = page.get_size()
        unit = page_width / width if page_width > 0 and width > 0 else 1.0
        scale = dpi / 72.0 * unit
        cut = _cut_off(box, width, height, unit) if box is not None else (0.0, 0.0, 0.0, 0.0)
        width, height = width - cut[0] - cut[2], height - cut[1] - cut[3]
        pixels = max(width * scale, 1.0) * max(height * scale, 1.0)
        if pixels > max_pixels:
            scale *= (max_pixels / pixels) ** 0.5
        if not 0 < width * scale * height * scale <= 1.1 * max_pixels:
            raise BadDocument(State.DAMAGED, f"page {number} has no sensible size")
        if self._document.get_formtype() and self._document.formenv is None:
            self._document.init_forms()
            page.close()
            page = self._page(number)  # a page drawn with its form's values must be loaded after the form
        bitmap = page.render(scale=scale, crop=cut, rev_byteorder=True, force_bitmap_format=pdfium.FPDFBitmap_BGR)
        row = bitmap.width * 3
        data = bytes(bitmap.buffer)
        if bitmap.stride != row:
            data = b"".join(data[y * bitmap.stride : y * bitmap.stride + row] for y in range(bitmap.height))
        raster = Raster(bitmap.width, bitmap.height, data)
        bitmap.close()
        page.close()
        return raster


def _cut_off(box: BBox, width: float, height: float, unit: float) -> tuple[float, float, float, float]:
    """What is left of, below, right of and above a box on a page of this size, in the page's own units."""
    x0, top, x1, bottom = (value / unit for value in box)
    return max(x0, 0.0), max(height - bottom, 0.0), max(width - x1, 0.0), max(top, 0.0)


def _placement(page: pypdfium2.PdfPage, unit: float) -> Affine:
    """How the page's own coordinates lie on the page as seen, asked of PDFium at three points."""
    width, height = page.get_size()
    device_x, device_y = ctypes.c_int(), ctypes.c_int()

    def seen(x: float, y: float) -> tuple[float, float]:
        size = (round(width * _DEVICE), round(height * _DEVICE))
        pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, device_x, device_y)
        return device_x.value / _DEVICE * unit, device_y.value / _DEVICE * unit

    far = 1000.0  # a long base makes the rounding to device units not matter
    (e, f), (ax, ay), (cx, cy) = seen(0, 0), seen(far, 0), seen(0, far)
    return Affine((ax - e) / far, (ay - f) / far, (cx - e) / far, (cy - f) / far, e, f)


def _is_inkless(text_page: pypdfium2.PdfTextPage, index: int) -> bool:
    """Whether a character is drawn without ink, as the text over a scan is."""
    drawn = pdfium.FPDFText_GetTextObject(text_page, index)
    return bool(drawn) and pdfium.FPDFTextObj_GetTextRenderMode(drawn) in _INKLESS


def _quote_marks(
    text_page: pypdfium2.PdfTextPage, found: Iterable[re.Match[str]], place: Affine
) -> Iterator[QuoteMark]:
    """Where the quotation marks found in the page's text stand on the page."""
    box = pdfium.FS_RECTF()
    for one in found:
        index = one.start()
        # Beyond the basic plane a character of the text is two of PDFium's.
        same = pdfium.FPDFText_GetUnicode(text_page, index) == ord(one[0])
        if same and pdfium.FPDFText_GetLooseCharBox(text_page, index, box):
            yield QuoteMark(one[0], *place.box(BBox(box.left, box.bottom, box.right, box.top)).center)


def _end_numbers(page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, text: str) -> Iterator[Line]:
    """The numbers with which the first and last rows that the file writes begin or end: often one is the page's.

    `text` is the page's.
    """
    rows = [row.span() for row in _ROW.finditer(text)]
    ends = rows[:_END_ROWS] + rows[max(_END_ROWS, len(rows) - _END_ROWS) :]
    found = {span for start, end in ends for span in _numbers_at_ends(text, start, end)}
    if not found:
        return
    place, turned = _placement(page, 1.0), page.get_rotation()
    for start, end in sorted(found):
        run = next(_runs(text_page, start, end), None)
        # Beyond the basic plane a character of the text is two of PDFium's.
        if run is not None and "".join(glyph.character for glyph in run[0]) == text[start:end]:
            yield _line_of(text_page, run, turned, 1.0, place)


def _numbers_at_ends(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the first and last word of a row stand, of those that are numbers."""
    words = [(start + word.start(), start + word.end()) for word in _WORD.finditer(text[start:end])]
    for first, last in {*words[:1], *words[-1:]}:
        if _NUMBER.fullmatch(text, first, last):
            yield first, last


def _runs(text_page: pypdfium2.PdfTextPage, start: int = 0, end: int = MAX_CHARACTERS) -> Iterator[list[list[_Glyph]]]:
    """Lines of words of glyphs; PDFium itself says where lines and words end. `start` and `end` in its characters."""
    box = pdfium.FS_RECTF()
    line: list[list[_Glyph]] = []
    word: list[_Glyph] = []
    for index in range(start, min(text_page.count_chars(), end)):
        code = pdfium.FPDFText_GetUnicode(text_page, index)
        character = "-" if code in _HYPHEN_CODES else chr(code) if code <= sys.maxunicode else "\ufffd"
        if character.isspace() or code == 0:
            if word:
                line.append(word)
                word = []
            if character in "\r\n" and line:
                yield line
                line = []
            continue
        if pdfium.FPDFText_GetLooseCharBox(text_page, index, box):
            word.append(_Glyph(character, (box.left, box.bottom, box.right, box.top), index))
    if word:
        line.append(word)
    if line:
        yield line


def _turned_runs(text_page: pypdfium2.PdfTextPage, turned: int) -> Iterator[list[list[_Glyph]]]:
    """Lines as in `_runs`, of the rows that are not upright on a page that is `turned`."""
    text: str = text_page.get_text_range()
    if len(text) != text_page.count_chars():  # beyond the basic plane a character of the text is two of PDFium's
        yield from _runs(text_page)
        return
    for row in _ROW.finditer(text):
        if _rotation(text_page, row.start(), turned):
            yield from _runs(text_page, row.start(), row.end())


def _rotation(text_page: pypdfium2.PdfTextPage, index: int, turned: int) -> int:
    """By how many degrees a character is turned clockwise on the page as seen."""
    angle = pdfium.FPDFText_GetCharAngle(text_page, index)
    return (turned + (round(angle * 57.29578 / 90) * 90 if angle >= 0 else 0)) % 360


def _font_size(text_page: pypdfium2.PdfTextPage, index: int) -> float:
    """The size at which a character is drawn, in the page's units: its font's, scaled by its matrix."""
    matrix = pdfium.FS_MATRIX()
    size = float(pdfium.FPDFText_GetFontSize(text_page, index))
    return size * math.hypot(matrix.c, matrix.d) if pdfium.FPDFText_GetMatrix(text_page, index, matrix) else size


def _origin(text_page: pypdfium2.PdfTextPage, index: int) -> tuple[float, float]:
    """Where a character stands on its baseline, in the page's units."""
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text_page, index, x, y)
    return x.value, y.value


def _line_of(
    text_page: pypdfium2.PdfTextPage, run: list[list[_Glyph]], turned: int, unit: float, place: Affine
) -> Line:
    rotation = _rotation(text_page, run[0][0].at, turned)
    words = []
    for glyphs in run:
        index = glyphs[0].at
        font = _font_name(text_page, index)
        lefts, bottoms, rights, tops = zip(*[glyph.extent for glyph in glyphs], strict=True)
        box = place.box(BBox(min(lefts), min(bottoms), max(rights), max(tops)))
        size = _font_size(text_page, index) * unit
        downwards = len(glyphs) > 1 and box.height >= 2 * box.width
        across = box.width if rotation in (90, 270) or downwards else box.height
        if not rotation and tops[0] - bottoms[0] >= TALL * size / unit > 0:
            base = place.box(BBox(*_origin(text_page, index) * 2)).top
            box = box._replace(top=base - ASCENT * size, bottom=base + (1 - ASCENT) * size)
        elif not 0.4 * across < size < 2 * across:
            size = across
        text = "".join(glyph.character for glyph in glyphs)
        words.append(Word(_safe(text), box, font, round(size, 2), is_bold(font)))
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    pdfium.FPDFText_GetFillColor(text_page, run[0][0].at, red, green, blue, alpha)
    colour = alpha.value << 24 | red.value << 16 | green.value << 8 | blue.value
    return Line(tuple(words), rotation, colour)


def _font_name(text_page: pypdfium2.PdfTextPage, index: int) -> str:
    buffer = ctypes.create_string_buffer(128)
    length = pdfium.FPDFText_GetFontInfo(text_page, index, buffer, 128, None)
    return plain_name(buffer.value.decode("utf-8", "replace")) if 0 < length <= 128 else ""


def _safe(text: str) -> str:
    """Text that UTF-8 can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class LazyFile:
    """A PDF that PDFium opens only when it is asked for. Use it in a `with` block."""

    def __init__(self, path: Path, password: str = "") -> None:
        self._how = (path, password)
        self._file: PdfFile | None = None

    def __enter__(self) -> LazyFile:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def opened(self) -> PdfFile:
        if self._file is None:
            self._file = PdfFile(*self._how)
        return self._file


def own_page(file: PdfFile, number: int) -> RawPage:
    """A page as PDFium alone reads it, without blocks."""
    width, height = file.size(number)
    return RawPage(number, width, height, tuple(file.lines(number)), label=file.label(number))
