"""The vector index: exact inner products in FAISS, float16, on the CPU or a GPU.

A cache in memory that follows the library's change log; it does not know how texts become vectors.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ingest.embed import MOST_UNKNOWN, Embedder
from ingest.store import Library
from retrieval.hits import Candidate


@dataclass(slots=True)
class _Rows:
    """Which rows of the index are whose: document id -> (first row, number of rows).

    `gpu` is a copy for searches of the whole library; FAISS cannot restrict a search to some rows there.
    """

    index: Any
    gpu: Any = None
    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)
    owners: list[str] = field(default_factory=list)  # document id of each range, in row order
    starts: list[int] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)  # page of each row


def _on_gpu(index: Any) -> Any:
    """A float16 copy of the index on the first GPU; None where there is none, or only the CPU build of FAISS."""
    import faiss

    if not hasattr(faiss, "StandardGpuResources") or faiss.get_num_gpus() < 1 or not index.ntotal:
        return None
    config = faiss.GpuIndexFlatConfig()
    config.useFloat16 = True
    copy = faiss.GpuIndexFlatIP(faiss.StandardGpuResources(), index.d, config)
    copy.add(index.reconstruct_n(0, index.ntotal))
    return copy


class DenseIndex:
    """Exact search over the vectors of one embedder. Safe from several threads."""

    def __init__(self, library: Library, embedder: Embedder) -> None:
        self._library = library
        self._embedder = embedder
        self._lock = threading.Lock()
        self._applied = -1
        self._rows: _Rows | None = None

    def top_up(self) -> None:
        """Applies the changes that the index has not seen; a removal means a new one (seconds at a million rows)."""
        with self._lock:
            last = self._library.position().sequence
            if self._rows is not None and last == self._applied:
                return
            changes = self._library.changes_since(self._applied) if self._rows is not None else []
            touched = {change.document_id for change in changes if change.action == "embedded"}
            removed = any(change.action == "removed" for change in changes)
            if self._rows is None or removed or touched & self._rows.ranges.keys():
                self._rows = self._empty()
                touched = {document.id for document in self._library.documents() if document.askable}
            self._add(self._rows, touched)
            self._rows.gpu = _on_gpu(self._rows.index)
            self._applied = last

    def _empty(self) -> _Rows:
        import faiss

        index = faiss.IndexScalarQuantizer(
            self._embedder.dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        return _Rows(index)

    def _add(self, rows: _Rows, document_ids: set[str]) -> None:
        for document in self._library.documents():
            if document.id not in document_ids:
                continue
            vectors = self._library.vectors(document.sha256, self._embedder.identity)
            if vectors is None or not len(vectors):
                continue
            start = int(rows.index.ntotal)
            rows.index.add(vectors.astype(np.float32))
            rows.ranges[document.id] = (start, len(vectors))
            rows.owners.append(document.id)
            rows.starts.append(start)
            rows.pages.extend(self._library.chunk_pages(document.sha256))

    def knows(self, question: str) -> bool:
        """Whether the embedder's vocabulary holds the question; all-MiniLM-L6-v2 is at chance on Chinese."""
        return self._embedder.unknown_share(question) <= MOST_UNKNOWN

    def recall(self, question: str, document_ids: Sequence[str], k: int) -> list[Candidate]:
        """The `k` chunks nearest to the question by cosine; none where the embedder does not know its language."""
        rows = self._rows
        if rows is None or not rows.ranges or not document_ids or not self.knows(question):
            return []
        import faiss

        vector = self._embedder.encode([question])
        wanted = [rows.ranges[document_id] for document_id in document_ids if document_id in rows.ranges]
        if len(wanted) == len(rows.ranges):
            whole = rows.gpu if rows.gpu is not None else rows.index
            scores, found = whole.search(vector, min(k, rows.index.ntotal))
        else:
            selected = np.concatenate(
                [np.arange(start, start + count) for start, count in wanted] or [np.zeros(0, int)]
            )
            if not len(selected):
                return []
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(selected.astype(np.int64)))  # type: ignore[call-arg]
            scores, found = rows.index.search(vector, min(k, len(selected)), params=parameters)
        candidates: list[Candidate] = []
        for score, row in zip(scores[0].tolist(), found[0].tolist(), strict=True):
            if row >= 0 and score > 0:
                place = int(np.searchsorted(rows.starts, row, side="right")) - 1
                ordinal = row - rows.starts[place]
                candidates.append(Candidate(rows.owners[place], rows.pages[row], ordinal, float(score)))
        return candidates
