"""Reports: written, read again, and as text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.compare import Comparison, Difference, Move
from ingest.errors import BadInput, StorageFull

_SHOWN = 110  # characters of a question


def write_file(path: Path, text: str) -> None:
    """Raises StorageFull where the file cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageFull(f"cannot write {path}: {error.strerror}") from error


def load_report(path: Path) -> dict[str, Any]:
    """A report that `--out` wrote; raises BadInput where the file is none."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        rows = report["rows"]
        well = all(isinstance(row["id"], str) and row["scores"].keys() and list(row["slices"]) for row in rows)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} is no report", hint="recto eval retrieval SET --out REPORT.json writes one") from error
    if not well or not isinstance(report, dict):
        raise BadInput(f"{path} is no report", hint="recto eval retrieval SET --out REPORT.json writes one")
    return report


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they need, the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    lines = []
    for row in (header, *rows):
        cells = [
            f"{row[0]:<{widths[0]}}",
            *(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)),
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def retrieval_table(report: dict[str, Any]) -> str:
    """A line a slice, a column a metric, in hundredths."""
    slices: dict[str, dict[str, float]] = report["slices"]
    metrics = [name for name in next(iter(slices.values())) if name != "n"]
    rows = [[name, str(row["n"]), *(f"{100 * row[m]:.1f}" for m in metrics)] for name, row in slices.items()]
    return table(["slice", "n", *metrics], rows)


def _difference(found: Difference) -> str:
    mark = "+" if found.low > 0 else "-" if found.high < 0 else " "
    change, low, high = (round(100 * value, 1) + 0.0 for value in (found.change, found.low, found.high))
    return f"{change:+.1f} [{low:+.1f}, {high:+.1f}]{mark}"


def comparison_table(comparison: Comparison) -> str:
    """A line a slice, a column a metric: the difference in hundredths, its 95 % interval; + better, - worse.

    Below it what was won and lost, with the rank before and after.
    """
    metrics = list(next(iter(comparison.slices.values())))
    rows = [
        [name, str(next(iter(row.values())).n), *(_difference(row[m]) for m in metrics)]
        for name, row in comparison.slices.items()
    ]
    parts = [table(["slice", "n", *metrics], rows)]
    for word, moves in (("won", comparison.won), ("lost", comparison.lost)):
        parts.append(f"\n{word} by {comparison.metric}: {len(moves)}")
        parts.extend(_move(move) for move in moves)
    for word, ids in (("first", comparison.only_before), ("second", comparison.only_after)):
        if ids:
            parts.append(f"\nonly in the {word} report, left out: {len(ids)} ({', '.join(ids[:3])} …)")
    return "\n".join(parts)


def _move(move: Move) -> str:
    if move.before is None and move.after is None:
        places = f"{100 * move.gain:+.1f}"
    else:
        places = f"{move.before or 'none'} -> {move.after or 'none'}"
    return f"  {places:>12}  {move.id}  {shortened(move.question)}"


def shortened(text: str) -> str:
    """`text` on one line, cut after 110 characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"


def comparison_body(comparison: Comparison) -> dict[str, Any]:
    """The JSON of a comparison; figures are shares."""
    slices = {
        name: {metric: asdict(found) | {"change": found.change} for metric, found in row.items()}
        for name, row in comparison.slices.items()
    }
    return asdict(comparison) | {"slices": slices}


def refusals_table(report: dict[str, Any]) -> str:
    """A line a slice, a column a kind of question: the share refused in hundredths, and how many were asked."""
    slices: dict[str, dict[str, dict[str, float]]] = report["slices"]
    kinds = list(dict.fromkeys(kind for row in slices.values() for kind in row))

    def cell(found: dict[str, float] | None) -> str:
        return f"{100 * found['refused']:.1f} of {found['n']}" if found else "-"

    refused = table(
        ["refused", *kinds], [[name, *(cell(row.get(kind)) for kind in kinds)] for name, row in slices.items()]
    )
    return "\n\n".join([refused, *(presence_table(name, one) for name, one in report.get("presence", {}).items())])


def presence_table(name: str, figures: dict[str, Any]) -> str:
    """How well the probability of an answer tells the kinds apart, and how far it may be believed."""
    told = ", ".join(f"{kind} {value:.3f}" for kind, value in figures["auroc"].items())
    lines = [f"probability of an answer, {name}: AUROC against {told}"]
    if "calibration" in figures:
        bins = figures["calibration"]["bins"]
        rows = [
            [f"from {one['from']:.1f}", f"{one['mean']:.2f}", f"{one['answered']:.2f}", str(one["n"])] for one in bins
        ]
        lines += ["", table(["probability", "mean", "answered", "n"], rows)]
        lines.append(f"mean distance at even odds: {figures['calibration']['error']:.3f}")
    return "\n".join(lines)


def failures_table(report: dict[str, Any]) -> str:
    """A line a slice, a column a class; below it every missed question with the ranks of its best gold page."""
    slices: dict[str, dict[str, int]] = report["slices"]
    columns = list(next(iter(slices.values())))
    rows = [[name, *(str(row[column]) for column in columns)] for name, row in slices.items()]
    parts = [table(["slice", *columns], rows)]
    for miss in report["misses"]:
        ranks = ", ".join(f"{branch} {rank or 'none'}" for branch, rank in miss["branch_ranks"].items())
        gold = f"{miss['document']} {', '.join(map(str, miss['pages'] or ()))}".rstrip()
        parts.append(f"\n{miss['failure']}: {miss['id']}  {shortened(miss['question'])}")
        parts.append(f"    gold {gold}; rank {miss['rank'] or 'none'} ({ranks})")
    return "\n".join(parts)
