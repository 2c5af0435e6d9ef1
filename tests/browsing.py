"""The page in a real Chromium over a scripted service: what its tests share beside the fixtures in tests/app."""

from __future__ import annotations

from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from fake_service import SAMPLE, FakeService
from playwright.sync_api import Browser, Locator, Page

EXAMPLES = {SAMPLE.name: ("How did revenue develop in 2025?",)}

PATIENCE_MS = 60_000
"""After so long without what is waited for, a test fails; no figure of speed: a busy machine takes seconds."""

_SETTLED = """() => Promise.allSettled(document.getAnimations()
    .filter((one) => one.effect.getTiming().iterations !== Infinity).map((one) => one.finished)).then(() => null)"""


@dataclass
class Site:
    """A running server, and what a browser did on it that it should not have."""

    service: FakeService
    address: str
    faults: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("request", lambda request: self._request(request.url))
        page.on("console", lambda message: self._fault(message.type, message.text))
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))

    def _request(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.faults.append(f"request to {url}")

    def _fault(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") or "Content Security Policy" in text:
            self.faults.append(f"{kind}: {text}")


def opened(browser: Browser, site: Site, locale: str = "en-US", width: int = 1400) -> Page:
    page = browser.new_context(locale=locale, viewport={"width": width, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    site.watch(page)
    page.goto(site.address)
    page.wait_for_selector(".welcome")
    return page


def ask(page: Page, question: str) -> Locator:
    """Asks with the Enter key; the turn, when it has ended."""
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.wait_for_function(
        "q => [...document.querySelectorAll('.turn .question')].at(-1)?.textContent === q", arg=question
    )
    page.wait_for_selector(".turn:last-child:not(.asking)")
    page.wait_for_selector("#question .submit-button")  # of the reply's parts the last
    return page.locator(".turn").last


def drawn(page: Page) -> None:
    """Waits for the pictures of pages: those of a document that is gone would be asked for in vain."""
    page.wait_for_function("[...document.images].every((one) => one.complete)")


def serious(page: Page) -> list[str]:
    """What axe-core finds to be a serious or critical fault, in light and in dark, with its places."""
    faults = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function("dark => document.body.classList.contains('dark') === dark", arg=scheme == "dark")
        page.evaluate(_SETTLED)  # colours go over from one to the other
        faults += [f"{scheme}: {fault}" for fault in _faults(page)]
    page.emulate_media(color_scheme="light")
    return faults


def _faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def boxes(page: Page) -> list[tuple[int, float, float, float, float]]:
    """(page, x0, top, x1, bottom) of every box shown, in PDF points."""
    names = ("page", "x0", "top", "x1", "bottom")
    found = page.eval_on_selector_all(".box", "all => all.map(box => ({...box.dataset}))")
    return [tuple(float(box[name]) for name in names) for box in found]  # type: ignore[misc]
