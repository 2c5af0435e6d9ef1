"""A library's vectors to those of another embedder: all are made first, the old ones serve until then.

It does not know who asked for it. A migration that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ingest.embed import EmbedderSpec
from ingest.embed_pool import EmbedPool
from ingest.embed_queue import EmbedQueue
from ingest.store import EmbedderRecord, Library

_AHEAD = 4  # contents a worker whose texts are held in memory


def record_of(spec: EmbedderSpec) -> EmbedderRecord:
    """The spec as a library keeps it."""
    folder = str(spec.model_folder.resolve()) if spec.model_folder else ""
    return EmbedderRecord(spec.identity(), folder, spec.precision)


def migrate(library: Library, spec: EmbedderSpec, workers: int, on_chunks: Callable[[int], None]) -> None:
    """Embeds every content that lacks the embedder's vectors, then puts it in force and deletes the others'.

    `on_chunks(n)` is called whenever n more chunks are embedded. The caller holds the ingest lock. Raises BadSetup,
    BadDocument when a worker fails, StorageFull.
    """
    record = record_of(spec)
    pool = EmbedPool(spec, workers)
    queue = EmbedQueue(pool.encode, batch=pool.batch, workers=workers)
    try:
        while not library.switch_embedder(record):
            _embed(library, record.identity, queue, _AHEAD * workers, on_chunks)
    finally:
        pool.cancel()
        queue.close()
        pool.close()


def _embed(library: Library, identity: str, queue: EmbedQueue, ahead: int, on_chunks: Callable[[int], None]) -> None:
    """One round over what lacks vectors now; a few contents are under way at a time."""
    under_way: list[tuple[str, Future[Any]]] = []

    def settle_first() -> None:
        sha256, vectors = under_way.pop(0)
        made = vectors.result()
        library.commit_vectors(sha256, identity, made)
        on_chunks(len(made))

    for sha256 in library.without_vectors(identity):
        texts = [chunk.text_to_embed for chunk in library.chunks(sha256)]
        if texts:
            under_way.append((sha256, queue.submit(texts)))
        if len(under_way) >= ahead:
            settle_first()
    while under_way:
        settle_first()
