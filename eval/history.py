"""`recto eval history`: reports of one set over time, as a table and as a plot.

It knows reports (rows with an id, slices and scores, higher is better), not what was measured.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.cli import write, write_json
from app.ui.plots import Line, line_plot
from eval.compare import OVERALL
from eval.report import load_report, table, write_file
from ingest.errors import BadInput

_STYLE = """
svg { font: 12px system-ui, sans-serif; background: #fff; }
text { fill: #5a6472; } .plot-grid { stroke: #e6e3dc; } .plot-line { stroke-width: 2; }
.n0 { stroke: #0b6b5d; } .n1 { stroke: #d97706; } .n2 { stroke: #a8322a; }
.n3 { stroke: #3b5bdb; } .n4 { stroke: #7c3aed; } .n5 { stroke: #5a6472; }
.plot-dot { fill: #fff; stroke-width: 2; } .plot-label { stroke: none; fill: #1d2530; }
"""


@dataclass(frozen=True, slots=True)
class Point:
    """A report: when it was measured (ISO 8601), by which version, the mean of each metric over the rows shared."""

    file: str
    measured: str
    version: str
    questions: int
    means: dict[str, float]


def register_history(kinds: Any) -> None:
    """Adds `recto eval history`."""
    history = kinds.add_parser("history", help="reports of one set over time")
    history.add_argument("reports", nargs="+", metavar="REPORT", help="files that --out wrote")
    history.add_argument("--metric", action="append", default=[], metavar="NAME", help="only this; repeatable")
    history.add_argument("--slice", default=OVERALL, metavar="NAME", help=f"only these questions (default: {OVERALL})")
    history.add_argument("--plot", metavar="FILE.svg", help="draw it into this file")
    history.add_argument("--json", action="store_true", help="print JSON")
    history.set_defaults(run=_history)


def _history(arguments: argparse.Namespace) -> int:
    points = history_of([Path(name) for name in arguments.reports], arguments.metric, arguments.slice)
    if arguments.plot:
        write_file(Path(arguments.plot), plot(points, arguments.slice))
    if arguments.json:
        rows = [
            {"file": one.file, "measured": one.measured, "version": one.version, "n": one.questions, **one.means}
            for one in points
        ]
        write_json({"slice": arguments.slice, "reports": rows})
    else:
        write(history_table(points))
    return 0


def history_of(files: Sequence[Path], metrics: Sequence[str], part: str) -> list[Point]:
    """The reports in the order in which they were measured, over the questions that all of them hold.

    Raises BadInput where they measure different things or share no question or metric.
    """
    reports = [load_report(file) for file in files]
    for field in ("kind", "scope"):
        if len({report.get(field) for report in reports}) > 1:
            raise BadInput(f"the reports differ in {field}")
    asked = [
        {(row["id"], row.get("question")): row for row in report["rows"] if part == OVERALL or part in row["slices"]}
        for report in reports
    ]
    shared = [key for key in asked[0] if all(key in rows for rows in asked)]
    if not shared:
        raise BadInput(f"the reports share no question of {part!r}")
    common = [
        name for name in asked[0][shared[0]]["scores"] if all(name in rows[shared[0]]["scores"] for rows in asked)
    ]
    unknown = [name for name in metrics if name not in common]
    if unknown or not common:
        raise BadInput(f"there is no metric {', '.join(unknown)}", hint=f"one of {', '.join(common)}")
    points = [
        Point(
            str(file),
            str(report.get("measured") or _modified(file)),
            str(report.get("version", "")),
            len(shared),
            {name: _mean([rows[key]["scores"] for key in shared], name) for name in metrics or common},
        )
        for file, report, rows in zip(files, reports, asked, strict=True)
    ]
    return sorted(points, key=lambda point: point.measured)


def _modified(file: Path) -> str:
    """When a report without a date was written."""
    return datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat(timespec="seconds")


def _mean(scores: Sequence[dict[str, Any]], name: str) -> float:
    try:
        return round(sum(float(one[name]) for one in scores) / len(scores), 6)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"a row of a report lacks a score: {error}") from error


def history_table(points: Sequence[Point]) -> str:
    """A line a report, a column a metric, in hundredths, with the change since the one before."""
    rows, before = [], points[0]
    for one in points:
        cells = [
            f"{100 * value:.1f}" + (f" ({100 * (value - before.means[name]):+.1f})" if one is not points[0] else "")
            for name, value in one.means.items()
        ]
        rows.append([one.measured[:16].replace("T", " "), one.version, str(one.questions), *cells, one.file])
        before = one
    return table(["measured", "version", "n", *points[0].means, "file"], rows)


def plot(points: Sequence[Point], part: str) -> str:
    """The same as an SVG file: a line a metric."""
    lines = [Line(name, tuple(one.means[name] for one in points)) for name in points[0].means]
    return line_plot(f"{part}, in hundredths", [one.measured[:10] for one in points], lines, _STYLE) + "\n"
