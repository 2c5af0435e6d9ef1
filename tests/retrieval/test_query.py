from __future__ import annotations

import pytest

from retrieval.lexicon import load_lexicon
from retrieval.query import set_apart, spelled_out, understand


@pytest.mark.parametrize(
    ("said", "spelled"),
    [
        ("FY2022", "fiscal 2022"),
        ("FY22 and FY'21", "fiscal 2022 and fiscal 2021"),
        ("Q2 of FY2024", "second quarter of fiscal 2024"),
        ("Q22023", "second quarter 2023"),
        ("the F16 fleet, IFY2", "the fiscal 2016 fleet, IFY2"),
    ],
)
def test_fiscal_years_and_quarters_are_spelled_out(said: str, spelled: str) -> None:
    assert spelled_out(said) == spelled


def test_what_a_question_asks() -> None:
    query = understand(
        "How much did Best Buy pay for 12 stores in FY2022, see Table 3? Answer in millions.", load_lexicon()
    )
    assert query.years == {"2022"}
    assert query.numbers == {"2022", "12", "3"}
    assert query.parts == {"table 3"}
    assert {"quantity", "table"} <= query.kinds
    assert query.joined["bestbuy"] == ("best", "buy")
    assert "million" not in query.terms
    assert "bestbuy" in query.wording


def test_pages_named_are_no_words_of_the_question() -> None:
    assert understand("What is the fee on page 12?", load_lexicon()).terms == ("fee",)


def test_no_chinese_term_goes_over_the_end_of_a_document_name() -> None:
    name = "海默科技公司"
    assert "司注" in understand(f"{name}注册资本", load_lexicon()).terms
    query = understand(f"{name}注册资本", load_lexicon(), [name])
    assert "司注" not in query.terms and {"公司", "注册", "资本"} <= set(query.terms)
    assert set_apart("ab", ["ab"]) == "ab"  # too short to be told from a word


def test_a_question_without_a_topic_expands_to_nothing() -> None:
    assert understand("Who painted the harbour?", load_lexicon()).expansion == ""
