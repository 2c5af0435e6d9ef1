from __future__ import annotations

from collections.abc import Sequence

from set_type import BOLD, Type, block, page, text

from ingest.depths import with_levels
from ingest.records import Block, BlockKind, Page

TITLE, H14, H12 = Type(24.0, True), Type(14.0, True), Type(12.0, True)
ITALIC = Type(10.0, True, "Serif-BoldItalic")


def heads(*headings: tuple[str, Type]) -> list[Block]:
    return [block(each, y=100 + 40 * place, kind=BlockKind.TITLE) for place, each in enumerate(headings)]


def outline(pages: Sequence[Page]) -> list[tuple[int, str]]:
    return [(b.level, b.text) for p in pages for b in p.blocks if b.kind is BlockKind.TITLE]


def levels(*headings: tuple[str, Type]) -> list[int]:
    return [level for level, _ in outline(with_levels([page(*heads(*headings))], {}))]


def test_numbers_tell_the_depth_in_one_type() -> None:
    assert levels(
        ("1. Sea", BOLD), ("1.1 Ships", BOLD), ("1.1.1 Sails", BOLD), ("1.2 Boats", BOLD), ("2. Land", BOLD)
    ) == [
        1,
        2,
        3,
        2,
        1,
    ]


def test_chinese_numbers_nest() -> None:
    names = ["第一章 概览", "第一节 公司", "一、概况", "（一）设立", "1、过程", "（1）批准", "二、股东", "第二章 风险"]
    assert levels(*[(name, BOLD) for name in names]) == [1, 2, 3, 4, 5, 6, 3, 1]


def test_a_level_left_out_leaves_no_gap() -> None:
    assert levels(("第一节 公司", BOLD), ("（一）设立", BOLD), ("1、过程", BOLD)) == [1, 2, 3]


def test_size_weight_and_capitals_tell_without_numbers() -> None:
    assert levels(
        ("Large", H14),
        ("CAPITALS", BOLD),
        ("Bold", BOLD),
        ("Slanted", ITALIC),
        ("CAPITALS AGAIN", BOLD),
        ("Larger", H14),
    ) == [1, 2, 3, 4, 2, 1]


def test_a_style_has_one_level_though_one_between_is_left_out() -> None:
    assert levels(
        ("A", H14), ("CAPS", BOLD), ("Bold", BOLD), ("Bold too", BOLD), ("B", H14), ("Bold under B", BOLD)
    ) == [1, 2, 3, 3, 1, 3]


def test_named_numbers_stand_above_what_is_set_alike() -> None:
    caps = BOLD
    assert levels(("PART I", caps), ("ITEM 1. BUSINESS", caps), ("OFFERINGS", caps), ("ITEM 2. PLACES", caps)) == [
        1,
        2,
        3,
        2,
    ]


def test_an_unnumbered_heading_set_as_the_numbered_ones_is_their_equal() -> None:
    assert levels(("1. Sea", H14), ("1.1 Ships", H12), ("2. Land", H14), ("References", H14)) == [1, 2, 1, 1]


def test_it_stays_so_where_the_numbers_below_are_many() -> None:
    below = [(f"1.{n} Ships", H12) for n in range(1, 5)]
    assert levels(("1. Sea", H14), *below, ("2. Land", H14), ("3. Air", H14), ("References", H14)) == [
        1,
        2,
        2,
        2,
        2,
        1,
        1,
        1,
    ]


def test_a_list_s_numbers_in_small_type_move_no_heading() -> None:
    small = Type(10.0, False)
    assert levels(
        ("1. Sea", H14), ("1.1 Ships", H12), ("Sails", BOLD), ("1. Hoist them", small), ("1.2 Boats", H12)
    ) == [1, 2, 3, 4, 2]


def test_the_title_is_level_1_and_the_rest_of_the_cover_nests_nothing() -> None:
    cover = page(*heads(("Acme", H12), ("Annual Report", TITLE), ("Sponsor", Type(18.0))))
    rest = [
        page(*heads((f"第{n}章 名称", H14), ("一、概况", H12)), text(600), number=p)
        for p, n in enumerate("一二三四", 2)
    ]
    found = outline(with_levels([cover, *rest], {}))
    assert found[:5] == [(2, "Acme"), (1, "Annual Report"), (2, "Sponsor"), (2, "第一章 名称"), (3, "一、概况")]


def test_the_outline_s_depth_counts_for_its_headings_and_their_like() -> None:
    pages = [page(*heads(("Sea", H14), ("Ships", H14), ("Boats", H14), ("Rafts", H14)))]
    known = {(0, 0): 1, (0, 1): 2, (0, 2): 2}
    assert [level for level, _ in outline(with_levels(pages, known))] == [1, 2, 2, 2]


def test_pages_that_nothing_changes_stay_the_same() -> None:
    pages = with_levels([page(*heads(("1. Sea", BOLD)))], {})
    assert with_levels(pages, {})[0] is pages[0]
    assert with_levels([], {}) == ()
