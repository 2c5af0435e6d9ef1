"""Which blocks of a page are headings; each test is a page that a reader can draw."""

from __future__ import annotations

import pytest
from set_type import BODY, BOLD, HEIGHT, LARGE, LOREM, WIDTH, Type, block, row, text

from ingest.heading_words import may_be_heading
from ingest.headings import find_headings
from ingest.records import BBox, Block, BlockKind
from ingest.typography import Body, block_of


def found(*blocks: Block, body: Body | None = None) -> list[tuple[str, str]]:
    """Kind and text of each block of a page."""
    return [(made.kind.value, made.text) for made in find_headings(blocks, body, WIDTH, HEIGHT)]


def headings(*blocks: Block, body: Body | None = None) -> list[str]:
    return [words for kind, words in found(*blocks, body=body) if kind == "title"]


def test_larger_type_is_a_heading_whatever_the_base_took_it_for() -> None:
    assert headings(block(("A Large Line", LARGE)), text()) == ["A Large Line"]


def test_bold_type_is_one_where_it_stands_alone_above_text() -> None:
    assert headings(text(100), block(("Bold Line", BOLD), y=160), text(180)) == ["Bold Line"]


def test_what_the_base_took_for_one_is_none_in_the_type_of_the_text() -> None:
    assert headings(text(100), block("Plain line", y=160, kind=BlockKind.TITLE), text(180)) == []


def test_bold_is_nothing_where_all_of_the_text_is() -> None:
    bold = block(*[(LOREM, BOLD)] * 4, y=200)
    assert headings(block(("Bold Line", BOLD), y=150), bold) == []


def test_a_bold_line_without_white_space_above_it_or_text_below_it_is_none() -> None:
    assert headings(text(100), block(("Bold Line", BOLD), y=148), text(160)) == []
    assert headings(text(100), block(("Bold Line", BOLD), y=170)) == []


def test_capitals_over_text_are_a_heading() -> None:
    assert headings(text(100), block("THE SEA", y=160), text(180)) == ["THE SEA"]
    assert headings(text(100), block("The sea", y=160), text(180)) == []


def test_words_set_beside_a_text_are_its_label() -> None:
    label = block(("Bold Label", BOLD), y=160)
    assert headings(text(100), label, text(160, x=200), block(("Next Label", BOLD), y=260), text(260, x=200)) == []


def test_boxes_of_a_chart_are_no_headings() -> None:
    boxes = [block((f"Box {n}", BOLD), y=150 + 40 * n) for n in range(5)]
    assert headings(text(100), *boxes) == []


@pytest.mark.parametrize("name", ["Item 1A. Risk Factors", "第二節 概覽", "第五条 保险责任", "Chapter 3 The Sea"])
def test_a_named_number_makes_a_heading_in_any_type(name: str) -> None:
    assert headings(text(100), block(name, y=160), text(180)) == [name]


def test_a_chinese_number_does_where_it_is_none_of_a_list() -> None:
    assert headings(text(100), block("二、历史沿革", y=160), text(180)) == ["二、历史沿革"]
    items = [block(f"{n}、保险单", y=150 + 12 * place) for place, n in enumerate("一二三")]
    assert headings(text(100), *items, text(200)) == []


def test_a_row_of_larger_text_is_none() -> None:
    larger = Type(12.0)
    row_of_text = block((LOREM[:55], larger), y=150)
    assert headings(text(100), row_of_text, text(170)) == []
    assert headings(text(100), block((LOREM[:20].capitalize(), larger), y=160), text(180)) != []


def test_a_numbered_item_that_says_what_it_is_is_none() -> None:
    assert headings(text(100), block("3、律师：北京律师事务所", y=160), text(180)) == []
    assert headings(text(100), block("3、律师", y=160), text(180)) == ["3、律师"]


def test_a_heading_is_split_off_its_text() -> None:
    merged = block(("Bold Line", BOLD), LOREM, LOREM, y=200)
    assert found(text(100), merged)[1:] == [("title", "Bold Line"), ("text", f"{LOREM} {LOREM}")]


def test_a_heading_at_the_end_of_a_paragraph_is_split_off() -> None:
    merged = block(LOREM, "and there it ends.", ("Bold Line", BOLD), y=200)
    assert found(text(100), merged, text(242))[1:3] == [
        ("text", f"{LOREM} and there it ends."),
        ("title", "Bold Line"),
    ]


def test_a_chapter_within_a_block_is_split_off_by_its_number() -> None:
    merged = block(LOREM, "and there it ends.", "Article 7 Fares", LOREM, LOREM, y=200)
    assert ("title", "Article 7 Fares") in found(text(100), merged)


def test_two_chinese_headings_in_one_block_are_two() -> None:
    merged = block("2．不利因素", "（1）成本较高", y=200)
    wide = block("精细化工企业大致可分为三类，" * 3, "国际大型综合化工企业、中型企业。", y=250)
    assert headings(text(100), merged, wide) == ["2．不利因素", "（1）成本较高"]


def test_two_headings_of_two_sizes_in_one_block_are_two() -> None:
    merged = block(("A Large Line", Type(20.0)), ("A Bold Line", BOLD), kind=BlockKind.TITLE)
    assert headings(merged, text(150)) == ["A Large Line", "A Bold Line"]


