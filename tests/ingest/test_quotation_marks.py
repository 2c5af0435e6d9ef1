"""Quotation marks: the base writes them straight, the page does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.flow import Line
from ingest.parse import ParseOptions
from ingest.quotation_marks import QuoteMark, with_quotes
from ingest.records import BBox, Word
from ingest.sandbox import parse_in_child


def line(*texts: str, rotation: int = 0) -> Line:
    """Words of 40 points, 10 apart."""
    words = (Word(text, BBox(50 * n, 0, 50 * n + 40, 10), "Plain", 10) for n, text in enumerate(texts))
    return Line(tuple(words), rotation)


def shown(lines: tuple[Line, ...]) -> list[str]:
    return [word.text for line in lines for word in line.words]


def test_marks_are_put_where_they_stand_in_their_order() -> None:
    marks = [QuoteMark("”", 38, 5), QuoteMark("“", 2, 5), QuoteMark("’", 75, 5)]
    assert shown(with_quotes([line('"one"', "it's", "two's")], marks)) == ["“one”", "it’s", "two's"]


def test_places_are_scaled_to_points() -> None:
    assert shown(with_quotes([line("a", "it's")], [QuoteMark("’", 37.5, 2.5)], unit=2.0)) == ["a", "it’s"]


@pytest.mark.parametrize(
    "marks",
    [
        [],
        [QuoteMark("”", 20, 5)],  # one for two
        [QuoteMark("’", 2, 5), QuoteMark("’", 38, 5)],  # of another kind
        [QuoteMark("“", 2, 40), QuoteMark("”", 38, 40)],  # on another row
    ],
)
def test_what_does_not_fit_stays(marks: list[QuoteMark]) -> None:
    assert shown(with_quotes([line('"one"')], marks)) == ['"one"']


def test_turned_lines_stay() -> None:
    assert shown(with_quotes([line("it's", rotation=90)], [QuoteMark("’", 20, 5)])) == ["it's"]


def test_a_page_s_quotation_marks_are_its_own(tmp_path: Path) -> None:
    said = "The pilot’s order: “Hold the ‘Vega’ here”, in the harbour's log."
    path = tmp_path / "quotes.pdf"
    canvas = Canvas(str(path), pagesize=(480, 200), invariant=1)
    canvas.drawString(36, 150, said)
    canvas.save()
    content = parse_in_child(path, "a" * 64, ParseOptions())
    assert said in "\n".join(block.text for page in content.pages for block in page.blocks)
