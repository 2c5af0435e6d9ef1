"""Questions that a model wrote for chunks: they go with the words they were written from, and with the document."""

from __future__ import annotations

from pathlib import Path

import pytest
import whole_library
from fakes import text_block

from ingest.chunking import chunk_pages
from ingest.errors import NotFound
from ingest.generated import Written, passage_key
from ingest.records import Content, Document, Page
from ingest.store import Keys, Library

FERRY, BELL, FARE = "The ferry carries 220 passengers.", "The bell rings at dusk.", "The fare is four euros."


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def document(library: Library) -> Document:
    return whole_library.add(library, "ferry.pdf", FERRY, BELL, FARE)


def write(library: Library, document: Document) -> None:
    """A question for each of its chunks."""
    chunks = library.chunks_of(document)
    written = {passage_key(one.section, one.text): Written("m", (f"What of “{one.text}”?",)) for one in chunks}
    library.questions.keep(document.id, written)


def asked(library: Library, document: Document) -> list[tuple[str, ...]]:
    return [one.questions for one in library.chunks_of(library.document(document.id))]


def test_each_chunk_has_its_own_and_each_change_is_in_the_log(library: Library, document: Document) -> None:
    before = library.position().sequence
    write(library, document)
    assert asked(library, document) == [(f"What of “{text}”?",) for text in (FERRY, BELL, FARE)]
    (one,) = library.chunks_of(document, ordinals=[1])
    assert one.questions == (f"What of “{BELL}”?",) and one.text == BELL
    library.questions.remove(document.id)
    assert asked(library, document) == [(), (), ()]
    assert [change.action for change in library.changes_since(before)] == ["added", "added"]


def test_a_passage_under_other_headings_is_another() -> None:
    assert passage_key(("Fares",), FARE) != passage_key((), FARE) != passage_key((), f"Fares\n{FARE}")


def test_they_go_with_their_document(library: Library, document: Document) -> None:
    write(library, document)
    kept = library.questions.of(document.id)
    library.forget(document.id)
    assert library.questions.of(document.id) == {}
    with pytest.raises(NotFound, match="removed meanwhile"):
        library.questions.keep(document.id, kept)


def test_a_new_edition_takes_over_those_of_passages_that_still_stand(library: Library, document: Document) -> None:
    write(library, document)
    edition = library.add_document("ferry.pdf", "default", "local", "f" * 64, replaces=document.id)
    texts = (BELL, "The fare is five euros.")
    pages = tuple(Page(number, 600, 800, (text_block(text),)) for number, text in enumerate(texts, 1))
    library.commit_words(edition.id, Content("f" * 64, pages), chunk_pages("f" * 64, pages), Keys("parse", "chunk"))
    assert asked(library, edition) == [(f"What of “{BELL}”?",), ()]
    with library.database.reading() as db:
        assert db.execute("SELECT document FROM questions").fetchall() == [(edition.id,)]
