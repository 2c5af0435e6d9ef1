"""A child process under limits, the frames that it and its parent exchange, and a small pool of them.

It does not know what a child does: that is the module that the child runs. The parent trusts nothing that comes
back. Linux is the full platform; where there are no resource limits a watchdog measures the child's memory instead.

A frame is one byte of kind, four bytes of length, the payload. The child's first frame, kind "R", is JSON with
`limits` and `request`; a child's last word, kind "E", is JSON with `state` and `message`.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from ingest.errors import BadDocument
from ingest.records import State

_HEAD_BYTES = 5
_PR_SET_PDEATHSIG = 1
_GRACE_SECONDS = 10  # after the parent's own time limit, the child ends itself
_POLL_SECONDS = 0.02  # in which memory grows by some 50 MiB at most
_PARENT_POLL_SECONDS = 1.0
_STEP_SECONDS = 0.005
_AGAIN_SECONDS = 0.11
_TRIES = 3
_TAIL_BYTES = 4096
_STDERR_BYTES = 64 * 1024
_OPEN_FILES = 64
_TOO_MUCH = "the file needs too much memory"
_SPACE_BESIDE = 2 * 2**30  # address space that libraries reserve and do not use
_ENOUGH = 0.85  # share of its memory at which a child is ended: it must not get over the whole
_NEARLY_FULL = 0.7  # share of its address space that a child which died for memory was last seen to use
_MEMORY_WORDS = ("memory allocation", "memoryerror", "bad_alloc", "out of memory", "cannot allocate")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost. 0 means no limit.

    `max_bytes` and `max_pages` are the file's; `memory_bytes` is what a child and its copy hold in memory at most;
    `output_bytes` is what a child may send for one request; `page_seconds` is for opening a file, and for rendering a
    page; `max_pixels` is the size of its picture. Reading takes at most half of `page_seconds`, and `more_page_seconds`
    for each page, and never over `wall_seconds`.
    """

    max_bytes: int = 512 * 2**20
    max_pages: int = 6000
    cpu_seconds: int = 180
    wall_seconds: float = 240.0
    memory_bytes: int = 2**30
    output_bytes: int = 2**30
    page_seconds: float = 30.0
    max_pixels: int = 16_000_000
    more_page_seconds: float = 0.5

    def seconds_for(self, pages: int) -> float:
        """Wall time in which a child must have read so many pages."""
        seconds = self.page_seconds / 2 + self.more_page_seconds * pages
        return min(seconds, self.wall_seconds) if self.wall_seconds else seconds


DEFAULT_LIMITS = Limits()


class ChildFailed(BadDocument):
    """The child ended without an answer: `state` is timeout, memory, crashed or cancelled."""


def write_frame(sink: IO[bytes], kind: bytes, payload: bytes) -> None:
    """Sends one frame; `kind` is one byte."""
    sink.write(kind + len(payload).to_bytes(4, "big"))
    sink.write(payload)
    sink.flush()


def read_frame(source: IO[bytes], max_bytes: int = 2**31) -> tuple[bytes, bytes] | None:
    """(kind, payload), or None at the end of the input. Raises ValueError for a frame cut off or too long."""
    head = source.read(_HEAD_BYTES)
    if not head:
        return None
    size = int.from_bytes(head[1:], "big")
    if len(head) < _HEAD_BYTES or size > max_bytes:
        raise ValueError("a frame is cut off or too long")
    payload = source.read(size)
    if len(payload) < size:
        raise ValueError("a frame is cut off")
    return head[:1], payload


def _end_with(parent: int) -> None:
    """The end of the input tells of a parent's death only between two requests; this also within one."""
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_SECONDS)
    os._exit(1)


def _apply(limits: Limits, tied: bool, parent: int) -> None:
    """`parent`: the process that started this one, which should not outlive it."""
    if sys.platform == "win32":
        return
    import resource

    def lower(what: int, soft: int, hard: int) -> None:
        ceiling = resource.getrlimit(what)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(what, (soft, hard))

    lower(resource.RLIMIT_CORE, 0, 0)
    lower(resource.RLIMIT_FSIZE, _STDERR_BYTES, _STDERR_BYTES)
    lower(resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES)
    if limits.cpu_seconds:
        lower(resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + _GRACE_SECONDS)
    if limits.memory_bytes and sys.platform == "linux":
        lower(resource.RLIMIT_AS, limits.memory_bytes + _SPACE_BESIDE, limits.memory_bytes + _SPACE_BESIDE)
    if limits.wall_seconds:
        signal.alarm(int(limits.wall_seconds) + _GRACE_SECONDS)
    if tied and sys.platform == "linux":
        _end_with_input()
    else:
        threading.Thread(target=_end_with, args=(parent,), name="parent", daemon=True).start()


