"""What is measured of a library at work, by real processes: drops, commits, removals, hostile files, memory.

It does not know how the figures are shown. Every part works on libraries of its own; seconds are wall time, each with
what it is counted from.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.auth import LOCAL
from app.wiring import SAMPLE
from eval.metering import ROOT
from eval.process_watch import Watch, environment_of, left_over
from eval.query_speed import recto_command, serving
from eval.speed_sides import choose
from eval.surroundings import load
from ingest.errors import BadInput, BadSetup
from ingest.intake import file_hash
from ingest.parse import ParseOptions
from ingest.records import BlockKind, Content, State
from ingest.sandbox import parse_in_child
from ingest.store import Library

_SEARCH_EVERY_S = 0.2
_ASK_EVERY_S = 0.05
_LOOK_EVERY_S = 0.02
_GIVE_UP_S = 600.0
_DROPS = 3  # documents of a set
_SEEN = 6  # documents that are committed beside a server
_QUESTION = "How did revenue develop?"
_WORDS = (8, 14)  # of a sentence that is asked for: at least, at most


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure on. `documents` limits the files of each part; `up_s` is how long a server has been up before."""

    sets: Path
    documents: int | None = None
    runs: int = 3
    up_s: float = 5.0

    def hostile(self) -> list[Path]:
        return choose(self._pdfs("hostile"), self.documents)

    def retrieval(self) -> list[Path]:
        """The documents of both languages."""
        return choose([*self._pdfs("retrieval/en"), *self._pdfs("retrieval/zh")], self.documents)

    def of_language(self, language: str) -> list[Path]:
        return choose(self._pdfs(f"retrieval/{language}"), self.documents)

    def _pdfs(self, name: str) -> list[Path]:
        found = sorted((self.sets / name / "pdfs").glob("*.pdf"))
        if not found:
            raise BadInput(f"no PDF in {self.sets / name / 'pdfs'}", hint="name the folder of the sets with --sets")
        return found


@dataclass(frozen=True, slots=True)
class Place:
    """A new library, and the folder that marks the processes that work on it."""

    library: Path
    temporary: Path

    @property
    def environment(self) -> dict[str, str]:
        return environment_of(self.temporary)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command over the library, with --json."""
        return subprocess.Popen(
            recto_command(*arguments, "--library", str(self.library), "--json"),
            cwd=ROOT,
            env={**os.environ, **self.environment},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str) -> list[dict[str, Any]]:
        """What such a command printed. Raises BadSetup where it failed; that some input failed is no failure."""
        with self.start(*arguments) as process:
            return printed(process)


@contextmanager
def new_place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="recto-library-") as folder:
        place = Place(Path(folder) / "library", Path(folder) / "tmp")
        place.temporary.mkdir()
        yield place


def printed(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """What a command prints until it ends, a value a line."""
    output, errors = process.communicate()
    if process.returncode not in (0, 1):
        raise BadSetup(f"a command failed: {(errors.strip().splitlines() or ['no output'])[-1]}")
    return [json.loads(line) for line in output.splitlines()]


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median and largest, and of how many; raises ValueError where nothing was timed."""
    if not seconds:
        raise ValueError("nothing was timed")
    return {"p50_s": round(statistics.median(seconds), 3), "max_s": round(max(seconds), 3), "n": len(seconds)}


# questions over REST


def search(client: httpx.Client, question: str) -> list[dict[str, Any]]:
    """The hits; raises httpx.HTTPError where there is no answer."""
    answer = client.post("/search", json={"question": question}).raise_for_status()
    return list(answer.json()["hits"])


