"""Places for tasks that run side by side, so that slow ones do not hold the rest. It does not know what tasks do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Lanes:
    """At most `width` tasks at once, and beside them at most `width` slow ones.

    A task that has been at work for `patience_s` seconds is slow: it goes on in the slow lane, where there is a place,
    and its own place is free for the next.
    """

    def __init__(self, width: int, patience_s: float) -> None:
        self.width = width
        self._patience_s = patience_s
        self._main = threading.Semaphore(width)
        self._slow = threading.Semaphore(width)
        self._lock = threading.Lock()
        self._tasks = 0

    @property
    def alone(self) -> bool:
        """Whether at most one task is at work."""
        return self._tasks <= 1

    @contextmanager
    def place(self) -> Iterator[None]:
        """Waits for a place and holds it during the block."""
        self._main.acquire()
        held = self._main
        lock = threading.Lock()
        ended = False

        def move_over() -> None:
            nonlocal held
            with lock:
                if not ended and self._slow.acquire(blocking=False):
                    held.release()
                    held = self._slow

        timer = threading.Timer(self._patience_s, move_over)
        timer.daemon = True
        timer.start()
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)
            timer.cancel()
            with lock:
                ended = True
            held.release()

    def _count(self, more: int) -> None:
        with self._lock:
            self._tasks += more
