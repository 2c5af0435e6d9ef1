"""Every block's words lie where PDFium draws them: on pages of many kinds that are made here, and on real ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from conftest import DATA
from ink import look, picture, shifted
from reportlab.pdfgen.canvas import Canvas

from ingest.ocr import OcrPool
from ingest.parse import ParseOptions
from ingest.pictures import PictureReader
from ingest.records import Content, Page
from ingest.renderer import PageRenderer
from ingest.sandbox import parse_in_child

BENCH = Path(__file__).parents[3] / "shared" / "bench"

_FULL = 200  # characters of a page that is worth looking at
_BLANK = 0.01  # share of the words that may stand on no ink: a word of white on white, a mark of no extent
_OUTSIDE = 0.05  # share of the ink in running text that may be no word's: a rule below a heading, a mark in the margin


@pytest.fixture(scope="module")
def renderer() -> Iterator[PageRenderer]:
    made = PageRenderer()
    yield made
    made.close()


@cache
def content_of(path: Path) -> Content:
    return parse_in_child(path, "0", ParseOptions())


def read(path: Path, number: int) -> Page:
    return next(page for page in content_of(path).pages if page.number == number)


def assert_lies_on_its_ink(page: Page, path: Path, renderer: PageRenderer) -> None:
    found = look(page, picture(renderer, path, page))
    assert found.words
    assert len(found.blank) <= _BLANK * found.words, found.blank
    assert len(found.strange) <= _BLANK * found.words, found.strange
    assert found.outside <= _OUTSIDE


MADE = {
    "one column, a list, a table": ("english.pdf", 1),
    "Chinese": ("chinese.pdf", 1),
    "two columns": ("two-column.pdf", 1),
    "two columns below a table": ("mixed-columns.pdf", 1),
    "turned by 90": ("rotated.pdf", 1),
    "turned by 270": ("rotated.pdf", 2),
    "cropped": ("cropped.pdf", 1),
}


@pytest.mark.parametrize(("name", "number"), MADE.values(), ids=MADE.keys())
def test_words_of_made_pages_lie_on_their_ink(name: str, number: int, renderer: PageRenderer) -> None:
    assert_lies_on_its_ink(read(DATA / name, number), DATA / name, renderer)


def turned(path: Path, *, degrees: int = 0, unit: float = 1.0) -> Path:
    canvas = Canvas(str(path), pagesize=(400, 300), pageCompression=0)
    canvas.setPageRotation(degrees)
    for row in range(6):
        canvas.setFont("Helvetica", 12)
        canvas.drawString(60, 220 - 18 * row, "The pilot boat leaves the harbour at high water.")
    canvas.showPage()
    canvas.save()
    path.write_bytes(path.read_bytes().replace(b"/Type /Page\n", f"/Type /Page /UserUnit {unit}\n".encode()))
    return path


@pytest.mark.parametrize(
    ("degrees", "unit"), [(90, 1.0), (180, 1.0), (270, 1.0), (0, 2.5), (90, 2.0)], ids=lambda value: str(value)
)
def test_words_of_turned_and_scaled_pages_lie_on_their_ink(
    tmp_path: Path, degrees: int, unit: float, renderer: PageRenderer
) -> None:
    path = turned(tmp_path / "a.pdf", degrees=degrees, unit=unit)
    assert_lies_on_its_ink(read(path, 1), path, renderer)


def test_words_of_a_scan_lie_on_their_ink(renderer: PageRenderer) -> None:
    path = DATA / "scanned.pdf"
    pool = OcrPool(1)
    try:
        with PictureReader(pool) as pictures:
            (page,) = pictures.read(content_of(path), path, ParseOptions()).pages
    finally:
        pool.close()
    assert page.text_from == "ocr"
    found = look(page, picture(renderer, path, page))
    assert found.words and not found.blank and not found.strange
    assert found.outside <= 2 * _OUTSIDE  # a line's width is shared out among its words


@pytest.mark.parametrize(("across", "down"), [(0, 7), (0, -7), (60, 0), (-3, 5)])
@pytest.mark.parametrize("name", ["english.pdf", "chinese.pdf"])
def test_boxes_that_are_shifted_are_found_out(name: str, across: float, down: float, renderer: PageRenderer) -> None:
    page = read(DATA / name, 1)
    with pytest.raises(AssertionError):
        assert_lies_on_its_ink(shifted(page, across, down), DATA / name, renderer)


def test_words_of_another_block_are_found_out(renderer: PageRenderer) -> None:
    page = read(DATA / "two-column.pdf", 1)
    again = replace(page.blocks[-2], text=page.blocks[-2].text)
    doubled = replace(page, blocks=(*page.blocks, again))
    assert look(doubled, picture(renderer, DATA / "two-column.pdf", page)).strange


# real pages


def with_trait(trait: str, place: int) -> tuple[Path, int]:
    """A one-page file that has the trait, by its place among them."""
    folder = BENCH / "parsing"
    if not (folder / "manifest.json").is_file():
        pytest.skip("the benchmark sets are not here")
    traits = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    stems = sorted(stem for stem, had in traits.items() if had.get(trait) and not had.get("scanned"))
    return folder / "pdfs" / f"{stems[place]}.pdf", 1


def of_set(name: str, place: int, number: int) -> tuple[Path, int]:
    """The first page with words, from that number on, of the smaller files of a retrieval set."""
    files = sorted((BENCH / "retrieval" / name / "pdfs").glob("*.pdf"), key=lambda file: file.stat().st_size)
    if not files:
        pytest.skip("the benchmark sets are not here")
    return next(
        (file, page.number)
        for file in files[place:]
        for page in content_of(file).pages
        if page.number >= number and page.report.characters > _FULL
    )


REAL = {
    "two columns": lambda: with_trait("two_column", 0),
    "two columns, another": lambda: with_trait("two_column", 5),
    "two columns, a third": lambda: with_trait("two_column", 10),
    "a table": lambda: with_trait("has_table", 0),
    "a table, another": lambda: with_trait("has_table", 9),
    "formulas": lambda: with_trait("has_equation", 2),
    "a table of contents": lambda: with_trait("toc_like", 1),
    "headings": lambda: with_trait("has_heading", 20),
    "Chinese, simplified": lambda: of_set("zh", 0, 20),
    "Chinese, traditional": lambda: of_set("zh-hant", 0, 1),
    "a filing or a manual": lambda: of_set("en", 1, 2),
}


@pytest.mark.parametrize("chosen", REAL.values(), ids=REAL.keys())
def test_words_of_real_pages_lie_on_their_ink(chosen: Callable[[], tuple[Path, int]], renderer: PageRenderer) -> None:
    path, number = chosen()
    assert_lies_on_its_ink(read(path, number), path, renderer)
