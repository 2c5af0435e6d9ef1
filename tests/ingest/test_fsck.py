from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from fakes import text_block
from whole_library import DIMENSION, EMBEDDER, add, commit, everything, failed, original_of, waiting

from ingest import codec
from ingest.backup import backup_lock
from ingest.errors import LibraryError
from ingest.findings import Check, Checked, Finding, index_check, is_damage, run, unopened
from ingest.fsck import counts, library_checks
from ingest.records import Document, Page, State
from ingest.store import Library


def quiet(what: str, done: int, total: int) -> None:
    pass


def look(library: Library, *, repair: bool = False, ingesting: bool = False) -> list[Checked]:
    return run(library_checks(library, ingesting=ingesting, progress=quiet), repair=repair)


def faults(library: Library) -> list[Finding]:
    """What is found, notes left out."""
    return [checked.finding for checked in look(library) if not checked.finding.note]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Two whole documents, one that failed."""
    library = Library(tmp_path / "library")
    add(library, "a.pdf", "The ferry leaves at nine.", "It returns at ten.")
    add(library, "b.pdf", "Tickets are sold on board.")
    failed(library, "locked.pdf")
    return library


@pytest.fixture
def first(library: Library) -> Document:
    return library.find("a.pdf")


def plant(library: Library, *statements: str, values: dict[str, object] | None = None) -> None:
    """Damages the database by hand."""
    database = sqlite3.connect(library.folder / "library.sqlite3", isolation_level=None)
    database.execute("PRAGMA foreign_keys = OFF")
    for statement in statements:
        database.execute(statement, values or {})
    database.close()


def aged(path: Path) -> Path:
    """As if it were written an hour ago."""
    before = path.stat().st_mtime - 3600
    os.utime(path, (before, before))
    return path


def test_a_whole_library_has_no_findings(library: Library) -> None:
    assert look(library) == []
    assert look(library, repair=True) == []
    assert counts(library) == (3, 3)


def test_an_empty_library_has_no_findings(tmp_path: Path) -> None:
    assert look(Library(tmp_path / "empty")) == []


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("UPDATE pages SET page = x'0102' WHERE sha256 = :a AND number = 2", "page 2 cannot be read"),
        ("UPDATE pages SET page = :other WHERE sha256 = :a AND number = 2", "page 2 says it is page 1"),
        ("UPDATE pages SET page = :changed WHERE sha256 = :a AND number = 2", "does not say what page 2 says"),
        ("DELETE FROM pages WHERE sha256 = :a AND number = 1", "page 1 is missing"),
        ("DELETE FROM pages WHERE sha256 = :a AND number = 2", "pages: 1 here, 2 noted"),
        ("UPDATE contents SET skipped = 'x' WHERE sha256 = :a", "not legible"),
        ('UPDATE contents SET pending = \'{"9": "why"}\' WHERE sha256 = :a', "numbered that cannot be"),
        ("DELETE FROM chunks WHERE sha256 = :a AND ordinal = 0", "chunks: 1 here, 2 noted"),
        ("UPDATE chunks SET text = 'Another.' WHERE sha256 = :a AND ordinal = 0", "chunk 0 does not say"),
        ("UPDATE chunks SET spans = '[[0, 5, 1, 7, 0]]' WHERE sha256 = :a AND ordinal = 0", "chunk 0 does not say"),
        ("UPDATE chunks SET spans = '[[0, 5, 1, 0, -2]]' WHERE sha256 = :a AND ordinal = 0", "chunk 0 does not say"),
        ("UPDATE chunks SET spans = '[]' WHERE sha256 = :a AND ordinal = 0", "chunk 0 does not say"),
        ("UPDATE chunks SET spans = '[[0]]' WHERE sha256 = :a AND ordinal = 0", "chunk 0 is not legible"),
        ("UPDATE chunks SET spans = '{' WHERE sha256 = :a AND ordinal = 0", "chunk 0 is not legible"),
        ("UPDATE chunks SET kind = 'poem' WHERE sha256 = :a AND ordinal = 0", "chunk 0 is not legible"),
        ("UPDATE chunks SET page = 9 WHERE sha256 = :a AND ordinal = 0", "chunks of pages that are not here: 1"),
        ("DELETE FROM contents WHERE sha256 = :a", "nothing of it is here"),
    ],
)
def test_damaged_words_are_found_and_read_anew(library: Library, first: Document, damage: str, what: str) -> None:
    whole = everything(library)
    other = codec.encode(Page(1, 600, 800, (text_block("It returns at ten."),)))
    changed = codec.encode(Page(2, 600, 800, (text_block("It returns at six."),)))
    plant(library, damage, values={"a": first.sha256, "other": other, "changed": changed})
    found = faults(library)
    assert any(what in finding.what and first.id in finding.where for finding in found)
    position = library.position()
    assert all(checked.repaired for checked in look(library, repair=True) if not checked.finding.note)
    assert faults(library) == []
    document = library.document(first.id)
    assert document.state is State.WAITING and not document.askable
    assert "removed" in {change.action for change in library.changes_since(position.sequence)}
    commit(library, document, "The ferry leaves at nine.", "It returns at ten.")
    assert everything(library) == whole and look(library) == []


def test_the_password_outlasts_the_reading_anew(library: Library, first: Document) -> None:
    plant(library, "UPDATE contents SET password = 'sesame'", "UPDATE pages SET page = x'01'")
    look(library, repair=True)
    assert library.password(first.sha256) == "sesame"


def test_damaged_words_whose_original_is_damaged_too_are_left(library: Library, first: Document) -> None:
    plant(library, "UPDATE pages SET page = x'01' WHERE sha256 = :a", values={"a": first.sha256})
    library.originals.path(first.sha256).write_bytes(b"")
    checked = look(library, repair=True)
    assert [item.repaired for item in checked] == [False, False]
    assert all("recto restore" in item.finding.repair for item in checked)
    assert library.document(first.id).askable


def vectors(*rows: list[float]) -> bytes:
    return np.array(rows, "<f2").tobytes()


UNIT = [1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ({"fp16": vectors(UNIT)}, "not the bytes of 2 vectors"),
        ({"fp16": vectors(UNIT, [2.0, 0, 0, 0])}, "not of unit length"),
        ({"fp16": vectors(UNIT, [float("nan"), 0, 0, 0])}, "not finite"),
        ({"fp16": vectors(UNIT, [float("inf"), 0, 0, 0])}, "not finite"),
        ({"fp16": "text"}, "not the bytes of 2 vectors"),
        ({"fp16": vectors(UNIT), "count": 1}, "vectors: 1 for 2 chunks"),
        ({"fp16": vectors(UNIT), "dimension": 2}, "2 numbers a vector, where others have 4"),
    ],
)
def test_damaged_vectors_are_found_and_made_again(
    library: Library, first: Document, damage: dict[str, object], what: str
) -> None:
    add(library, "c.pdf")  # so that the others have most votes
    values = {"a": first.sha256, "count": 2, "dimension": DIMENSION} | damage
    plant(
        library,
        "UPDATE vectors SET fp16 = :fp16, count = :count, dimension = :dimension WHERE sha256 = :a",
        values=values,
    )
    (finding,) = faults(library)
    assert what in finding.what and first.id in finding.where
    look(library, repair=True)
    assert faults(library) == []
    document = library.document(first.id)
    assert document.state is State.WORDS_READY and document.askable
    assert library.without_vectors(EMBEDDER) == [first.sha256]


def test_a_vector_of_zeros_is_whole(library: Library, first: Document) -> None:
    library.commit_vectors(first.sha256, EMBEDDER, np.array([UNIT, [0, 0, 0, 0]], np.float16))
    assert look(library) == []


def test_a_document_that_is_done_has_vectors(library: Library, first: Document) -> None:
    plant(library, "DELETE FROM vectors WHERE sha256 = :a", values={"a": first.sha256})
    (finding,) = faults(library)
    assert "no vectors" in finding.what
    assert [item.finding for item in look(library, ingesting=True)] == []  # it may be read anew just now
    look(library, repair=True)
    assert faults(library) == [] and library.document(first.id).state is State.WORDS_READY


def test_vectors_of_one_other_embedder_are_a_change_under_way(library: Library, first: Document) -> None:
    library.commit_vectors(first.sha256, "next", np.array([UNIT, UNIT], np.float16))
    (checked,) = look(library)
    assert checked.finding.note and "next" in checked.finding.what
    assert look(library, ingesting=True) == []
    library.commit_vectors(first.sha256, "third", np.array([UNIT, UNIT], np.float16))
    (finding,) = faults(library)
    assert "2 embedders" in finding.what
    look(library, repair=True)
    assert look(library) == [] and library.has_vectors(first.sha256, EMBEDDER)


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("INSERT INTO recognised VALUES ('nobody', 1, 'key', x'00')", "rows without a document: 1"),
        ("DELETE FROM documents WHERE id = :a", "rows without a document: 1"),
        ("INSERT INTO overlays VALUES (1, 'nobody', 1, 0, 'a', 1, NULL, '')", "rows without a document: 1"),
        ("INSERT INTO questions VALUES ('nobody', 'p', 'm', '[]')", "rows without a document: 1"),
        ("INSERT INTO pages VALUES ('nobody', 1, '', 'good', x'00')", "rows without a content: 1"),
        ("UPDATE documents SET askable = 0 WHERE id = :a", "cannot be asked"),
        ("UPDATE documents SET state = 'dancing' WHERE id = :a", "no state 'dancing'"),
        ("DELETE FROM library WHERE name = 'epoch'", "no epoch"),
        ("UPDATE library SET value = '{' WHERE name = 'embedder'", "not legible"),
        ("UPDATE library SET value = '{\"x\": 1}' WHERE name = 'embedder'", "not legible"),
    ],
)
def test_rows_that_are_wrong_are_found_and_mended(library: Library, first: Document, damage: str, what: str) -> None:
    plant(library, damage, values={"a": first.id})
    if damage.startswith("DELETE FROM documents"):
        aged(library.originals.path(first.sha256))
    assert what in faults(library)[0].what
    assert all(checked.repaired for checked in look(library, repair=True) if not checked.finding.note)
    assert faults(library) == []


def test_a_document_that_can_be_asked_again_is_in_the_change_log(library: Library, first: Document) -> None:
    position = library.position()
    plant(library, "UPDATE documents SET askable = 0 WHERE id = :a", values={"a": first.id})
    look(library, repair=True)
    (change,) = library.changes_since(position.sequence)
    assert (change.document_id, change.action) == (first.id, "added")


# originals and what was left behind


def test_a_lost_original_is_named(library: Library, first: Document) -> None:
    original = library.originals.path(first.sha256)
    for harm, what in ((lambda: original.write_bytes(b"%PDF-1.4 other"), "damaged"), (original.unlink, "missing")):
        harm()
        (checked,) = look(library, repair=True)
        assert what in checked.finding.what and first.id in checked.finding.where and not checked.repaired
        assert f"recto docs remove {first.id}" in checked.finding.repair


def test_a_lost_original_comes_back_from_where_it_came(library: Library, first: Document, tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    plant(library, "UPDATE documents SET path = :path WHERE id = :a", values={"a": first.id, "path": str(source)})
    original = library.originals.path(first.sha256)
    original.write_bytes(b"%PDF-1.4 other")
    source.write_bytes(b"%PDF-1.4 a newer version")
    assert [checked.repaired for checked in look(library, repair=True)] == [False]
    source.write_bytes(original_of("a.pdf"))
    assert [checked.repaired for checked in look(library, repair=True)] == [True]
    assert original.read_bytes() == original_of("a.pdf")


def test_the_original_of_a_document_that_failed_is_looked_at_too(library: Library) -> None:
    library.originals.path(library.find("locked.pdf").sha256).unlink()
    (finding,) = faults(library)
    assert "locked.pdf" in finding.where


def test_what_nobody_needs_is_deleted_when_it_cannot_be_on_its_way_in(library: Library) -> None:
    folder = library.folder
    (folder / "uploads").mkdir()
    for number in range(2):
        killed = folder / f"restore.{number}.part"
        killed.mkdir()
        (killed / "library.sqlite3").write_bytes(b"half")
    left = [
        library.originals.path("0" * 64),
        library.originals.folder / f"{'1' * 64}.{'2' * 32}.part",
        folder / "uploads" / f"{'3' * 32}.part",
    ]
    for path in left:
        path.write_bytes(b"half")
    (library.originals.folder / "notes.txt").write_text("not Recto's")
    assert len(faults(library)) == 2  # the others may just be coming in
    for path in left:
        aged(path)
    assert len(faults(library)) == 5
    assert look(library, ingesting=True) == []
    assert all(checked.repaired for checked in look(library, repair=True))
    assert not any(path.exists() for path in left) and not list(folder.glob("restore.*"))
    assert (library.originals.folder / "notes.txt").exists()


def test_what_a_running_backup_holds_is_left_alone(library: Library) -> None:
    (library.folder / "backup.1.part").mkdir()
    with backup_lock(library):
        assert look(library, repair=True) == []
    assert [checked.repaired for checked in look(library, repair=True)] == [True]
    assert not (library.folder / "backup.1.part").exists()


def test_originals_are_not_deleted_where_the_database_lost_every_document(library: Library) -> None:
    plant(library, "DELETE FROM documents", "DELETE FROM contents")
    for path in library.originals.folder.iterdir():
        aged(path)
    plant(library, *(f"DELETE FROM {table}" for table in ("pages", "chunks", "vectors")))
    (checked,) = look(library, repair=True)
    assert "holds no document at all" in checked.finding.what and not checked.repaired
    assert len(list(library.originals.hashes())) == 3


def test_documents_in_progress_are_a_note(library: Library) -> None:
    for number in range(5):
        waiting(library, f"{number}.pdf")
    (checked,) = look(library)
    assert checked.finding.note and "and 2 more" in checked.finding.where and "recto serve" in checked.finding.repair
    assert look(library, ingesting=True) == []


# a damaged file


def spoiled(library: Library, table: str = "") -> Library:
    """The library with the first page of a table, or of the whole file, overwritten; opened anew."""
    library.scrub()
    library.close()
    path = library.folder / "library.sqlite3"
    database = sqlite3.connect(path)
    query = "SELECT page_size, MAX((SELECT rootpage FROM sqlite_master WHERE name = ?)) FROM pragma_page_size"
    size, page = database.execute(query, (table,)).fetchone()
    database.close()
    data, start = bytearray(path.read_bytes()), size * ((page or 1) - 1)
    data[start : start + size] = b"\xff" * size
    path.write_bytes(data)
    return Library(library.folder)


def test_a_file_that_is_no_database_is_named(library: Library) -> None:
    with pytest.raises(LibraryError) as caught:
        spoiled(library)
    assert is_damage(caught.value)
    findings = unopened(library.folder, caught.value)
    assert "damaged" in findings[0].what and all("recto restore" in finding.repair for finding in findings)


def test_damaged_pages_of_the_file_are_named_and_nothing_else_is_looked_at(library: Library) -> None:
    checked = look(spoiled(library, "chunks"), repair=True)
    assert checked and all(item.finding.where == "library.sqlite3" and not item.repaired for item in checked)
    assert all("recto restore" in item.finding.repair for item in checked)


def test_an_index_of_sqlite_is_built_anew(library: Library) -> None:
    plant(
        library,
        "DROP INDEX documents_by_content",
        "CREATE INDEX documents_by_content ON documents (sha256) WHERE 0",
        "PRAGMA writable_schema = ON",
        """UPDATE sqlite_master SET sql = 'CREATE INDEX documents_by_content ON documents (sha256)'
           WHERE name = 'documents_by_content'""",
    )
    library.close()
    again = Library(library.folder)
    assert any("missing from index documents_by_content" in finding.what for finding in faults(again))
    assert all(checked.repaired for checked in look(again, repair=True))
    assert faults(again) == []


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("DROP TABLE recognised", "recognised is missing"),
        ("CREATE TABLE notes (x)", "none of Recto's"),
        ("ALTER TABLE chunks ADD COLUMN more TEXT", "other columns"),
    ],
)
def test_tables_that_are_not_as_they_should_be_are_named(library: Library, damage: str, what: str) -> None:
    plant(library, damage)
    (finding,) = faults(library)
    assert what in finding.what


# the run


def test_an_index_is_built_anew_once_it_has_findings() -> None:
    broken = ["entry 7 is missing", "entry 9 is missing"]
    check = index_check("indexes/words", lambda: list(broken), broken.clear)
    assert [item.repaired for item in run([check], repair=False)] == [False, False]
    assert [item.repaired for item in run([check], repair=True)] == [True, True]
    assert run([check], repair=True) == []


def test_what_a_repair_did_not_mend_or_made_is_told() -> None:
    rounds = [[Finding("one", "here", "mend", lambda: None)], [Finding("two", "here", "none")]]
    checked = run([lambda: rounds.pop(0)], repair=True)
    assert [(item.finding.what, item.repaired) for item in checked] == [("one", True), ("two", False)]


def test_nothing_is_looked_at_after_a_finding_that_stops() -> None:
    asked: list[str] = []

    def second() -> list[Finding]:
        asked.append("second")
        return []

    first: Check = lambda: [Finding("gone", "here", "restore", stops=True)]  # noqa: E731
    run([first, second], repair=True)
    assert asked == []
