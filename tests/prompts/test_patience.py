"""Retries and the circuit breaker, on a clock that the test turns."""

import random

import pytest
from fakes import Shelf, scripted

from ingest.errors import OtherSide
from prompts.answers import AnswerDone
from prompts.chat_model import ChatModel, TimedOut
from prompts.patience import Breaker, Patience
from prompts.strategies import answer

GONE = OtherSide("gone", retryable=True)
REFUSED = OtherSide("refused", retryable=False)
SILENT = TimedOut("silent", retryable=True)


def model(*replies: object, tries: int = 3, breaker: Breaker | None = None) -> tuple[ChatModel, list[float]]:
    slept: list[float] = []
    patience = Patience(tries, sleep=slept.append, draw=lambda low, high: high)
    chat = scripted(*replies).chat
    return ChatModel(chat, "m", 8192, says_end=True, patience=patience, breaker=breaker or Breaker()), slept


def text_of(one: ChatModel) -> str:
    return "".join(one.write("Say it.", 100))


def test_a_call_that_fails_before_its_first_word_is_made_again() -> None:
    one, slept = model(GONE, GONE, "At last.")
    assert text_of(one) == "At last."
    assert slept == [0.5, 1.0]


def test_it_is_given_up_in_the_end() -> None:
    one, slept = model(GONE, tries=4)
    with pytest.raises(OtherSide, match="gone"):
        text_of(one)
    assert slept == [0.5, 1.0, 2.0] and len(one.chat.prompts) == 4


@pytest.mark.parametrize("error", [REFUSED, SILENT, ("Half a", GONE)])
def test_what_is_not_tried_again(error: object) -> None:
    one, slept = model(error, "Never asked.")
    with pytest.raises(OtherSide):
        text_of(one)
    assert slept == [] and len(one.chat.prompts) == 1


def test_waits_are_drawn_between_nothing_and_the_bound() -> None:
    waits = list(Patience(6, first=0.5, longest=3.0, draw=random.Random(1).uniform).waits())
    assert len(waits) == 5
    assert all(0 <= wait <= bound for wait, bound in zip(waits, (0.5, 1, 2, 3, 3), strict=True))


def test_a_server_that_keeps_failing_is_left_alone_for_a_while() -> None:
    now = [0.0]
    breaker = Breaker(most=2, rest=10.0, clock=lambda: now[0])
    one, _ = model(GONE, GONE, GONE, "Back.", tries=1, breaker=breaker)
    for _ in range(2):
        with pytest.raises(OtherSide, match="gone"):
            text_of(one)
    with pytest.raises(OtherSide, match="failed 2 times in a row and is left alone for 10 s"):
        text_of(one)
    assert len(one.chat.prompts) == 2
    now[0] = 11.0
    with pytest.raises(OtherSide, match="gone"):  # the one call that tries
        text_of(one)
    with pytest.raises(OtherSide, match="left alone"):
        text_of(one)
    now[0] = 22.0
    assert text_of(one) == text_of(one) == "Back."


def test_an_open_circuit_answers_in_quotes() -> None:
    shelf = Shelf()
    breaker = Breaker(most=1, rest=60.0, clock=lambda: 0.0)
    breaker.failed()
    one, _ = model("Never asked.", breaker=breaker)
    events = list(answer("What happened to revenue?", [shelf.hit("Revenue rose by 12%.")], "stuff", one, shelf.page_of))
    assert isinstance(events[-1], AnswerDone) and events[-1].answer.strategy == "extractive"
    assert "left alone" in events[-1].answer.notes[0]


def test_a_server_that_knows_no_log_probabilities_is_asked_without() -> None:
    one, _ = model(OtherSide("unknown parameter logprobs", retryable=False), "Plain.")
    assert "".join(one.write("Say it.", 100, logprobs=True)) == "Plain."
    assert ["logprobs" in options for options in one.chat.options] == [True, False]
