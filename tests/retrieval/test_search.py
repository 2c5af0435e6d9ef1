from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from made_library import add, embedder
from made_words import PlainEmbedder, put
from numpy.typing import NDArray

from ingest.embed import OnnxEmbedder
from ingest.records import Document
from ingest.store import Library
from retrieval.dense import DenseIndex
from retrieval.explain import Trace
from retrieval.hits import PAGE_NAMED, Hit
from retrieval.ranker import Ranker
from retrieval.search import Searcher, SearchOptions
from retrieval.sparse import SparseIndex

FERRY = (
    "The vessel was built in 1994 and is painted white.",
    "A voyage over the strait lasts twenty-five minutes in calm weather.",
    "Spare part XK-4471 is kept in the harbour store.",
)
CHINESE = ("渡轮建造于1994年，可载客二百二十人。", "单程航行时间为二十五分钟。", "失物保管九十天，手续费二十元。")


@pytest.fixture(scope="module")
def mini(cache: Path) -> OnnxEmbedder:
    return embedder(cache)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def documents(library: Library, mini: OnnxEmbedder) -> list[Document]:
    return [add(library, mini, "ferry.pdf", *FERRY), add(library, mini, "渡轮.pdf", *CHINESE)]


def first(searcher: Searcher, question: str, documents: list[Document]) -> tuple[str, int, set[str]]:
    hit = searcher.search(question, documents)[0]
    return hit.document.name, hit.chunk.page, {found.branch for found in hit.found_by}


def test_each_branch_answers_what_only_it_can(library: Library, mini: OnnxEmbedder, documents: list[Document]) -> None:
    searcher = Searcher(library, mini)
    # no word in common with the page: only vectors can
    assert first(searcher, "How long does the boat trip take?", documents[:1]) == ("ferry.pdf", 2, {"vectors"})
    # a part number and Chinese, of which the embedder knows nothing: only words can
    assert {"words", "pages"} <= first(searcher, "XK-4471", documents)[2]
    assert first(searcher, "XK-4471", documents)[:2] == ("ferry.pdf", 3)
    assert first(searcher, "失物保管多少天？", documents) == ("渡轮.pdf", 3, {"words", "pages"})


class SlowEmbedder(PlainEmbedder):
    """So slow at questions that words are found, and looked at, before."""

    def encode_query(self, question: str) -> NDArray[np.float32]:
        time.sleep(0.3)
        return super().encode_query(question)


def test_pages_looked_at_before_the_vectors_are_there_rank_as_ever(library: Library) -> None:
    texts = ("the ferry leaves", "at eight", "the harbour office", "opens at noon", "a bell", "rings")
    for number in range(6):
        put(library, f"ferry {number}.pdf", *texts, embedder=PlainEmbedder())
    documents = library.documents()
    slow, quick = (Searcher(library, embedder) for embedder in (SlowEmbedder(), PlainEmbedder()))
    for question in ("When does ferry 3 leave?", "the office of the ferry"):
        recalled = slow.recall(question, documents)
        assert slow._looks_of(question, slow._asked.of(documents), {})._known
        assert slow.rank(question, recalled, documents) == quick.search(question, documents)


def test_a_branch_that_knows_nothing_is_left_out_and_said_so(
    library: Library, mini: OnnxEmbedder, documents: list[Document]
) -> None:
    trace = Trace()
    Searcher(library, mini).search("单程航行时间是多少", documents, trace=trace)
    assert trace.candidates["vectors"] == 0
    assert any("vectors left out" in note for note in trace.notes)


def test_a_scope_holds_only_its_documents(library: Library, mini: OnnxEmbedder, documents: list[Document]) -> None:
    searcher = Searcher(library, mini)
    for scope in ([documents[0]], [documents[1]]):
        hits = searcher.search("1994", scope)
        assert {hit.document.id for hit in hits} == {scope[0].id}
    assert {hit.document.name for hit in searcher.search("1994", documents)} == {"ferry.pdf", "渡轮.pdf"}


def test_in_one_document_its_name_does_not_count(library: Library, mini: OnnxEmbedder) -> None:
    pages = ("Lantern Lantern Lantern sells lamps.", "The dividend is 0.45 euros.", "Weather in the bay.")
    document = add(library, mini, "Lantern.pdf", *pages)
    index = SparseIndex(library)
    index.top_up()
    (best, *_) = index.branch("chunk").recall("Lantern dividend", [document.id], 3)
    assert best.ordinal == 1


