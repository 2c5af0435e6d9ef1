from __future__ import annotations

from set_type import block, page, text

from ingest.furniture import find_furniture
from ingest.records import BlockKind, Page


def furniture(pages: list[Page]) -> list[list[str]]:
    return [[b.text for b in settled.blocks if b.kind is BlockKind.FURNITURE] for settled in find_furniture(pages)]


def test_heads_of_left_and_right_pages_take_turns() -> None:
    pages = [
        page(block(f"The Sea {n}" if n % 2 else f"{n} A Report", y=20, x=50 + 300 * (n % 2)), text(200), number=n)
        for n in range(10, 16)
    ]
    assert furniture(pages) == [[page.blocks[0].text] for page in pages]


def test_roman_page_numbers_in_a_running_head_are_numbers() -> None:
    pages = [page(block(f"Preface {n}", y=20), text(200), number=place) for place, n in enumerate(("ix", "x", "xi"), 1)]
    assert furniture(pages) == [["Preface ix"], ["Preface x"], ["Preface xi"]]


def test_on_a_page_alone_only_a_page_number_is_furniture() -> None:
    assert furniture([page(block("The Sea", y=20), text(200), block("Page 12 of 40", y=770))]) == [["Page 12 of 40"]]
    assert furniture([page(block("第 9 頁，共 16 頁", y=770))]) == [["第 9 頁，共 16 頁"]]


def test_a_line_that_stands_in_the_text_is_none_however_often_it_comes() -> None:
    pages = [page(block("Notes", y=300), number=n) for n in range(1, 6)]
    assert furniture(pages) == [[]] * 5
