"""Several processes over one library, as users run them: who sees what, who goes on when one dies, who is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from filelock import Timeout
from made_pdfs import Made
from serving import HANGS_S, ROOT, Serving, command, module_of, nothing_lives, run, until

from eval.process_watch import family
from ingest.intake import ingest_lock
from ingest.records import State
from ingest.store import Library

PICTURES = 4


def with_pictures(path: Path, word: str, *lines: str, pictures: int = PICTURES) -> Path:
    """Pages of a picture each, after one of the lines where there are some: reading them takes a while."""
    made = Made(path)
    if lines:
        made.page(*lines)
    for number in range(pictures):
        made.picture(f"The {word} bell number {number} rings at dusk.")
    return made.save()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    made = [
        Made(folder / "plain.pdf").page("The ferry carries 220 passengers.", "渡轮每天开行十二班。").save(),
        Made(folder / "other.pdf").page("The tug pulls barges of nine hundred tonnes.").save(),
        with_pictures(folder / "mixed.pdf", "vornaquil", "The zyxomorph lamp burns for nineteen hours."),
        with_pictures(folder / "second.pdf", "drimoxel", "The harbour crane lifts forty tonnes."),
        with_pictures(folder / "scanned.pdf", "quenlibar"),
    ]
    return {path.name: path for path in made}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """The TMPDIR by which a test's processes are told from all others."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One for all tests that do not kill it."""
    folder = tmp_path_factory.mktemp("serving")
    temporary = folder / "tmp"
    temporary.mkdir()
    with Serving(folder / "library", temporary) as serving:
        yield serving


def supervisor(temporary: Path) -> psutil.Process | None:
    return next((one for one in family(temporary) if module_of(one) == "app.supervisor"), None)


def orphans(temporary: Path) -> list[str]:
    """Processes of the family whose parent is none of it, but for those that the test itself started."""
    members = family(temporary)
    known = {process.pid for process in members} | {os.getpid()}
    return [module_of(process) for process in members if process.is_running() and process.ppid() not in known]


def pages_of(server: Serving, question: str) -> set[int]:
    return {hit["page"] for hit in server.search(question)}


def test_a_server_answers_from_what_other_processes_commit_and_remove(server: Serving, files: dict[str, Path]) -> None:
    library = ("--library", str(server.library))
    server.add(files["other.pdf"])
    server.wait_for("other.pdf")
    question = "How many passengers does the ferry carry?"
    assert server.found(question) <= {"other.pdf"}
    run("ingest", str(files["plain.pdf"]), *library)
    assert "plain.pdf" in server.found(question)
    assert server.ask(question)["citations"][0]["document"] == "plain.pdf"
    run("docs", "remove", "plain.pdf", "--yes", *library)
    assert "plain.pdf" not in server.found(question)
    answer = server.ask(question)
    assert "220" not in answer["answer"] and {hit["document"] for hit in answer["hits"]} <= {"other.pdf"}


def test_a_document_is_askable_before_its_pictures_are_read(server: Serving, files: dict[str, Path]) -> None:
    (document_id,) = server.add(files["mixed.pdf"])
    ready = server.wait_for(document_id, "words_ready")
    assert ready["askable"] and ready["pages"] == 1 + PICTURES > ready["pages_done"]
    answer = server.ask("How long does the zyxomorph lamp burn?")
    assert "nineteen" in answer["answer"] and answer["citations"][0]["verified"]

    assert server.wait_for(document_id)["pages_done"] == 1 + PICTURES
    assert pages_of(server, "vornaquil bell") >= {*range(2, 2 + PICTURES)}


def test_an_upload_beside_a_command_that_ingests_is_ingested(server: Serving, files: dict[str, Path]) -> None:
    arguments = ("ingest", str(files["scanned.pdf"]), "--library", str(server.library), "--json")
    with command(*arguments, environment={"TMPDIR": str(server.temporary)}) as process:
        server.wait_for("scanned.pdf", "parsing", "words_ready", "embedding")
        server.add(files["plain.pdf"])
        with pytest.raises(Timeout):
            ingest_lock(Library(server.library)).acquire(timeout=0)
        assert server.wait_for("plain.pdf")["askable"]
        process.communicate(timeout=HANGS_S)
        assert process.returncode == 0
    assert server.wait_for("scanned.pdf")["pages"] == PICTURES


