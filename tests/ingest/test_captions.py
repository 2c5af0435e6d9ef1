from __future__ import annotations

import pytest
from set_type import BOLD, block, text

from ingest.captions import find_captions, is_caption
from ingest.records import BBox, Block, BlockKind

TABLE = Block(BlockKind.TABLE, "a | b", BBox(50, 140, 300, 300))


@pytest.mark.parametrize(
    "words",
    [
        "Figure 2: The architecture",
        "Fig. 4.1. Approved capacity",
        "Table 1. Results",
        "Table 3-1",
        "TABLE IV",
        "Table 5 Summary of results",
        "Table: The number of observers as of 28 April",
        "Exhibit 2: Sales",
        "表 3-1 主要财务数据",
        "图1：股权结构",
        "圖表 2 營業收入",
        "表一、股本",
    ],
)
def test_captions(words: str) -> None:
    assert is_caption(words)


@pytest.mark.parametrize(
    "words",
    [
        "Figure 2 shows the architecture of our system.",
        "Table 5 Summary of results. It goes on.",
        "表1列示了本公司的主要数据。",
        "Tables of contents",
        "Exhibit 99.1",
        "图书馆",
        "表决权",
    ],
)
def test_what_is_none(words: str) -> None:
    assert not is_caption(words)


def test_a_caption_that_the_base_took_for_a_heading_is_one() -> None:
    (made,) = find_captions([block(("Table 3. Fares", BOLD), kind=BlockKind.TITLE)])
    assert (made.kind, made.level, made.text) == (BlockKind.CAPTION, 0, "Table 3. Fares")


def test_a_table_s_number_and_the_title_below_it_are_one_caption() -> None:
    made = find_captions([block("Table 3.", y=100), block("Fares of the ferry", y=112), TABLE])
    assert [(b.kind, b.text) for b in made[:-1]] == [(BlockKind.CAPTION, "Table 3. Fares of the ferry")]


def test_text_below_a_number_is_no_title() -> None:
    paragraph = text(112)
    assert find_captions([block("Table 3.", y=100), paragraph, TABLE])[1] is paragraph
    far = block("Fares of the ferry", y=125)
    assert find_captions([block("Table 3.", y=100), far, TABLE])[1] is far
    below = block("Fares of the ferry", y=112)
    assert find_captions([block("Table 3.", y=100), below, text()])[1] is below
