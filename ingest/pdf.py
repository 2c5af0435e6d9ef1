"""The file that touches the PDF libraries: words, base blocks, page pictures.

It runs in a limited child process only and knows nothing of Recto's blocks. liteparse gives words and blocks; PDFium
(pypdfium2) opens the file, checks what liteparse read, fills in where that is poor, and renders. Neither is
thread-safe. (pdfplumber, which is slow and seldom asked, is in ruled.py.)
"""

from __future__ import annotations

import ctypes
import itertools
import math
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import liteparse
import pypdfium2
import pypdfium2.raw as pdfium

from ingest.errors import BadDocument
from ingest.flow import Line, joined
from ingest.layout import BaseBlock, RawPage
from ingest.outline import MAX_DEPTH, MAX_ENTRIES, MAX_TITLE, Entry
from ingest.records import BBox, State, Word
from ingest.rules import Edge, Shade
from ingest.tables import BaseCell
from ingest.typography import Body, body_of

_HEAD_BYTES = 1024  # within which a PDF must say that it is one
_BOLD = re.compile(r"bold|black|heavy|demi|simhei|[-,]hei\b", re.IGNORECASE)
_BOLD_WEIGHT = 600
_NOT_BOLD = re.compile(r"regular|-regu\b|roman$|light|thin|book$|medium$", re.IGNORECASE)  # whatever weight it states
_SUBSET = re.compile(r"^[A-Z]{6}\+")
_TALL = 1.9  # times a font's size: a taller box is the font's mistake
_ASCENT = 0.8  # of an em above the baseline
_BLACK = "ff000000"
_LIGATURES = re.compile("f[fil]")
_DEVICE = 1000  # device units a point when coordinates are mapped
MAX_CHARACTERS = 200_000  # of one page that are read; a full broadsheet has a third of that
_MAX_IMAGES = 200  # pictures of one page that are looked at
_MAX_DRAWN = 20_000  # straight edges, and shapes, of one page; one with more is a drawing, and is read without them
_LEVEL = 1.0  # points by which a line that is drawn across or down may lean
_ROW = re.compile(r"[^\r\n]+")
_WORD = re.compile(r"\S+")
_NUMBER = re.compile(r"(?:[A-Z]{1,3}-)?\d{1,4}|[ivxlc]{1,7}|[IVXLC]{1,7}")
_END_ROWS = 3
_SAME_SCALE = 1e-3
_OUTLINE_SECONDS = 0.5  # wall time; a hostile file has bookmarks without end
_BODY_PAGES = 40  # pages of a document by which its body type is told
_HYPHEN_CODES = (0x02, 0xFFFE)  # PDFium's marks for a hyphen at a line's end


class Raster(NamedTuple):
    """A page's pixels, RGB, row by row from the top."""

    width: int
    height: int
    rgb: bytes


class Glance(NamedTuple):
    """What PDFium sees of a page at once: `characters` that are visible, off the page too.

    `numbers` stand at the ends of its first and last rows, one of them may be printed as the page's: liteparse leaves
    such out. They are in the page's own units, as its `width` is.
    """

    characters: int
    numbers: tuple[Line, ...] = ()
    width: float = 0.0


