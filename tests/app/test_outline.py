from __future__ import annotations

from dataclasses import replace

from fakes import text_block

from app.outline import Heading, headings_of
from ingest.records import Block, BlockKind, Page


def title(text: str, level: int) -> Block:
    return replace(text_block(text, BlockKind.TITLE), level=level)


def pages_of(*pages: list[Block]) -> list[Page]:
    return [Page(number, 600, 800, tuple(blocks)) for number, blocks in enumerate(pages, 1)]


def test_the_text_of_a_heading_goes_on_to_the_next_that_is_no_deeper() -> None:
    text, head = text_block("text"), text_block("running head", BlockKind.FURNITURE)
    pages = pages_of(
        [title("1", 1), text],
        [text, title("1.1", 2), text],
        [head, title("2", 1), text],  # at the top of its page, below the running head
        [text],
        [text, title("3", 1)],
        [text],
    )
    assert headings_of(pages) == (
        Heading("1", 0, 1, 2),
        Heading("1.1", 1, 2, 2),
        Heading("2", 0, 3, 5),
        Heading("3", 0, 5, 6),
    )


def test_two_headings_at_the_top_of_a_page_each_have_that_page() -> None:
    pages = pages_of([title("A", 1), title("B", 1)], [title("C", 1)])
    assert headings_of(pages) == (Heading("A", 0, 1, 1), Heading("B", 0, 1, 1), Heading("C", 0, 2, 2))
    assert headings_of([]) == ()
