"""Runs a question set through a library and scores the ranked pages."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from app.auth import LOCAL
from app.cli import main, settings_of, write
from app.settings import Settings
from app.wiring import build_searcher, open_library
from eval.datasets import Question, QuestionSet, load_set
from eval.metrics import hit_at, ndcg, reciprocal_rank
from ingest.errors import BadInput
from ingest.records import Document
from ingest.store import Library
from retrieval.hits import Hit
from retrieval.search import Searcher

CUTOFFS = (1, 3, 5, 10)
_DEPTH = 10  # distinct pages of a run
_HITS = 60  # passages asked for, so that ten distinct pages are among them

Pages = list[tuple[str, int]]
Row = dict[str, float]


def distinct_pages(hits: Iterable[Hit]) -> Pages:
    """(document name, page) of the hits, each once, in their order; up to ten."""
    pages = dict.fromkeys((hit.document.name, page) for hit in hits for page in hit.chunk.pages)
    return list(pages)[:_DEPTH]


def distinct_documents(hits: Iterable[Hit]) -> Pages:
    """As `distinct_pages`, but the best page of each document only: the ranking where the gold is a document."""
    best: dict[str, int] = {}
    for hit in hits:
        best.setdefault(hit.document.name, hit.chunk.page)
    return list(best.items())[:_DEPTH]


def score(question: Question, pages: Pages) -> Row:
    """The metrics of one question: by page, or by document where the gold has no pages."""
    if question.pages:
        gold: set[object] = {(question.document, page) for page in question.pages}
        ranked: list[object] = list(dict.fromkeys(pages))
    else:
        gold = {question.document}
        ranked = list(dict.fromkeys(document for document, _ in pages))
    found = [item in gold for item in ranked[:_DEPTH]]
    row = {f"hit@{k}": hit_at(found, k) for k in CUTOFFS}
    return row | {"mrr@10": reciprocal_rank(found, _DEPTH), "ndcg@10": ndcg(found, len(gold), _DEPTH)}


def summarise(questions: Sequence[Question], rows: Sequence[Row]) -> dict[str, Row]:
    """The mean of each metric over each slice, and `n`."""
    slices: dict[str, list[Row]] = {}
    for question, row in zip(questions, rows, strict=True):
        for name in question.slices:
            slices.setdefault(name, []).append(row)
    return {
        name: {metric: round(sum(row[metric] for row in inside) / len(inside), 4) for metric in inside[0]}
        | {"n": len(inside)}
        for name, inside in sorted(slices.items())
    }


def _scope(question: Question, scope: str, documents: dict[str, Document]) -> list[Document]:
    if scope == "corpus":
        return list(documents.values())
    return [documents[name] for name in question.candidates or (question.document,)]


def rank(searcher: Searcher, question: Question, documents: Sequence[Document]) -> Pages:
    """The ranked pages of one question."""
    hits = searcher.search(question.text, documents, _HITS)
    return distinct_pages(hits) if question.pages else distinct_documents(hits)


def _documents(library: Library, questions: QuestionSet) -> dict[str, Document]:
    """The set's documents in the library by name; raises BadInput that names the missing."""
    present = {document.name: document for document in library.documents(owner=LOCAL.user) if document.state.askable}
    needed = {name for question in questions.questions for name in (question.document, *question.candidates)}
    missing = sorted(needed - present.keys())
    if missing:
        raise BadInput(f"{len(missing)} of the set's documents are not in the library: {', '.join(missing[:3])} …")
    return {file.name: present[file.name] for file in sorted(questions.pdfs.glob("*.pdf")) if file.name in present}


def _ingest(settings: Settings, questions: QuestionSet) -> None:
    command = ["ingest", str(questions.pdfs), "--library", str(settings.library)]
    write(f"recto: ingesting {questions.pdfs} where it is missing", sys.stderr)
    stdout, sys.stdout = sys.stdout, sys.stderr
    try:
        main(command)
    finally:
        sys.stdout = stdout


def measure_retrieval(arguments: argparse.Namespace) -> dict[str, object]:
    """Ingests what is missing, asks every question, scores; raises BadInput."""
    questions = load_set(Path(arguments.set))
    settings = settings_of(arguments)
    if arguments.library is None:
        settings = settings.model_copy(update={"library": settings.cache / "eval" / questions.key()})
    if not arguments.no_ingest:
        _ingest(settings, questions)
    library = open_library(settings)
    documents = _documents(library, questions)
    searcher = build_searcher(settings, library)
    runs = [rank(searcher, question, _scope(question, arguments.scope, documents)) for question in questions.questions]
    if arguments.run_file:
        lines = [
            json.dumps({"id": question.id, "pages": pages}, ensure_ascii=False)
            for question, pages in zip(questions.questions, runs, strict=True)
        ]
        Path(arguments.run_file).write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = [score(question, pages) for question, pages in zip(questions.questions, runs, strict=True)]
    return {"set": str(questions.folder), "scope": arguments.scope, "slices": summarise(questions.questions, rows)}