class _Place(NamedTuple):
    """An affine map from a page's own coordinates to points of the page as seen."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def box(self, left: float, bottom: float, right: float, top: float) -> BBox:
        xs = [self.a * x + self.c * y + self.e for x, y in ((left, bottom), (right, top))]
        ys = [self.b * x + self.d * y + self.f for x, y in ((left, bottom), (right, top))]
        return BBox(min(xs), min(ys), max(xs), max(ys))


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
        return BadDocument(State.NOT_PDF, "the file is not a PDF", hint="save it as PDF first")
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
        width: float = page.get_size()[0]
        text_page.close()
        page.close()
        return Glance(sum(map(len, text.split())), numbers, width)

    def image_share(self, number: int) -> float:
        """Share of the page under pictures, from 0 to 1; overlaps count twice."""
        page = self._page(number)
        width, height = page.get_size()
        covered = 0.0
        images = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3)
        for image in itertools.islice(images, _MAX_IMAGES):
            left, bottom, right, top = image.get_bounds()
            covered += max(min(right - left, width), 0.0) * max(min(top - bottom, height), 0.0)
        page.close()
        return min(covered / (width * height), 1.0) if width * height > 0 else 0.0

    def lines(self, number: int, unit: float = 1.0) -> list[Line]:
        """The page's words from PDFium's characters, in the file's order. `unit`: the page's UserUnit."""
        page = self._page(number)
        try:
            text_page = page.get_textpage()
        except pypdfium2.PdfiumError:
            return []
        place = _placement(page, unit)
        width, height = page.get_size()
        seen = BBox(0, 0, width * unit, height * unit)
        turned = page.get_rotation()
        lines = [_line_of(text_page, run, turned, unit, place) for run in _runs(text_page)]
        text_page.close()
        page.close()
        return [line for line in lines if seen.contains(*line.bbox.center)]

    def render(self, number: int, dpi: float, max_pixels: int, page_width: float = 0.0) -> Raster:
        """The page's picture. `page_width` in points as seen sets the scale where the file has a UserUnit."""
        page = self._page(number)
        width, height = page.get_size()
        unit = page_width / width if page_width > 0 and width > 0 else 1.0
        scale = dpi / 72.0 * unit
        pixels = max(width * scale, 1.0) * max(height * scale, 1.0)
        if pixels > max_pixels:
            scale *= (max_pixels / pixels) ** 0.5
        if not 0 < width * scale * height * scale <= 1.1 * max_pixels:
            raise BadDocument(State.DAMAGED, f"page {number} has no sensible size")
        if self._document.get_formtype() and self._document.formenv is None:
            self._document.init_forms()
            page.close()
            page = self._page(number)  # a page drawn with its form's values must be loaded after the form
        bitmap = page.render(scale=scale, rev_byteorder=True, force_bitmap_format=pdfium.FPDFBitmap_BGR)
        row = bitmap.width * 3
        data = bytes(bitmap.buffer)
        if bitmap.stride != row:
            data = b"".join(data[y * bitmap.stride : y * bitmap.stride + row] for y in range(bitmap.height))
        raster = Raster(bitmap.width, bitmap.height, data)
        bitmap.close()
        page.close()
        return raster


def _placement(page: pypdfium2.PdfPage, unit: float) -> _Place:
    """How the page's own coordinates lie on the page as seen, asked of PDFium at three points."""
    width, height = page.get_size()
    device_x, device_y = ctypes.c_int(), ctypes.c_int()

    def seen(x: float, y: float) -> tuple[float, float]:
        size = (round(width * _DEVICE), round(height * _DEVICE))
        pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, device_x, device_y)
        return device_x.value / _DEVICE * unit, device_y.value / _DEVICE * unit

    far = 1000.0  # a long base makes the rounding to device units not matter
    (e, f), (ax, ay), (cx, cy) = seen(0, 0), seen(far, 0), seen(0, far)
    return _Place((ax - e) / far, (ay - f) / far, (cx - e) / far, (cy - f) / far, e, f)


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
    text_page: pypdfium2.PdfTextPage, run: list[list[_Glyph]], turned: int, unit: float, place: _Place
) -> Line:
    angle = pdfium.FPDFText_GetCharAngle(text_page, run[0][0].at)
    own = round(angle * 57.29578 / 90) * 90 if angle >= 0 else 0
    rotation = (turned + own) % 360
    words = []
    for glyphs in run:
        index = glyphs[0].at
        font = _font_name(text_page, index)
        lefts, bottoms, rights, tops = zip(*[glyph.extent for glyph in glyphs], strict=True)
        box = place.box(min(lefts), min(bottoms), max(rights), max(tops))
        size = _font_size(text_page, index) * unit
        downwards = len(glyphs) > 1 and box.height >= 2 * box.width
        across = box.width if rotation in (90, 270) or downwards else box.height
        if not rotation and tops[0] - bottoms[0] >= _TALL * size / unit > 0:
            base = place.box(*_origin(text_page, index) * 2).top
            box = box._replace(top=base - _ASCENT * size, bottom=base + (1 - _ASCENT) * size)
        elif not 0.4 * across < size < 2 * across:
            size = across
        text = "".join(glyph.character for glyph in glyphs)
        words.append(Word(_safe(text), box, font, round(size, 2), bool(_BOLD.search(font))))
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    pdfium.FPDFText_GetFillColor(text_page, run[0][0].at, red, green, blue, alpha)
    colour = alpha.value << 24 | red.value << 16 | green.value << 8 | blue.value
    return Line(tuple(words), rotation, colour)


