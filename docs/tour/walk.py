"""Walks through the page as a new user would, over the sample, and keeps what is seen as the pictures of this folder.

`make tour` runs it: a real server, a real Chromium, a library of its own. It fails where a step does not come about.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from browsing import ask  # noqa: E402
from chromium import CHROMIUM, FLAGS  # noqa: E402

FOLDER = Path(__file__).parent
_STARTS_S = 120
_SIZE = {"width": 1400, "height": 880}


@contextmanager
def served(library: Path) -> Iterator[str]:
    """The address of a server of its own, with the sample."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "app", "serve", "--sample", "--port", str(port), "--library", str(library)]
    process = subprocess.Popen(command)
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + _STARTS_S
        while True:
            try:
                urllib.request.urlopen(f"{address}/api/v1/health", timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                if time.monotonic() > until or process.poll() is not None:
                    raise
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait()


def welcome(page: Page) -> None:
    expect(page.locator(".document .state")).to_have_text("indexed 4 pages", timeout=120_000)
    expect(page.locator(".example")).to_have_count(3)


def answer(page: Page) -> None:
    turn = ask(page, "What was the operating profit in 2024?")
    expect(turn.locator(".said")).to_contain_text("5.6")
    expect(page.locator(".box")).to_have_count(1)


def chinese(page: Page) -> None:
    turn = ask(page, "潮位计的保修期是多久？")
    expect(turn.locator(".said").first).to_contain_text("5 年")


def details(page: Page) -> None:
    page.locator("#conversations .new").click()
    turn = ask(page, "Who founded the company?")
    turn.locator("summary").first.click()
    expect(turn.locator(".passage").first).to_be_visible()


def refusal(page: Page) -> None:
    page.locator("#conversations .new").click()
    turn = ask(page, "What is the capital of Peru?")
    expect(turn.locator(".refused")).to_contain_text("Peru")


def glance(page: Page) -> None:
    page.locator(".document .name").click()
    expect(page.locator(".overview .page-button")).to_have_count(4)
    page.wait_for_function("[...document.querySelectorAll('.thumbnail')].every(one => one.complete)")


def table(page: Page) -> None:
    page.locator(".overview .tables .passage").first.click()
    page.locator(".table-copy").scroll_into_view_if_needed()
    expect(page.locator(".table-copy td").nth(7)).to_have_text("41.2")


def section(page: Page) -> None:
    page.locator(".document .name").click()
    heading = page.locator(".overview .outline li", has_text="People").first
    heading.hover()
    heading.get_by_role("button", name="ask only here").click()
    expect(page.locator(".page-scope")).to_contain_text("People")
    turn = ask(page, "How many people work at Lantern Instruments?")
    expect(turn.locator(".said").first).to_contain_text("412")


def rating(page: Page) -> None:
    turn = page.locator(".turn").last
    turn.get_by_label("Not a good answer").click()
    form = turn.locator(".rating")
    form.locator("select").select_option(label="The proof stands elsewhere")
    page.locator("#viewer .next").click()
    form.locator(".offer").click()
    expect(form.locator(".place")).to_contain_text("p. 2")


def passages(page: Page) -> None:
    page.locator(".turn").last.get_by_role("button", name="Done").click()
    page.locator(".document .name").click()
    page.get_by_role("button", name="Passages").click()
    search = page.get_by_label("Search passages…")
    search.fill("warranty")
    search.press("Enter")
    row = page.locator(".chunks li", has_text="day of delivery").first
    row.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("textbox", name="Note").fill("The workshop counts from the invoice.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".chunks .note").first).to_contain_text("invoice")


def in_chinese(page: Page) -> None:
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#documents h2")).to_have_text("文档")


STEPS: tuple[tuple[str, Callable[[Page], None]], ...] = (
    ("1-welcome", welcome),
    ("2-answer", answer),
    ("3-chinese", chinese),
    ("4-details", details),
    ("5-refusal", refusal),
    ("6-glance", glance),
    ("7-table", table),
    ("8-section", section),
    ("9-rating", rating),
    ("10-passages", passages),
    ("11-in-chinese", in_chinese),
)


def main() -> None:
    """Takes all the steps, in one conversation with one server."""
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "library") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(locale="en-US", viewport=_SIZE).new_page()  # type: ignore[arg-type]
        page.goto(address)
        for name, step in STEPS:
            step(page)
            page.wait_for_selector(".page.loading", state="detached")
            page.mouse.move(0, 0)
            page.wait_for_timeout(600)  # for what scrolls smoothly
            page.screenshot(path=FOLDER / f"{name}.png")
            sys.stdout.write(f"{name}\n")
        browser.close()


if __name__ == "__main__":
    main()
