"""`recto eval cost`: what reading costs by the number of pages, in processor time and memory.

It reads files as ingest does, without OCR, and does not look at what was read.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.cli import write, write_json
from ingest.errors import BadDocument, BadInput

_PAGES = "10,100,1000"


def register_cost(kinds: Any, common: argparse.ArgumentParser) -> None:
    """Adds `recto eval cost`."""
    parser = kinds.add_parser("cost", parents=[common], help="what reading costs by the number of pages")
    parser.add_argument("files", nargs="*", metavar="FILE", help="PDFs to measure too")
    parser.add_argument(
        "--pages", type=_counts, default=_PAGES, metavar="N,N", help=f"pages of the bundled sample (default: {_PAGES})"
    )
    parser.set_defaults(run=_run)


def _counts(text: str) -> list[int]:
    """ "10,100" as numbers from 1; raises ValueError, which argparse reports."""
    counts = [int(part) for part in text.split(",")]
    if min(counts) < 1:
        raise ValueError(text)
    return counts


def repeated(source: Path, pages: int, out: Path) -> Path:
    """A PDF of so many pages, those of `source` over and over. Only for a file that is trusted."""
    import pypdfium2

    with pypdfium2.PdfDocument(source) as document, pypdfium2.PdfDocument.new() as made:
        made.import_pages(document, [index % len(document) for index in range(pages)])
        made.save(out)
    return out


def page_cost(file: Path) -> dict[str, Any]:
    """What it costs to read a file; raises BadDocument.

    `cpu_ms`: milliseconds of processor time a page of all processes, the start of the child left out; `peak_bytes`:
    resident memory of the child and its copy together, what they share counted for each.
    """
    from eval.process_watch import Watch
    from eval.reading import parsed, start_seconds
    from ingest.parse import ParseOptions

    start = start_seconds()
    began = time.monotonic()
    with Watch(os.getpid()) as watch:
        content, seconds = parsed(file, "", ParseOptions(ocr="never"))
    if isinstance(content, BadDocument):
        raise content
    pages = len(content.pages) + len(content.skipped)
    return {
        "file": file.name,
        "pages": pages,
        "cpu_ms": 1000 * max(seconds - start, 0.0) / pages,
        "wall_s": time.monotonic() - began,
        "peak_bytes": watch.memory.together.get("parse", 0),
    }


def cost_table(rows: Iterable[dict[str, Any]]) -> str:
    """A line a file."""
    from eval.report import table

    lines = [
        [
            row["file"],
            f"{row['pages']:,}",
            f"{row['cpu_ms']:.1f}",
            f"{row['wall_s']:.1f}",
            f"{row['peak_bytes'] / 1e6:.0f}",
        ]
        for row in rows
    ]
    return table(["file", "pages", "CPU ms/page", "wall s", "MB"], lines)


def _run(arguments: argparse.Namespace) -> int:
    from app.wiring import SAMPLE

    rows: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        made = [repeated(SAMPLE, count, Path(folder) / f"sample x {count}.pdf") for count in arguments.pages]
        for file in [*made, *map(Path, arguments.files)]:
            try:
                rows.append(page_cost(file))
            except BadInput as error:
                failed[str(file)] = str(error)
    if arguments.json:
        write_json({"files": rows, "failed": failed})
    else:
        write("\n".join([cost_table(rows), *(f"{file} could not be read: {why}" for file, why in failed.items())]))
    return 1 if failed else 0
