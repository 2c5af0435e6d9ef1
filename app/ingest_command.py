"""`recto ingest`: files and folders into the library, with a progress bar and a line for each file."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import wait
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from app.auth import LOCAL
from app.cli import INGESTS, STOPPED, cleared_up, held, settings_of, write, write_json
from app.supervisor import Shift
from app.wiring import (
    adopted_embedder,
    build_intake,
    build_pipeline,
    build_tidy,
    embedder_notice,
    ingest_options,
    open_library,
)
from ingest.errors import BadInput, BadSetup
from ingest.intake import Intake, Job, Outcome, find_files, ingest_lock
from ingest.pipeline import Pipeline, Progress
from ingest.records import Document, State
from ingest.store import Library

_LOOK_S = 0.5  # seconds between two looks for documents that others added
_PARSE_SHARE = 0.25  # of a document's work; the rest is embedding


class _Bar:
    """Progress by the bytes of the files, with pages and pages a second beside it. Threads report to it.

    Pages that are read from their pictures, which takes seconds each, have a bar of their own: how many, how long yet.
    """

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._pictures: tqdm[Any] | None = None
        self._to_read = 0  # pages
        self._read: dict[str, int] = {}  # of each document: pages that are read, of those there were at first
        self._bar: tqdm[Any] = tqdm(total=0, unit="B", unit_scale=True, disable=not shown, file=sys.stderr)
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}
        self._done: dict[str, float] = {}
        self._pages: dict[str, int] = {}
        self._began = time.monotonic()

    def add(self, document: Document, size: int) -> None:
        with self._lock:
            self._sizes[document.id] = size
            self._bar.total = sum(self._sizes.values())
            self._bar.refresh()

    def report(self, event: Progress | Outcome) -> None:
        with self._lock:
            if isinstance(event, Outcome):
                self._pages[event.document_id] = event.pages
                self._advance(event.document_id, 1.0)
                return
            if event.stage == "figures":  # it counts as done
                return
            if event.stage == "pictures":
                self._advance_pictures(event)
            share = event.done / event.total if event.total else 1.0
            if event.stage == "embedding":
                self._advance(event.document.id, _PARSE_SHARE + (1 - _PARSE_SHARE) * share)
            else:
                self._pages[event.document.id] = event.done
                self._advance(event.document.id, _PARSE_SHARE * share)

    def _advance(self, document_id: str, share: float) -> None:
        before = self._done.get(document_id, 0.0)
        self._done[document_id] = max(share, before)
        self._bar.update((self._done[document_id] - before) * self._sizes.get(document_id, 0))
        pages = sum(self._pages.values())
        self._bar.set_postfix_str(f"{pages} pages, {pages / (time.monotonic() - self._began):.1f} pages/s")

    def _advance_pictures(self, event: Progress) -> None:
        if self._pictures is None:
            self._pictures = tqdm(
                total=0,
                unit="page",
                desc="reading pictures",
                position=1,
                leave=False,
                disable=not self._shown,
                file=sys.stderr,
            )
        before = self._read.get(event.document.id)
        if before is None:
            before = event.done - 1
            self._to_read += event.total - before
            self._pictures.total = self._to_read
        self._read[event.document.id] = event.done
        self._pictures.update(event.done - before)

    def say(self, text: str) -> None:
        with self._lock:
            tqdm.write(text, file=sys.stdout)

    def close(self) -> None:
        if self._pictures is not None:
            self._pictures.close()
        self._bar.close()


def _describe(outcome: Outcome) -> str:
    pages = f", {outcome.pages} pages" if outcome.pages else ""
    reason = f": {outcome.reason}" if outcome.reason else ""
    return f"{outcome.state:<15} {outcome.document}{pages}{reason}"


def _failed(path: Path, error: BadInput) -> Outcome:
    return Outcome(file=str(path), document=path.name, document_id="", state="failed", reason=str(error))


def _enlist(arguments: argparse.Namespace, intake: Intake, bar: _Bar) -> tuple[list[Job], list[Outcome]]:
    """The documents to ingest, and what is settled without it: unchanged files, paths that are not there."""
    jobs: list[Job] = []
    settled: list[Outcome] = []
    for path in [*map(Path, arguments.paths), *([Path(arguments.sync)] if arguments.sync else [])]:
        try:
            files = find_files(path)
        except BadInput as error:
            settled.append(_failed(path, error))
            continue
        for file in files:
            try:
                taken = intake.enlist(
                    file, arguments.collection, LOCAL.user, password=arguments.password, source=str(file.resolve())
                )
            except BadInput as error:
                settled.append(_failed(file, error))
                continue
            if isinstance(taken, Job):
                jobs.append(taken)
                bar.add(taken.document, file.stat().st_size)
            else:
                settled.append(taken)
    return jobs, settled


def _remove_vanished(library: Library, folder: Path, collection: str, kept: set[str]) -> list[Outcome]:
    """Removes the documents that came from the folder and are not among those `kept` (ids)."""
    removed: list[Outcome] = []
    for document in library.documents(collection=collection, owner=LOCAL.user):
        inside = bool(document.path) and Path(document.path).is_relative_to(folder.resolve())
        if inside and document.id not in kept and not Path(document.path).exists():
            library.forget(document.id)
            removed.append(Outcome(document.path, document.name, document.id, "removed", document.pages))
    return removed


def _ingest(arguments: argparse.Namespace, library: Library, bar: _Bar, outcomes: list[Outcome]) -> None:
    """Ingests, and adds what became of each file to `outcomes` as it ends."""
    settings = settings_of(arguments)
    options = ingest_options(settings, ocr=arguments.ocr)

    def report(event: Progress | Outcome) -> None:
        bar.report(event)
        if isinstance(event, Outcome):
            show(event)

    def show(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if arguments.json:
            write_json(asdict(outcome))
        elif outcome.state != State.CANCELLED:
            bar.say(_describe(outcome))

    adopted_embedder(settings, library)  # before anything is taken in
    intake = build_intake(settings, library, options)
    if notice := embedder_notice(settings, library):
        write(f"recto: {notice}", sys.stderr)
    jobs, settled = _enlist(arguments, intake, bar)
    for outcome in settled:
        show(outcome)
    with build_pipeline(settings, library, options, report) as pipeline:
        _run(library, pipeline, jobs)
    if arguments.sync:
        kept = {outcome.document_id for outcome in outcomes}
        for outcome in _remove_vanished(library, Path(arguments.sync), arguments.collection, kept):
            show(outcome)
    cleared_up(build_tidy(library))  # also what earlier commands, and replaced files, left


def _run(library: Library, pipeline: Pipeline, jobs: Sequence[Job]) -> None:
    """Ingests the jobs, and what a server takes in meanwhile: only one process at a time may ingest."""
    shift = Shift(library, pipeline)
    futures = [shift.take(job) for job in jobs]
    while wait(futures, timeout=_LOOK_S).not_done:
        for job in shift.waiting():
            shift.take(job)
    while shift.busy:
        time.sleep(_LOOK_S)


def summarise(outcomes: Sequence[Outcome], seconds: float) -> dict[str, Any]:
    """Counts by state, pages, and for each stage the seconds that the documents spent in it, summed."""
    states: dict[str, int] = {}
    stages: dict[str, float] = {}
    for outcome in outcomes:
        states[outcome.state] = states.get(outcome.state, 0) + 1
        for stage, spent in outcome.stages.items():
            stages[stage] = stages.get(stage, 0.0) + spent
    pages = sum(outcome.pages for outcome in outcomes if outcome.state not in ("unchanged", "removed"))
    return {
        "files": len(outcomes),
        "states": states,
        "pages": pages,
        "chunks": sum(outcome.chunks for outcome in outcomes),
        "seconds": round(seconds, 2),
        "pages_per_second": round(pages / seconds, 1) if seconds else 0.0,
        "stage_seconds": {stage: round(spent, 2) for stage, spent in stages.items()},
        "stage_pages_per_second": {stage: round(pages / spent, 1) for stage, spent in stages.items() if spent > 0},
    }


def run(arguments: argparse.Namespace) -> int:
    """Returns 1 where a file failed, STOPPED after Ctrl+C, else 0; raises BadSetup."""
    if not arguments.paths and not arguments.sync:
        raise BadSetup("nothing to ingest", hint="name files or folders, or --sync FOLDER")
    began = time.monotonic()
    library = open_library(settings_of(arguments))
    bar = _Bar(sys.stderr.isatty())
    outcomes: list[Outcome] = []
    stopped = False
    try:
        with held(ingest_lock(library), INGESTS):
            _ingest(arguments, library, bar, outcomes)
    except KeyboardInterrupt:
        stopped = True
    finally:
        bar.close()
    summary = summarise(outcomes, time.monotonic() - began)
    if arguments.json:
        write_json({"summary": summary})
    else:
        write(_summary_line(summary))
    if stopped:
        write("recto: stopped; the same command goes on from here", sys.stderr)
        return STOPPED
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def _summary_line(summary: dict[str, Any]) -> str:
    states = ", ".join(f"{count} {state}" for state, count in summary["states"].items())
    pace = f"{summary['pages']} pages in {summary['seconds']} s ({summary['pages_per_second']} pages/s)"
    return f"{states or 'nothing to do'}; {pace}"
