"""When a page is read from its pixels, how lines become words, and reading a drawn page without a network."""

import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest.errors import BadDocument
from ingest.ocr import OcrPool
from ingest.ocr_layout import blocks_of
from ingest.ocr_need import ASKED, PageStats, needs_ocr
from ingest.parse import ParseOptions
from ingest.pdf import PdfFile
from ingest.pictures import PictureReader, recognised
from ingest.recognition import Affine, Image, OcrEngine, OcrLine, Recognition, as_json, from_json, shared_out
from ingest.records import BBox, Block, BlockKind, Content, Page, State, Word
from ingest.sandbox import parse_in_child

TEXT = ("Annual report of the company", "Revenue rose to 4,216 million")


@pytest.mark.parametrize(
    ("stats", "wanted"),
    [
        (PageStats(characters=2000), False),
        (PageStats(characters=2000, image_share=1.0), False),
        (PageStats(characters=0), False),
        (PageStats(characters=0, image_share=0.2), False),
        (PageStats(characters=0, image_share=0.6), True),
        (PageStats(characters=60, image_share=0.6), False),
        (PageStats(characters=60, image_share=1.0), True),
        (PageStats(characters=500, garbled=400), True),
        (PageStats(characters=500, garbled=20), False),
        (PageStats(characters=5, garbled=5), False),
        (PageStats(characters=500, doubtful=400), True),
        (PageStats(characters=500, doubtful=100), False),
        (PageStats(characters=500, garbled=100, doubtful=100), True),
        (PageStats(characters=0, outlined=300), True),
        (PageStats(characters=0, outlined=10), False),
        (PageStats(characters=2000, outlined=300), False),
        (PageStats(characters=2000, image_share=1.0, bare_ink=0.7), True),
        (PageStats(characters=2000, image_share=1.0, bare_ink=0.3), False),
    ],
)
def test_only_what_has_no_good_text_layer_is_read(stats: PageStats, wanted: bool) -> None:
    assert bool(needs_ocr(stats)) is wanted


def one_line(text: str, box: BBox) -> OcrLine:
    line = shared_out(text, box, 0.9)
    assert line is not None
    return line


def test_a_line_s_width_is_shared_out_by_character_widths() -> None:
    line = one_line("ab 净利", BBox(0, 10, 70, 30))
    first, second = line.words
    # Half an em each for a, b and the space, one for each Chinese character: 3.5 ems on 70 pixels.
    assert (first.text, first.bbox) == ("ab", BBox(0, 10, 20, 30))
    assert (second.text, second.bbox) == ("净利", BBox(30, 10, 70, 30))
    assert (line.text, line.confidence) == ("ab 净利", 0.9)


def test_a_line_without_a_word_is_none() -> None:
    assert shared_out(" \t", BBox(0, 0, 10, 10), 0.9) is None


def test_lines_become_blocks_in_points() -> None:
    lines = (one_line("first line", BBox(0, 0, 200, 40)), one_line("goes on", BBox(0, 44, 140, 84)))
    (block,) = blocks_of(Recognition(300, 100, lines), 0.36)
    assert block.text == "first line goes on"
    assert block.bbox == pytest.approx((0, 0, 72, 30.24))
    assert {word.confidence for word in block.words} == {0.9}


def test_the_blocks_of_a_turned_picture_lie_where_its_words_do() -> None:
    # A picture 100 wide and 300 high that was turned clockwise by 90 degrees to be read, so that it is 300 wide: what
    # stands at (x, y) then stood at (y, 300 - x).
    lines = (one_line("first line", BBox(0, 0, 200, 40)), one_line("goes on", BBox(0, 44, 140, 84)))
    back = Affine(0, -1, 1, 0, 0, 300)
    (block,) = blocks_of(Recognition(300, 100, lines, back=back, turned=90), 0.5)
    assert block.text == "first line goes on"
    assert block.words[0].bbox == pytest.approx((0, 150 - block.words[0].bbox.height, 20, 150))
    assert block.bbox == pytest.approx((0, 50, 42, 150))


def test_what_was_recognised_comes_back_from_json() -> None:
    lines = (one_line("ab 净利", BBox(0, 10, 70, 30)),)
    found = Recognition(300, 100, lines, (BBox(0, 5, 300, 6),), Affine(0, -1, 1, 0, 0, 300), 90, 1.5)
    assert from_json(as_json(found)) == found


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b'{"size": [1], "lines": []}',
        as_json(Recognition(1, 1)).replace(b'"lines":[]', b'"lines":[[1,2,3,4]]'),
    ],
)
def test_other_bytes_are_no_recognition(data: bytes) -> None:
    with pytest.raises(ValueError):
        from_json(data)


