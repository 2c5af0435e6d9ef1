"""Files made here, read in this process: words where the ink is, pages as seen, tables by their rules."""

import gc
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_pdfs import tall_font, written_down
from reportlab.pdfgen.canvas import Canvas

from ingest import parse
from ingest.errors import BadDocument
from ingest.flow import Line
from ingest.grades import reasons_of
from ingest.layout import BaseBlock
from ingest.outline import MAX_DEPTH, MAX_ENTRIES, Entry
from ingest.parse import Opened, Parsed, ParseOptions, parse_pdf
from ingest.pdf import PdfFile
from ingest.records import BBox, Block, BlockKind, Page, State, Word
from ingest.text_layer import unread, visible_characters

Draw = Callable[[Canvas], None]


def make(path: Path, *pages: Draw, size: tuple[float, float] = (400, 300)) -> Path:
    canvas = Canvas(str(path), pagesize=size, pageCompression=0)
    for draw in pages:
        canvas.setFont("Helvetica", 14)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return path


def read(path: Path, options: ParseOptions | None = None, **how: bool) -> list[Page]:
    messages = list(parse_pdf(path, options or ParseOptions(ocr="never"), **how))
    assert isinstance(messages[0], Opened)
    pages = [message.page for message in messages if isinstance(message, Parsed)]
    assert messages[0].pages == len(pages)
    return pages


def words(page: Page) -> list[Word]:
    return [word for block in page.blocks for word in block.words]


def ink(path: Path, number: int, page_width: float) -> BBox:
    """The box around everything dark on the page as drawn, in points."""
    with PdfFile(path) as file:
        raster = file.render(number, 144, 10_000_000, page_width)
    pixels = np.frombuffer(raster.rgb, np.uint8).reshape(raster.height, raster.width, 3)
    ys, xs = np.nonzero(pixels.min(axis=2) < 128)
    scale = page_width / raster.width
    return BBox(xs.min() * scale, ys.min() * scale, (xs.max() + 1) * scale, (ys.max() + 1) * scale)


def two_lines(canvas: Canvas) -> None:
    canvas.drawString(100, 200, "Hello turned world")
    canvas.drawString(120, 100, "second line here")


def upright_on_a_turned_page(canvas: Canvas) -> None:
    canvas.setPageRotation(90)
    canvas.translate(400, 0)
    canvas.rotate(90)
    two_lines(canvas)


def turned(degrees: int) -> Draw:
    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(degrees)
        two_lines(canvas)

    return draw


def cropped(canvas: Canvas) -> None:
    canvas.setCropBox((60, 50, 380, 270))
    two_lines(canvas)


def cropped_and_turned(canvas: Canvas) -> None:
    canvas.setPageRotation(270)
    cropped(canvas)


VIEWS = {
    "plain": two_lines,
    "upright on a turned page": upright_on_a_turned_page,
    "turned by 90": turned(90),
    "turned by 180": turned(180),
    "turned by 270": turned(270),
    "cropped": cropped,
    "cropped and turned": cropped_and_turned,
}


@pytest.mark.parametrize("draw", VIEWS.values(), ids=VIEWS.keys())
@pytest.mark.parametrize("plain", [False, True], ids=["base", "PDFium alone"])
def test_words_lie_where_the_page_shows_them(tmp_path: Path, draw: Draw, plain: bool) -> None:
    path = make(tmp_path / "a.pdf", draw)
    (page,) = read(path, plain=plain)
    assert sorted(word.text for word in words(page)) == ["Hello", "here", "line", "second", "turned", "world"]
    seen = ink(path, 1, page.width)
    boxes = [word.bbox for word in words(page)]
    around = BBox(
        min(box.x0 for box in boxes), min(box.top for box in boxes),
        max(box.x1 for box in boxes), max(box.bottom for box in boxes),
    )  # fmt: skip
    # Word boxes reach from ascent to descent, so they may stand a little beyond the ink but never short of it.
    for outer, inner, sign in zip(around, seen, (1, 1, -1, -1), strict=True):
        assert -1.0 <= sign * (inner - outer) <= 5.0
    assert {block.text for block in page.blocks} == {"Hello turned world", "second line here"}


