"""The texts of several documents on their way through the embedding workers, in batches that cross documents.

It does not know where texts come from or vectors go.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float16]
Encode = Callable[[Sequence[str]], Vectors]


@dataclass(slots=True)
class _Request:
    """The texts of one document: `taken` of them are in batches, `parts` are the vectors that have come back."""

    texts: Sequence[str]
    done: Future[Vectors] = field(default_factory=Future)
    taken: int = 0
    parts: dict[int, Vectors] = field(default_factory=dict)

    def take(self, most: int) -> tuple[int, Sequence[str]]:
        start = self.taken
        self.taken = min(start + most, len(self.texts))
        return start, self.texts[start : self.taken]

    def put(self, start: int, vectors: Vectors) -> None:
        self.parts[start] = vectors
        if sum(map(len, self.parts.values())) == len(self.texts):
            self.done.set_result(np.concatenate([self.parts[start] for start in sorted(self.parts)]))


_Batch = list[tuple[_Request, int, Sequence[str]]]  # whose texts it holds, from which of them on


class EmbedQueue:
    """Calls `encode`, which is safe from several threads, with up to `batch` texts, `workers` batches at a time.

    Documents take turns, a batch each, so that a long one does not hold the others; one that does not fill its batch
    shares it with the next. Close it when done.
    """

    def __init__(self, encode: Encode, *, batch: int, workers: int) -> None:
        self._encode = encode
        self._batch = batch
        self._lock = threading.Lock()
        self._waiting: deque[_Request] = deque()
        self._threads = ThreadPoolExecutor(workers, "embed")

    def submit(self, texts: Sequence[str]) -> Future[Vectors]:
        """The vectors to come: float16, shape (n, dimension), in the texts' order. `texts` must not be empty.

        Where they are cancelled, what has not begun is left out.
        """
        request = _Request(texts)
        with self._lock:
            self._waiting.append(request)
        for _ in range(0, len(texts), self._batch):
            batch: _Batch = []
            self._threads.submit(self._work, batch).add_done_callback(partial(self._settle, batch))
        return request.done

    def _work(self, batch: _Batch) -> Vectors | None:
        """Fills the batch and encodes it; None where its texts went along with another document's."""
        room = self._batch
        with self._lock:
            while room and self._waiting:
                request = self._waiting.popleft()
                if request.done.cancelled():
                    continue
                start, texts = request.take(room)
                batch.append((request, start, texts))
                room -= len(texts)
                if request.taken < len(request.texts):
                    self._waiting.append(request)
        return self._encode([text for _, _, texts in batch for text in texts]) if batch else None

    def _settle(self, batch: _Batch, worked: Future[Vectors | None]) -> None:
        """Hands vectors, or what went wrong, to those who wait for them."""
        error = worked.exception()
        vectors = None if error else worked.result()
        at = 0
        with self._lock:
            for request, start, texts in batch:
                if error is not None and not request.done.done():
                    self._waiting = deque(one for one in self._waiting if one is not request)
                    request.done.set_exception(error)
                elif vectors is not None and not request.done.done():
                    request.put(start, vectors[at : at + len(texts)])
                at += len(texts)

    def close(self) -> None:
        """Waits for the batches at work; what has not begun fails as cancelled."""
        with self._lock:
            dropped, self._waiting = self._waiting, deque()
        for request in dropped:
            request.done.cancel()
        self._threads.shutdown()
