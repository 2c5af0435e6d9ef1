"""What was recognised on a picture to blocks: sizes, weights, downward lines, tables, the way back to the picture."""

import pytest

from ingest.ocr_layout import blocks_of, lines_of, type_size
from ingest.recognition import Affine, OcrLine, OcrWord, Recognition, shared_out
from ingest.records import BBox, BlockKind

PARAGRAPH = (
    "running text that goes on and on",
    "over several rows of the same size",
    "until it ends in the third row.",
)


def line(text: str, box: BBox, stroke: float = 0.0, confidence: float = 0.95) -> OcrLine:
    made = shared_out(text, box, confidence)
    assert made is not None
    return made._replace(stroke=stroke)


def row(text: str, y: float, size: float = 10.0, x: float = 50.0, **how: float) -> OcrLine:
    """A line set in a usual font: half an em a letter, its box a little higher than its type."""
    return line(text, BBox(x, y, x + 0.5 * size * len(text), y + 1.12 * size), **how)


def page(*lines: OcrLine, **how: object) -> Recognition:
    return Recognition(600, 800, lines, **how)  # type: ignore[arg-type]


def test_a_short_line_is_as_large_as_it_is_high() -> None:
    assert type_size(line("Ag", BBox(0, 0, 100, 11.2))) == pytest.approx(10)


def test_a_long_line_s_width_counts_too() -> None:
    # Ten Chinese characters on 120 pixels are 12 each; the height says 10; the size is between them.
    assert type_size(line("一二三四五六七八九十", BBox(0, 0, 120, 11.2))) == pytest.approx((10 * 12) ** 0.5)


def test_a_downward_line_is_as_large_as_it_is_wide_and_its_words_stand_below_one_another() -> None:
    down = OcrLine(
        BBox(100, 0, 111.2, 80), (OcrWord("公司", BBox(0, 0, 1, 1), 0.9), OcrWord("報告書", BBox(0, 0, 1, 1), 0.9))
    )
    assert type_size(down) == pytest.approx(10)
    (made,) = lines_of(page(down), 1.0)
    first, second = made.words
    assert made.rotation == 90
    # 2 + 0.26 + 3 ems on 80 pixels.
    assert (first.bbox.top, first.bbox.bottom) == pytest.approx((0, 2 * 80 / 5.26))
    assert (second.bbox.top, second.bbox.bottom) == pytest.approx((2.26 * 80 / 5.26, 80))


def test_words_are_no_higher_than_their_type() -> None:
    (made,) = lines_of(page(line("Ag", BBox(0, 0, 40, 14)), line("running text", BBox(0, 20, 60, 60))), 0.5)[:1]
    assert made.words[0].bbox == pytest.approx((0, 0.0625, 20, 6.9375), abs=0.01)


def test_wider_strokes_for_their_size_are_bold() -> None:
    lines = lines_of(
        page(
            row("usual text", 0, stroke=0.7),
            row("bold text", 20, stroke=1.1),
            row("usual", 40, stroke=0.7),
            row("not measured", 60),
        ),
        1.0,
    )
    assert [[word.bold for word in line.words] for line in lines] == [[False] * 2, [True] * 2, [False], [False] * 2]


def test_a_bold_line_above_text_is_a_heading_and_the_text_a_paragraph() -> None:
    text = [row(text, 130 + 12 * index, stroke=0.7) for index, text in enumerate(PARAGRAPH)]
    blocks = blocks_of(page(row("Results of the year", 100, 11, stroke=1.2), *text), 1.0)
    assert [(block.kind, block.text) for block in blocks] == [
        (BlockKind.TITLE, "Results of the year"),
        (BlockKind.TEXT, " ".join(PARAGRAPH)),
    ]


def test_words_that_are_doubtful_make_no_heading() -> None:
    text = [row(text, 130 + 12 * index) for index, text in enumerate(PARAGRAPH)]
    for confidence, kind in ((0.95, BlockKind.TITLE), (0.6, BlockKind.TEXT)):
        blocks = blocks_of(page(row("Results of the year", 90, 16, confidence=confidence), *text), 1.0)
        assert blocks[0].kind is kind


