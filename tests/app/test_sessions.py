from __future__ import annotations

from app.ui.sessions import Sessions


def test_a_page_finds_its_session_again_and_the_one_not_seen_for_longest_goes() -> None:
    sessions = Sessions(most=2)
    first, second = sessions.of("a"), sessions.of("b")
    assert first is not second
    assert sessions.of("a") is first
    sessions.of("c")
    assert sessions.of("a") is first
    assert sessions.of("b") is not second
