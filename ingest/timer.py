"""A block of code that ends when it has taken its processor time.

It knows nothing of what the block does; code of a library that does not return to Python is not ended by it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STROKE_S = 0.2


class OutOfTime(BaseException):
    """The block has taken its time. Not an Exception, which code within it might catch."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises OutOfTime in the block once this process has taken so many seconds of processor time in it.

    Only for a process's main thread, elsewhere and on Windows the block may take what it likes.
    """
    if not hasattr(signal, "SIGPROF") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise OutOfTime  # lost where it strikes inside a destructor: the timer strikes again

    earlier = signal.signal(signal.SIGPROF, stop)
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds, _STROKE_S)
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, earlier)
