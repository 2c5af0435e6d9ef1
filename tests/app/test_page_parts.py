"""The parts of the page that need no browser: escaping, wording, what a session forgets."""

from __future__ import annotations

import pytest

from app.ui.markup import Markup, joined, tag
from app.ui.session import Session, Turn, rest_of
from app.ui.wording import language_of, state_words
from ingest.records import BBox, State
from prompts.answers import Citation, Sentence, SentenceDone, Token, Verdict


def test_data_is_escaped_and_markup_is_not() -> None:
    inner = tag("b", "<i>")
    assert inner == "<b>&lt;i&gt;</b>"
    assert tag("p", inner, "&", title='"', hidden=True, disabled=False, data_x=None) == (
        '<p title="&quot;" hidden><b>&lt;i&gt;</b>&amp;</p>'
    )
    assert joined("<", None, Markup("<br>")) == "&lt;<br>"


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("en-US,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-TW", "zh"),
        ("de-DE,de;q=0.9,zh;q=0.5", "zh"),
        ("de", "en"),
        ("", "en"),
    ],
)
def test_the_language_is_what_the_browser_asks_for_first(asked: str, language: str) -> None:
    assert language_of(asked) == language


@pytest.mark.parametrize("state", State)
def test_every_state_has_words_in_both_languages(state: State) -> None:
    english, chinese = state_words("en", state, 3, 1), state_words("zh", state, 3, 1)
    assert english
    assert chinese
    assert english != chinese


@pytest.mark.parametrize(
    ("draft", "sentence", "rest"),
    [
        ("It rose. [1] It fell", "It rose.", "It fell"),
        ("It rose [1, 2]. It fell", "It rose.", "It fell"),
        ("营业收入增长。[1]利润", "营业收入增长。", "利润"),
        ("Something else", "It rose.", ""),
    ],
)
def test_a_draft_loses_the_sentence_that_was_taken_from_it(draft: str, sentence: str, rest: str) -> None:
    assert rest_of(draft, sentence) == rest


def test_a_session_forgets_what_a_removed_document_said() -> None:
    citation = Citation(1, "a.pdf", "d1", 1, "1", "secret", ((1, BBox(0, 0, 1, 1)),), verified=True)
    turn = Turn("What?")
    turn.take(Token("secret"))
    turn.take(SentenceDone(Sentence("secret", (1,), Verdict.SUPPORTED), (citation,)))
    session = Session(turns=[turn], left_out={"d1", "d2"})
    assert session.cited(0, 1) is citation
    assert session.cited(7, 1) is None
    assert not session.keep_only({"d1", "d2"})
    assert session.keep_only({"d2"})
    assert (turn.status, turn.sentences, turn.citations, turn.draft) == ("removed", [], {}, "")
    assert session.left_out == {"d2"}
