"""What was sent to a model and what came back is kept with what the call cost, within bounds."""

from __future__ import annotations

from fakes import Shelf, scripted

from prompts.answers import AnswerDone, Ledger
from prompts.chat_model import MOST_KEPT, without_middle
from prompts.condense import Turn, condense
from prompts.render import Prompts
from prompts.request import Request
from prompts.strategies import run


def test_a_long_text_loses_its_middle() -> None:
    assert without_middle("abcdefgh", 8) == "abcdefgh"
    assert without_middle("abcdefghi", 8) == "abcd\n[… 1 …]\nfghi"


def test_a_call_keeps_its_prompt_and_the_reply_as_it_came() -> None:
    shelf = Shelf()
    hit = shelf.hit("The ferry was built in 1994.")
    model = scripted("<think>When? 1994.</think>It was built in 1994. [1]")
    *_, last = run(Request("When was the ferry built?", (hit,), shelf.page_of, model), "stuff")
    assert isinstance(last, AnswerDone)
    (call,) = last.answer.ledger.entries
    assert call.prompt == model.chat.prompts[0] and "The ferry was built in 1994." in call.prompt  # type: ignore[attr-defined]
    assert call.reply == "<think>When? 1994.</think>It was built in 1994. [1]"
    assert "think" not in last.answer.text


def test_what_is_kept_of_a_call_has_a_bound() -> None:
    model = scripted("y" * 2 * MOST_KEPT, pace=5000)
    reply = model.write("x" * 3 * MOST_KEPT, 10)
    assert len("".join(reply)) == 2 * MOST_KEPT
    (call,) = reply.ledger.entries
    assert len(call.prompt) < MOST_KEPT + 30 and len(call.reply) < MOST_KEPT + 30


def test_the_call_that_makes_a_follow_up_stand_alone_is_booked() -> None:
    booked: list[Ledger] = []
    history = [Turn("What was the revenue of Acme in 2020?", "It was 5.")]
    prompts = Prompts(fence="f")
    asked = condense("And in 2021?", history, scripted("What was it in 2021?"), prompts, booked.append)
    assert asked == "What was it in 2021?"
    assert [(one.calls, one.entries[0].reply) for one in booked] == [(1, "What was it in 2021?")]
    assert condense("When was it built, the ferry?", [], scripted("?"), prompts, booked.append) and len(booked) == 1
