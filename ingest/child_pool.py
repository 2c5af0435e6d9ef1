"""Warm children of one kind: a pool for requests that come one by one, and spares that each serve one.

It does not know what they are asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from ingest.child import Child, ChildFailed, Limits
from ingest.errors import BadDocument

Result = TypeVar("Result")


class ChildPool:
    """Up to `size` warm children of one kind. Thread-safe.

    After `uses` requests a child is replaced at once, one that fails when it is missed.
    """

    def __init__(self, module: str, request: dict[str, Any], limits: Limits, *, size: int, uses: int) -> None:
        self._start = (module, request, limits)
        self._uses = uses
        self._free = threading.Semaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Child] = []

    def start(self) -> None:
        """Has one child ready. Raises ChildFailed."""
        with self._lock:
            if not self._idle:
                self._idle.append(Child(*self._start))

    def _take(self) -> Child:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.alive:
                    return child
                child.close()
        return Child(*self._start)

    def run(self, ask: Callable[[Child], Result], seconds: float, cancelled: threading.Event | None = None) -> Result:
        """`ask` called with a child of its own. Raises ChildFailed when the child dies or takes over `seconds`."""
        with self._free:
            child = self._take()
            keep = False
            try:
                with child.guard(seconds, cancelled):
                    try:
                        result = ask(child)
                        keep = True
                    except BadDocument as error:
                        keep = not isinstance(error, ChildFailed)
                        raise
                return result
            finally:
                child.uses += 1
                self._put(child, keep)

    def _put(self, child: Child, keep: bool) -> None:
        if keep and child.uses >= self._uses:  # another has started by the next request
            child.close()
            with suppress(OSError, ChildFailed):
                self._put(Child(*self._start), keep)
        elif keep and child.alive:
            with self._lock:
                self._idle.append(child)
        else:
            child.close()

    def close(self) -> None:
        """Ends the idle children; those at work end with their request."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()


class SpareChildren:
    """Up to `size` children that have started but been given nothing yet; each serves one request. Thread-safe.

    Close it when done. A spare ends when its input does: with this process, however that ends.
    """

    def __init__(self, module: str, size: int = 1) -> None:
        self._module = module
        self._size = size
        self._lock = threading.Lock()
        self._spares: list[Child] = []
        self.refill()

    def take(self, request: dict[str, Any], limits: Limits) -> Child:
        """A child at work on the request, tied to this process; the caller closes it, and calls `refill` then."""
        while (spare := self._pop()) is not None:
            try:
                spare.begin(request, limits, tied=True)
                return spare
            except ChildFailed:
                spare.close()
        return Child(self._module, request, limits, tied=True)

    def _pop(self) -> Child | None:
        with self._lock:
            return self._spares.pop(0) if self._spares else None

    def refill(self) -> None:
        """Starts what is missing: best when a document is done, so that starting takes no time from it."""
        with self._lock:
            while len(self._spares) < self._size:
                self._spares.append(Child(self._module, None))

    def close(self) -> None:
        """Ends the spares; those at work end with their request. Afterwards none is started ahead."""
        with self._lock:
            spares, self._spares, self._size = self._spares, [], 0
        for spare in spares:
            spare.close()
