"""What an ingest costs, stage by stage.

The figures are those of one `recto ingest` as a user runs it: stages overlap, and each kind of work but two has
processes of its own, whose processor time tells the stages apart. The two that share the command's own process,
chunking and the commit of the words, are run once more alone, on the pages that the ingest left in the library.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.auth import LOCAL
from app.settings import Settings
from app.wiring import ingest_options
from eval.metering import Cost, recto_kind, run_metered
from eval.query_speed import recto_command
from ingest.chunking import chunk_pages
from ingest.errors import BadSetup
from ingest.store import Library

STAGES = {
    "parse": "parse, from the text layer (child processes)",
    "ocr": "OCR, with drawing the pages (child processes)",
    "embed": "embed (worker processes)",
    "export": "export of the embedding model (once for a cache)",
    "main": "the command itself: start, hashing, chunk, commit, coordination",
}


def measure_ingest(pdfs: Sequence[Path], library: Path, settings: Settings) -> dict[str, Any]:
    """Ingests the files into an empty library with the `recto ingest` command; seconds, bytes, pages."""
    command = recto_command("ingest", *map(str, pdfs), "--library", str(library), "--json")
    cost = run_metered(command, recto_kind, may_fail=True)
    *outcomes, last = [json.loads(line) for line in cost.stdout.splitlines()]
    summary = last["summary"]
    if not summary["pages"]:
        raise BadSetup("the ingest read no page", hint="see what recto ingest says about the same files")
    opened = Library(library)
    try:
        ocr_pages = _ocr_pages(opened)
        alone = stages_alone(opened, library.parent / "again", settings)
    finally:
        opened.close()
    failed = [outcome["document"] for outcome in outcomes if not outcome["state"].startswith("indexed")]
    return ingest_figures(cost, summary, ocr_pages) | {"failed": failed, "alone": alone}


def ingest_figures(cost: Cost, summary: dict[str, Any], ocr_pages: int) -> dict[str, Any]:
    """From what the command cost and its summary to figures by stage.

    `cpu_s`: processor seconds of the stage's processes; `busy_s`: wall seconds in which one of them was at work;
    `pages` is what the rates of the stage count.
    """
    pages = int(summary["pages"])
    cpu = cost.by_kind("parse")
    stages = {
        kind: {
            "cpu_s": round(cpu.get(kind, 0.0), 2),
            "busy_s": round(cost.account.busy_s.get(kind, 0.0), 2),
            "pages": ocr_pages if kind == "ocr" else pages,
        }
        for kind in STAGES
        if kind != "ocr" or ocr_pages
        if kind != "export" or kind in cpu
    }
    return {
        "pages": pages,
        "chunks": summary["chunks"],
        "states": summary["states"],
        "wall_s": round(cost.wall_s, 2),
        "cpu_s": round(cost.cpu_s, 2),
        "others": round(cost.others, 3),
        "ocr_pages": ocr_pages,
        "stages": stages,
        "document_seconds": summary["stage_seconds"],
        "peak_bytes": cost.account.peak_bytes,
        "peak_by_kind": cost.account.peak_by_kind,
    }


def _ocr_pages(library: Library) -> int:
    hashes = {document.sha256 for document in library.documents(owner=LOCAL.user)}
    return sum(page.text_from == "ocr" for sha256 in hashes for page in library.pages(sha256))


def stages_alone(library: Library, folder: Path, settings: Settings) -> dict[str, dict[str, float]]:
    """Chunking and the commit of the words for every document of a library, one after the other in this process.

    The commits go to a new library in `folder`. Seconds, as `wall_s` and `cpu_s`.
    """
    options = ingest_options(settings)
    spent = {name: {"wall_s": 0.0, "cpu_s": 0.0} for name in ("chunk", "commit")}

    def add(name: str, wall: float, cpu: float) -> None:
        spent[name]["wall_s"] += time.perf_counter() - wall
        spent[name]["cpu_s"] += time.process_time() - cpu

    again = Library(folder)
    try:
        for document in library.documents(owner=LOCAL.user):
            if not document.askable:
                continue
            content = library.content(document.sha256)
            wall, cpu = time.perf_counter(), time.process_time()
            chunks = chunk_pages(document.sha256, content.pages, options.chunk)
            add("chunk", wall, cpu)
            added = again.add_document(document.name, document.collection, LOCAL.user, document.sha256)
            wall, cpu = time.perf_counter(), time.process_time()
            again.commit_words(added.id, content, chunks, options.keys())
            add("commit", wall, cpu)
    finally:
        again.close()
    return {name: {unit: round(value, 3) for unit, value in row.items()} for name, row in spent.items()}


def disk(library: Path) -> dict[str, int]:
    """Bytes of a library by what they are: the database (words, boxes, vectors), word indexes, original files."""
    sizes = {"database": 0, "word indexes": 0, "originals": 0}
    for folder, _, names in os.walk(library):
        top = "".join(Path(folder).relative_to(library).parts[:1])
        kind = {"indexes": "word indexes", "originals": "originals"}.get(top, "database")
        sizes[kind] += sum((Path(folder) / name).stat().st_size for name in names)
    return sizes
