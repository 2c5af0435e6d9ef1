"""What a command costs: processor time by kind of process, wall time, memory of all its processes.

It does not know what the command does, only how to tell its processes apart. Linux: memory is the proportional set size
(PSS), so that what several processes share counts once; elsewhere it is the resident size of each, added up.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil  # type: ignore[import-untyped]

from ingest.errors import BadSetup

ROOT = Path(__file__).resolve().parents[1]

KindOf = Callable[[Sequence[str]], str]
"""From the arguments of a process to its kind; "" for one that cannot be told yet."""

_CPU_EVERY_S = 0.2
_MEMORY_EVERY_S = 1.0
_AT_WORK = 0.05  # share of a core from which a kind of process counts as at work
_TICK_S = 0.011  # processor time is counted in steps of a hundredth


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the processes: seconds of processor time so far, by (pid, start) and kind."""

    at: float
    cpu_s: Mapping[tuple[int, float], tuple[str, float]]


@dataclass(slots=True)
class Account:
    """Adds samples up. `cpu_s` and `busy_s` are seconds by kind of process.

    `busy_s` is the time in which at least one process of the kind was at work.
    """

    cpu_s: dict[str, float] = field(default_factory=dict)
    busy_s: dict[str, float] = field(default_factory=dict)
    peak_bytes: int = 0
    peak_by_kind: dict[str, int] = field(default_factory=dict)
    _seen: dict[tuple[int, float], float] = field(default_factory=dict)
    _last: float = 0.0

    def add(self, sample: Sample) -> None:
        """Takes what each process used since the sample before; a process not seen before began at nothing."""
        elapsed = sample.at - self._last if self._last else 0.0
        gained: dict[str, float] = {}
        for process, (kind, seconds) in sample.cpu_s.items():
            more = max(seconds - self._seen.get(process, 0.0), 0.0)
            self._seen[process] = max(seconds, self._seen.get(process, 0.0))
            gained[kind] = gained.get(kind, 0.0) + more
        for kind, seconds in gained.items():
            self.cpu_s[kind] = self.cpu_s.get(kind, 0.0) + seconds
            if seconds > max(_AT_WORK * elapsed, _TICK_S):
                self.busy_s[kind] = self.busy_s.get(kind, 0.0) + elapsed
        self._last = sample.at

    def add_memory(self, by_kind: Mapping[str, int]) -> None:
        """Keeps the largest sum, with its parts (bytes)."""
        total = sum(by_kind.values())
        if total > self.peak_bytes:
            self.peak_bytes, self.peak_by_kind = total, dict(by_kind)


class Meter:
    """Watches a process and its descendants while the `with` block runs; `account` is complete after it."""

    def __init__(self, pid: int, kind_of: KindOf) -> None:
        self.account = Account()
        self._root = psutil.Process(pid)
        self._kind_of = kind_of
        self._root_kind = self._told(self._root)
        self._kinds: dict[tuple[int, float], str] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="meter", daemon=True)

    def __enter__(self) -> Meter:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        next_memory = 0.0
        while not self._done.wait(_CPU_EVERY_S):
            try:
                processes = [self._root, *self._root.children(recursive=True)]
            except psutil.Error:
                return
            self.account.add(self._look(processes))
            if time.monotonic() >= next_memory:
                self.account.add_memory(self._memory(processes))
                next_memory = time.monotonic() + _MEMORY_EVERY_S

    def _told(self, process: psutil.Process) -> str:
        """A process has no arguments yet, or no longer, in the moments when it begins and ends."""
        arguments = process.cmdline()
        return self._kind_of(arguments) if arguments else ""

    def _kind(self, process: psutil.Process) -> str:
        """A process that has just been forked still bears its parent's arguments, so "" is asked again."""
        key = (process.pid, process.create_time())
        if not self._kinds.get(key):
            kind = self._told(process)
            self._kinds[key] = "" if process.pid != self._root.pid and kind == self._root_kind else kind
        return self._kinds[key]

    def _look(self, processes: Sequence[psutil.Process]) -> Sample:
        cpu_s: dict[tuple[int, float], tuple[str, float]] = {}
        for process in processes:
            try:
                times = process.cpu_times()
                cpu_s[(process.pid, process.create_time())] = (self._kind(process), times.user + times.system)
            except psutil.Error:
                continue  # it has just ended
        return Sample(time.monotonic(), cpu_s)

    def _memory(self, processes: Sequence[psutil.Process]) -> dict[str, int]:
        by_kind: dict[str, int] = {}
        for process in processes:
            try:
                memory = process.memory_full_info()
                kind = self._kind(process)
            except psutil.Error:
                continue
            by_kind[kind] = by_kind.get(kind, 0) + int(getattr(memory, "pss", memory.rss))
        return by_kind


@dataclass(frozen=True, slots=True)
class Cost:
    """What a finished command cost.

    `cpu_s` is the processor time of the command and all processes that it started, as the operating system has it;
    `account` says by samples how it falls to kinds. `others` is the share of the machine, 0 to 1, that programs which
    are not the command used meanwhile.
    """

    stdout: str
    wall_s: float
    cpu_s: float
    others: float
    account: Account

    def by_kind(self, short_lived: str) -> dict[str, float]:
        """Processor seconds by kind, of exactly `cpu_s` together.

        Samples miss the last moments of a process: those are the kind's whose processes live shortest.
        """
        seen = {kind: seconds for kind, seconds in self.account.cpu_s.items() if kind}
        seen[short_lived] = seen.get(short_lived, 0.0) + self.cpu_s - sum(seen.values())
        return seen


def children_cpu_s() -> float:
    """Processor seconds of all children of this process that have ended, and of theirs."""
    if sys.platform == "win32":
        raise BadSetup("speed is measured on Linux and macOS only")
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _machine_cpu_s() -> float:
    times = psutil.cpu_times()
    return float(sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq", "steal")))


def run_metered(command: Sequence[str], kind_of: KindOf, *, given: str = "", may_fail: bool = False) -> Cost:
    """Runs a command with `given` on its input; raises BadSetup where it fails, unless exit code 1 `may_fail`.

    Nothing else may start and end children meanwhile: their processor time would be counted too.
    """
    cpu, machine, began = children_cpu_s(), _machine_cpu_s(), time.monotonic()
    process = subprocess.Popen(
        list(command), cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with Meter(process.pid, kind_of) as meter:
        stdout, stderr = process.communicate(given)
    wall_s, cpu_s = time.monotonic() - began, children_cpu_s() - cpu
    if process.returncode not in ((0, 1) if may_fail else (0,)):
        last = (stderr.strip().splitlines() or ["no output"])[-1]
        raise BadSetup(f"{' '.join(command[1:5])} failed: {last}")
    cores = psutil.cpu_count() or 1
    others = max(_machine_cpu_s() - machine - cpu_s, 0.0) / (wall_s * cores)
    return Cost(stdout, wall_s, cpu_s, others, meter.account)


def recto_kind(arguments: Sequence[str]) -> str:
    """Which part of Recto a process is: main, parse, ocr, embed or export."""
    module = arguments[arguments.index("-m") + 1] if "-m" in arguments[:-1] else ""
    kinds = {
        "app": "main",
        "app.supervisor": "supervisor",
        "ingest.sandbox": "parse",
        "ingest.renderer": "ocr",
        "ingest.ocr": "ocr",
        "ingest.embed_pool": "embed",
        "ingest.export_onnx": "export",
    }
    return kinds.get(module, "")
