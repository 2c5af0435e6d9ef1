"""Runs a question set through a library and scores the ranked pages.

What the branches recall is kept in the cache, so that a second run after a change in ranking alone takes seconds.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import ingest.embed
import retrieval
from app.auth import LOCAL
from app.cli import main, settings_of, write
from app.settings import Settings
from app.wiring import build_searcher, open_library
from eval.datasets import Question, QuestionSet, load_set
from eval.metrics import hit_at, ndcg, reciprocal_rank
from ingest.errors import BadInput, StorageFull
from ingest.records import Document
from ingest.store import Library
from retrieval.candidates import Recalled, without_pages
from retrieval.features import Floats, PageKey
from retrieval.hits import Candidate, Hit
from retrieval.presence import load_presence
from retrieval.ranker import Ranker
from retrieval.ranking import Weighed
from retrieval.search import Searcher

CUTOFFS = (1, 3, 5, 10)
HITS = 60
"""Passages asked for, so that ten distinct pages are among them."""

_DEPTH = 10  # distinct pages of a run
_KEPT = 20  # files of candidates in the cache
_RANKING = frozenset(
    {"explain.py", "features.py", "fusion.py", "named_pages.py", "presence.py", "ranker.py", "ranking.py", "search.py"}
)  # code behind the candidates; `Searcher.recall` counts all the same

Pages = list[tuple[str, int]]
Row = dict[str, float]


class RecallCache:
    """Candidates by question and scope, in one JSONL file for each state of library, embedder and recall code.

    The file holds ids and scores, no text. Lines that cannot be read are recalled anew.
    """

    def __init__(self, folder: Path, library: Library, searcher: Searcher) -> None:
        """Raises StorageFull where the folder cannot be written."""
        self._searcher = searcher
        self._key = searcher.recall_key()
        made = [f"{document.id} {library.keys(document.sha256)}" for document in library.documents()]
        name = _digest(str(library.folder.resolve()), self._key, _recall_code(), *made)
        self._path = folder / f"{name}.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files = sorted(folder.glob("*.jsonl"), key=lambda file: file.stat().st_mtime)
            for file in files[: -_KEPT + 1]:
                file.unlink(missing_ok=True)
        except OSError as error:
            raise StorageFull(f"cannot write the cache {folder}: {error.strerror}") from error
        self._known = dict(_read_candidates(self._path))

    def recall(self, question: str, documents: Sequence[Document]) -> Recalled:
        """As `Searcher.recall`."""
        askable = [document.id for document in documents if document.askable]
        key = _digest(question, *sorted(askable))
        if key not in self._known:
            recalled = self._searcher.recall(question, documents)
            if self._searcher.recall_key() != self._key:  # the library changed meanwhile
                return recalled
            self._known[key] = recalled
            self._append(key, recalled)
        return self._known[key]

    def _append(self, key: str, recalled: Recalled) -> None:
        branches = {
            branch: [(one.document_id, one.page, one.ordinal, one.score) for one in found]
            for branch, found in recalled.items()
        }
        line = json.dumps({"key": key, "branches": branches}) + "\n"
        with self._path.open("ab", buffering=0) as file:  # a line a write, so that two runs at once do not mix
            file.write(line.encode())


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def _recall_code() -> str:
    """A hash of the code that finds candidates: all of retrieval but the ranking, and the embedders."""
    folder = Path(retrieval.__file__).parent
    code = [path for path in folder.rglob("*.py") if path.name not in _RANKING]
    files = [*sorted((*code, *folder.glob("lexicons/*.toml"))), Path(ingest.embed.__file__)]
    return _digest(inspect.getsource(Searcher.recall), *(path.read_text(encoding="utf-8") for path in files))


def _read_candidates(path: Path) -> Iterator[tuple[str, Recalled]]:
    if not path.exists():
        return
    os.utime(path)
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            row = json.loads(line)
            yield row["key"], {b: [Candidate(*values) for values in found] for b, found in row["branches"].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            continue


@dataclass(frozen=True, slots=True)
class Bench:
    """A question set over the library that holds its documents, searched without the branches `left_out`.

    What speaks for a question's candidates is kept in `weighed`, so that they are ranked many times in little time.
    """

    questions: QuestionSet
    library: Library
    searcher: Searcher
    documents: dict[str, Document]
    candidates: RecallCache
    left_out: frozenset[str] = frozenset()
    weighed: dict[tuple[object, ...], Weighed] = field(default_factory=dict)

    def recall(self, question: str, documents: Sequence[Document]) -> Recalled:
        """As `Searcher.recall`, cached."""
        recalled = self.candidates.recall(question, documents)
        return {branch: found for branch, found in recalled.items() if branch not in self.left_out}

    def scope(self, question: Question, scope: str) -> list[Document]:
        """The documents that a question sees: all of the set in scope `corpus`, else its own or its candidates."""
        if scope == "corpus":
            return list(self.documents.values())
        return [self.documents[name] for name in question.candidates or (question.document,)]

    def search(
        self,
        question: str,
        documents: Sequence[Document],
        k: int = HITS,
        *,
        without: Collection[PageKey] = (),
        ranker: Ranker | None = None,
    ) -> list[Hit]:
        """As `Searcher.search`, from cached candidates; the pages in `without` are left out."""
        if without:
            recalled = without_pages(self.recall(question, documents), without)
            return self.searcher.rank(question, recalled, documents, k, ranker=ranker)
        return self.searcher.rank_weighed(self.weigh(question, documents), k, ranker=ranker)

    def weigh(self, question: str, documents: Sequence[Document]) -> Weighed:
        """As `Searcher.weigh`, of the candidates of `recall`; kept."""
        key = (question, tuple(document.id for document in documents), self.left_out)
        if key not in self.weighed:
            self.weighed[key] = self.searcher.weigh(question, self.recall(question, documents), documents)
        return self.weighed[key]

    def signs(self, question: str, documents: Sequence[Document], without: Collection[PageKey] = ()) -> Floats:
        """As `Searcher.signs`; the pages in `without` are left out."""
        if not without:
            return self.searcher.signs(self.weigh(question, documents))
        recalled = without_pages(self.recall(question, documents), without)
        return self.searcher.signs(self.searcher.weigh(question, recalled, documents))

    def presence(self, question: str, documents: Sequence[Document], without: Collection[PageKey] = ()) -> float:
        """The probability that the documents hold an answer, by the weights that Recto ships."""
        return load_presence().probability(self.signs(question, documents, without))

    def about(self) -> dict[str, object]:
        """What a report says of the system measured: version, settings, what made the documents' chunks."""
        keys = {str(self.library.keys(document.sha256)) for document in self.documents.values()}
        settings = {"search": asdict(self.searcher.options), "recall": self.searcher.recall_key(), "made": sorted(keys)}
        return {"set": str(self.questions.folder), "set_key": self.questions.key(), "version": version("recto")} | {
            "settings": settings
        }


