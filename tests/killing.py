"""A process that goes through a library's life in a fork of itself, to be killed on the way.

It reads a JSON line for each run and answers one: see `Run` and `Ran`. What costs most of the time and has nothing to
do with storage is done once, before the forks: the files are parsed by the real children, the vectors are sums of
hashes. Everything that touches the library is real: the pipeline with its threads, SQLite, the originals, the indexes.

    LD_PRELOAD=killpoint.so python killing.py SCRATCH_FOLDER CACHE_FOLDER
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import numpy as np

import ingest.stages
from ingest.embed import EmbedderSpec
from ingest.embed_pool import EmbedPool
from ingest.intake import Intake, Job, Outcome, file_hash
from ingest.parse import ParseOptions
from ingest.pipeline import IngestOptions, Pipeline, Progress
from ingest.records import Content
from ingest.sandbox import parse_in_child
from ingest.store import Library
from retrieval.search import Searcher
from retrieval.terms import terms

DATA = Path(__file__).parent / "data"
DIMENSION = 16
FILES = {"first.pdf": "english.pdf", "second.pdf": "two-column.pdf", "third.pdf": "chinese.pdf"}
SECOND_VERSION = "cropped.pdf"  # what third.pdf holds later on
KINDS = ("write", "fsync", "rename")


@dataclass(frozen=True, slots=True)
class Run:
    """One life of a library. Killed at the `at`-th call of a kind, or after `delay` seconds, or not at all."""

    library: str
    kind: int = -1
    at: int = 0
    delay: float = -1.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of it. `said` is what was acknowledged before the end; `counts` are the calls of each kind."""

    killed: bool
    failed: str
    said: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    seconds: float = 0.0


class HashEmbedder:
    """A direction for each term, summed up: vectors that need no model, the same in every process."""

    dimension = DIMENSION

    def __init__(self, identity: str) -> None:
        self.identity = identity

    def encode(self, texts: Sequence[str]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        rows = np.zeros((len(texts), DIMENSION), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for term in terms(text) or ["?"]:
                digest = hashlib.sha256(term.encode()).digest()
                row += np.frombuffer(digest[: 2 * DIMENSION], "<i2").astype(np.float32)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

    def encode_query(self, question: str) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        return self.encode([question])

    def unknown_share(self, text: str) -> float:
        return 0.0


def searcher(library: Library, cache: Path) -> Searcher:
    return Searcher(library, HashEmbedder(EmbedderSpec(cache).identity()))


def _live(folder: Path, scratch: Path, cache: Path, say: int) -> None:
    """Files come, are searched, one is replaced, one is removed; each step is said once it is done."""

    def said(what: str) -> None:
        os.write(say, (what + "\n").encode())

    def report(event: Progress | Outcome) -> None:
        if isinstance(event, Outcome) and event.state == "indexed":
            said(f"indexed {event.document}")

    files = scratch / "files"
    files.mkdir(exist_ok=True)
    library, spec, options = Library(folder), EmbedderSpec(cache), IngestOptions(workers=2)

    def take(names: dict[str, str]) -> None:
        intake = Intake(library, options.keys(), spec.identity())
        jobs = []
        for name, data in names.items():
            shutil.copyfile(DATA / data, files / name)
            taken = intake.enlist(files / name, "default", "local", source=str(files / name))
            if isinstance(taken, Job):
                jobs.append(taken)
            else:
                said(f"indexed {name}")
        with Pipeline(library, spec, options, report) as pipeline:
            outcomes = pipeline.run(jobs)
        assert {outcome.state for outcome in outcomes} <= {"indexed"}, outcomes

    take(FILES)
    index = searcher(library, cache)
    index.top_up()
    said("searched")
    said("replacing third.pdf")
    take({"third.pdf": SECOND_VERSION})
    said("replaced third.pdf")
    index.top_up()
    said("removing first.pdf")
    for document in library.documents():
        if document.name == "first.pdf":
            library.forget(document.id)
    said("removed first.pdf")
    library.scrub()
    index.top_up()
    index.purge()
    said("cleared")


def _fork(run: Run, scratch: Path, cache: Path, shim: ctypes.CDLL | None) -> Ran:
    folder = Path(run.library)
    reading, writing = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            if shim is not None:
                shim.killpoint_arm(str(folder).encode(), run.kind, run.at)
            _live(folder, scratch, cache, writing)
            counts = [shim.killpoint_count(kind) for kind in range(len(KINDS))] if shim is not None else []
            os.write(writing, f"counts {json.dumps(counts)}\n".encode())
        except BaseException:  # noqa: BLE001  # a fork must not go on as if it were the parent
            os.write(writing, f"failed {json.dumps(traceback.format_exc())}\n".encode())
        os._exit(0)
    os.close(writing)
    killer = threading.Timer(run.delay, os.kill, (child, signal.SIGKILL))
    if run.delay >= 0:
        killer.start()
    with os.fdopen(reading, encoding="utf-8") as lines:
        said = lines.read().splitlines()
    _, status = os.waitpid(child, 0)
    killer.cancel()
    counts = [json.loads(line.partition(" ")[2]) for line in said if line.startswith("counts ")]
    failed = [json.loads(line.partition(" ")[2]) for line in said if line.startswith("failed ")]
    steps = [line for line in said if not line.startswith(("counts ", "failed "))]
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return Ran(killed, (failed or [""])[0], steps, (counts or [[]])[0], time.monotonic() - began)


def main(scratch: Path, cache: Path) -> None:
    """Answers runs until the input ends."""
    parsed: dict[str, Content] = {}
    for name in (*FILES.values(), SECOND_VERSION):
        sha256 = file_hash(DATA / name)
        parsed[sha256] = parse_in_child(DATA / name, sha256, ParseOptions())
    encoder = HashEmbedder("")
    ingest.stages.parse_in_child = lambda path, sha256, *rest, **more: parsed[sha256]  # type: ignore[attr-defined]
    EmbedPool.encode = lambda pool, texts: encoder.encode(texts).astype(np.float16)  # type: ignore[method-assign]
    EmbedderSpec(cache).identity()  # hashes the weights, once
    shim = ctypes.CDLL(None) if "killpoint" in os.environ.get("LD_PRELOAD", "") else None
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        print(json.dumps(asdict(_fork(Run(**json.loads(line)), scratch, cache, shim))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
