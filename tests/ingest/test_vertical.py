"""Columns of Chinese from hand-made lines: characters of 12 points, 14 apart."""

from __future__ import annotations

from ingest.flow import Line
from ingest.records import BBox, Word
from ingest.vertical import DOWN, read_down, seems_vertical


def across(text: str, x: float = 100, top: float = 100) -> Line:
    return Line(
        tuple(Word(part, BBox(x + 30 * i, top, x + 30 * i + 12, top + 12)) for i, part in enumerate(text.split()))
    )


def down(text: str, x: float) -> Line:
    return Line((Word(text, BBox(x, 100, x + 12, 100 + 14 * len(text))),))


def test_single_characters_that_stand_apart_make_a_page_seem_vertical() -> None:
    assert seems_vertical([across("举 床 夜 春", top=14 * row) for row in range(4)])


def test_a_page_of_words_and_a_few_spread_labels_does_not() -> None:
    assert not seems_vertical([across("合 计"), across("兰州海默科技股份有限公司 首次公开发行股票", top=130)])
    assert not seems_vertical([across("a b c d e f g h i j k l m n")])


def test_columns_are_read_from_the_right_after_what_goes_across() -> None:
    first, second, head = down("春眠不觉晓", 300), down("处处闻啼鸟", 280), across("唐诗三百首")
    assert [line.text for line in read_down([second, head, first])] == ["唐诗三百首", "春眠不觉晓", "处处闻啼鸟"]
    assert [line.rotation for line in read_down([second, head, first])] == [0, DOWN, DOWN]


def test_a_page_without_columns_gives_nothing() -> None:
    assert read_down([across("合 计"), down("x", 300)]) == []
