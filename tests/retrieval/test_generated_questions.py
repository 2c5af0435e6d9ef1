"""Search over chunks for which a model wrote questions: found by them, never quoted from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import made_library
import pytest

from ingest.embed import OnnxEmbedder
from ingest.generated import Written, passage_key
from ingest.records import Document
from ingest.store import Library
from retrieval.hits import QUESTIONS
from retrieval.search import Searcher

PAGES = (
    "Sodium chloride dissolves the rime within a quarter of an hour.",
    "The bell rings at dusk over the harbour.",
    "Cats are mammals and so are whales.",
)
SALT = ("How do I de-ice the windscreen?", "What melts frost on a windscreen?")
ASKED = "frost on the windscreen"


@pytest.fixture(scope="module")
def mini(cache: Path) -> OnnxEmbedder:
    return made_library.embedder(cache)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def document(library: Library, mini: OnnxEmbedder) -> Document:
    return made_library.add(library, mini, "notes.pdf", *PAGES)


def write(library: Library, document: Document, ordinal: int, *questions: str) -> None:
    (chunk,) = library.chunks(document.sha256, ordinals=[ordinal])
    written = {passage_key(chunk.section, chunk.text): Written("a model", questions)}
    library.questions.keep(document.id, written)


def test_a_chunk_is_found_by_a_question_whose_words_it_lacks(
    library: Library, mini: OnnxEmbedder, document: Document
) -> None:
    searcher = Searcher(library, mini)
    before = {hit.chunk.ordinal: {by.branch for by in hit.found_by} for hit in searcher.search(ASKED, [document])}
    assert before.get(0, set()) <= {"vectors"}
    write(library, document, 0, *SALT)
    hit, *others = searcher.search(ASKED, [document])
    assert (hit.chunk.ordinal, hit.chunk.text, hit.chunk.questions) == (0, PAGES[0], SALT)
    (by,) = [by for by in hit.found_by if by.branch == QUESTIONS]
    assert (by.rank, by.question, set(by.terms)) == (1, SALT[1], {"frost", "windscreen"})
    assert {one.branch for one in hit.found_by} <= {QUESTIONS, "vectors"}
    assert all(QUESTIONS not in {by.branch for by in other.found_by} for other in others)
    assert searcher.check() == []


def test_questions_go_with_what_they_were_written_from(
    library: Library, mini: OnnxEmbedder, document: Document
) -> None:
    searcher = Searcher(library, mini)
    write(library, document, 0, *SALT)
    assert searcher.search(ASKED, [document])[0].found_by[0].branch == QUESTIONS
    (chunk,) = library.chunks(document.sha256, ordinals=[0])
    library.overlays.keep(document.id, chunk, lambda one: replace(one, corrected="Salt melts the ice."), None)
    found = [by.branch for hit in searcher.search(ASKED, [document]) for by in hit.found_by]
    assert QUESTIONS not in found and searcher.check() == []


def test_questions_are_taken_back(library: Library, mini: OnnxEmbedder, document: Document) -> None:
    searcher = Searcher(library, mini)
    write(library, document, 0, *SALT)
    write(library, document, 1, "When is the harbour bell rung?")  # in the place of all before
    assert {page for page in library.questions.of(document.id)} == {
        passage_key(chunk.section, chunk.text) for chunk in library.chunks(document.sha256, ordinals=[1])
    }
    assert [one.questions for one in library.chunks_of(document)] == [(), ("When is the harbour bell rung?",), ()]
    assert all(by.branch != QUESTIONS for hit in searcher.search(ASKED, [document]) for by in hit.found_by)
    library.questions.remove(document.id)
    hits = searcher.search("When is the harbour bell rung?", [document])
    assert all(hit.chunk.questions == () for hit in hits) and searcher.check() == []
    searcher.purge()
    assert searcher.check() == []
