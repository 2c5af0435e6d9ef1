"""Pictures to text in worker processes: both sides of that.

It never sees a PDF, only pixels that Recto rendered; it does not know how an engine reads them.
"""

from __future__ import annotations

import ctypes
import json
import sys
import threading

import numpy as np

from ingest.child import Child, ChildFailed, Limits, begin, lower_priority, read_frame, write_frame
from ingest.child_pool import ChildPool
from ingest.ocr_engine import DEFAULT_ENGINE, EngineSpec, from_request
from ingest.recognition import Image, Recognition, as_json, from_json
from ingest.records import State
from ingest.upright import read_upright

_NICENESS = 5  # reading text layers, which takes milliseconds a page, comes first
_WORKER_LIMITS = Limits(memory_bytes=2 * 2**30, cpu_seconds=0, wall_seconds=0.0)  # a request's time is the pool's


class OcrPool:
    """`workers` OCR processes, started when first needed; an OcrEngine that may be called from any thread.

    `page_seconds`: longest time for one picture. Close it when done. Raises BadSetup where there is no such engine.
    """

    def __init__(
        self, workers: int = 1, threads: int = 1, page_seconds: float = 120.0, engine: EngineSpec = DEFAULT_ENGINE
    ) -> None:
        engine.check()
        request = {"threads": threads, "engine": engine.as_request()}
        self._pool = ChildPool("ingest.ocr", request, _WORKER_LIMITS, size=workers, uses=200)
        self._page_seconds = page_seconds
        self._engine = engine
        self._preparing = threading.Lock()
        self._ready = False
        self.identity = engine.identity
        self.workers = workers

    def read(self, image: Image, cancelled: threading.Event | None = None) -> Recognition:
        """What stands on a picture. Raises ChildFailed when a worker cannot say, BadSetup when none can be started."""
        self._prepare()
        height, width = image.shape[:2]
        head = json.dumps({"width": width, "height": height}).encode()

        def ask(child: Child) -> bytes:
            child.send(b"I", head)
            child.send(b"X", np.ascontiguousarray(image).tobytes())
            return child.expect(b"L")

        reply = self._pool.run(ask, self._page_seconds, cancelled)
        try:
            return from_json(reply)
        except ValueError as error:
            raise ChildFailed(State.CRASHED, f"the OCR worker answered nonsense: {error}") from error

    def _prepare(self) -> None:
        """A worker may not write files: what it reads from the cache is made here."""
        with self._preparing:
            if not self._ready:
                self._engine.prepare()
                self._ready = True

    def close(self) -> None:
        """Ends the workers. The pool may be used again afterwards."""
        self._pool.close()


def _give_memory_back() -> None:
    """Hands the heap's free pages to the system: a page takes 0.8 GB and leaves 0.2, of which glibc would keep all."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)


def main() -> None:
    """A worker: reads images from standard input and writes what stands on them until the input ends."""
    source, sink, request = begin()
    lower_priority(_NICENESS)
    engine = from_request(request["engine"]).load(request["threads"])
    while (head := read_frame(source)) is not None:
        shape = json.loads(head[1])
        pixels = read_frame(source)
        if pixels is None:
            return
        image = np.frombuffer(pixels[1], np.uint8).reshape(shape["height"], shape["width"], 3)
        write_frame(sink, b"L", as_json(read_upright(engine, image)))
        _give_memory_back()


if __name__ == "__main__":
    main()
