"""Files to a library: hash, parse in a child, chunk, commit the words, embed, commit the vectors.

It does not know who asked for it: a command, or the server's supervisor. Parsing runs in child processes and embedding
in worker processes; the threads here only wait for them and commit.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from ingest.child import Limits
from ingest.chunking import ChunkOptions, chunk_pages
from ingest.embed import EmbedderSpec
from ingest.embed_pool import EmbedPool
from ingest.errors import BadDocument, NotFound, RectoError, StorageFull
from ingest.intake import Job, Outcome
from ingest.ocr import OcrPool
from ingest.parse import ParseOptions
from ingest.records import Content, Document, State
from ingest.sandbox import parse_in_child
from ingest.store import Keys, Library

_PROGRESS_INTERVAL_S = 0.5
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """`workers` documents are parsed at once, and as many processes embed."""

    parse: ParseOptions = field(default_factory=ParseOptions)
    chunk: ChunkOptions = field(default_factory=ChunkOptions)
    limits: Limits = field(default_factory=Limits)
    workers: int = 2

    def keys(self) -> Keys:
        """What a content must have been made by to stand."""
        return Keys(self.parse.key(), self.chunk.key())


@dataclass(frozen=True, slots=True)
class Progress:
    """A document on its way: `done` of `total` pages (parsing) or chunks (embedding)."""

    document: Document
    stage: str
    done: int
    total: int


Report = Callable[[Progress | Outcome], None]


class Pipeline:
    """Ingests into one library. Close it, or use it in a `with` block, so that its processes end."""

    def __init__(self, library: Library, spec: EmbedderSpec, options: IngestOptions, report: Report) -> None:
        self._library = library
        self._options = options
        self._report = report
        self._keys = options.keys()
        self._embedding = EmbedPool(spec, options.workers)
        self._ocr = OcrPool(max(1, options.workers // 2))  # each takes over 1 GB
        self._cancelled = threading.Event()
        self._unfinished = State.CANCELLED
        self._first = ThreadPoolExecutor(options.workers, "words")
        self._second = ThreadPoolExecutor(options.workers, "vectors")

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self, *, unfinished: State = State.CANCELLED) -> None:
        """Ends what is running; documents that are not done are left in the state given."""
        self._unfinished = unfinished
        self._cancelled.set()
        self._embedding.close()
        self._first.shutdown()
        self._second.shutdown()
        self._ocr.close()

    def submit(self, job: Job) -> Future[Future[Outcome]]:
        """Ingests a document to an end state, whatever happens to others."""
        return self._first.submit(self._ingest, job)

    def run(self, jobs: Iterable[Job]) -> list[Outcome]:
        """Ingests the jobs and waits; their outcomes in the jobs' order."""
        futures = [self.submit(job) for job in jobs]
        return [future.result().result() for future in futures]

    def _ingest(self, job: Job) -> Future[Outcome]:
        """The first commit, in this thread; the second is handed on."""
        started = time.monotonic()
        stages: dict[str, float] = {}
        failed = self._guarded(job, started, lambda: self._words(job, stages))
        if failed is None:
            return self._second.submit(self._finish, job, started, stages)
        done: Future[Outcome] = Future()
        done.set_result(failed)
        return done

    def _finish(self, job: Job, started: float, stages: dict[str, float]) -> Outcome:
        failed = self._guarded(job, started, lambda: self._vectors(job, stages))
        if failed is not None:
            return failed
        skipped = self._library.skipped(job.document.sha256)
        reason = f"{len(skipped)} pages were not read: {page_ranges(skipped)}" if skipped else ""
        state = State.INDEXED_PARTIAL if skipped else State.INDEXED
        return self._end(job.document, state, reason, started, stages)

    def _guarded(self, job: Job, started: float, stage: Callable[[], None]) -> Outcome | None:
        """Runs a stage; None when it went well, the document's end where it did not."""
        document = job.document
        try:
            if self._cancelled.is_set():
                return self._end(document, self._unfinished, "the ingest was stopped", started)
            stage()
        except BadDocument as error:
            if error.state == State.CANCELLED:
                return self._end(document, self._unfinished, "the ingest was stopped", started)
            return self._end(document, State(error.state), str(error), started)
        except StorageFull as error:
            return self._end(document, State.FAILED_STORAGE, str(error), started)
        except NotFound:
            return self._end(document, State.CANCELLED, "the document was removed", started)
        except Exception as error:  # noqa: BLE001 — one file of a batch
            if self._cancelled.is_set():
                return self._end(document, self._unfinished, "the ingest was stopped", started)
            if not isinstance(error, RectoError):
                _log.exception("ingest of %s", document.name)
            return self._end(document, State.CRASHED, f"{type(error).__name__}: {error}", started)
        return None

    def _words(self, job: Job, stages: dict[str, float]) -> None:
        document, sha256 = job.document, job.document.sha256
        known = self._library.keys(sha256)
        if known == self._keys:
            self._library.commit_known(document.id, sha256)
            return
        began = time.monotonic()
        if known is not None and known.parse == self._keys.parse:
            content = self._library.content(sha256)
            password = self._library.password(sha256)
        else:
            content = self._parse(job)
            password = job.password
        stages["parse"] = time.monotonic() - began
        began = time.monotonic()
        chunks = chunk_pages(sha256, content.pages, self._options.chunk)
        stages["chunk"] = time.monotonic() - began
        began = time.monotonic()
        self._library.commit_words(document.id, content, chunks, self._keys, password=password)
        stages["commit"] = time.monotonic() - began
        self._report(
            Progress(self._library.document(document.id), "words_ready", len(content.pages), len(content.pages))
        )

    def _parse(self, job: Job) -> Content:
        document = job.document
        last = 0.0

        def on_page(done: int, total: int) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= _PROGRESS_INTERVAL_S:
                last = now
                self._library.set_state(document.id, State.PARSING, pages=total, pages_done=done)
                self._report(Progress(document, "parsing", done, total))

        self._library.set_state(document.id, State.PARSING)
        return parse_in_child(
            self._library.originals.path(document.sha256),
            document.sha256,
            self._options.parse,
            self._options.limits,
            password=job.password,
            on_page=on_page,
            cancelled=self._cancelled,
            ocr=self._ocr,
        )

    def _vectors(self, job: Job, stages: dict[str, float]) -> None:
        document, sha256 = job.document, job.document.sha256
        if self._library.has_vectors(sha256, self._embedding.identity):
            return
        self._library.set_state(document.id, State.EMBEDDING)
        began = time.monotonic()
        texts = [chunk.text_to_embed for chunk in self._library.chunks(sha256)]
        if texts:
            self._report(Progress(document, "embedding", 0, len(texts)))
            vectors = self._embedding.encode(texts)
            self._library.commit_vectors(sha256, self._embedding.identity, vectors)
            self._report(Progress(document, "embedding", len(texts), len(texts)))
        stages["embed"] = time.monotonic() - began

    def _end(
        self,
        document: Document,
        state: State,
        reason: str,
        started: float,
        stages: dict[str, float] | None = None,
    ) -> Outcome:
        seconds = round(time.monotonic() - started, 3)
        try:
            self._library.set_state(document.id, state, reason=reason, seconds=seconds)
            document = self._library.document(document.id)
        except RectoError as error:  # the library itself fails: the outcome still tells
            _log.warning("the end of %s could not be noted: %s", document.name, error)
        outcome = Outcome(
            file=document.path or document.name,
            document=document.name,
            document_id=document.id,
            state=state.value,
            pages=document.pages,
            chunks=document.chunks,
            reason=reason,
            seconds=seconds,
            stages=stages or {},
        )
        self._report(outcome)
        return outcome


def page_ranges(numbers: Iterable[int]) -> str:
    """Page numbers in short: 1-3, 7."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def default_workers() -> int:
    """One for each core that this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
