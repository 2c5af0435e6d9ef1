"""Questions that a document suggests: which are made, and that each is answered from where it was made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import DATA
from fake_service import SAMPLE
from fakes import table_block, text_block
from made_words import PlainEmbedder

from app.asking import Asking, AskOptions
from app.outline import headings_of
from app.suggestions import Suggestion, suggested
from ingest.chunking import chunk_pages
from ingest.parse import ParseOptions
from ingest.records import Block, BlockKind, Page, State
from ingest.sandbox import parse_in_child
from ingest.store import Keys, Library
from prompts.answers import AnswerDone
from prompts.render import Prompts
from prompts.summaries import Summaries
from retrieval.scope import Scope
from retrieval.search import Searcher

SAYING = "The ferry leaves the northern quay every hour. The last boat of the day leaves at ten in the evening."
CHINESE = "渡轮每小时从北码头出发一次。当天的最后一班船在晚上十点出发。"


def title(text: str, level: int = 1) -> Block:
    return replace(text_block(text, BlockKind.TITLE), level=level)


def made_of(*pages: list[Block]) -> list[str]:
    made = [Page(number, 600, 800, tuple(blocks)) for number, blocks in enumerate(pages, 1)]
    return [one.question for one in suggested(headings_of(made), made)]


def test_a_section_of_one_page_is_asked_for_its_points_in_its_own_language() -> None:
    pages = [title("2. Sailing times"), text_block(SAYING)], [title("第一章 航行时间表"), text_block(CHINESE)]
    assert made_of(*pages) == ["What are the main points of “Sailing times”?", "“航行时间表”的要点是什么？"]


@pytest.mark.parametrize(
    "pages",
    [
        ([title("Sailing times"), text_block(SAYING)], [text_block(SAYING), title("Fares")]),  # it goes on
        ([title("Sailing times"), text_block("See page 4.")],),  # it says nothing
        ([title("References"), text_block(SAYING)],),
        ([title("Sailing times"), text_block(SAYING)], [title("Sailing times"), text_block(SAYING)]),
        ([title("Sailing times"), text_block(SAYING)], [title("Sailing"), text_block("No.")]),  # both would be asked
    ],
)
def test_a_heading_that_names_no_one_place_is_not_asked_for(pages: tuple[list[Block], ...]) -> None:
    assert made_of(*pages) == []


def test_a_table_is_asked_for_a_number_in_a_row_that_no_other_has() -> None:
    years = table_block(
        [["", "2024", "2025"], ["Total revenue", "1,200", "1,350"], ["Spare parts sold", "310", "(42)"]]
    )
    again = table_block([["", "2024"], ["Total revenue", "900"]])
    fares = table_block([["", "Single fare"], ["Car with driver", "31.50"]])
    chinese = table_block([["", "2024年"], ["营业收入合计", "5,830"]])
    assert made_of([years], [again], [fares], [chinese]) == [
        "What was Spare parts sold in 2024?",
        "How much is Car with driver (Single fare)?",
        "2024年的营业收入合计是多少？",
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [["", "2024"], ["1 January", "310"]],  # the label is no name
        [["", "2024"], ["Spare parts sold", "many"]],
        [["Year", "Signed in"], ["Spare parts sold", "2024"]],
        [["", "-"], ["Spare parts sold", "310"]],
    ],
)
def test_a_row_without_name_column_or_figure_is_not_asked_for(rows: list[list[str]]) -> None:
    assert made_of([table_block(rows)]) == []


def test_questions_come_from_all_over_a_document_half_of_them_from_tables() -> None:
    pages = [
        [
            title(f"Harbour {chr(65 + n)}{chr(97 + n) * 4}"),
            text_block(SAYING),
            table_block([["", "2024"], [f"Boats of {chr(97 + n) * 5}", "12"]]),
        ]
        for n in range(20)
    ]
    made = [Page(number, 600, 800, tuple(blocks)) for number, blocks in enumerate(pages, 1)]
    found = suggested(headings_of(made), made)
    assert [one.page for one in found] == [1, 1, 7, 7, 14, 14]
    assert sum(one.question.startswith("What was Boats") for one in found) == 3
    assert len(suggested((), made)) == 6  # without headings all of tables


@pytest.mark.parametrize(("name", "least"), [("english.pdf", 4), ("chinese.pdf", 2), (SAMPLE.name, 6)])
def test_each_question_is_answered_from_the_page_that_it_was_made_from(name: str, least: int, tmp_path: Path) -> None:
    path = SAMPLE if name == SAMPLE.name else DATA / name
    library = Library(tmp_path / "library")
    document = library.add_document(name, "default", "local", "ab" * 32)
    content = parse_in_child(path, document.sha256, ParseOptions())
    chunks = chunk_pages(document.sha256, content.pages)
    library.commit_words(document.id, content, chunks, Keys("p", "c"))
    library.set_state(document.id, State.INDEXED)
    document = library.document(document.id)
    searcher = Searcher(library, PlainEmbedder())
    asking = Asking(library, searcher, None, Summaries(tmp_path / "summaries"), AskOptions(Prompts()))

    def pages_cited(one: Suggestion) -> set[int]:
        *_, last = asking.ask(one.question, Scope((document,)), "extractive")
        assert isinstance(last, AnswerDone) and not last.answer.refused
        return {citation.page for citation in last.answer.citations}

    found = suggested(headings_of(content.pages), content.pages)
    assert len(found) >= least
    assert [one for one in found if one.page not in pages_cited(one)] == []
    searcher.close()