def test_across_documents_the_name_counts(library: Library, mini: OnnxEmbedder) -> None:
    add(library, mini, "Adobe_2022.pdf", "Revenue was 17606 million.")
    add(library, mini, "Boeing_2022.pdf", "Revenue was 66608 million.")
    documents = library.documents()
    assert Searcher(library, mini).search("revenue of Boeing", documents)[0].document.name == "Boeing_2022.pdf"


def test_what_was_added_and_removed_shows_in_the_next_search(
    library: Library, mini: OnnxEmbedder, documents: list[Document]
) -> None:
    searcher = Searcher(library, mini)
    assert not searcher.search("pilot boat", [documents[1]])
    added = add(library, mini, "mooring.pdf", "Berth 14 is reserved for the pilot boat.")
    assert searcher.search("pilot boat", library.documents())[0].document.id == added.id
    library.forget(added.id)
    assert added.id not in {hit.document.id for hit in searcher.search("pilot boat", library.documents())}
    assert added.id not in {hit.document.id for hit in searcher.search("pilot boat", [*library.documents(), added])}


def test_two_indexes_over_one_library_see_each_others_work(library: Library, mini: OnnxEmbedder) -> None:
    first_index, second_index = SparseIndex(library), SparseIndex(library)
    first_index.top_up()
    second_index.top_up()
    document = add(library, mini, "a.pdf", "Berth fourteen.")
    first_index.top_up()
    second_index.top_up()
    assert [found.page for found in second_index.branch("page").recall("berth", [document.id], 3)] == [1]


def test_a_lost_or_damaged_index_is_built_anew(library: Library, mini: OnnxEmbedder, documents: list[Document]) -> None:
    Searcher(library, mini).top_up()
    folder = library.folder / "indexes"
    (folder / "bm25" / "state.json").write_text("{broken")
    assert first(Searcher(library, mini), "XK-4471", documents)[:2] == ("ferry.pdf", 3)
    shutil.rmtree(folder)
    assert first(Searcher(library, mini), "XK-4471", documents)[:2] == ("ferry.pdf", 3)


def test_dense_scores_are_the_cosines(library: Library, mini: OnnxEmbedder, documents: list[Document]) -> None:
    index = DenseIndex(library, mini)
    index.top_up()
    question = "How long is the ferry ride?"
    found = index.recall(question, [documents[0].id], 10)
    cosines = mini.encode(list(FERRY)) @ mini.encode([question])[0]
    assert [candidate.ordinal for candidate in found] == sorted(range(3), key=lambda i: -cosines[i])
    assert [candidate.score for candidate in found] == pytest.approx(sorted(cosines, reverse=True), abs=2e-3)


def test_vectors_of_another_embedder_are_not_mixed_in(
    library: Library, mini: OnnxEmbedder, documents: list[Document]
) -> None:
    class Other(OnnxEmbedder):
        def __init__(self) -> None:
            self.__dict__.update(mini.__dict__)
            self.identity = "another"

    index = DenseIndex(library, Other())
    index.top_up()
    assert index.recall("How long is the ferry ride?", [documents[0].id], 10) == []


def pages_of(hits: list[Hit], branch: str = PAGE_NAMED) -> list[tuple[str, int]]:
    return [(hit.document.name, hit.chunk.page) for hit in hits if any(by.branch == branch for by in hit.found_by)]


def test_the_passages_of_a_page_that_the_question_names_come_first(library: Library, mini: OnnxEmbedder) -> None:
    book = add(library, mini, "book.pdf", "Cover.", *FERRY, labels=("", "i", "1", "2"))
    trace = Trace()
    searcher = Searcher(library, mini)
    hits = searcher.search("When was the vessel built, and what does page 2 say?", [book], trace=trace)
    assert pages_of(hits) == [("book.pdf", 4)]
    assert [hit.chunk.page for hit in hits[:2]] == [4, 2]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert trace.pages == ["page 2 taken as the printed page 2 (4 of 4)"]
    assert pages_of(searcher.search("What is on page 4?", [book])) == [("book.pdf", 4)]  # none is so labelled


def test_a_page_that_two_documents_have_is_found_in_both(
    library: Library, mini: OnnxEmbedder, documents: list[Document]
) -> None:
    trace = Trace()
    hits = Searcher(library, mini).search("第 3 页说了什么？", documents, trace=trace)
    assert sorted(pages_of(hits)) == [("ferry.pdf", 3), ("渡轮.pdf", 3)]
    assert trace.pages == [
        "ferry.pdf: 第 3 页按文件页序理解（全文共 3 页）",
        "渡轮.pdf: 第 3 页按文件页序理解（全文共 3 页）",
    ]


