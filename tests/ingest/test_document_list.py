"""The list of documents is right at once, whoever changed it, and is not read anew where nothing changed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from made_words import PlainEmbedder, cut, put

from ingest.records import Document, State
from ingest.store import Library

ROOT = Path(__file__).parents[2]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def forget(library: Library, document: Document) -> None:
    library.forget(document.id)


def add(library: Library, document: Document) -> None:
    library.add_document("new.pdf", "default", "local", document.sha256)


def finish(library: Library, document: Document) -> None:
    library.set_state(document.id, State.INDEXED, pages=7)


def move(library: Library, document: Document) -> None:
    library.described.move([document.id], "Ferries")


def describe(library: Library, document: Document) -> None:
    library.described.set(document.id, {"year": 2024, "company": "Acme"})


def cut_anew(library: Library, document: Document) -> None:
    cut(library, document, "one", "two", "three")


def rename(library: Library, document: Document) -> None:
    with library.database.writing() as db:
        db.execute("UPDATE documents SET name = 'other.pdf' WHERE id = ?", (document.id,))


CHANGES: tuple[Callable[[Library, Document], None], ...] = (forget, add, finish, move, describe, cut_anew, rename)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_change_is_listed_at_once(library: Library, change: Callable[..., None], elsewhere: bool) -> None:
    document, other = put(library, "a.pdf", "a"), put(library, "b.pdf", "b")
    before = library.documents()
    assert [one.id for one in before] == [document.id, other.id]
    change(Library(library.folder) if elsewhere else library, document)
    after = library.documents()
    assert after != before
    assert after == Library(library.folder).documents() == [library.document(one.id) for one in after]


def test_another_process_s_change_is_listed_at_once(library: Library) -> None:
    document, other = put(library, "a.pdf", "a"), put(library, "b.pdf", "b")
    assert library.documents() == [document, other]
    code = f"from pathlib import Path; from ingest.store import Library\nLibrary(Path({str(library.folder)!r}))"
    subprocess.run([sys.executable, "-c", f"{code}.forget({document.id!r})"], cwd=ROOT, check=True)
    assert library.documents() == [other]


def test_what_did_not_change_is_not_made_anew(library: Library) -> None:
    for name in "abc":
        put(library, f"{name}.pdf", name, embedder=PlainEmbedder())
    first = library.documents()
    assert all(one is again for one, again in zip(first, library.documents(), strict=True))
    library.described.move([first[1].id], "Ferries")
    again = library.documents()
    assert [one is kept for one, kept in zip(again, first, strict=True)] == [True, False, True]


def test_a_list_is_the_callers_own(library: Library) -> None:
    document = put(library, "a.pdf", "a")
    library.documents().clear()
    assert library.documents() == [document]


def test_what_was_never_committed_is_not_kept(library: Library) -> None:
    document = put(library, "a.pdf", "a")
    with pytest.raises(RuntimeError), library.database.writing() as db:
        db.execute("DELETE FROM documents")
        assert library.documents() == []
        raise RuntimeError
    assert library.documents() == [document]
    Library(library.folder).described.move([document.id], "Ferries")
    assert [one.collection for one in library.documents()] == ["Ferries"]


def test_a_collection_and_an_owner_choose(library: Library) -> None:
    mine = library.add_document("a.pdf", "Ferries", "me", "a" * 64)
    yours = library.add_document("b.pdf", "Ferries", "you", "b" * 64)
    assert library.documents(collection="Ferries") == [mine, yours]
    assert library.documents(collection="Ferries", owner="you") == [yours]
    assert library.documents(collection="Tugs") == []