def test_a_user_unit_scales_page_and_words_alike(tmp_path: Path) -> None:
    path = make(tmp_path / "a.pdf", turned(0))
    path.write_bytes(path.read_bytes().replace(b"/Type /Page\n", b"/Type /Page /UserUnit 2.0\n"))
    (page,) = read(path)
    assert (page.width, page.height) == (800, 600)
    hello = next(word for word in words(page) if word.text == "Hello")
    seen = ink(path, 1, page.width)
    assert hello.bbox.x0 == pytest.approx(200, abs=1)
    assert seen.x0 == pytest.approx(200, abs=4)


def test_a_picture_is_capped_in_pixels_and_keeps_its_shape(tmp_path: Path) -> None:
    path = make(tmp_path / "a.pdf", two_lines)
    with PdfFile(path) as file:
        small = file.render(1, 72, 10_000_000)
        capped = file.render(1, 7200, 30_000)
    assert (small.width, small.height) == (400, 300)
    assert capped.width * capped.height <= 33_000
    assert capped.width / capped.height == pytest.approx(4 / 3, rel=0.02)
    assert len(capped.rgb) == capped.width * capped.height * 3


def test_fonts_and_labels_are_kept(tmp_path: Path) -> None:
    def bold(canvas: Canvas) -> None:
        canvas.setFont("Times-Bold", 18)
        canvas.drawString(50, 250, "Balance")

    (page,) = read(make(tmp_path / "a.pdf", bold))
    (word,) = words(page)
    assert word.bold and word.font == "Times-Bold" and word.size == pytest.approx(18, abs=0.5)


def ruled_table(canvas: Canvas) -> None:
    canvas.drawString(50, 270, "Above the table")
    xs, ys = (50, 150, 250, 350), (80, 120, 160, 200, 240)
    canvas.grid(list(xs), list(ys))
    rows = [("Item", "2022", "2021"), ("Cash", "14,614", "8,052"), ("Stock", "78,151", "78,823"), ("Total", "9", "7")]
    for y, row in zip(reversed(ys[:-1]), rows, strict=True):
        for x, text in zip(xs, row, strict=False):
            canvas.drawString(x + 10, y + 12, text)


def test_a_ruled_table_becomes_cells_with_header_paths(tmp_path: Path) -> None:
    (page,) = read(make(tmp_path / "a.pdf", ruled_table))
    (table,) = [block for block in page.blocks if block.kind is BlockKind.TABLE]
    assert cell_paths(table)["14,614"] == ("2022", "Cash")
    assert table.text.splitlines()[1] == "Cash | 14,614 | 8,052"


def cell_paths(table: Block) -> dict[str, tuple[str, ...]]:
    return {table.text[cell.start : cell.end]: cell.header_path for cell in table.cells}


def test_the_second_opinion_reads_the_same_table_by_its_rules(tmp_path: Path) -> None:
    from ingest.layout import arrange
    from ingest.liteparsed import base_pages
    from ingest.ruled import ruled_tables

    path = make(tmp_path / "a.pdf", ruled_table)
    tables = ruled_tables(path, "", 1, 5.0)
    assert tables is not None and len(tables) == 1
    raw = base_pages(path, "", 1, 1).take(1)
    assert raw is not None
    blocks = arrange(raw.lines, tables)
    (table,) = [block for block in blocks if block.kind is BlockKind.TABLE]
    assert table.text.splitlines()[1] == "Cash | 14,614 | 8,052"
    assert [block.text for block in blocks if block.kind is BlockKind.TEXT] == ["Above the table"]


def test_the_second_opinion_is_silent_on_turned_pages_and_when_out_of_time(tmp_path: Path) -> None:
    from ingest.ruled import ruled_tables

    turned_page = make(tmp_path / "turned.pdf", turned(90))
    assert ruled_tables(turned_page, "", 1, 5.0) is None
    many = make(tmp_path / "many.pdf", *[lambda canvas: [canvas.line(x, 0, x, 300) for x in range(400)]] * 3)
    gc.disable()  # Hypothesis times the collector, and the stroke of the timer must not fall into that
    try:
        assert ruled_tables(many, "", 1, 0.01) is None
    finally:
        gc.enable()
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 nothing more")
    assert ruled_tables(broken, "", 1, 5.0) is None


def test_pages_are_asked_for_by_number(tmp_path: Path) -> None:
    path = make(tmp_path / "a.pdf", *[lambda canvas, n=n: canvas.drawString(50, 50, f"page {n}") for n in range(1, 6)])
    messages = list(parse_pdf(path, ParseOptions(), first=2, last=3))
    assert messages[0] == Opened(5, "untitled")
    assert [message.page.number for message in messages[1:] if isinstance(message, Parsed)] == [2, 3]


