"""Documents stopped, taken up again and moved on the page; collections renamed and removed."""

from __future__ import annotations

from dataclasses import replace

from browsing import Site, opened, serious
from chromium import BROWSER_TEST
from fake_service import document
from playwright.sync_api import Browser, Page, expect

from ingest.records import State

pytestmark = BROWSER_TEST


def test_a_document_on_its_way_is_stopped_and_taken_up_again(page: Page, site: Site) -> None:
    site.service.library.append(document("d2", "long.pdf", State.PARSING, pages=90, pages_done=9))
    row = page.locator(".document[data-document=d2]")
    row.get_by_role("button", name="Stop reading it: long.pdf").click()
    expect(row.locator(".state")).to_have_text("cancelled")
    expect(row.locator("progress")).to_have_count(0)
    assert serious(page) == []
    row.get_by_role("button", name="Read it after all: long.pdf").click()
    expect(row.locator(".state")).to_have_text("waiting")
    assert site.service.library[1].state is State.WAITING


def test_collections_are_renamed_and_removed_and_documents_moved(browser: Browser, site: Site) -> None:
    library = site.service.library
    for name, collection in (("a", "Filings"), ("b", "Filings"), ("c", "Reports")):
        library.append(document(name, f"{name}.pdf", State.INDEXED, pages=2, collection=collection))
    page = opened(browser, site)
    choice = page.locator(".filter").get_by_label("Collection")
    choice.select_option(label="Filings")
    expect(page.locator(".document")).to_have_count(2)
    name = page.get_by_label("Rename the collection")
    name.fill("Reports")
    name.press("Enter")
    expect(page.locator(".notice")).to_contain_text("there is a collection 'Reports' already")
    name.fill("Annual filings")
    name.press("Enter")
    expect(choice).to_have_value("=Annual filings")
    expect(page.locator(".document")).to_have_count(2)
    page.locator(".document[data-document=b] .tick").click()
    moving = page.get_by_label("Move the 1 ticked into a collection…")
    moving.fill("Reports")
    moving.press("Enter")
    expect(page.locator(".document")).to_have_count(1)
    assert {one.id: one.collection for one in library} == {
        "d1": "default", "a": "Reports", "b": "Annual filings", "c": "Reports",
    }  # fmt: skip

    page.get_by_label("Remove the collection").click()
    expect(page.locator(".shelf .state")).to_have_text("Remove the collection “Annual filings” with 1 documents?")
    assert serious(page) == []
    page.locator(".shelf").get_by_text("Cancel").click()
    page.get_by_label("Remove the collection").click()
    page.get_by_text("Move them to “default”").click()
    expect(page.locator(".document")).to_have_count(4)
    choice.select_option(label="Reports")
    page.get_by_label("Remove the collection").click()
    page.get_by_text("Remove them too").click()
    expect(page.locator(".document .name")).to_have_text(["recto-sample.pdf", "b.pdf"])
    assert {one.id: one.collection for one in site.service.library} == {"d1": "default", "b": "default"}
    page.context.close()


def test_a_name_of_a_collection_is_data(browser: Browser, site: Site) -> None:
    name = "<img src=x onerror=alert(1)>"
    site.service.library.append(document("d2", "b.pdf", State.INDEXED, pages=2, collection=name))
    site.service.library[0] = replace(site.service.library[0], collection="x")
    page = opened(browser, site)
    page.locator(".filter").get_by_label("Collection").select_option(label=name)
    page.get_by_label("Remove the collection").click()
    expect(page.locator(".shelf .state")).to_contain_text(name)
    assert page.locator("#documents img").count() == 0
    page.context.close()
