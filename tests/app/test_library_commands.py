from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import printed, refused
from conftest import DATA
from filelock import FileLock

from app.cli import main

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of one document, and one that failed."""
    folder = tmp_path_factory.mktemp("made") / "library"
    assert main(["ingest", str(DATA / "english.pdf"), str(DATA / "empty.pdf"), "--library", str(folder)]) == 1
    return folder


@pytest.fixture
def library(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(made, tmp_path / "library"))


def of(library: Path) -> list[str]:
    return ["--library", str(library)]


def plant(library: Path, statement: str) -> None:
    database = sqlite3.connect(library / "library.sqlite3", isolation_level=None)
    database.execute(statement)
    database.close()


def test_a_library_goes_into_a_file_and_comes_back(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, other = tmp_path / "b.zip", tmp_path / "other"
    (made,) = printed(capsys, "backup", str(file), *of(library))
    assert (made["documents"], made["originals"], made["missing"]) == (2, 2, [])
    assert made["file"] == str(file) and made["bytes"] == file.stat().st_size
    (back,) = printed(capsys, "restore", str(file), *of(other))
    assert (back["documents"], back["in_progress"], back["library"]) == (2, 0, str(other))
    assert printed(capsys, "docs", "list", *of(other)) == printed(capsys, "docs", "list", *of(library))
    (found,) = printed(capsys, "search", "fee for lost property", *of(other))
    assert found["hits"][0]["document"] == "english.pdf"
    (checked,) = printed(capsys, "fsck", *of(other))
    assert checked["ok"] and checked["documents"] == 2 and checked["chunks"] > 0 and checked["findings"] == []


def test_what_stands_in_the_way_needs_yes(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "b.zip")
    printed(capsys, "backup", file, *of(library))
    assert "--yes" in refused(capsys, "backup", file, *of(library), code=2)
    printed(capsys, "backup", file, "--yes", *of(library))
    line = refused(capsys, "restore", file, *of(library), code=2)
    assert "holds 2 documents" in line and "--yes" in line
    printed(capsys, "docs", "remove", "empty.pdf", "--yes", *of(library))
    printed(capsys, "restore", file, "--yes", *of(library))
    (documents,) = printed(capsys, "docs", "list", *of(library))
    assert len(documents) == 2


def test_on_a_terminal_it_asks(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(tmp_path / "b.zip")
    printed(capsys, "backup", file, *of(library))

    class Terminal:
        answer = "n\n"

        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return self.answer

    monkeypatch.setattr(sys, "stdin", Terminal())
    assert main(["restore", file, *of(library)]) == 0
    output = capsys.readouterr().out
    assert "replace all of it by the 2 documents backed up at" in output and "nothing restored" in output
    monkeypatch.setattr(Terminal, "answer", "y\n")
    assert main(["restore", file, *of(library)]) == 0
    assert "restored 2 documents" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["backup", "x.zip", "--library", "nowhere"], 2, "no library in nowhere"),
        (["backup", "."], 2, "is a folder"),
        (["backup", "no/such/x.zip"], 2, "no folder"),
        (["restore", "nothing.zip"], 1, "cannot read nothing.zip"),
        (["restore", "english.pdf"], 1, "is not a backup"),
    ],
)
def test_refusals_are_one_line(
    library: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    shutil.copy(DATA / "english.pdf", tmp_path)
    monkeypatch.chdir(tmp_path)
    where = [] if "--library" in arguments else of(library)
    assert said in refused(capsys, *arguments, *where, code=code)
    assert not (tmp_path / "nowhere").exists()


def test_a_full_disk_is_one_line_and_leaves_nothing(library: Path, tmp_path: Path) -> None:
    script = f"""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