def test_the_outline_is_read_with_its_depths(tmp_path: Path) -> None:
    def bookmarked(canvas: Canvas) -> None:
        for key, depth in (("Sea", 0), ("Ships", 1), ("第三章", 0)):
            canvas.bookmarkPage(key)
            canvas.addOutlineEntry(key, key, depth)

    path = make(tmp_path / "a.pdf", lambda canvas: canvas.drawString(50, 50, "first"), bookmarked)
    with PdfFile(path) as file:
        assert list(file.outline()) == [Entry(1, "Sea", 2), Entry(2, "Ships", 2), Entry(1, "第三章", 2)]


def outlined(path: Path, *bookmarks: str) -> Path:
    """A file whose bookmarks are objects 5, 6, … with these keys; the first of them is 5."""
    objects = [
        "<</Type/Catalog/Pages 2 0 R/Outlines 4 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]>>",
        f"<</First 5 0 R/Last {4 + len(bookmarks)} 0 R>>",
        *(f"<</Title(Entry {n})/Parent 4 0 R/Dest[3 0 R/Fit]{more}>>" for n, more in enumerate(bookmarks)),
    ]
    data, places = b"%PDF-1.4\n", []
    for number, written in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj{written}endobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    count = len(objects) + 1
    data += f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer<</Size {count}/Root 1 0 R>>\n".encode()
    path.write_bytes(data + f"startxref\n{data.rindex(b'xref')}\n%%EOF\n".encode())
    return path


@pytest.mark.parametrize(
    ("bookmarks", "depths"),
    [
        (["/Next 6 0 R/First 5 0 R/Last 5 0 R", "/Next 5 0 R"], [1, 1]),  # round and round
        ([f"/Next {6 + n} 0 R" for n in range(3000)], [1] * MAX_ENTRIES),
        ([f"/First {6 + n} 0 R/Last {6 + n} 0 R" for n in range(3000)], list(range(1, MAX_DEPTH + 1))),
        (["/Next 99 0 R"], [1]),
    ],
)
def test_an_outline_without_end_ends(tmp_path: Path, bookmarks: list[str], depths: list[int]) -> None:
    with PdfFile(outlined(tmp_path / "a.pdf", *bookmarks)) as file:
        assert [entry.depth for entry in file.outline()] == depths


@pytest.mark.parametrize(
    ("data", "state"),
    [
        (b"hello", State.NOT_PDF),
        (b"", State.NOT_PDF),
        (b"%PDF-1.7\nand then nothing", State.DAMAGED),
    ],
)
def test_what_is_no_pdf_says_so(tmp_path: Path, data: bytes, state: State) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    with pytest.raises(BadDocument) as caught:
        read(path)
    assert caught.value.state == state


def test_the_name_of_a_pdf_does_not_matter(tmp_path: Path) -> None:
    (page,) = read(make(tmp_path / "report.docx", two_lines))
    assert page.blocks[0].text == "Hello turned world" and not page.report.notes


def test_a_blank_page_is_a_page_without_blocks(tmp_path: Path) -> None:
    (page,) = read(make(tmp_path / "a.pdf", lambda canvas: None), ParseOptions(ocr="auto"))
    assert page.blocks == ()


def test_the_key_of_options_changes_with_each_of_them() -> None:
    options = [ParseOptions(), ParseOptions(ocr="always"), ParseOptions(dpi=150), ParseOptions(second_tables=False)]
    assert len({option.key() for option in options}) == len(options)
    assert ParseOptions().key() == ParseOptions().key()


def test_the_parent_s_modules_load_no_pdf_library() -> None:
    code = "import ingest.sandbox, sys; print({'liteparse', 'pypdfium2', 'pdfplumber', 'rapidocr'} & set(sys.modules))"
    root = str(Path(__file__).parents[2])
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert result.stdout.strip() == "set()"


def line_at(x: float, top: float, *texts: str) -> Line:
    words = [Word(text, BBox(x + 30 * i, top, x + 30 * i + 25, top + 10)) for i, text in enumerate(texts)]
    return Line(tuple(words))


