"""A child's work on many items shared with a copy of itself, forked when what both need is in memory.

It does not know what the items are. The copy's frames come after the child's own. Where there is no fork, or the
system cannot end the copy together with the child, one process does all.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TypeVar

from ingest.child import die_with_parent, read_frame, write_frame

Item = TypeVar("Item")
Frames = Iterator[tuple[bytes, bytes]]

_OUT_OF_MEMORY = 77  # exit code of a copy whose memory ran out


def shared(work: Callable[[Sequence[Item]], Frames], mine: Sequence[Item], others: Sequence[Item]) -> Frames:
    """The frames of `work(mine)`, then those of `work(others)` from a forked copy of this process.

    A copy that dies ends this process in the same way: its parent sees one child that died.
    """
    if not others or sys.platform != "linux":
        yield from work([*mine, *others])
        return
    source, sink = os.pipe()
    alarm = signal.getitimer(signal.ITIMER_REAL)[0]
    parent = os.getpid()
    pid = os.fork()
    if not pid:
        os.close(source)
        signal.setitimer(signal.ITIMER_REAL, alarm)
        die_with_parent(parent)
        _copy(sink, work, others)
    os.close(sink)
    with os.fdopen(source, "rb") as stream:
        yield from work(mine)
        yield from _relayed(stream)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        os.kill(parent, os.WTERMSIG(status))
    if os.waitstatus_to_exitcode(status) == _OUT_OF_MEMORY:
        raise MemoryError
    if status:
        sys.exit(1)


def _relayed(stream: IO[bytes]) -> Frames:
    """What the copy sends; it ends early when the copy dies, of which its status tells."""
    while True:
        try:
            frame = read_frame(stream)
        except ValueError:
            return
        if frame is None:
            return
        yield frame


def _copy(sink: int, work: Callable[[Sequence[Item]], Frames], items: Sequence[Item]) -> None:
    """All that the copy does; it never returns into the code that forked it."""
    code = 1
    try:
        # The child reads only when its own work is done: what does not fit into the pipe waits here.
        frames = list(work(items))
        with os.fdopen(sink, "wb") as stream:
            for kind, payload in frames:
                write_frame(stream, kind, payload)
        code = 0
    except MemoryError:
        code = _OUT_OF_MEMORY
    finally:
        if code == 1:
            traceback.print_exc()
        os._exit(code)
