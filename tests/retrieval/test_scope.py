"""A question asked of some pages only: every branch looks there, and nowhere else, however good other pages are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_words import PlainEmbedder, put

from ingest.records import Content, Document, Page
from ingest.store import Keys, Library
from retrieval.dense import DenseIndex
from retrieval.explain import Trace
from retrieval.hits import PAGE_NAMED
from retrieval.parts import make_part, rows_of
from retrieval.scope import Pages, holds
from retrieval.search import Searcher
from retrieval.sparse import SparseIndex

PLAIN = PlainEmbedder()
LATE = 900  # the one page of a thousand that says little of what is asked


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def book(library: Library) -> Document:
    """Two chunks a page; all pages but the late one speak of the dividend again and again."""
    texts = [f"dividend dividend dividend aa page{n // 2 + 1}" for n in range(2000)]
    texts[2 * LATE - 2] = "a few words, and among many others the dividend, b"
    texts[2 * LATE - 1] = "weather"
    return put(library, "book.pdf", *texts, embedder=PLAIN)


def test_a_page_is_in_a_scope_that_has_its_document_whole_or_its_number() -> None:
    pages: Pages = {"a": ((2, 3), (7, 7))}
    assert [number for number in range(1, 9) if holds(pages, "a", number)] == [2, 3, 7]
    assert holds(pages, "b", 1)


def test_the_best_page_within_the_pages_asked_is_found_however_far_down_it_is(library: Library, book: Document) -> None:
    searcher = Searcher(library, PLAIN)
    everywhere = searcher.recall("dividend", [book])
    assert LATE not in {one.page for found in everywhere.values() for one in found}
    trace = Trace()
    hits = searcher.search("dividend", [book], pages={book.id: ((LATE, LATE),)}, trace=trace)
    assert {hit.chunk.page for hit in hits} == {LATE}
    assert {by.branch for by in hits[0].found_by} == {"words", "pages", "vectors"}
    assert trace.candidates["words"] == 1


def test_no_branch_leaves_the_pages_asked(library: Library, book: Document) -> None:
    other = put(library, "other.pdf", "dividend b", "dividend", "weather", "dividend d", embedder=PLAIN)
    searcher = Searcher(library, PLAIN)
    pages: Pages = {book.id: ((10, 12), (LATE, LATE)), other.id: ((2, 2),)}
    recalled = searcher.recall("dividend b", [book, other], pages=pages, also=["dividend d"])
    for branch in ("words", "pages", "vectors", "otherwise"):
        found = {(one.document_id, one.page) for one in recalled[branch]}
        assert found and found <= {(book.id, 10), (book.id, 11), (book.id, 12), (book.id, LATE), (other.id, 2)}
    whole = searcher.recall("dividend b", [book, other], pages={book.id: ((LATE, LATE),)})
    assert {one.page for one in whole["words"] if one.document_id == other.id} == {1, 2}


def test_all_pages_named_are_the_document_whole(library: Library, book: Document) -> None:
    put(library, "other.pdf", "dividend", embedder=PLAIN)
    searcher = Searcher(library, PLAIN)
    for question in ("dividend b", "page77"):
        plain = searcher.search(question, [book])
        named = searcher.search(question, [book], pages={book.id: ((1, 400), (401, 1000))})
        assert [(hit.chunk.id, hit.score) for hit in named] == [(hit.chunk.id, hit.score) for hit in plain]


def test_terms_weigh_by_their_rarity_on_the_pages_asked(library: Library) -> None:
    document = put(library, "a.pdf", "common rare", "x", "common common", "y", "common", "z")
    index = SparseIndex(library)
    index.top_up()
    everywhere = index.idf(["common", "rare"], [document.id])
    there = index.idf(["common", "rare"], [document.id], {document.id: ((1, 1),)})
    assert everywhere["rare"] > everywhere["common"]
    assert there["rare"] == there["common"]


def test_vectors_of_the_pages_asked_are_the_nearest_there(library: Library) -> None:
    documents = [put(library, f"{n}.pdf", "ab", "b", "abb", "a", "bbb", "c", embedder=PLAIN) for n in range(3)]
    pages: Pages = {documents[0].id: ((2, 3),), documents[2].id: ((3, 9),)}
    ids = [document.id for document in documents]
    for part_rows in (4, 100_000):
        index = DenseIndex(library, PLAIN, part_rows=part_rows)
        index.top_up()
        everywhere = index.recall("b", ids, 100)
        there = [one for one in everywhere if holds(pages, one.document_id, one.page)]
        assert 0 < len(there) < len(everywhere)
        for k in (1, 3, 100):
            assert index.recall("b", ids, k, pages=pages) == there[:k]


def test_a_part_without_a_row_on_the_pages_asked_gives_none() -> None:
    part = make_part([("a", rows_of(np.eye(8, dtype=np.float16), [1] * 8))])
    assert len(part.nearest(PLAIN.encode_query("a"), {"a"}, 3, {"a": ((2, 5),)}).rows) == 0


def test_a_page_that_the_question_names_must_be_among_those_asked(library: Library, book: Document) -> None:
    searcher, trace = Searcher(library, PLAIN), Trace()
    read = Content(book.sha256, tuple(Page(number, 600, 800, ()) for number in range(1, 1001)))
    library.commit_words(book.id, read, library.chunks(book.sha256), Keys("p", "c"))
    pages: Pages = {book.id: ((10, 12),)}
    hits = searcher.search("What is the dividend on page 11 and on page 500?", [book], pages=pages, trace=trace)
    named = {hit.chunk.page for hit in hits if any(by.branch == PAGE_NAMED for by in hit.found_by)}
    assert named == {11}
    assert {hit.chunk.page for hit in hits} <= {10, 11, 12}
    assert trace.pages[-1] == "a page that the question names is not among the pages that are asked"
