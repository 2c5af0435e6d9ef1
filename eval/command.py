"""`recto eval`: measures Recto on a question set, compares measurements, and says why questions are missed.

It knows options; what they mean is done by the modules beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import write, write_json
from eval.answer_commands import register_answers
from eval.benchmarks import register_bench
from eval.from_feedback import register_make
from eval.history import register_history
from eval.library_speed import register_library
from eval.ocr_trials import register_trials
from eval.page_commands import register_page
from eval.page_cost import register_cost
from eval.parsing import register_parsing
from eval.ranker_commands import register_ranker
from eval.scale import register_scale
from eval.search_latency import register_latency
from eval.speed import register_speed
from ingest.errors import BadInput

if TYPE_CHECKING:
    from eval.compare import Comparison

_GATE = """The gate: with --baseline, each metric's mean over all questions is compared with the baseline's, question by
question. The command exits 1 when the whole 95 % interval of new - old lies below 0 (paired bootstrap, 10,000 draws,
seeded); with --max-drop X also when a mean fell by more than X, whether or not so small a set can prove it. Equal
scores always pass. --metric restricts it to one metric."""


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Adds `eval` to the command line; called through the entry point `recto.commands`."""
    parser = commands.add_parser("eval", help="measure Recto on a question set")
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    retrieval = kinds.add_parser("retrieval", parents=[common], help="does the right page come first?", epilog=_GATE)
    _add_set(retrieval)
    _add_scope(retrieval)
    retrieval.add_argument("--run", dest="run_file", metavar="OUT.jsonl", help="write the ranked pages here")
    retrieval.add_argument("--out", metavar="REPORT.json", help="write the report here, for eval compare")
    retrieval.add_argument("--baseline", metavar="REPORT.json", help="exit 1 where it was better; see below")
    retrieval.add_argument("--max-drop", type=_share, metavar="X", help="with --baseline: 0.02 is two points")
    retrieval.add_argument("--metric", metavar="NAME", help="with --baseline: judge this metric only")
    retrieval.set_defaults(run=_retrieval)

    compare = kinds.add_parser("compare", help="what changed between two reports, with 95 %% intervals")
    compare.add_argument("before", metavar="A", help="a report that --out wrote")
    compare.add_argument("after", metavar="B", help="another, of the same set")
    compare.add_argument("--metric", metavar="NAME", help="compare this metric only")
    compare.add_argument("--json", action="store_true", help="print JSON")
    compare.set_defaults(run=_compare)

    negatives = kinds.add_parser(
        "negatives", parents=[common], help="are questions refused that the documents do not answer?"
    )
    _add_set(negatives)
    negatives.add_argument("--seed", type=int, default=0, metavar="N", help="draws the random documents (default: 0)")
    negatives.add_argument("--out", metavar="REPORT.json", help="write the report here, for eval compare")
    negatives.set_defaults(run=_negatives)

    failures = kinds.add_parser("failures", parents=[common], help="why is the right page not among the first five?")
    _add_set(failures)
    _add_scope(failures)
    failures.set_defaults(run=_failures)

    register_history(kinds)
    register_make(kinds, common)
    register_answers(kinds, common)
    register_ranker(kinds, common)
    register_latency(kinds, common)
    register_scale(kinds, common)
    register_page(kinds, common)
    register_parsing(kinds, common)
    register_trials(kinds, common)
    register_cost(kinds, common)
    register_speed(kinds, common)
    register_library(kinds, common)
    register_bench(kinds, common)


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("set", metavar="SET", help="a folder with pdfs/ and questions.jsonl")
    parser.add_argument("--no-ingest", action="store_true", help="refuse where documents are missing")


def _add_scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scope", choices=("document", "corpus"), default="document")


def _share(text: str) -> float:
    """A share from 0 to 1; raises ValueError, which argparse reports."""
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


def _show(arguments: argparse.Namespace, body: dict[str, Any], text: str) -> None:
    if arguments.json:
        write_json(body)
    else:
        write(text)


def _retrieval(arguments: argparse.Namespace) -> int:
    from eval.report import load_report, retrieval_table, write_file
    from eval.run import measure, open_bench, run_lines

    if arguments.baseline is None and (arguments.max_drop is not None or arguments.metric is not None):
        raise BadInput("--max-drop and --metric need --baseline")
    baseline = load_report(Path(arguments.baseline)) if arguments.baseline else None
    bench = open_bench(arguments)
    measured, runs = measure(bench, arguments.scope)
    report = _dated(measured)
    if arguments.run_file:
        write_file(Path(arguments.run_file), run_lines(bench.questions.questions, runs))
    _keep(arguments, report)
    reasons = _judge(arguments, baseline, report) if baseline is not None else []
    _show(arguments, report | ({"worse": reasons} if baseline is not None else {}), retrieval_table(report))
    for reason in reasons:
        write(f"recto: worse than {arguments.baseline}: {reason}", sys.stderr)
    return 1 if reasons else 0


def _dated(report: dict[str, Any]) -> dict[str, Any]:
    return {"measured": datetime.now(UTC).isoformat(timespec="seconds"), **report}


def _keep(arguments: argparse.Namespace, report: dict[str, Any]) -> None:
    """Writes the report where `--out` asks for it."""
    from eval.report import write_file

    if arguments.out:
        write_file(Path(arguments.out), json.dumps(report, ensure_ascii=False, indent=1) + "\n")


def _judge(arguments: argparse.Namespace, baseline: dict[str, Any], report: dict[str, Any]) -> list[str]:
    from eval.compare import compare, worse

    return worse(compare(baseline, report, arguments.metric), arguments.max_drop)


def _compare(arguments: argparse.Namespace) -> int:
    from eval.compare import compare
    from eval.report import comparison_body, comparison_table, load_report

    before, after = (load_report(Path(name)) for name in (arguments.before, arguments.after))
    comparison: Comparison = compare(before, after, arguments.metric)
    _show(arguments, comparison_body(comparison), comparison_table(comparison))
    return 0


def _negatives(arguments: argparse.Namespace) -> int:
    from eval.negatives import all_asked, measure_refusals
    from eval.report import refusals_table
    from eval.run import open_bench
    from eval.train_presence import measure_presence

    bench = open_bench(arguments)
    asked = all_asked(bench, arguments.seed)
    measured = measure_refusals(bench, asked)
    report = _dated(measured | {"seed": arguments.seed, "presence": measure_presence(bench, asked)})
    _keep(arguments, report)
    _show(arguments, report, refusals_table(report))
    return 0


def _failures(arguments: argparse.Namespace) -> int:
    from eval.failures import failures_report
    from eval.report import failures_table
    from eval.run import open_bench

    report = failures_report(open_bench(arguments), arguments.scope)
    _show(arguments, report, failures_table(report))
    return 0
