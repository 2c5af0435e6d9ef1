"""A PDF whose pages come in every kind that a reader of text layers gets wrong, and where each says what.

Its sentences are drawn at known places, so that a test can tell where a citation should lie.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pypdfium2
import reportlab
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont as FontFile
from reportlab.pdfgen.canvas import Canvas

from ingest.records import BBox

WIDTH, HEIGHT, SIZE, LEFT = 420.0, 300.0, 14.0, 30.0
_FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
_SHIFT = 3  # letters by which the garbled page's text layer is wrong


class Fact(NamedTuple):
    """A page by its kind: a question of it, the line that answers it and how far below the page's top that stands."""

    kind: str
    question: str
    line: str
    top: float = 120.0

    @property
    def box(self) -> BBox:
        """Where the line stands, from the letters' ascent to their descent."""
        width = pdfmetrics.stringWidth(self.line, "Vera", SIZE)
        upright = BBox(LEFT, self.top - 0.76 * SIZE, LEFT + width, self.top + 0.24 * SIZE)
        if self.kind != "turned":
            return upright
        return BBox(upright.top, WIDTH - upright.x1, upright.bottom, WIDTH - upright.x0)


FACTS = (
    Fact("digital", "How many lighthouses does the harbour have?", "The harbour has four lighthouses."),
    Fact("scan", "How long is the granite bridge?", "The granite bridge is 212 metres long."),
    Fact("turned", "How many cranes stand at the quay?", "At the quay stand nineteen cranes."),
    Fact("garbled", "When was the observatory opened?", "The observatory was opened in 1908."),
    Fact("figure", "What does the turbine hall weigh?", "The turbine hall weighs 640 tonnes.", 180.0),
    Fact("outlined", "How deep is the salt mine?", "The salt mine is 330 metres deep."),
    Fact("good layer", "Who painted the town hall ceiling?", "Marta Lindqvist painted the town hall ceiling."),
    Fact("bad layer", "How many bells hang in the cathedral?", "The cathedral has eleven bells in its tower."),
)
_BELOW = ("It is looked after by the council of the district,", "which reports on it to the public every spring.")


def mixed(path: Path) -> Path:
    """One page for each of `FACTS`, in order."""
    pdfmetrics.registerFont(FontFile("Vera", str(_FONT)))
    makers = {
        "digital": _written,
        "scan": lambda fact: _scanned(fact, ""),
        "turned": _turned,
        "garbled": _garbled,
        "figure": _with_figure,
        "outlined": _outlined,
        "good layer": lambda fact: _scanned(fact, "good"),
        "bad layer": lambda fact: _scanned(fact, "bad"),
    }
    writer = PdfWriter()
    for fact in FACTS:
        writer.append(BytesIO(makers[fact.kind](fact)))
    writer.write(path)
    return path


def _lines(fact: Fact) -> list[tuple[str, float]]:
    return [(text, fact.top + 24 * row) for row, text in enumerate((fact.line, *_BELOW))]


def _pdf(draw: Any, size: tuple[float, float] = (WIDTH, HEIGHT)) -> bytes:
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=size)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _write(canvas: Canvas, lines: list[tuple[str, float]], mode: int = 0) -> None:
    for text, top in lines:
        row = canvas.beginText(LEFT, HEIGHT - top)
        row.setFont("Vera", SIZE)
        row.setTextRenderMode(mode)
        row.textOut(text)
        canvas.drawText(row)


def _written(fact: Fact) -> bytes:
    return _pdf(lambda canvas: _write(canvas, _lines(fact)))


def _picture(data: bytes, box: BBox | None = None) -> Image.Image:
    page = pypdfium2.PdfDocument(data)[0].render(scale=200 / 72).to_pil()
    if box is None:
        return page
    return page.crop(tuple(round(value * 200 / 72) for value in box))  # type: ignore[arg-type]


def _draw(canvas: Canvas, picture: Image.Image, box: BBox) -> None:
    canvas.drawImage(ImageReader(picture), box.x0, HEIGHT - box.bottom, box.width, box.height)


def _scanned(fact: Fact, layer: str) -> bytes:
    picture = _picture(_written(fact))
    lines = _lines(fact)
    if layer == "bad":
        lines = [("q;xv jw kzpt vqk xjwz 7#kq zvx pkjq wxzv qkj", top) for _, top in lines]

    def draw(canvas: Canvas) -> None:
        _draw(canvas, picture, BBox(0, 0, WIDTH, HEIGHT))
        if layer:
            _write(canvas, lines, mode=3)

    return _pdf(draw)


def _turned(fact: Fact) -> bytes:
    """A scan that lies on its side: turned a quarter to the left."""
    picture = ImageReader(_picture(_written(fact)).rotate(90, expand=True))
    return _pdf(lambda canvas: canvas.drawImage(picture, 0, 0, HEIGHT, WIDTH), (HEIGHT, WIDTH))


def _with_figure(fact: Fact) -> bytes:
    """Digital text above and below a picture that says the fact."""
    box = BBox(LEFT - 10, fact.top - 40, WIDTH - 40, fact.top + 40)
    picture = _picture(_pdf(lambda canvas: _write(canvas, [(fact.line, fact.top)])), box)

    def draw(canvas: Canvas) -> None:
        _write(canvas, [("The drawing shows the station as it was built.", 60), ("It has been changed twice.", 260)])
        _draw(canvas, picture, box)

    return _pdf(draw)


class _Pen(BasePen):
    """Draws a glyph as a path of reportlab."""

    def __init__(self, glyphs: Any, path: Any, x: float, y: float, scale: float) -> None:
        super().__init__(glyphs)
        self._path, self._x, self._y, self._scale = path, x, y, scale

    def _at(self, point: tuple[float, float]) -> tuple[float, float]:
        return self._x + point[0] * self._scale, self._y + point[1] * self._scale

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self._path.moveTo(*self._at(pt))

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self._path.lineTo(*self._at(pt))

    def _curveToOne(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self._path.curveTo(*(value for point in points for value in self._at(point)))

    def _closePath(self) -> None:  # noqa: N802
        self._path.close()


def _outlined(fact: Fact) -> bytes:
    font = TTFont(_FONT)
    glyphs, names, scale = font.getGlyphSet(), font.getBestCmap(), SIZE / font["head"].unitsPerEm

    def draw(canvas: Canvas) -> None:
        for text, top in _lines(fact):
            x = LEFT
            for character in text:
                glyph = glyphs[names[ord(character)]]
                path = canvas.beginPath()
                glyph.draw(_Pen(glyphs, path, x, HEIGHT - top, scale))
                canvas.drawPath(path, stroke=0, fill=1)
                x += glyph.width * scale

    return _pdf(draw)


def _garbled(fact: Fact) -> bytes:
    """The page with a ToUnicode that takes each letter for another."""
    writer = PdfWriter()
    writer.append(PdfReader(BytesIO(_written(fact))))
    fonts = writer.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    for reference in fonts.values():
        font = reference.get_object()
        if "/ToUnicode" in font:
            wrong = DecodedStreamObject()
            wrong.set_data(_shifted(font["/ToUnicode"].get_data()))
            font[NameObject("/ToUnicode")] = writer._add_object(wrong)
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _shifted(cmap: bytes) -> bytes:
    def shifted(match: re.Match[bytes]) -> bytes:
        code = int(match.group(1), 16)
        base = ord("a") if chr(code).islower() else ord("A")
        if not chr(code).isalpha() or code > 0x7F:
            return match.group()
        return b"<%04X>" % (base + (code - base + _SHIFT) % 26)

    return re.sub(rb"<([0-9A-Fa-f]{4})>", shifted, cmap)
