"""Bar charts from hand-made bars: 20 points broad, 40 apart, on a line 300 points down."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.charts import bar_charts, take_charts
from ingest.flow import Line
from ingest.records import BBox, BlockKind, Word
from ingest.rules import Shade

PAGE = BBox(0, 0, 600, 800)
BLUE, GREY = 0xFF3060A0, 0xFFCCDDEE


def bars(heights: Sequence[float], colour: int = BLUE) -> list[Shade]:
    return [Shade(BBox(100 + 40 * n, 300 - height, 120 + 40 * n, 300), colour) for n, height in enumerate(heights)]


def line(text: str, x: float, top: float) -> Line:
    words = text.split()
    return Line(
        tuple(Word(word, BBox(x + 30 * n, top, x + 30 * n + 26, top + 10), "F", 10.0) for n, word in enumerate(words))
    )


def test_bars_on_one_line_at_three_lengths_are_a_chart() -> None:
    assert bar_charts(bars([50, 100, 70]), PAGE) == [BBox(100, 200, 200, 300)]


def test_bars_that_lie_are_one_too() -> None:
    lying = [Shade(BBox(100, 100 + 40 * n, 100 + length, 120 + 40 * n), BLUE) for n, length in enumerate((50, 90, 70))]
    assert bar_charts(lying, PAGE) == [BBox(100, 100, 190, 200)]


def test_fewer_bars_or_lengths_are_none() -> None:
    assert bar_charts(bars([50, 100]), PAGE) == []
    assert bar_charts(bars([50, 50, 100, 100]), PAGE) == []


def test_the_shaded_cells_of_a_table_are_none() -> None:
    widths = (60, 90, 75)
    cells = [
        Shade(BBox(x, 100 + 24 * row, x + width, 112 + 24 * row), GREY)
        for row, width in enumerate(widths)
        for x, width in ((100, width), (100 + width, 200 - width))
    ]
    assert bar_charts(cells, PAGE) == []


def test_white_areas_are_none() -> None:
    assert bar_charts(bars([50, 100, 70], 0xFFFFFFFF), PAGE) == []


def test_labels_are_read_row_by_row_and_text_stays() -> None:
    labels = [line("2021 2022 2023", 100, 305), line("71", 180, 235), line("52", 100, 235), line("Bil", 80, 205)]
    text = [
        line("Figure 1: Sales", 100, 180),
        line("a column of text that runs on beside it", 230, 240),
        line("text far below", 100, 400),
    ]
    found = take_charts([*labels, *text], bars([50, 100, 70]), PAGE)
    (block,) = found.blocks
    assert block.kind is BlockKind.FIGURE
    assert block.text.split() == ["Bil", "52", "71", "2021", "2022", "2023"]
    assert list(found.lines) == text
    assert [block.text[start:end] for start, end in block.offsets] == [word.text for word in block.words]


def test_a_chart_without_labels_makes_no_block() -> None:
    assert take_charts([], bars([50, 100, 70]), PAGE) == ((), ())
