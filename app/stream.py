"""An answer on its way to one reader: made in a thread of its own, handed over through a bounded queue.

A slow reader holds the answer up and never grows memory; a reader who leaves stops it. It does not know how events
are shown.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from typing import Generic, TypeVar

from app.problems import TooBusy

_LOG = logging.getLogger(__name__)
_Event = TypeVar("_Event")
_QUEUED = 64  # events
_LOOK = 0.25  # seconds between two looks at whether the reader has left
_PATIENCE = 300.0  # seconds after which a reader who takes nothing has left


class Feed(Generic[_Event]):
    """The events of one answer; read `events` or `close`."""

    def __init__(self, start: Callable[[], Iterator[_Event]], ended: Callable[[], None]) -> None:
        self._queue: Queue[_Event | Exception | None] = Queue(maxsize=_QUEUED)
        self._closed = threading.Event()
        self._start = start
        self._ended = ended
        threading.Thread(target=self._pump, name="ask", daemon=True).start()

    def events(self, timeout: float) -> Generator[_Event | None]:
        """The events in order, and None whenever none came for `timeout` seconds; raises what ended the answer.

        To a reader who came back too late they end with those that waited.
        """
        try:
            while True:
                try:
                    item = self._queue.get(timeout=timeout)
                except Empty:
                    if self.given_up:
                        return
                    yield None
                    continue
                if item is None:
                    return
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.close()

    @property
    def given_up(self) -> bool:
        """Whether nothing more comes, since nobody read."""
        return self._closed.is_set()

    def close(self) -> None:
        """Nobody reads any more: the answer stops at its next event."""
        self._closed.set()

    def _pump(self) -> None:
        end: Exception | None = None
        try:
            events = self._start()
            for event in events:
                if not self._offer(event):
                    break
            close = getattr(events, "close", None)
            if close is not None:
                close()
        except Exception as error:  # noqa: BLE001  # the reader gets it
            end = error
            if not self._closed.is_set():
                _LOG.debug("an answer ended with an error", exc_info=True)
        finally:
            self._ended()
        if not self._offer(end):
            self._closed.set()

    def _offer(self, item: _Event | Exception | None) -> bool:
        last = time.monotonic() + _PATIENCE
        while not self._closed.is_set() and time.monotonic() < last:
            try:
                self._queue.put(item, timeout=_LOOK)
            except Full:
                continue
            return True
        return False


class Asks:
    """As many answers at once as the server takes on; one more is refused, not queued."""

    def __init__(self, limit: int = 8) -> None:
        self._free = threading.BoundedSemaphore(limit)

    def open(self, start: Callable[[], Iterator[_Event]]) -> Feed[_Event]:
        """Starts an answer; raises TooBusy when there is no room."""
        self._take()
        return Feed(start, self._free.release)

    @contextmanager
    def place(self) -> Iterator[None]:
        """The place of an answer for the block; raises TooBusy when there is no room."""
        self._take()
        try:
            yield
        finally:
            self._free.release()

    def _take(self) -> None:
        if not self._free.acquire(blocking=False):
            raise TooBusy("too many questions are being answered", retryable=True, hint="ask again in a moment")
