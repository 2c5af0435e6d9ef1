"""`recto docs reocr`: pages of a document read again from their pictures; all others stay as they are.

It does not know how a page is read; the choice is kept in the library, for later readings of the document too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from app.bodies import page_source_json
from app.cli import INGESTS, held, settings_of, write, write_json
from app.page_words import page_words, source_words
from app.service import asked_again
from app.settings import Settings
from app.wiring import build_pipeline, ingest_options, ocr_engine, open_library
from ingest.intake import Job, Outcome, ingest_lock
from ingest.ocr_engine import EngineSpec
from ingest.pipeline import Progress
from ingest.records import Page
from ingest.store import Library


def run(arguments: argparse.Namespace) -> int:
    """Returns 1 where a page could not be read; raises NotFound, BadSetup."""
    settings = settings_of(arguments)
    library = open_library(settings)
    engine = ocr_engine(settings, arguments.engine)
    document = asked_again(library, library.find(arguments.name), arguments.page, engine)
    _read(settings, library, document.id, engine)
    return _told(arguments, library, document.id)


def _read(settings: Settings, library: Library, document_id: str, engine: EngineSpec) -> None:
    """Reads the pages here, unless a server has done so by the time that it is our turn."""

    def report(event: Progress | Outcome) -> None:
        if isinstance(event, Progress) and event.stage == "pictures" and sys.stderr.isatty():
            write(f"page {event.done} of {event.total}", sys.stderr)

    with held(ingest_lock(library), INGESTS):
        document = library.document(document_id)
        if document.state.in_progress:
            with build_pipeline(settings, library, ingest_options(settings), report) as pipeline:
                pipeline.submit(Job(document)).result()


def _told(arguments: argparse.Namespace, library: Library, document_id: str) -> int:
    document = library.document(document_id)
    content = library.content(document.sha256)
    pages: Sequence[Page] = [page for page in content.pages if page.number in arguments.page]
    failed = {page.number: content.skipped[page.number] for page in pages if page.number in content.skipped}
    if arguments.json:
        body = {"document": document.name, "document_id": document.id, "state": str(document.state)}
        write_json(body | {"pages": [page_source_json(page) for page in pages], "failed": failed})
        return int(bool(failed))
    for page in pages:
        named = page_words("en", page.number, page.label)
        read = source_words("en", page.text_from, page.report.confidence)
        write(f"{named} of {document.name}: {failed.get(page.number) or read}")
    return int(bool(failed))
