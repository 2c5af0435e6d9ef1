"""A few warm children of one kind, for requests that come one by one. It does not know what they are asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from ingest.child import Child, ChildFailed, Limits
from ingest.errors import BadDocument

Result = TypeVar("Result")


class ChildPool:
    """Up to `size` warm children of one kind, each replaced after `uses` requests or when it fails. Thread-safe."""

    def __init__(self, module: str, request: dict[str, Any], limits: Limits, *, size: int, uses: int) -> None:
        self._start = (module, request, limits)
        self._uses = uses
        self._free = threading.Semaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Child] = []

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
                self._put(child, keep and child.uses < self._uses)

    def _put(self, child: Child, keep: bool) -> None:
        if keep and child.alive:
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
