"""Work shared with a forked copy: all of it comes back, and a copy that dies is a child that died."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest

from ingest.split import shared

HEAD = """
import os, signal, sys
from ingest.split import shared

def work(numbers):
    for number in numbers:
        if number < 0:
            END
        yield b"P", bytes([number]) * 100_000
"""


def work(numbers: Sequence[int]) -> Iterator[tuple[bytes, bytes]]:
    for number in numbers:
        yield b"P", bytes([number]) * 100_000  # more than a pipe holds


@pytest.mark.parametrize("others", [[], [3], [3, 4, 5]])
def test_all_frames_come_back_the_childs_own_first(others: list[int]) -> None:
    frames = list(shared(work, [1, 2], others))
    assert frames == [(b"P", bytes([number]) * 100_000) for number in (1, 2, *others)]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no copy")
@pytest.mark.parametrize(
    ("end", "code"),
    [("os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV), ("raise ValueError", 1), ("raise MemoryError", 3)],
)
def test_a_copy_that_dies_ends_the_child_in_the_same_way(end: str, code: int) -> None:
    script = f"""{HEAD.replace("END", end)}
try:
    for kind, payload in shared(work, [1, 2], [3, -1]):
        print(payload[0], flush=True)
except MemoryError:
    sys.exit(3)
"""
    here = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=here, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["1", "2"] and done.returncode == code