def test_what_the_base_left_out_is_what_stands_where_it_has_no_word() -> None:
    own = [line_at(0, 0, "one", "two"), line_at(0, 50, "left", "out"), line_at(300, 0, "\x99")]
    lines = [line_at(1, 1, "0ne"), line_at(29, 0, "two"), line_at(0, 62, "below")]
    assert [line.text for line in unread(own, lines)] == ["left out"]
    assert [line.text for line in unread(own, [])] == ["one two", "left out"]


def test_a_title_in_tall_letters_is_not_hidden_by_the_rows_that_it_lies_over() -> None:
    own = [line_at(0, 0, "FIRST"), line_at(0, 8, "–")]
    lines = [line_at(0, 5, "among"), line_at(0, 9, "-")]
    assert [line.text for line in unread(own, lines)] == ["FIRST"]
    assert not unread([line_at(0, 5, "ﬁrst,")], [line_at(0, 4, "first", ",")])


def test_a_word_drawn_twice_for_boldness_and_words_without_ink_are_counted_once_or_not() -> None:
    twice = line_at(0.2, 0.1, "bold")
    flat = Line((Word("flat", BBox(0, 5, 10, 5)),))
    assert visible_characters([line_at(0, 0, "bold"), twice, flat, line_at(0, 20, "\u200b", "bold")]) == 8


def test_a_page_that_states_more_than_it_can_show_is_not_wholly_read(tmp_path: Path) -> None:
    def crowded(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 0.5)
        for row in range(210):
            canvas.drawString(0, 40 + row, "crowd " * 200)

    path = make(tmp_path / "a.pdf", crowded)
    (page,) = [message for message in parse_pdf(path, ParseOptions(ocr="never")) if isinstance(message, Parsed)]
    assert "more than a page can show" in page.page.report.notes[0]
    assert (page.characters, page.seen) == (0, 210_000)


def test_a_font_that_states_an_ascent_of_several_ems_does_not_mix_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "tall.pdf"
    path.write_bytes(tall_font(3117, -2464))
    words = [word for block in read(path)[0].blocks for word in block.words]
    assert [word.text for word in words] == ["First", "row", "of", "text", "Second", "row", "of", "text"]
    assert {(round(word.bbox.top), round(word.bbox.bottom)) for word in words} == {(92, 102), (106, 116)}


def says(number: int) -> Draw:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 200, f"Page {number} says")
        canvas.drawString(72, 180, "two rows.")

    return draw


def test_a_page_whose_layout_takes_too_long_is_read_as_plain_text_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arranged = parse.arrange

    def slow(lines: Sequence[Line], base: Sequence[BaseBlock], *more: Any, **named: Any) -> tuple[Block, ...]:
        while any("1" in line.text for line in lines):
            pass
        return arranged(lines, base, *more, **named)

    monkeypatch.setattr(parse, "arrange", slow)
    monkeypatch.setattr(parse, "_PAGE_SECONDS", 0.3)
    first, second, third = read(make(tmp_path / "a.pdf", says(0), says(1), says(2)))
    assert [block.text for block in second.blocks] == ["Page 1 says\ntwo rows."]
    assert second.report.plain and "took more than 0.3 seconds" in second.report.notes[0]
    assert second.report.characters == second.report.characters_seen == 17
    assert [reason.key for reason in reasons_of(second)] == ["plain"]
    for other in (first, third):
        assert not other.report.plain and not other.report.notes


def test_the_report_of_a_page_counts_what_was_seen_and_read(tmp_path: Path) -> None:
    (page,) = read(make(tmp_path / "a.pdf", two_lines))
    report = page.report
    visible = len("Helloturnedworldsecondlinehere")
    assert (report.characters, report.characters_seen) == (visible, visible)
    assert (report.garbled, report.tables, report.disputed, report.ocr_lines) == (0, 0, 0, None)


def test_chinese_written_downwards_is_read_down_its_columns_from_the_right(tmp_path: Path) -> None:
    columns = ["春眠不觉晓处处闻啼鸟", "夜来风雨声花落知多少", "床前明月光疑是地上霜"]
    path = tmp_path / "down.pdf"
    path.write_bytes(written_down(columns))
    (page,) = read(path)
    assert "".join(block.text for block in page.blocks) == "".join(columns)
    words = [word for block in page.blocks for word in block.words]
    assert [round(word.bbox.x0) for word in words] == [500, 482, 464]
    assert {round(word.bbox.height) for word in words} == {139}
    assert {block.kind for block in page.blocks} == {BlockKind.TEXT}
