"""`recto eval verdicts`: the command line of what is measured of answers.

It knows options and prints; how is measured stands in the modules named in each command.
"""

from __future__ import annotations

import argparse
from typing import Any

from app.cli import write, write_json


def register_answers(kinds: Any, common: argparse.ArgumentParser) -> None:
    """Adds the commands that measure answers."""
    verdicts = kinds.add_parser("verdicts", parents=[common], help="are changed facts noticed, true ones let through?")
    verdicts.add_argument("set", metavar="SET", nargs="?", help="edits by rule of this set's sentences too")
    verdicts.add_argument("--no-ingest", action="store_true", help="refuse where documents are missing")
    verdicts.add_argument("--seed", type=int, default=0, metavar="N", help="draws sentences and edits (default: 0)")
    verdicts.add_argument("--missed", action="store_true", help="print what was judged wrong")
    verdicts.set_defaults(run=_verdicts)


def _verdicts(arguments: argparse.Namespace) -> int:
    from eval.run import open_bench
    from eval.verdicts import judge_by_hand, judge_by_rule, verdicts_report, verdicts_table

    judged = judge_by_hand()
    if arguments.set:
        judged += judge_by_rule(open_bench(arguments), arguments.seed)
    report = verdicts_report(judged)
    if arguments.json:
        write_json(report)
        return 0
    write(verdicts_table(report))
    for row in report["rows"] if arguments.missed else []:
        if not row["right"]:
            write(f"\n{row['change']}, {row['language']}: {row['verdict']}\n  {row['source']}\n  {row['edited']}")
    return 0
