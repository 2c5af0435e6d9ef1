"""The vector index: exact inner products over float16 vectors, in memory, following the library's change log.

It does not know how texts become vectors, nor how the nearest are found among them (`retrieval.parts` does).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ingest.embed import MOST_UNKNOWN, Embedder, encode_known
from ingest.errors import BadSetup
from ingest.records import Document
from ingest.store import EmbedderRecord, Library, Position
from retrieval.hits import Candidate
from retrieval.parts import Part, Rows, Through, make_part, nearest, rows_of
from retrieval.scope import ALL_PAGES, Pages

BEHIND = "vectors are a little behind: another thread is reading them"

_PART_ROWS = 131_072
_RATIO = 8
_PATIENCE_S = 0.3
_CORRECTED = 4096  # corrected chunks whose vectors are kept in memory


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What is searched. `embedder` made the vectors of all parts; None where it could not be loaded."""

    position: Position
    embedder: Embedder | None
    parts: tuple[Part, ...] = ()
    note: str = ""


class DenseIndex:
    """Exact search over the vectors of the embedder in force. Safe from several threads.

    Searches use a set of parts that never change; a top-up puts another set in its place. A document added makes a
    small part; small parts are joined, so that there are about as many as the logarithm of the rows, plus one for each
    131,072.
    """

    def __init__(
        self,
        library: Library,
        embedder: Embedder,
        load: Callable[[EmbedderRecord], Embedder] | None = None,
        *,
        part_rows: int = _PART_ROWS,
    ) -> None:
        """`load` makes the embedder that the library puts in force (raises BadSetup); without it `embedder` stays."""
        self.library = library
        self._embedder = embedder
        self._load = load
        self._part_rows = part_rows
        self._turn = threading.Lock()
        self._snapshot: _Snapshot | None = None
        self._encoded = lru_cache(_CORRECTED)(lambda identity, text: encode_known(self._embedder, [text])[0])
        self._side_by_side = ThreadPoolExecutor(os.cpu_count(), "parts")

    def close(self) -> None:
        """Ends its threads; no search may follow."""
        self._side_by_side.shutdown()

    @property
    def identity(self) -> str:
        """The identity of the embedder in use."""
        snapshot = self._snapshot
        return (snapshot.embedder if snapshot and snapshot.embedder else self._embedder).identity

    @property
    def parts(self) -> tuple[Part, ...]:
        """What searches use now."""
        return self._snapshot.parts if self._snapshot else ()

    @property
    def rows(self) -> int:
        return sum(len(part) for part in self.parts)

    def top_up(self) -> str:
        """Brings the index up to the library's last change; says why where it is behind or left out.

        Loads another embedder first where the library has put one in force; other threads search what is there.
        """
        position = self.library.position()
        if self._snapshot is not None and self._snapshot.position == position:
            return self._snapshot.note
        if not self._turn.acquire(timeout=_PATIENCE_S if self._snapshot else -1):
            return BEHIND
        try:
            if self._snapshot is None or self._snapshot.position != self.library.position():
                self._snapshot = self._next()
            return self._snapshot.note
        finally:
            self._turn.release()

    def purge(self) -> None:
        """Nothing of a removed document outlives a top-up here, and nothing is on the disk."""
        self.top_up()

    def _next(self) -> _Snapshot:
        """The snapshot at the library's position now; what is newer than that position comes again next time."""
        position = self.library.position()
        old = self._snapshot
        record = self.library.embedder()
        if record is not None and self._load is not None and record.identity != self._embedder.identity:
            try:
                self._embedder = self._load(record)
            except BadSetup as error:
                return _Snapshot(
                    position, None, note=f"vectors left out: the embedding model cannot be loaded ({error})"
                )
            if record.identity != self._embedder.identity:
                note = "vectors left out: the embedding model is another than the one that made the library's vectors"
                return _Snapshot(position, None, note=note)
        fits = (
            old is not None
            and old.embedder is self._embedder
            and old.position.epoch == position.epoch
            and old.position.sequence <= position.sequence
        )
        changes = self.library.changes_since(old.position.sequence) if old is not None and fits else []
        if old is None or not fits or any(change.action == "migrated" for change in changes):
            wanted = [document for document in self.library.documents() if document.askable]
            return _Snapshot(position, self._embedder, self._joined([], wanted))
        touched = {change.document_id for change in changes}
        kept: list[Part] = []
        for part in old.parts:
            gone = touched & part.spans.keys()
            left = list(part.rows(gone)) if gone else []
            if not gone:
                kept.append(part)
            elif left:
                kept.append(make_part(left))
        wanted = []
        if any(change.action != "removed" for change in changes):
            wanted = [one for one in self.library.documents() if one.askable and one.id in touched]
        return _Snapshot(position, self._embedder, self._joined(kept, wanted))

    def _joined(self, parts: list[Part], documents: Sequence[Document]) -> tuple[Part, ...]:
        """The parts and new ones of the documents' vectors, small ones made one."""
        parts = list(parts)
        waiting: list[tuple[str, Rows]] = []
        count = 0
        for document in documents:
            rows = self._rows(document)
            if rows is None:
                continue
            if waiting and count + len(rows.ordinals) > self._part_rows:
                parts.append(make_part(waiting))
                waiting, count = [], 0
            waiting.append((document.id, rows))
            count += len(rows.ordinals)
        if waiting:
            parts.append(make_part(waiting))
        parts.sort(key=len, reverse=True)
        while len(parts) > 1 and self._join(parts[-2], parts[-1]):
            small, smaller = parts.pop(-2), parts.pop()
            parts.append(make_part([*small.rows(), *smaller.rows()]))
            parts.sort(key=len, reverse=True)
        return tuple(parts)

    def _join(self, larger: Part, smaller: Part) -> bool:
        return len(larger) + len(smaller) <= self._part_rows and len(larger) <= _RATIO * len(smaller)

    def _rows(self, document: Document) -> Rows | None:
        """None where there are no vectors of this embedder, or where they are just being replaced."""
        vectors = self.library.vectors(document.sha256, self._embedder.identity)
        pages = self.library.chunk_pages(document.sha256)
        if vectors is None or len(vectors) != len(pages) or vectors.shape[1] != self._embedder.dimension:
            return None
        if self.library.overlays.of(document.id):
            vectors = self._overlaid(document, vectors)
        rows = rows_of(vectors, pages)
        return rows if len(rows.ordinals) else None

    def _overlaid(self, document: Document, vectors: NDArray[np.float16]) -> NDArray[np.float16]:
        """Zeros for chunks that the user left out, and vectors of the user's words for those corrected."""
        made = np.zeros_like(vectors)
        for chunk in self.library.chunks_of(document):
            row = chunk.ordinal
            if row < len(vectors):  # else it was cut anew in this moment
                made[row] = (
                    self._encoded(self._embedder.identity, chunk.text_to_embed) if chunk.original else vectors[row]
                )
        return made

    # searching

    @property
    def ready(self) -> bool:
        """Whether there is an embedder to ask with."""
        return self._snapshot is None or self._snapshot.embedder is not None

    def knows(self, question: str) -> bool:
        """Whether the embedder's vocabulary holds the question; all-MiniLM-L6-v2 is at chance on Chinese."""
        snapshot = self._snapshot
        embedder = snapshot.embedder if snapshot else self._embedder
        return embedder is not None and embedder.unknown_share(question) <= MOST_UNKNOWN

    def recall(
        self, question: str, document_ids: Sequence[str], k: int, *, pages: Pages = ALL_PAGES
    ) -> list[Candidate]:
        """The `k` chunks nearest to the question by cosine; none where the embedder does not know its language.

        Of a document that `pages` names, only the chunks on its pages are looked at.

        A score is computed in float64 from the float16 vector and rounded to six decimals; equal scores come in the
        order of `document_ids`, then of ordinals. So parts, their codes and processors change nothing.
        """
        snapshot = self._snapshot
        if snapshot is None or snapshot.embedder is None or not snapshot.parts or k < 1:
            return []
        if snapshot.embedder.unknown_share(question) > MOST_UNKNOWN:
            return []
        order = {document_id: place for place, document_id in reversed(list(enumerate(document_ids)))}
        parts = [part for part in snapshot.parts if not order.keys().isdisjoint(part.spans)]
        if not parts:
            return []
        vector = snapshot.embedder.encode_query(question)
        few = 2 * sum(map(len, parts)) <= self._part_rows  # others' turns would cost more than they save
        through: Through = map if few else self._side_by_side.map
        found = [
            Candidate(document_id, int(part.pages[row]), int(part.ordinals[row]), score)
            for part, rows, scores in nearest(parts, vector, order, k, pages, through)
            for document_id, row, score in zip(part.owners(rows), rows.tolist(), scores.tolist(), strict=True)
            if score > 0
        ]
        return sorted(found, key=lambda one: (-one.score, order[one.document_id], one.ordinal))[:k]

    # proving

    def check(self) -> list[str]:
        """What is wrong with the library's vectors, in plain words; reads every one."""
        record = self.library.embedder()
        identity = record.identity if record is not None else self._embedder.identity
        dimension = self._embedder.dimension if identity == self._embedder.identity else None
        findings: list[str] = []
        seen: set[str] = set()
        for document in self.library.documents():
            if not document.askable or document.sha256 in seen:
                continue
            seen.add(document.sha256)
            wrong = self._fault(document, identity, dimension)
            if wrong and wrong == self._fault(document, identity, dimension):  # else it was just being replaced
                findings.append(f"vectors of {document.name} ({document.id}): {wrong}")
        return findings

    def _fault(self, document: Document, identity: str, dimension: int | None) -> str:
        """What is wrong with a document's vectors; empty where nothing is, or where there are none yet."""
        vectors = self.library.vectors(document.sha256, identity)
        if vectors is None:
            return "" if document.state.in_progress or not document.chunks else "none, though it is indexed"
        return _wrong(vectors, len(self.library.chunk_pages(document.sha256)), dimension)


def _wrong(vectors: NDArray[np.float16], chunks: int, dimension: int | None) -> str:
    """What is wrong with a content's vectors; empty where they are one a chunk, finite, and of unit length or zero."""
    if len(vectors) != chunks:
        return f"{len(vectors)} for {chunks} chunks"
    if dimension is not None and vectors.shape[1] != dimension:
        return f"of dimension {vectors.shape[1]}, not {dimension}"
    if not np.isfinite(vectors).all():
        return "not all are finite"
    lengths = np.linalg.norm(vectors.astype(np.float32), axis=1)
    bad = int(((np.abs(lengths - 1) > 5e-3) & (lengths > 0)).sum())
    return f"{bad} are not of unit length" if bad else ""
