"""What a refusal says: what was looked for, what of it stands nowhere, what comes nearest."""

from collections.abc import Sequence

import pytest
from fakes import Shelf, scripted

from prompts.answers import Answer, AnswerDone, SentenceDone, Verdict
from prompts.request import Request
from prompts.strategies import run
from retrieval.hits import Hit


@pytest.fixture
def shelf() -> Shelf:
    return Shelf("charter.pdf")


@pytest.fixture
def hits(shelf: Shelf) -> list[Hit]:
    return [
        shelf.hit("The harbour opened in 1931. Ships pay a fee of 40 crowns."),
        shelf.hit("The pilot boards at the outer buoy."),
        shelf.hit("董事会由九名董事组成。公司设监事会。"),
    ]


def refuse(shelf: Shelf, hits: Sequence[Hit], question: str, elsewhere: Sequence[Hit] | None = None) -> Answer:
    """The refusal; `elsewhere` are what a further search finds, where one can be made."""
    search = None if elsewhere is None else (lambda text: elsewhere)
    *_, last = run(Request(question, tuple(hits), shelf.page_of, search=search), "extractive")
    assert isinstance(last, AnswerDone) and last.answer.refused
    return last.answer


def test_it_names_what_the_passages_lack_and_what_they_hold(shelf: Shelf, hits: list[Hit]) -> None:
    said = refuse(shelf, hits, "Which admiral inspected the pilot school of the harbour?")
    assert said.text == (
        "Nothing in these documents answers this. Not found in the passages found: “admiral inspected”, “school”. "
        "Found, but nothing that answers: “pilot”, “harbour”. These passages come nearest:"
    )
    assert [one.quote for one in said.citations] == [
        "The harbour opened in 1931.",
        "The pilot boards at the outer buoy.",
    ]
    assert all(one.verified for one in said.citations)
    assert [(one.citations, one.verdict) for one in said.sentences] == [((1, 2), Verdict.SUPPORTED)]


def test_a_year_that_stands_nowhere_is_named(shelf: Shelf, hits: list[Hit]) -> None:
    said = refuse(shelf, hits, "What fee did ships pay in 2035?")
    assert "Not found in the passages found: “2035”." in said.text
    assert "“1931”" not in said.text


def test_chinese_is_answered_in_chinese(shelf: Shelf, hits: list[Hit]) -> None:
    said = refuse(shelf, hits, "董事的年龄是多少？")
    assert said.text == (
        "这些文档中没有找到答案。检索到的段落中没有出现：“年龄”；出现过但没有答案：“董事”。最接近的段落："
    )
    assert [one.quote for one in said.citations] == ["董事会由九名董事组成。"]


def test_what_a_search_of_the_documents_finds_is_not_said_to_be_missing(shelf: Shelf, hits: list[Hit]) -> None:
    far = shelf.hit("An admiral came once.")
    said = refuse(shelf, hits, "Which admiral inspected the pilot school of the harbour?", elsewhere=[far])
    assert "Not found in these documents: “inspected”, “school”." in said.text
    assert "nothing that answers: “admiral”, “pilot”, “harbour”." in said.text


def test_a_question_of_which_nothing_stands_there_has_no_nearest_passages(shelf: Shelf, hits: list[Hit]) -> None:
    said = refuse(shelf, hits, "Where is Ouagadougou?", elsewhere=[])
    assert said.text == "Nothing in these documents answers this. Not found in these documents: “Ouagadougou”."
    assert not said.citations


def test_a_question_without_anything_to_look_for_is_refused_in_one_sentence(shelf: Shelf, hits: list[Hit]) -> None:
    assert refuse(shelf, hits, "What?").text == "Nothing in these documents answers this."


def test_a_model_that_finds_nothing_says_it_too_and_no_word_of_it_streams(shelf: Shelf, hits: list[Hit]) -> None:
    asked = Request("Who is the admiral?", tuple(hits), shelf.page_of, scripted("NOT_IN_DOCUMENTS"))
    events = list(run(asked, "stuff"))
    last = events[-1]
    assert isinstance(last, AnswerDone) and last.answer.refused
    assert last.answer.text.endswith("Not found in the passages found: “admiral”.")
    assert not any(isinstance(event, SentenceDone) for event in events)
