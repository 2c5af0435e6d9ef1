from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.answer_metrics import chrf, common_subsequence, exact_match, number_match, rouge_l, token_f1, tokens


def test_tokens() -> None:
    assert tokens("The 净利润 is 17.6亿元,") == ["the", "净", "利", "润", "is", "17.6", "亿", "元"]
    assert tokens("up -3.7% in 2018-2019; 1,234.50") == ["up", "-3.7", "%", "in", "2018", "2019", "1234.50"]
    assert tokens("ＦＹ２０２２ 年") == ["fy", "2022", "年"]


def test_exact_match_looks_through_case_articles_and_punctuation() -> None:
    assert exact_match("The ferry.", "ferry") == 1
    assert exact_match("三十天", "三十 天。") == 1
    assert exact_match("5%", "5") == 0
    assert exact_match("", "ferry") == 0


def test_token_f1() -> None:
    assert token_f1("the net income rose", "net income fell") == pytest.approx(2 * 2 / (3 + 3))
    assert token_f1("净利润上升", "净利润下降") == pytest.approx(3 / 5)
    assert token_f1("", "") == 1 and token_f1("yes", "") == 0


def test_rouge_l_counts_the_words_in_order() -> None:
    assert rouge_l("police killed the gunman", "police kill the gunman") == pytest.approx(3 / 4)
    assert rouge_l("the gunman police killed", "police kill the gunman") == pytest.approx(2 / 4)
    assert rouge_l("公司收入增长", "公司收入增长") == 1
    assert rouge_l("收入公司增长", "公司收入增长") == pytest.approx(4 / 6)


def test_chrf() -> None:
    assert chrf("收入增长", "收入增长") == chrf("a b", "ab") == 1
    # Orders 1 and 2: 2 of 3 and 1 of 2 n-grams are shared; order 3: none.
    assert chrf("abc", "abd") == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    # Precision is 1 in both orders; recall 2/4 and 1/3, of which the longer text alone has orders 3 and 4.
    recall = (2 / 4 + 1 / 3) / 2
    assert chrf("ab", "abcd") == pytest.approx(5 * recall / (4 + recall))
    assert chrf("x", "y") == 0 and chrf("", "y") == 0


def _slow_subsequence(one: str, other: str) -> int:
    row = [0] * (len(other) + 1)
    for a in one:
        last = row
        row = [0]
        for j, b in enumerate(other):
            row.append(last[j] + 1 if a == b else max(row[j], last[j + 1]))
    return row[-1]


@given(st.text("abcd", max_size=20), st.text("abcd", max_size=20))
def test_common_subsequence_equals_the_slow_one(one: str, other: str) -> None:
    assert common_subsequence(one, other) == _slow_subsequence(one, other)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("It was $17.6 billion in 2019", "17,606 million"),
        ("$1,577 million", "$1577.00"),
        ("1.2亿元", "12,000万元"),
        ("about 12 percent", "12%"),
        ("12.0%", "百分之12"),
        ("4.8%", "5%"),
        ("65.4%", "0.654"),
        ("65.4", "65.4%"),
        ("a decrease of 3.7%", "-3.7%"),
        ("¥300", "300元"),
        ("from 3 to 5 in 2021", "5 (2021), up from 3"),
        ("In 2019.", "2019"),
    ],
)
def test_numbers_that_match(answer: str, gold: str) -> None:
    assert number_match(answer, gold) == 1


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("17.6 million", "17,606 million"),
        ("17.7 billion", "17,606 million"),
        ("2 billion", "1,577 million"),  # too coarse to be told from a guess
        ("5%", "4.8%"),
        ("5 million", "5%"),
        ("1.2亿美元", "12,000万元"),
        ("US$5 million", "€5 million"),
        ("from 3", "from 3 to 5"),
        ("in 2018", "in 2019"),
        ("2019", "2,019 million"),
        ("none", "5"),
    ],
)
def test_numbers_that_do_not_match(answer: str, gold: str) -> None:
    assert number_match(answer, gold) == 0


def test_a_gold_answer_without_numbers_has_no_number_match() -> None:
    assert number_match("5", "the board") is None
