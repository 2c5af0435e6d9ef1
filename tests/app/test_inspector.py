"""How an answer was made: what the search did and what was sent to models, shown as data and kept only so long."""

from __future__ import annotations

from dataclasses import replace

from fake_service import SAMPLE_ID, FakeService

from app.ui.conversation_pane import conversation_pane
from app.ui.details import passages
from app.ui.session import Session
from app.ui.turn import Turn
from app.ui.turn_record import kept, turn_of
from prompts.answers import AnswerDone
from retrieval.explain import RerankedPassage

SENT, CAME = "Answer &lt;b&gt;How?&lt;/b&gt; from &lt;passages&gt;", "&lt;think&gt;…&lt;/think&gt;Revenue rose"


def answered(question: str = "How?") -> Turn:
    turn = Turn(question)
    turn.take(AnswerDone(FakeService().answer(question)))
    return turn


def test_what_was_sent_is_shown_when_it_is_asked_for_and_never_as_markup() -> None:
    session = Session(turns=[answered(), answered()])
    assert "from &lt;passages&gt;" not in conversation_pane(session)
    session.inspected = 1
    shown = conversation_pane(session)
    assert shown.count(SENT) == shown.count(CAME) == 1
    assert 'data-key="1:0"' in shown and "<passages>" not in shown
    session.language = "zh"
    assert "输入 900 词元，输出 60 词元" in conversation_pane(session)


def test_what_the_search_did_is_told_branch_by_branch() -> None:
    shown = conversation_pane(Session(turns=[answered()]))
    assert '<th scope="row">words of passages</th><td>7</td><td>2.1 ms</td>' in shown
    assert "that the documents answer: 93%" in shown


def test_a_hit_says_what_the_ranking_and_the_reranker_made_of_it() -> None:
    turn = answered()
    assert turn.search is not None and turn.hits
    assert "page 4 → 1 (pairs +1.2, late -0.5)" in str(passages("en", 0, turn.hits, turn.search))
    trace = replace(turn.search, reranked=[RerankedPassage(SAMPLE_ID, 0, 3, 1, 0.876)])
    assert "重排 3 → 1（0.88）" in str(passages("zh", 0, turn.hits, trace))
    other = replace(trace, ranking=[], reranked=[RerankedPassage(SAMPLE_ID, 5, 3, 1, 0.876)])
    assert "moved" not in str(passages("en", 0, turn.hits, other))


def test_a_conversation_is_kept_without_what_was_sent() -> None:
    turn = answered()
    record = kept(turn)
    assert record.record is not None and "passages&gt;" not in record.record and "<passages>" not in record.record
    again = turn_of(record)
    assert again.status == "done" and again.search is None
    assert [(call.input_tokens, call.prompt) for call in again.ledger.entries] == [(900, "")]
    shown = conversation_pane(Session(turns=[again]))
    assert "kept for the last answers only" in shown and 'data-do="calls"' not in shown


def test_what_was_sent_is_forgotten_after_some_turns_and_when_a_document_goes() -> None:
    session = Session(present={"d1", "d2"})
    for number in range(7):
        session.add(answered(f"How {number}?"))
    assert [bool(turn.ledger.entries[0].prompt) for turn in session.turns] == [
        False,
        False,
        True,
        True,
        True,
        True,
        True,
    ]
    assert not session.keep_only({"d1", "d2", "d3"})
    assert session.turns[-1].ledger.entries[0].prompt
    assert not session.keep_only({"d1", "d3"})  # d2 is not cited; what was sent may hold its words all the same
    assert {turn.ledger.entries[0].prompt for turn in session.turns} == {""}
    assert session.turns[-1].ledger.calls == 1
