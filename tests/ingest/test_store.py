from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import numpy as np
import pytest
from fakes import text_block

from ingest.chunking import chunk_pages
from ingest.errors import Ambiguous, LibraryError, NotFound, StorageFull
from ingest.records import Content, Document, Page, State
from ingest.store import Change, Keys, Library

KEYS = Keys("parse", "chunk")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def content(sha256: str, text: str) -> Content:
    return Content(sha256, (Page(1, 600, 800, (text_block(text),)),))


def add(library: Library, name: str, text: str, sha256: str = "", **options: str) -> Document:
    sha256 = sha256 or (name.encode().hex() + "0" * 64)[:64]
    original = library.folder / "source.pdf"
    original.write_bytes(text.encode())
    library.originals.keep(original, sha256)
    document = library.add_document(name, "default", "local", sha256, **options)
    parsed = content(sha256, text)
    library.commit_words(document.id, parsed, chunk_pages(sha256, parsed.pages), KEYS)
    return library.document(document.id)


def test_a_document_is_askable_after_its_words(library: Library) -> None:
    document = add(library, "a.pdf", "The ferry leaves.")
    assert document.state is State.WORDS_READY and document.askable
    assert (document.pages, document.chunks) == (1, 1)
    (chunk,) = library.chunks(document.sha256)
    assert chunk.text == "The ferry leaves."
    assert library.page(document.sha256, 1).blocks[0].text == "The ferry leaves."
    with pytest.raises(NotFound):
        library.page(document.sha256, 2)


def test_what_was_committed_is_there_for_the_next_process(library: Library) -> None:
    document = add(library, "a.pdf", "The ferry leaves.")
    again = Library(library.folder)
    assert again.document(document.id) == document
    assert again.chunks(document.sha256) == library.chunks(document.sha256)


def test_every_commit_is_in_the_change_log(library: Library) -> None:
    document = add(library, "a.pdf", "The ferry leaves.")
    library.commit_vectors(document.sha256, "mini", np.ones((1, 3), np.float16))
    library.forget(document.id)
    assert library.changes_since(0) == [
        Change(1, document.id, "added"),
        Change(2, document.id, "embedded"),
        Change(3, document.id, "removed"),
    ]
    assert library.changes_since(2) == [Change(3, document.id, "removed")]
    assert library.position().sequence == 3


def test_vectors_come_back_as_they_were_for_their_embedder_only(library: Library) -> None:
    document = add(library, "a.pdf", "The ferry leaves.")
    vectors = np.array([[0.25, -0.5, 1.0]], np.float16)
    library.commit_vectors(document.sha256, "mini", vectors)
    found = library.vectors(document.sha256, "mini")
    assert found is not None and np.array_equal(found, vectors)
    assert library.vectors(document.sha256, "other") is None


def test_a_content_goes_with_its_last_document(library: Library) -> None:
    first = add(library, "a.pdf", "Same words.", sha256="1" * 64)
    second = add(library, "b.pdf", "Same words.", sha256="1" * 64)
    library.forget(first.id)
    assert library.chunks("1" * 64) and library.originals.path("1" * 64).exists()
    library.forget(second.id)
    assert not library.chunks("1" * 64)
    assert not library.originals.path("1" * 64).exists()
    assert library.keys("1" * 64) is None


def test_removed_words_are_gone_from_the_file(library: Library) -> None:
    document = add(library, "a.pdf", "Zanzibar-passphrase stands here.")
    library.forget(document.id)
    library.close()
    connection = sqlite3.connect(library.folder / "library.sqlite3")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert b"Zanzibar" not in (library.folder / "library.sqlite3").read_bytes()


def test_a_new_version_replaces_the_old_one_only_when_it_is_ready(library: Library) -> None:
    old = add(library, "a.pdf", "Old words.", sha256="1" * 64, path="/x/a.pdf")
    new = library.add_document("a.pdf", "default", "local", "2" * 64, path="/x/a.pdf", replaces=old.id)
    assert {document.id for document in library.documents() if document.askable} == {old.id}
    parsed = content("2" * 64, "New words.")
    library.commit_words(new.id, parsed, chunk_pages("2" * 64, parsed.pages), KEYS)
    assert [document.id for document in library.documents()] == [new.id]
    assert not library.chunks("1" * 64)
    assert library.changes_since(1) == [Change(2, new.id, "added"), Change(3, old.id, "removed")]


def test_words_of_a_document_removed_meanwhile_are_not_kept(library: Library) -> None:
    document = library.add_document("a.pdf", "default", "local", "3" * 64)
    library.forget(document.id)
    parsed = content("3" * 64, "Too late.")
    with pytest.raises(NotFound):
        library.commit_words(document.id, parsed, chunk_pages("3" * 64, parsed.pages), KEYS)
    assert library.keys("3" * 64) is None


def test_names_and_ids(library: Library) -> None:
    first = add(library, "a.pdf", "One.")
    assert library.find("a.pdf") == library.find(first.id) == first
    second = add(library, "a.pdf", "Two.", sha256="2" * 64)
    with pytest.raises(Ambiguous) as caught:
        library.find("a.pdf")
    assert caught.value.document_ids == (first.id, second.id)
    with pytest.raises(NotFound, match="no document 'b.pdf'"):
        library.find("b.pdf")


def test_a_library_of_a_newer_recto_is_refused(library: Library) -> None:
    connection = sqlite3.connect(library.folder / "library.sqlite3")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(LibraryError, match="newer Recto"):
        Library(library.folder)


def test_a_file_that_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    (tmp_path / "library.sqlite3").write_bytes(b"not a database, but long enough to be looked at" * 40)
    with pytest.raises(LibraryError, match="damaged"):
        Library(tmp_path)


def test_a_library_in_the_place_of_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFull, match="cannot write"):
        Library(tmp_path / "file" / "library")


def test_a_scrub_leaves_nothing_of_what_was_removed_in_the_files(tmp_path: Path) -> None:
    """`secure_delete` alone does: where SQLite splits a page, copies of rows stay in the space between."""
    random, library = Random(3), Library(tmp_path)
    added: dict[str, str] = {}
    for number in range(120):
        mark, sha256 = f"mark{number:03d}x", f"{random.getrandbits(256):064x}"
        document = library.add_document(f"{mark}.pdf", "default", "local", sha256)
        texts = [f"{mark} " * random.randint(1, 80) for _ in range(random.randint(1, 12))]
        content = Content(sha256, tuple(Page(n, 600, 800, (text_block(text),)) for n, text in enumerate(texts, 1)))
        library.commit_words(document.id, content, chunk_pages(sha256, content.pages), Keys("p", "c"))
        added[document.id] = mark
    removed = {document_id: added[document_id] for document_id in random.sample(sorted(added), 60)}
    assert not library.unscrubbed
    for document_id in removed:
        library.forget(document_id)
    assert library.unscrubbed

    assert library.scrub()
    assert not library.unscrubbed
    data = b"".join(path.read_bytes() for path in tmp_path.glob("library.sqlite3*"))
    assert [mark for mark in added.values() if mark.encode() in data] == [
        mark for document_id, mark in added.items() if document_id not in removed
    ]


def test_a_scrub_that_readers_hold_up_is_still_to_be_done(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.forget(library.add_document("a.pdf", "default", "local", "0" * 64).id)
    with closing(sqlite3.connect(tmp_path / "library.sqlite3")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM documents").fetchall()
        assert not library.scrub(seconds=0)
        assert library.unscrubbed
    assert library.scrub()
    assert not library.unscrubbed
