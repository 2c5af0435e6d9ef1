"""Recto as a user runs it: `recto serve` and commands in processes of their own, over one library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import psutil

from eval.process_watch import family

ROOT = Path(__file__).parents[1]
HANGS_S = 60.0
"""After so long without what is waited for, a test fails; no figure of speed."""


def until(holds: Callable[[], Any], what: str, seconds: float = HANGS_S) -> Any:
    """Waits until `holds` returns something true, and returns that."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.05)
    return found


def command(*arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """A command in a process group of its own, as a shell would start it."""
    return subprocess.Popen(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def run(*arguments: str, code: int = 0, environment: Mapping[str, str] | None = None) -> list[Any]:
    """What a command prints with --json, a value a line, once it has ended with the exit code given."""
    with command(*arguments, "--json", environment=environment) as process:
        output, errors = process.communicate(timeout=2 * HANGS_S)
    assert process.returncode == code, errors
    return [json.loads(line) for line in output.splitlines()]


def module_of(process: psutil.Process) -> str:
    """The module that a Python process runs; empty where it has just ended."""
    try:
        arguments = process.cmdline()
    except psutil.Error:
        return ""
    return str(arguments[arguments.index("-m") + 1]) if "-m" in arguments[:-1] else " ".join(arguments)


def nothing_lives(temporary: Path) -> None:
    """Raises AssertionError where a process of the family is still there after a while."""
    with suppress(AssertionError):
        until(lambda: not family(temporary), "the end of all processes", 20)
    assert [module_of(process) for process in family(temporary)] == []


class Serving:
    """`recto serve` over a library, on a free port; use it in a `with` block."""

    def __init__(self, library: Path, temporary: Path, environment: Mapping[str, str] | None = None) -> None:
        self.library, self.temporary = library, temporary
        environment = {**(environment or {}), "TMPDIR": str(temporary)}
        self.process = command("serve", "--port", "0", "--library", str(library), environment=environment)
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        address = next((word for word in words if word.startswith("http://")), "")
        if not address:
            raise AssertionError(self.process.communicate(timeout=HANGS_S)[1])
        self.address = address
        self.rest = httpx.Client(base_url=f"{address}/api/v1", timeout=HANGS_S, trust_env=False)

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the server in order; nothing that it started lives on."""
        self.rest.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=HANGS_S)
        nothing_lives(self.temporary)

    def kill(self) -> None:
        """The server itself dies at once, and nothing else is told."""
        self.process.kill()
        self.stop()

    # what a user does

    def add(self, *files: Path) -> list[str]:
        """Uploads; the ids of the documents."""
        parts = [("file", (file.name, file.read_bytes(), "application/pdf")) for file in files]
        answer = self.rest.post("/documents", files=parts).raise_for_status().json()
        return [document["document_id"] for document in answer["documents"]]

    def document(self, name_or_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.rest.get(f"/documents/{name_or_id}").raise_for_status().json()
        return found

    def wait_for(self, name_or_id: str, *states: str) -> dict[str, Any]:
        """Waits until a document is in one of the states (indexed where none is named)."""
        wanted = states or ("indexed",)

        def there() -> dict[str, Any] | None:
            answer = self.rest.get(f"/documents/{name_or_id}")
            return answer.json() if answer.is_success and answer.json()["state"] in wanted else None

        found: dict[str, Any] = until(there, f"{name_or_id} in state {' or '.join(wanted)}")
        return found

    def search(self, question: str) -> list[dict[str, Any]]:
        """The hits; none where there is no document to ask."""
        answer = self.rest.post("/search", json={"question": question})
        return list(answer.json()["hits"]) if answer.is_success else []

    def ask(self, question: str) -> dict[str, Any]:
        """The answer; the problem where there is no document to ask."""
        found: dict[str, Any] = self.rest.post("/ask", json={"question": question}).json()
        return found

    def found(self, question: str) -> set[str]:
        """The names of the documents that a search finds."""
        return {hit["document"] for hit in self.search(question)}
