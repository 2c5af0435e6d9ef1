from __future__ import annotations

from set_type import BOLD, LARGE, block, row, text

from ingest.contents import entry_title, find_contents, is_entry
from ingest.records import Block, BlockKind
from ingest.typography import block_of

HEADING = block(("Contents", LARGE), y=50, kind=BlockKind.TITLE)


def found(*blocks: Block) -> list[tuple[str, str]]:
    return [(made.kind.value, made.text) for made in find_contents(blocks) or ()]


def test_page_numbers_in_a_column_of_their_own_are_joined_to_their_lines() -> None:
    titles = block("Preface", "The sea", "The land", y=100)
    numbers = block("iii", "1", "12", x=400, y=100)
    assert found(HEADING, titles, numbers) == [
        ("title", "Contents"),
        ("list", "Preface iii"),
        ("list", "The sea 1"),
        ("list", "The land 12"),
    ]


def test_entries_are_no_headings_and_a_long_one_is_one() -> None:
    entries = [
        block(("PART ONE", BOLD), y=100, kind=BlockKind.TITLE),
        block("The sea, which is wide ........ 1", y=120),
        block("The land, of which more is said", "  in the next part ........ 12", y=140),
        block("The air ........ 20", y=170),
    ]
    assert [kind for kind, _ in found(HEADING, *entries)] == ["title", "list", "list", "list", "list"]


def test_without_a_heading_leaders_tell() -> None:
    lines = block(*[f"Chapter name ........ {n}" for n in range(5)], y=100)
    assert [words for _, words in found(lines)] == [f"Chapter name ........ {n}" for n in range(5)]
    assert not found(block(*[f"Chapter name ........ {n}" for n in range(4)], y=100))


def test_a_page_of_text_has_none() -> None:
    assert find_contents([text(100), text(200)]) is None
    assert find_contents([HEADING, text(100), block("in the year 1990", y=200), text(300)]) is None


def test_no_word_is_lost() -> None:
    blocks = [
        HEADING,
        block("The sea", "The land", "The air", y=100),
        block("1", "12", "20", x=400, y=100),
        block("7", x=300, y=780),
    ]
    made = find_contents(blocks)
    assert made is not None
    assert sorted(w for b in made for w in b.words) == sorted(w for b in blocks for w in b.words)


def test_what_an_entry_names() -> None:
    assert entry_title("1.1 The sea ........ 12") == "1.1 The sea"
    assert entry_title("第一章 释义……………… 5") == "第一章 释义"
    assert entry_title("The sea 12") == "The sea"
    assert entry_title("The sea") == ""
    assert is_entry("The sea ........ F-12") and not is_entry("The sea 12") and not is_entry("........ 12")


def test_a_line_of_many_dots_takes_no_time() -> None:
    line = block_of(BlockKind.TEXT, [row("a" + "." * 100_000 + "!", 50, 100)])
    assert find_contents([line] * 50) is None
