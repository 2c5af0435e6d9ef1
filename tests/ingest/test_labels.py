from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.labels import Counting, found_labels, printed, roman, with_labels
from ingest.parse import ParseOptions
from ingest.records import BBox, Block, BlockKind, Page
from ingest.sandbox import parse_in_child

TOP, MIDDLE, BOTTOM = 40.0, 400.0, 760.0


def page(number: int, *texts: tuple[str, float], label: str = "") -> Page:
    """A page of 600 by 800 points with each text in a row at that height."""
    blocks = tuple(Block(BlockKind.TEXT, text, BBox(50, top, 550, top + 12)) for text, top in texts)
    return Page(number, 600, 800, blocks, label)


BODY = ("What stands between the margins, in 1998 as today.", MIDDLE)


def footed(*feet: str, start: int = 1) -> list[Page]:
    return [page(number, BODY, (foot, BOTTOM)) for number, foot in enumerate(feet, start)]


def labels(*feet: str) -> list[str]:
    return [one.label for one in with_labels(footed(*feet))]


@pytest.mark.parametrize(
    ("foot", "label"),
    [
        ("12", "12"),
        ("- 12 -", "12"),
        ("— 12 —", "12"),
        ("[12]", "12"),
        ("Page 12", "12"),
        ("page 12 of 300", "12"),
        ("12 of 300", "12"),
        ("12/300", "12"),
        ("第 12 页", "12"),
        ("第12頁 共300頁", "12"),
        ("招股说明书 第 12 页", "12"),
        ("F-12", "F-12"),
        ("F–12", "F-12"),
        ("A-3", "A-3"),
        ("1-1-12", "1-1-12"),
        ("Harbour Letters | 12", "12"),
        ("12 Harbour Letters", "12"),
        ("2021 FORM 10-K 28", "28"),
        ("xii", "xii"),
        ("XIV", "XIV"),
    ],
)
def test_what_a_foot_says_is_a_way_to_number_the_pages(foot: str, label: str) -> None:
    assert label in {counting.label(7) for counting in printed(foot, 7)}


@pytest.mark.parametrize("foot", ["Harbour Letters", "", "12.5 %", "$12", "iiii", "Berth 14b", "3,000"])
def test_what_is_no_page_number_numbers_nothing(foot: str) -> None:
    assert not printed(foot, 7)


def test_roman_numbers() -> None:
    assert [roman(value) for value in (1, 4, 9, 14, 40, 99, 113)] == ["i", "iv", "ix", "xiv", "xl", "xcix", "cxiii"]
    assert Counting("", "i", 3).label(3) == "" and Counting("", "1", 3).label(2) == ""


def test_numbers_that_count_on_are_labels_and_a_page_between_has_the_one_between() -> None:
    assert labels("Cover", "i", "ii", "iii", "1", "2", "Chapter Two", "4") == ["", "i", "ii", "iii", "1", "2", "3", "4"]
    assert labels("F-1", "F-2", "F-3") == ["F-1", "F-2", "F-3"]
    assert labels("1-1-1", "1-1-2", "1-1-3") == ["1-1-1", "1-1-2", "1-1-3"]


def test_numbers_that_do_not_count_on_are_no_labels() -> None:
    assert labels("2023", "2023", "2023", "2023") == [""] * 4
    assert labels("17", "4", "9", "31") == [""] * 4
    assert labels("5", "6") == ["", ""]  # too few to be sure
    assert labels("1", "x", "y", "z", "q", "w", "7", "8") == [""] * 8


def test_of_two_ways_to_number_the_longer_counts() -> None:
    feet = [f"{number}|Annual report {number + 100 if number < 4 else 7}" for number in range(1, 9)]
    assert labels(*feet) == [str(number) for number in range(1, 9)]


def test_a_number_at_the_end_of_a_page_that_ends_early_is_one_too_but_not_one_in_the_middle() -> None:
    early = [page(n, ("Table of Contents", TOP), ("Text.", 300.0), (str(n + 4), MIDDLE)) for n in range(1, 5)]
    assert [one.label for one in with_labels(early)] == ["5", "6", "7", "8"]
    inside = [page(n, ("Head", TOP), (str(n + 4), MIDDLE), ("Text.", 500.0)) for n in range(1, 5)]
    assert [one.label for one in with_labels(inside)] == [""] * 4


def test_a_block_of_the_number_alone_becomes_furniture() -> None:
    first, *_ = with_labels([page(n, ("Text.", 300.0), (f"- {n} -", MIDDLE)) for n in range(1, 5)])
    assert [block.kind for block in first.blocks] == [BlockKind.TEXT, BlockKind.FURNITURE]


def test_the_files_own_labels_stay_but_those_that_only_count_from_one_give_way_to_the_printed() -> None:
    own = [page(n, BODY, (str(n), BOTTOM), label=label) for n, label in enumerate(("Cover", "1", "2", "3"), 1)]
    assert [one.label for one in with_labels(own)] == ["Cover", "1", "2", "3"]
    trivial = [page(n, BODY, (f"1-1-{n}", BOTTOM), label=str(n)) for n in range(1, 5)]
    assert [one.label for one in with_labels(trivial)] == ["1-1-1", "1-1-2", "1-1-3", "1-1-4"]
    assert with_labels(with_labels(trivial)) == with_labels(trivial)


def test_a_label_that_the_file_states_is_made_fit_to_be_shown() -> None:
    odd = [page(1, label="\x1b[31mA-1\r\n"), page(2, label="Appendix  B"), page(3, label="x" * 99)]
    assert [one.label for one in with_labels(odd)] == ["[31mA-1", "Appendix B", "x" * 23 + "…"]


def test_pages_that_were_recognised_later_are_labelled_then() -> None:
    scanned = [page(n) for n in (4, 5)]
    before = with_labels([*footed("v", "vi", "vii"), *scanned])
    assert [one.label for one in before] == ["v", "vi", "vii", "", ""]
    after = with_labels([*before[:3], *footed("viii", "ix", start=4)])
    assert [one.label for one in after] == ["v", "vi", "vii", "viii", "ix"]


def test_nothing_is_found_on_no_pages_and_on_empty_ones() -> None:
    assert found_labels([]) == {} and with_labels([]) == ()
    assert [one.label for one in with_labels([page(1), page(2), page(3)])] == ["", "", ""]


def numbered(path: Path) -> Path:
    """Six pages: a cover, three with a small number alone in the middle of the foot, two of an appendix."""
    canvas = Canvas(str(path), pagesize=(400, 500))
    for foot in ("", "1", "2", "3", "A-1", "A-2", "A-3"):
        canvas.setFont("Helvetica", 11)
        for row in range(12):
            canvas.drawString(50, 440 - 14 * row, "The harbour office keeps the tide tables of all years.")
        canvas.drawCentredString(200, 30, foot)
        canvas.showPage()
    canvas.save()
    return path


def test_a_file_s_printed_numbers_are_read_and_become_labels(tmp_path: Path) -> None:
    content = parse_in_child(numbered(tmp_path / "a.pdf"), "0", ParseOptions())
    assert [one.label for one in content.pages] == ["", "1", "2", "3", "A-1", "A-2", "A-3"]
    assert content.characters == content.characters_seen
    for one in content.pages[1:]:
        assert [block.text for block in one.blocks if block.kind is BlockKind.FURNITURE] == [one.label]