def open_bench(arguments: argparse.Namespace) -> Bench:
    """Ingests what is missing unless `--no-ingest`; raises BadInput that names what is missing then."""
    questions = load_set(Path(arguments.set))
    settings = settings_of(arguments)
    if arguments.library is None:
        settings = settings.model_copy(update={"library": settings.cache / "eval" / questions.key()})
    if not arguments.no_ingest:
        _ingest(settings, questions)
    library = open_library(settings)
    return make_bench(questions, library, build_searcher(settings, library), settings.cache)


def make_bench(questions: QuestionSet, library: Library, searcher: Searcher, cache: Path) -> Bench:
    """Raises BadInput where the library lacks documents of the set."""
    documents = _documents(library, questions)
    searcher.top_up()  # what is recalled from the cache is ranked by the indexes all the same
    return Bench(questions, library, searcher, documents, RecallCache(cache / "eval" / "recall", library, searcher))


def _documents(library: Library, questions: QuestionSet) -> dict[str, Document]:
    """The set's documents in the library by name; raises BadInput that names the missing."""
    present = {document.name: document for document in library.documents(owner=LOCAL.user) if document.askable}
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


# ranking and scoring


def distinct_pages(hits: Iterable[Hit], depth: int = _DEPTH) -> Pages:
    """(document name, page) of the hits, each once, in their order; up to `depth`."""
    pages = dict.fromkeys((hit.document.name, page) for hit in hits for page in hit.chunk.pages)
    return list(pages)[:depth]


def distinct_documents(hits: Iterable[Hit], depth: int = _DEPTH) -> Pages:
    """As `distinct_pages`, but the best page of each document only: the ranking where the gold is a document."""
    best: dict[str, int] = {}
    for hit in hits:
        best.setdefault(hit.document.name, hit.chunk.page)
    return list(best.items())[:depth]


def gold_rank(question: Question, pages: Iterable[tuple[str, int]]) -> int | None:
    """The rank, from 1, of the first gold page (or of the gold document) among distinct pages (or documents)."""
    if question.pages:
        found = [document == question.document and page in question.pages for document, page in dict.fromkeys(pages)]
    else:
        found = [document == question.document for document in dict.fromkeys(document for document, _ in pages)]
    return found.index(True) + 1 if any(found) else None


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


def ranked_pages(
    bench: Bench, question: Question, scope: str, depth: int = _DEPTH, ranker: Ranker | None = None
) -> Pages:
    """The ranked pages of one question; where the gold is a document, one page of each document."""
    hits = bench.search(question.text, bench.scope(question, scope), ranker=ranker)
    return distinct_pages(hits, depth) if question.pages else distinct_documents(hits, depth)


def measure(
    bench: Bench, scope: str, rankers: Mapping[str, Ranker] | None = None
) -> tuple[dict[str, object], list[Pages]]:
    """Asks every question; the report, and the ranked pages in the questions' order.

    `rankers`: the one to rank with, by the name of the question's document; the searcher's own where there is none.
    """
    questions, rankers = bench.questions.questions, rankers or {}
    runs = [ranked_pages(bench, one, scope, ranker=rankers.get(one.document)) for one in questions]
    scores = [score(question, pages) for question, pages in zip(questions, runs, strict=True)]
    rows = [
        {
            "id": question.id,
            "question": question.text,
            "slices": question.slices,
            "rank": gold_rank(question, pages),
            "scores": {metric: round(value, 6) for metric, value in row.items()},
        }
        for question, pages, row in zip(questions, runs, scores, strict=True)
    ]
    report = {"kind": "retrieval", "scope": scope, **bench.about(), "slices": summarise(questions, scores)}
    return report | {"rows": rows}, runs


def run_lines(questions: Sequence[Question], runs: Sequence[Pages]) -> str:
    """A run as JSONL: `{"id": …, "pages": [["file.pdf", 12], …]}`, best page first."""
    rows = ({"id": question.id, "pages": pages} for question, pages in zip(questions, runs, strict=True))
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
