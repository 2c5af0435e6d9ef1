"""Rated questions asked again, and made to a question set, over a real library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import printed, refused
from made_pdfs import Made

from app.auth import LOCAL
from app.feedback import Difference, Side, ask_again
from app.service import Service
from app.settings import load_settings
from app.ui.turn import Turn
from app.ui.turn_record import kept
from app.wiring import build
from eval.datasets import load_set
from ingest.ratings import Rated, Rating

QUESTION = "How many passengers does the ferry carry?"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A library of two documents with one question asked and answered."""
    folder = tmp_path_factory.mktemp("feedback")
    Made(folder / "ferry.pdf").page("The ferry carries 220 passengers.").page("It sails at nine.").save()
    Made(folder / "lamp.pdf").page("The lamp burns for nineteen hours.").save()
    settings = load_settings(library=folder / "library")
    from app.cli import main

    assert main(["ingest", str(folder), "--library", str(settings.library)]) == 0
    service = build(settings)
    yield service
    service.close()


def library_of(service: Service) -> str:
    return str(service._library.folder)


def answered(service: Service, question: str, *documents: str) -> Turn:
    turn = Turn(question, asked_ids=documents)
    for event in service.ask(LOCAL, question, documents):
        turn.take(event)
    return turn


def rated(service: Service, turn: Turn, rating: Rating) -> Rated:
    """The turn, kept and rated as the page does."""
    conversation = service.conversations.keep(LOCAL.user, "", 0, kept(turn), turn.speaks_of())
    service.conversations.ratings.rate(LOCAL.user, conversation, 0, rating)
    return service.conversations.ratings.all(LOCAL.user)[-1]


def test_a_question_is_asked_again_of_the_same_documents_and_nothing_differs(service: Service) -> None:
    ferry = service.document(LOCAL, "ferry.pdf").id
    difference = ask_again(service, LOCAL, rated(service, answered(service, QUESTION, ferry), Rating(True)))
    assert difference.outcome == "same" and difference.after.pages == difference.before.pages != ()
    assert {place.document for place in difference.after.pages} == {"ferry.pdf"}


def test_an_answer_that_cites_the_right_page_now_is_better(service: Service) -> None:
    ferry, lamp = service.document(LOCAL, "ferry.pdf").id, service.document(LOCAL, "lamp.pdf").id
    wrong = replace(answered(service, "How long does the lamp burn?", lamp), asked=QUESTION, asked_ids=())
    difference = ask_again(service, LOCAL, rated(service, wrong, Rating(False, "place", "", ferry, 1)))
    assert (difference.outcome, difference.before.right, difference.after.right) == ("better", False, True)
    assert (difference.before.rank, difference.after.rank) == (None, 1)


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ((False, 4), (True, 4), "better"),
        ((True, 1), (False, 1), "worse"),
        ((False, None), (False, 9), "better"),
        ((True, 1), (True, 3), "worse"),
        ((True, 2), (True, 2), "same"),
    ],
)
def test_the_right_page_decides(before: tuple[bool, int], after: tuple[bool, int], outcome: str) -> None:
    sides = [Side("It carries 220.", False, (), right, rank) for right, rank in (before, after)]
    difference = Difference(Rated("r", "", QUESTION, "{}", Rating(False)), QUESTION, *sides)
    assert difference.outcome == outcome
    changed = replace(difference, after=replace(sides[1], answer="It carries 230."))
    assert changed.outcome == ("changed" if outcome == "same" else outcome)


def test_ratings_are_listed_asked_made_to_a_set_and_removed(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service.conversations.ratings.remove("local", [one.id for one in service.conversations.ratings.all("local")])
    library = ("--library", library_of(service))
    assert "no rating names a right page" in refused(
        capsys, "eval", "make", str(tmp_path / "set"), "--from-feedback", *library, code=1
    )
    ferry = service.document(LOCAL, "ferry.pdf").id
    turn = answered(service, QUESTION)
    first = rated(service, turn, Rating(True, "", "yes", ferry, 1))
    rated(service, turn, Rating(False, "incomplete", "", ferry, 2))
    rated(service, answered(service, "What is the capital of France?"), Rating(True))

    (listed,) = printed(capsys, "feedback", "list", *library)
    assert [one["good"] for one in listed] == [True, False, True]
    assert listed[0]["right_page"] == {"document": "ferry.pdf", "document_id": ferry, "page": 1}
    (asked,) = printed(capsys, "feedback", "ask", first.id, *library)
    assert (asked["same"], asked["asked"][0]["after"]["right"]) == (1, True)

    (made,) = printed(capsys, "eval", "make", str(tmp_path / "set"), "--from-feedback", *library)
    assert (made["questions"], made["documents"]) == (1, 1)
    (question,) = load_set(tmp_path / "set").questions
    assert (question.text, question.document, question.pages) == (QUESTION, "ferry.pdf", (1, 2))
    assert "220" in question.answer and [path.name for path in (tmp_path / "set" / "pdfs").iterdir()] == ["ferry.pdf"]
    run = ("--no-ingest", "--run", str(tmp_path / "run.jsonl"))
    printed(capsys, "eval", "retrieval", str(tmp_path / "set"), *library, *run)
    assert json.loads((tmp_path / "run.jsonl").read_text())["pages"][0] == ["ferry.pdf", 1]
    assert "holds a question set already" in refused(
        capsys, "eval", "make", str(tmp_path / "set"), "--from-feedback", *library, code=2
    )

    printed(capsys, "feedback", "remove", *(one["id"] for one in listed), *library)
    assert printed(capsys, "feedback", "list", *library) == [[]]
    assert "no rating" in refused(capsys, "feedback", "ask", first.id, *library, code=1)
