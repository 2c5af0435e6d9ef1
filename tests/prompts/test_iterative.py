"""Search again where the model is unsure, or the documents do not bear a sentence out."""

from collections.abc import Sequence

import pytest
from fakes import Shelf, scripted

from ingest.errors import OtherSide
from prompts.answers import Answer, AnswerDone, AnswerEvent, PlanMade, Step, Token, Verdict
from prompts.chat_model import ChatModel
from prompts.iterative import MOST_ROUNDS
from prompts.request import Request
from prompts.strategies import run
from retrieval.hits import Hit

GONE = OtherSide("gone", retryable=True)


class Desk:
    """Two passages found at once, and one that only a further search finds."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.hits = (self.shelf.hit("The ferry was built in 1994."), self.shelf.hit("The board has nine members."))
        self.hidden = self.shelf.hit("The harbour fund paid for the ferry.")
        self.searched: list[str] = []

    def search(self, text: str) -> Sequence[Hit]:
        self.searched.append(text)
        return [self.hidden, *self.hits]

    def ask(self, model: ChatModel, *, search: bool = True) -> list[AnswerEvent]:
        again = self.search if search else None
        request = Request("When was the ferry built, and who paid?", self.hits, self.shelf.page_of, model, search=again)
        return list(run(request, "iterative", fallback=False))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def done(events: list[AnswerEvent]) -> Answer:
    assert isinstance(events[-1], AnswerDone)
    return events[-1].answer


def test_a_sentence_that_is_borne_out_is_taken_without_a_further_search(desk: Desk) -> None:
    model = scripted("The ferry was built in 1994. [1]")
    events = desk.ask(model)
    assert isinstance(events[0], PlanMade) and events[0].calls == MOST_ROUNDS
    assert desk.searched == [] and len(model.chat.prompts) == 1
    assert done(events).text == "The ferry was built in 1994."


def test_a_sentence_that_nothing_bears_out_is_searched_for(desk: Desk) -> None:
    model = scripted(
        "The ferry was built in 1994. [1] Aliens from Mars financed everything secretly. [2]",
        "The harbour fund paid for the ferry. [3]",
    )
    events = desk.ask(model)
    result = done(events)
    assert desk.searched == ["Aliens from Mars financed everything secretly."]
    assert [(s.text, s.verdict) for s in result.sentences] == [
        ("The ferry was built in 1994.", Verdict.SUPPORTED),
        ("The harbour fund paid for the ferry.", Verdict.SUPPORTED),
    ]
    assert "The ferry was built in 1994. [1]\n</draft" in model.chat.prompts[1]
    assert "harbour fund" not in model.chat.prompts[0] and 'number="[3]"' in model.chat.prompts[1]
    (step,) = (event for event in events if isinstance(event, Step))
    assert step == Step("Round 1: searched again for “Aliens from Mars financed everything secretly.”", "report.pdf 3")
    assert "".join(event.text for event in events if isinstance(event, Token)).count("ferry") == 2
    assert {one.page for one in result.citations} == {1, 3} and result.ledger.calls == 2
    assert len(result.hits) == 3


def test_an_unlikely_token_is_doubted_and_left_out_of_the_search(desk: Desk) -> None:
    unsure = [
        ("The ferry", {"The ferry": 0.9}),
        (" was built in", {" was built in": 0.9}),
        (" 1994", {" 1994": 0.2, " 1995": 0.3}),
        (". [1]", {". [1]": 0.1}),
    ]
    model = scripted(unsure, "The ferry was built in 1994. [1]")
    result = done(desk.ask(model))
    assert desk.searched == ["The ferry was built in"]
    assert result.text == "The ferry was built in 1994." and model.chat.options[0]["logprobs"] is True


def test_rounds_end_and_what_is_left_is_shown_as_not_found(desk: Desk) -> None:
    found = iter([desk.shelf.hit(f"Note {n}.") for n in range(9)])
    desk.search = lambda text: [next(found)]  # type: ignore[method-assign]
    model = scripted("Aliens from Mars financed everything secretly. [1]")
    result = done(desk.ask(model))
    assert len(model.chat.prompts) == MOST_ROUNDS == len(result.steps) + 1
    assert [s.verdict for s in result.sentences] == [Verdict.NOT_FOUND]


def test_without_a_search_or_anything_new_the_answer_is_taken(desk: Desk) -> None:
    reply = "Aliens from Mars financed everything secretly. [1]"
    assert len(done(desk.ask(scripted(reply), search=False)).sentences) == 1
    desk.search = lambda text: desk.hits  # type: ignore[method-assign]
    model = scripted(reply)
    assert done(desk.ask(model)).steps == () and len(model.chat.prompts) == 1


def test_a_later_call_that_fails_leaves_what_was_taken(desk: Desk) -> None:
    model = scripted("The ferry was built in 1994. [1] Aliens from Mars financed everything secretly. [2]", GONE)
    result = done(desk.ask(model))
    assert not result.complete and result.text == "The ferry was built in 1994."
    with pytest.raises(OtherSide):
        desk.ask(scripted(GONE))


def test_nothing_found_is_a_refusal(desk: Desk) -> None:
    assert done(desk.ask(scripted("NOT_IN_DOCUMENTS"))).refused
