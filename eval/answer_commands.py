"""`recto eval verdicts`, `answers` and `quotes`: the command line of what is measured of answers.

It knows options and prints; how is measured stands in the modules named in each command.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
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

    answers = kinds.add_parser("answers", parents=[common], help="do the quotes shown hold the answers of people?")
    quotes = kinds.add_parser("quotes", parents=[common], help="do quotes and boxes hold against PDFium?")
    for parser in (answers, quotes):
        parser.add_argument("set", metavar="SET", help="a folder with pdfs/ and questions.jsonl")
        parser.add_argument("--no-ingest", action="store_true", help="refuse where documents are missing")
    answers.add_argument("--out", metavar="REPORT.json", help="write the report here, for eval compare")
    answers.set_defaults(run=_answers)
    quotes.add_argument("--questions", type=int, default=300, metavar="N", help="so many of the set (default: 300)")
    quotes.add_argument(
        "--missed", action="store_true", help="print the quotes that were not found or whose boxes differ"
    )
    quotes.set_defaults(run=_quotes)


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


def _answers(arguments: argparse.Namespace) -> int:
    from eval.asking import answers_table, measure_answers
    from eval.report import write_file
    from eval.run import open_bench

    report = measure_answers(open_bench(arguments))
    if arguments.out:
        write_file(Path(arguments.out), json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    if arguments.json:
        write_json(report)
    else:
        write(answers_table(report))
    return 0


def _quotes(arguments: argparse.Namespace) -> int:
    from eval.quotes import check_quotes, quotes_report, quotes_text
    from eval.run import open_bench

    report = quotes_report(list(check_quotes(open_bench(arguments), arguments.questions)))
    if arguments.json:
        write_json(report)
        return 0
    write(quotes_text(report))
    for one in report["missed"] if arguments.missed else []:
        write(f"\n{one['document']}, page {one['page']}: {one['state']}, IoU {one['iou']:.2f}\n  {one['quote']}")
    return 0
