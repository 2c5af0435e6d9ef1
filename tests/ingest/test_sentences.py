from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sentences import split


def texts(text: str, *, lines: bool = True) -> list[str]:
    return [text[a:b] for a, b in split(text, lines=lines)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Sales rose 3.5 percent. Costs fell.", ["Sales rose 3.5 percent.", "Costs fell."]),
        ("Dr. Holt founded Lantern Inc. in 1968. It grew.", ["Dr. Holt founded Lantern Inc. in 1968.", "It grew."]),
        ("See Fig. 3 and Note No. 4. Then stop.", ["See Fig. 3 and Note No. 4.", "Then stop."]),
        ("1. Open the cover. 2. Wait.", ["1. Open the cover.", "2. Wait."]),
        ("渡轮建造于1994年。可载客220人！你知道吗？", ["渡轮建造于1994年。", "可载客220人！", "你知道吗？"]),
        ("他说：“停航。”然后离开。", ["他说：“停航。”", "然后离开。"]),
        ("营业收入3.5亿元；利润0.2亿元。", ["营业收入3.5亿元；", "利润0.2亿元。"]),
        ("Adult | 8.50\nChild | 4.00", ["Adult | 8.50", "Child | 4.00"]),
        ("", []),
        ("   ", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert texts(text) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Sales rose 3.5% to $1.2 billion. Costs fell.", ["Sales rose 3.5% to $1.2 billion.", "Costs fell."]),
        (
            "Mr. Smith, e.g. in the U.S. market, left. He sold.",
            ["Mr. Smith, e.g. in the U.S. market, left.", "He sold."],
        ),
        ("Apple Inc. The firm grew.", ["Apple Inc.", "The firm grew."]),
        ("Apple Inc. Ltd grew.", ["Apple Inc. Ltd grew."]),
        ("See No. 5 and Fig. 3 there. Done!", ["See No. 5 and Fig. 3 there.", "Done!"]),
        ("It rose. [1] It fell.[2][3] It stayed [4].", ["It rose. [1]", "It fell.[2][3]", "It stayed [4]."]),
        (
            "收入增长。[1]成本下降！利润呢？“很好。”是的；完",
            ["收入增长。[1]", "成本下降！", "利润呢？", "“很好。”", "是的；", "完"],
        ),
        ("Main points:\n1. Sales rose.\n2. Costs fell.", ["Main points:", "1. Sales rose.", "2. Costs fell."]),
        ("- one\n- two", ["- one", "- two"]),
        ("Rose.\n[1]", ["Rose.\n[1]"]),
    ],
)
def test_sentences_of_an_answer(text: str, sentences: list[str]) -> None:
    assert texts(text) == sentences


def test_a_line_end_on_a_page_does_not_end_a_sentence_but_a_list_item_does() -> None:
    assert texts("The board\nmet. It\nvoted.\n• first\n• second", lines=False) == [
        "The board\nmet.",
        "It\nvoted.",
        "• first",
        "• second",
    ]


@given(st.text(alphabet="ab AB.!?。！\n1,;", max_size=60), st.booleans())
def test_no_letter_is_lost_and_none_stands_twice(text: str, lines: bool) -> None:
    ranges = split(text, lines=lines)
    letters = [character for start, end in ranges for character in text[start:end] if character.isalnum()]
    assert letters == [character for character in text if character.isalnum()]
    assert all(first[1] <= second[0] for first, second in pairwise(ranges))
