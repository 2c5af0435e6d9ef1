"""An answer saved from the page, in a real Chromium: its evidence, and as a page to print."""

from __future__ import annotations

import json

import pypdfium2
from browsing import ask
from chromium import BROWSER_TEST
from playwright.sync_api import Locator, Page, expect

from app.pack_file import read_pack

pytestmark = BROWSER_TEST


def saved(turn: Locator, name: str) -> Locator:
    """A link of the answer's menu."""
    turn.locator(".save summary").click()
    return turn.get_by_role("link", name=name)


def printed(page: Page, link: Locator) -> bytes:
    """The PDF that the browser makes of the page behind a link, once that has asked to be printed."""
    page.context.add_init_script("window.print = () => { window.asked = true; };")
    with page.expect_popup() as popup:
        link.click()
    popup.value.wait_for_function("window.asked")
    return popup.value.pdf()


def texts(pdf: bytes) -> tuple[str, int]:
    """What a PDF says, white space left out, as it is searched; and how many pictures it holds."""
    document = pypdfium2.PdfDocument(pdf)
    said = "".join(page.get_textpage().get_text_bounded() for page in document)
    pictures = sum(1 for page in document for one in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))
    document.close()
    return "".join(said.split()), pictures


def test_an_answer_is_printed_with_its_places_and_its_chinese_can_be_searched(page: Page) -> None:
    ask(page, "What is the weather like?")
    turn = ask(page, "2025 年营业收入是多少？")
    said, pictures = texts(printed(page, saved(turn, "PDF")))
    assert "2025年营业收入是多少？" in said and "2025年公司实现营业收入5830万欧元，同比增长10.2%。[1][2]" in said
    assert "recto-sample.pdf·p.3" in said and pictures == 2
    assert "weather" not in said and "SaveasPDF" not in said


def test_a_conversation_is_printed_in_the_language_of_the_page(page: Page) -> None:
    ask(page, "What is the weather like?")
    ask(page, "How did revenue develop in 2025?")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#conversations h2")).to_have_text("对话")
    said, pictures = texts(printed(page, page.locator(".conversations .open .export a", has_text="PDF")))
    assert "Whatistheweatherlike?" in said and "这些文档中没有答案" in said
    assert "仅部分有依据" in said and "recto-sample.pdf·第2页·Revenue›2025" in said and pictures == 3


def test_the_evidence_of_an_answer_is_saved(page: Page) -> None:
    ask(page, "What is the weather like?")
    turn = ask(page, "How did revenue develop in 2025?")
    with page.expect_download() as download:
        saved(turn, "Evidence").click()
    pack = read_pack(download.value.path())
    answer = json.loads(pack.files["answer.json"])
    assert answer["question"] == "How did revenue develop in 2025?"
    assert [pack.crop(one["marker"]) is not None for one in answer["citations"]] == [True] * 3
