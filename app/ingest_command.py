"""`recto ingest`: files and folders into the library, with a progress bar and a line for each file."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import wait
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.auth import LOCAL
from app.cli import INGESTS, STOPPED, cleared_up, held, settings_of, write, write_json
from app.ingest_bar import IngestBar
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
from ingest.records import State
from ingest.store import Library

_LOOK_S = 0.5  # seconds between two looks for documents that others added


def _describe(outcome: Outcome) -> str:
    pages = f", {outcome.pages} pages" if outcome.pages else ""
    reason = f": {outcome.reason}" if outcome.reason else ""
    return f"{outcome.state:<15} {outcome.document}{pages}{reason}"


def _failed(path: Path, error: BadInput) -> Outcome:
    return Outcome(file=str(path), document=path.name, document_id="", state="failed", reason=str(error))


def _enlist(arguments: argparse.Namespace, intake: Intake, bar: IngestBar) -> tuple[list[Job], list[Outcome]]:
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


def _ingest(arguments: argparse.Namespace, library: Library, bar: IngestBar, outcomes: list[Outcome]) -> None:
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
    bar = IngestBar(sys.stderr.isatty())
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
