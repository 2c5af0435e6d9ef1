from contextlib import closing
from pathlib import Path

import pytest

from eval.asking import holds, is_short
from eval.pdf_text import PdfReader, PdfText, plain
from eval.quotes import Checked, check, iou, quotes_report, quotes_text
from ingest.errors import BadDocument
from ingest.records import BBox, Page
from prompts.answers import Citation

SAMPLE = Path(__file__).parents[2] / "app" / "samples" / "recto-sample.pdf"


def test_the_answer_of_people_is_looked_for_by_its_numbers_or_else_its_words() -> None:
    assert holds(["Revenue was 17,606 in 2022."], "$17.606 billion")
    assert not holds(["Revenue was 17,606 in 2022."], "17,607")
    assert holds(["The board is chaired by Ida Renner."], "Ida Renner")
    assert not holds(["Ida chairs.", "Renner sits."], "Ida Renner")
    assert is_short("41") and not is_short("Yes") and not is_short("word " * 20)


def test_plain_text_is_without_hyphens_and_spaces() -> None:
    assert plain("long-\nterm ﬁgures２") == "longtermfigures2"


@pytest.mark.parametrize(
    ("other", "share"), [(BBox(0, 0, 10, 10), 1.0), (BBox(0, 0, 10, 5), 0.5), (BBox(20, 20, 30, 30), 0.0)]
)
def test_iou(other: BBox, share: float) -> None:
    assert iou([BBox(0, 0, 10, 10)], [other]) == pytest.approx(share, abs=0.02)


def test_a_quote_is_checked_against_pdfium_alone() -> None:
    with closing(PdfReader()) as reader:
        read = reader.read(SAMPLE, 1)
    first = read.text[:12]
    box = read.boxes[0]
    for one in read.boxes[1:12]:
        box = box.union(one)
    page = Page(1, 600, 800, ())

    def checked(quote: str, place: BBox) -> Checked:
        return check(Citation(1, "sample.pdf", "d", 1, "1", quote, ((1, place),), verified=True), read, page)

    right = checked(first, box)
    assert right.state == "verbatim" and right.iou > 0.9
    aside = checked(first, BBox(box.x0, box.top + 300, box.x1, box.bottom + 300))
    assert aside.state == "verbatim" and aside.iou == 0
    assert checked("no such words stand here", box).state == "not found"
    report = quotes_report([right, aside, Checked("sample.pdf", 1, "x", "not found")])
    assert (report["verbatim"], report["boxes_fit"], len(report["missed"])) == (0.6667, 0.5, 2)
    assert "2 verbatim, 1 not found" in quotes_text(report)


def test_a_file_that_cannot_be_read_ends_no_more_than_the_child(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing")
    with closing(PdfReader()) as reader:
        with pytest.raises(BadDocument):
            reader.read(broken, 1)
        assert reader.read(SAMPLE, 1).text


def test_a_cell_of_a_dash_alone_has_no_characters_and_is_measured_by_its_dash() -> None:
    dash = BBox(10, 10, 20, 20)
    read = PdfText("abc", (BBox(50, 10, 60, 20),) * 3, (dash,), False)
    found = check(Citation(1, "a.pdf", "d", 1, "1", "—", ((1, dash),), verified=True), read, Page(1, 600, 800, ()))
    assert found.state == "verbatim" and found.iou > 0.9


def test_equal_cells_of_a_row_are_looked_for_in_a_place_each() -> None:
    boxes = tuple(BBox(x, 0, x + 10, 10) for x in (0, 10, 20, 60))  # "(1)", and far to the right "1"
    read = PdfText("(1)1", boxes, (), False)
    shown = ((1, BBox(0, 0, 30, 10)), (1, boxes[3]))
    cited = Citation(1, "a.pdf", "d", 1, "1", "1 | (1)", shown, verified=True)
    found = check(cited, read, Page(1, 600, 800, ()))
    assert found.state == "verbatim" and found.iou == pytest.approx(1)