from app.cli import main
sys.exit(main(["backup", {str(tmp_path / "b.zip")!r}, "--library", {str(library)!r}]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("recto: cannot write")
    assert [path.name for path in tmp_path.iterdir()] == ["library"] and not list(library.glob("*.part"))


def test_a_lost_original_is_named_and_the_rest_saved(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (documents,) = printed(capsys, "docs", "list", *of(library))
    (path,) = [path for path in (library / "originals").iterdir() if path.stat().st_size]
    path.unlink()
    (made,) = printed(capsys, "backup", str(tmp_path / "b.zip"), *of(library), code=1)
    assert made["missing"] == [path.stem] and made["originals"] == 1
    capsys.readouterr()
    main(["backup", str(tmp_path / "c.zip"), *of(library)])
    assert "the original of english.pdf" in capsys.readouterr().err
    printed(capsys, "restore", str(tmp_path / "b.zip"), *of(tmp_path / "other"))
    assert printed(capsys, "docs", "list", *of(tmp_path / "other")) == [documents]


def test_restore_waits_for_an_ingest(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "b.zip"
    printed(capsys, "backup", str(file), *of(library))
    command = [sys.executable, "-m", "app", "restore", str(file), "--yes", *of(library)]
    with FileLock(library / "ingest.lock"):
        process = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stderr is not None
        assert "ingests into this library; waiting for it" in process.stderr.readline()
        assert process.poll() is None
    output, _ = process.communicate(timeout=60)
    assert "restored 2 documents" in output and process.returncode == 0


def test_fsck_names_repairs_and_exits(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plant(library, "UPDATE pages SET page = x'01' WHERE number = 2")
    (checked,) = printed(capsys, "fsck", *of(library), code=1)
    (finding,) = checked["findings"]
    assert not checked["ok"] and set(finding) == {"what", "where", "repair", "repaired"}
    assert "page 2 cannot be read" in finding["what"] and "english.pdf" in finding["where"]
    (mended,) = printed(capsys, "fsck", "--repair", *of(library))
    assert mended["ok"] and [finding["repaired"] for finding in mended["findings"]] == [True]
    assert "in progress" in mended["notes"][0]["what"]
    assert main(["ingest", str(DATA / "english.pdf"), *of(library)]) == 0
    capsys.readouterr()
    assert main(["fsck", *of(library)]) == 0
    assert capsys.readouterr().out.endswith("chunks: all is whole\n")
    (answer,) = printed(capsys, "ask", "When was the ferry built?", *of(library))
    assert not answer["refused"]


def test_fsck_in_words(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plant(library, "INSERT INTO recognised VALUES ('nobody', 1, 'key', x'00')")
    plant(library, "UPDATE documents SET path = ''")  # else the original comes back from there
    next((library / "originals").iterdir()).unlink()
    capsys.readouterr()
    assert main(["fsck", "--repair", *of(library)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("repaired: library.sqlite3, recognised:")
    assert lines[-1].endswith("2 findings, 1 not repaired")


def test_fsck_of_a_file_that_is_no_database_names_restore(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "b.zip"
    printed(capsys, "backup", str(file), *of(library))
    connection = sqlite3.connect(library / "library.sqlite3")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # else the log still holds every page
    connection.close()
    (library / "library.sqlite3").write_bytes(b"\xff" * 9000)
    (checked,) = printed(capsys, "fsck", "--repair", *of(library), code=1)
    assert "damaged" in checked["findings"][0]["what"] and "recto restore" in checked["findings"][0]["repair"]
    assert "is damaged" in refused(capsys, "restore", str(file), *of(library), code=2)
    printed(capsys, "restore", str(file), "--yes", *of(library))
    (checked,) = printed(capsys, "fsck", *of(library))
    assert checked["ok"] and checked["documents"] == 2


def test_originals_without_a_database_are_not_replaced_unasked(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "b.zip")
    printed(capsys, "backup", file, *of(library))
    for path in library.glob("library.sqlite3*"):
        path.unlink()
    (checked,) = printed(capsys, "fsck", "--repair", *of(library), code=1)
    assert "no document at all" in checked["findings"][0]["what"]
    assert "originals of some (2)" in refused(capsys, "restore", file, *of(library), code=2)
    printed(capsys, "restore", file, "--yes", *of(library))
    (checked,) = printed(capsys, "fsck", *of(library))
    assert checked["ok"] and checked["documents"] == 2


@pytest.fixture
def server(library: Path) -> Iterator[str]:
    """`recto serve` over the library, in a process of its own."""
    command = [sys.executable, "-m", "app", "serve", "--port", "0", *of(library)]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    yield next(word for word in line.split() if word.startswith("http"))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


def test_a_running_server_is_backed_up_and_answers_from_what_was_restored(
    library: Path, tmp_path: Path, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def names() -> list[str]:
        listed: Any = httpx.get(f"{server}/api/v1/documents").json()
        return sorted(document["document"] for document in listed)

    def document_of_first_hit() -> str | None:
        question = {"question": "When was the ferry built?"}
        hits = httpx.post(f"{server}/api/v1/search", json=question).json().get("hits", [])
        return hits[0]["document"] if hits else None

    assert document_of_first_hit() == "english.pdf"
    printed(capsys, "backup", str(tmp_path / "b.zip"), *of(library))
    with (DATA / "chinese.pdf").open("rb") as upload:
        added = httpx.post(f"{server}/api/v1/documents", files={"file": upload}).json()["documents"]
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        (state,) = [
            document["state"]
            for document in httpx.get(f"{server}/api/v1/documents").json()
            if document["document_id"] == added[0]["document_id"]
        ]
        if state == "indexed":
            break
        time.sleep(0.2)
    (documents,) = printed(capsys, "docs", "list", *of(library))
    assert len(documents) == 3
    (gone,) = [document["document_id"] for document in documents if document["document"] == "english.pdf"]
    httpx.delete(f"{server}/api/v1/documents/{gone}")
    assert names() == ["chinese.pdf", "empty.pdf"] and document_of_first_hit() != "english.pdf"
    printed(capsys, "restore", str(tmp_path / "b.zip"), "--yes", *of(library))
    assert names() == ["empty.pdf", "english.pdf"] and document_of_first_hit() == "english.pdf"
    (checked,) = printed(capsys, "fsck", *of(library))
    assert checked["ok"] and checked["notes"] == []
