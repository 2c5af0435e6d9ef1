"""The one process that ingests for a server, and the server's end of the wire to it.

The server writes a line when there is work and closes the wire when it ends; how far the work is stands in the library.
Neither end knows what is asked of the documents.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from filelock import BaseFileLock, Timeout

from app.settings import Settings
from ingest.errors import RectoError
from ingest.intake import Job, Outcome, ingest_lock
from ingest.pipeline import Pipeline, Progress
from ingest.records import State
from ingest.store import Library

_BUSY_S, _IDLE_S = 0.5, 2.0  # seconds between two looks at the library
_STOP_TIMEOUT_S = 10
_TIDY_AGAIN_S = 30.0  # how long to wait after what was removed could not be cleared up
_RESTARTS_S = (1.0, 5.0, 30.0)  # how long to wait before the process is started again, the last again and again
_log = logging.getLogger(__name__)


class Supervisor:
    """The server's end: starts the process, and starts it again when it dies."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()
        self._deaths = 0

    def wake(self) -> None:
        """Says that there is work; starts the process where it does not run."""
        with self._lock:
            if self._closed.is_set():
                return
            if self._process is None or self._process.poll() is not None:
                self._process = self._start()
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(b"\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                pass  # it died this moment: its watcher starts another, which looks for work first

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "app.supervisor", self._settings.model_dump_json()]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(__file__).parents[1])
        threading.Thread(target=self._watch, args=(process,), name="supervisor", daemon=True).start()
        return process

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        if self._closed.is_set():
            return
        pause = _RESTARTS_S[min(self._deaths, len(_RESTARTS_S) - 1)]
        self._deaths += 1
        _log.warning("the ingest process died (code %s); it starts again in %.0f s", code, pause)
        if not self._closed.wait(pause):
            self.wake()

    def close(self) -> None:
        """Ends the process; what it had not finished waits for the next server."""
        self._closed.set()
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Shift:
    """Takes up the documents of a library that are in progress and not yet taken, whoever added them."""

    def __init__(self, library: Library, pipeline: Pipeline) -> None:
        self._library = library
        self._pipeline = pipeline
        self._taken: dict[str, Future[Outcome]] = {}

    def take(self, job: Job) -> Future[Outcome]:
        """Ingests a document."""
        future = self._pipeline.submit(job)
        self._taken[job.document.id] = future
        return future

    def waiting(self) -> list[Job]:
        """The documents in progress that were not taken up, or are done with and wait once more."""
        for document_id in [key for key, future in self._taken.items() if future.done()]:
            del self._taken[document_id]
        return [Job(document) for document in self._library.in_progress() if document.id not in self._taken]

    @property
    def busy(self) -> bool:
        return any(not future.done() for future in self._taken.values())


Tidy = Callable[[], bool]
"""Clears the bytes of removed documents from the library's files; False where others kept it from that."""


class _Tidier:
    """Clears up after removals, beside the work: the words of a document that is gone leave the library's files."""

    def __init__(self, library: Library, tidy: Tidy) -> None:
        self._library = library
        self._tidy = tidy
        self._thread = ThreadPoolExecutor(1, "tidy")
        self._looked = -1
        self._not_before = 0.0
        self._running: Future[bool] | None = None

    def look(self) -> None:
        """Starts where something was removed that is not cleared up, by whichever process; tries again in a while."""
        if self._running is not None:
            if not self._running.done():
                return
            if not self._running.result():
                self._looked, self._not_before = -1, time.monotonic() + _TIDY_AGAIN_S
            self._running = None
        last = self._library.position().sequence
        if last != self._looked and time.monotonic() >= self._not_before:
            self._looked = last
            if self._library.unscrubbed:
                self._running = self._thread.submit(self._run)

    def _run(self) -> bool:
        try:
            return self._tidy()
        except RectoError as error:
            _log.warning("what was removed could not be cleared up yet: %s", error)
            return False

    def close(self) -> None:
        self._thread.shutdown()


def supervise(library: Library, pipeline: Pipeline, wire: int, tidy: Tidy) -> None:
    """Ingests what waits until the other end of `wire` (a file descriptor) is closed.

    It holds the library's ingest lock while it has work, so that a `recto ingest` beside it takes its turn.
    """
    shift, tidier = Shift(library, pipeline), _Tidier(library, tidy)
    lock = ingest_lock(library)
    try:
        while True:
            waiting = shift.waiting()
            if waiting and _acquire(lock):
                for job in waiting:
                    shift.take(job)
            elif not shift.busy and lock.is_locked:
                lock.release()
            tidier.look()
            pause = _BUSY_S if shift.busy or waiting else _IDLE_S
            readable, _, _ = select.select([wire], [], [], pause)
            if readable and not os.read(wire, 4096):
                return
    finally:
        tidier.close()


def _acquire(lock: BaseFileLock) -> bool:
    if not lock.is_locked:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
    return True


def _note(event: Progress | Outcome) -> None:
    if isinstance(event, Outcome) and event.failed:
        _log.warning("%s: %s: %s", event.document, event.state, event.reason)


def main(settings_json: str) -> None:
    """The supervisor process."""
    from app.wiring import build_pipeline, build_tidy, embedder_notice, ingest_options, open_library

    logging.basicConfig(level=logging.WARNING, format="recto ingest: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's; this process ends when the wire does
    if hasattr(os, "nice"):
        os.nice(5)
    settings = Settings.model_validate_json(settings_json)
    library = open_library(settings)
    if notice := embedder_notice(settings, library):
        _log.warning("%s", notice)
    pipeline = build_pipeline(settings, library, ingest_options(settings), _note)
    try:
        supervise(library, pipeline, sys.stdin.fileno(), build_tidy(library))
    finally:
        pipeline.close(unfinished=State.WAITING)


if __name__ == "__main__":
    main(sys.argv[1])
