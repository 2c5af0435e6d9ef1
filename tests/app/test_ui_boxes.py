"""Where the boxes lie on the picture that a browser shows, against the words' own places by PDFium."""

from __future__ import annotations

from browsing import Site, ask
from chromium import BROWSER_TEST
from fake_service import SAMPLE, find_words
from playwright.sync_api import Page, expect

from app.auth import LOCAL
from eval.page_boxes import DRAWN, drawn_boxes
from eval.quotes import IOU_FROM, iou

pytestmark = BROWSER_TEST


QUOTES = {
    "How did revenue develop in 2025?": {1: ("Revenue rose by", "10.2 percent to 58.3 million euros"), 2: ("58.3",)},
    "2025 年营业收入是多少？": {1: ("2025 年公司实现营业收入 5830 万欧元，同比增长 10.2%",)},
}
"""By question and marker the lines of the quote: over two lines, a table's cell, Chinese."""


def test_boxes_lie_on_the_words_of_the_picture(page: Page, site: Site) -> None:
    for question, quotes in QUOTES.items():
        turn = ask(page, question)
        for marker, lines in quotes.items():
            turn.locator(f".card[data-marker='{marker}']").click()
            expect(page.locator(".citation-number")).to_have_text(f"[{marker}]")
            page.locator("[data-zoom]").click()  # by turns fit and full size
            page.wait_for_selector("figure.page:not(.loading) .box")
            (figure,) = page.evaluate(DRAWN)
            shown = site.service.page(LOCAL, "d1", figure["page"])
            words = [box for line in lines for box in find_words(SAMPLE, shown.number, line)]
            assert iou(words, drawn_boxes(figure, shown)) >= IOU_FROM, lines
