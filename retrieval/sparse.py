"""BM25 in tantivy: a cache of the library's words that follows its change log.

It does not know how its scores are fused with others. A folder holds the index, and `state.json` beside it the last
change applied and what made it; an index of another make is built anew.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tantivy
from filelock import FileLock, Timeout

from ingest.errors import StorageFull
from ingest.records import Chunk, Document
from ingest.store import Library
from retrieval.hits import Candidate
from retrieval.terms import terms

Unit = Literal["chunk", "page"]

_VERSION = 4
_FIELD_BOOSTS = {"body": 1.0, "head": 0.3}
_LOCK_TIMEOUT_S = 30
_HEAP_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What is indexed: a chunk, or without an `ordinal` a page."""

    page: int
    ordinal: int | None
    body: str
    head: str


def entries(unit: Unit, document: Document, chunks: Sequence[Chunk]) -> list[Entry]:
    """The entries of a document: one a chunk, or one a page that holds chunks."""
    name = document.name.rsplit(".", 1)[0].replace("_", " ")
    if unit == "chunk":
        return [Entry(chunk.page, chunk.ordinal, chunk.text, " ".join((name, *chunk.section))) for chunk in chunks]
    texts: dict[int, list[str]] = {}
    heads: dict[int, dict[str, None]] = {}
    for chunk in chunks:
        texts.setdefault(chunk.page, []).append(chunk.text)
        heads.setdefault(chunk.page, {name: None}).update(dict.fromkeys(chunk.section))
    return [Entry(page, None, "\n".join(texts[page]), " ".join(heads[page])) for page in texts]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("document", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("page", stored=True)
    builder.add_unsigned_field("ordinal", stored=True)
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("head", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def idf(documents: int, holding: int) -> float:
    """BM25's inverse document frequency as Lucene has it: ln(1 + (N - n + 0.5) / (n + 0.5))."""
    return math.log1p((documents - holding + 0.5) / (holding + 0.5))


class SparseIndex:
    """BM25 over chunks or pages. `recall` is safe from several threads; `top_up` takes turns between processes."""

    def __init__(self, library: Library, unit: Unit) -> None:
        self._library = library
        self._unit: Unit = unit
        self._folder = library.folder / "indexes" / f"bm25-{unit}"
        self._schema = _schema()
        self._index: tantivy.Index | None = None
        self._made_at = -1

    # the cache

    def _read_state(self) -> dict[str, object]:
        try:
            state = json.loads((self._folder / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) and state.get("version") == _VERSION else {}

    def _applied(self) -> int:
        sequence = self._read_state().get("sequence")
        return sequence if isinstance(sequence, int) else -1

    def _current_folder(self) -> Path:
        return self._folder / str(self._read_state().get("generation", ""))

    def top_up(self) -> None:
        """Applies the changes that the index has not seen; builds it anew where it cannot. Raises StorageFull."""
        last = self._library.position().sequence
        if self._applied() != last or not self._usable():
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                with FileLock(self._folder / "lock", timeout=_LOCK_TIMEOUT_S):
                    self._apply(last)
            except Timeout:
                pass  # another process is at it: what is there serves until it is done
            except (OSError, ValueError) as error:  # tantivy reports what the disk says as a ValueError
                raise StorageFull(f"cannot write the index {self._folder}: {error}") from error
        self._open()

    def _usable(self) -> bool:
        return tantivy.Index.exists(str(self._current_folder()))

    def _apply(self, last: int) -> None:
        applied = self._applied()
        if applied == last and self._usable():
            return
        present = {document.id: document for document in self._library.documents() if document.askable}
        changes = self._library.changes_since(applied) if applied >= 0 else []
        actions = {change.document_id: change.action for change in changes if change.action != "embedded"}
        if 0 <= applied <= last and self._usable() and "removed" not in actions.values():
            generation = self._current_folder().name
            added = [present[document_id] for document_id in actions if document_id in present]
            self._write(self._folder / generation, added, fresh=False)
            self._save_state(last, generation)
            return
        # Deleted words stay in tantivy's dictionary and statistics, so that a removal means a new index.
        generation = uuid.uuid4().hex[:12]
        try:
            self._write(self._folder / generation, present.values(), fresh=True)
            self._save_state(last, generation)
        finally:
            current = self._current_folder().name
            for folder in self._folder.iterdir():
                if folder.is_dir() and folder.name != current:
                    shutil.rmtree(folder, ignore_errors=True)

    def _write(self, folder: Path, documents: Iterable[Document], *, fresh: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        index = tantivy.Index(self._schema, path=str(folder), reuse=not fresh)
        writer = index.writer(_HEAP_BYTES, 1)
        for document in documents:
            if not fresh:
                writer.delete_documents_by_term("document", document.id)
            for entry in entries(self._unit, document, self._library.chunks(document.sha256)):
                record = tantivy.Document()
                record.add_text("document", document.id)
                record.add_unsigned("page", entry.page)
                if entry.ordinal is not None:
                    record.add_unsigned("ordinal", entry.ordinal)
                record.add_text("body", " ".join(terms(entry.body)))
                record.add_text("head", " ".join(terms(entry.head)))
                writer.add_document(record)
        writer.commit()
        writer.wait_merging_threads()

    def _save_state(self, sequence: int, generation: str) -> None:
        part = self._folder / f"state.{uuid.uuid4().hex}.part"
        state = {"version": _VERSION, "sequence": sequence, "generation": generation}
        with part.open("w", encoding="utf-8") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._folder / "state.json")

    def _open(self) -> None:
        applied = self._applied()
        if (applied != self._made_at or self._index is None) and self._usable():
            self._index = tantivy.Index.open(str(self._current_folder()))
            self._made_at = applied

    # searching

    def recall(self, question: str, document_ids: Sequence[str], k: int) -> list[Candidate]:
        """The best `k` entries of the documents named.

        A term weighs by its rarity in the scope, its name and headings included: in one document the document's own
        name, which stands over every page, weighs nothing.
        """
        weights = Counter(terms(question))
        if self._index is None or not weights or not document_ids:
            return []
        searcher = self._index.searcher()
        scope = tantivy.Query.term_set_query(self._schema, "document", list(document_ids))
        whole = set(document_ids) >= {document.id for document in self._library.documents() if document.askable}
        size = searcher.num_docs if whole else self._count(searcher, scope)
        clauses: list[tuple[tantivy.Occur, tantivy.Query]] = []
        for term, count in weights.items():
            fields = [field for field in _FIELD_BOOSTS if searcher.doc_freq(field, term)]
            if not fields:
                continue
            queries = {field: tantivy.Query.term_query(self._schema, field, term, "freq") for field in fields}
            held = tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries.values()])
            holding = self._count(searcher, held if whole else tantivy.Query.boolean_query(self._both(scope, held)))
            for field, query in queries.items():
                everywhere = idf(searcher.num_docs, searcher.doc_freq(field, term))
                factor = _FIELD_BOOSTS[field] * count * idf(size, holding) / everywhere
                clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, factor)))
        if not clauses:
            return []
        any_term = tantivy.Query.boolean_query(clauses)
        query = any_term if whole else tantivy.Query.boolean_query(self._both(scope, any_term))
        return self._candidates(searcher, query, k, set(document_ids))

    @staticmethod
    def _both(scope: tantivy.Query, query: tantivy.Query) -> list[tuple[tantivy.Occur, tantivy.Query]]:
        unscored = tantivy.Query.const_score_query(scope, 0.0)
        return [(tantivy.Occur.Must, unscored), (tantivy.Occur.Must, query)]

    @staticmethod
    def _count(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
        return int(searcher.search(query, 1, count=True).count or 0)  # type: ignore[attr-defined]

    @staticmethod
    def _candidates(searcher: tantivy.Searcher, query: tantivy.Query, k: int, allowed: set[str]) -> list[Candidate]:
        found: list[Candidate] = []
        for score, address in searcher.search(query, k, count=False).hits:
            record = searcher.doc(address)
            document_id, page = record.get_first("document"), record.get_first("page")
            if document_id in allowed and isinstance(page, int) and isinstance(score, float):
                found.append(Candidate(document_id, page, record.get_first("ordinal"), score))
        return found
