"""`recto collections` and `recto docs move` over a library of documents that nobody has read."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import printed, refused

from app.cli import main
from ingest.store import Library


@pytest.fixture
def where(tmp_path: Path) -> list[str]:
    """Two documents in Filings, one in Reports."""
    library = Library(tmp_path / "library")
    for name, collection in (("a.pdf", "Filings"), ("b.pdf", "Filings"), ("c.pdf", "Reports")):
        library.add_document(name, collection, "local", name.encode().hex().ljust(64, "0"))
    return ["--library", str(library.folder)]


def shelved(where: list[str]) -> dict[str, str]:
    return {one.name: one.collection for one in Library(Path(where[1])).documents()}


def test_collections_are_listed_and_documents_moved(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (listed,) = printed(capsys, "collections", "list", *where)
    assert [(one["collection"], one["documents"]) for one in listed] == [("Filings", 2), ("Reports", 1)]
    (moved,) = printed(capsys, "docs", "move", "a.pdf", "b.pdf", "--collection", " Reports ", *where)
    assert [(one["document"], one["collection"]) for one in moved] == [("a.pdf", "Reports"), ("b.pdf", "Reports")]
    assert main(["collections", "list", *where]) == 0
    assert capsys.readouterr().out == "Reports  3 documents, 0 pages, 3 not askable\n"


def test_documents_are_moved_all_or_none(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(capsys, "docs", "move", "a.pdf", "none.pdf", "--collection", "Letters", *where, code=1)
    assert "none.pdf" in told and "recto docs list" in told
    assert "needs a name" in refused(capsys, "docs", "move", "a.pdf", "--collection", " ", *where, code=1)
    assert set(shelved(where).values()) == {"Filings", "Reports"}


def test_a_collection_is_renamed_but_not_to_a_name_that_is_taken(
    where: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (renamed,) = printed(capsys, "collections", "rename", "Filings", "  年报  2024 ", *where)
    assert (renamed["collection"], renamed["documents"]) == ("年报 2024", 2)
    assert "move the documents" in refused(capsys, "collections", "rename", "Reports", "年报 2024", *where, code=1)
    assert "recto collections list" in refused(capsys, "collections", "rename", "Filings", "X", *where, code=1)


def test_a_collection_ends_and_its_documents_stay_or_go(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "--yes" in refused(capsys, "collections", "remove", "Filings", *where, code=2)
    (kept,) = printed(capsys, "collections", "remove", "Filings", "--yes", *where)
    assert [(one["document"], one["collection"]) for one in kept] == [("a.pdf", "default"), ("b.pdf", "default")]
    assert shelved(where) == {"a.pdf": "default", "b.pdf": "default", "c.pdf": "Reports"}
    assert main(["collections", "remove", "Reports", "--documents", "remove", "--yes", *where]) == 0
    assert capsys.readouterr().out == "removed Reports and 1 document\n"
    assert shelved(where) == {"a.pdf": "default", "b.pdf": "default"}
    assert "cannot be dissolved" in refused(capsys, "collections", "remove", "default", "--yes", *where, code=1)
