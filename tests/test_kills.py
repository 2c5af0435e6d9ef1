"""A library whose process is killed, at chosen calls and at random moments: nothing half, nothing acknowledged lost."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from killing import FILES, KINDS, Ran, Run, searcher

from ingest import codec
from ingest.embed import EmbedderSpec
from ingest.records import Document
from ingest.store import Library

POINTS, RANDOM = (24, 60), (30, 100)  # in every run of the tests, and in a long one
QUESTIONS = {  # a question that only one document answers, by version of its file
    "first.pdf": ["seven deckhands captain mate"],
    "second.pdf": ["foggy sensors pier winters"],
    "third.pdf": ["失物招领手续费二十元", "pilot boat berth permit"],
}

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler (cc)"
)


class Killer:
    """The process that runs lives; one at a time."""

    def __init__(self, shim: Path, scratch: Path, cache: Path) -> None:
        self.scratch, self.cache = scratch, cache
        scratch.mkdir()
        here = Path(__file__).parent
        self._process = subprocess.Popen(
            [sys.executable, str(here / "killing.py"), str(scratch), str(cache)],
            env={**os.environ, "LD_PRELOAD": str(shim)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def run(self, run: Run) -> Ran:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(run)) + "\n")
        self._process.stdin.flush()
        ran = Ran(**json.loads(self._process.stdout.readline()))
        assert not ran.failed, ran.failed
        return ran

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def killers(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[list[Killer]]:
    """One for each of two cores."""
    folder = tmp_path_factory.mktemp("kills")
    shim = folder / "killpoint.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(Path(__file__).parent / "killpoint.c"), "-ldl"],
        check=True,
    )
    made = [Killer(shim, folder / f"scratch-{number}", cache) for number in range(2)]
    yield made
    for killer in made:
        killer.close()


Truth = dict[str, dict[str, str]]  # document -> part -> what it is, or its hash


def truth(library: Library, cache: Path) -> Truth:
    """All that a question could see, whatever the ids, times and order of ingest."""
    identity = EmbedderSpec(cache).identity()

    def parts(document: Document) -> Iterator[tuple[str, str]]:
        sha256 = document.sha256
        vectors = library.vectors(sha256, identity)
        yield "state", repr((document.state, document.askable, document.pages, document.reason))
        yield "content", repr(library.stub(sha256))
        yield "pages", hashed(b"".join(codec.encode(page) for page in library.pages(sha256)))
        yield "chunks", hashed(repr(library.chunks(sha256)).encode())
        yield "vectors", hashed(vectors.tobytes()) if vectors is not None else ""
        yield "original", hashed(library.originals.path(sha256).read_bytes())

    found = {document.name: dict(parts(document)) for document in library.documents()}
    assert len(found) == len(library.documents()), "a name stands twice"
    return found


def hashed(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def answers(library: Library, cache: Path) -> list[object]:
    """What the indexes say to every question."""
    index, documents = searcher(library, cache), library.documents()
    return [
        (
            question,
            hit.document.name,
            hit.chunk.page,
            hit.chunk.text,
            round(hit.score, 9),
            [f.branch for f in hit.found_by],
        )
        for questions in QUESTIONS.values()
        for question in questions
        for hit in index.search(question, documents)
    ]


def check_what_is_left(folder: Path, cache: Path, said: list[str]) -> None:
    """After a kill: each document is wholly there or not at all, and what was acknowledged holds."""
    library = Library(folder)
    index, documents = searcher(library, cache), library.documents()
    for name, questions in QUESTIONS.items():
        askable = [document for document in documents if document.name == name and document.askable]
        hits = [hit for question in questions for hit in index.search(question, documents) if hit.document.name == name]
        for document in askable:
            check_whole(library, document)
            assert any(hit.document.id == document.id for hit in hits), f"{name} is askable but not found"
        assert {hit.document.id for hit in hits} <= {document.id for document in askable}
        assert len(askable) <= 1
        if f"indexed {name}" in said and f"removing {name}" not in said:
            assert askable, f"{name} was acknowledged and is lost"
        if f"removed {name}" in said:
            assert not askable, f"{name} was removed and is back"


def check_whole(library: Library, document: Document) -> None:
    pages, chunks = list(library.pages(document.sha256)), library.chunks(document.sha256)
    assert [page.number for page in pages] == list(range(1, document.pages + 1))
    assert len(chunks) == document.chunks > 0
    assert hashed(library.originals.path(document.sha256).read_bytes()) == document.sha256
    for chunk in chunks:
        for span in chunk.spans:
            block = pages[span.page - 1].blocks[span.block]
            end = span.block_start + span.end - span.start
            assert chunk.text[span.start : span.end] == block.text[span.block_start : end]


def go_through(killers: list[Killer], runs: list[Run], expected: tuple[Truth, list[object]]) -> int:
    """Every run on a library of its own, then the same life unharmed; returns how many were really killed."""
    killed: list[Run] = []
    failures: list[str] = []
    queue = list(enumerate(runs))
    lock = threading.Lock()

    def work(killer: Killer) -> None:
        while True:
            with lock:
                if not queue or failures:
                    return
                number, run = queue.pop()
            folder = killer.scratch / f"library-{number}"
            try:
                run = Run(str(folder), run.kind, run.at, run.delay)
                ran = killer.run(run)
                if ran.killed:
                    killed.append(run)
                    check_what_is_left(folder, killer.cache, ran.said)
                    assert not killer.run(Run(str(folder))).killed
                library = Library(folder)
                assert truth(library, killer.cache) == expected[0], (
                    "the truth differs from that of an uninterrupted life"
                )
                assert answers(library, killer.cache) == expected[1], "the indexes answer differently"
                library.close()
            except BaseException as error:  # noqa: BLE001  # told in the test's own thread
                failures.append(f"{run}: {type(error).__name__}: {error}")
            shutil.rmtree(folder, ignore_errors=True)

    threads = [threading.Thread(target=work, args=(killer,)) for killer in killers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]
    return len(killed)


@pytest.fixture(scope="module")
def unharmed(killers: list[Killer]) -> tuple[Ran, Truth, list[object]]:
    """A life without a kill: its calls, what is left in the end, what that answers."""
    killer = killers[0]
    folder = killer.scratch / "unharmed"
    ran = killer.run(Run(str(folder)))
    library = Library(folder)
    assert {document.name for document in library.documents()} == FILES.keys() - {"first.pdf"}
    return ran, truth(library, killer.cache), answers(library, killer.cache)


@pytest.mark.parametrize("points", [POINTS[0], pytest.param(POINTS[1], marks=pytest.mark.soak)])
def test_killed_at_writes_fsyncs_and_renames(
    killers: list[Killer], unharmed: tuple[Ran, Truth, list[object]], points: int
) -> None:
    ran, *expected = unharmed
    made = random.Random(4)
    share = points // len(KINDS)
    assert all(count >= 5 for count in ran.counts), f"too few calls to sample: {ran.counts}"
    runs = [
        Run("", kind, made.randint(1 + count * n // share, max(count * (n + 1) // share, 1 + count * n // share)))
        for kind, count in enumerate(ran.counts)
        for n in range(share)
    ]
    killed = go_through(killers, runs, (expected[0], expected[1]))
    assert killed >= points * 0.8, "threads make the number of calls vary, but not so much"


@pytest.mark.parametrize("lives", [RANDOM[0], pytest.param(RANDOM[1], marks=pytest.mark.soak)])
def test_killed_at_random_moments(killers: list[Killer], unharmed: tuple[Ran, Truth, list[object]], lives: int) -> None:
    ran, *expected = unharmed
    made, killed, span = random.Random(5), 0, ran.seconds
    for _ in range(4):  # the one life that was measured may have been slow
        killed += go_through(killers, [Run("", delay=made.uniform(0, span)) for _ in range(lives)], (*expected,))
        if killed >= lives // 2:
            return
        span /= 2
    raise AssertionError(f"{killed} of {4 * lives} lives were killed before their end")
