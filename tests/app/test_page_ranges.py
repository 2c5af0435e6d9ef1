from __future__ import annotations

import pytest
from fake_service import document

from app.page_ranges import WrongPages, pages_asked, parse_ranges, ranges_words
from ingest.records import State
from retrieval.scope import PageRanges

BOOK = document("d1", "book.pdf", State.INDEXED, pages=14)


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("7", ((7, 7),)),
        ("12-30", ((12, 30),)),
        (" 9, 3 – 5 ,4-6", ((3, 6), (9, 9))),
        ("1-3,4", ((1, 4),)),
        ("12至30，41", ((12, 30), (41, 41))),
        ("3、5;7", ((3, 3), (5, 5), (7, 7))),
    ],
)
def test_pages_are_written_as_people_do(text: str, ranges: PageRanges) -> None:
    assert parse_ranges(text) == ranges


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("", "“” names no pages; write them like 12-30 or 3, 7-9", "“”不是页码，请写成 12-30 或 3, 7-9"),
        ("0", "“0” names no pages; write them like 12-30 or 3, 7-9", "“0”不是页码，请写成 12-30 或 3, 7-9"),
        (
            "all <b>",
            "“all <b>” names no pages; write them like 12-30 or 3, 7-9",
            "“all <b>”不是页码，请写成 12-30 或 3, 7-9",
        ),
        ("30-12", "the pages 30-12 run backwards", "页码 30-12 前后颠倒"),
        ("12-30", "book.pdf has no page 15: it has 14", "book.pdf 没有第 15 页，全文共 14 页"),
        ("1, 20-21", "book.pdf has no page 20: it has 14", "book.pdf 没有第 20 页，全文共 14 页"),
        (
            ",".join(str(2 * number) for number in range(1, 60)),
            "these are too many ranges; at most 50 can be asked at once",
            "页码范围过多，一次最多 50 段",
        ),
    ],
)
def test_what_is_wrong_with_pages_is_said_in_both_languages(text: str, english: str, chinese: str) -> None:
    with pytest.raises(WrongPages) as caught:
        pages_asked([BOOK], parse_ranges(text))
    assert (str(caught.value), caught.value.said("zh")) == (english, chinese)


def test_pages_are_those_of_one_document() -> None:
    assert pages_asked([BOOK], ((12, 14),)) == {"d1": ((12, 14),)}
    assert pages_asked([BOOK, BOOK], ()) == {}
    with pytest.raises(WrongPages, match="these are 2; name one"):
        pages_asked([BOOK, BOOK], ((1, 1),))


def test_pages_have_names_in_both_languages() -> None:
    assert (ranges_words("en", ((3, 3),)), ranges_words("zh", ((3, 3),))) == ("p. 3", "第 3 页")
    assert (ranges_words("en", ((3, 7), (9, 9))), ranges_words("zh", ((3, 7), (9, 9)))) == (
        "pp. 3–7, 9",
        "第 3–7、9 页",
    )
