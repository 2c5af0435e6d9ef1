"""An answer saved from the page, in a real Chromium: its evidence, and as a page to print."""

from __future__ import annotations

import json

from browsing import ask
from chromium import BROWSER_TEST
from playwright.sync_api import Page

from app.pack_file import read_pack

pytestmark = BROWSER_TEST


def test_the_evidence_of_an_answer_is_saved(page: Page) -> None:
    ask(page, "What is the weather like?")
    turn = ask(page, "How did revenue develop in 2025?")
    with page.expect_download() as download:
        turn.get_by_role("link", name="Evidence").click()
    pack = read_pack(download.value.path())
    answer = json.loads(pack.files["answer.json"])
    assert answer["question"] == "How did revenue develop in 2025?"
    assert [pack.crop(one["marker"]) is not None for one in answer["citations"]] == [True] * 3
