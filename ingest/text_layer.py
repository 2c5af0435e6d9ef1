"""The words of a page: the base's, PDFium's own where these are poor, and only what can be seen.

It asks an opened file and knows nothing of blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.errors import BadDocument
from ingest.flow import Line, normal, scaled
from ingest.hidden import bare_ink, is_seen, may_hide, outside
from ingest.layout import RawPage
from ingest.quotation_marks import with_quotes
from ingest.recognition import Affine
from ingest.records import BBox, Word
from ingest.regions import share_under
from ingest.vertical import read_down, seems_vertical

if TYPE_CHECKING:
    from ingest.pdf import Glance, LazyFile

MAX_SHOWN = 200_000  # characters; what a page that states more shows is not known
SCAN = 0.8  # share of a page under pictures from which it is one: its text layer is what OCR once read

_MISSING_SHARE = 0.9  # the base misses text where it has less than this share of PDFium's characters …
_MISSING_FEW = 10  # … and this many fewer
_NEARLY_ALL = 0.97  # the words that the base left out are looked for where it has less than this share …
_FEW_MISSING = 4  # … or more than so many characters fewer
_SAME_SCALE = 1e-3
_COVERED = 0.3  # share of the smaller of two words' boxes from which they are the same
_TELLING = 3  # letters and digits from which a word's text tells whether it is the same
_TWICE = 1.0  # points within which a word drawn again is the same
_MAX_COMPARED = 10**8  # pairs of words of one page that are compared: some seconds
_LOOK_DPI = 72  # of the picture in which doubtful text is looked for …
_LOOK_PIXELS = 4_000_000  # … and its most pixels


def _words(lines: Sequence[Line]) -> int:
    return sum(len(line.words) for line in lines)


def characters(lines: Sequence[Line]) -> int:
    return sum(len(word.text) for line in lines for word in line.words)


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

    kept = [line._replace(words=tuple(w for w in line.words if _shows(w) and not covered(w))) for line in own]
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


class TextLayer(NamedTuple):
    """A page's lines with what was done about them; `seen`: visible characters of the text layer.

    `vertical`: they are columns of Chinese, of which the base's blocks say nothing.
    """

    lines: tuple[Line, ...]
    seen: int
    notes: tuple[str, ...] = ()
    patched: int = 0
    vertical: bool = False


def _unit(page: RawPage, glance: Glance) -> float:
    """Points in one of PDFium's units on the page."""
    return page.width / glance.width if glance.width > 0 else 1.0


def _with_numbers(page: RawPage, glance: Glance) -> tuple[Line, ...]:
    """The base's lines, with the page's printed number where it left that out."""
    if not glance.numbers or characters(page.lines) >= glance.characters or glance.width <= 0:
        return page.lines
    unit = _unit(page, glance)
    numbers = glance.numbers if abs(unit - 1) < _SAME_SCALE else [scaled(line, unit) for line in glance.numbers]
    return (*page.lines, *unread(numbers, page.lines))


def own_lines(file: LazyFile, page: RawPage, *, turned_only: bool = False) -> list[Line]:
    """The page's lines as PDFium reads them."""
    width, _ = file.opened.size(page.number)
    return file.opened.lines(page.number, page.width / width if width > 0 else 1.0, turned_only=turned_only)


def _with_turned(lines: tuple[Line, ...], own_turned: Sequence[Line]) -> tuple[Line, ...]:
    """The base's lines, those that are turned as PDFium reads them: the base breaks them up into letters."""
    theirs = [line for line in lines if line.rotation]
    if not theirs or characters(own_turned) < _MISSING_SHARE * characters(theirs):
        return lines
    return (*(line for line in lines if not line.rotation), *own_turned)


