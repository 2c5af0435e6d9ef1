"""Conversations as files, without a browser: what they say, and that data never becomes markup."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.crops import crop
from app.ui.export import as_html, as_markdown
from app.ui.turn import DocumentAnswer, Turn
from app.ui.turn_record import kept, turn_of
from ingest.conversations import Kept
from ingest.records import BBox
from prompts.answers import Citation, CitedCell, Ledger, Sentence, Step, Verdict

QUOTE = Citation(1, "a|b.pdf", "d1", 3, "iii", "<b>9</b> *tonnes*", ((3, BBox(10, 20, 60, 30)),), None, verified=True)


def turn() -> Turn:
    said = [Sentence("It weighs 9 tonnes.", (1,), Verdict.SUPPORTED), Sentence("It is old.", (), Verdict.NOT_FOUND)]
    return Turn("How <heavy>?", status="done", sentences=said, citations={1: QUOTE})


def test_markdown_holds_sentences_verdicts_quotes_and_places() -> None:
    text = as_markdown("en", "T", [turn()])
    assert "It weighs 9 tonnes. [1] It is old. (not found in the documents)" in text
    assert "- **[1]** \\<b>9\\</b> \\*tonnes*" in text and "· p. iii (3)" in text


def test_html_escapes_what_documents_say() -> None:
    text = as_html("zh", "T<script>", [turn()], lambda citation: None)
    assert "<script>" not in text and "<b>" not in text
    assert "&lt;b&gt;9&lt;/b&gt; *tonnes*" in text and "第 iii 页（3）" in text and "文档中未找到依据" in text


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (Turn("q", status="removed"), "[document removed]"),
        (Turn("q", status="failed", error="no server"), "no server"),
        (Turn("q", status="done", refused=True), "No answer in these documents"),
        (Turn("q", each=True, status="done", rows=[DocumentAnswer("d", "x.pdf", (), True)]), "x.pdf: not found"),
    ],
)
def test_what_is_no_answer_is_said_too(made: Turn, said: str) -> None:
    assert said in as_html("en", "T", [made], lambda citation: None)


def test_a_crop_is_as_wide_as_the_page_and_boxes_the_quote() -> None:
    page = io.BytesIO()
    Image.new("RGB", (400, 800), "white").save(page, "PNG")
    cut = Image.open(io.BytesIO(crop(page.getvalue(), 200.0, [BBox(50, 200, 100, 210)])))
    assert cut.size == (400, 2 * (48 + 10 + 48))
    assert cut.getpixel((150, 106)) == (255, 201, 60) and cut.getpixel((20, 106)) == (255, 255, 255)
    assert Image.open(io.BytesIO(crop(page.getvalue(), 200.0, []))).size == (400, 800)


def test_a_turn_comes_back_from_its_record_as_it_was() -> None:
    made = turn()
    cell = CitedCell(1, 2, ("Revenue", "2025"))
    made.citations[2] = Citation(2, "b.pdf", "d2", 1, "1", "5", (), cell)
    made.rows = [DocumentAnswer("d1", "a.pdf", tuple(made.sentences), False)]
    made.document_ids, made.steps, made.timings = {"d1", "d2"}, (Step("search", "again"),), {"total": 0.5}
    made.ledger, made.notes, made.strategy = Ledger(1, 2, 3), ("note",), "stuff"
    assert turn_of(kept(made)) == made


@pytest.mark.parametrize("record", [None, "{", '{"question": 1}'])
def test_a_record_that_cannot_be_read_leaves_its_question(record: str | None) -> None:
    assert turn_of(Kept("q", record)) == Turn("q", status="removed")
