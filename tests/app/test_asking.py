"""A question that is asked of some pages only: no strategy reads or cites another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import scripted, text_block
from made_words import PlainEmbedder

from app.asking import Asking, AskOptions
from ingest.chunking import chunk_pages
from ingest.records import Content, Document, Page, State
from ingest.store import Keys, Library
from prompts.answers import AnswerDone
from prompts.render import Prompts
from prompts.strategies import STRATEGIES
from prompts.summaries import Summaries
from retrieval.scope import Scope
from retrieval.search import Searcher

PAGES = 12
ASKED = ((4, 5),)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def book(library: Library) -> Document:
    """Each page says what fare holds on its own line; "Zone n" stands on page n alone."""
    document = library.add_document("book.pdf", "default", "local", "ab" * 32)
    texts = (f"Zone {number}: the fare of the ferry is {100 + number} euros a year." for number in range(1, PAGES + 1))
    pages = tuple(Page(number, 600, 800, (text_block(text),)) for number, text in enumerate(texts, 1))
    library.commit_words(document.id, Content(document.sha256, pages), chunk_pages("ab" * 32, pages), Keys("p", "c"))
    library.set_state(document.id, State.INDEXED)
    return library.document(document.id)


@pytest.fixture
def searcher(library: Library) -> Iterator[Searcher]:
    searcher = Searcher(library, PlainEmbedder())
    yield searcher
    searcher.close()


@pytest.mark.parametrize("question", ["What is the fare of the ferry?", "Summarise the fares of the ferry"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_keeps_to_the_pages_asked(
    library: Library, searcher: Searcher, book: Document, tmp_path: Path, strategy: str, question: str
) -> None:
    model = scripted("The fare of the ferry is 104 euros a year. [1]")
    asking = Asking(library, searcher, lambda: model, Summaries(tmp_path / "summaries"), AskOptions(Prompts()))
    *_, last = asking.ask(question, Scope((book,), {book.id: ASKED}), strategy)
    assert isinstance(last, AnswerDone)
    sent = "\n".join(model.chat.prompts)  # type: ignore[attr-defined]
    for number in range(1, PAGES + 1):
        assert f"Zone {number}:" not in sent or number in (4, 5)
    assert last.answer.citations and {one.page for one in last.answer.citations} <= {4, 5}
    assert {hit.chunk.page for hit in last.answer.hits} <= {4, 5}


def test_what_is_not_on_the_pages_asked_is_not_found(
    library: Library, searcher: Searcher, book: Document, tmp_path: Path
) -> None:
    asking = Asking(library, searcher, None, Summaries(tmp_path / "summaries"), AskOptions(Prompts()))
    *_, there = asking.ask("What is the fare in zone 9?", Scope((book,)), "extractive")
    *_, elsewhere = asking.ask("What is the fare in zone 9?", Scope((book,), {book.id: ASKED}), "extractive")
    assert isinstance(there, AnswerDone) and "109" in there.answer.text
    assert isinstance(elsewhere, AnswerDone) and "109" not in elsewhere.answer.text


def test_each_document_by_itself_keeps_to_its_pages(
    library: Library, searcher: Searcher, book: Document, tmp_path: Path
) -> None:
    asking = Asking(library, searcher, None, Summaries(tmp_path / "summaries"), AskOptions(Prompts()))
    (row,) = asking.each("What is the fare of the ferry?", Scope((book,), {book.id: ASKED}), "extractive")
    assert {one.page for one in row.answer.citations} <= {4, 5}
