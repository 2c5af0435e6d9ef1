"""`recto docs list|show|set|cancel|remove`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from app.auth import LOCAL
from app.bodies import PageGradeJson, document_json, document_shown_json, page_grade_json, page_source_json
from app.cli import cleared_up, confirmed, settings_of, write, write_json
from app.page_json import report_json
from app.page_words import page_words
from app.wiring import build_tidy, open_library
from ingest.described import FIELDS
from ingest.pipeline import page_ranges
from ingest.records import BlockKind, Document, Page, State
from ingest.store import Library

_SOURCES = {
    "pdf": "from the text layer",
    "ocr": "from their pictures (ocr)",
    "mixed": "from the text layer and pictures (mixed)",
}


def _line(document: Document) -> str:
    reason = f"  {document.reason}" if document.reason else ""
    where = f"{document.collection}  {document.name}"
    return f"{document.id}  {_stand(document):<15} {_pages(document):>5} pages  {where}{reason}"


def _stand(document: Document) -> str:
    """The state; with whether it can be asked all the same, where that does not follow."""
    answers = document.state in (State.WORDS_READY, State.EMBEDDING, State.INDEXED, State.INDEXED_PARTIAL)
    return f"{document.state} (askable)" if document.askable and not answers else str(document.state)


def _pages(document: Document) -> str:
    """Pages; of those in progress, how many are done."""
    reading = document.state.in_progress and document.pages_done < document.pages
    return f"{document.pages_done}/{document.pages}" if reading else str(document.pages)


def _described(document: Document) -> str:
    known = [str(value) for value in (document.year, document.company, document.kind) if value]
    return f"what it is: {', '.join(known) or 'not known'}"


def set_document(arguments: argparse.Namespace) -> int:
    """`recto docs set`: a year of 0, or an empty text, lets what was read of the document stand."""
    library = open_library(settings_of(arguments))
    document = library.find(arguments.name)
    given = {field: getattr(arguments, field) for field in (*FIELDS, "collection")}
    library.described.set(document.id, {field: value or None for field, value in given.items() if value is not None})
    document = library.document(document.id)
    if arguments.json:
        write_json(document_json(document))
    else:
        write(f"{document.name}: {_described(document)}")
    return 0


def list_documents(arguments: argparse.Namespace) -> int:
    """`recto docs list`."""
    library = open_library(settings_of(arguments))
    library.described.catch_up()
    documents = library.documents(collection=arguments.collection, owner=LOCAL.user)
    if arguments.json:
        write_json([document_json(document) for document in documents])
        return 0
    for document in documents:
        write(_line(document))
    if not documents:
        write("no documents yet: add some with recto ingest FILE.pdf")
    return 0


def _read_through(library: Library, document: Document) -> tuple[list[dict[str, object]], dict[str, list[int]]]:
    """The headings; and the pages by what they were read from: pdf, ocr, mixed."""
    headings: list[dict[str, object]] = []
    sources: dict[str, list[int]] = {}
    for page in library.pages(document.sha256):
        sources.setdefault(page.text_from, []).append(page.number)
        titles = (block for block in page.blocks if block.kind is BlockKind.TITLE)
        headings += [{"page": page.number, "level": block.level, "text": block.text} for block in titles]
    return headings, sources


def _page_name(page: PageGradeJson) -> str:
    return page_words("en", page["page"], page["label"])


def _counts(grades: dict[str, int]) -> str:
    return ", ".join(f"{count} {grade}" for grade, count in grades.items() if count) or "none"


def _reported(arguments: argparse.Namespace, library: Library, document: Document) -> Iterator[Page]:
    """All pages where `--pages` asks for them."""
    return library.pages(document.sha256) if arguments.pages else iter(())


def _figures(page: Page) -> str:
    """What is known of how a page was read, and what was done about it."""
    report = page.report
    parts = [page.text_from, page_grade_json(page)["grade"]]
    if page.text_from != "pdf":
        parts.append(f"{report.ocr_lines} lines recognised with a confidence of {report.confidence:.0%}")
    if page.text_from != "ocr":
        parts.append(f"{report.characters} of {report.characters_seen} characters")
    counts = ((report.columns, "column"), (report.tables, "table"))
    parts += [f"{count} {what}{'s' * (count > 1)}" for count, what in counts if count]
    return "; ".join([", ".join(parts), *report.notes])


def show_document(arguments: argparse.Namespace) -> int:
    """`recto docs show`: the document, its headings, the pages that were not read, or not well."""
    library = open_library(settings_of(arguments))
    library.described.catch_up()
    document = library.find(arguments.name)
    headings, sources = _read_through(library, document)
    content = library.stub(document.sha256)
    shown = document_shown_json(
        document, content, library.summaries(document.sha256), lambda number: library.page(document.sha256, number)
    )
    if arguments.json:
        body = {**shown, "headings": headings, "path": document.path, "text_from": sources}
        pages = _reported(arguments, library, document)
        reports = [{**page_source_json(page), "report": report_json(page)} for page in pages]
        write_json(body | ({"page_reports": reports} if arguments.pages else {}))
        return 0
    write(_line(document))
    if document.path:
        write(f"from {document.path}, added {document.added}")
    write("askable" if document.askable else "not askable")
    write(_described(document))
    if shown["share_read"] is not None:
        write(f"{shown['share_read']:.1%} of the characters that its text states were read")
    for number, reason in shown["skipped"].items():
        write(f"page {number} was not read: {reason}")
    if document.askable:
        write("pages by how well they were read: " + _counts(shown["grades"]))
    for source, numbers in sources.items():
        write(f"{_SOURCES[source]}: pages {page_ranges(numbers)}")
    for one in shown["doubtful"]:
        write(f"{_page_name(one)} is {one['grade']}: {'; '.join(one['reasons'])}")
    for page in _reported(arguments, library, document):
        write(f"{_page_name(page_grade_json(page))}: {_figures(page)}")
    for heading in headings:
        write(f"{heading['page']:>5}  {'  ' * (int(str(heading['level'])) - 1)}{heading['text']}")
    return 0


def cancel_documents(arguments: argparse.Namespace) -> int:
    """`recto docs cancel`: whoever reads them stops within seconds; returns 1 where one is at an end already.

    What was read of a document can be asked; `recto ingest` with the same file takes it up again.
    """
    library = open_library(settings_of(arguments))
    documents = [library.find(name) for name in dict.fromkeys(arguments.names)]
    stopped = [library.cancel(document.id) for document in documents]
    documents = [library.document(document.id) for document in documents]
    if arguments.json:
        write_json([document_json(document) for document in documents])
    else:
        for document, done in zip(documents, stopped, strict=True):
            write(f"cancelled {document.name}" if done else f"{document.name} is not being read: {document.state}")
    return 0 if all(stopped) else 1


def remove_documents(arguments: argparse.Namespace) -> int:
    """`recto docs remove`: all of the named, or none where a name is wrong.

    Gone from every answer at once; it then waits until no file of the library holds their words, unless told not to;
    returns 1 where some still do.
    """
    library = open_library(settings_of(arguments))
    documents = [library.find(name) for name in dict.fromkeys(arguments.names)]
    names = ", ".join(document.name for document in documents)
    if not confirmed(arguments, f"remove {names}", "docs remove"):
        return 0
    for document in documents:
        library.forget(document.id)
    cleared = arguments.no_wait or cleared_up(build_tidy(library))
    if arguments.json:
        write_json([document_json(document) | {"state": "removed"} for document in documents])
    else:
        for document in documents:
            write(f"removed {document.name}")
    return 0 if cleared else 1
