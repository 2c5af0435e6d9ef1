"""The page kept to some pages of a document: chosen in its outline or typed, shown above the question, given up."""

from __future__ import annotations

from browsing import Site, ask, drawn, opened, serious
from chromium import BROWSER_TEST
from playwright.sync_api import Browser, Page, expect

pytestmark = BROWSER_TEST


def test_a_heading_of_the_outline_keeps_the_questions_to_its_pages(page: Page, site: Site) -> None:
    site.service.with_table()
    page.locator(".document .name").click()
    heading = page.locator(".overview .outline li")
    heading.hover()
    heading.get_by_role("button", name="ask only here: Key figures, pp. 2–4").click()
    chip = page.locator(".page-scope")
    expect(chip.locator(".scope-pages")).to_have_text("Key figures · pp. 2–4 · recto-sample.pdf")
    expect(page.locator("#documents .scope")).to_have_text("Questions go to pages of recto-sample.pdf")
    expect(page.locator("#question textarea")).to_be_focused()
    turn = ask(page, "How did revenue develop in 2025?")
    expect(turn.locator(".aside").first).to_have_text("Only Key figures · pp. 2–4 · recto-sample.pdf")
    page.select_option(".strategy", "search")
    ask(page, "revenue")
    assert serious(page) == []
    chip.get_by_role("button", name="Ask all again").click()
    expect(chip).to_have_count(0)
    expect(page.locator("#documents .scope")).to_have_text("Questions go to all of them")
    page.locator(".again").first.select_option(label="Each passage, then together")
    expect(page.locator(".turn.done")).to_have_count(3)
    assert site.service.pages_asked == [((2, 4),)] * 3  # asked again, it is kept to the same pages
    ask(page, "And in 2024?")
    assert site.service.pages_asked[-1] == ()
    assert [documents for _, documents in site.service.asked] == [("d1",), ("d1",)]


def test_typed_pages_are_taken_or_refused_in_the_users_words(browser: Browser, site: Site) -> None:
    site.service.with_table()
    page = opened(browser, site, "zh-CN")
    page.locator(".document .name").click()
    field = page.locator(".asked-pages input")
    field.fill("3-9")
    field.press("Enter")
    expect(page.locator(".asked-pages .error")).to_have_text("recto-sample.pdf 没有第 5 页，全文共 4 页")
    expect(page.locator(".page-scope")).to_have_count(0)
    field.fill("3-4")
    field.press("Enter")
    expect(page.locator(".page-scope .scope-pages")).to_have_text("第 3–4 页 · recto-sample.pdf")
    expect(page.locator(".asked-pages .error")).to_have_count(0)
    drawn(page)
    site.service.library.clear()
    expect(page.locator(".page-scope")).to_have_count(0)  # with its document the scope goes
    page.context.close()
