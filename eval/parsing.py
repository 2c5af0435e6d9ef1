"""`recto eval parsing`, `tables` and `ocr`: the command line of `eval/page_sets.py`, and its report as a table."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.cli import settings_of, write, write_json

if TYPE_CHECKING:
    from ingest.markdown import TableStyle

_KINDS = {
    "parsing": ("is the text right, in order, with its tables and headings?", "markdown"),
    "tables": ("are tables found, and their cells in place?", "cells"),
    "ocr": ("is text read right from pictures of pages?", "text"),
}


def register_parsing(kinds: Any, common: argparse.ArgumentParser) -> None:
    """Adds `parsing`, `tables` and `ocr` to the kinds of `recto eval`."""
    for name, (purpose, truth) in _KINDS.items():
        parser = kinds.add_parser(name, parents=[common], help=purpose)
        parser.add_argument("set", metavar="SET", help=f"a folder with pdfs/ and {truth}/")
        parser.add_argument("--out", metavar="FOLDER", help="write what is compared here, a file for each PDF")
        parser.add_argument("--ocr", choices=("auto", "always", "never"), default="auto")
        if name != "ocr":
            parser.add_argument("--tables", choices=("html", "pipes"), default="html", help="how tables are written")
        parser.set_defaults(run=_run)


def parsing_table(report: Mapping[str, Any], metrics: Sequence[str]) -> str:
    """A line a slice, scores in hundredths, then milliseconds of processor time a page; then what could not be read."""
    from eval.report import table

    rows = []
    for name, row in report["slices"].items():
        scores = ["-" if row[metric] is None else f"{100 * row[metric]:.1f}" for metric in metrics]
        cost = "-" if row["cpu_ms"] is None else f"{row['cpu_ms']:.1f}"
        rows.append([name, str(row["n"]), *scores, cost])
    lines = [table(["slice", "n", *metrics, "CPU ms/page"], rows)]
    return "\n".join([*lines, *(f"{stem} could not be read: {why}" for stem, why in report["failed"].items())])


def _run(arguments: argparse.Namespace) -> int:
    # Not at the top: every command of Recto reads this module to know its options.
    from eval.page_sets import KINDS, load_truths, measure
    from eval.reading import Reader
    from ingest.markdown import MARKDOWN_VERSION
    from ingest.parse import ParseOptions

    kind = KINDS[arguments.kind]
    truths = load_truths(Path(arguments.set), kind)
    ocr: Literal["auto", "always", "never"] = arguments.ocr
    tables: TableStyle = getattr(arguments, "tables", "html")
    options = ParseOptions(ocr=ocr)
    reader = Reader(settings_of(arguments).cache / "eval" / "pages", options)
    try:
        found = measure(truths, kind, reader, tables, Path(arguments.out) if arguments.out else None)
    finally:
        reader.close()
    about = {"options": asdict(options), "markdown": MARKDOWN_VERSION, "tables_as": tables, "read_anew": reader.anew}
    report = {"set": str(truths.folder), "kind": arguments.kind} | about | found
    if arguments.json:
        write_json(report)
    else:
        write(parsing_table(report, kind.metrics))
    return 1 if found["failed"] else 0