def text_page(path: Path, lines: tuple[str, ...] = TEXT) -> Path:
    canvas = Canvas(str(path), pagesize=(400, 200))
    canvas.setFont("Helvetica", 18)
    for row, text in enumerate(lines):
        canvas.drawString(40, 140 - 40 * row, text)
    canvas.save()
    return path


def pixels(path: Path, dpi: int = 150) -> Image:
    with PdfFile(path) as file:
        raster = file.render(1, dpi, 4_000_000)
    return np.frombuffer(raster.rgb, np.uint8).reshape(raster.height, raster.width, 3)


def scan(path: Path, pages: int = 1) -> Path:
    """A PDF whose pages are pictures of text."""
    buffer = BytesIO()
    Picture.fromarray(pixels(text_page(path.with_suffix(".text.pdf")))).save(buffer, "PNG")
    canvas = Canvas(str(path), pagesize=(400, 200))
    for _ in range(pages):
        canvas.drawImage(ImageReader(BytesIO(buffer.getvalue())), 0, 0, 400, 200)
        canvas.showPage()
    canvas.save()
    return path


@pytest.fixture(scope="module")
def pool() -> Iterator[OcrPool]:
    made = OcrPool(workers=1)
    yield made
    made.close()


def test_the_shipped_models_read_a_page_and_say_where(tmp_path: Path, pool: OcrPool) -> None:
    lines = pool.read(pixels(text_page(tmp_path / "a.pdf"))).lines
    assert [line.text for line in lines] == list(TEXT)
    first = lines[0]
    assert first.confidence > 0.8
    # 150 dpi: 40 points from the left are 83 pixels; the baseline is 60 points from the top, 125 pixels.
    assert first.bbox.x0 == pytest.approx(83, abs=8)
    assert first.bbox.top < 112 < 125 <= first.bbox.bottom + 4


def test_an_empty_picture_has_no_lines(pool: OcrPool) -> None:
    assert pool.read(np.full((200, 300, 3), 255, np.uint8)).lines == ()


def read(
    path: Path, options: ParseOptions, engine: OcrEngine, on_page: Callable[[int], None] | None = None, **how: Any
) -> Content:
    """A file read whole: its text layer, then the pages that need it from their pixels."""
    content = parse_in_child(path, "0", options)
    with PictureReader(engine) as reader:
        return reader.read(content, path, options, on_page=on_page, **how) if content.pending else content


def test_a_scan_becomes_text_with_boxes(tmp_path: Path, pool: OcrPool) -> None:
    content = read(scan(tmp_path / "scan.pdf"), ParseOptions(dpi=150), pool)
    (page,) = content.pages
    assert page.text_from == "ocr" and not content.skipped and not content.pending
    assert " ".join(block.text for block in page.blocks) == " ".join(TEXT)
    assert page.blocks[0].words[0].text == "Annual"
    assert page.blocks[0].words[0].bbox.x0 == pytest.approx(40, abs=4)


class Echo:
    """An engine that reads the same line on every page."""

    workers = 2
    identity = "echo"

    def __init__(self, text: str) -> None:
        self.text = text
        self.images = 0

    def read(self, image: Image) -> Recognition:
        self.images += 1
        height, width = image.shape[:2]
        return Recognition(width, height, (one_line(self.text, BBox(10, 10, 200, 30)),) if self.text else ())


class Broken:
    workers = 1
    identity = "broken"

    def read(self, image: Image) -> Recognition:
        raise BadDocument(State.CRASHED, "the worker died")


def test_scanned_pages_are_pending_until_they_are_read(tmp_path: Path) -> None:
    content = parse_in_child(scan(tmp_path / "scan.pdf", 2), "0", ParseOptions())
    assert list(content.pending) == [1, 2] and not content.skipped
    assert "picture" in content.pending[1]


def test_every_scanned_page_is_read_once_and_progress_is_told(tmp_path: Path) -> None:
    told: list[int] = []
    engine = Echo("Seen 42")
    content = read(scan(tmp_path / "scan.pdf", 3), ParseOptions(), engine, told.append)
    assert engine.images == 3
    assert [page.blocks[0].text for page in content.pages] == ["Seen 42"] * 3
    assert told == [1, 2, 3]


def one_page(text: str) -> Page:
    """A page as `recognised` has it in the tests below: its text layer says `text` where Echo's line stands."""
    word = Word(text, BBox(5, 5, 100, 15))
    return Page(1, 400, 200, (Block(BlockKind.TEXT, text, word.bbox, (word,), ((0, len(text)),)),))


@pytest.mark.parametrize(
    ("layer", "why", "text_from"),
    [
        ("Revenue", "its text layer may stand for other letters", "pdf"),
        ("Uhyhqxh", "its text layer may stand for other letters", "ocr"),
        ("Revenue", ASKED, "ocr"),
    ],
)
def test_a_text_layer_that_was_in_doubt_stays_where_it_says_what_the_picture_shows(
    layer: str, why: str, text_from: str
) -> None:
    found = Echo("Revenue").read(np.zeros((400, 800, 3), np.uint8))
    page = recognised(one_page(layer), found, 0.5, why)
    assert page.text_from == text_from
    assert page.report.ocr_lines == 1 and why in page.report.notes[-1]
    assert (page.blocks[0].words[0].confidence == 1.0) is (text_from == "pdf")


