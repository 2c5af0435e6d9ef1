from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.terms import _term, terms, terms_of_lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The ferries were crossing", ["ferri", "cross"]),
        ("Total revenue was $17,606.50", ["total", "revenu", "17606.5"]),
        ("in 2,022 and 2022", ["2022", "2022"]),
        ("1,23,4", ["1,23,4"]),
        ("主营业务", ["主营", "营业", "业务"]),
        ("主营\n业务", ["主营", "营业", "业务"]),
        ("第3章 价", ["第", "3", "章价"]),
        ("ＧＤＰ２０２２年", ["gdp2022", "年"]),
        ("Adobe's", ["adob"]),
        ("snake_case", ["snake", "case"]),
        ("", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@given(st.text(max_size=80))
def test_a_term_never_holds_white_space(text: str) -> None:
    assert not any(character.isspace() for term in terms(text) for character in term)


ENDINGS = ("", "ization", "izational", "ational", "fulness", "ousness", "iveness", "biliti", "ing", "ed", "ly")


def test_many_threads_stem_as_one_does() -> None:
    words = [start + end for start in ("organ", "relat", "hopeful", "oper", "sens") for end in ENDINGS]
    _term.cache_clear()
    expected = [_term(word) for word in words]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(10):
            _term.cache_clear()
            with ThreadPoolExecutor(8) as threads:
                assert list(threads.map(_term, words)) == expected
    finally:
        sys.setswitchinterval(interval)


LINE = st.text(st.sampled_from("aZé9.,' \n渡輪ｶ。Σ"), max_size=6)


@given(st.lists(st.one_of(LINE, st.text(max_size=20)), max_size=5))
def test_terms_of_lines_are_those_of_each_and_of_all(lines: list[str]) -> None:
    assert terms_of_lines(lines) == ([terms(line) for line in lines], terms("\n".join(lines)))


def test_a_run_of_han_goes_on_over_a_line_s_end() -> None:
    assert terms_of_lines(["主营", " ", "业务"]) == ([["主营"], [], ["业务"]], ["主营", "营业", "业务"])


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_plain_text_has_the_terms_that_it_has_beside_other_text(text: str) -> None:
    assert terms(f"{text} é") == [*terms(text), "é"]
