"""The page as a person has it: `recto serve` in a process of its own, a real Chromium on it.

It knows what is pressed and waited for, not what is measured. Playwright and a Chromium are needed; they are no part of
Recto.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.extra import load
from ingest.errors import BadSetup

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
_HANGS_MS = 120_000
_SIZE = {"width": 1400, "height": 900}


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs; `pid` is that of its process."""

    address: str
    pid: int


@contextmanager
def served(library: Path, cache: Path) -> Iterator[Served]:
    """Serves the library until the block ends. Raises BadSetup where the server does not start."""
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--library", str(library)]
    environment = {**os.environ, "RECTO_CACHE": str(cache)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        found = re.search(r"http://\S+", said)
        if found is None:
            raise BadSetup(f"the server did not start: {said.strip()}")
        yield Served(found[0], process.pid)
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def chromium() -> Iterator[Any]:
    """A Playwright browser. Raises BadSetup where there is none."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        raise BadSetup("there is no Chromium to look at the page with", hint="make chromium")
    with load("playwright.sync_api").sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def opened(browser: Any, address: str) -> Any:
    """The page in a window of its own, ready to be asked."""
    page = browser.new_context(locale="en-US", viewport=_SIZE).new_page()
    page.set_default_timeout(_HANGS_MS)
    page.goto(address)
    page.wait_for_selector(".document, .welcome")
    return page


def ask(page: Any, question: str) -> Any:
    """Asks in a new conversation; the turn, when it has ended."""
    if page.locator(".turn").count():
        page.locator("#conversations .new").click()
        page.wait_for_selector(".welcome")
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.wait_for_selector(".turn:not(.asking)")
    return page.locator(".turn")


def cited(page: Any, marker: int) -> None:
    """Presses a citation of the turn that is shown, and waits for its page with its boxes."""
    page.locator(f".card[data-marker='{marker}']").click()
    page.wait_for_function(
        """marker => document.querySelector('.citation-number')?.textContent === `[${marker}]`
           && document.querySelector('.page .box') && !document.querySelector('.page.loading')""",
        arg=marker,
    )
