"""`recto eval`: measures retrieval on a question set."""

from __future__ import annotations

import argparse
from typing import Any

from app.cli import write, write_json


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Adds `eval` to the command line; called through the entry point `recto.commands`."""
    parser = commands.add_parser("eval", help="measure Recto on a question set")
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    retrieval = kinds.add_parser("retrieval", parents=[common], help="does the right page come first?")
    retrieval.add_argument("set", metavar="SET", help="a folder with pdfs/ and questions.jsonl")
    retrieval.add_argument("--scope", choices=("document", "corpus"), default="document")
    retrieval.add_argument("--run", dest="run_file", metavar="OUT.jsonl", help="write the ranked pages here")
    retrieval.add_argument("--no-ingest", action="store_true", help="refuse where documents are missing")
    retrieval.set_defaults(run=_retrieval)


def _retrieval(arguments: argparse.Namespace) -> int:
    from eval.report import retrieval_table
    from eval.run import measure_retrieval

    report = measure_retrieval(arguments)
    if arguments.json:
        write_json(report)
    else:
        write(retrieval_table(report))
    return 0
