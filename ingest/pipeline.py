"""Files to a library: parse in a child, chunk, commit the words; read pictures; embed, commit the vectors.

It does not know who asked for it: a command, or the server's supervisor. Parsing, OCR and embedding run in other
processes; the threads here only wait for them and commit. Every stage is done with a document before the next takes it
up, so that a long one holds up nothing but itself, and what a stage made is in the library before the next begins.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from ingest.embed import EmbedderSpec
from ingest.errors import BadDocument, NotFound, RectoError, StorageFull
from ingest.intake import Job, Outcome
from ingest.records import State
from ingest.shortcomings import page_ranges, shortcomings
from ingest.stages import LOOK_S, Stages
from ingest.store import Library
from ingest.work import IngestOptions, Progress, Report, Work

__all__ = [
    "IngestOptions",
    "Outcome",
    "Pipeline",
    "Progress",
    "Report",
    "default_workers",
    "page_ranges",
    "shortcomings",
]

_HELD = 4  # documents a worker whose pages or texts are held in memory while they wait for OCR or vectors
_STOPPED, _UNWANTED = "the ingest was stopped", "it was cancelled or removed"
_log = logging.getLogger(__name__)


class Pipeline:
    """Ingests into one library. Close it, or use it in a `with` block, so that its processes end."""

    def __init__(self, library: Library, spec: EmbedderSpec, options: IngestOptions, report: Report) -> None:
        self._library = library
        self._report = report
        self._keys = options.keys()
        workers = options.workers
        self._cancelled = threading.Event()
        self._unfinished = State.CANCELLED
        self._starting = threading.Lock()
        self._contents: dict[str, threading.Lock] = {}
        self._stages = Stages(library, spec, options, report)
        self._words_threads = ThreadPoolExecutor(2 * workers, "words")
        self._pictures_threads = ThreadPoolExecutor(_HELD * workers, "pictures")
        self._vectors_threads = ThreadPoolExecutor(_HELD * workers, "vectors")
        self._figures_threads = ThreadPoolExecutor(1, "figures")
        self._works: set[Work] = set()
        self._watching = threading.Thread(target=self._watch, name="cancelled", daemon=True)
        self._watching.start()

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self, *, unfinished: State = State.CANCELLED) -> None:
        """Ends what is running; documents that are not done are left in the state given."""
        self._unfinished = unfinished
        self._cancelled.set()
        self._watching.join()
        for work in self._at_work():
            work.cancelled.set()
        self._stages.cancel()
        for threads in (self._words_threads, self._pictures_threads, self._vectors_threads, self._figures_threads):
            threads.shutdown()
        self._stages.close()

    def submit(self, job: Job) -> Future[Outcome]:
        """Ingests a document to an end state, whatever happens to others, and to the last of its figures.

        The end state is reported as soon as it is reached.
        """
        work = Work(job)
        with self._starting:
            self._works.add(work)
        work.done.add_done_callback(lambda _: self._works.discard(work))
        self._hand_on(self._words_threads, self._words, work)
        return work.done

    def run(self, jobs: Iterable[Job]) -> list[Outcome]:
        """Ingests the jobs and waits; their outcomes in the jobs' order."""
        return [future.result() for future in [self.submit(job) for job in jobs]]

    def _at_work(self) -> list[Work]:
        with self._starting:
            return list(self._works)

    def _watch(self) -> None:
        """Stops what is not wanted any more: documents that a user, in any process, cancelled or removed."""
        while not self._cancelled.wait(LOOK_S):
            works = self._at_work()
            try:
                unwanted = self._library.unwanted({work.document.id for work in works}) if works else ()
            except RectoError:
                continue  # the library cannot be read this moment; the work itself says so
            for work in works:
                if work.document.id in unwanted:
                    work.cancelled.set()

    # stages: each commits, then hands the document on or ends it

    def _hand_on(self, threads: ThreadPoolExecutor, stage: Callable[[Work], None], work: Work) -> None:
        try:
            threads.submit(self._guarded, stage, work)
        except RuntimeError:  # the threads were shut down this moment
            self._end(work, self._unfinished, _STOPPED)

    def _guarded(self, stage: Callable[[Work], None], work: Work) -> None:
        """Runs a stage; what goes wrong in it is the document's end and nobody else's."""
        try:
            if work.cancelled.is_set() or self._cancelled.is_set():
                self._stop(work)
                return
            with self._content_lock(work.sha256):
                stage(work)
        except BadDocument as error:
            self._fail(work, State(error.state), str(error))
        except StorageFull as error:
            self._fail(work, State.FAILED_STORAGE, str(error))
        except NotFound:
            self._end(work, State.CANCELLED, "the document was removed")
        except Exception as error:  # noqa: BLE001 — one file of a batch
            if not isinstance(error, RectoError) and not work.cancelled.is_set():
                _log.exception("ingest of %s", work.document.name)
            self._fail(work, State.CRASHED, f"{type(error).__name__}: {error}")

    def _content_lock(self, sha256: str) -> threading.Lock:
        """Documents of the same bytes go through a stage one after the other: the second finds it done."""
        return self._contents.setdefault(sha256, threading.Lock())

    def _words(self, work: Work) -> None:
        self._stages.words(work)
        if self._stages.pending(work):
            self._hand_on(self._pictures_threads, self._pictures, work)
        else:
            self._hand_on(self._vectors_threads, self._vectors, work)

    def _pictures(self, work: Work) -> None:
        self._stages.pictures(work)
        self._hand_on(self._vectors_threads, self._vectors, work)

    def _vectors(self, work: Work) -> None:
        self._stages.vectors(work)
        if self._stages.pending(work):  # the user asked for more meanwhile
            self._hand_on(self._pictures_threads, self._pictures, work)
            return
        content = self._library.stub(work.sha256)
        reasons = [] if content is None else shortcomings(content)
        state = State.INDEXED_PARTIAL if reasons else State.INDEXED
        if content is None or not content.regions:
            self._end(work, state, "; ".join(reasons))
            return
        outcome = self._noted_end(work, state, "; ".join(reasons))
        try:
            self._report(outcome)
        finally:
            try:
                self._figures_threads.submit(self._figures, work, outcome)
            except RuntimeError:  # the threads were shut down this moment
                work.done.set_result(outcome)

    def _figures(self, work: Work, outcome: Outcome) -> None:
        """What follows a document's end: the pictures within its pages. They wait on where it is broken off."""
        began = time.monotonic()
        try:
            with self._content_lock(f"figures of {work.sha256}"):
                self._stages.figures(work, self._cancelled)
        except Exception as error:  # noqa: BLE001 — one file of a batch
            if not self._cancelled.is_set():
                unknown = not isinstance(error, RectoError)
                _log.warning("the pictures within %s are not read: %s", work.document.name, error, exc_info=unknown)
                with suppress(RectoError):
                    self._library.forget_regions(work.sha256)
        finally:
            work.timed("figures", began)
            work.done.set_result(outcome)

    # ends

    def _fail(self, work: Work, state: State, reason: str) -> None:
        """The document's end. What was committed of it before stays askable."""
        if work.cancelled.is_set() or self._cancelled.is_set():
            self._stop(work)
        elif self._library.keys(work.sha256) == self._keys:
            self._end(work, State.INDEXED_PARTIAL, f"found by its words only: {reason}")
        else:
            self._end(work, state, reason)

    def _stop(self, work: Work) -> None:
        """The end of a document that is not wanted any more, or when all work ends."""
        if self._cancelled.is_set():
            self._end(work, self._unfinished, _STOPPED)
        else:
            self._end(work, State.CANCELLED, _UNWANTED)

    def _end(self, work: Work, state: State, reason: str) -> None:
        outcome = self._noted_end(work, state, reason)
        try:
            self._report(outcome)
        finally:  # whatever the listener does with it, whoever waits for the document goes on
            work.done.set_result(outcome)

    def _noted_end(self, work: Work, state: State, reason: str) -> Outcome:
        document = work.document
        seconds = round(time.monotonic() - work.started, 3)
        try:
            if reason != _UNWANTED:  # whoever cancelled it has noted so, and may want it again by now
                self._library.set_state(document.id, state, reason=reason, seconds=seconds)
            document = self._library.document(document.id)
        except RectoError as error:  # the library itself fails, or it was removed: the outcome still tells
            if not isinstance(error, NotFound):
                _log.warning("the end of %s could not be noted: %s", document.name, error)
        return Outcome(
            file=document.path or document.name,
            document=document.name,
            document_id=document.id,
            state=state.value,
            pages=document.pages,
            chunks=document.chunks,
            reason=reason,
            seconds=seconds,
            stages=work.stages,
        )


def default_workers() -> int:
    """One for each core that this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