def _checked(file: LazyFile, page: RawPage, glance: Glance) -> TextLayer:
    """The page's lines, PDFium's own where the base's are poor."""
    page = replace(page, lines=with_quotes(_with_numbers(page, glance), glance.quotes, _unit(page, glance)))
    have, seen = characters(page.lines), glance.characters
    if seen > MAX_SHOWN:
        note = f"it states {seen} characters, more than a page can show; the base read {have}"
        return TextLayer(page.lines, seen, (note,))
    turned = [line for line in page.lines if line.rotation]
    missing = have < max(_NEARLY_ALL * seen, seen - _FEW_MISSING)
    if not missing and not turned:
        return TextLayer(page.lines, seen)
    own = own_lines(file, page, turned_only=not missing)
    own_turned = [line for line in own if line.rotation]
    if not missing:
        return TextLayer(_with_turned(page.lines, own_turned), seen)
    found = characters(own)
    seen = min(seen, visible_characters(own))
    if have < _MISSING_SHARE * found - _MISSING_FEW:
        own.sort(key=lambda line: (line.bbox.top, line.bbox.x0))
        note = f"the base read {have} of {found} characters; the words are PDFium's"
        return TextLayer(tuple(own), seen, (note,), found)
    lines = _with_turned(page.lines, own_turned)
    if _words(own) * _words(lines) > _MAX_COMPARED:
        return TextLayer(lines, seen, ("it has too many words to look for those that the base left out",))
    left = unread(own, lines)
    count = characters(left)
    notes = (f"the base left {count} characters out; these words are PDFium's",) if left else ()
    return TextLayer((*lines, *left), seen, notes, count)


def _read_down(file: LazyFile, page: RawPage, layer: TextLayer) -> TextLayer:
    """The lines column by column where the page is written downwards."""
    if seems_vertical(layer.lines) and (down := read_down(own_lines(file, page))):
        return layer._replace(lines=tuple(down), vertical=True)
    return layer


def pictures_of(page: RawPage, glance: Glance) -> list[BBox]:
    """The boxes of the page's pictures in points."""
    unit = _unit(page, glance)
    return [Affine(unit, 0, 0, unit).box(picture) for picture in glance.pictures]


def picture_share(page: RawPage, glance: Glance) -> float:
    """Share of the page under pictures, from 0 to 1."""
    return share_under(pictures_of(page, glance), BBox(0, 0, page.width, page.height))


def bare_share(file: LazyFile, page: RawPage, lines: Sequence[Line]) -> float:
    """The share of a scan's writing over which its text layer has none, from 0 to 1."""
    looked = _look(file, page)
    if looked is None:
        return 0.0
    pixels, scale = looked
    return bare_ink(pixels, [word.bbox for line in lines for word in line.words], scale)


def _without_hidden(file: LazyFile, page: RawPage, layer: TextLayer, glance: Glance) -> TextLayer:
    """The page's lines without those that cannot be seen on it; text without ink is, where it lies over a scan."""
    lines, sheet = layer.lines, BBox(0, 0, page.width, page.height)
    hidden = {index for index, line in enumerate(lines) if outside(line, sheet)}
    doubt_all = glance.inkless and picture_share(page, glance) < SCAN
    doubted = range(len(lines)) if doubt_all else may_hide(lines, page.shades, sheet)
    doubtful = [index for index in doubted if index not in hidden]
    if doubtful:
        hidden |= _unseen(file, page, lines, doubtful)
    if not hidden:
        return layer
    count = characters([lines[index] for index in hidden])
    note = f"{count} characters cannot be seen on the page and were left out"
    kept = tuple(line for index, line in enumerate(lines) if index not in hidden)
    return layer._replace(lines=kept, seen=max(layer.seen - count, 0), notes=(*layer.notes, note))


def _look(file: LazyFile, page: RawPage) -> tuple[NDArray[np.uint8], float] | None:
    """A small picture of the page, uint8, shape (height, width, 3), and its pixels a point; None if it has none."""
    try:
        raster = file.opened.render(page.number, _LOOK_DPI, _LOOK_PIXELS, page.width)
    except BadDocument:
        return None
    pixels = np.frombuffer(raster.rgb, np.uint8).reshape(raster.height, raster.width, 3)
    return pixels, raster.width / page.width


def _unseen(file: LazyFile, page: RawPage, lines: Sequence[Line], doubtful: Sequence[int]) -> set[int]:
    """The lines of which the page's picture shows nothing; none where it cannot be drawn."""
    looked = _look(file, page)
    if looked is None:
        return set()
    pixels, scale = looked
    return {index for index in doubtful if not is_seen(pixels, lines[index].bbox, scale)}


def seen_lines(file: LazyFile, page: RawPage, glance: Glance) -> TextLayer:
    """The lines of a page that only PDFium read, without those that cannot be seen."""
    layer = TextLayer(page.lines, visible_characters(page.lines))
    return _without_hidden(file, page, layer, glance)


def text_layer(file: LazyFile, page: RawPage, glance: Glance) -> TextLayer:
    """The page's lines that can be seen. `glance`: what PDFium saw of the page at a first look."""
    layer = _read_down(file, page, _checked(file, page, glance))
    return _without_hidden(file, page, layer, glance)
