"""What is kept of the documents asked is that of these very documents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from made_words import PlainEmbedder, put

from ingest.store import Library
from retrieval.asked import LastAsked, asked_of
from retrieval.search import Searcher


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def test_only_what_is_askable_is_asked(library: Library) -> None:
    document, waits = put(library, "a.pdf", "a"), library.add_document("b.pdf", "default", "local", "b" * 64)
    named = replace(document, id="c", name="年报.pdf")
    asked = asked_of([document, waits, named])
    assert asked.ids == (document.id, "c") and asked.scope == {document.id, "c"}
    assert asked.names == ("年报",)


def test_the_same_documents_are_looked_through_once(library: Library) -> None:
    for name in "abc":
        put(library, f"{name}.pdf", name)
    last = LastAsked()
    first = last.of(library.documents())
    assert last.of(library.documents()) is first
    assert last.of(library.documents()[:2]).ids == first.ids[:2]
    library.forget(first.ids[0])
    assert last.of(library.documents()).ids == first.ids[1:]


def test_a_list_that_changed_is_another(library: Library) -> None:
    documents = [put(library, "a.pdf", "a")]
    last = LastAsked()
    before = last.of(documents)
    documents.append(put(library, "b.pdf", "b"))
    assert before.ids == (documents[0].id,)
    assert last.of(documents).ids == tuple(one.id for one in documents)


def test_a_document_that_goes_while_its_list_is_held_is_found_no_more(library: Library) -> None:
    gone, kept = (put(library, f"{name}.pdf", "a ferry", embedder=PlainEmbedder()) for name in "ab")
    searcher, documents = Searcher(library, PlainEmbedder()), library.documents()
    assert {hit.document.id for hit in searcher.search("ferry", documents)} == {gone.id, kept.id}
    library.forget(gone.id)
    assert {hit.document.id for hit in searcher.search("ferry", documents)} == {kept.id}
