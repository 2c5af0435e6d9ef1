"""`recto eval boxes`: the command line of what is measured of the page in a real browser.

It knows options and prints; how is measured stands in the modules named in each command.
"""

from __future__ import annotations

import argparse
from typing import Any

from app.cli import settings_of, write, write_json


def register_page(kinds: Any, common: argparse.ArgumentParser) -> None:
    """Adds the commands that measure the page."""
    boxes = kinds.add_parser("boxes", parents=[common], help="do the boxes on the page's picture lie on the words?")
    boxes.add_argument("set", metavar="SET", help="a folder with pdfs/ and questions.jsonl")
    boxes.add_argument("--no-ingest", action="store_true", help="refuse where documents are missing")
    boxes.add_argument("--citations", type=int, default=20, metavar="N", help="so many (default: 20)")
    boxes.add_argument(
        "--of-one", type=int, default=2, metavar="N", help="at most so many of one document (default: 2)"
    )
    boxes.set_defaults(run=_boxes)


def _boxes(arguments: argparse.Namespace) -> int:
    from eval.page_boxes import boxes_report, boxes_text, check_boxes
    from eval.run import open_bench

    bench, cache = open_bench(arguments), settings_of(arguments).cache
    report = boxes_report(list(check_boxes(bench, cache, arguments.citations, arguments.of_one)))
    if arguments.json:
        write_json(report)
    else:
        write(boxes_text(report))
    return 0
