"""Rating an answer on the page, in a real Chromium: what is kept, and what is shown of it."""

from __future__ import annotations

from dataclasses import replace

from browsing import Site, ask, serious
from chromium import BROWSER_TEST
from playwright.sync_api import Page, expect

from ingest.ratings import Rating

pytestmark = BROWSER_TEST

SAMPLE = {"document_id": "d1", "document": "recto-sample.pdf"}


def kept(site: Site) -> list[Rating]:
    return [rated.rating for rated in site.service.conversations.ratings.all("local")]


def test_a_good_answer_is_rated_by_one_press_with_the_page_that_proves_it(page: Page, site: Site) -> None:
    turn = ask(page, "How did revenue develop in 2025?")
    turn.locator(".chip", has_text="2").click()
    expect(page.locator(".page-number")).to_have_text("2 / 4")
    turn.get_by_label("Good answer", exact=True).click()
    expect(turn.locator(".rating .place")).to_have_text("recto-sample.pdf · p. 2")
    assert kept(site) == [Rating(True, page=2, **SAMPLE)]
    turn.get_by_role("button", name="Done").click()
    expect(turn.locator(".rating")).to_have_count(0)
    page.reload()
    page.wait_for_selector(".turn")
    thumb = page.get_by_label("Good answer", exact=True)
    expect(thumb).to_have_attribute("aria-pressed", "true")
    thumb.click()
    page.get_by_role("button", name="Take it back").click()
    expect(thumb).to_have_attribute("aria-pressed", "false")
    assert kept(site) == []


def test_a_bad_answer_is_rated_with_its_reason_and_the_page_on_show(page: Page, site: Site) -> None:
    turn = ask(page, "How did revenue develop in 2025?")
    turn.get_by_label("Not a good answer").click()
    rating = turn.locator(".rating")
    rating.locator("select").select_option(label="The proof stands elsewhere")
    rating.locator(".note").fill("see the <b>table</b>")
    page.locator("#viewer .next").click()
    expect(rating.locator(".offer")).to_have_text("It is recto-sample.pdf · p. 2")
    expect(rating.locator(".note")).to_have_value("see the <b>table</b>")
    assert serious(page) == []
    rating.locator(".offer").click()
    expect(rating.locator(".place")).to_have_text("recto-sample.pdf · p. 2")
    right = Rating(False, "place", "see the <b>table</b>", page=2, **SAMPLE)
    assert kept(site) == [right]
    rating.get_by_label("No right page").click()
    expect(rating.locator(".place")).to_have_count(0)
    assert kept(site) == [replace(right, document_id="", document="", page=0)]


def test_the_rating_of_a_conversation_goes_with_it(page: Page, site: Site) -> None:
    turn = ask(page, "What is the weather like?")
    turn.get_by_label("Not a good answer").click()
    expect(turn.locator(".rating")).to_be_visible()
    assert kept(site) == [Rating(False)]
    page.locator(".conversations li.open").hover()
    page.locator(".conversations li.open").get_by_label("Remove").click()
    page.locator(".conversations .danger").click()
    expect(page.locator(".welcome")).to_be_visible()
    assert kept(site) == []
