"""Search over chunks as their user has them: corrected, annotated, left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import made_library
import pytest

from ingest.embed import OnnxEmbedder
from ingest.records import Document
from ingest.store import Library
from retrieval.dense import DenseIndex
from retrieval.search import Searcher

SCAN = "The ferrv carries 22O passengors across the strait."
PAGES = (SCAN, "The bell rings at dusk over the harbour.", "Cats are mammals and so are whales.")


@pytest.fixture(scope="module")
def mini(cache: Path) -> OnnxEmbedder:
    return made_library.embedder(cache)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def document(library: Library, mini: OnnxEmbedder) -> Document:
    return made_library.add(library, mini, "notes.pdf", *PAGES)


def keep(library: Library, document: Document, ordinal: int, **values: object) -> None:
    (chunk,) = library.chunks(document.sha256, ordinals=[ordinal])
    library.overlays.keep(document.id, chunk, lambda one: replace(one, **values), None)  # type: ignore[arg-type]


def found(searcher: Searcher, library: Library, question: str) -> dict[int, set[str]]:
    """The ordinals found, each with the branches that did."""
    hits = searcher.search(question, library.documents())
    return {hit.chunk.ordinal: {by.branch for by in hit.found_by} for hit in hits}


def test_a_corrected_chunk_is_found_by_its_new_words_and_by_their_meaning(
    library: Library, mini: OnnxEmbedder, document: Document
) -> None:
    searcher = Searcher(library, mini)
    assert "words" not in found(searcher, library, "passengers")[0]
    keep(library, document, 0, corrected="The ferry carries 220 passengers across the strait.")
    assert "words" in found(searcher, library, "passengers")[0]
    assert "words" not in found(searcher, library, "passengors").get(0, set())
    hit, *_ = searcher.search("How many people may travel on the boat?", library.documents())
    assert hit.chunk.text.startswith("The ferry carries 220") and hit.chunk.original == SCAN


def test_the_vector_of_a_corrected_chunk_is_that_of_its_new_words(
    library: Library, mini: OnnxEmbedder, document: Document
) -> None:
    text = "Whales sing to each other under water."
    keep(library, document, 0, corrected=text)
    index = DenseIndex(library, mini)
    index.top_up()
    (nearest,) = index.recall(text, [document.id], 1)
    assert (nearest.ordinal, nearest.score) == (0, pytest.approx(1.0, abs=0.02))


def test_a_chunk_left_out_is_found_by_nothing(library: Library, mini: OnnxEmbedder, document: Document) -> None:
    searcher = Searcher(library, mini)
    for question in ("When does the bell ring?", "page 2"):
        assert 1 in found(searcher, library, question)
    keep(library, document, 1, excluded=True)
    for question in ("When does the bell ring?", "bell dusk harbour", "page 2"):
        assert 1 not in found(searcher, library, question)
    assert searcher.check() == []
    again = Searcher(library, mini)
    again.rebuild()
    assert 1 not in found(again, library, "bell dusk harbour") and again.check() == []


def test_a_note_is_found_and_stays_apart_from_the_text(
    library: Library, mini: OnnxEmbedder, document: Document
) -> None:
    searcher = Searcher(library, mini)
    keep(library, document, 2, note="Zoology: ask Wilhelmina.")
    (hit, *_) = searcher.search("Wilhelmina", library.documents())
    assert (hit.chunk.ordinal, hit.chunk.note, hit.chunk.text) == (2, "Zoology: ask Wilhelmina.", PAGES[2])
    (one,) = library.overlays.of(document.id)
    library.overlays.drop(document.id, one.id)
    assert 2 not in {n for n, by in found(searcher, library, "Wilhelmina").items() if "words" in by}
    assert searcher.check() == []


def test_a_document_all_of_whose_chunks_are_left_out_answers_nothing(
    library: Library, mini: OnnxEmbedder, document: Document
) -> None:
    searcher = Searcher(library, mini)
    for ordinal in range(3):
        keep(library, document, ordinal, excluded=True)
    assert searcher.search("When does the bell ring?", library.documents()) == []
    assert searcher.check() == []
