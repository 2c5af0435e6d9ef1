"""Everything at once: two real PDFs go in through the page, a question of each, and the words under the boxes.

The proof does not trust Recto's own reading: the boxes come from the DOM, the words under them from PDFium.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
import uvicorn
from chromium import BROWSER_TEST, CHROMIUM, FLAGS
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.api import create_app
from app.server import listen
from app.settings import load_settings
from app.wiring import build

DATA = Path(__file__).parent / "data"
INGEST_MS = 180_000

pytestmark = BROWSER_TEST


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real server over a new library."""
    folder = tmp_path_factory.mktemp("end-to-end")
    service = build(load_settings(library=folder / "library"))
    service.start()
    with listen("127.0.0.1", 0) as listener:
        config = uvicorn.Config(create_app(service), log_level="warning", ws="none", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)
    service.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page with both documents indexed; it asked nobody but its own server and complained of nothing."""
    faults: list[str] = []
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.on("request", lambda one: None if one.url.startswith((address, "data:")) else faults.append(one.url))
    page.on("console", lambda one: faults.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address)
    page.wait_for_selector(".welcome")
    page.set_input_files(".file-input", [DATA / "english.pdf", DATA / "chinese.pdf"])
    for name in ("english.pdf", "chinese.pdf"):
        row = page.locator(".document", has_text=name)
        expect(row).to_have_attribute("data-state", "indexed", timeout=INGEST_MS)
    yield page
    page.close()
    assert faults == []


def folded(text: str) -> str:
    """Without white space and compatibility forms, so that two readings of the same words are equal."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def words_under(path: Path, boxes: list[dict[str, str]]) -> str:
    """The characters whose middle lies in a box, box by box, as PDFium reads the file."""
    pdf = pypdfium2.PdfDocument(path)
    found: list[str] = []
    for box in boxes:
        x0, top, x1, bottom = (float(box[name]) for name in ("x0", "top", "x1", "bottom"))
        page = pdf[int(box["page"]) - 1]
        height, textpage = page.get_height(), page.get_textpage()
        text = textpage.get_text_range()
        for index, character in enumerate(text):
            left, low, right, high = textpage.get_charbox(index)
            x, y = (left + right) / 2, height - (low + high) / 2
            if x0 <= x <= x1 and top <= y <= bottom:
                found.append(character)
    pdf.close()
    return folded("".join(found))


@pytest.mark.parametrize(
    ("question", "name", "fact"),
    [
        ("How many passengers can the ferry carry?", "english.pdf", "220"),
        ("船上拾获的物品保管多少天？", "chinese.pdf", "九十天"),
    ],
)
def test_the_words_under_the_boxes_are_the_quoted_words(page: Page, question: str, name: str, fact: str) -> None:
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    turn = page.locator(".turn", has=page.locator(".question", has_text=question))
    expect(turn.locator(".card").first).to_be_visible(timeout=60_000)
    expect(turn.locator(".sentence").first).to_contain_text(fact)

    cards = turn.locator(".card", has_text=name)
    assert cards.count() >= 1
    for number in range(cards.count()):
        card = cards.nth(number)
        card.click()
        expect(card).to_have_class(re.compile(r"\bshown\b"))
        expect(page.locator("#viewer header .name")).to_have_text(name)
        page.wait_for_selector("figure.page:not(.loading)")
        assert page.evaluate("document.querySelector('figure.page img').naturalWidth") > 0
        boxes = page.eval_on_selector_all(".box", "all => all.map(box => ({...box.dataset}))")
        quote = card.locator(".quote").text_content() or ""
        assert words_under(DATA / name, boxes) == folded(quote)
