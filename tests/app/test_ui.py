"""The page in a real Chromium over a scripted service: what a person sees, and what must never happen."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from browsing import PATIENCE_MS, Site, ask, boxes, drawn, opened, serious
from chromium import BROWSER_TEST
from fake_service import SAMPLE, document, find_words
from playwright.sync_api import Browser, Page, expect

from ingest.conversations import Kept
from ingest.errors import OtherSide
from ingest.records import State

pytestmark = BROWSER_TEST


def half_answered(page: Page, site: Site) -> None:
    """A question is asked, and the first words of its answer are there; `pause` says how slowly the others come."""
    site.service.pause = 0.2
    page.fill("#question textarea", "How did revenue develop in 2025?")
    page.press("#question textarea", "Enter")
    page.wait_for_selector(".turn.asking .draft")


def test_an_empty_library_says_how_to_begin(browser: Browser, site: Site) -> None:
    site.service.library.clear()
    page = opened(browser, site)
    expect(page.locator(".welcome h2")).to_have_text("Drop PDFs or pictures to begin")
    expect(page.locator("#note")).to_have_text("No model server: answers are quotes from the documents")
    turn = ask(page, "Is anyone there?")
    expect(turn.locator(".error")).to_have_text("Drop PDFs or pictures to begin")
    page.context.close()


def test_the_labels_follow_the_language_of_the_browser(browser: Browser, site: Site) -> None:
    page = opened(browser, site, "zh-CN")
    expect(page.locator("#documents h2")).to_have_text("文档")
    expect(page.locator(".document .state")).to_have_text("已索引 4 页")
    expect(page.locator("#question textarea")).to_have_attribute("placeholder", "输入问题…")
    turn = ask(page, "2025 年营业收入是多少？")
    expect(turn.locator(".card .where").first).to_have_text("第 3 页")
    page.context.close()


def test_the_language_is_switched_and_stays(page: Page) -> None:
    ask(page, "How did revenue develop in 2025?")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#documents h2")).to_have_text("文档")
    expect(page.locator("#conversations h2")).to_have_text("对话")
    expect(page.locator(".strategy option").first).to_have_text("按问题自动选择")
    expect(page.locator("#question textarea")).to_have_attribute("placeholder", "输入问题…")
    expect(page.locator(".turn .verdict").first).to_have_text("仅部分有依据")
    page.reload()
    expect(page.locator("#documents h2")).to_have_text("文档")
    expect(page.locator(".turn .verdict").first).to_have_text("仅部分有依据")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#documents h2")).to_have_text("Documents")


def test_keys_go_to_the_question_and_stop_the_answer(page: Page, site: Site) -> None:
    page.locator("#documents h2").click()
    page.keyboard.press("/")
    expect(page.locator("#question textarea")).to_be_focused()
    expect(page.locator("#question textarea")).to_have_value("")
    site.service.pause = 0.15
    page.keyboard.type("How did revenue develop in 2025?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn.asking .draft")
    page.keyboard.press("Escape")
    expect(page.locator(".turn.stopped .aside")).to_have_text("Stopped.")


def test_a_citation_boxes_its_words_on_the_page(page: Page) -> None:
    turn = ask(page, "How did revenue develop in 2025?")
    turn.locator(".chip", has_text="3").click()
    expect(turn.locator(".card.shown .number")).to_have_text("3")
    expect(page.locator(".box")).to_have_count(1)
    (shown,) = boxes(page)
    (true,) = find_words(SAMPLE, 1, "replaced their tide gauges")
    assert shown == pytest.approx((1, *true), abs=0.01)

    turn.locator(".card", has_text="Revenue › 2025").click()
    expect(page.locator("figure.page")).to_have_attribute("data-page", "2")
    page.wait_for_selector("figure.page:not(.loading)")
    picture = page.locator("figure.page img").bounding_box()
    drawn = page.locator("figure.page svg").bounding_box()
    assert picture is not None
    assert drawn is not None
    assert drawn == pytest.approx(picture, abs=1.0)  # points of the drawing are points of the page


def test_the_first_proof_is_shown_with_the_answer(page: Page) -> None:
    ask(page, "How did revenue develop in 2025?")
    expect(page.locator(".box")).to_have_count(2)
    expect(page.locator(".page-number")).to_have_text("1 / 4")


def test_doubted_sentences_are_marked(page: Page) -> None:
    turn = ask(page, "How did revenue develop in 2025?")
    expect(turn.locator(".sentence.supported .verdict")).to_have_count(0)
    expect(turn.locator(".sentence.partly .verdict")).to_have_text("partly supported")
    expect(turn.locator(".sentence.not_found .verdict")).to_have_text("not found in the documents")


def test_a_refusal_is_plain(page: Page) -> None:
    turn = ask(page, "What is the weather like?")
    expect(turn.locator(".refused b")).to_have_text("No answer in these documents")
    expect(turn.locator(".card")).to_have_count(0)


def test_pages_turn_and_boxes_stay_on_their_page(page: Page) -> None:
    ask(page, "How did revenue develop in 2025?")
    page.locator(".next").click()
    expect(page.locator(".page-number")).to_have_text("2 / 4")
    expect(page.locator(".box")).to_have_count(0)
    page.locator("#viewer .page-number").click()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".page-number")).to_have_text("1 / 4")
    expect(page.locator(".box")).to_have_count(2)
    expect(page.locator(".previous")).to_be_disabled()


def test_a_page_is_read_again_by_pressing_a_button(page: Page, site: Site) -> None:
    ask(page, "How did revenue develop in 2025?")
    caption = page.locator(".page figcaption")
    expect(caption).to_contain_text("text layer of the PDF")
    caption.locator(".reread").click()
    expect(caption).to_contain_text("reading its picture…")
    assert site.service.reread == [("d1", (1,), None)]
    site.service.text_from = "ocr"
    site.service.contents["d1"] = replace(site.service.contents["d1"], pending={})
    expect(caption).to_contain_text("read from its picture, confidence 97%")
    expect(page.locator(".box").first).to_be_visible()


def test_a_citation_on_two_pages_shows_both(page: Page, site: Site) -> None:
    first = site.service.cite(1, 1, "Outlook and dividend")
    second = site.service.cite(1, 2, "Five years in figures")
    made = site.service.answer

    def two_pages(question: str) -> object:
        answer = made(question)
        return replace(answer, citations=(replace(first, boxes=first.boxes + second.boxes), *answer.citations[1:]))

    site.service.answer = two_pages  # type: ignore[assignment, method-assign]
    ask(page, "How did revenue develop in 2025?")
    del site.service.answer
    expect(page.locator("figure.page")).to_have_count(2)
    expect(page.locator(".page-number")).to_have_text("1–2 / 4")
    assert {box[0] for box in boxes(page)} == {1, 2}


def test_an_answer_comes_in_pieces_and_can_be_stopped(page: Page, site: Site) -> None:
    half_answered(page, site)
    expect(page.locator("#question textarea")).to_have_value("")
    page.locator("#question .stop-button").click()
    expect(page.locator(".turn.stopped .aside")).to_have_text("Stopped.")
    expect(page.locator("#question .submit-button")).to_be_visible()


def test_a_question_sent_twice_in_a_row_is_asked_once(page: Page, site: Site) -> None:
    keep = site.service.conversations.keep

    def slowly(*turn: Any) -> str:  # the answer has ended, and the page does not know it yet
        time.sleep(0.6)
        return keep(*turn)

    site.service.conversations.keep = slowly  # type: ignore[method-assign]
    page.fill("#question textarea", "How did revenue develop in 2025?")
    page.press("#question textarea", "Enter")
    page.wait_for_timeout(300)
    page.press("#question textarea", "Enter")
    page.wait_for_selector(".turn.done")
    ask(page, "And in 2024?")
    assert [question for question, _ in site.service.asked] == ["How did revenue develop in 2025?", "And in 2024?"]


def test_another_conversation_stops_the_answer_and_keeps_what_came(page: Page, site: Site) -> None:
    half_answered(page, site)
    page.locator("#conversations .new").click()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page.locator("#question .submit-button")).to_be_visible()
    site.service.pause = 0.0
    expect(ask(page, "And how did revenue develop?").locator(".card")).to_have_count(3)
    page.locator("#conversations").get_by_text("How did revenue develop in 2025?").click()
    expect(page.locator(".turn.stopped .aside")).to_have_text("Stopped.")


@pytest.mark.soak
def test_a_long_conversation_scrolls_by_itself_and_the_question_stays_in_sight(page: Page) -> None:
    for number in range(8):
        ask(page, f"How long is the warranty, asked for the {number}th time?")
    tall = page.eval_on_selector("#conversation", "one => one.scrollHeight > one.clientHeight + 400")
    assert tall, "the conversation was too short to try this"
    assert page.evaluate("[scrollY, document.querySelector('#recto').scrollTop]") == [0, 0]
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    box = page.locator("#question").bounding_box()
    assert box is not None and box["y"] + box["height"] < 900
    expect(page.locator(".turn").last.locator(".question")).to_be_in_viewport()


def test_an_error_is_one_line_in_the_conversation(page: Page, site: Site) -> None:
    site.service.fail = OtherSide("the model server does not answer", retryable=True, hint="is it running?")
    turn = ask(page, "How did revenue develop in 2025?")
    expect(turn.locator(".error")).to_have_text("the model server does not answer (is it running?)")
    site.service.fail = None
    expect(ask(page, "How did revenue develop?").locator(".card")).to_have_count(3)


def test_what_a_model_or_a_document_says_is_never_markup(page: Page, site: Site) -> None:
    name = "<img src=https://evil.example/n.png onerror=alert(2)>.pdf"
    site.service.library.append(document("d2", name, State.DAMAGED, reason="<b>broken</b>"))
    turn = ask(page, "<script>alert(3)</script>{{value}}${1+1}")
    expect(turn.locator(".question")).to_have_text("<script>alert(3)</script>{{value}}${1+1}")
    expect(turn.locator(".said")).to_contain_text("<img src=https://evil.example/x.png onerror=alert(1)>")
    expect(page.locator("[data-document=d2] .name")).to_have_text(name)
    expect(page.locator("[data-document=d2] .state")).to_contain_text("<b>broken</b>")
    assert page.locator("#recto img").count() == 0


def test_files_go_in_and_show_their_progress(page: Page, site: Site) -> None:
    files = [
        {"name": "年报 (2024).pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1"},
        {"name": "b.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-22"},
    ]
    page.set_input_files(".file-input", files)  # type: ignore[arg-type]
    expect(page.locator(".document")).to_have_count(3)
    assert site.service.uploads == [("年报 (2024).pdf", 6), ("b.pdf", 7)]
    row = page.locator(".document", has_text="年报 (2024).pdf")
    expect(row.locator(".state")).to_have_text("waiting")
    library = site.service.library
    library[1] = replace(library[1], state=State.PARSING, pages=120, pages_done=34)
    expect(row.locator(".state")).to_have_text("reading pages 34/120")
    library[1] = replace(library[1], state=State.WORDS_READY, pages_done=117, askable=True)
    expect(row.locator(".state")).to_have_text("searchable, reading pictures: 117/120 pages")
    expect(row.locator("progress")).to_have_attribute("value", "117")
    library[1] = replace(library[1], state=State.EMBEDDING, pages_done=120)
    expect(row.locator(".state")).to_have_text("searchable, embedding…")
    library[1] = replace(library[1], state=State.INDEXED, askable=True)
    expect(row.locator(".state")).to_have_text("indexed 120 pages")
    library[2] = replace(library[2], state=State.NEEDS_PASSWORD)
    expect(page.locator(".document", has_text="b.pdf").locator(".state")).to_have_text("needs a password")


def test_a_refused_upload_says_why(page: Page, site: Site) -> None:
    files = [{"name": f"{number}.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"} for number in range(51)]
    page.set_input_files(".file-input", files)  # type: ignore[arg-type]
    expect(page.locator(".notice")).to_have_text("51 files at once (send at most 50)")
    assert [fault for fault in site.faults if "413" not in fault] == []
    site.faults.clear()


def test_only_ticked_documents_are_asked(page: Page, site: Site) -> None:
    site.service.library.append(document("d2", "other.pdf", State.INDEXED, pages=2))
    expect(page.locator(".document")).to_have_count(2)
    expect(page.locator(".scope")).to_have_text("Questions go to all of them")
    ask(page, "first")
    page.locator(".document[data-document=d1] .tick").click()
    expect(page.locator(".document[data-document=d1] .tick")).to_have_attribute("aria-checked", "false")
    expect(page.locator(".scope")).to_have_text("Questions go to the 1 ticked")
    ask(page, "second")
    assert site.service.asked == [("first", ()), ("second", ("d2",))]


def test_a_library_of_two_thousand_documents_is_searched_and_asked_in_part(page: Page, site: Site) -> None:
    for number in range(2_000):
        collection = "Filings" if number % 2 else "default"
        site.service.library.append(
            document(f"n{number}", f"report {number:04}.pdf", State.INDEXED, pages=9, collection=collection)
        )
    expect(page.locator(".document")).to_have_count(100)
    expect(page.locator(".scope").first).to_have_text("and 1901 more: search for them")
    page.fill(".filter [type=search]", "REPORT 012")
    page.press(".filter [type=search]", "Enter")
    expect(page.locator(".document")).to_have_count(10)
    page.locator(".filter").get_by_label("Collection").select_option(label="Filings")
    expect(page.locator(".document .name")).to_have_text([f"report 012{number}.pdf" for number in (1, 3, 5, 7, 9)])
    page.get_by_text("Ask only these").click()
    expect(page.locator(".scope")).to_have_text("Questions go to the 5 ticked")
    ask(page, "How did revenue develop in 2025?")
    assert site.service.asked[-1][1] == ("n121", "n123", "n125", "n127", "n129")


def test_removing_asks_first_and_takes_the_answers_along(page: Page, site: Site) -> None:
    turn = ask(page, "How did revenue develop in 2025?")
    row = page.locator(".document[data-document=d1]")
    row.hover()
    row.locator(".remove").click()
    row.get_by_text("Keep").click()
    expect(row.locator(".state")).to_have_text("indexed 4 pages")
    row.locator(".remove").click()
    drawn(page)
    row.locator(".danger").click()
    expect(page.locator(".document")).to_have_count(0)
    expect(turn.locator(".answer")).to_have_text("[document removed]")
    expect(page.locator(".viewer-empty")).to_be_visible()
    assert site.service.library == []


def test_an_answer_from_a_document_that_another_process_removed_goes_too(browser: Browser, site: Site) -> None:
    page = opened(browser, site, "zh-CN")
    turn = ask(page, "2025 年营业收入是多少？")
    expect(turn.locator(".answer")).to_contain_text("5830")
    drawn(page)
    site.service.library.clear()
    expect(turn.locator(".answer")).to_have_text("[文档已删除]")
    expect(turn.locator(".question")).to_have_text("2025 年营业收入是多少？")
    assert "5830" not in page.content()
    page.context.close()


def test_an_example_is_asked_by_pressing_it(page: Page) -> None:
    page.locator(".example").click()
    page.wait_for_selector(".turn.done")
    expect(page.locator(".question")).to_have_text("How did revenue develop in 2025?")


def test_a_question_is_asked_by_the_strategy_that_was_chosen_and_again_by_another(page: Page, site: Site) -> None:
    expect(page.locator(".strategy option")).to_have_text(
        [
            "Choose by the question",
            "All passages at once",
            "Each passage, then together",
            "Summarise in levels",
            "Quotes only",
            "Search only",
        ]
    )
    page.select_option(".strategy", "stuff")
    turn = ask(page, "How did revenue develop in 2025?")
    turn.locator(".details > summary").click()
    expect(turn.locator(".passage")).to_have_text(["recto-sample.pdf · p. 1 · 1. The year in brief"])
    turn.locator(".again").select_option(label="Each passage, then together")
    expect(page.locator(".turn.done")).to_have_count(2)
    expect(page.locator(".details").first).to_have_attribute("open", "")
    assert site.service.strategies_asked == ["stuff", "map_reduce"]


def test_a_passage_of_the_details_is_shown_on_its_page(page: Page) -> None:
    turn = ask(page, "How did revenue develop in 2025?")
    turn.locator(".details > summary").click()
    turn.locator(".passage").click()
    expect(page.locator(".box")).to_have_count(1)
    assert boxes(page) == [(1.0, 70.12, 100.0, 290.0, 112.0)]


def test_search_alone_lists_passages(page: Page, site: Site) -> None:
    page.select_option(".strategy", "search")
    turn = ask(page, "revenue")
    expect(turn.locator(".passage")).to_have_count(1)
    assert site.service.asked == []


def test_each_document_has_a_row_of_its_own(page: Page, site: Site) -> None:
    site.service.library.append(document("d2", "other.pdf", State.INDEXED, pages=2))
    page.locator("button.each").click()
    expect(page.locator("button.each")).to_have_attribute("aria-checked", "true")
    turn = ask(page, "How did revenue develop in 2025?")
    expect(turn.locator("table.each th[scope=row]")).to_have_text(["recto-sample.pdf", "other.pdf"])
    expect(turn.locator("table.each .chip")).to_have_text(["1", "2", "3", "4", "5", "6"])
    turn.locator(".chip", has_text="6").click()
    expect(page.locator(".box")).to_have_count(1)
    (shown,) = boxes(page)
    assert shown == pytest.approx((1, *find_words(SAMPLE, 1, "replaced their tide gauges")[0]), abs=0.01)


def test_a_sentence_and_its_citation_light_up_together(page: Page) -> None:
    turn = ask(page, "How did revenue develop in 2025?")
    sentence = turn.locator(".sentence").first
    sentence.hover()
    expect(turn.locator(".card.lit .number")).to_have_text(sentence.locator(".chip").all_text_contents())
    turn.locator(".card").last.hover()
    expect(turn.locator(".sentence.lit").last.locator(".chip").last).to_have_text("3")


def test_citations_are_gone_through_one_after_the_other(page: Page) -> None:
    ask(page, "How did revenue develop in 2025?")
    expect(page.locator(".citation-number")).to_have_text("[1]")
    expect(page.locator(".cite_before")).to_be_disabled()
    page.locator(".cite_after").click()
    expect(page.locator(".citation-number")).to_have_text("[2]")
    expect(page.locator(".page-number")).to_have_text("2 / 4")
    page.locator("#viewer .page-number").click()
    page.keyboard.press(".")
    expect(page.locator(".citation-number")).to_have_text("[3]")
    expect(page.locator(".card.shown .number")).to_have_text("3")
    expect(page.locator(".cite_after")).to_be_disabled()
    page.keyboard.press(",")
    expect(page.locator(".citation-number")).to_have_text("[2]")


def test_a_document_is_shown_at_a_glance_and_its_table_with_the_page(page: Page, site: Site) -> None:
    site.service.with_table()
    page.locator(".document .name").click()
    expect(page.locator(".overview .page-button")).to_have_count(4)
    expect(page.locator(".overview .outline li .passage")).to_have_text(["Key figures"])
    expect(page.locator(".overview .outline li .where")).to_have_text(["p. 2"])
    parts = [part.bounding_box() for part in page.locator(".overview > *").all()]
    assert all(above["y"] + above["height"] <= below["y"] for above, below in pairwise(parts))  # type: ignore[index]
    page.locator(".overview .tables .passage").click()
    expect(page.locator(".page-number")).to_have_text("2 / 4")
    expect(page.locator(".table-copy td")).to_have_text(["", "2025", "Revenue", "58.3"])
    expect(page.locator(".box")).to_have_count(1)
    page.locator(".pages summary").click()
    expect(page.locator(".page-text mark")).to_have_text("2025 Revenue 58.3")
    with page.expect_download() as download:
        page.locator(".table-copy a").click()
    assert download.value.path().read_text(encoding="utf-8-sig") == ",2025\nRevenue,58.3\n"
    page.locator("#viewer header .name").click()
    page.locator(".overview .page-button").nth(2).click()
    expect(page.locator(".page-number")).to_have_text("3 / 4")


def test_what_a_document_is_can_be_changed_at_a_glance(page: Page, site: Site) -> None:
    page.locator(".document .name").click()
    fields = page.locator(".overview .fields input")
    fields.nth(0).fill("2024")
    fields.nth(0).press("Enter")
    expect(fields.nth(0)).to_have_value("2024")
    fields.nth(3).fill("Filings ")
    fields.nth(3).press("Tab")
    expect(fields.nth(3)).to_have_value("Filings")
    assert (site.service.library[0].year, site.service.library[0].collection) == (2024, "Filings")


def test_the_file_itself_is_opened_at_the_page(page: Page) -> None:
    ask(page, "How did revenue develop in 2025?")
    link = page.locator("#viewer header a").get_attribute("href")
    assert link == "/api/v1/documents/d1/original#page=1"
    reply = page.request.get(page.url.rstrip("/") + link)
    assert reply.headers["content-type"] == "application/pdf" and reply.body() == SAMPLE.read_bytes()
    assert reply.headers["content-disposition"] == "inline; filename*=UTF-8''recto-sample.pdf"


def test_a_reload_keeps_the_conversation(page: Page) -> None:
    ask(page, "How did revenue develop in 2025?")
    page.reload()
    turn = page.locator(".turn.done")
    expect(turn.locator(".question")).to_have_text("How did revenue develop in 2025?")
    expect(turn.locator(".verdict").first).to_have_text("partly supported")
    turn.locator(".chip", has_text="3").click()
    expect(page.locator(".box")).to_have_count(1)
    ask(page, "How long is the warranty?")
    page.reload()
    expect(page.locator(".turn.done")).to_have_count(2)


def test_a_reload_goes_on_with_the_answer_on_its_way(page: Page, site: Site) -> None:
    half_answered(page, site)
    expect(page.locator(".conversations .open .title")).to_have_text("How did revenue develop in 2025?")
    page.reload()
    page.wait_for_selector(".turn.asking .draft")
    expect(page.locator("#question .stop-button")).to_be_visible()
    site.service.pause = 0.0
    expect(page.locator(".turn.done .card")).to_have_count(3)
    expect(page.locator("#question .submit-button")).to_be_visible()
    assert len(site.service.asked) == 1
    expect(ask(page, "How long is the warranty?").locator(".question")).to_have_text("How long is the warranty?")
    expect(page.locator(".conversations .title")).to_have_count(1)


def test_a_second_tab_sees_the_answer_on_its_way_and_another_conversation_there_does_not_stop_it(
    page: Page, site: Site
) -> None:
    half_answered(page, site)
    second = page.context.new_page()
    site.watch(second)
    second.goto(site.address)
    second.wait_for_selector(".turn.asking .draft")
    second.locator("#conversations .new").click()
    expect(second.locator(".welcome")).to_be_visible()
    site.service.pause = 0.0
    expect(page.locator(".turn.done .card")).to_have_count(3)


def test_conversations_are_opened_renamed_searched_and_removed(page: Page, site: Site) -> None:
    for question in ("How did revenue develop in 2025?", "2025 年营业收入是多少？"):
        page.locator("#conversations .new").click()
        expect(page.locator(".welcome")).to_be_visible()
        ask(page, question)
    titles = page.locator(".conversations .title")
    expect(titles).to_have_text(["2025 年营业收入是多少？", "How did revenue develop in 2025?"])
    titles.nth(1).click()
    expect(page.locator(".turn .question")).to_have_text("How did revenue develop in 2025?")

    row = page.locator(".conversations li.open")
    row.hover()
    row.get_by_label("Rename").click()
    page.fill(".conversations input", "Revenue: 2025")
    page.press(".conversations input", "Enter")
    expect(titles).to_have_text(["2025 年营业收入是多少？", "Revenue: 2025"])

    row.hover()
    row.get_by_label("Remove").click()
    page.locator(".conversations .danger").click()
    expect(titles).to_have_text(["2025 年营业收入是多少？"])
    expect(page.locator(".welcome")).to_be_visible()

    for number in range(5):
        site.service.conversations.keep("local", "", 0, Kept(f"question {number}", None), [])
    page.locator("#conversations .new").click()
    page.fill("#conversations [type=search]", "营业")
    page.press("#conversations [type=search]", "Enter")
    expect(titles).to_have_text(["2025 年营业收入是多少？"])


def test_a_conversation_is_saved_with_the_places_of_its_quotes(page: Page) -> None:
    ask(page, "How did revenue develop in 2025?")
    links = page.locator(".conversations .open .export a")
    with page.expect_download() as download:
        links.filter(has_text="HTML").click()
    saved = page.context.new_page()
    saved.set_content(download.value.path().read_text(encoding="utf-8"))
    expect(saved.locator("h2")).to_have_text("How did revenue develop in 2025?")
    expect(saved.locator("p").first).to_contain_text("58.3 million euros. [1] [2]")
    expect(saved.locator("figcaption")).to_have_text(
        ["[1] recto-sample.pdf · p. 1", "[2] recto-sample.pdf · p. 2 · Revenue › 2025", "[3] recto-sample.pdf · p. 1"]
    )
    sizes = saved.eval_on_selector_all("img", "all => all.map(one => [one.naturalWidth, one.naturalHeight])")
    assert [width > 800 and 100 < height < 400 for width, height in sizes] == [True] * 3
    with page.expect_download() as download:
        links.last.click()
    assert "- **[2]** 58.3  \n  recto-sample.pdf · p. 2" in download.value.path().read_text(encoding="utf-8")


def test_what_a_removed_document_said_is_in_no_conversation(page: Page, site: Site) -> None:
    ask(page, "How did revenue develop in 2025?")
    drawn(page)
    page.locator("#conversations .new").click()
    expect(page.locator(".welcome")).to_be_visible()
    site.service.library.clear()
    page.locator(".conversations .title").click()
    expect(page.locator(".turn .answer")).to_have_text("[document removed]")


def test_the_page_has_no_serious_fault_of_accessibility(page: Page, site: Site) -> None:
    """By axe-core, in every state that the panes have."""
    site.service.with_table()
    assert serious(page) == []
    turn = ask(page, "How did revenue develop in 2025?")
    turn.locator(".details > summary").click()
    turn.locator(".chip", has_text="2").click()
    page.locator(".pages summary").click()
    assert serious(page) == []
    page.locator(".document .name").click()
    page.locator(".overview .tables .passage").wait_for()
    assert serious(page) == []
    page.locator(".overview .tables .passage").click()
    page.locator("button.each").click()
    ask(page, "And in 2024?")
    page.locator(".document .remove").click(force=True)
    page.locator(".document .danger").wait_for()
    page.locator(".conversations li").get_by_label("Remove").click(force=True)
    page.locator(".conversations .danger").wait_for()
    assert serious(page) == []


def test_a_narrow_window_has_no_sideways_scroll(browser: Browser, site: Site) -> None:
    page = opened(browser, site, width=390)
    turn = ask(page, "How did revenue develop in 2025?")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    turn.locator(".card").first.click()
    expect(page.locator(".box").first).to_be_in_viewport()
    page.context.close()


def test_the_page_comes_with_a_policy_without_inline_scripts(page: Page) -> None:
    reply = page.request.get(page.url)
    script = re.search(r"script-src ([^;]*)", reply.headers["content-security-policy"])
    assert script is not None
    assert "'unsafe-inline'" not in script[1]


def test_more_tabs_than_a_browser_has_connections_to_an_address_are_all_drawn(browser: Browser, site: Site) -> None:
    context = browser.new_context(locale="en-US")
    tabs = []
    for _ in range(7):
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(site.address)
        page.wait_for_selector(".welcome")
        tabs.append(page)
    expect(ask(tabs[-1], "How did revenue develop in 2025?").locator(".card")).to_have_count(3)
    expect(tabs[0].locator(".turn")).to_have_count(0)
    context.close()
