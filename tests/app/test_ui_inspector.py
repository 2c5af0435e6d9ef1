"""How an answer was made, opened on the page: the search, and what was sent to the model."""

from __future__ import annotations

from browsing import Site, ask, serious
from chromium import BROWSER_TEST
from playwright.sync_api import Page, expect

pytestmark = BROWSER_TEST


def test_prompts_and_raw_replies_are_opened_and_stay_open(page: Page, site: Site) -> None:
    question = "How did <i>revenue</i> develop?"
    site.service.answer = lambda _, made=site.service.answer: made("How did revenue develop?")  # type: ignore[method-assign]
    turn = ask(page, question)
    turn.locator(".details > summary").click()
    expect(turn.locator(".moved")).to_have_text("page 4 → 1 (pairs +1.2, late -0.5)")
    expect(turn.locator(".figures tr", has_text="meaning").locator("td")).to_have_text(["9", "15.3 ms"])
    expect(turn.locator(".call")).to_have_count(0)
    turn.get_by_role("button", name="Show prompts and raw replies").click()
    turn.locator(".call > summary").click()
    expect(turn.locator(".call pre").first).to_have_text("Answer <b>How did revenue develop?</b> from <passages>")
    expect(turn.locator(".call pre").last).to_contain_text("<think>…</think>Revenue rose")
    assert serious(page) == []
    turn.locator(".chip", has_text="3").click()  # the conversation is drawn anew
    expect(turn.locator(".card.shown .number")).to_have_text("3")
    expect(turn.locator(".call pre").first).to_be_visible()
    turn.get_by_role("button", name="Hide prompts and raw replies").click()
    expect(turn.locator(".call")).to_have_count(0)
    del site.service.answer