def test_a_page_that_no_document_has_changes_nothing_and_is_said(
    library: Library, mini: OnnxEmbedder, documents: list[Document]
) -> None:
    trace = Trace()
    hits = Searcher(library, mini).search("When was it built, page 40?", documents[:1], trace=trace)
    assert not pages_of(hits) and hits
    assert trace.pages == ["there is no page 40: it has 3"]


BALANCE = (
    "Consolidated balance sheets\nCash and cash equivalents 310\nInventories 12\nTotal current assets 410\n"
    "Goodwill 55\nTotal current liabilities 205\nTotal assets 900\nTotal liabilities 300"
)
REPORT = ("Annual report of the ferry company.", "A letter to those who own shares: the year was good.", BALANCE)


def test_the_lexicon_finds_what_no_word_of_the_question_names(library: Library) -> None:
    report = put(library, "report.pdf", *REPORT)  # without vectors
    trace = Trace()
    (best, *_) = Searcher(library, PlainEmbedder()).search("Is the quick ratio sound?", [report], trace=trace)
    assert {found.branch for found in best.found_by} == {"expanded"}
    assert {"inventori", "liabil"} <= set(best.found_by[0].terms)
    assert "liabil" in trace.expansion.split()


def test_the_likeliest_documents_are_searched_on_their_own(library: Library, mini: OnnxEmbedder) -> None:
    for name in ("Adobe", "Boeing", "Costco", "Nike"):
        add(library, mini, f"{name}_2022.pdf", f"{name} sells things.", "The dividend is 3 a share.", "Weather.")
    documents = library.documents()
    options = SearchOptions(recalled=4)  # so few that the four pages with the name crowd the others out
    hits = Searcher(library, mini, options).search("dividend of Boeing", documents)
    found = {by.branch for by in hits[0].found_by}
    assert (hits[0].document.name, hits[0].chunk.page) == ("Boeing_2022.pdf", 2) and "focused" in found


def test_a_trace_says_what_the_reranker_changed(
    library: Library, mini: OnnxEmbedder, documents: list[Document]
) -> None:
    trace = Trace()
    hits = Searcher(library, mini).search("How long does a voyage over the strait last?", documents[:1], trace=trace)
    assert [page.after for page in trace.ranking] == list(range(1, len(trace.ranking) + 1))
    assert sorted(page.before for page in trace.ranking) == [page.after for page in trace.ranking]
    assert trace.ranking[0].page == hits[0].chunk.page == 2
    assert trace.ranking[0].reasons["pairs"] > 0
    assert sum(page.score for page in trace.ranking) == pytest.approx(1)


def test_a_page_gives_its_best_passage_before_another_page_and_its_others_after(
    library: Library, mini: OnnxEmbedder
) -> None:
    long = " ".join(f"The harbour has {n} lights along the quay." for n in range(40))
    book = add(library, mini, "book.pdf", long, "The harbour lights are lit at dusk.", "Weather.")
    hits = Searcher(library, mini).search("When are the harbour lights lit?", [book], k=20)
    assert [hit.chunk.page for hit in hits[:2]] == [2, 1]
    assert len({hit.chunk.id for hit in hits}) == len(hits) > 3


def test_a_ranker_of_ones_own_is_used(library: Library, mini: OnnxEmbedder) -> None:
    book = add(library, mini, "book.pdf", "Harbour lights red.", "Harbour lights green.", "Harbour lights white.")
    last_first = Ranker({"late": 9.0}, {"late": 9.0})
    searcher = Searcher(library, mini, ranker=last_first)
    assert [hit.chunk.page for hit in searcher.search("harbour lights", [book])] == [3, 2, 1]


def test_what_a_document_repeats_is_found_once(library: Library, mini: OnnxEmbedder) -> None:
    book = add(
        library, mini, "book.pdf", "Harbour lights are lit at dusk.", "Weather.", "HARBOUR lights are lit at dusk"
    )
    other = add(library, mini, "other.pdf", "Harbour lights are lit at dusk.")
    hits = Searcher(library, mini).search("When are the harbour lights lit?", [book, other], k=3)
    assert [(hit.document.id, hit.chunk.page) for hit in hits[:2]] in (
        [(book.id, 1), (other.id, 1)],
        [(other.id, 1), (book.id, 1)],
    )
    assert (book.id, 3) not in [(hit.document.id, hit.chunk.page) for hit in hits]


def test_closed_it_leaves_no_thread_behind(library: Library, mini: OnnxEmbedder, documents: list[Document]) -> None:
    before = set(threading.enumerate())
    searcher = Searcher(library, mini)
    searcher.search("How long does the boat trip take?", documents)
    assert set(threading.enumerate()) - before
    searcher.close()
    assert not set(threading.enumerate()) - before
