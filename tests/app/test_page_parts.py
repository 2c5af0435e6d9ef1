"""The parts of the page that need no browser: escaping, wording, what a session forgets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_service import FakeService, document

from app.answer_json import citation_json
from app.auth import LOCAL
from app.outline import Heading, Table
from app.overview import Overview
from app.page_words import grade_words, page_words, reason_words
from app.ui.conversation_pane import conversation_pane
from app.ui.documents_pane import documents_pane
from app.ui.list_filter import ListFilter
from app.ui.markup import Markup, joined, tag
from app.ui.overview_pane import overview_pane
from app.ui.session import Session
from app.ui.turn import Turn, rest_of
from app.ui.viewer_pane import viewer_pane
from app.ui.wording import language_of, state_words
from app.viewer import PageView
from ingest.grades import Grade, Reason
from ingest.records import BBox, Block, BlockKind, Chunk, Document, Page, Span, State, Word
from prompts.answers import (
    Answer,
    AnswerDone,
    Citation,
    HitsFound,
    PlanMade,
    Sentence,
    SentenceDone,
    Step,
    Token,
    Verdict,
)
from prompts.condense import Turn as Asked
from retrieval.hits import Hit


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
    for askable in (False, True):
        one = Document("d", "a.pdf", "default", "local", "sha", state, pages=3, pages_done=1, askable=askable)
        english, chinese = state_words("en", one), state_words("zh", one)
        assert english
        assert chinese
        assert english != chinese


@pytest.mark.parametrize(
    ("state", "done", "reason", "said"),
    [
        (State.WORDS_READY, 1, "", "searchable, reading pictures: 1/3 pages"),
        (State.WORDS_READY, 3, "", "searchable, embedding…"),
        (State.PARSING, 1, "", "searchable, reading anew: 1/3 pages"),
        (State.INDEXED, 1, "", "indexed 3 pages, pictures on 2 still to be read"),
        (State.INDEXED, 3, "", "indexed 3 pages"),
        (State.WAITING, 3, "", "searchable, waiting to be read anew"),
        (
            State.INDEXED_PARTIAL,
            3,
            "1 pages were not read: 2 (x)",
            "indexed 3 pages, not all of it · 1 pages were not read: 2 (x)",
        ),
        (State.CRASHED, 1, "it died", "it died · still searchable as before"),
    ],
)
def test_what_is_said_of_a_document_that_can_be_asked(state: State, done: int, reason: str, said: str) -> None:
    one = Document("d", "a.pdf", "default", "local", "sha", state, reason, pages=3, pages_done=done, askable=True)
    pane = documents_pane(Session(), [one])
    assert f">{said}</span>" in pane
    assert 'class="document askable"' in pane
    bar = f'<progress max="3" value="{done}">'
    assert (bar in pane) == ((state.in_progress or state is State.INDEXED) and done < 3)


@pytest.mark.parametrize(
    ("number", "label", "english", "chinese"),
    [
        (56, "F-12", "p. F-12 (56)", "第 F-12 页（56）"),
        (56, "56", "p. 56", "第 56 页"),
        (3, "", "p. 3", "第 3 页"),
    ],
)
def test_a_page_is_named_by_what_is_printed_on_it(number: int, label: str, english: str, chinese: str) -> None:
    assert (page_words("en", number, label), page_words("zh", number, label)) == (english, chinese)


def test_every_reason_and_grade_has_words_in_both_languages() -> None:
    keys = ("missing", "garbled", "unread", "unsure", "tables", "patched", "plain")
    for said in [
        *((grade_words("en", grade), grade_words("zh", grade)) for grade in Grade),
        *(tuple(reason_words(language, Reason(key, Grade.POOR, 0.5)) for language in ("en", "zh")) for key in keys),
    ]:
        assert all(said) and len(set(said)) == 2
    assert reason_words("en", Reason("missing", Grade.POOR, 0.254)) == "25% of its text is missing"
    assert reason_words("zh", Reason("tables", Grade.DOUBTFUL, 2)) == "有 2 个表格可能不准确"


def test_the_viewer_says_where_a_page_was_not_read_well() -> None:
    view = PageView("d", "a.pdf", 56, 180, "F-12", 600, 800)
    doubtful = replace(view, reasons=(Reason("plain", Grade.DOUBTFUL),))
    assert "<figcaption>p. F-12 (56)<span" in viewer_pane(Session(views=(view,)))
    shown = viewer_pane(Session(views=(doubtful,), language="zh"))
    assert "第 F-12 页（56）<span" in shown and "存疑" in shown and 'title="未能分析版面' in shown


def test_the_viewer_says_what_a_page_was_read_from_and_offers_to_read_it_again() -> None:
    view = PageView("d", "a.pdf", 3, 9, "3", 600, 800, text_from="ocr", confidence=0.934)
    shown = viewer_pane(Session(views=(view,)))
    assert "read from its picture, confidence 93%" in shown and 'data-do="reread" data-value="d:3"' in shown
    assert "由页面图像识别，置信度 93%" in viewer_pane(Session(views=(view,), language="zh"))
    reading = viewer_pane(Session(views=(replace(view, reading=True),)))
    assert "reading its picture…" in reading and "reread" not in reading
    failed = viewer_pane(Session(views=(replace(view, failed="the <worker> died"),)))
    assert 'title="the &lt;worker&gt; died"' in failed and "could not be read" in failed


def test_words_that_are_not_sure_are_underlined_in_a_citation() -> None:
    view = PageView("d", "a.pdf", 3, 9, "3", 600, 800, (BBox(50, 100, 300, 112),), unsure=(BBox(60, 100, 90, 112),))
    shown = viewer_pane(Session(views=(view,)))
    assert '<line class="unsure" x1="60" x2="90" y1="113.5" y2="113.5">' in shown
    assert "underlined words are not sure" in shown


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
    for language, said in (("en", "[document removed]"), ("zh", "[文档已删除]")):
        session.language = language
        pane = conversation_pane(session)
        assert said in pane and "What?" in pane and "secret" not in pane


@pytest.mark.parametrize("event", [Token("secret"), SentenceDone(Sentence("secret", (), Verdict.UNCHECKED), ())])
def test_words_without_a_citation_go_with_any_document_that_was_read_for_them(event: Token | SentenceDone) -> None:
    chunk = Chunk("c", "sha", 0, BlockKind.TEXT, "secret", (), (Span(0, 6, 1, 0, 0),))
    document = Document("d1", "a.pdf", "default", "local", "sha", State.INDEXED)
    turn = Turn("What?")
    turn.take(HitsFound((Hit(document, chunk, 1.0, ()),)))
    assert not Session(turns=[turn]).keep_only({"d2"})
    turn.take(event)
    assert Session(turns=[turn]).keep_only({"d2"})
    assert (turn.status, turn.sentences, turn.draft) == ("removed", [], "")


def test_a_turn_shows_the_step_then_the_question_as_it_was_asked_and_the_choice() -> None:
    session = Session(turns=[Turn("And in 2021?")])
    turn = session.turns[0]
    asked, why = "What was revenue in 2021?", "All passages fit into one call."
    turn.take(PlanMade("tree", 5, ("A note.",), why, question=asked))
    turn.take(Step("Level 1: <4> summaries", "…"))
    assert "Level 1: &lt;4&gt; summaries" in str(conversation_pane(session))
    sentence = Sentence("It was 5.", (), Verdict.SUPPORTED)
    turn.take(AnswerDone(Answer("And in 2021?", "It was 5.", (sentence,), (), (), "tree", why=why, asked=asked)))
    shown = str(conversation_pane(session))
    assert "Level 1" not in shown and f"→ {asked}" in shown and why in shown
    assert session.history() == [Asked(asked, "It was 5.")]
    turn.forget()
    assert session.history() == [] and asked not in str(conversation_pane(session))


def test_a_citation_names_the_words_of_its_quote_that_are_not_sure() -> None:
    line, below = BBox(50, 100, 300, 112), BBox(50, 120, 300, 132)
    read = [("ferry", line._replace(x1=80), 0.95), ("22O", line._replace(x0=90), 0.6), ("tug", below, 0.5)]
    words = tuple(Word(text, box, confidence=sure) for text, box, sure in read)
    block = Block(BlockKind.TEXT, "ferry 22O tug", line.union(below), words, ((0, 5), (6, 9), (10, 13)))
    service = FakeService()
    service.page = lambda who, document_id, number: Page(number, 600, 800, (block,))  # type: ignore[method-assign]
    citation = Citation(1, "a.pdf", "d1", 1, "1", "ferry 22O", ((1, line),), verified=True)
    assert citation_json(service, LOCAL, citation)["unsure"] == ["22O"]


def test_the_list_of_documents_is_narrowed_and_ordered() -> None:
    made = [("b.pdf", "x", State.INDEXED), ("A.pdf", "y", State.DAMAGED), ("ab.pdf", "x", State.PARSING)]
    documents = [document(name, name, state, collection=collection) for name, collection, state in made]

    def names(**narrowed: str) -> list[str]:
        return [one.name for one in ListFilter(**narrowed).of(documents)]  # type: ignore[arg-type]

    assert names() == ["b.pdf", "A.pdf", "ab.pdf"]
    assert names(order="name") == ["A.pdf", "ab.pdf", "b.pdf"]
    assert names(order="trouble") == ["ab.pdf", "A.pdf", "b.pdf"]
    assert names(text=" B.") == ["b.pdf", "ab.pdf"]
    assert names(collection="x", text="a") == ["ab.pdf"]
    assert ListFilter().changed("order", "=name").order == "name"
    assert ListFilter().changed("order", "=none") == ListFilter()
    assert ListFilter(collection="x").changed("collection", "=") == ListFilter()
    assert not ListFilter(text=" ").narrows and ListFilter(collection="x").narrows


def test_of_a_very_long_outline_the_rest_is_shown_when_it_is_asked_for() -> None:
    outline = tuple(Heading(f"Heading {number}", 0, 1, 1) for number in range(253))
    tables = (Table(1, 0, "Key figures"),)
    shown = Overview(document("d1", "a.pdf", State.INDEXED), (), None, {}, outline, tables, ())
    short, whole = overview_pane("en", shown), overview_pane("en", replace(shown, whole=True))
    assert "Show 3 more headings and tables" in short and "Heading 249<" in short and "Heading 250<" not in short
    assert "more headings" not in whole and "Heading 252<" in whole
