"""Conversations in a library: kept, found, renamed, removed, and rid of what removed documents said."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.conversations import Kept
from ingest.errors import NotFound
from ingest.store import Library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


def added(library: Library, name: str) -> str:
    return library.add_document(name, "default", "me", "ab" * 32).id


def test_turns_come_back_in_their_order_and_the_first_question_is_the_title(library: Library) -> None:
    one = library.conversations.keep("me", "", 0, Kept("How  many?", "first"), [])
    assert library.conversations.keep("me", one, 1, Kept("And when?", "second"), []) == one
    library.conversations.keep("me", one, 1, Kept("And when?", "changed"), [])
    assert library.conversations.turns("me", one) == [Kept("How  many?", "first"), Kept("And when?", "changed")]
    (listed,) = library.conversations.find("me")
    assert (listed.id, listed.title) == (one, "How many?")


def test_the_last_to_go_on_comes_first_and_questions_are_searched(library: Library) -> None:
    kept = library.conversations
    one, two = (kept.keep("me", "", 0, Kept(text, "r"), []) for text in ("about 100% wool", "about ferries"))
    kept.keep("me", one, 1, Kept("渡轮几点出发？", "r"), [])
    assert [found.id for found in kept.find("me")] == [one, two]
    for text, found in [("FERRIES", [two]), ("渡轮", [one]), ("0%", [one]), ("%", [one]), ("_", [])]:
        assert [one.id for one in kept.find("me", text)] == found, text


def test_no_one_sees_or_touches_what_is_anothers(library: Library) -> None:
    kept = library.conversations
    one = kept.keep("me", "", 0, Kept("mine", "r"), [])
    assert kept.find("you") == []
    for act in (
        lambda: kept.turns("you", one),
        lambda: kept.title("you", one),
        lambda: kept.rename("you", one, "yours"),
        lambda: kept.remove("you", one),
        lambda: kept.keep("you", one, 0, Kept("yours", "r"), []),
    ):
        with pytest.raises(NotFound):
            act()
    assert kept.turns("me", one) == [Kept("mine", "r")]


def test_a_conversation_is_renamed_and_removed(library: Library) -> None:
    kept = library.conversations
    one = kept.keep("me", "", 0, Kept("q", "r"), [added(library, "a.pdf")])
    kept.rename("me", one, "  Ferry   times ")
    kept.rename("me", one, "  ")
    assert [found.title for found in kept.find("me")] == ["Ferry times"] == [kept.title("me", one)]
    kept.remove("me", one)
    assert kept.find("me") == []
    with pytest.raises(NotFound):
        kept.turns("me", one)


def test_a_removed_document_takes_what_it_said_along(library: Library) -> None:
    kept, first, second = library.conversations, added(library, "a.pdf"), added(library, "b.pdf")
    one = kept.keep("me", "", 0, Kept("both", "said by both"), [first, second])
    kept.keep("me", one, 1, Kept("second", "said by b"), [second])
    library.forget(first)
    assert kept.turns("me", one) == [Kept("both", None), Kept("second", "said by b")]
    kept.keep("me", one, 2, Kept("late", "of a document that is gone"), [first])
    assert kept.turns("me", one)[2] == Kept("late", None)
    files = b"".join(path.read_bytes() for path in library.folder.rglob("*") if path.is_file())
    assert b"said by b" in files
    assert library.scrub()
    files = b"".join(path.read_bytes() for path in library.folder.rglob("*") if path.is_file())
    assert b"said by both" not in files and b"said by b" in files
