import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.folding import find_folded, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ｒｅｖｅｎｕｅ　２０２２", "revenue 2022"),
        ("17,606 and 1,234,567", "17606 and 1234567"),
        ("1,2 and 12,3456", "1,2 and 12,3456"),  # no thousands separators
        ("“long-term” – debt", '"longterm" - debt'),
        ("mem-\nbers", "members"),
        ("2022 年\n营业 收入", "2022年营业收入"),
        ("co\u00adoperate", "cooperate"),
        ("费用（万元）。", "费用(万元)."),
    ],
)
def test_equal_statements_fold_to_equal_text(text: str, folded: str) -> None:
    assert fold(text).text == folded


def test_a_place_leads_back_to_the_characters_it_came_from() -> None:
    original = "The  17,606  mem-\nbers"
    assert [original[a:b] for a, b in find_folded("17606 members", fold(original))] == ["17,606  mem-\nbers"]


@pytest.mark.parametrize("needle", ["2", "606", "17", "7.5", "even"])
def test_part_of_a_word_or_number_is_not_found(needle: str) -> None:
    assert find_folded(needle, fold("In 2022, 17,606 at 7.55 or 17.5 seven")) == []


@given(st.text())
def test_folding_twice_changes_nothing_more_of_the_places(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.places)
    assert list(folded.places) == sorted(folded.places)
    assert all(0 <= place < len(text) for place in folded.places)
