from __future__ import annotations

import pytest

from ingest.grades import Grade
from ingest.rows import PageSummary
from retrieval.page_references import PageReference, page_references, pages_meant, take_pages, without_references


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is on page 12?", ["12"]),
        ("see p. 12 and p.14", ["12", "14"]),
        ("What do pages 3-5 say?", ["3-5"]),
        ("pages 3 to 5", ["3-5"]),
        ("compare pp. 3, 7 and 9", ["3", "7", "9"]),
        ("page 3 and 4 people", ["3"]),  # one page
        ("page F-12", ["F-12"]),
        ("pages F-3 to F-5", ["F-3 to F-5"]),
        ("the table on page iii", ["iii"]),
        ("page 1-1-12", ["1-1-12"]),
        ("page seven", ["7"]),
        ("page 12 of 300", ["12"]),
        ("the last page", ["last page"]),
        ("the 5th page", ["the 5th page"]),
        ("the first page and the last page", ["the first page", "last page"]),
        ("第12页讲了什么", ["12"]),
        ("第 12 頁", ["12"]),
        ("第十二页", ["12"]),
        ("第二百零三页", ["203"]),
        ("第3至5页", ["3-5"]),
        ("第三页到第五页", ["3-5"]),
        ("第3、5页", ["3", "5"]),
        ("第 F-12 页", ["F-12"]),
        ("最后一页", ["最后一页"]),
        ("倒數第二頁", ["倒數第二頁"]),
        ("a 12 page document", []),
        ("How many pages does it have?", []),
        ("the front page of 12 newspapers", []),
        ("a page I cannot find", []),
        ("homepage 5", []),
        ("Write a list like ['Page 2', 'Page 4']", []),
        ("stage 12, pages of text", []),
        ("共12页", []),
        ("第12季度", []),
        ("网页12", []),
    ],
)
def test_the_pages_that_a_question_names(question: str, said: list[str]) -> None:
    assert [reference.said for reference in page_references(question)] == said


def test_a_question_without_the_pages_that_it_names() -> None:
    assert without_references("What does page 12 say about fog?") == "What does   say about fog?"
    assert without_references("第12页的票价") == "的票价"
    assert without_references("What fog?") == "What fog?"


def pages(*labels: str) -> list[PageSummary]:
    return [PageSummary(number, label, Grade.GOOD) for number, label in enumerate(labels, 1)]


BOOK = pages("", "i", "ii", "1", "2", "3", "F-1", "F-2")


def meant(name: str, where: list[PageSummary] = BOOK) -> tuple[tuple[int, ...], bool] | None:
    (reference,) = page_references(name)
    taken = pages_meant(reference, where)
    return (taken.numbers, taken.printed) if taken else None


def test_the_printed_number_is_tried_first_then_the_page_s_own() -> None:
    assert meant("page 2") == ((5,), True)
    assert meant("page 7") == ((7,), False)
    assert meant("page II") == ((3,), True)
    assert meant("page f-2") == ((8,), True)
    assert meant("page 40") is None
    assert meant("page xl") is None


def test_ranges_and_pages_counted_from_either_end() -> None:
    assert meant("pages 1-3") == ((4, 5, 6), True)
    assert meant("pages ii to 2") == ((3, 4, 5), True)
    assert meant("pages 5-8") == ((5, 6, 7, 8), False)
    assert meant("pages 3-1") is None
    assert meant("the last page") == ((8,), False)
    assert meant("the first page") == ((1,), False)
    assert meant("page 3-5", pages("3-4", "3-5", "3-6", "", "")) == ((2,), True)  # chapter 3, page 5


def test_a_number_that_is_printed_twice_means_both_pages() -> None:
    assert meant("page 1", pages("1", "2", "1", "2")) == ((1, 3), True)


def test_what_was_taken_is_said_for_each_document_in_the_question_s_language() -> None:
    ask = "What is on page 2?"
    taken, notes = take_pages(ask, page_references(ask), [("a", "a.pdf", BOOK)])
    assert taken == {"a": [5]} and notes == ["page 2 taken as the printed page 2 (5 of 8)"]
    _, notes = take_pages("第2页", page_references("第2页"), [("a", "a.pdf", BOOK)])
    assert notes == ["第 2 页按印刷页码理解（全文 8 页中的第 5 页）"]
    many = [(str(number), f"{number}.pdf", BOOK) for number in range(9)]
    taken, notes = take_pages(ask, page_references(ask), many)
    assert len(taken) == 9 and len(notes) == 5 and notes[-1] == "and 5 more in the same way"
    one_has_it = [("a", "a.pdf", BOOK), ("b", "b.pdf", pages("", ""))]
    taken, notes = take_pages("page 7", page_references("page 7"), one_has_it)
    assert taken == {"a": [7]}
    assert notes == ["a.pdf: page 7 taken as page 7 of 8, counted from the start of the file"]


def test_a_document_that_is_not_read_yet_has_no_page() -> None:
    taken, notes = take_pages("page 2", (PageReference("2", "2", "2"),), [("a", "a.pdf", [])])
    assert taken == {} and notes == ["there is no page 2: it has 0"]
