"""How fast the page is in a real browser, and what open pages cost the server: on a library of very many documents.

Times are taken within the browser, from the press to the picture. It does not know how the page does what it does.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from eval.markdown_table import table
from eval.page_library import LONG
from eval.real_page import ask, chromium, opened, served

QUESTIONS = ("How did revenue develop in 2025?", "2025 年营业收入是多少？", "How long is the warranty?")
_TIMES = 5
_TIMED = """async ([selector, done, argument]) => {
    const holds = new Function('argument', `return ${done}`), start = performance.now();
    document.querySelector(selector).click();
    while (!holds(argument)) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""
"""A script that presses and waits until what it should do can be seen; gives the milliseconds."""
_BOXED = """document.querySelector('.citation-number')?.textContent === `[${argument}]`
    && document.querySelector('.page .box') && !document.querySelector('.page.loading')"""
_ON_PAGE = (
    """document.querySelector('figure.page')?.dataset.page === argument && !document.querySelector('.page.loading')"""
)
_AT_A_GLANCE = "document.querySelectorAll('.overview .page-button').length > 0"
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def measure_page(library: Path, cache: Path, conversations: int) -> dict[str, Any]:
    """Milliseconds by what is done, and MiB of the server; with the load of the machine before and after."""
    load = [os.getloadavg()[0]]
    with served(library, cache) as server, chromium() as browser:
        opened(browser, server.address).context.close()  # everything is loaded once
        times: dict[str, list[float]] = {"first paint": [], "documents listed": []}
        for _ in range(_TIMES):
            started = time.perf_counter()
            page = opened(browser, server.address)
            page.wait_for_selector(".document")
            times["documents listed"].append(1000 * (time.perf_counter() - started))
            times["first paint"].append(page.evaluate(_PAINTED))
            page.context.close()
        page = opened(browser, server.address)
        times |= _pressed(page)
        memory, idle = _conversations(browser, server.address, server.pid, conversations)
    load.append(os.getloadavg()[0])
    return {"kind": "page", "load": load, "conversations": conversations, "memory_mib": memory, "idle_share": idle} | {
        "times_ms": {name: {"median": statistics.median(all_), "most": max(all_)} for name, all_ in times.items()}
    }


def _pressed(page: Any) -> dict[str, list[float]]:
    """What presses cost: the long document at a glance, its pages, citations."""

    def timed(selector: str, done: str, argument: str = "") -> float:
        return float(page.evaluate(_TIMED, [selector, done, argument]))

    page.fill("#documents [type=search]", LONG)
    page.press("#documents [type=search]", "Enter")
    page.wait_for_function("document.querySelectorAll('.document').length === 1")
    glance = [timed(".document button.name", _AT_A_GLANCE)]
    middle = page.locator(".page-button").count() // 2
    turned = [timed(f".page-button:nth-child({middle})", _ON_PAGE, str(middle))]
    turned += [timed("#viewer .next", _ON_PAGE, str(middle + one)) for one in range(1, 2 * _TIMES)]
    cited = []
    for question in QUESTIONS[:2]:
        turn = ask(page, question)
        markers = turn.locator(".card").evaluate_all("all => all.map(card => card.dataset.marker)")
        for marker in markers * 2 * _TIMES:
            page.locator("#viewer .next").click()  # so that the same citation is shown anew
            page.wait_for_function("!document.querySelector('.page .box') && !document.querySelector('.page.loading')")
            cited.append(timed(f".card[data-marker='{marker}']", _BOXED, marker))
    return {"the long document at a glance": glance, "page turned": turned, "citation boxed": cited[1:]}


def _conversations(browser: Any, address: str, pid: int, count: int) -> tuple[dict[str, float], float]:
    """MiB of the server and all its processes, with one page open and with so many; the share of a core while idle."""
    before = _memory(pid)
    pages = []
    for number in range(count):
        page = opened(browser, address)
        for question in QUESTIONS[: 1 + number % len(QUESTIONS)]:
            ask(page, question)
        pages.append(page)
    after = _memory(pid)
    idle = _share(pid, 10.0)
    for page in pages:
        page.context.close()
    return {"before": before, "after": after, "more": after - before}, idle


def _family(pid: int) -> Sequence[psutil.Process]:
    server = psutil.Process(pid)
    return [server, *server.children(recursive=True)]


def _memory(pid: int) -> float:
    """MiB, memory that processes share counted once."""
    return float(sum(process.memory_full_info().pss for process in _family(pid)) / 2**20)


def _share(pid: int, seconds: float) -> float:
    """Of one core, of the server's own process while nobody does anything."""

    def spent() -> float:
        return float(sum(psutil.Process(pid).cpu_times()[:2]))

    before = spent()
    time.sleep(seconds)
    return (spent() - before) / seconds


def page_text(report: dict[str, Any]) -> str:
    """The figures as a table and in words."""
    rows = [[name, f"{one['median']:.0f}", f"{one['most']:.0f}"] for name, one in report["times_ms"].items()]
    memory = report["memory_mib"]
    return (
        f"{table(['', 'median ms', 'most ms'], rows)}\n\nserver: {memory['before']:.0f} MiB, with "
        f"{report['conversations']} open conversations {memory['more']:+.0f} MiB, {report['idle_share']:.0%} of a core "
        f"while they are idle; load {report['load'][0]:.1f} before, {report['load'][1]:.1f} after"
    )