def test_a_server_starts_its_ingest_again_when_that_is_killed(server: Serving, files: dict[str, Path]) -> None:
    temporary = server.temporary
    (document_id,) = server.add(files["second.pdf"])
    server.wait_for(document_id, "words_ready")
    killed = supervisor(temporary)
    assert killed is not None
    killed.kill()
    another = until(lambda: (one := supervisor(temporary)) and one.pid != killed.pid and one, "another supervisor")
    assert server.rest.get("/health").is_success

    server.wait_for(document_id)
    assert pages_of(server, "drimoxel bell") >= {*range(2, 2 + PICTURES)}
    assert another.is_running()
    until(lambda: not orphans(temporary), "the end of what the killed process had started", 20)


def test_nothing_outlives_a_killed_server_and_the_next_goes_on(
    library: Path, temporary: Path, files: dict[str, Path]
) -> None:
    server = Serving(library, temporary)
    document_id, waiting_id = server.add(files["scanned.pdf"], files["plain.pdf"])
    until(lambda: "ingest.ocr" in map(module_of, family(temporary)), "a page that is recognised")
    server.rest.get(f"/documents/{waiting_id}/pages/1.png")
    server.kill()  # and with it, in the end, every process

    with Serving(library, temporary) as following:
        assert following.wait_for(document_id)["pages"] == PICTURES
        following.wait_for(waiting_id)
        assert following.found("quenlibar bell") >= {"scanned.pdf"}
        assert following.found("How many passengers does the ferry carry?") >= {"plain.pdf"}


def test_ctrl_c_ends_an_ingest_and_keeps_what_is_done(library: Path, temporary: Path, files: dict[str, Path]) -> None:
    words = "The zyxomorph lamp burns for nineteen hours."
    long = with_pictures(temporary.parent / "long.pdf", "quenlibar", words, pictures=100)  # ten seconds and more
    arguments = ("ingest", str(files["plain.pdf"]), str(long), "--library", str(library), "--json")
    with command(*arguments, environment={"TMPDIR": str(temporary)}) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert '"plain.pdf"' in first and '"indexed"' in first
        hanging = threading.Timer(3 * HANGS_S, process.kill)
        hanging.start()
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate()
        hanging.cancel()
    assert process.returncode == 130 and "stopped" in errors
    nothing_lives(temporary)
    states = {document.name: document.state for document in Library(library).documents()}
    assert states == {"plain.pdf": State.INDEXED, "long.pdf": State.CANCELLED}
    (found,) = run("search", "How many passengers does the ferry carry?", "--library", str(library))
    assert {hit["document"] for hit in found["hits"]} == {"plain.pdf"}
    run("ingest", str(long), "--ocr", "never", "--library", str(library))
    states = {document.name: document.state for document in Library(library).documents()}
    assert states == {"plain.pdf": State.INDEXED, "long.pdf": State.INDEXED_PARTIAL}


BUSY = """
import json, sys, time
from pathlib import Path
from ingest.child import Child, Limits
from ingest.embed import EmbedderSpec
EmbedderSpec(Path(sys.argv[1])).prepare()
request = {"cache": sys.argv[1], "model_folder": None, "precision": "int8", "device": "cpu"}
child = Child("ingest.embed_pool", request, Limits(memory_bytes=0, cpu_seconds=0, wall_seconds=0.0))
child.send(b"T", json.dumps(["The ferry carries passengers. " * 50] * 2_000).encode())
print("busy", flush=True)
time.sleep(600)
"""


def test_a_worker_ends_in_the_middle_of_a_request_when_its_parent_is_killed(cache: Path, temporary: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", BUSY, str(cache)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None and parent.stdout.readline() == "busy\n"
        (worker,) = [one for one in family(temporary) if module_of(one) == "ingest.embed_pool"]
        until(lambda: worker.cpu_times().user > 3, "the worker at work")  # it starts, then loads its model, in less
        parent.kill()
    nothing_lives(temporary)
