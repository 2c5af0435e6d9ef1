"""What a page draws besides text, as PDFium lists it: pictures, and paths that may be glyphs.

It runs in a limited child process only; it knows nothing of words and reads no pixel.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from ingest.recognition import AS_IT_IS, Affine
from ingest.records import BBox

_MAX_OBJECTS = 4000  # of one page that are looked at
_MAX_PICTURES = 200
_MAX_DEPTH = 3  # of forms in forms
_GLYPH_SEGMENTS = 6  # from which a path may be a glyph: a rectangle has five


class Drawn(NamedTuple):
    """`pictures`: boxes in the page's own coordinates, y up. `paths`: how many there are.

    `beneath`: text is drawn before one of the pictures, which so may hide it.
    """

    pictures: tuple[BBox, ...] = ()
    paths: int = 0
    beneath: bool = False


class _Thing(NamedTuple):
    kind: int
    raw: Any
    place: Affine  # from the coordinates in which it is drawn to the page's own


def drawn(page: Any) -> Drawn:
    """The pictures and paths of an opened page."""
    pictures: list[BBox] = []
    paths, text, beneath = 0, False, False
    for thing in _things(page):
        if thing.kind == pdfium.FPDF_PAGEOBJ_TEXT:
            text = True
        elif thing.kind == pdfium.FPDF_PAGEOBJ_PATH:
            paths += 1
        elif thing.kind == pdfium.FPDF_PAGEOBJ_IMAGE and len(pictures) < _MAX_PICTURES:
            beneath |= text
            if (box := _bounds(thing)) is not None:
                pictures.append(box)
    return Drawn(tuple(pictures), paths, beneath)


def glyph_boxes(page: Any) -> list[BBox]:
    """The boxes of filled paths that are no rectangles, in the page's own coordinates, y up."""
    return [
        box
        for thing in _things(page)
        if thing.kind == pdfium.FPDF_PAGEOBJ_PATH
        and pdfium.FPDFPath_CountSegments(thing.raw) >= _GLYPH_SEGMENTS
        and _is_filled(thing.raw)
        and (box := _bounds(thing)) is not None
    ]


def _things(page: Any) -> Iterator[_Thing]:
    """The page's objects in the order in which they are drawn, those within forms too."""
    return itertools.islice(_within(page.raw, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject), _MAX_OBJECTS)


def _within(holder: Any, count: Any, get: Any, place: Affine = AS_IT_IS, depth: int = 1) -> Iterator[_Thing]:
    for index in range(count(holder)):
        raw = get(holder, index)
        kind = pdfium.FPDFPageObj_GetType(raw)
        if kind != pdfium.FPDF_PAGEOBJ_FORM:
            yield _Thing(kind, raw, place)
        elif depth < _MAX_DEPTH:
            inner = _matrix(raw).then(place)
            yield from _within(raw, pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, inner, depth + 1)


def _matrix(raw: Any) -> Affine:
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(raw, matrix):
        return AS_IT_IS
    return Affine(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)


def _bounds(thing: _Thing) -> BBox | None:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not pdfium.FPDFPageObj_GetBounds(thing.raw, left, bottom, right, top):
        return None
    return thing.place.box(BBox(left.value, bottom.value, right.value, top.value))


def _is_filled(raw: Any) -> bool:
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    return bool(pdfium.FPDFPath_GetDrawMode(raw, mode, stroke)) and mode.value != pdfium.FPDF_FILLMODE_NONE
