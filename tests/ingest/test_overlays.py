"""What a user did to chunks: it outlives a new reading, and nothing of it outlives its document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import whole_library
from fakes import text_block

from ingest.chunking import chunk_pages
from ingest.errors import NotFound
from ingest.overlays import Overlay
from ingest.records import Content, Document, Page
from ingest.store import Keys, Library

FERRY, BELL, FARE = "The ferry carries 22O passengers.", "The bell rings at dusk.", "The fare is four euros."


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def document(library: Library) -> Document:
    return whole_library.add(library, "ferry.pdf", FERRY, BELL, FARE)


def keep(library: Library, document: Document, ordinal: int, known: int | None = None, **values: object) -> None:
    (chunk,) = library.chunks(document.sha256, ordinals=[ordinal])
    library.overlays.keep(document.id, chunk, lambda one: replace(one, **values), known)  # type: ignore[arg-type]


def texts(library: Library, document: Document) -> list[str]:
    return [chunk.text for chunk in library.chunks_of(document)]


def read_anew(library: Library, document: Document, *pages: str) -> None:
    made = tuple(Page(number, 600, 800, (text_block(text),)) for number, text in enumerate(pages, 1))
    content = Content(document.sha256, made)
    library.commit_words(document.id, content, chunk_pages(document.sha256, made), Keys("other", "other"))


def test_a_chunk_is_left_out_corrected_and_annotated(library: Library, document: Document) -> None:
    before = library.position().sequence
    keep(library, document, 0, corrected=FERRY.replace("22O", "220"))
    keep(library, document, 1, excluded=True)
    keep(library, document, 2, note="Ask the harbour master.")
    first, last = library.chunks_of(document)
    assert (first.text, first.original) == ("The ferry carries 220 passengers.", FERRY)
    assert (last.text, last.note, last.ordinal) == (FARE, "Ask the harbour master.", 2)
    assert library.chunks_of(document, ordinals=[1]) == []
    assert [chunk.text for chunk in library.chunks(document.sha256)] == [FERRY, BELL, FARE]
    assert [change.action for change in library.changes_since(before)] == ["added"] * 3


def test_what_is_taken_back_is_gone(library: Library, document: Document) -> None:
    keep(library, document, 1, excluded=True, note="Why?")
    (one,) = library.overlays.of(document.id)
    keep(library, document, 1, known=one.id, excluded=False)
    assert library.overlays.of(document.id) == [Overlay(one.id, 2, 1, BELL, note="Why?")]
    keep(library, document, 1, known=one.id, note="")
    assert library.overlays.of(document.id) == [] and texts(library, document) == [FERRY, BELL, FARE]


def test_it_outlives_a_new_reading_that_cuts_chunks_otherwise_or_reads_a_letter_better(
    library: Library, document: Document
) -> None:
    keep(library, document, 0, note="Old boat.")
    keep(library, document, 2, excluded=True)
    read_anew(library, document, FERRY.replace("22O", "220"), f"{BELL} " * 60, FARE)
    assert len(library.chunks(document.sha256)) > 3
    chunks = library.chunks_of(document)
    assert chunks[0].note == "Old boat." and FARE not in [one.text for one in chunks]


def test_one_whose_place_is_gone_stays(library: Library, document: Document) -> None:
    keep(library, document, 1, excluded=True)
    read_anew(library, document, FERRY, "Nothing of the sort is said.", FARE)
    assert len(library.chunks_of(document)) == 3 and library.overlays.of(document.id)[0].original == BELL
    read_anew(library, document, FERRY, BELL, FARE)
    assert texts(library, document) == [FERRY, FARE]


def test_of_two_chunks_of_one_text_the_nearest_is_meant(library: Library) -> None:
    document = whole_library.add(library, "two.pdf", f"{BELL} " * 160)
    read = library.chunks(document.sha256)
    assert len(read) > 2 and read[0].text == read[1].text
    keep(library, document, 1, excluded=True)
    assert [one.ordinal for one in library.chunks_of(document)] == [one.ordinal for one in read if one.ordinal != 1]


def test_each_document_of_a_content_has_its_own(library: Library, document: Document) -> None:
    other = library.add_document("mine.pdf", "default", "somebody", document.sha256)
    library.commit_known(other.id, document.sha256)
    keep(library, document, 1, excluded=True)
    assert len(library.chunks_of(document)) == 2 and len(library.chunks_of(other)) == 3
    (one,) = library.overlays.of(document.id)
    with pytest.raises(NotFound):
        library.overlays.drop(other.id, one.id)


def test_it_goes_with_its_document(library: Library, document: Document) -> None:
    keep(library, document, 1, excluded=True)
    (chunk,) = library.chunks(document.sha256, ordinals=[0])
    library.forget(document.id)
    assert library.overlays.of(document.id) == []
    with pytest.raises(NotFound):
        library.overlays.keep(document.id, chunk, lambda one: replace(one, note="too late"), None)


def test_a_new_edition_of_the_file_takes_it_over(library: Library, document: Document) -> None:
    keep(library, document, 1, excluded=True)
    edition = library.add_document("ferry.pdf", "default", "local", "f" * 64, replaces=document.id)
    pages = tuple(Page(number, 600, 800, (text_block(text),)) for number, text in enumerate((FERRY, BELL), 1))
    content = Content("f" * 64, pages)
    library.commit_words(edition.id, content, chunk_pages("f" * 64, pages), Keys("parse", "chunk"))
    assert texts(library, library.document(edition.id)) == [FERRY]
