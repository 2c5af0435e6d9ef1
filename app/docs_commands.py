"""`recto docs list|show|remove`."""

from __future__ import annotations

import argparse

from app.auth import LOCAL
from app.bodies import document_json, document_shown_json
from app.cli import cleared_up, confirmed, settings_of, write, write_json
from app.wiring import build_tidy, open_library
from ingest.records import BlockKind, Document, State
from ingest.store import Library


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


def list_documents(arguments: argparse.Namespace) -> int:
    """`recto docs list`."""
    library = open_library(settings_of(arguments))
    documents = library.documents(collection=arguments.collection, owner=LOCAL.user)
    if arguments.json:
        write_json([document_json(document) for document in documents])
        return 0
    for document in documents:
        write(_line(document))
    if not documents:
        write("no documents yet: add some with recto ingest FILE.pdf")
    return 0


def _headings(library: Library, document: Document) -> list[dict[str, object]]:
    return [
        {"page": page.number, "level": block.level, "text": block.text}
        for page in library.pages(document.sha256)
        for block in page.blocks
        if block.kind is BlockKind.TITLE
    ]


def show_document(arguments: argparse.Namespace) -> int:
    """`recto docs show`: the document, its headings, the pages that were not read."""
    library = open_library(settings_of(arguments))
    document = library.find(arguments.name)
    headings = _headings(library, document)
    content = library.stub(document.sha256)
    shown = document_shown_json(document, content)
    if arguments.json:
        write_json({**shown, "headings": headings, "path": document.path})
        return 0
    write(_line(document))
    if document.path:
        write(f"from {document.path}, added {document.added}")
    write("askable" if document.askable else "not askable")
    if shown["share_read"] is not None:
        write(f"{shown['share_read']:.1%} of the characters that its text states were read")
    for number, reason in shown["skipped"].items():
        write(f"page {number} was not read: {reason}")
    for heading in headings:
        write(f"{heading['page']:>5}  {'  ' * (int(str(heading['level'])) - 1)}{heading['text']}")
    return 0


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