class Kept:
    """Keeps what was recognised in memory."""

    def __init__(self) -> None:
        self.pages: dict[int, tuple[str, bytes]] = {}

    def get(self, page: int, key: str) -> Recognition | None:
        kept = self.pages.get(page)
        return from_json(kept[1]) if kept is not None and kept[0] == key else None

    def put(self, page: int, key: str, found: Recognition) -> None:
        self.pages[page] = key, as_json(found)


def test_a_page_that_was_recognised_before_is_not_read_again_and_comes_out_the_same(tmp_path: Path) -> None:
    path, engine, kept = scan(tmp_path / "scan.pdf", 3), Echo("Seen 42"), Kept()
    whole = read(path, ParseOptions(), engine, kept=kept)
    del kept.pages[2]  # as if the process had ended after pages 1 and 3
    assert read(path, ParseOptions(), engine, kept=kept) == whole
    assert engine.images == 4


def test_a_page_is_read_again_where_its_pixels_are_others_or_another_engine_reads_them(tmp_path: Path) -> None:
    path, engine, kept = scan(tmp_path / "scan.pdf"), Echo("Seen 42"), Kept()
    read(path, ParseOptions(), engine, kept=kept)
    read(path, ParseOptions(), engine, kept=kept)
    assert engine.images == 1
    read(path, ParseOptions(dpi=150), engine, kept=kept)
    assert engine.images == 2
    engine.identity = "echo of another version"
    read(path, ParseOptions(dpi=150), engine, kept=kept)
    assert engine.images == 3


def test_never_means_never(tmp_path: Path) -> None:
    with pytest.raises(BadDocument) as caught:
        parse_in_child(scan(tmp_path / "scan.pdf"), "0", ParseOptions(ocr="never"))
    assert caught.value.state == State.NO_TEXT


def test_a_scan_on_which_nothing_is_recognised_has_no_text(tmp_path: Path) -> None:
    with pytest.raises(BadDocument) as caught:
        read(scan(tmp_path / "scan.pdf"), ParseOptions(), Echo(""))
    assert caught.value.state == State.NO_TEXT and "OCR" in str(caught.value)


def test_always_reads_digital_pages_too(tmp_path: Path) -> None:
    assert read(text_page(tmp_path / "a.pdf"), ParseOptions(ocr="always"), Echo("Seen")).pages[0].text_from == "ocr"


def test_a_page_on_which_ocr_finds_nothing_keeps_its_own_words(tmp_path: Path) -> None:
    content = read(text_page(tmp_path / "a.pdf"), ParseOptions(ocr="always"), Echo(""))
    assert content.pages[0].text_from == "pdf"
    assert TEXT[0] in content.pages[0].blocks[0].text


def test_a_page_on_which_ocr_fails_is_listed_and_keeps_its_own_words(tmp_path: Path) -> None:
    content = read(text_page(tmp_path / "a.pdf"), ParseOptions(ocr="always"), Broken())
    assert "the worker died" in content.skipped[1]
    assert content.pages[0].blocks


class Ordered:
    """An engine that keeps whose page it read, by the picture's width, and lets a test in at the first."""

    workers = 1
    identity = "ordered"

    def __init__(self) -> None:
        self.widths: list[int] = []
        self.first, self.go_on = threading.Event(), threading.Event()

    def read(self, image: Image) -> Recognition:
        self.widths.append(image.shape[1])
        self.first.set()
        assert self.go_on.wait(30)
        return Recognition(*image.shape[1::-1], (one_line("Seen", BBox(0, 0, 40, 20)),))


def test_a_scan_that_cannot_be_asked_yet_goes_before_the_pictures_of_others(tmp_path: Path) -> None:
    path, options = scan(tmp_path / "scan.pdf", 3), ParseOptions(dpi=36)
    content, engine = parse_in_child(path, "0", options), Ordered()
    with PictureReader(engine) as reader:
        patient = threading.Thread(target=reader.read, args=(content, path, options))
        urgent = threading.Thread(
            target=reader.read, args=(content, path, ParseOptions(dpi=72)), kwargs={"urgent": True}
        )
        patient.start()
        assert engine.first.wait(30)  # its first page is at work when the other comes
        urgent.start()
        while not reader._urgent:
            time.sleep(0.01)
        engine.go_on.set()
        patient.join(30)
        urgent.join(30)
    assert engine.widths == [200, 400, 400, 400, 200, 200]
    assert reader._urgent == 0
