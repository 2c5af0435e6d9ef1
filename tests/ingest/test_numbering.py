from __future__ import annotations

import pytest

from ingest.numbering import is_bare_number, numbering


@pytest.mark.parametrize(
    ("text", "scheme", "rest"),
    [
        ("PART II", "part", ""),
        ("Chapter One The Sea", "chapter", "The Sea"),
        ("Appendix A Models", "chapter", "Models"),
        ("Item 7A. Market Risk", "item", "Market Risk"),
        ("Article II", "item", ""),
        ("1. Introduction", "1", "Introduction"),
        ("9.5 . Adapting to Change", "1.1", "Adapting to Change"),
        ("1.2.3 Method", "1.1.1", "Method"),
        ("A.1 Proofs", "1.1", "Proofs"),
        ("IV. Results", "roman", "Results"),
        ("B. Data", "letter", "Data"),
        ("第三章 释义", "第章", "释义"),
        ("第一节发行人", "第节", "发行人"),
        ("第二十一條 完全失能", "第条", "完全失能"),
        ("第一部分 总则", "第部分", "总则"),
        ("二、历史沿革", "一、", "历史沿革"),
        ("（一）主营业务", "（一）", "主营业务"),
        ("1．产品", "1、", "产品"),
        ("（2）客户", "（1）", "客户"),
    ],
)
def test_numbers_of_headings(text: str, scheme: str, rest: str) -> None:
    found = numbering(text)
    assert found is not None
    assert (found.scheme, text[found.end :]) == (scheme, rest)


@pytest.mark.parametrize(
    "text",
    [
        "Part of it",
        "Section 5 of the Act",
        "A vector",
        "2012 was dry",
        "8 项发明专利",
        "第 9 頁",
        "Introduction",
        "3,000 ships",
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert numbering(text) is None


def test_a_sure_number_makes_a_heading_by_itself() -> None:
    sure = [
        text
        for text in ("第三章 释义", "Item 1. Business", "1.2 Data", "1.7 times", "1. Data", "一、概况")
        if (n := numbering(text)) and n.sure
    ]
    assert sure == ["第三章 释义", "Item 1. Business", "1.2 Data"]


def test_outer_schemes_rank_before_inner_ones() -> None:
    chain = ["第一部分 总则", "第三章 释义", "第一节 发行人", "一、概况", "（一）主营", "1、产品", "（1）客户", "①其他"]
    ranks = [found.rank for text in chain if (found := numbering(text))]
    assert ranks == sorted(set(ranks))
    assert len(ranks) == len(chain)


def test_bare_numbers() -> None:
    assert [text for text in ("4", "III.", "B", "Basis", "4 Basis") if is_bare_number(text)] == ["4", "III.", "B"]