CELLS = (("Item", "2021", "2022"), ("Revenue", "1,200", "1,350"), ("Cost", "800", "910"))


def ruled() -> Recognition:
    """A table of three rows and columns with all its rules."""
    lines = [
        row(cell, 104 + 20 * down, x=105 + 80 * across)
        for down, cells in enumerate(CELLS)
        for across, cell in enumerate(cells)
    ]
    level = [BBox(100, y - 0.5, 340, y + 0.5) for y in (100, 120, 140, 160)]
    plumb = [BBox(x - 0.5, 100, x + 0.5, 160) for x in (100, 180, 260, 340)]
    return page(*lines, rules=(*level, *plumb))


def test_rules_of_the_picture_make_a_table() -> None:
    (table,) = blocks_of(ruled(), 1.0)
    assert table.kind is BlockKind.TABLE
    assert [table.text[cell.start : cell.end] for cell in table.cells] == [cell for cells in CELLS for cell in cells]
    assert table.cells[-1].header_path == ("2022", "Cost")
    # A cell's box is that of its words: "Item" is four letters of 5 points, in type of 10 with 1.1 em for its height.
    assert table.cells[0].bbox == pytest.approx((105, 104.1, 125, 115.1), abs=0.01)


def test_the_cells_of_a_turned_picture_lie_where_they_were_drawn() -> None:
    # The picture was 800 wide and 600 high, its top to the left: what is now at (x, y) stood at (y, 600 - x).
    found = ruled()
    turned = Recognition(600, 800, found.lines, found.rules, Affine(0, -1, 1, 0, 0, 600), 90)
    (table,) = blocks_of(turned, 0.5)
    assert table.cells[0].bbox == pytest.approx((52.05, 237.5, 57.55, 247.5), abs=0.01)
    assert table.bbox == pytest.approx((50, 130, 80, 250), abs=1)


def test_downward_lines_are_read_from_the_right() -> None:
    columns = [
        line(text, BBox(x, 100, x + 11, 300))
        for text, x in (("第三行的文字", 100), ("第二行的文字", 120), ("第一行的文字", 140))
    ]
    text = "".join(block.text for block in blocks_of(page(*columns), 1.0))
    assert text == "第一行的文字第二行的文字第三行的文字"


def test_a_line_that_was_read_on_over_a_gutter_is_parted() -> None:
    words = (OcrWord("left", BBox(0, 0, 20, 11.2), 0.9), OcrWord("right", BBox(30, 0, 55, 11.2), 0.9))
    lines = lines_of(page(OcrLine(BBox(0, 0, 55, 11.2), words), row("usual words", 20)), 1.0)
    assert [[word.text for word in line.words] for line in lines] == [["left"], ["right"], ["usual", "words"]]


def across(y: float, *words: tuple[str, float, float]) -> OcrLine:
    placed = tuple(OcrWord(text, BBox(x0, y, x1, y + 11.2), 0.9) for text, x0, x1 in words)
    return OcrLine(BBox(words[0][1], y, words[-1][2], y + 11.2), placed)


@pytest.mark.parametrize(("others", "parted"), [(3, True), (2, False)])
def test_narrow_white_parts_a_line_where_others_end_and_begin(others: int, parted: bool) -> None:
    beside = [
        one
        for number in range(1, others + 1)
        for one in (across(20.0 * number, ("of left", 0, 100)), across(20.0 * number, ("of right", 108, 208)))
    ]
    both = across(0, ("some", 0, 40), ("left", 46, 100), ("right", 108, 150), ("text", 156, 208))
    found = [" ".join(word.text for word in line.words) for line in lines_of(page(both, *beside), 1.0)]
    assert found[: 2 if parted else 1] == (["some left", "right text"] if parted else ["some left right text"])