def _end_with_input() -> None:
    """From now on the process group ends when standard input does, busy or not: when the parent is gone, or closes it.

    The kernel signals that the pipe has changed, and the signal ends who does not handle it. The usual signal at a
    parent's death will not do: it comes when the thread that started the child ends, which a spare child outlives.
    """
    import fcntl
    import select

    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(0, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([0], [], [], 0)[0]:
        os._exit(1)  # it ended before


def die_with_parent(parent: int) -> None:
    """In a forked copy (Linux): from now on it ends with the thread that forked it, and at once if that has ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def lower_priority(by: int) -> None:
    """In a child: makes it nicer than its parent by so much, also where the kernel weighs whole sessions.

    Linux desktops and many servers share the processor out among sessions first (autogroups), so that a process's own
    niceness counts only within its session; each child has one of its own.
    """
    if not hasattr(os, "nice"):
        return
    level = os.nice(by)
    autogroup = Path("/proc/self/autogroup")
    for _ in range(_TRIES if level and autogroup.exists() else 0):
        try:
            autogroup.write_text(str(level))
            return
        except OSError:  # the kernel takes one such change in a tenth of a second
            time.sleep(_AGAIN_SECONDS)


def begin() -> tuple[IO[bytes], IO[bytes], dict[str, Any]]:
    """In a child: takes over standard input and output, applies the limits, returns (source, sink, request).

    What libraries print goes to standard error, of which the parent reads the tail when the child dies.
    """
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    frame = read_frame(source)
    if frame is None:
        sys.exit(1)
    start = json.loads(frame[1])
    lower_priority(0)
    _apply(Limits(**start["limits"]), bool(start["tied"]), int(start["parent"]))
    return source, sink, start["request"]


def answer(sink: IO[bytes], frames: Iterator[tuple[bytes, bytes]]) -> None:
    """In a child: sends the frames; a BadDocument on the way, or running out of memory, as the last word instead."""
    try:
        for kind, payload in frames:
            write_frame(sink, kind, payload)
    except BadDocument as error:
        write_frame(sink, b"E", json.dumps({"state": error.state, "message": str(error)}).encode())
    except MemoryError:
        stated = {"state": State.MEMORY, "message": _TOO_MUCH}
        write_frame(sink, b"E", json.dumps(stated).encode())


def _environment() -> dict[str, str]:
    passed = {
        name: os.environ[name]
        for name in ("SYSTEMROOT", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "TMPDIR")
        if name in os.environ
    }
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    root = str(Path(__file__).resolve().parent.parent)
    return passed | threads | {"PYTHONPATH": root, "PYTHONUTF8": "1", "LANG": "C.UTF-8", "PATH": os.defpath}


class Child:
    """The parent's side of a child that runs `module`.

    Without a request it is a spare: it has done its imports and waits for `begin`. When the parent is gone a child ends
    within a second or two, even when it is busy; `tied`, at once (Linux).
    """

    def __init__(
        self, module: str, request: dict[str, Any] | None, limits: Limits | None = None, *, tied: bool = False
    ) -> None:
        self._limits = limits or DEFAULT_LIMITS
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the child
        self._ended_as: tuple[State, str] | None = None
        self._received = 0
        self._space = 0  # bytes of address space when last looked at
        self._deadline = 0.0
        self.uses = 0
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-s", "-B", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=os.path.abspath(os.sep),
            env=_environment(),
            start_new_session=True,
        )
        if request is not None:
            try:
                self.begin(request, self._limits, tied=tied)
            except ChildFailed:
                self.close()
                raise

    def begin(self, request: dict[str, Any], limits: Limits, *, tied: bool = False) -> None:
        """Puts a spare child to work. Raises ChildFailed when it has died."""
        self._limits = limits
        start = {"limits": asdict(limits), "tied": tied, "parent": os.getpid(), "request": request}
        self.send(b"R", json.dumps(start).encode())

    @property
    def alive(self) -> bool:
        return not self._dead(0)

    def send(self, kind: bytes, payload: bytes) -> None:
        """Raises ChildFailed when the child is gone."""
        assert self._process.stdin is not None
        try:
            write_frame(self._process.stdin, kind, payload)
        except (BrokenPipeError, OSError) as error:
            raise self._failure() from error

    def receive(self) -> tuple[bytes, bytes]:
        """The next frame. Raises BadDocument when it is the child's error, ChildFailed when there is none."""
        assert self._process.stdout is not None
        try:
            frame = read_frame(self._process.stdout, self._limits.output_bytes - self._received)
        except (ValueError, MemoryError) as error:
            self._kill(State.CRASHED, f"the answer of the process that read the file is not usable: {error}")
            raise self._failure() from error
        if frame is None:
            raise self._failure()
        self._received += len(frame[1])
        if frame[0] == b"E":
            raise _stated_error(frame[1])
        return frame

    def expect(self, kind: bytes) -> bytes:
        """The payload of the next frame, which must be of that kind."""
        found, payload = self.receive()
        if found != kind:
            self._kill(State.CRASHED, "the process that read the file answered out of turn")
            raise self._failure()
        return payload

    @contextlib.contextmanager
    def guard(self, seconds: float, cancelled: threading.Event | None = None) -> Iterator[None]:
        """Kills the child when the block takes longer than `seconds` or `cancelled` is set."""
        done = threading.Event()
        self._received = 0
        self._deadline = time.monotonic() + seconds
        watch = threading.Thread(target=self._watch, args=(done, cancelled), daemon=True)
        watch.start()
        try:
            yield
        finally:
            done.set()
            watch.join()

    def allow(self, seconds: float) -> None:
        """Inside `guard`: so much time from now on, instead of what is left."""
        self._deadline = time.monotonic() + seconds

    def _watch(self, done: threading.Event, cancelled: threading.Event | None) -> None:
        while not done.wait(_POLL_SECONDS):
            if cancelled is not None and cancelled.is_set():
                self._kill(State.CANCELLED, "cancelled")
            elif time.monotonic() > self._deadline:
                self._kill(State.TIMEOUT, "the file takes too long to read")
            elif self._resident() > _ENOUGH * self._limits.memory_bytes > 0:
                self._kill(State.MEMORY, _TOO_MUCH)
            else:
                continue
            return

    def _resident(self) -> int:
        """Bytes that the child and what it forked hold in memory; what they share counts for each."""
        if sys.platform != "linux":
            import psutil  # type: ignore[import-untyped]  # slow to import

            try:
                used: int = psutil.Process(self._process.pid).memory_info().rss
            except psutil.Error:
                return 0
            return used
        space, resident = _statm(self._process.pid)
        self._space = max(self._space, space)
        try:
            forked = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        except OSError:
            forked = []
        return resident + sum(_statm(int(pid))[1] for pid in forked)

    def _kill(self, state: State, message: str) -> None:
        self._ended_as = self._ended_as or (state, message)
        if self._process.returncode is not None:
            return  # reaped: its number may be another process's by now
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)

    def _failure(self) -> ChildFailed:
        if not self._dead(_GRACE_SECONDS):
            self._kill(State.CRASHED, "the process that read the file stopped answering")
        ended_as = self._ended_as
        code = self._reap()
        return ChildFailed(*(ended_as or self._diagnose(code)))

    def _dead(self, seconds: float) -> bool:
        """Whether the child has ended, after at most so many seconds; where the system can tell, it is not reaped."""
        if self._process.returncode is not None:
            return True
        if not hasattr(os, "waitid"):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
            return self._process.returncode is not None
        deadline = time.monotonic() + seconds
        while os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(_STEP_SECONDS)
        return True

    def _reap(self) -> int:
        """The exit code of a child that is ending. What it forked ends first: its group's number is still its own."""
        self._kill(State.CANCELLED, "closed")
        return self._process.wait()

    def _diagnose(self, code: int) -> tuple[State, str]:
        end = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(end - _TAIL_BYTES, 0))
        tail = self._errors.read(_TAIL_BYTES).decode("utf-8", "replace").strip()
        if sys.platform != "win32" and code in (-signal.SIGXCPU, -signal.SIGALRM):
            return State.TIMEOUT, "the file takes too long to read"
        # PDFium and Rust abort when an allocation fails, PDFium without a word.
        limit = self._limits.memory_bytes + _SPACE_BESIDE if self._limits.memory_bytes else 0
        full = code < 0 and self._space > _NEARLY_FULL * limit > 0
        if full or code == -9 or any(word in tail.lower() for word in _MEMORY_WORDS):
            return State.MEMORY, _TOO_MUCH
        last = tail.rsplit("\n", 1)[-1][:200]
        how = f"signal {-code}" if code < 0 else f"exit {code}"
        return State.CRASHED, f"the process that read the file died ({how}{': ' + last if last else ''})"

    def close(self) -> None:
        """Ends the child and everything in its process group."""
        self._reap()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def _statm(pid: int) -> tuple[int, int]:
    """Bytes of address space and of memory of a process (Linux); 0 when it is gone."""
    try:
        space, resident, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    except (OSError, ValueError):
        return 0, 0
    return int(space) * os.sysconf("SC_PAGE_SIZE"), int(resident) * os.sysconf("SC_PAGE_SIZE")


def _stated_error(payload: bytes) -> BadDocument:
    try:
        stated = json.loads(payload)
        state, message = State(stated["state"]), str(stated["message"])[:500]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ChildFailed(State.CRASHED, "the process that read the file gave no usable reason")
    return BadDocument(state, message)
