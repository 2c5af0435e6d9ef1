from __future__ import annotations

import pytest
from set_type import BOLD, block, page, text

from ingest.outline import Entry, entries, match_outline, match_printed, printed_entries
from ingest.records import BlockKind
from ingest.titles import settle

PAGES = [
    page(block(("1 The Sea", BOLD), kind=BlockKind.TITLE), text(200), number=1),
    page(block("Of ships"), text(200), block("Of boats and of other things", y=400), number=2),
]


def test_entries_are_found_with_or_without_their_numbers() -> None:
    found = match_outline([Entry(1, "The sea", 1), Entry(2, "1.1 Of ships", 2), Entry(1, "Nowhere", 2)], PAGES)
    assert found.depths == {(0, 0): 1, (1, 0): 2}
    assert (found.found, found.entries, found.agrees) == (2, 3, True)


def test_an_entry_does_not_match_a_longer_text_nor_another_page() -> None:
    found = match_outline([Entry(1, "Of", 2), Entry(1, "The Sea", 2), Entry(1, "The Sea", 9)], PAGES)
    assert not found.depths and not found.agrees


def test_of_two_equal_entries_each_has_a_place_of_its_own() -> None:
    twice = [page(block(("Charging", BOLD)), block(("Charging", BOLD), y=400))]
    assert match_outline([Entry(1, "Charging", 1), Entry(2, "Charging", 1)], twice).depths == {(0, 0): 1, (0, 1): 2}


def test_entries_that_are_printed_make_headings_at_their_depth() -> None:
    settled = settle(PAGES, [Entry(1, "1 The Sea", 1), Entry(2, "Of ships", 2)])
    assert [(b.kind, b.level) for b in settled[1].blocks][:2] == [(BlockKind.TITLE, 2), (BlockKind.TEXT, 0)]


def test_an_outline_that_is_not_printed_is_reported_and_left() -> None:
    settled = settle(
        PAGES, [Entry(3, "1 The Sea", 1), Entry(1, "a.pdf", 1), Entry(1, "b.pdf", 2), Entry(1, "c.pdf", 2)]
    )
    assert settled[0].blocks[0].level == 1
    assert settled[0].report.notes == ("1 of the outline's 4 entries stand on their pages; its depths are not used",)


def test_printed_entries_make_headings_on_later_pages() -> None:
    listed = [
        block(f"{name} ........ {n}", y=100 + 20 * n, kind=BlockKind.LIST)
        for n, name in enumerate(("Of ships", "Of boats", "Of rafts"), 2)
    ]
    contents = page(block(("Contents", BOLD), kind=BlockKind.TITLE), *listed, number=1)
    pages = [contents, PAGES[1]]
    assert match_printed(printed_entries(pages), pages) == {(1, 0)}
    assert settle(pages)[1].blocks[0].kind is BlockKind.TITLE


@pytest.mark.parametrize(
    "stated",
    [
        None,
        {},
        [[1, "a"]],
        [["1", "a", 1]],
        [[True, "a", 1]],
        [[0, "a", 1]],
        [[9, "a", 1]],
        [[1, "a", 3]],
        [[1, "\ud800", 1]],
        [[1, "a" * 201, 1]],
        [[1, "a", 1]] * 2001,
    ],
)
def test_what_a_child_states_is_checked(stated: object) -> None:
    with pytest.raises(ValueError):
        entries(stated, 2)
    assert entries([[1, "a", 2]], 2) == (Entry(1, "a", 2),)


def test_a_chapter_s_own_list_of_contents_is_no_heading() -> None:
    names = ("Of ships", "Of boats", "Of rafts")
    listed = [block(f"{name} ........ {n}", y=100 + 20 * n, kind=BlockKind.LIST) for n, name in enumerate(names, 2)]
    contents = page(block(("Contents", BOLD), kind=BlockKind.TITLE), *listed, number=1)
    chapter = page(*[block(name, y=100 + 20 * n) for n, name in enumerate(names)], text(300), number=2)
    assert match_printed(printed_entries([contents]), [contents, chapter]) == set()
    headed = page(block(("Of ships", BOLD), kind=BlockKind.TITLE), text(200), number=3)
    assert match_printed(printed_entries([contents]), [contents, PAGES[1], headed]) == set()
