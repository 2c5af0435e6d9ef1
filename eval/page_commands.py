"""`recto eval boxes` and `page`: the command line of what is measured of the page in a real browser.

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

    page = kinds.add_parser("page", parents=[common], help="how fast is the page, and what do open pages cost?")
    page.add_argument("--documents", type=int, default=2000, metavar="N", help="in the library (default: 2000)")
    page.add_argument("--pages", type=int, default=1000, metavar="N", help="of the longest (default: 1000)")
    page.add_argument("--open", type=int, default=20, metavar="N", help="conversations at once (default: 20)")
    page.set_defaults(run=_page)


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


def _page(arguments: argparse.Namespace) -> int:
    from eval.page_library import build_page_library
    from eval.page_speed import measure_page, page_text

    cache = settings_of(arguments).cache
    library = cache / "eval" / "page" / f"{arguments.documents}-{arguments.pages}"
    build_page_library(library, arguments.documents, arguments.pages)
    report = measure_page(library, cache, arguments.open)
    if arguments.json:
        write_json(report)
    else:
        write(page_text(report))
    return 0
