"""Words to text with offsets, lines to blocks, tables to cells: geometry that can be followed by hand."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.flow import Line, normal, write
from ingest.gaps import is_amount
from ingest.layout import BaseBlock, arrange, split_at_indents, without_torn
from ingest.records import BBox, Block, BlockKind, Page, Word
from ingest.ruled import is_table
from ingest.tables import BaseCell
from ingest.titles import document_title, name_kinds, settle

EM = 10.0


def line(text: str, x: float = 0.0, y: float = 0.0, rotation: int = 0) -> Line:
    """Words of 5 points a character (10 for a Chinese one), 10 points high, at (x, y)."""
    words = []
    for part in text.split(" "):
        width = sum(EM if unicodedata.east_asian_width(c) in "WF" else EM / 2 for c in part)
        if part:
            words.append(Word(part, BBox(x, y, x + width, y + EM), "F", EM))
        x += width + EM / 2
    return Line(tuple(words), rotation)


def text_of(*lines: str) -> str:
    return write([line(text, y=12.0 * index) for index, text in enumerate(lines)])[0]


def test_rows_are_joined_by_a_space() -> None:
    assert text_of("one two", "three") == "one two three"


def test_chinese_rows_are_joined_by_nothing() -> None:
    assert text_of("净利润为", "负。", "公司") == "净利润为负。公司"


def test_a_chinese_row_and_a_latin_one_are_joined_by_a_space() -> None:
    assert text_of("净利润为", "12 million") == "净利润为 12 million"


def test_a_quotation_mark_beside_chinese_takes_no_space() -> None:
    assert text_of("所称", "“公司”", "是指") == "所称“公司”是指"


def test_a_hyphenated_word_is_joined_and_its_parts_keep_their_places() -> None:
    text, words, offsets = write([line("systems primar-"), line("ily check", y=12)])
    assert text == "systems primarily check"
    assert [text[start:end] for start, end in offsets] == ["systems", "primar", "ily", "check"]
    assert [word.text for word in words] == ["systems", "primar-", "ily", "check"]


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("state-of-the-", "art", "state-of-the-art"),
        ("year-", "over-year", "year-over-year"),
        ("non-", "GAAP", "non- GAAP"),
        ("COVID-", "related", "COVID- related"),
        ("pages 3-", "5", "pages 3- 5"),
        ("a -", "b", "a - b"),
        ("soft\u00ad", "ware", "software"),
    ],
)
def test_other_hyphens_at_a_row_s_end(first: str, second: str, joined: str) -> None:
    assert text_of(first, second) == joined


def test_a_word_split_by_its_fonts_is_one_word() -> None:
    first = line("H")
    second = line("ELLO", x=5.2)
    assert write([first, second])[0] == "HELLO"
    assert write([first, line("ELLO", x=9)])[0] == "H ELLO"


def test_chinese_runs_of_one_row_are_joined_unless_they_stand_apart() -> None:
    assert write([line("第五章"), line("概况", x=31)])[0] == "第五章概况"
    assert write([line("第五章"), line("概况", x=33)])[0] == "第五章 概况"


def test_the_spread_characters_of_a_chinese_label_are_one_word() -> None:
    assert write([line("合"), line("计", x=30)])[0] == "合计"
    assert write([line("合"), line("计", x=60)])[0] == "合 计"
    assert write([line("项目"), line("数", x=28)])[0] == "项目 数"


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("eﬃcient", "efficient"),
        ("⾦融", "金融"),
        ("ＡＢ１２，（％）", "AB12，（％）"),
        ("a\u200bb\ufeff\u00ad", "ab"),
        ("x\u0002\x00", "x"),
        ("e\u0301", "é"),
        ("\uf0b7", "•"),
        ("m²①½™", "m²①½™"),
        ("\ud83d", "\ufffd"),
    ],
)
def test_spelling_is_made_plain(raw: str, plain: str) -> None:
    assert normal(raw) == plain


words = st.builds(
    lambda text, x, y: Word(text, BBox(x, y, x + 5 * len(text), y + EM), "F", EM),
    st.text(st.sampled_from("abzAZ019-.,ﬁ净利润，。“”Ａ１\u200b\u00ad\u0301\u3000\x02\ufffe"), min_size=1, max_size=6),
    st.floats(0, 500),
    st.integers(0, 20).map(lambda row: row * 6.0),
)
lines = st.lists(st.builds(Line, st.lists(words, min_size=1, max_size=4).map(tuple)), max_size=8)


@given(lines, st.sampled_from(["", "\n"]))
@settings(max_examples=300, deadline=None)
def test_every_word_has_its_own_place_in_the_text(rows: list[Line], row_end: str) -> None:
    text, kept, offsets = write(rows, row_end)
    assert kept == tuple(word for row in rows for word in row.words if normal(word.text))
    last = 0
    for word, (start, end) in zip(kept, offsets, strict=True):
        assert last <= start < end <= len(text)
        assert not text[last:start].strip()
        spelled = normal(word.text)
        assert text[start:end] == spelled or (spelled[-1] == "-" and text[start:end] == spelled[:-1])
        last = end
    assert last == len(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text.replace("\n", ""))


def paragraph(text: str, box: BBox, kind: str = "paragraph") -> BaseBlock:
    return BaseBlock(kind, box, text)


places_of_blocks = st.tuples(st.floats(0, 400), st.floats(0, 100), st.sampled_from(["paragraph", "table"]))


@given(lines, st.lists(places_of_blocks, max_size=5))
@settings(max_examples=200, deadline=None)
def test_every_word_is_in_exactly_one_block(rows: list[Line], places: list[tuple[float, float, str]]) -> None:
    base = [BaseBlock(kind, BBox(x, y, x + 150, y + 40), "abz") for x, y, kind in places]
    blocks = arrange(rows, base)
    held = sorted(word for block in blocks for word in block.words)
    assert held == sorted(word for row in rows for word in row.words if normal(word.text))
    for block in blocks:
        assert len(block.words) == len(block.offsets)
        assert all(start < end <= len(block.text) for start, end in block.offsets)


def test_a_block_whose_box_spans_both_columns_takes_only_its_own_words() -> None:
    left = [line("left one", 0, 0), line("left two", 0, 12)]
    right = [line("right one", 300, 0), line("right two", 300, 12)]
    base = [
        paragraph("left one left two", BBox(0, 0, 400, 22)),
        paragraph("right one right two", BBox(300, 0, 400, 22)),
    ]
    blocks = arrange([left[0], right[0], left[1], right[1]], base)
    assert [block.text for block in blocks] == ["left one left two", "right one right two"]


def test_the_words_of_a_block_follow_its_text_and_not_the_rows() -> None:
    base = [paragraph("a1 a2 b1 b2", BBox(0, 0, 400, 22))]
    blocks = arrange([line("a1", 0, 0), line("b1", 300, 0), line("a2", 0, 12), line("b2", 300, 12)], base)
    assert [block.text for block in blocks] == ["a1 a2 b1 b2"]


def test_a_heading_s_second_line_outside_of_its_box_is_still_its_own() -> None:
    base = [paragraph("Main owners and their chief assets", BBox(0, 0, 120, 10), "heading")]
    (block,) = arrange([line("Main owners and"), line("their chief assets", y=14)], base)
    assert block.kind is BlockKind.TITLE
    assert block.text == "Main owners and their chief assets"


def test_lines_that_no_block_claims_are_placed_between_their_neighbours() -> None:
    base = [paragraph("first", BBox(0, 0, 50, 10)), paragraph("last", BBox(0, 100, 50, 110))]
    blocks = arrange([line("first"), line("lost one", y=40), line("lost two", y=52), line("last", y=100)], base)
    assert [block.text for block in blocks] == ["first", "lost one lost two", "last"]


def test_turned_text_stands_apart() -> None:
    blocks = arrange([line("upright text"), line("turned", 2, 2, 90)], [paragraph("upright text", BBox(0, 0, 60, 10))])
    assert [block.text for block in blocks] == ["upright text", "turned"]


def test_a_figure_without_words_is_kept() -> None:
    (block,) = arrange([], [BaseBlock("figure", BBox(0, 0, 50, 50))])
    assert block.kind is BlockKind.FIGURE and block.text == ""


def test_an_indented_row_after_a_short_one_begins_a_paragraph() -> None:
    rows = [line("保密条款", 20, 0), line("定制客户为了生产出符合要求的产品", 20, 12), line("需提供专有信息。", 0, 24)]
    assert [len(group) for group in split_at_indents(rows)] == [1, 2]


def test_rows_that_hang_under_a_list_marker_stay_together() -> None:
    rows = [line("1) a verifier that checks", 0, 0), line("whether enough is known,", 20, 12), line("so.", 20, 24)]
    assert len(split_at_indents(rows)) == 1


def cell(text: str, x: float, y: float) -> BaseCell:
    return BaseCell(text, BBox(x, y, x + 5 * len(text), y + EM))


def assets() -> tuple[list[Line], BaseBlock]:
    rows = (
        (BaseCell(""), cell("2022", 200, 0), cell("2021", 300, 0)),
        (cell("Cash", 0, 12), cell("14,614", 200, 12), cell("8,052", 300, 12)),
        (cell("Inventories", 0, 24), cell("78,151", 200, 24), cell("(78,823)", 300, 24)),
    )
    drawn = [line(c.text, c.bbox.x0, c.bbox.top) for row in rows for c in row if c.bbox]
    return drawn, BaseBlock("table", BBox(0, 0, 400, 40), rows=rows, header_rows=0)


def test_a_table_s_cells_know_their_text_and_headers() -> None:
    drawn, base = assets()
    (block,) = arrange(drawn, [base])
    assert block.kind is BlockKind.TABLE
    assert block.text == "2022 | 2021\nCash | 14,614 | 8,052\nInventories | 78,151 | (78,823)"
    found = {(c.row, c.column): (block.text[c.start : c.end], c.header_path) for c in block.cells}
    assert found[1, 1] == ("14,614", ("2022", "Cash"))
    assert found[2, 2] == ("(78,823)", ("2021", "Inventories"))
    assert found[2, 0] == ("Inventories", ())
    assert found[0, 1] == ("2022", ())
    assert (0, 0) not in found


def test_a_word_outside_of_every_cell_goes_to_the_nearest() -> None:
    drawn, base = assets()
    (block,) = arrange([*drawn, line("net", 60, 24)], [base])
    assert "Inventories net | 78,151" in block.text


@pytest.mark.parametrize("text", ["14,614", "(9,550)", "$137,100", "12.5%", "—", "-", "¥ 3.2", "1,234)"])
def test_amounts(text: str) -> None:
    assert is_amount(text)


def test_years_and_names_are_no_amounts() -> None:
    assert not any(map(is_amount, ["2022", "Cash", "Q4", "", "FY 2021"]))


def test_a_grid_of_a_second_opinion_needs_two_rows_two_columns_and_cells_to_be_a_table() -> None:
    _, table = assets()
    assert is_table(table)
    assert not is_table(replace(table, rows=table.rows[:1]))
    assert not is_table(replace(table, rows=tuple(row[:1] for row in table.rows)))
    assert not is_table(replace(table, rows=((BaseCell(""), BaseCell("")), (BaseCell("x"), BaseCell("")))))


def block(text: str, y: float, kind: BlockKind = BlockKind.TEXT, size: float = 10.0) -> Block:
    word = Word(text, BBox(50, y, 500, y + 10), "F", size)
    return Block(kind, text, word.bbox, (word,), ((0, len(text)),), 1 if kind is BlockKind.TITLE else 0)


def page(number: int, *blocks: Block, label: str = "") -> Page:
    return Page(number, 600, 800, blocks, label)


def test_running_heads_and_page_numbers_become_furniture() -> None:
    pages = [
        page(n, block(f"Report 2023 {n}", 30, BlockKind.TITLE), block("Same body", 400), block(str(n + 4), 770))
        for n in (1, 2, 3)
    ]
    for settled in settle(pages):
        assert [b.kind for b in settled.blocks] == [BlockKind.FURNITURE, BlockKind.TEXT, BlockKind.FURNITURE]
        assert settled.blocks[0].level == 0


def test_a_head_on_two_pages_only_or_far_apart_stays() -> None:
    pages = [page(n, block("Notes", 30, BlockKind.TITLE)) for n in (1, 2, 40, 80)]
    assert all(b.kind is BlockKind.TITLE for p in settle(pages) for b in p.blocks)


def test_a_year_at_the_top_is_no_page_number() -> None:
    (settled,) = settle([page(1, block("2022", 30), block("第 12 页", 780))])
    assert [b.kind for b in settled.blocks] == [BlockKind.TEXT, BlockKind.FURNITURE]


def test_captions_are_named_and_false_headings_made_text() -> None:
    named = name_kinds([block("Figure 1: A", 10, BlockKind.TITLE), block("12,345", 30, BlockKind.TITLE)])
    assert [(b.kind, b.level) for b in named] == [(BlockKind.CAPTION, 0), (BlockKind.TEXT, 0)]


def test_a_document_s_title() -> None:
    first = page(1, block("Annual Report", 10, BlockKind.TITLE, 12), block("Acme Corporation", 40, BlockKind.TITLE, 30))
    assert document_title("Acme Annual Report", [first]) == "Acme Annual Report"
    assert document_title("Microsoft Word - draft7.doc", [first]) == "Acme Corporation"
    assert document_title("Guide to Gardening", [first]) == "Acme Corporation"
    assert document_title("Guide to Gardening", [page(1)]) == "Guide to Gardening"
    assert document_title("", [page(1)]) == ""


def test_lines_of_two_columns_that_the_base_took_for_a_table_are_none() -> None:
    left = [line("some words that fill a row of it", 50, 100 + 12 * row) for row in range(12)]
    right = [line("some words that fill a row of it", 300, 100 + 12 * row) for row in range(12)]
    torn = BaseBlock("table", BBox(50, 148, 550, 180))
    within = BaseBlock("table", BBox(300, 148, 550, 180))
    assert without_torn([torn, within], [*left, *right], ()) == (within,)
    assert without_torn([torn, within], left, ()) == (torn, within)


def test_a_short_word_outside_of_its_blocks_box_goes_with_its_neighbour() -> None:
    base = [BaseBlock("heading", BBox(50, 100, 300, 112), "Offers of packs making a tangible impact on all")]
    rows = [
        line("Offers of packs", 50, 100),
        line("making", 50, 115),
        line("a", 85, 115),
        line("tangible impact", 95, 115),
    ]
    (title,) = arrange(rows, base)
    assert title.text == "Offers of packs making a tangible impact"