def _font_name(text_page: pypdfium2.PdfTextPage, index: int) -> str:
    buffer = ctypes.create_string_buffer(128)
    length = pdfium.FPDFText_GetFontInfo(text_page, index, buffer, 128, None)
    return _SUBSET.sub("", buffer.value.decode("utf-8", "replace")) if 0 < length <= 128 else ""


def _safe(text: str) -> str:
    """Text that UTF-8 can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


# liteparse's own values, as its extension makes them: its Python wrapper would copy each of them twice. They have the
# attributes of the wrapper's classes of the same names, and their text is valid UTF-8.


def _bbox(rect: Any) -> BBox:
    x, y = rect.x, rect.y
    return BBox(x, y, x + rect.width, y + rect.height)


@lru_cache(maxsize=1024)
def _face(name: str, weight: int) -> tuple[str, bool]:
    """A font's name without its subset's mark, and whether it is bold."""
    font = _SUBSET.sub("", name)
    return font, bool(_BOLD.search(font)) or (weight >= _BOLD_WEIGHT and not _NOT_BOLD.search(font))


def _set_in(item: Any, unit: float) -> tuple[int, float, bool, str]:
    """A run's characters, size, weight and font. liteparse states sizes without the page's UserUnit."""
    font, bold = _face(item.font_name or "", item.font_weight or 0)
    size = unit * item.font_height if item.font_height else item.height
    return len(item.text), round(size, 2), bold, font


def _extent(item: Any, size: float) -> tuple[float, float]:
    """How far below a run's top its letters begin and how tall they are, in points; 0 for both where its box is right.

    Some fonts state an ascent and descent of several ems, which would lay each row over its neighbours.
    """
    ascent, descent = item.font_ascent or 0.0, item.font_descent or 0.0
    if ascent <= 0 or descent > 0 or item.height < _TALL * size or round(item.rotation / 90) % 4:
        return 0.0, 0.0
    baseline = item.height * ascent / (ascent - descent)
    return baseline - _ASCENT * size, size


def _line(item: Any, unit: float) -> Line:
    _, size, bold, font = _set_in(item, unit)
    rise, height = _extent(item, size)
    words = []
    for word in item.words:
        if text := word.text:
            x, y = word.x, word.y + rise
            words.append(Word(text, BBox(x, y, x + word.width, y + (height or word.height)), font, size, bold))
    rotation = round(item.rotation / 90) * 90 % 360
    if len(words) > 1 and not rotation:
        words = joined(words, lambda: _spaces(item))
    return Line(tuple(words), rotation, _colour(item.fill_color or _BLACK))


def _spaces(item: Any) -> int | None:
    """How many spaces the file writes within a run: its codes that are no characters of words. None where unclear."""
    text = item.text.rstrip()
    if _LIGATURES.search(text):
        return None  # one code may stand for two characters
    codes = len(item.char_codes) - (0 if item.trailing_space_generated else len(item.text) - len(text))
    spaces = codes - sum(map(len, text.split()))
    return spaces if 0 <= spaces <= text.count(" ") else None


def _block(block: Any) -> BaseBlock | None:
    if block.bbox is None:
        return None
    text = " ".join(filter(None, (block.marker, block.text, *(block.lines or ()))))
    header = [block.header] if block.header else []
    rows = tuple(
        tuple(BaseCell(cell.text, _bbox(cell.bbox) if cell.bbox else None) for cell in row)
        for row in (*header, *(block.rows or ()))
    )
    return BaseBlock(block.kind, _bbox(block.bbox), text, block.level or 0, rows, len(header))


@lru_cache(maxsize=1024)
def _colour(argb: str) -> int:
    return int(argb, 16)


def _edges(page: Any) -> tuple[Edge, ...]:
    """The level and upright edges of what the page draws."""
    drawn = page.vector_graphics.lines if page.vector_graphics else ()
    if len(drawn) > _MAX_DRAWN:
        return ()
    edges = []
    for line in drawn:
        x0, x1, top, bottom = line.x1, line.x2, line.y1, line.y2
        if abs(x1 - x0) > _LEVEL and abs(bottom - top) > _LEVEL:
            continue
        box = BBox(min(x0, x1), min(top, bottom), max(x0, x1), max(top, bottom))
        colour = line.stroke_color if line.stroke else line.fill_color
        if colour:
            edges.append(Edge(box, _colour(colour), not line.stroke))
    return tuple(edges)


def _shades(page: Any) -> tuple[Shade, ...]:
    """The areas that the page fills, in the order in which it paints them."""
    drawn = page.vector_graphics.shapes if page.vector_graphics else ()
    if len(drawn) > _MAX_DRAWN:
        return ()
    return tuple(Shade(_bbox(shape.bbox), _colour(shape.fill_color)) for shape in drawn if shape.fill_color)


def _raw_page(page: Any, unit: float) -> RawPage:
    return RawPage(
        number=page.page_num,
        width=page.width,
        height=page.height,
        lines=tuple(line for item in page.text_items if (line := _line(item, unit)).words),
        base=tuple(block for block in map(_block, page.blocks or ()) if block is not None),
        label=page.page_label or "",
        edges=_edges(page),
        shades=_shades(page),
    )


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


class BasePages:
    """Pages as liteparse reads them. Those that it could not read are missing; all, when it cannot read the file."""

    def __init__(self, pages: Iterable[Any] = ()) -> None:
        self._pages = {page.page_num: page for page in pages}
        self._widths: dict[int, float] = {}

    def measured(self, widths: Mapping[int, float]) -> BasePages:
        """Takes the pages' widths as PDFium has them, without their UserUnit."""
        self._widths = dict(widths)
        return self

    def _unit(self, number: int) -> float:
        own = self._widths.get(number, 0.0)
        unit = self._pages[number].width / own if own > 0 else 1.0
        return 1.0 if abs(unit - 1) < _SAME_SCALE else float(unit)

    def items(self, number: int) -> int:
        """How many runs of text the page has."""
        return len(self._pages[number].text_items) if number in self._pages else 0

    def has(self, number: int) -> bool:
        """Whether liteparse could read the page."""
        return number in self._pages

    def body(self) -> Body | None:
        """The type that most of the document's text is set in, by a sample of its pages; None where it has no text."""
        numbers = sorted(self._pages)
        some = numbers[:: 1 + len(numbers) // _BODY_PAGES]
        return body_of(_set_in(item, self._unit(number)) for number in some for item in self._pages[number].text_items)

    def take(self, number: int) -> RawPage | None:
        """The page, made from liteparse's values and given away; None where there is none."""
        if number not in self._pages:
            return None
        unit = self._unit(number)
        return _raw_page(self._pages.pop(number), unit)


def base_pages(path: Path, password: str, first: int, last: int) -> BasePages:
    """Pages `first` to `last` as liteparse reads them, all at once: it learns from the whole. Lets threads run."""
    parser = liteparse.LiteParse(
        ocr_enabled=False,
        quiet=True,
        num_workers=1,
        continue_on_page_error=True,
        extract_blocks=True,
        extract_links=False,
        extract_text_metadata=True,
        emit_word_boxes=True,
        keep_headers_footers=True,
        extract_vector_graphics=True,
        target_pages=f"{first}-{last}",
        max_pages=last - first + 1,  # by default it stops at 1,000
        password=password or None,
    )
    # By its name liteparse would hand a file that is not called .pdf to an office program.
    try:
        if path.suffix.lower() == ".pdf":
            return BasePages(parser._native.parse(str(path.absolute())).pages)
        return BasePages(parser._native.parse_bytes(path.read_bytes()).pages)
    except (RuntimeError, ValueError, OSError):  # all that the extension raises
        return BasePages()


def own_page(file: PdfFile, number: int) -> RawPage:
    """A page as PDFium alone reads it, without blocks."""
    width, height = file.size(number)
    return RawPage(number, width, height, tuple(file.lines(number)), label=file.label(number))
