from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from whole_library import add, commit, everything, failed, leftovers, original_of, waiting

from ingest import archive
from ingest.archive import Archive, Manifest
from ingest.backup import back_up
from ingest.errors import BadInput, LibraryError, RectoError, StorageFull
from ingest.records import State
from ingest.restore import Restored, restore
from ingest.schema import MIGRATIONS
from ingest.store import Library


def quiet(what: str, done: int, total: int) -> None:
    pass


def backed_up(library: Library, file: Path) -> Manifest:
    return back_up(library, file, "0.0", quiet)


def restored(folder: Path, file: Path, progress: archive.Progress = quiet) -> Restored:
    folder.mkdir(exist_ok=True)
    with Archive(file) as opened:
        opened.check(quiet)
        return restore(folder, opened, progress)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A document with two pages, one that failed, one that waits."""
    library = Library(tmp_path / "library")
    add(library, "a.pdf", "The ferry leaves at nine.", "It returns at ten.")
    failed(library, "locked.pdf")
    waiting(library, "later.pdf")
    return library


@pytest.fixture
def file(library: Library, tmp_path: Path) -> Path:
    """A backup of that library."""
    backed_up(library, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def test_all_comes_back_as_it_was(library: Library, file: Path, tmp_path: Path) -> None:
    counts = restored(tmp_path / "other", file)
    other = Library(tmp_path / "other")
    assert everything(other) == everything(library)
    assert counts == Restored(documents=3, in_progress=1)
    assert leftovers(tmp_path) == []


def test_the_manifest_states_every_file(library: Library, tmp_path: Path) -> None:
    manifest = backed_up(library, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as held:
        assert {*held.namelist()} == {"manifest.json", *manifest.files}
        for name, entry in manifest.files.items():
            data = held.read(name)
            assert (entry.size, entry.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (manifest.documents, manifest.schema, manifest.recto) == (3, len(MIGRATIONS), "0.0")
    assert manifest.epoch == library.position().epoch
    assert not manifest.missing and not manifest.damaged


def test_only_its_user_may_read_a_backup(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_who_has_a_library_open_reads_the_restored_one(library: Library, file: Path) -> None:
    before = library.position()
    library.forget(library.find("a.pdf").id)
    new = add(library, "new.pdf")
    answers: list[list[str]] = []
    asked, go = threading.Event(), threading.Event()

    def serve() -> None:
        for _ in range(2):
            answers.append(sorted(document.name for document in library.documents()))
            asked.set()
            go.wait(60)
        library.close()

    server = threading.Thread(target=serve)  # a thread has its own connection, open before and after
    server.start()
    asked.wait(60)
    restored(library.folder, file)
    go.set()
    server.join(60)
    assert answers == [["later.pdf", "locked.pdf", "new.pdf"], ["a.pdf", "later.pdf", "locked.pdf"]]
    assert library.position().epoch != before.epoch
    assert library.chunks(library.find("a.pdf").sha256)[0].text.startswith("The ferry")
    assert not library.originals.path(new.sha256).exists()


def test_what_was_replaced_is_gone_from_the_files(library: Library, file: Path) -> None:
    add(library, "secret.pdf", "Zanzibar-passphrase " * 200)
    restored(library.folder, file)
    library.close()
    assert all(b"Zanzibar" not in path.read_bytes() for path in library.folder.rglob("*") if path.is_file())


def test_each_restore_is_an_epoch_of_its_own(file: Path, tmp_path: Path) -> None:
    epochs = set()
    for name in ("one", "two"):
        restored(tmp_path / name, file)
        epochs.add(Library(tmp_path / name).position().epoch)
    assert len(epochs) == 2


def test_documents_come_and_go_while_a_backup_runs(library: Library, tmp_path: Path) -> None:
    stop = threading.Event()
    faults: list[BaseException] = []

    def work() -> None:
        try:
            count = 0
            while not stop.is_set():
                count += 1
                document = add(library, f"{count}.pdf", *(f"Page {page} of {count}." for page in range(20)))
                if count % 2:
                    library.forget(document.id)
            library.close()
        except BaseException as error:
            faults.append(error)
            raise

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for number in range(8):
            manifest = backed_up(library, tmp_path / f"{number}.zip")
            assert not manifest.missing
    finally:
        stop.set()
        worker.join(60)
    assert not faults
    for number in range(8):
        folder = tmp_path / f"restored-{number}"
        restored(folder, tmp_path / f"{number}.zip")
        other = Library(folder)
        for document in other.documents():
            assert other.originals.path(document.sha256).read_bytes() == original_of(document.name)
            assert document.state in State
        other.close()
    assert leftovers(tmp_path) == []


def test_a_document_removed_in_the_very_moment_means_another_snapshot(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = library.find("a.pdf")
    link = os.link

    def remove_first(source: Path, target: Path) -> None:
        if source == library.originals.path(gone.sha256) and source.exists():
            remover = Library(library.folder)
            remover.forget(gone.id)
            remover.close()
        link(source, target)

    monkeypatch.setattr(os, "link", remove_first)
    manifest = backed_up(library, tmp_path / "b.zip")
    assert manifest.documents == 2 and gone.sha256 not in manifest.originals and not manifest.missing


def test_a_disk_without_hard_links_is_copied_from_directly(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    assert len(backed_up(library, tmp_path / "b.zip").originals) == 3


def test_originals_that_are_lost_already_do_not_keep_the_rest_from_being_saved(
    library: Library, tmp_path: Path
) -> None:
    lost, hurt = library.find("a.pdf"), library.find("locked.pdf")
    library.originals.path(lost.sha256).unlink()
    library.originals.path(hurt.sha256).write_bytes(b"%PDF-1.4 damaged")
    manifest = backed_up(library, tmp_path / "b.zip")
    assert manifest.missing == (lost.sha256,) and manifest.damaged == (hurt.sha256,)
    restored(tmp_path / "other", tmp_path / "b.zip")
    other = Library(tmp_path / "other")
    assert other.content(lost.sha256) == library.content(lost.sha256)
    assert other.originals.path(hurt.sha256).read_bytes() == b"%PDF-1.4 damaged"


def test_a_whole_original_mends_a_damaged_one(library: Library, file: Path) -> None:
    original = library.originals.path(library.find("a.pdf").sha256)
    original.write_bytes(b"%PDF-1.4 damaged")
    restored(library.folder, file)
    assert original.read_bytes() == original_of("a.pdf")


def test_a_damaged_database_is_not_backed_up(library: Library, tmp_path: Path) -> None:
    with sqlite3.connect(library.folder / "library.sqlite3") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("INSERT INTO pages VALUES ('orphan', 1, '', 'good', x'00')")
    with pytest.raises(LibraryError, match="fsck"):
        backed_up(library, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists() and leftovers(tmp_path) == []


@pytest.mark.parametrize("stage", ["database", "writing", "checking"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_a_backup_that_is_broken_off_leaves_nothing(
    library: Library, tmp_path: Path, stage: str, error: BaseException
) -> None:
    (tmp_path / "b.zip").write_text("the one before")

    def progress(what: str, done: int, total: int) -> None:
        if what == stage:
            raise error

    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else StorageFull):
        back_up(library, tmp_path / "b.zip", "0.0", progress)
    assert (tmp_path / "b.zip").read_text() == "the one before"
    assert leftovers(tmp_path) == []


def test_what_a_killed_backup_left_goes_with_the_next(library: Library, tmp_path: Path) -> None:
    left = tmp_path / f"b.zip.{'0' * 32}.part"
    left.write_text("half")
    pins = library.folder / f"backup.{'0' * 32}.part"
    pins.mkdir()
    (tmp_path / "b.zip.mine.part").write_text("not Recto's")
    backed_up(library, tmp_path / "b.zip")
    assert leftovers(tmp_path) == ["b.zip.mine.part"]


def test_an_older_schema_is_brought_up_to_date(library: Library, file: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite3"
    database = sqlite3.connect(old)
    database.executescript(f"{MIGRATIONS[0]} PRAGMA user_version = 1;")
    sha256 = hashlib.sha256(original_of("a.pdf")).hexdigest()
    values = ("d1", "a.pdf", "default", "local", sha256, "", "", "waiting", "", 0, 0, 0.0, "")
    database.execute(f"INSERT INTO documents VALUES ({', '.join('?' * len(values))})", values)
    database.commit()
    database.close()
    made = remade(file, tmp_path / "old.zip", {"library.sqlite3": old.read_bytes()}, keep=f"originals/{sha256}.pdf")
    restored(tmp_path / "other", made)
    assert [document.name for document in Library(tmp_path / "other").documents()] == ["a.pdf"]


def test_a_library_that_is_no_database_any_more_is_replaced(library: Library, file: Path) -> None:
    before = everything(library)
    library.close()
    path = library.folder / "library.sqlite3"
    path.write_bytes(b"\xff" * path.stat().st_size)
    restored(library.folder, file)
    assert everything(Library(library.folder)) == before


def test_a_library_with_damaged_pages_is_replaced(library: Library, file: Path) -> None:
    before = everything(library)
    library.scrub()
    library.close()
    path = library.folder / "library.sqlite3"
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(data)
    restored(library.folder, file)
    assert everything(Library(library.folder)) == before


# killed at any point

KILLED = """
import os, signal, sys
from pathlib import Path
from ingest import restore
from ingest.archive import Archive

