"""Tables by hand-made boxes: rules, lattices, gaps, headers, and what is no table."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.continued import continue_tables, parts
from ingest.flow import Line
from ingest.gaps import gutters, is_amount, rows_of, runs_of, type_box
from ingest.lattice import cells_of, lattice_of, with_column, with_row
from ingest.layout import BaseBlock, RawPage
from ingest.markdown import block_markdown, table_csv
from ingest.records import BBox, Block, BlockKind, Page, Word
from ingest.rules import Edge, Rule, Shade, connected, joined, rules_of, stacked
from ingest.table_finder import find_tables

EM = 10.0
BLACK, WHITE, GREY = 0xFF000000, 0xFFFFFFFF, 0xFFDDDDDD


def words(text: str, x: float, y: float, *, bold: bool = False) -> tuple[Word, ...]:
    """Words of 5 points a character, 10 points high, half an em between them."""
    made = []
    for part in text.split():
        made.append(Word(part, BBox(x, y, x + 5.0 * len(part), y + EM), "F", EM, bold))
        x += 5.0 * len(part) + 3.0
    return tuple(made)


def row(y: float, *cells: tuple[float, str], bold: bool = False) -> list[Line]:
    return [Line(words(text, x, y, bold=bold)) for x, text in cells if text]


def level(y: float, x0: float, x1: float) -> Edge:
    return Edge(BBox(x0, y, x1, y), BLACK, False)


def upright(x: float, top: float, bottom: float) -> Edge:
    return Edge(BBox(x, top, x, bottom), BLACK, False)


def shade(x0: float, top: float, x1: float, bottom: float, colour: int = GREY) -> tuple[Shade, list[Edge]]:
    box = BBox(x0, top, x1, bottom)
    sides = [(x0, top, x1, top), (x0, bottom, x1, bottom), (x0, top, x0, bottom), (x1, top, x1, bottom)]
    return Shade(box, colour), [Edge(BBox(*side), colour, True) for side in sides]


def page(lines: list[Line], edges: list[Edge] = [], shades: list[Shade] = [], base: list[BaseBlock] = []) -> RawPage:  # noqa: B006
    return RawPage(1, 600, 800, tuple(lines), tuple(base), edges=tuple(edges), shades=tuple(shades))


def tables(raw: RawPage) -> list[Block]:
    return list(find_tables(raw, raw.lines).tables)


def grid(block: Block) -> list[tuple[int, int, int, int, str]]:
    return [(c.row, c.column, c.row_span, c.column_span, block.text[c.start : c.end]) for c in block.cells]


def texts(block: Block) -> list[list[str]]:
    rows: dict[int, list[str]] = {}
    for cell in block.cells:
        rows.setdefault(cell.row, []).append(block.text[cell.start : cell.end])
    return list(rows.values())


def paths(block: Block) -> dict[str, tuple[str, ...]]:
    return {block.text[cell.start : cell.end]: cell.header_path for cell in block.cells}


# rules


def test_rules_that_go_on_from_one_another_are_one() -> None:
    assert joined([Rule(False, 10, 0, 50), Rule(False, 10.5, 52, 90)]) == [
        Rule(False, pytest.approx(10.22, abs=0.1), 0, 90)
    ]


def test_a_thin_bar_is_one_rule() -> None:
    _, edges = shade(0, 100, 200, 101, BLACK)
    (rule,) = rules_of(edges, [Shade(BBox(0, 100, 200, 101), BLACK)], 600, 800)
    assert not rule.upright and (rule.start, rule.end) == (0, 200) and rule.at == pytest.approx(100.5)


def test_what_is_white_on_white_faint_or_at_the_pages_border_is_no_rule() -> None:
    edges = [
        Edge(BBox(0, 100, 200, 100), WHITE, False),
        Edge(BBox(0, 120, 200, 120), 0x05000000, False),
        level(0.5, 0, 600),
    ]
    assert rules_of(edges, [], 600, 800) == []


def test_white_on_a_shaded_cell_is_a_rule() -> None:
    area, _ = shade(0, 50, 200, 150)
    assert len(rules_of([Edge(BBox(0, 100, 200, 100), WHITE, False)], [area], 600, 800)) == 1


def test_the_edge_between_two_cells_of_one_colour_is_no_rule() -> None:
    left, left_edges = shade(10, 50, 100, 70)
    right, right_edges = shade(100, 50, 200, 70)
    rules = rules_of([*left_edges, *right_edges], [left, right], 600, 800)
    assert sorted(rule.at for rule in rules if rule.upright) == [10, 200]


def test_an_outline_that_is_drawn_as_one_shape_does_not_hide_the_rules_within() -> None:
    outer, outer_edges = shade(10, 50, 200, 150, BLACK)
    _, inner_edges = shade(11, 51, 199, 149, BLACK)
    bar, bar_edges = shade(10, 100, 200, 101, BLACK)
    rules = rules_of([*outer_edges, *inner_edges, *bar_edges], [outer, bar], 600, 800)
    assert [round(rule.at) for rule in rules if not rule.upright] == [50, 100, 150]


def test_a_bar_beside_two_shorter_ones_is_seen() -> None:
    """The rows of a table in a prospectus became one: the upper side of each rule is longer than the parts below it."""
    edges = [
        Edge(BBox(84, 146.1, 511, 146.1), BLACK, True),
        Edge(BBox(85, 146.8, 190, 146.8), BLACK, True),
        Edge(BBox(191, 146.8, 510, 146.8), BLACK, True),
    ]
    assert len(rules_of(edges, [], 600, 800)) == 1


def test_a_page_of_too_many_rules_is_a_drawing() -> None:
    crossing = [level(4 + 3.5 * n, 20 * m, 20 * m + 10) for n in range(220) for m in range(20)]
    assert rules_of(crossing, [], 600, 800) == []


def test_tables_that_do_not_touch_are_sets_of_their_own() -> None:
    def box(x: float, y: float) -> list[Rule]:
        return [
            Rule(False, y, x, x + 50),
            Rule(False, y + 20, x, x + 50),
            Rule(True, x, y, y + 20),
            Rule(True, x + 50, y, y + 20),
        ]

    assert len(connected([*box(10, 10), *box(100, 10), *box(10, 100)])) == 3
    assert len(stacked(connected([*box(10, 10), *box(10, 32)]))) == 1  # shaded rows of one table


# lattices


def full(xs: list[float], ys: list[float]) -> list[Rule]:
    levels = [Rule(False, y, xs[0], xs[-1]) for y in ys]
    return [*levels, *(Rule(True, x, ys[0], ys[-1]) for x in xs)]


def test_a_lattice_of_rules_has_a_cell_for_each_place() -> None:
    lattice = lattice_of(full([0, 50, 100], [0, 20, 40, 60]))
    assert lattice is not None and lattice.shape == (3, 2)
    assert [cell[:4] for cell in cells_of(lattice)] == [(r, c, 1, 1) for r in range(3) for c in range(2)]


def test_a_missing_rule_makes_a_span() -> None:
    rules = [rule for rule in full([0, 50, 100], [0, 20, 40]) if not (rule.upright and rule.at == 50)]
    lattice = lattice_of([*rules, Rule(True, 50, 20, 40)])
    assert lattice is not None
    assert [cell[:4] for cell in cells_of(lattice)] == [(0, 0, 1, 2), (1, 0, 1, 1), (1, 1, 1, 1)]


def test_a_table_that_is_open_at_its_sides_ends_where_its_rules_do() -> None:
    rules = [Rule(False, y, 0, 150) for y in (0, 20, 40)] + [Rule(True, x, 0, 40) for x in (50, 100)]
    lattice = lattice_of(rules)
    assert lattice is not None and lattice.xs == (0, 50, 100, 150)


def test_columns_and_rows_are_put_between() -> None:
    lattice = lattice_of(full([0, 100], [0, 40]))
    assert lattice is not None
    lattice = with_row(with_column(lattice, 60), 20, {1})
    assert [cell[:4] for cell in cells_of(lattice)] == [(0, 0, 2, 1), (0, 1, 1, 1), (1, 1, 1, 1)]


@given(st.lists(st.booleans(), min_size=12, max_size=12), st.lists(st.booleans(), min_size=12, max_size=12))
@settings(max_examples=60, deadline=None)
def test_the_cells_of_a_lattice_cover_each_place_once(right: list[bool], below: list[bool]) -> None:
    lattice = lattice_of(full([0, 10, 20, 30, 40], [0, 10, 20, 30, 40]))
    assert lattice is not None
    lattice = lattice._replace(
        right=tuple(tuple(right[3 * row : 3 * row + 3]) for row in range(4)),
        below=tuple(tuple(below[4 * row : 4 * row + 4]) for row in range(3)),
    )
    places = [
        (row, column)
        for cell in cells_of(lattice)
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    ]
    assert sorted(places) == [(row, column) for row in range(4) for column in range(4)]


# gaps


@pytest.mark.parametrize(
    ("text", "amount"), [("†", True), ("1,234 )", True), ("2003–04", False), ("12/31", False), ("—", True)]
)
def test_what_a_column_of_numbers_holds(text: str, amount: bool) -> None:
    assert is_amount(text) == amount


def test_a_sign_far_from_its_amount_belongs_to_it() -> None:
    (only,) = rows_of([*words("$", 100, 0), *words("1,234", 150, 0), *words(")", 180, 0)])
    assert [atom.text for atom in only] == ["$ 1,234 )"]


def test_two_amounts_with_signs_are_two_runs_however_close() -> None:
    (only,) = rows_of([*words("0.69", 100, 0), *words("$", 124, 0), *words("0.23", 140, 0)])
    assert [run.text for run in runs_of(only)] == ["0.69", "$ 0.23"]


def test_dots_that_lead_the_eye_have_no_ink() -> None:
    (only,) = rows_of([*words("Austria......", 0, 0), *words("....", 80, 0), *words("12", 120, 0)])
    assert [(atom.text, round(atom.bbox.x1)) for atom in only] == [("Austria......", 35), ("12", 130)]


def test_a_box_that_is_much_higher_than_its_type_is_not_believed() -> None:
    assert type_box(Word("a", BBox(0, 0, 5, 60), "F", 10.0)) == BBox(0, 25, 5, 35)


def test_gutters_go_through_all_rows_but_few() -> None:
    rows = [rows_of([*words("ab", 0, 0), *words("12", 40, 0)])[0] for _ in range(9)]
    wide = rows_of(words("abcdefghijkl", 0, 0))[0]
    assert gutters([*rows, wide], 5.0, 0.0) == []
    assert gutters([*rows, wide], 5.0, 0.1) == [(10, 40)]


# ruled tables


def ruled_page() -> RawPage:
    edges = [level(y, 50, 350) for y in (100, 120, 140, 180)] + [upright(x, 100, 180) for x in (50, 150, 250, 350)]
    lines = [
        *row(105, (55, "Country"), (155, "2021"), (255, "2022")),
        *row(125, (55, "Austria"), (155, "17"), (255, "26")),
        *row(145, (55, "United"), (155, "1")),
        *row(160, (55, "Kingdom"), (155, "2")),
    ]
    return page(lines, edges)


def test_rows_between_rules_are_parted_again_only_where_a_column_counts_them() -> None:
    (block,) = tables(ruled_page())
    assert texts(block) == [["Country", "2021", "2022"], ["Austria", "17", "26"], ["United", "1"], ["Kingdom", "2"]]
    assert paths(block)["26"] == ("2022", "Austria")


def test_wrapped_rows_between_rules_are_one() -> None:
    edges = [level(y, 50, 350) for y in (100, 120, 160, 180)] + [upright(x, 100, 180) for x in (50, 150, 350)]
    lines = [
        *row(105, (55, "Law"), (155, "Aim"), bold=True),
        *row(122, (55, "Food and"), (155, "keeps people")),
        *row(134, (55, "safety"), (155, "from harm")),
        *row(165, (55, "Arms"), (155, "order")),
    ]
    (block,) = tables(page(lines, edges))
    assert texts(block) == [["Law", "Aim"], ["Food and safety", "keeps people from harm"], ["Arms", "order"]]


def test_tables_side_by_side_and_one_under_the_other_stay_apart() -> None:
    edges, lines = [], []
    for x, y in ((50, 100), (300, 100), (50, 200)):
        edges += [level(y + d, x, x + 200) for d in (0, 20, 40)] + [upright(x + d, y, y + 40) for d in (0, 100, 200)]
        lines += row(y + 5, (x + 5, "Name"), (x + 105, "Sum")) + row(y + 25, (x + 5, "Cash"), (x + 105, "12"))
    assert len(tables(page(lines, edges))) == 3


def test_a_frame_around_text_an_underline_and_a_chart_are_no_tables() -> None:
    frame = [level(y, 50, 350) for y in (100, 180)] + [upright(x, 100, 180) for x in (50, 350)]
    text = [line for n in range(5) for line in row(105 + 14 * n, (55, "some words of running text in a frame here"))]
    assert tables(page(text, [*frame, level(200, 50, 90)])) == []
    bars = [level(y, 50, 350) for y in (300, 320, 340, 360)] + [upright(x, 300, 360) for x in (80, 100, 150, 170, 220)]
    labels = [*row(305, (83, "45"), (153, "61")), *row(345, (83, "12"), (153, "9"))]
    assert tables(page(labels, bars)) == []


def test_a_header_above_the_first_rule_belongs_to_the_table() -> None:
    edges = [level(y, 50, 350) for y in (100, 120, 140)] + [upright(x, 100, 140) for x in (150, 250)]
    lines = [
        *row(86, (180, "Read"), (280, "Search")),
        *row(105, (55, "Pack"), (155, "letters"), (255, "products")),
        *row(125, (55, "Use"), (155, "bills"), (255, "shops")),
    ]
    (block,) = tables(page(lines, edges))
    assert texts(block)[0] == ["Read", "Search"] and texts(block)[2] == ["Use", "bills", "shops"]


# level rules and none


def statement(y: float = 100.0) -> list[Line]:
    """A statement as filings have it: signs at the columns' other edge, a label over two lines, a section's name."""
    return [
        *row(y, (288, "Year ended December")),
        *row(y + 14, (290, "2022"), (370, "2021")),
        *row(y + 28, (50, "Net sales"), (270, "$"), (290, "1,234"), (350, "$"), (370, "1,100")),
        *row(y + 42, (50, "Operating expenses:")),
        *row(y + 56, (60, "Cost of sales"), (290, "(800"), (312, ")"), (370, "(700"), (392, ")")),
        *row(y + 70, (60, "Selling and administrative expense of the")),
        *row(y + 84, (60, "whole group"), (290, "200"), (370, "190")),
        *row(y + 98, (50, "Total"), (270, "$"), (290, "234"), (350, "$"), (370, "210")),
    ]


def test_a_borderless_statement() -> None:
    (block,) = tables(page(statement()))
    assert texts(block) == [
        ["Year ended December"],
        ["2022", "2021"],
        ["Net sales", "$ 1,234", "$ 1,100"],
        ["Operating expenses:"],
        ["Cost of sales", "(800 )", "(700 )"],
        ["Selling and administrative expense of the whole group", "200", "190"],
        ["Total", "$ 234", "$ 210"],
    ]
    assert grid(block)[0] == (0, 1, 1, 2, "Year ended December")
    assert paths(block)["(700 )"] == ("Year ended December", "2021", "Cost of sales")


def test_shaded_rows_are_one_table_with_its_header() -> None:
    lines = statement()
    shades, edges = [], []
    for y in (126.0, 154.0, 196.0):
        area, sides = shade(45, y, 420, y + 14)
        shades.append(area)
        edges += sides
    (block,) = tables(page(lines, edges, shades))
    assert paths(block)["$ 1,234"] == ("Year ended December", "2022", "Net sales")


def test_a_table_between_three_level_rules() -> None:
    edges = [level(y, 50, 350) for y in (100, 118, 165)]
    lines = [
        *row(105, (55, "Mineral"), (250, "Capacity"), bold=True),
        *row(122, (55, "kaolinite"), (250, "10")),
        *row(136, (55, "illite"), (250, "30")),
        *row(150, (55, "humus"), (250, "200")),
    ]
    (block,) = tables(page(lines, edges))
    assert len(texts(block)) == 4 and paths(block)["30"] == ("Capacity", "illite")


def test_a_header_that_a_rule_underlines_spans_what_the_rule_does() -> None:
    edges = [level(100, 50, 450), level(114, 200, 440), level(130, 50, 450), level(180, 50, 450)]
    lines = [
        *row(102, (290, "Actual")),
        *row(117, (55, "Region"), (210, "one"), (300, "two"), (400, "six")),
        *(line for n in range(3) for line in row(134 + 15 * n, (55, "North"), (210, "12"), (300, "34"), (400, "56"))),
    ]
    (block,) = tables(page(lines, edges))
    assert (0, 1, 1, 3, "Actual") in grid(block)
    assert (0, 0, 2, 1, "Region") in grid(block)


def test_two_columns_of_text_a_list_and_contents_are_no_tables() -> None:
    prose = [
        line
        for n in range(12)
        for line in row(100 + 13 * n, (50, "words of one column that are"), (300, "words of the other that are"))
    ]
    assert tables(page(prose)) == []
    marks = [line for n in range(6) for line in row(100 + 13 * n, (50, "•"), (80, f"an item number {n} of it"))]
    assert tables(page(marks)) == []
    contents = [line for n in range(6) for line in row(100 + 13 * n, (50, "Chapter........."), (400, str(3 + 4 * n)))]
    assert tables(page(contents)) == []


def test_a_table_of_the_base_that_is_none_is_text() -> None:
    lines = [line for n in range(4) for line in row(100 + 13 * n, (50, "running words of a justified text here"))]
    base = BaseBlock("table", BBox(50, 100, 300, 152), rows=())
    found = find_tables(page(lines, base=[base]), lines)
    assert found.tables == () and [block.kind for block in found.base] == ["paragraph"]


def test_a_turned_table_is_read_in_its_own_frame() -> None:
    (flat,) = tables(ruled_page())
    raw = ruled_page()

    def turned(box: BBox) -> BBox:  # clockwise by 90 degrees, on a page of 800 by 600
        return BBox(800 - box.bottom, box.x0, 800 - box.top, box.x1)

    lines = tuple(
        Line(tuple(word._replace(bbox=turned(word.bbox)) for word in line.words), 90)
        for line in [*raw.lines, *row(300, (50, "note one two three"))]
    )
    edges = tuple(Edge(turned(edge.bbox), edge.colour, edge.filled) for edge in raw.edges)
    made = RawPage(1, 800, 600, lines, edges=edges)
    (block,) = find_tables(made, lines).tables
    assert texts(block) == texts(flat)
    assert block.cells[0].bbox == turned(flat.cells[0].bbox)
    assert all(word in [w for line in lines for w in line.words] for word in block.words)


# whatever is on a page

PIECES = st.lists(
    st.tuples(
        st.sampled_from(["Cash", "12", "$", "1,234", "—", "a name", "(", "•", "2021", "....", "净利润", "\u200b"]),
        st.integers(0, 10),
        st.integers(0, 12),
        st.sampled_from([0, 0, 0, 90, 270]),
    ),
    max_size=60,
)
DRAWN = st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(0, 10), st.integers(1, 10)), max_size=25)


@given(PIECES, DRAWN)
@settings(max_examples=150, deadline=None)
def test_every_word_is_in_one_place_and_every_cell_maps_to_its_words(
    pieces: list[tuple[str, int, int, int]], drawn: list[tuple[bool, int, int, int]]
) -> None:
    lines = [Line(words(text, 20 + 50.0 * x, 20 + 15.0 * y), rotation) for text, x, y, rotation in pieces]
    edges = [
        upright(18 + 50.0 * at, 18 + 15.0 * start, 18 + 15.0 * (start + length))
        if is_upright
        else level(18 + 15.0 * at, 18 + 50.0 * start, 18 + 50.0 * (start + length))
        for is_upright, at, start, length in drawn
    ]
    found = find_tables(page(lines, edges), lines)
    before = sorted(word for line in lines for word in line.words)
    after = [word for line in found.lines for word in line.words] + [w for t in found.tables for w in t.words]
    assert sorted(after) == before
    for block in found.tables:
        for word, (start, end) in zip(block.words, block.offsets, strict=True):
            assert block.text[start:end] == word.text
            (cell,) = [cell for cell in block.cells if cell.start <= start and end <= cell.end]
            assert cell.bbox.union(word.bbox) == cell.bbox


# over pages


def table_page(number: int, block: Block, top: float) -> Page:
    shift = top - block.bbox.top
    box = BBox(block.bbox.x0, top, block.bbox.x1, block.bbox.bottom + shift)
    return Page(number, 600, 800, (replace(block, bbox=box),))


def test_a_table_that_goes_on_has_the_headers_of_its_first_part() -> None:
    (first,) = tables(ruled_page())
    raw = ruled_page()
    (later,) = tables(replace(raw, lines=tuple(line for line in raw.lines if line.bbox.top > 120), edges=raw.edges[1:]))
    pages = [table_page(1, first, 700), table_page(2, later, 50)]
    assert parts(pages) == {(2, 0): (1, 0)}
    _, after = continue_tables(pages)
    assert paths(after.blocks[0])["26"] == ("2022", "Austria")
    assert continue_tables(continue_tables(pages)) == continue_tables(pages)


def test_a_repeated_header_stays_a_header_and_text_between_parts_tables() -> None:
    (block,) = tables(ruled_page())
    pages = [table_page(1, block, 700), table_page(2, block, 50)]
    assert continue_tables(pages) == tuple(pages)
    assert parts(pages) == {(2, 0): (1, 0)}
    text = Block(BlockKind.TEXT, "some text", BBox(50, 20, 300, 40))
    apart = replace(pages[1], blocks=(text, *pages[1].blocks))
    assert parts([pages[0], apart]) == {}


# written


def test_csv_is_quoted_and_holds_no_formula() -> None:
    lines = [
        *row(100, (50, "Name"), (250, "Sum")),
        *row(114, (50, '=A1,"x"'), (250, "-1,234")),
        *row(128, (50, "@b"), (250, "5")),
    ]
    edges = [level(y, 45, 350) for y in (98, 112, 126, 140)] + [upright(x, 98, 140) for x in (45, 240, 350)]
    (block,) = tables(page(lines, edges))
    assert list(csv.reader(io.StringIO(table_csv(block)))) == [["Name", "Sum"], ['\'=A1,"x"', "-1,234"], ["'@b", "5"]]
    assert table_csv(block).endswith("\r\n")


def test_html_keeps_spans() -> None:
    (block,) = tables(page(statement()))
    assert '<th colspan="2"> Year ended December </th>' in block_markdown(block)