def test_two_bold_lines_are_two_headings_where_the_first_had_room_for_more() -> None:
    merged = block(("Financial Condition", BOLD), ("Overview", BOLD), y=200, kind=BlockKind.TITLE)
    assert headings(text(100), merged, text(240)) == ["Financial Condition", "Overview"]


def test_a_run_in_heading_stays_in_its_paragraph() -> None:
    bold = row("Run in.", 50, 200, BOLD)
    rest = row(LOREM, 95, 200)
    paragraph = block_of(BlockKind.TITLE, [bold, rest, row(LOREM, 50, 212)])
    assert headings(text(100), paragraph) == []


def test_a_full_bold_row_that_goes_on_below_is_a_paragraph_s_first() -> None:
    first = block((LOREM.capitalize(), BOLD), y=200, kind=BlockKind.TITLE)
    assert headings(text(100), first, text(212)) == []


def test_a_broken_heading_is_joined() -> None:
    title = [block(("A Line That Is", LARGE), y=100), block(("Rather Long", LARGE), y=119)]
    assert headings(*title, text()) == ["A Line That Is Rather Long"]


def test_a_broken_chinese_heading_whose_first_row_is_indented_is_joined() -> None:
    title = [block(("（一）募集资金拟投资项目不会造成", LARGE), x=82, y=100), block(("影响", LARGE), x=50, y=131)]
    assert headings(*title, text()) == ["（一）募集资金拟投资项目不会造成影响"]


def test_words_of_a_large_heading_in_one_row_are_joined() -> None:
    title = [block(("IMPORTANT", LARGE), x=50), block(("SAFETY", LARGE), x=140)]
    assert headings(*title, text()) == ["IMPORTANT SAFETY"]


def test_a_bare_number_belongs_to_the_title_below_it() -> None:
    assert headings(block(("4", Type(24.0)), y=60), block(("Basis Fields", LARGE), y=92), text()) == ["4 Basis Fields"]


def test_a_small_line_over_a_large_heading_is_its_label() -> None:
    label = block(("Track Record", Type(12.0)), y=70)
    assert headings(label, block(("What We Did Last Year", Type(20.0)), y=86), text()) == ["What We Did Last Year"]


def test_a_running_head_is_none_even_on_a_page_alone() -> None:
    head = block(("The Whole Report", BOLD), y=30)
    assert headings(head, text(100)) == []
    # Where a page number stands above it, it is not the outermost line.
    assert headings(block("12", y=10), head, text(55)) == ["The Whole Report"]


def test_a_word_within_another_block_is_no_heading() -> None:
    title = block(("Packs that process information", Type(20.0)), ("and data", Type(20.0)), y=100)
    lost = block_of(BlockKind.TEXT, [row("on", 200, 122, Type(20.0))])
    assert headings(title, lost, text()) == ["Packs that process information and data"]


def test_a_line_in_a_figure_is_none() -> None:
    figure = Block(BlockKind.FIGURE, "", BBox(40, 90, 300, 250))
    assert headings(figure, block(("Sales by Year", LARGE), y=100), text()) == []


def test_the_document_s_type_is_the_measure_where_a_page_has_little_text() -> None:
    lines = (block(("A line in twelve points", Type(12.0)), y=300), block("and one in ten", y=400))
    assert headings(*lines, body=Body(12.0)) == []
    assert headings(*lines, body=Body(10.0)) == ["A line in twelve points"]


def test_of_lines_that_were_recognised_only_much_larger_ones_are_headings() -> None:
    lines = [block((LOREM, Type(9.0 + 0.4 * (n % 5), font="")), y=200 + 14 * n) for n in range(8)]
    assert headings(block(("Slightly Larger", Type(12.0, font="")), y=150), *lines) == []
    assert headings(block(("Much Larger", Type(15.0, font="")), y=150), *lines) == ["Much Larger"]
    assert headings(block(("第三章 释义", Type(10.0, font="")), y=150), *lines) == ["第三章 释义"]


def test_no_word_is_lost_or_doubled() -> None:
    blocks = [
        block(("Bold Line", BOLD), LOREM, ("Another", LARGE), LOREM, y=200),
        text(100),
        block(("4", LARGE), y=400),
    ]
    made = find_headings(blocks, None, WIDTH, HEIGHT)
    assert sorted(word for b in made for word in b.words) == sorted(word for b in blocks for word in b.words)
    assert all(b.text[start:end] == w.text for b in made for w, (start, end) in zip(b.words, b.offsets, strict=True))


@pytest.mark.parametrize(
    "words",
    [
        "2 Related Work",
        "二、历史沿革及改制重组情况",
        "Activity 4. Determining the pH.",
        "PART I.",
        "What do we know?",
        "Demographics: Age",
    ],
)
def test_words_that_may_be_a_heading(words: str) -> None:
    assert may_be_heading(words)


@pytest.mark.parametrize(
    "words",
    [
        "$ 1,234",
        "The company shall keep all of its records at the place named in the schedule below.",
        "本公司承诺上述内容真实、准确、完整。",
        "• a bullet",
        "☐ Transition report",
        "June 2023",
        "2022年3月5日",
        "write to us@example.org",
        "（长春市自由大路 1138 号）",
        "x = y + z",
        "单位：万元",
    ],
)
def test_words_that_are_none(words: str) -> None:
    assert not may_be_heading(words)


def test_body_is_the_type_of_most_characters() -> None:
    assert headings(block(("A Large Line", LARGE)), text(rows=1, y=300)) == ["A Large Line"]
    assert BODY.size == 10.0
