"""Processes that embed for ingest: texts in, float16 vectors out. It does not know where either is kept.

A worker is this module run as a child: it sees only texts, and ends when its parent does.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.child import Child, ChildFailed, Limits, begin, lower_priority, read_frame, write_frame
from ingest.child_pool import ChildPool
from ingest.embed import EmbedderSpec, encode_known
from ingest.errors import BadDocument

_BATCH = {"int8": 64, "fp32": 256}  # texts a request, by precision: the GPU wants more at a time
_REQUEST_SECONDS = 600.0
_NICENESS = 15  # reading, which makes documents askable, comes first
_NO_LIMITS = Limits(memory_bytes=0, cpu_seconds=0, wall_seconds=0.0)  # its input is plain text, not a hostile file


class EmbedPool:
    """`workers` processes, started when first needed, of one thread each, so that they share the cores fairly.

    `batch`: how many texts a call should have.
    """

    def __init__(self, spec: EmbedderSpec, workers: int) -> None:
        self.identity = spec.identity()
        self.batch = _BATCH[spec.precision]
        self._spec = spec
        self._ready = False
        self._preparing = threading.Lock()
        folder = str(spec.model_folder) if spec.model_folder else None
        request = {"cache": str(spec.cache), "model_folder": folder, "precision": spec.precision, "device": spec.device}
        self._children = ChildPool("ingest.embed_pool", request, _NO_LIMITS, size=workers, uses=10_000)
        self._cancelled = threading.Event()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float16]:
        """float16, shape (n, dimension), as `encode_known` gives them. May be called from several threads.

        Raises BadSetup when the model cannot be made ready, BadDocument when a worker dies or `close` was called.
        """
        self._prepare()

        def ask(child: Child) -> bytes:
            child.send(b"T", json.dumps(list(texts)).encode())
            return child.expect(b"V")

        try:
            reply = self._children.run(ask, _REQUEST_SECONDS, self._cancelled)
        except ChildFailed as error:
            raise BadDocument(error.state, f"its text could not be embedded: {error}") from error
        return np.frombuffer(reply, dtype="<f2").reshape(len(texts), -1)

    def _prepare(self) -> None:
        """A worker may not write files: what it reads from the cache is made here."""
        with self._preparing:
            if not self._ready:
                self._spec.prepare()
                self._ready = True

    def cancel(self) -> None:
        """Ends the calls that are at work, as failed."""
        self._cancelled.set()

    def close(self) -> None:
        """Ends the workers, when no call is at work any more."""
        self._children.close()


def main() -> None:
    """A worker: reads texts from standard input and writes their vectors to standard output until the input ends."""
    source, sink, request = begin()
    lower_priority(_NICENESS)
    folder = Path(request["model_folder"]) if request["model_folder"] else None
    if request["precision"] == "fp32" and request["device"] == "cpu":
        import torch

        torch.set_num_threads(1)
    embedder = EmbedderSpec(Path(request["cache"]), folder, request["precision"], request["device"]).load()
    while (frame := read_frame(source)) is not None:
        vectors = encode_known(embedder, json.loads(frame[1]))
        write_frame(sink, b"V", vectors.astype("<f2").tobytes())


if __name__ == "__main__":
    main()
