"""Small PDFs made for one test, of the text that the test wants. Chinese is written in a font that no file needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfdoc import PDFStream
from reportlab.pdfgen.canvas import Canvas

_CHINESE = "STSong-Light"
_SIZE = (480.0, 400.0)


class Made:
    """A PDF that is written page by page; `save` gives its path."""

    def __init__(self, path: Path) -> None:
        pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE))
        self.path = path
        self._canvas = Canvas(str(path), pagesize=_SIZE, invariant=1)

    def page(self, *lines: str, table: Sequence[Sequence[str]] = ()) -> Made:
        """A page of lines, and a ruled table below them."""
        canvas, y = self._canvas, _SIZE[1] - 40
        canvas.setPageSize(_SIZE)
        for line in lines:
            canvas.setFont("Helvetica" if line.isascii() else _CHINESE, 12)
            canvas.drawString(36, y, line)
            y -= 24
        canvas.setFont("Helvetica", 11)
        for row in table:
            for column, text in enumerate(row):
                canvas.rect(36 + 130 * column, y - 24, 130, 24)
                canvas.drawString(42 + 130 * column, y - 16, text)
            y -= 24
        canvas.showPage()
        return self

    def picture(self, line: str) -> Made:
        """A small page that is nothing but a picture of a line of text."""
        image = Image.new("L", (900, 200), 255)
        ImageDraw.Draw(image).text((40, 60), line, font=ImageFont.load_default(48), fill=0)
        self._canvas.setPageSize((324, 72))
        self._canvas.drawImage(ImageReader(image), 0, 0, 324, 72)
        self._canvas.showPage()
        return self

    def ballast(self, size: int) -> Made:
        """So many bytes that show nothing, so that the file is large."""
        self._canvas._doc.Reference(PDFStream(content="ballast " * (size // 8), filters=[]))
        return self

    def save(self) -> Path:
        self._canvas.save()
        return self.path


def _file(bodies: Sequence[bytes]) -> bytes:
    """A PDF of these objects, the first its catalog."""
    written, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(written))
        written += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(bodies) + 1, len(written)
    head = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\n" % (size, table, size)
    return written + head + b"startxref\n%d\n%%%%EOF" % start


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)


def _one_font(content: bytes, ascent: int, descent: int, width: int, unicode: dict[int, str]) -> bytes:
    """A page of 600 x 800 in a font F that is not embedded; `unicode` says what its codes stand for."""
    names = b" ".join(b"<%02x><%04x>" % (code, ord(character)) for code, character in unicode.items())
    cmap = b"begincmap 1 begincodespacerange <00><ff> endcodespacerange %d beginbfchar %s endbfchar endcmap" % (
        len(unicode),
        names,
    )
    return _file(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
            _stream(content),
            b"<</Type/Font/Subtype/TrueType/BaseFont/Odd/FirstChar 32/LastChar 126/Widths[%s]/Encoding/WinAnsiEncoding"
            b"/FontDescriptor 6 0 R%s>>" % (b"%d " % width * 95, b"/ToUnicode 7 0 R" if unicode else b""),
            b"<</Type/FontDescriptor/FontName/Odd/Flags 32/FontBBox[0 %d 1000 %d]/Ascent %d/Descent %d/CapHeight 700"
            b"/ItalicAngle 0/StemV 80>>" % (descent, ascent, ascent, descent),
            _stream(cmap),
        ]
    )


def tall_font(ascent: int, descent: int) -> bytes:
    """A page of two rows of 10 points, 14 apart, whose font states these, in thousandths of an em."""
    content = b"BT /F 10 Tf 100 700 Td (First row of text) Tj 0 -14 Td (Second row of text) Tj ET"
    return _one_font(content, ascent, descent, 500, {})


def written_down(columns: Sequence[str]) -> bytes:
    """A page of text in columns from the right, character by character."""
    characters = sorted(set("".join(columns)))
    codes = {character: 33 + index for index, character in enumerate(characters)}
    shown = [
        b"1 0 0 1 %d %d Tm <%02x> Tj" % (500 - 18 * column, 700 - 14 * row, codes[character])
        for column, text in enumerate(columns)
        for row, character in enumerate(text)
    ]
    content = b"BT /F 12 Tf " + b" ".join(shown) + b" ET"
    return _one_font(content, 900, -200, 1000, {code: character for character, code in codes.items()})
