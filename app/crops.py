"""The place of a quote, cut out of its page's picture, the quote boxed. It does not know what the picture is for."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw

from app.auth import Principal
from app.bodies import Service
from ingest.records import BBox, union_of
from prompts.answers import Citation

CROP_DPI = 110

_AROUND = 48.0  # points of the page above and below the boxes
_GROWN = 1.5  # points by which a box stands out of its words
_FILL, _EDGE = (255, 201, 60), (217, 119, 6)


def place_picture(service: Service, who: Principal, citation: Citation) -> bytes:
    """A PNG of the place of a citation on its page; raises NotFound, BadDocument."""
    document_id, number = citation.document_id, citation.page
    boxes = [box for page, box in citation.boxes if page == number]
    width = service.page(who, document_id, number).width
    return crop(service.page_picture(who, document_id, number, CROP_DPI), width, boxes)


def crop(picture: bytes, page_width: float, boxes: Sequence[BBox]) -> bytes:
    """A PNG of the part of a page that `boxes` (in points) lie in, as wide as the page; without boxes all of it."""
    with Image.open(io.BytesIO(picture)) as opened:
        page = opened.convert("RGB")
    if not boxes:
        return _png(page)
    scale = page.width / page_width
    ink = Image.new("RGB", page.size, "white")
    draw = ImageDraw.Draw(ink)
    for box in boxes:
        grown = BBox(box.x0 - _GROWN, box.top - _GROWN, box.x1 + _GROWN, box.bottom + _GROWN)
        draw.rectangle([round(edge * scale) for edge in grown], fill=_FILL, outline=_EDGE)
    page = ImageChops.multiply(page, ink)
    whole = union_of(list(boxes))
    top, bottom = max(whole.top - _AROUND, 0), whole.bottom + _AROUND
    return _png(page.crop((0, round(top * scale), page.width, min(round(bottom * scale), page.height))))


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
