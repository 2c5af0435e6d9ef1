"""A document's passages in the page: found, left out, corrected, annotated, taken back."""

from __future__ import annotations

from browsing import Site, serious
from chromium import BROWSER_TEST
from playwright.sync_api import Page, expect

from app.auth import LOCAL

pytestmark = BROWSER_TEST

FERRY, BELL = "The ferry carries 22O passengers.", "The bell rings at dusk."


def test_passages_are_found_left_out_corrected_and_annotated(page: Page, site: Site) -> None:
    site.service.with_chunks(FERRY, BELL, *(f"Berth {number} is <b>free</b>." for number in range(60)))
    page.locator(".document .name").click()
    page.get_by_role("button", name="Passages").click()
    rows = page.locator(".chunks li")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Show 12 more").click()
    expect(rows).to_have_count(62)
    search = page.get_by_label("Search passages…")
    search.fill("dusk")
    search.press("Enter")
    expect(rows).to_have_count(1)
    rows.get_by_role("button", name="Leave out of answers").click()
    expect(rows.locator(".verdict")).to_have_text("left out by you")

    search.fill("ferry")
    search.press("Enter")
    expect(rows.locator(".text")).to_have_text(FERRY)
    rows.get_by_role("button", name="Edit", exact=True).click()
    text = page.get_by_role("textbox", name="Text", exact=True)
    expect(text).to_be_focused()
    text.fill(FERRY.replace("22O", "220"))
    page.get_by_role("textbox", name="Note").fill("Ask <Wilhelmina>: the boat's papers.")
    page.get_by_role("button", name="Save").click()
    expect(rows.locator(".verdict")).to_have_text("corrected by you")
    expect(rows.locator(".text").first).to_have_text(FERRY.replace("22O", "220"))
    expect(rows.locator(".note")).to_contain_text("Ask <Wilhelmina>: the boat's papers.")
    assert serious(page) == []

    search.fill("")
    search.press("Enter")
    page.get_by_role("switch", name="edited only").click()
    expect(rows).to_have_count(2)
    rows.first.locator(".passage").click()
    expect(page.locator(".page-number")).to_have_text("1 / 4")
    expect(page.locator(".box")).to_have_count(1)
    page.get_by_role("button", name="Passages").click()
    for left in (1, 0):
        rows.first.get_by_role("button", name="Take my edits back").click()
        expect(rows).to_have_count(left)
    expect(page.locator("#viewer")).to_contain_text("No passage fits.")
    assert site.service.chunks.find(LOCAL, "d1", edited=True).found == 0


def test_an_edit_whose_place_is_gone_says_so(page: Page, site: Site) -> None:
    site.service.with_chunks(FERRY)
    site.service.chunks.edit(LOCAL, "d1", 0, {"note": "Old boat."})
    site.service.with_chunks(BELL)
    page.locator(".document .name").click()
    page.get_by_role("button", name="Passages").click()
    expect(page.locator(".lost h3")).to_have_text("Edits whose place is gone: 1")
    expect(page.locator(".lost .text")).to_have_text(FERRY)
    page.get_by_role("button", name="Let it go").click()
    expect(page.locator(".lost")).to_have_count(0)
