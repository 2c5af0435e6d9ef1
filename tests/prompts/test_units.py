from pathlib import Path

import pytest

from prompts import lexicon
from prompts.amounts import amounts_in, same
from prompts.units import conflict, unit_beside


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("$5", {"usd", "hkd", "twd", "aud", "cad", "sgd"}),
        ("US$5 million", {"usd"}),
        ("5万港元", {"hkd"}),
        ("5 %", {"percent"}),
        ("5 percentage points", {"points"}),
        ("a 5-day visit", {"day"}),
        ("3 inches", {"inch"}),
        ("2022年", set()),
        ("5", set()),
    ],
)
def test_the_unit_of_a_number(text: str, unit: set[str]) -> None:
    assert [amount.unit for amount in amounts_in(text)] == [unit]


def test_units_that_cannot_be_one_make_numbers_differ() -> None:
    (dollars,), (us,), (euros,), (bare,) = map(amounts_in, ("$5", "US$5", "€5", "5"))
    assert same(dollars, us) and same(us, bare) and not same(us, euros)
    assert not conflict(frozenset(), euros.unit)
    assert unit_beside("", "") == frozenset()


def test_words_of_one_class_exclude_each_other_and_those_of_one_meaning_do_not() -> None:
    assert lexicon.excludes("increase", "decrease") and lexicon.excludes("first", "third")
    assert not lexicon.excludes("increase", "first") and not lexicon.excludes("first", "first")
    assert lexicon.canonical("上升") == lexicon.canonical("grew") == "increase"
    assert lexicon.canonical("harbour") == "harbour"


def test_no_word_of_the_lexicon_has_two_meanings() -> None:
    lines = Path(lexicon.__file__).with_name("lexicon.txt").read_text(encoding="utf-8").split("[excluding]")[0]
    words = [word for line in lines.splitlines() if not line.startswith(("#", "[")) for word in line.split()]
    assert [word for word in words if words.count(word) > 1] == []
