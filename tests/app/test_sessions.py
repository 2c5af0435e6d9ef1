from __future__ import annotations

from collections.abc import Iterator

from app.stream import Asks
from app.ui.coming import Coming
from app.ui.sessions import Sessions
from app.ui.turn import Turn


def test_a_page_finds_its_session_again_and_the_one_not_seen_for_longest_goes() -> None:
    sessions = Sessions(most=2)
    first, second = sessions.of("a"), sessions.of("b")
    assert first is not second
    assert sessions.of("a") is first
    sessions.of("c")
    assert sessions.of("a") is first
    assert sessions.of("b") is not second


def test_an_answer_goes_on_while_any_page_that_looks_at_it_is_open() -> None:
    def endless() -> Iterator[int]:
        while True:
            yield 1

    feed = Asks(1).open(endless)
    coming = Coming(Turn("Is it?"), feed, lambda event: None)
    sessions = Sessions(most=2)
    sessions.of("a").coming = sessions.of("b").coming = coming
    sessions.of("c")
    assert not feed.given_up
    assert not coming.go_on()
    sessions.of("d")
    assert feed.given_up
