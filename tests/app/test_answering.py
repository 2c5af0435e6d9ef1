"""An answer on its way to an open page: begun, taken up at each look, stopped, left, kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from fake_service import FakeService

import app.stream
from app.auth import LOCAL
from app.stream import Asks
from app.ui.answering import Answering
from app.ui.session import SEARCH, Session
from app.ui.sessions import Sessions
from app.ui.turn import Turn
from app.ui.turn_record import turn_of
from app.ui.viewing import Viewing
from ingest.errors import OtherSide

QUESTION = "How did revenue develop in 2025?"


@pytest.fixture
def service() -> FakeService:
    return FakeService().with_sample()


@pytest.fixture
def sessions() -> Sessions:
    return Sessions()


@pytest.fixture
def answering(service: FakeService, sessions: Sessions) -> Answering:
    return Answering(service, Asks(2), LOCAL, Viewing(service, LOCAL), sessions)


def kept(service: FakeService, session: Session) -> int:
    return len(service.conversations.turns(LOCAL.user, session.conversation))


def to_the_end(answering: Answering, session: Session) -> None:
    for _ in range(1000):
        if session.coming is None:
            return
        answering.go_on(session)
    raise AssertionError("the answer never ended")


def test_a_fast_answer_is_whole_with_the_reply_to_its_question(service: FakeService, answering: Answering) -> None:
    session = Session()
    assert answering.begin(session, Turn(QUESTION))
    to_the_end(answering, session)
    (turn,) = session.turns
    assert (turn.status, len(turn.sentences), session.shown) == ("done", 3, (0, 1))
    assert kept(service, session) == 1


def test_one_answer_at_a_time(service: FakeService, answering: Answering) -> None:
    service.pause = 0.1
    session = Session()
    answering.begin(session, Turn(QUESTION))
    assert not answering.begin(session, Turn("And in 2024?"))
    assert not answering.begin(Session(), Turn(""))
    assert [turn.question for turn in session.turns] == [QUESTION]
    answering.stop(session)


def test_a_stopped_answer_keeps_what_came(service: FakeService, answering: Answering) -> None:
    service.pause = 0.05
    session = Session()
    answering.begin(session, Turn(QUESTION))
    while not session.turns[0].draft:
        answering.go_on(session)
    answering.stop(session)
    assert session.coming is None
    assert session.turns[0].status == "stopped"
    assert session.turns[0].draft
    assert kept(service, session) == 1
    answering.stop(session)  # there is none any more
    assert kept(service, session) == 1


def opened(service: FakeService, sessions: Sessions, page: str, conversation: str) -> Session:
    session = sessions.of(page)
    session.open(conversation, [turn_of(one) for one in service.conversations.turns(LOCAL.user, conversation)])
    return session


def test_a_page_that_is_loaded_anew_takes_up_the_answer_on_its_way(
    service: FakeService, answering: Answering, sessions: Sessions
) -> None:
    service.pause = 0.05
    left, other = sessions.of("left"), sessions.of("other")
    answering.begin(left, Turn(QUESTION))
    again = opened(service, sessions, "again", left.conversation)
    assert again.turns[0].status == "stopped"
    answering.join(again)
    answering.join(other)
    to_the_end(answering, again)
    assert (again.turns[0].status, len(again.turns[0].sentences), again.shown) == ("done", 3, (0, 1))
    assert other.turns == []
    assert answering.go_on(left)  # it went on without this page
    assert (left.coming, left.turns[0].status) == (None, "done")
    (record,) = service.conversations.turns(LOCAL.user, again.conversation)
    assert turn_of(record).status == "done"
    late = opened(service, sessions, "late", again.conversation)
    answering.join(late)
    assert (late.coming, late.turns[0].status) == (None, "done")


def test_an_answer_goes_on_where_another_page_looks_at_it(
    service: FakeService, answering: Answering, sessions: Sessions
) -> None:
    service.pause = 0.05
    first = sessions.of("first")
    answering.begin(first, Turn(QUESTION))
    second = opened(service, sessions, "second", first.conversation)
    answering.join(second)
    answering.leave(first)
    assert first.coming is None and second.turns[0].status == "asking"
    closed = opened(service, sessions, "closed", first.conversation)
    answering.join(closed)
    closed.seen -= 1000.0
    answering.leave(second)
    assert (second.coming, second.turns[0].status) == (None, "stopped")
    third = opened(service, sessions, "third", second.conversation)
    assert third.turns[0].status == "stopped"


def test_what_ends_an_answer_is_said_in_its_turn(service: FakeService, answering: Answering) -> None:
    service.fail = OtherSide("the model server does not answer", retryable=True, hint="is it running?")
    session = Session()
    answering.begin(session, Turn(QUESTION))
    to_the_end(answering, session)
    assert session.turns[0].status == "failed"
    assert session.turns[0].error == "the model server does not answer (is it running?)"
    assert kept(service, session) == 1


def test_without_documents_the_turn_says_so(service: FakeService, answering: Answering) -> None:
    service.library.clear()
    session = Session()
    answering.begin(session, Turn(QUESTION))
    assert (session.coming, session.turns[0].error) == (None, "Drop PDFs or pictures to begin")


def test_a_search_needs_no_second_look(answering: Answering) -> None:
    session = Session()
    answering.begin(session, Turn(QUESTION, SEARCH))
    assert session.coming is None
    assert session.turns[0].status == "done"
    assert session.turns[0].hits


def test_each_document_by_itself(service: FakeService, answering: Answering) -> None:
    session = Session()
    answering.begin(session, Turn(QUESTION, each=True))
    to_the_end(answering, session)
    assert (session.turns[0].status, len(session.turns[0].rows)) == ("done", 1)


def test_a_turn_that_a_removal_took_ends(service: FakeService, answering: Answering) -> None:
    service.pause = 0.05
    session = Session()
    answering.begin(session, Turn(QUESTION))
    session.turns[0].forget()
    time.sleep(0.5)  # words of the document wait to be taken
    answering.go_on(session)
    assert session.coming is None
    (turn,) = session.turns
    assert (turn.status, turn.draft, turn.sentences, turn.citations) == ("removed", "", [], {})


def test_two_looks_at_once_end_it_once(service: FakeService, answering: Answering) -> None:
    service.pause = 0.02
    session = Session()
    answering.begin(session, Turn(QUESTION))
    looks = [threading.Thread(target=to_the_end, args=(answering, session)) for _ in range(4)]
    for look in looks:
        look.start()
    for look in looks:
        look.join()
    assert session.turns[0].status == "done"
    assert len(service.conversations.find(LOCAL.user, "")) == 1


def test_to_a_reader_who_comes_back_too_late_an_answer_has_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.stream, "_PATIENCE", 0.1)
    monkeypatch.setattr(app.stream, "_LOOK", 0.02)

    def endless() -> Iterator[int]:
        while True:
            yield 1

    asks = Asks(1)
    feed = asks.open(endless)
    deadline = time.monotonic() + 30
    while not feed.given_up and time.monotonic() < deadline:
        time.sleep(0.01)
    waited = [event for event in feed.events(0.01) if event is not None]
    assert set(waited) == {1}
    with asks.place():  # the answer's place is free again
        pass
