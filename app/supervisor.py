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
from concurrent.futures import Future
from pathlib import Path

from filelock import BaseFileLock, Timeout

from app.settings import Settings
from ingest.intake import Job, Outcome, ingest_lock
from ingest.pipeline import Pipeline, Progress
from ingest.records import State
from ingest.store import Library

_POLL_S = 0.5
_STOP_TIMEOUT_S = 10
_log = logging.getLogger(__name__)


class Supervisor:
    """Starts the process when there is work, and again when it died."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def wake(self) -> None:
        """Says that documents wait."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = self._start()
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(b"\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                _log.warning("the ingest process died; it starts again with the next document")

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "app.supervisor", self._settings.model_dump_json()]
        return subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(__file__).parents[1])

    def close(self) -> None:
        """Ends the process; what it had not finished waits for the next server."""
        with self._lock:
            if self._process is None:
                return
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


def _waiting(library: Library, taken: dict[str, Future[Future[Outcome]]]) -> list[Job]:
    """The documents in progress that this process has not taken up, or has done with."""
    for document_id in [key for key, future in taken.items() if future.done() and future.result().done()]:
        del taken[document_id]
    return [
        Job(document) for document in library.documents() if document.state.in_progress and document.id not in taken
    ]


def supervise(library: Library, pipeline: Pipeline, wire: int) -> None:
    """Ingests what waits until the other end of `wire` (a file descriptor) is closed.

    It holds the library's ingest lock while it has work, so that a `recto ingest` beside it takes its turn.
    """
    taken: dict[str, Future[Future[Outcome]]] = {}
    lock = ingest_lock(library)
    while True:
        waiting = _waiting(library, taken)
        if waiting and _acquire(lock):
            for job in waiting:
                taken[job.document.id] = pipeline.submit(job)
        elif not taken and lock.is_locked:
            lock.release()
        readable, _, _ = select.select([wire], [], [], _POLL_S if taken or waiting else None)
        if readable and not os.read(wire, 4096):
            return


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
    from app.wiring import build_pipeline, ingest_options, open_library

    logging.basicConfig(level=logging.WARNING, format="recto ingest: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's; this process ends when the wire does
    if hasattr(os, "nice"):
        os.nice(5)
    settings = Settings.model_validate_json(settings_json)
    library = open_library(settings)
    pipeline = build_pipeline(settings, library, ingest_options(settings), _note)
    try:
        supervise(library, pipeline, sys.stdin.fileno())
    finally:
        pipeline.close(unfinished=State.WAITING)


if __name__ == "__main__":
    main(sys.argv[1])
