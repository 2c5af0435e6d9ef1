"""`recto eval bench`: every figure that the documents state, beside those of others, on one page.

Each figure comes from the command that a user would run for it alone, in a process of its own: this module knows the
commands and the JSON that they print, not how they measure. What is heavy is imported when the command runs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from app.cli import settings_of, write, write_json
from app.settings import Settings
from eval.speed import last_speed_file
from ingest.errors import BadSetup, StorageFull

RIVALS = Path(__file__).with_name("rivals.toml")

_ROOT = Path(__file__).resolve().parents[1]
_SCOPES = ("document", "corpus")
_RETRIEVAL = ("en", "zh", "zh-hant")
_MISSES = ("en", "zh")
_LEARNT_FROM = (
    "en"  # the ranking's weights: only what is learnt anew without a question's document says what they are worth
)
_PAGES = ("parsing", "tables", "ocr")


def register_bench(kinds: Any, common: argparse.ArgumentParser) -> None:
    """Adds `recto eval bench`."""
    parser = kinds.add_parser("bench", parents=[common], help="all figures, beside those of others, on one page")
    parser.add_argument("--sets", required=True, metavar="FOLDER", help="the folder of all sets")
    parser.add_argument("--out", metavar="FILE", help="write the page here, as docs/benchmarks.md")
    parser.add_argument("--reading", metavar="FILE", help="only how well pages and tables are read, into this README")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from eval.benchmark_page import benchmark_page

    if arguments.reading:
        return _reading(arguments)
    figures = measure_all(Path(arguments.sets).resolve(), settings_of(arguments), arguments.library)
    page = benchmark_page(figures, tomllib.loads(RIVALS.read_text(encoding="utf-8")))
    if arguments.out:
        try:
            Path(arguments.out).write_text(page, encoding="utf-8")
        except OSError as error:
            raise StorageFull(f"cannot write {arguments.out}: {error.strerror}") from error
    if arguments.json:
        write_json(figures)
    elif not arguments.out:
        write(page.rstrip("\n"))
    for name, why in figures["missing"].items():
        write(f"recto: {name} was not measured: {why}", sys.stderr)
    return 1 if figures["missing"] else 0


def _reading(arguments: argparse.Namespace) -> int:
    """Measures how pages and tables are read, and writes both tables into the file, between its marks."""
    from eval.benchmark_page import reading_tables, with_reading_tables

    file = Path(arguments.reading)
    try:
        document = file.read_text(encoding="utf-8")
        with_reading_tables(document, "")  # before a minute of work
    except OSError as error:
        raise BadSetup(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:
        raise BadSetup(f"{file} has no place for the tables: {error}") from error
    figures: dict[str, Any] = {"missing": {}}
    for name in ("parsing", "tables"):
        try:
            figures[name] = _report(Path(arguments.sets).resolve() / name, name)["slices"]
        except BadSetup as error:
            figures["missing"][name] = str(error)
    tables = reading_tables(figures, tomllib.loads(RIVALS.read_text(encoding="utf-8")))
    try:
        file.write_text(with_reading_tables(document, tables), encoding="utf-8")
    except OSError as error:
        raise StorageFull(f"cannot write {file}: {error.strerror}") from error
    if arguments.json:
        write_json(figures)
    for name, why in figures["missing"].items():
        write(f"recto: {name} was not measured: {why}", sys.stderr)
    return 1 if figures["missing"] else 0


def check_sets(folder: Path) -> None:
    """Raises BadSetup that says what to put where, when there is no set at all."""
    from eval.benchmark_page import LAYOUT

    wanted = [folder / "retrieval" / name for name in _RETRIEVAL] + [folder / name for name in _PAGES]
    if not any(path.is_dir() for path in wanted):
        raise BadSetup(f"there are no benchmark sets in {folder}; it has to look like this:\n{LAYOUT}")


def measure_all(folder: Path, settings: Settings, library: str | None = None) -> dict[str, Any]:
    """The figures of `benchmark_page`. `library` holds the documents of the retrieval sets, else caches do."""
    from eval.surroundings import surroundings

    check_sets(folder)
    figures: dict[str, Any] = {"surroundings": surroundings(settings), "retrieval": {}, "missing": {}}
    figures |= {"failures": {}, "refusals": {}}
    missing: dict[str, str] = figures["missing"]
    at = ["--library", str(Path(library).resolve())] if library else []
    for name in _RETRIEVAL:
        try:
            figures["retrieval"][name] = _retrieval(folder / "retrieval" / name, at)
            if name in _MISSES:
                failures = _slices(folder / "retrieval" / name, "failures", at)
                figures["failures"][name] = {scope: counts["all"] for scope, counts in failures.items()}
                refusals = _report(folder / "retrieval" / name, "negatives", *at)
                figures["refusals"][name] = refusals["slices"]["all"]
        except BadSetup as error:
            missing[f"retrieval/{name}"] = str(error)
    try:
        figures["ablation"] = _report(folder / "retrieval" / _LEARNT_FROM, "ablation", *at)["scopes"]
    except BadSetup as error:
        missing["ablation"] = str(error)
    for name in _PAGES:
        try:
            figures[name] = _report(folder / name, name)["slices"]
        except BadSetup as error:
            missing[name] = str(error)
    try:
        figures["speed"] = json.loads(last_speed_file(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        missing["speed"] = "make bench-speed has not been run"
    return figures


def _retrieval(folder: Path, options: list[str]) -> dict[str, Any]:
    """The slices by scope; those of the set that the ranking learnt from are out of fold."""
    if folder.name != _LEARNT_FROM:
        return _slices(folder, "retrieval", options)
    return {scope: report["slices"] for scope, report in _report(folder, "train", *options)["out_of_fold"].items()}


def _slices(folder: Path, kind: str, options: list[str]) -> dict[str, Any]:
    """The slices of a report, by scope."""
    return {scope: _report(folder, kind, "--scope", scope, *options)["slices"] for scope in _SCOPES}


def _report(folder: Path, kind: str, *options: str) -> dict[str, Any]:
    """What `recto eval KIND FOLDER --json` prints; raises BadSetup with its last word where it fails."""
    if not folder.is_dir():
        raise BadSetup(f"there is no {folder.name} among the sets")
    scope = [f"in scope {options[1]}"] if options[:1] == ("--scope",) else []
    write(f"recto: {' '.join(['eval', kind, folder.name, *scope])}", sys.stderr)
    command = [sys.executable, "-m", "app", "eval", kind, str(folder), *options, "--json"]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    try:  # exit code 1 says that some file failed; the report names it
        report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise BadSetup((done.stderr.strip().splitlines() or ["no output"])[-1].removeprefix("recto: ")) from error
    return report
