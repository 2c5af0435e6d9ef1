"""Fixtures that the tests of the page share: a running server over a scripted service, and Chromium on it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from browsing import EXAMPLES, PATIENCE_MS, Site, opened
from chromium import CHROMIUM, FLAGS
from fake_service import FakeService
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.api import ApiOptions, create_app
from app.server import listen


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        expect.set_options(timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    service = FakeService()
    listener: socket.socket = listen("127.0.0.1", 0)
    app = create_app(service, ApiOptions(examples=EXAMPLES))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield Site(service, f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    """The server with the sample document alone; after the test, nothing forbidden may have happened."""
    running.service.__init__()  # type: ignore[misc]
    running.service.with_sample()
    running.faults.clear()
    yield running
    assert running.faults == []


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    page = opened(browser, site)
    yield page
    page.context.close()