restore.COPIED_PAGES = 1
left = int(sys.argv[3])

def progress(what, done, total):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[4] == "after":
    switch = restore._switch
    def and_die(*arguments):
        switch(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)
    restore._switch = and_die
with Archive(Path(sys.argv[2])) as archive:
    restore.restore(Path(sys.argv[1]), archive, progress)
"""


def killed(folder: Path, file: Path, after: int, where: str = "at") -> int:
    """A restore in a process of its own that dies at its `after`th report; its exit code."""
    command = [sys.executable, "-c", KILLED, str(folder), str(file), str(after), where]
    return subprocess.run(command, cwd=Path(__file__).parents[2], check=False).returncode


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_restore_that_is_killed_leaves_the_old_library_or_the_new(tmp_path: Path) -> None:
    new = Library(tmp_path / "new")
    for number in range(3):
        add(new, f"new-{number}.pdf", *(f"New page {page}." * 20 for page in range(10)))
    backed_up(new, tmp_path / "new.zip")
    template = Library(tmp_path / "template")
    add(template, "old.pdf", *(f"Old page {page}." * 20 for page in range(10)))
    template.scrub()
    template.close()
    wholes = {"old": everything(template)["originals"], "new": everything(new)["originals"]}
    ends = []
    for after in range(0, 100, 7):
        folder = Path(shutil.copytree(tmp_path / "template", tmp_path / f"killed-{after}"))
        code = killed(folder, tmp_path / "new.zip", after)
        library = Library(folder)
        names = {document.name for document in library.documents()}
        ends.append("old" if names == {"old.pdf"} else "new")
        assert names in ({"old.pdf"}, {"new-0.pdf", "new-1.pdf", "new-2.pdf"})
        for document in library.documents():  # whole: its original, its pages, its chunks
            assert library.originals.path(document.sha256).read_bytes() == original_of(document.name)
            assert len(library.content(document.sha256).pages) == 10 and library.chunks(document.sha256)
        restored(folder, tmp_path / "new.zip")
        assert everything(library)["originals"] == wholes["new"] and leftovers(folder) == []
        library.close()
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert ends[0] == "old" and ends[-1] == "new" and len(ends) > 3
    folder = Path(shutil.copytree(tmp_path / "template", tmp_path / "killed-after"))
    assert killed(folder, tmp_path / "new.zip", 1000, "after") == -signal.SIGKILL
    library = Library(folder)
    assert {document.name for document in library.documents()} == {"new-0.pdf", "new-1.pdf", "new-2.pdf"}


@pytest.mark.parametrize("stage", ["originals", "database"])
def test_a_restore_that_is_stopped_leaves_the_old_library(
    library: Library, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    monkeypatch.setattr("ingest.restore.COPIED_PAGES", 5)
    other = Library(tmp_path / "other")
    add(other, "old.pdf")
    before, position = everything(other), other.position()

    def progress(what: str, done: int, total: int) -> None:
        if what == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restored(other.folder, file, progress)
    kept = everything(other)
    assert {**kept, "originals": None} == {**before, "originals": None} and other.position() == position
    assert leftovers(other.folder) == []


# archives that are refused


def remade(file: Path, target: Path, changed: dict[str, bytes], *, keep: str = "") -> Path:
    """A backup with some files changed and a manifest that agrees; with `keep`, without the other originals."""
    with zipfile.ZipFile(file) as old:
        held = {name: old.read(name) for name in old.namelist()}
    manifest = json.loads(held.pop("manifest.json"))
    held |= changed
    if keep:
        held = {name: data for name, data in held.items() if name in (keep, "library.sqlite3")}
    manifest["files"] = {
        name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in held.items()
    }
    with zipfile.ZipFile(target, "w") as new:
        for name, data in {**held, "manifest.json": json.dumps(manifest).encode()}.items():
            new.writestr(name, data)
    return target


def refused(folder: Path, file: Path) -> str:
    """Why an archive is refused; the library is as before."""
    library = Library(folder)
    before, position = everything(library), library.position()
    with pytest.raises(RectoError) as caught:
        restored(folder, file)
    assert everything(library) == before and library.position() == position
    assert leftovers(folder) == []
    return str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_backup_is_refused(file: Path, tmp_path: Path, share: float) -> None:
    add(Library(tmp_path / "other"), "old.pdf")
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    assert "is not a backup, or a damaged one" in refused(tmp_path / "other", file)


def test_a_flipped_bit_is_found_or_means_nothing(library: Library, file: Path, tmp_path: Path) -> None:
    whole, chance = file.read_bytes(), random.Random(7)
    found = 0
    for number in range(60):
        data = bytearray(whole)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
        folder = tmp_path / f"flipped-{number}"
        try:
            restored(folder, file)
        except RectoError:
            found += 1
            continue
        assert everything(Library(folder)) == everything(library)
    assert found > 50


@pytest.mark.parametrize("name", ["../x.pdf", "/x.pdf", "originals/../../x.pdf", "originals/x.pdf", "notes.txt"])
def test_a_name_that_is_none_of_the_scheme_is_refused(file: Path, tmp_path: Path, name: str) -> None:
    add(Library(tmp_path / "other"), "old.pdf")
    remade(file, tmp_path / "bad.zip", {name: b"%PDF-"})
    assert "holds no file" in refused(tmp_path / "other", tmp_path / "bad.zip")
    assert not list(tmp_path.glob("x.pdf"))


def rewritten(file: Path, change: Callable[[zipfile.ZipInfo], None]) -> None:
    """The same archive with every entry's head changed."""
    with zipfile.ZipFile(file) as old:
        held = [(info, old.read(info)) for info in old.infolist()]
    with zipfile.ZipFile(file, "w") as new:
        for info, data in held:
            change(info)
            new.writestr(info, data)


