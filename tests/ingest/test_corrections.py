"""A chunk with a user's words: what was not changed keeps its place, what was says whose place it has."""

from __future__ import annotations

import pytest
from fakes import Shelf, table_block

from ingest.boxes import chunk_boxes
from ingest.corrections import corrected
from ingest.records import Chunk, spans_between

PROSE = "The ferry carries 22O passengers. It leaves at nine. The fare is 4 euros."


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def parts(chunk: Chunk) -> list[tuple[str, int | None]]:
    """Each span's text, and how many characters of the page it replaces."""
    return [(chunk.text[one.start : one.end], one.replaces) for one in chunk.spans]


def test_of_sentences_only_the_changed_one_is_the_users(shelf: Shelf) -> None:
    chunk = shelf.hit(PROSE).chunk
    changed = corrected(chunk, PROSE.replace("22O", "220"))
    assert parts(changed) == [
        ("The ferry carries 220 passengers.", 33),
        ("It leaves at nine.", None),
        ("The fare is 4 euros.", None),
    ]
    assert changed.original == PROSE and corrected(changed, changed.text) is changed
    page = shelf.pages[1]
    at = changed.text.index("220")
    ((number, box),) = chunk_boxes(changed, at, at + 3, lambda _: page)
    assert (number, box.x0, box.x1) == (1, 0, 33 * 6)  # the sentence as it stands on the page


def test_a_sentence_that_was_struck_out_has_no_place(shelf: Shelf) -> None:
    chunk = shelf.hit(PROSE).chunk
    changed = corrected(chunk, "The ferry carries 22O passengers. The fare is 4 euros.")
    assert parts(changed) == [("The ferry carries 22O passengers.", None), ("The fare is 4 euros.", None)]
    assert changed.original == PROSE


@pytest.mark.parametrize("where", ["before", "after"])
def test_what_was_added_is_no_word_of_the_page(shelf: Shelf, where: str) -> None:
    chunk = shelf.hit("It leaves. It comes.").chunk
    text = "Mind the gap. It leaves. It comes." if where == "before" else "It leaves. It comes. Mind the gap."
    told = parts(corrected(chunk, text))
    assert told == (
        [("Mind the gap.", 0), ("It leaves.", None), ("It comes.", None)]
        if where == "before"
        else [("It leaves.", None), ("It comes. Mind the gap.", 9)]
    )


def test_of_a_table_only_the_changed_cell_is_the_users(shelf: Shelf) -> None:
    chunk = shelf.hit(table_block([["", "2024", "2025"], ["Revenue", "52.9", "5B.3"]])).chunk
    changed = corrected(chunk, chunk.text.replace("5B.3", "58.3"))
    assert [one for one in parts(changed) if one[1] is not None] == [("58.3", 4)]
    (span,) = spans_between(changed, len(changed.text) - 4, len(changed.text))
    block = shelf.pages[1].blocks[0]
    assert block.text[span.block_start : span.block_end] == "5B.3"


def test_a_text_that_was_written_anew_has_the_place_of_all(shelf: Shelf) -> None:
    chunk = shelf.hit("It leaves. It comes.").chunk
    changed = corrected(chunk, "完全不同的文字")
    assert parts(changed) == [("完全不同的文字", 20)]
    assert corrected(chunk, "  ") is chunk
