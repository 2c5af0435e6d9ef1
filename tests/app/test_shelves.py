from __future__ import annotations

from pathlib import Path

import pytest
from fake_service import SAMPLE_ID, FakeService, document
from fastapi.testclient import TestClient

from app.api import create_app
from app.auth import LOCAL, Principal
from app.shelves import Collection, Shelves
from ingest.errors import BadInput, NotFound
from ingest.records import Document, State
from ingest.store import Library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def woken() -> list[str]:
    return []


@pytest.fixture
def shelves(library: Library, woken: list[str]) -> Shelves:
    def find(who: Principal, name: str) -> Document:
        return library.find(name)

    return Shelves(library, find, lambda: woken.append("woken"))


def add(library: Library, name: str, collection: str, owner: str = LOCAL.user) -> Document:
    return library.add_document(name, collection, owner, name.encode().hex().ljust(64, "0"))


def shelved(library: Library) -> dict[str, str]:
    return {one.name: one.collection for one in library.documents()}


def test_a_document_on_its_way_is_stopped_and_taken_up_again(
    library: Library, shelves: Shelves, woken: list[str]
) -> None:
    add(library, "a.pdf", "default")
    with pytest.raises(BadInput, match="was not cancelled: waiting"):
        shelves.take_up(LOCAL, "a.pdf")
    assert shelves.cancel(LOCAL, "a.pdf").state is State.CANCELLED
    with pytest.raises(BadInput, match=r"a\.pdf is not being read: cancelled"):
        shelves.cancel(LOCAL, "a.pdf")
    assert woken == []
    assert shelves.take_up(LOCAL, "a.pdf").state is State.WAITING and woken == ["woken"]


def test_documents_are_moved_all_or_none(library: Library, shelves: Shelves) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        add(library, name, "default")
    with pytest.raises(NotFound):
        shelves.move(LOCAL, ["a.pdf", "none.pdf"], "Filings")
    with pytest.raises(BadInput, match="needs a name"):
        shelves.move(LOCAL, ["a.pdf"], " \n ")
    assert set(shelved(library).values()) == {"default"}
    shelves.move(LOCAL, ["a.pdf", "c.pdf"], " Filings  2024 ")
    assert shelved(library) == {"a.pdf": "Filings 2024", "b.pdf": "default", "c.pdf": "Filings 2024"}


def test_a_collection_takes_no_name_that_another_has(library: Library, shelves: Shelves) -> None:
    add(library, "a.pdf", "Filings")
    add(library, "b.pdf", "Reports")
    add(library, "c.pdf", "Filings", owner="somebody else")
    with pytest.raises(BadInput, match="there is a collection 'Reports' already"):
        shelves.rename(LOCAL, "Filings", "Reports")
    with pytest.raises(NotFound, match="no collection 'Letters'"):
        shelves.rename(LOCAL, "Letters", "Post")
    shelves.rename(LOCAL, "Filings", "Filings")
    shelves.rename(LOCAL, "Filings", "年报")
    assert shelved(library) == {"a.pdf": "年报", "b.pdf": "Reports", "c.pdf": "Filings"}


def test_a_collection_ends_with_its_documents_or_without(library: Library, shelves: Shelves, woken: list[str]) -> None:
    add(library, "a.pdf", "Filings")
    add(library, "b.pdf", "Reports")
    add(library, "c.pdf", "Reports", owner="somebody else")
    assert [one.name for one in shelves.dissolve(LOCAL, "Filings", remove=False)] == ["a.pdf"]
    assert shelved(library) == {"a.pdf": "default", "b.pdf": "Reports", "c.pdf": "Reports"} and woken == []
    shelves.dissolve(LOCAL, "Reports", remove=True)
    assert shelved(library) == {"a.pdf": "default", "c.pdf": "Reports"} and woken == ["woken"]
    with pytest.raises(BadInput, match="default collection cannot be dissolved"):
        shelves.dissolve(LOCAL, "default", remove=False)


def test_collections_are_counted(library: Library, shelves: Shelves) -> None:
    for name, collection in (("a.pdf", "Filings"), ("b.pdf", "Filings"), ("c.pdf", "年报")):
        add(library, name, collection)
    add(library, "d.pdf", "Theirs", owner="somebody else")
    assert shelves.collections(LOCAL) == [Collection("Filings", 2, 0, 0), Collection("年报", 1, 0, 0)]
    assert shelves.collection(LOCAL, "Filings").documents == 2
    with pytest.raises(NotFound, match=r"no collection 'Theirs' \(recto collections list"):
        shelves.collection(LOCAL, "Theirs")


def test_the_api_stops_resumes_moves_and_keeps_collections() -> None:
    service = FakeService().with_sample()
    service.library.append(document("d2", "long.pdf", State.PARSING, pages=9))
    with TestClient(create_app(service, page=False), base_url="http://127.0.0.1:7860") as client:
        root = "/api/v1"
        assert client.post(f"{root}/documents/d2/cancel").json()["state"] == "cancelled"
        resumed = client.post(f"{root}/documents/d2/resume")
        assert (resumed.status_code, resumed.json()["state"]) == (202, "waiting")
        assert client.post(f"{root}/documents/none/cancel").status_code == 404
        moved = {"documents": [SAMPLE_ID, "d2"]}
        assert client.post(f"{root}/collections/Old%20ones/documents", json=moved).status_code == 204
        sample = {"collection": "Old ones", "documents": 2, "askable": 1, "pages": 13}
        assert client.get(f"{root}/collections").json() == [sample]
        assert client.patch(f"{root}/collections/Old%20ones", json={"name": "New ones"}).status_code == 204
        assert {one.collection for one in service.library} == {"New ones"}
        assert client.patch(f"{root}/collections/New%20ones", json={"name": ""}).status_code == 422
        assert len(client.delete(f"{root}/collections/New%20ones").json()) == 2
        assert {one.collection for one in service.library} == {"default"}
        client.delete(f"{root}/collections/default", params={"documents": "remove"})
        assert service.library == []