def test_links_and_compressed_files_are_refused(file: Path, tmp_path: Path) -> None:
    add(Library(tmp_path / "other"), "old.pdf")

    def as_link(info: zipfile.ZipInfo) -> None:
        info.external_attr = (stat.S_IFLNK | 0o777) << 16

    def compressed(info: zipfile.ZipInfo) -> None:
        info.external_attr = 0
        info.compress_type = zipfile.ZIP_DEFLATED

    rewritten(file, as_link)
    assert "no plain file" in refused(tmp_path / "other", file)
    rewritten(file, compressed)
    assert "compressed" in refused(tmp_path / "other", file)


def test_an_original_under_another_hash_is_refused(file: Path, tmp_path: Path) -> None:
    add(Library(tmp_path / "other"), "old.pdf")
    sha256 = hashlib.sha256(original_of("a.pdf")).hexdigest()
    remade(file, tmp_path / "bad.zip", {f"originals/{sha256}.pdf": b"%PDF-1.4 another"})
    assert "is not its name" in refused(tmp_path / "other", tmp_path / "bad.zip")


def test_an_original_too_many_or_too_few_is_refused(file: Path, tmp_path: Path) -> None:
    add(Library(tmp_path / "other"), "old.pdf")
    extra = b"%PDF-1.4 nobody's"
    remade(file, tmp_path / "more.zip", {f"originals/{hashlib.sha256(extra).hexdigest()}.pdf": extra})
    assert "not those of its documents" in refused(tmp_path / "other", tmp_path / "more.zip")
    sha256 = hashlib.sha256(original_of("a.pdf")).hexdigest()
    remade(file, tmp_path / "less.zip", {}, keep=f"originals/{sha256}.pdf")
    assert "not those of its documents" in refused(tmp_path / "other", tmp_path / "less.zip")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON changes BEGIN DELETE FROM documents; END", "none of Recto's"),
        (
            "DROP TRIGGER document_changed; CREATE TRIGGER document_changed AFTER UPDATE ON documents "
            "BEGIN DELETE FROM documents; END",
            "does something else",
        ),
        ("CREATE VIEW v AS SELECT 1", "none of Recto's"),
        ("DROP TABLE vectors", "is missing"),
        ("ALTER TABLE chunks ADD COLUMN more TEXT", "other columns"),
        ("UPDATE documents SET sha256 = '../../escape'", "no hash"),
        ("UPDATE documents SET state = 'dancing'", "no state"),
        ("PRAGMA user_version = 0", "no library"),
        ("PRAGMA user_version = 99", "newer Recto"),
        ("INSERT INTO pages VALUES ('nobody', 1, '', 'good', x'00')", "rows without a content"),
    ],
)
def test_a_database_that_is_none_of_rectos_is_refused(file: Path, tmp_path: Path, statement: str, why: str) -> None:
    add(Library(tmp_path / "other"), "old.pdf")
    with zipfile.ZipFile(file) as old:
        (tmp_path / "bad.sqlite3").write_bytes(old.read("library.sqlite3"))
    database = sqlite3.connect(tmp_path / "bad.sqlite3", isolation_level=None)
    database.executescript(statement)
    database.close()
    remade(file, tmp_path / "bad.zip", {"library.sqlite3": (tmp_path / "bad.sqlite3").read_bytes()})
    assert why in refused(tmp_path / "other", tmp_path / "bad.zip")


@pytest.mark.parametrize(
    "manifest", ["", "[]", "{}", '{"format": "recto-backup", "format_version": 1}', "null", "[" * 9000]
)
def test_a_manifest_that_is_none_is_refused(file: Path, tmp_path: Path, manifest: str) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as new:
        new.writestr("manifest.json", manifest)
    with pytest.raises(BadInput):
        Archive(tmp_path / "bad.zip")


def test_a_pdf_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(original_of("a.pdf"))
    with pytest.raises(BadInput, match="is not a backup"):
        Archive(tmp_path / "a.pdf")
    with pytest.raises(BadInput, match="No such file"):
        Archive(tmp_path / "nothing.zip")


def test_what_was_in_progress_is_taken_up_from_there(library: Library, file: Path, tmp_path: Path) -> None:
    restored(tmp_path / "other", file)
    other = Library(tmp_path / "other")
    document = other.find("later.pdf")
    assert document.state is State.WAITING
    assert commit(other, document, "At last.").askable