@dataclass(slots=True)
class Searches:
    """Searches every so often in a thread of its own while the `with` block runs."""

    client: httpx.Client
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _done: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Searches:
        self._thread = threading.Thread(target=self._run, name="searches", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        assert self._thread is not None
        self._thread.join()

    def _run(self) -> None:
        while True:
            began = time.perf_counter()
            try:
                search(self.client, _QUESTION)
                self.seconds.append(time.perf_counter() - began)
            except httpx.HTTPError as error:
                self.errors.append(f"{type(error).__name__}: {error}"[:200])
            if self._done.wait(_SEARCH_EVERY_S):
                return

    def figures(self) -> dict[str, Any]:
        timed = spread(self.seconds) if self.seconds else {"n": 0}
        return timed | {"errors": len(self.errors), "first_errors": self.errors[:3]}


# (i)


def measure_hostile(plan: Plan) -> dict[str, Any]:
    """All hostile files in one ingest, beside a server over the same library that is searched all the while."""
    files = plan.hostile()
    with new_place() as place:
        place.run("ingest", str(SAMPLE))  # so that every search has something to find
        with serving(place.library, place.environment) as (client, server):
            search(client, _QUESTION)
            began = time.monotonic()
            with place.start("ingest", *map(str, files)) as process:
                with Watch(process.pid, server) as watch, Searches(client) as searches:
                    lines = printed(process)
                wall = time.monotonic() - began
            orphans = left_over(place.temporary, [server])
        outcomes = [line for line in lines if "summary" not in line]
        return {
            **hostile_figures(files, outcomes),
            "wall_s": round(wall, 2),
            "memory": watch.memory.figures(),
            "searches": searches.figures(),
            "orphans": orphans,
            "left_after_the_server": left_over(place.temporary, []),
        }


def hostile_figures(files: Sequence[Path], outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How the files ended. A file without exactly one outcome in a named end state is listed."""
    ends = {state.value for state in State if not state.in_progress} | {"unchanged"}
    of_file = {str(file.resolve()): [] for file in files}  # type: dict[str, list[str]]
    for outcome in outcomes:
        of_file.setdefault(str(Path(str(outcome["file"])).resolve()), []).append(str(outcome["state"]))
    unnamed = [Path(file).name for file, states in of_file.items() if len(states) != 1 or states[0] not in ends]
    states = Counter(str(outcome["state"]) for outcome in outcomes)
    return {"files": len(files), "states": dict(states.most_common()), "without_end_state": sorted(unnamed)}


# (ii)


def measure_drop(plan: Plan) -> dict[str, Any]:
    """From the POST of a PDF to a running, idle server, to the first answer with a verified citation of it."""
    documents = [measured for language in ("en", "zh") for measured in largest_digital(plan.of_language(language))]
    rows = []
    for file, content in documents:
        question = sentence_of(content)
        seconds = [_drop(file, question, plan.up_s) for _ in range(plan.runs)]
        rows.append(
            {
                "document": file.name,
                "pages": len(content.pages),
                "question": question,
                "seconds": [round(one, 3) for one in seconds],
                "median_s": round(statistics.median(seconds), 3),
            }
        )
    return {"documents": rows}


def largest_digital(files: Sequence[Path]) -> list[tuple[Path, Content]]:
    """The documents with the most pages of those that need no OCR and hold a sentence to ask for."""
    read = [(file, parse_in_child(file, file_hash(file), ParseOptions())) for file in files]
    digital = [(file, content) for file, content in read if not content.pending and sentence_of(content)]
    return sorted(digital, key=lambda one: -len(one[1].pages))[:_DROPS]


def sentence_of(content: Content) -> str:
    """The first words of a paragraph in the middle of a document, as the question that it must answer; "" for none."""
    pages = list(content.pages)
    for page in [*pages[len(pages) // 2 :], *pages[: len(pages) // 2]]:
        for block in page.blocks:
            if block.kind is BlockKind.TEXT:
                if not block.text.isascii() and len(block.text) > 3 * _WORDS[1] and " " not in block.text[:30]:
                    return block.text[: 2 * _WORDS[1]]
                words = block.text.split()
                if len(words) >= 2 * _WORDS[0]:
                    return " ".join(words[: _WORDS[1]])
    return ""


def _drop(file: Path, question: str, up_s: float) -> float:
    with new_place() as place, serving(place.library, place.environment) as (client, _):
        time.sleep(up_s)
        data, began = file.read_bytes(), time.perf_counter()
        posted = client.post("/documents", files=[("file", (file.name, data, "application/pdf"))]).raise_for_status()
        document_id = posted.json()["documents"][0]["document_id"]
        body = {"question": question, "documents": [document_id]}

        def cited() -> bool:
            answer = client.post("/ask", json=body)
            return answer.is_success and any(one["verified"] for one in answer.json()["citations"])

        _until(cited, f"an answer from {file.name}", _ASK_EVERY_S)
        return time.perf_counter() - began


def _until(holds: Callable[[], object], what: str, every_s: float) -> None:
    """Raises BadSetup after ten minutes."""
    deadline = time.monotonic() + _GIVE_UP_S
    while not holds():
        if time.monotonic() > deadline:
            raise BadSetup(f"waited in vain for {what}")
        time.sleep(every_s)


# (iii)


def measure_seen(plan: Plan) -> dict[str, Any]:
    """From another process's commit of a document's words to the end of the first search over REST that finds it."""
    seconds = []
    with new_place() as place:
        place.run("ingest", str(SAMPLE))
        with serving(place.library, place.environment) as (client, _):
            search(client, _QUESTION)
            library = Library(place.library)
            for file in choose(plan.retrieval(), _SEEN):
                question = sentence_of(parse_in_child(file, file_hash(file), ParseOptions())) or file.stem
                with place.start("ingest", str(file)) as process:
                    committed = _commit_after(library, library.position().sequence)
                    _until(lambda name=file.name, q=question: name in _names(client, q), file.name, 0.0)  # type: ignore[misc]
                    seconds.append(time.perf_counter() - committed)
                    printed(process)
            library.close()
    return {"commit_to_found": spread(seconds)}


def _names(client: httpx.Client, question: str) -> set[str]:
    return {str(hit["document"]) for hit in search(client, question)}


def _commit_after(library: Library, sequence: int) -> float:
    """Waits for the next commit of words; when it was seen."""
    seen = 0.0

    def committed() -> bool:
        nonlocal seen
        seen = time.perf_counter()
        return any(change.action == "added" for change in library.changes_since(sequence))

    _until(committed, "a commit", 0.005)
    return seen


# (iv), (v), (vi): on one library


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a document was askable by words, and when it had its vectors; seconds from the start."""

    askable_s: float
    done_s: float


def measure_whole(plan: Plan, parts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The parts `ingest`, `again` and `remove`, of those asked for, on a library of all documents."""
    files, found = plan.retrieval(), {}
    with new_place() as place:
        found["ingest"] = measure_ingest(place, files)
        if "again" in parts:
            found["again"] = {"load": load(), **measure_again(place, files)}
        if "remove" in parts:
            found["remove"] = {"load": load(), **measure_remove(place)}
    return {name: figures for name, figures in found.items() if name in parts}


def measure_ingest(place: Place, files: Sequence[Path]) -> dict[str, Any]:
    """All documents into an empty library by one command, watched from outside."""
    before = load()
    library = Library(place.library)
    began = time.monotonic()
    with place.start("ingest", *map(str, files)) as process:
        with Watch(process.pid) as watch, ThreadPoolExecutor(1) as reader:
            printing, arrivals = reader.submit(printed, process), Arrivals(began)
            while not printing.done():
                arrivals.look(library)
                time.sleep(_LOOK_EVERY_S)
            wall = time.monotonic() - began
            arrivals.look(library)
        lines = printing.result()
    pages = sum(document.pages for document in library.documents(owner=LOCAL.user))
    library.close()
    return {
        "load": before,
        "files": len(files),
        "pages": pages,
        "states": lines[-1]["summary"]["states"],
        **arrivals.figures(),
        "wall_s": round(wall, 2),
        "memory": watch.memory.figures(),
        "orphans": left_over(place.temporary, []),
    }


@dataclass(slots=True)
class Arrivals:
    """Looks at a library from outside, and notes when each document got where. `began` is on the monotonic clock."""

    began: float
    askable: dict[str, float] = field(default_factory=dict)
    vectors: dict[str, float] = field(default_factory=dict)

    def look(self, library: Library) -> None:
        now = time.monotonic() - self.began
        for document in library.documents():
            if document.askable:
                self.askable.setdefault(document.id, now)
            if document.state in (State.INDEXED, State.INDEXED_PARTIAL):
                self.vectors.setdefault(document.id, now)

    def figures(self) -> dict[str, Any]:
        """Seconds until the last of them; how many there are."""
        return {
            "askable": len(self.askable),
            "all_askable_s": round(max(self.askable.values(), default=0.0), 2),
            "with_vectors": len(self.vectors),
            "all_vectors_s": round(max(self.vectors.values(), default=0.0), 2),
        }


def measure_again(place: Place, files: Sequence[Path]) -> dict[str, Any]:
    """The same command once more, with nothing changed."""
    began = time.monotonic()
    *_, last = place.run("ingest", *map(str, files))
    return {"wall_s": round(time.monotonic() - began, 2), "states": last["summary"]["states"]}


def measure_remove(place: Place) -> dict[str, Any]:
    """`docs remove` of the largest document beside a server: seconds from its start to no answer, and to its end."""
    library = Library(place.library)
    askable = [document for document in library.documents() if document.askable]
    document = max(askable, key=lambda one: one.chunks)
    question = sentence_of(library.content(document.sha256)) or document.name
    with serving(place.library, place.environment) as (client, _):
        _until(lambda: document.name in _names(client, question), f"{document.name} to be found", 0.1)
        began = time.monotonic()
        with place.start("docs", "remove", document.id, "--yes") as process:

            def gone() -> bool:
                answer = client.post("/search", json={"question": question})
                hits = answer.json()["hits"] if answer.is_success else []  # no document is left to ask
                return document.id not in {hit["document_id"] for hit in hits}

            _until(gone, "the removal", _LOOK_EVERY_S)
            unanswered = time.monotonic() - began
            printed(process)
            returned = time.monotonic() - began
            code = process.returncode
    left = not library.unscrubbed and not library.originals.path(document.sha256).exists()
    library.close()
    return {
        "document": document.name,
        "chunks": document.chunks,
        "unanswered_s": round(unanswered, 2),
        "returned_s": round(returned, 2),
        "bytes_gone": left and code == 0,
    }
