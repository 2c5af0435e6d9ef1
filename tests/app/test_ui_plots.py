"""Plots on the page, in a real Chromium: where they stand, and that they are no fault of accessibility."""

from __future__ import annotations

from browsing import Site, ask, serious
from chromium import BROWSER_TEST
from playwright.sync_api import Page, expect

from ingest.grades import Grade
from ingest.rows import PageSummary

pytestmark = BROWSER_TEST


def test_the_library_and_a_document_show_their_pages_by_grade(page: Page, site: Site) -> None:
    site.service.with_table()
    grades = (Grade.GOOD, Grade.GOOD, Grade.DOUBTFUL, Grade.POOR)
    site.service.summaries = lambda who, one: [  # type: ignore[method-assign]
        PageSummary(number, "", grade) for number, grade in enumerate(grades, 1)
    ]
    page.get_by_role("button", name="How well their pages were read").click()
    viewer = page.locator("#viewer")
    expect(viewer.locator(".facts").first).to_have_text("1 documents, 4 pages")
    expect(viewer.get_by_role("img", name="good: 2, doubtful: 1, poor: 1")).to_have_count(2)
    expect(viewer.locator(".legend li")).to_have_text(["good 2", "doubtful 1", "poor 1"])
    expect(viewer.locator(".by-document .where")).to_have_text("2 of 4 good")
    assert serious(page) == []
    viewer.get_by_role("button", name="recto-sample.pdf").click()
    expect(viewer.locator(".thumbnails").get_by_role("img", name="good: 2, doubtful: 1, poor: 1")).to_be_visible()
    del site.service.summaries


def test_an_answer_shows_how_long_its_stages_took(page: Page) -> None:
    turn = ask(page, "How did revenue develop in 2025?")
    turn.locator(".details summary").click()
    rows = turn.locator(".figures tr")
    expect(rows.first.locator("td").first).to_have_text("0.031 s")
    widths = rows.locator("rect").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert len(widths) == 2 and abs(widths[0] / widths[1] - 0.0312 / 0.5) < 0.02
