"""How long a failing server is asked again: retries with jitter, and a circuit breaker around all calls.

It does not know what is asked of the server.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ingest.errors import OtherSide


@dataclass(frozen=True, slots=True)
class Patience:
    """A call is tried `tries` times; the wait before try n is uniform between 0 and min(longest, first * 2 ** (n - 2)).

    That is "full jitter" (Brooker 2015, "Exponential backoff and jitter"). Seconds all.
    """

    tries: int = 3
    first: float = 0.5
    longest: float = 4.0
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[float, float], float] = random.uniform

    def waits(self) -> Iterator[float]:
        """The seconds to wait before each try after the first."""
        for again in range(self.tries - 1):
            yield self.draw(0.0, min(self.longest, self.first * 2**again))


@dataclass(slots=True)
class Breaker:
    """A circuit breaker (Nygard, "Release it!"): after `most` failures in a row no call is made for `rest` seconds.

    Then one call is let through; its success closes the circuit, its failure opens it again. Safe between threads.
    """

    most: int = 5
    rest: float = 20.0
    clock: Callable[[], float] = time.monotonic
    _failures: int = 0
    _closed_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self) -> None:
        """Raises OtherSide while the circuit is open."""
        with self._lock:
            if self._failures < self.most:
                return
            left = self._closed_at - self.clock()
            if left > 0:
                raise OtherSide(
                    f"the model server failed {self._failures} times in a row and is left alone for {left:.0f} s",
                    retryable=False,
                    hint="ask again then",
                )
            self._closed_at = self.clock() + self.rest  # others wait for the one that tries

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._closed_at = self.clock() + self.rest

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0
