"""`recto docs questions`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING

from app.bodies import document_json
from app.cli import settings_of, write, write_json
from app.page_words import page_words
from app.wiring import build_doc_questions, open_library
from ingest.records import Document
from ingest.store import Library

if TYPE_CHECKING:
    from app.doc_questions import Asked, DocQuestions
    from prompts.doc2query import Calls


def run(arguments: argparse.Namespace) -> int:
    """Writes questions for documents; returns 1 where some passages have none because the model did not answer."""
    settings = settings_of(arguments)
    library = open_library(settings)
    documents = [library.find(name) for name in dict.fromkeys(arguments.names)]
    if arguments.show:
        return _show(arguments, library, documents)
    if arguments.remove:
        return _remove(arguments, library, documents)
    writer = build_doc_questions(settings, library, arguments.per_chunk)
    try:
        plan = writer.plan(documents)
        if not arguments.json:
            _write_plan(plan)
        asked = [] if arguments.plan else [_written(writer, document, arguments) for document in documents]
    finally:
        writer.close()
    if arguments.json:
        shown: dict[str, object] = {"plan": _plan_json(plan)}
        write_json(shown | ({} if arguments.plan else {"documents": [_asked_json(one) for one in asked]}))
    return 1 if any(one.failed for one in asked) else 0


def _written(writer: DocQuestions, document: Document, arguments: argparse.Namespace) -> Asked:
    shows = sys.stderr.isatty()
    asked = writer.write(document, _Told(document.name) if shows else lambda: None)
    if shows:
        write("", sys.stderr)
    if not arguments.json:
        _write_asked(asked)
    return asked


class _Told:
    """Says how many calls are done, on one line of the terminal."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._done = count(1)

    def __call__(self) -> None:
        sys.stderr.write(f"\r{self._name}: {next(self._done)} passages asked")
        sys.stderr.flush()


def _remove(arguments: argparse.Namespace, library: Library, documents: Sequence[Document]) -> int:
    for document in documents:
        library.questions.remove(document.id)
    if arguments.json:
        write_json([document_json(document) | {"questions": 0} for document in documents])
    else:
        for document in documents:
            write(f"{document.name} is found by its own words alone")
    return 0


def _show(arguments: argparse.Namespace, library: Library, documents: Sequence[Document]) -> int:
    found = [(document, [one for one in library.chunks_of(document) if one.questions]) for document in documents]
    if arguments.json:
        write_json(
            [
                {
                    "document": document.name,
                    "document_id": document.id,
                    "chunks": [
                        {"chunk": one.ordinal, "page": one.page, "questions": list(one.questions)} for one in chunks
                    ],
                }
                for document, chunks in found
            ]
        )
        return 0
    for document, chunks in found:
        write(f"{document.name}: {sum(len(one.questions) for one in chunks)} questions")
        for one in chunks:
            for question in one.questions:
                write(f"  {page_words('en', one.page, '')}: {question}")
    return 0


def _write_plan(plan: Calls) -> None:
    cost = f"at most {plan.calls} model calls, {plan.input_tokens} tokens in, {plan.output_tokens} out"
    made = f"; {plan.made} passages have theirs already" if plan.made else ""
    write(f"plan: {cost}{made}", sys.stderr)


def _write_asked(one: Asked) -> None:
    spent = f"{one.ledger.calls} calls, {one.ledger.input_tokens} tokens in, {one.ledger.output_tokens} out"
    missing = f"; {one.failed} passages were not answered: the same command asks them again" if one.failed else ""
    write(f"{one.document.name}: {one.questions} questions for {one.passages} passages ({spent}){missing}")
    for note in one.notes:
        write(f"note: {note}", sys.stderr)


def _plan_json(plan: Calls) -> dict[str, int]:
    return {
        "calls": plan.calls,
        "made": plan.made,
        "input_tokens": plan.input_tokens,
        "output_tokens": plan.output_tokens,
    }


def _asked_json(one: Asked) -> dict[str, object]:
    return {
        "document": one.document.name,
        "document_id": one.document.id,
        "passages": one.passages,
        "questions": one.questions,
        "failed": one.failed,
        "calls": one.ledger.calls,
        "input_tokens": one.ledger.input_tokens,
        "output_tokens": one.ledger.output_tokens,
        "notes": list(one.notes),
    }
