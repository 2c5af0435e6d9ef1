"""Questions that a document suggests, on the page: in an empty conversation, and where it is shown at a glance."""

from __future__ import annotations

from dataclasses import replace

from browsing import Site, opened, serious
from chromium import BROWSER_TEST
from fake_service import SAMPLE_ID, document
from playwright.sync_api import Browser, Page, expect

from ingest.records import State

pytestmark = BROWSER_TEST
QUESTION = "What was Revenue in 2025?"


def test_a_document_at_a_glance_suggests_questions_of_itself(page: Page, site: Site) -> None:
    site.service.with_table()
    site.service.library.append(document("d2", "other.pdf", State.INDEXED, pages=4))
    page.locator(".document[data-document=d1] .name").click()
    offered = page.locator(".overview .suggestions .example")
    expect(offered).to_have_text([QUESTION])
    assert serious(page) == []
    offered.click()
    expect(page.locator(".turn.done .question")).to_have_text(QUESTION)
    expect(page.locator(".turn .aside").first).to_have_text("Only recto-sample.pdf")
    assert site.service.asked == [(QUESTION, (SAMPLE_ID,))]
    assert site.service.pages_asked == [()]


def test_an_empty_conversation_offers_questions_of_the_documents_that_are_ticked(browser: Browser, site: Site) -> None:
    site.service.library[0] = replace(site.service.library[0], name="figures.pdf")  # one without examples
    site.service.with_table()
    page = opened(browser, site)
    expect(page.locator(".examples .example")).to_have_text([QUESTION])
    page.locator(".tick").click()
    expect(page.locator(".examples")).to_have_count(0)
    page.locator(".tick").click()
    page.locator(".examples .example").click()
    expect(page.locator(".turn.done .question")).to_have_text(QUESTION)
    assert site.service.asked == [(QUESTION, (SAMPLE_ID,))]
    page.context.close()


def test_a_document_is_summarised_by_a_button(page: Page, site: Site) -> None:
    site.service.library.append(document("d2", "other.pdf", State.INDEXED, pages=4))
    page.locator(".document[data-document=d1] .name").click()
    page.locator(".overview").get_by_role("button", name="Summarise").click()
    expect(page.locator(".turn.done .question")).to_have_text("Summarise the document.")
    assert site.service.asked == [("Summarise the document.", (SAMPLE_ID,))]
    assert site.service.strategies_asked == ["tree"]
