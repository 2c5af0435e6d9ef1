"""`recto eval parsing`, `tables` and `ocr`: the command line of `eval/page_sets.py`, and its report as a table."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, Literal

from app.cli import settings_of, write, write_json

if TYPE_CHECKING:
    from ingest.markdown import TableStyle

_COSTS = {"cpu_ms": "CPU ms/page", "cpu_ms_median": "median"}
_ABOUT_FOLDS = (
    "Parts by source, of about the same size and mixture. Nothing is fitted to a part or left out of one: "
    "the deviation says how far the figures depend on which pages are measured."
)
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
        parser.add_argument("--folds", type=int, default=0, metavar="N", help="the same for N parts of the set")
        parser.add_argument("--ocr", choices=("auto", "always", "never"), default="auto")
        if name != "ocr":
            parser.add_argument("--tables", choices=("html", "pipes"), default="html", help="how tables are written")
        parser.set_defaults(run=_run)


def parsing_table(report: Mapping[str, Any], metrics: Sequence[str]) -> str:
    """A line a slice, scores in hundredths, then milliseconds of processor time a page; then what could not be read.

    Folds make a table of their own, with their mean and spread.
    """
    from eval.report import table

    def line(name: str, n: str, row: Mapping[str, Any]) -> list[str]:
        scores = ["-" if row[metric] is None else f"{100 * row[metric]:.1f}" for metric in metrics]
        costs = ["-" if row[cost] is None else f"{row[cost]:.1f}" for cost in _COSTS]
        return [name, n, *scores, *costs]

    def lines(rows: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
        return [line(name, str(row["n"]), row) for name, row in rows.items()]

    said = [table(["slice", "n", *metrics, *_COSTS.values()], lines(report["slices"]))]
    if folds := report.get("folds"):
        spread = [line(name, "", row) for name, row in spread_of(folds.values(), [*metrics, *_COSTS]).items()]
        said += [
            "",
            table(["part of the set", "n", *metrics, *_COSTS.values()], [*lines(folds), *spread]),
            _ABOUT_FOLDS,
        ]
    return "\n".join([*said, *(f"{stem} could not be read: {why}" for stem, why in report["failed"].items())])


def spread_of(rows: Iterable[Mapping[str, Any]], names: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """Mean, standard deviation (of a sample), lowest and highest of each figure; None where fewer than two have it."""
    known = {name: [row[name] for row in rows if row[name] is not None] for name in names}
    figures: dict[str, Callable[[list[float]], float]] = {
        "mean": fmean,
        "deviation": stdev,
        "lowest": min,
        "highest": max,
    }
    return {
        said: {name: count(values) if len(values) > 1 else None for name, values in known.items()}
        for said, count in figures.items()
    }


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
        out = Path(arguments.out) if arguments.out else None
        found = measure(truths, kind, reader, tables, out, arguments.folds)
    finally:
        reader.close()
    about = {"options": asdict(options), "markdown": MARKDOWN_VERSION, "tables_as": tables, "read_anew": reader.anew}
    report = {"set": str(truths.folder), "kind": arguments.kind} | about | found
    if arguments.json:
        write_json(report)
    else:
        write(parsing_table(report, kind.metrics))
    return 1 if found["failed"] else 0
