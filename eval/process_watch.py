"""The memory of several processes and of all that they start, while they work; and who is left of them afterwards.

It does not know what they do. Processes are told from all others by a folder of their own, which is their TMPDIR: so
one whose parent died is found too.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil  # type: ignore[import-untyped]

from eval.metering import recto_kind

EVERY_S = 0.1
_PSS_EVERY_S = 1.0  # it costs milliseconds a process


def environment_of(folder: Path) -> dict[str, str]:
    """What marks a process, and all that it starts, as of the family of `folder`."""
    return {"TMPDIR": str(folder)}


def family(folder: Path) -> list[psutil.Process]:
    """The living processes marked by the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            marked = process.environ().get("TMPDIR") == str(folder)
            if marked and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def left_over(folder: Path, living: Sequence[int], seconds: float = 10.0) -> list[str]:
    """Kinds of the family's processes that neither are nor descend from those `living` (ids), after a while."""
    deadline = time.monotonic() + seconds
    while True:
        stray = [process for process in family(folder) if not _descends(process, living)]
        if not stray or time.monotonic() > deadline:
            return sorted(kind_of(process) for process in stray)
        time.sleep(EVERY_S)


def _descends(process: psutil.Process, living: Sequence[int]) -> bool:
    try:
        return process.pid in living or any(parent.pid in living for parent in process.parents())
    except psutil.Error:
        return True  # it has just ended


def kind_of(process: psutil.Process) -> str:
    """serve, or as `recto_kind` has it; "other" for what that does not know."""
    try:
        arguments = process.cmdline()
    except psutil.Error:
        return "other"
    kind = recto_kind(arguments)
    return "serve" if kind == "main" and "serve" in arguments else kind or "other"


@dataclass(slots=True)
class Memory:
    """Adds looks up; bytes. `largest` is the resident size of the largest single process of a kind.

    `together` is that of all processes of a kind; what they share counts for each.
    """

    largest: dict[str, int] = field(default_factory=dict)
    together: dict[str, int] = field(default_factory=dict)
    peak_rss: int = 0
    peak_pss: int = 0

    def add(self, resident: Sequence[tuple[str, int]]) -> None:
        """One look: (kind, resident size) of every process."""
        sums: dict[str, int] = {}
        for kind, size in resident:
            self.largest[kind] = max(size, self.largest.get(kind, 0))
            sums[kind] = sums.get(kind, 0) + size
        self.together = {kind: max(sums.get(kind, 0), self.together.get(kind, 0)) for kind in sums | self.together}
        self.peak_rss = max(self.peak_rss, sum(size for _, size in resident))

    def add_proportional(self, sizes: Sequence[int]) -> None:
        """One look: the proportional size of every process."""
        self.peak_pss = max(self.peak_pss, sum(sizes))

    def figures(self) -> dict[str, Any]:
        return {
            "largest_by_kind": dict(sorted(self.largest.items())),
            "peak_rss": self.peak_rss,
            "peak_pss": self.peak_pss,
        }


class Watch:
    """Looks at some processes and their descendants every tenth of a second while the `with` block runs."""

    def __init__(self, *pids: int) -> None:
        self.memory = Memory()
        self._roots = [psutil.Process(pid) for pid in pids]
        self._kinds: dict[tuple[int, float], str] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        proportional_at = 0.0
        while not self._done.wait(EVERY_S):
            processes = [process for root in self._roots for process in _with_children(root)]
            self.memory.add(_each(processes, lambda one: (self._kind(one), int(one.memory_info().rss))))
            if time.monotonic() >= proportional_at:
                self.memory.add_proportional(_each(processes, _proportional))
                proportional_at = time.monotonic() + _PSS_EVERY_S

    def _kind(self, process: psutil.Process) -> str:
        """Asked again while it is "other": a process that has just been forked bears its parent's arguments."""
        key = (process.pid, process.create_time())
        if self._kinds.get(key, "other") in ("other", "serve", "main"):
            self._kinds[key] = kind_of(process)
        return self._kinds[key]


def _with_children(root: psutil.Process) -> list[psutil.Process]:
    try:
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def _proportional(process: psutil.Process) -> int:
    memory = process.memory_full_info()
    return int(getattr(memory, "pss", memory.rss))


def _each(processes: Sequence[psutil.Process], look: Callable[[psutil.Process], Any]) -> list[Any]:
    found = []
    for process in processes:
        try:
            found.append(look(process))
        except psutil.Error:
            continue  # it has just ended
    return found
