"""An answer beside one to the same question that was rated before, as markup."""

from __future__ import annotations

import pytest

from app.ui.rating_pane import rated_before
from app.ui.session import Session
from app.ui.turn import Turn
from ingest.ratings import Rating
from prompts.answers import Citation, Sentence, Verdict


def turn(page: int, *, said: str = "It is 5.", rating: Rating | None = None, question: str = "How many?") -> Turn:
    """An answer that cites a page of the document d."""
    citation = Citation(1, "<d>.pdf", "d", page, str(page), said, (), verified=True)
    sentence = Sentence(said, (1,), Verdict.SUPPORTED)
    return Turn(question, status="done", sentences=[sentence], citations={1: citation}, rating=rating)


RIGHT = Rating(False, "place", "", "d", 2)


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (
            turn(1, rating=RIGHT),
            turn(2),
            "nearer the right page. Cited then: &lt;d&gt;.pdf p. 1. Now: &lt;d&gt;.pdf p. 2.",
        ),
        (turn(2, rating=RIGHT), turn(1), "farther from the right page"),
        (turn(2, rating=RIGHT), turn(2), "it says the same"),
        (turn(2, rating=RIGHT), turn(2, said="It is 6."), "it says something else"),
    ],
)
def test_an_answer_is_set_beside_the_one_that_was_rated(before: Turn, now: Turn, said: str) -> None:
    shown = rated_before(Session(turns=[before, now]), 1, now)
    assert shown is not None and said in shown
    assert rated_before(Session(turns=[before, now], language="zh"), 1, now) not in (None, shown)


@pytest.mark.parametrize("before", [turn(1), turn(1, rating=RIGHT, question="How few?")])
def test_what_was_not_rated_or_asked_is_not_set_beside_it(before: Turn) -> None:
    assert rated_before(Session(turns=[before, turn(2)]), 1, turn(2)) is None
