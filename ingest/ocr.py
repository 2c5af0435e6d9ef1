"""Text from a page's pixels: the engine, the rule for when a page needs it, a pool of worker processes.

It never sees a PDF, only pixels that Recto rendered. A worker is this module run as a child under limits.
"""

from __future__ import annotations

import ctypes
import json
import logging
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from ingest.child import Child, ChildFailed, Limits, begin, lower_priority, read_frame, write_frame
from ingest.child_pool import ChildPool
from ingest.flow import Line, is_cjk
from ingest.records import BBox, State, Word
from ingest.telemetry import silence

Image = npt.NDArray[np.uint8]


class OcrLine(NamedTuple):
    """A line of text. `bbox` is in pixels of the image, origin top left; `confidence` is from 0 to 1."""

    text: str
    bbox: BBox
    confidence: float


class OcrEngine(Protocol):
    """Reads text from pixels. `workers`: how many images it reads at the same time."""

    @property
    def workers(self) -> int: ...

    def read(self, image: Image) -> list[OcrLine]:
        """The lines of an image, RGB, uint8, shape (height, width, 3), from top to bottom."""
        ...


@dataclass(frozen=True, slots=True)
class PageStats:
    """What a page has besides its layout.

    `characters`: visible characters of its text layer, `garbled`: those of them that stand for no letter (private use,
    replacement character). `image_share`: share of the page under pictures, from 0 to 1.
    """

    characters: int
    garbled: int = 0
    image_share: float = 0.0


_FEW = 25  # characters that a scan's text layer may have, from a stamp or a page number
_SOME = 120
_PICTURE = 0.5  # share of the page
_FULL_PICTURE = 0.85
_GARBLED = 0.3  # share of the characters


def needs_ocr(stats: PageStats) -> str:
    """Why a page must be read from its pixels, or "" when its text layer will do.

    A page without pictures is never read so, however empty: it is blank or a drawn divider.
    """
    if stats.characters >= _FEW and stats.garbled > _GARBLED * stats.characters:
        return "its text layer stands for no letters"
    if stats.characters < _FEW and stats.image_share >= _PICTURE:
        return "it is a picture without text"
    if stats.characters < _SOME and stats.image_share >= _FULL_PICTURE:
        return "it is a picture with hardly any text"
    return ""


def _advance(character: str) -> float:
    return 1.0 if is_cjk(character) else 0.5


def words_of(line: OcrLine, scale: float) -> Line:
    """The line's words in points; `scale` is points a pixel.

    The line's width is shared out by the usual widths of its characters.
    """
    widths = [_advance(character) for character in line.text]
    total = sum(widths) or 1.0
    size = line.bbox.height * scale
    left, points = line.bbox.x0 * scale, line.bbox.width * scale / total
    words: list[Word] = []
    start = 0
    for end in range(len(line.text) + 1):
        if end < len(line.text) and not line.text[end].isspace():
            continue
        if end > start:
            x0 = left + points * sum(widths[:start])
            x1 = left + points * sum(widths[:end])
            box = BBox(x0, line.bbox.top * scale, x1, line.bbox.bottom * scale)
            words.append(Word(line.text[start:end], box, "", round(size, 2)))
        start = end + 1
    return Line(tuple(words))


class RapidOcrEngine:
    """PP-OCR through RapidOCR and ONNX Runtime on the CPU, with the models of its own wheel: no network.

    `threads`: threads inside one reading. One reading at a time.
    """

    workers = 1

    def __init__(self, threads: int = 1) -> None:
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
        silence()
        from rapidocr import RapidOCR  # a second and 200 MB: only in the process that reads

        self._engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.max_side_len": 2400,  # a page of 11.7 inches at 200 dpi is not made smaller
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    def read(self, image: Image) -> list[OcrLine]:
        """The lines of an image, RGB, uint8, shape (height, width, 3), from top to bottom."""
        result: Any = self._engine(np.ascontiguousarray(image[:, :, ::-1]))  # it expects BGR
        if result.boxes is None or result.txts is None:
            return []
        lines = []
        for corners, text, score in zip(result.boxes, result.txts, result.scores, strict=True):
            (x0, top), (x1, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
            lines.append(OcrLine(text, BBox(x0, top, x1, bottom), float(score)))
        return sorted(lines, key=lambda line: (line.bbox.top, line.bbox.x0))


_NICENESS = 5  # reading text layers, which takes milliseconds a page, comes first
_WORKER_LIMITS = Limits(memory_bytes=2 * 2**30, cpu_seconds=0, wall_seconds=0.0)  # a request's time is the pool's


class OcrPool:
    """`workers` OCR processes, started when first needed; an OcrEngine that may be called from any thread.

    `page_seconds`: longest time for one image. Close it when done.
    """

    def __init__(self, workers: int = 1, threads: int = 1, page_seconds: float = 120.0) -> None:
        self._pool = ChildPool("ingest.ocr", {"threads": threads}, _WORKER_LIMITS, size=workers, uses=200)
        self._page_seconds = page_seconds
        self.workers = workers

    def read(self, image: Image, cancelled: threading.Event | None = None) -> list[OcrLine]:
        """The lines of an image, RGB, uint8, shape (height, width, 3). Raises ChildFailed when a worker cannot."""
        height, width = image.shape[:2]
        head = json.dumps({"width": width, "height": height}).encode()

        def ask(child: Child) -> bytes:
            child.send(b"I", head)
            child.send(b"X", np.ascontiguousarray(image).tobytes())
            return child.expect(b"L")

        reply = self._pool.run(ask, self._page_seconds, cancelled)
        try:
            return lines_of(reply)
        except ValueError as error:
            raise ChildFailed(State.CRASHED, f"the OCR worker answered nonsense: {error}") from error

    def close(self) -> None:
        """Ends the workers. The pool may be used again afterwards."""
        self._pool.close()


def lines_of(data: bytes) -> list[OcrLine]:
    """The lines that `lines_as_json` wrote. Raises ValueError for anything else."""
    try:
        return [OcrLine(str(text), BBox(*map(float, box)), float(score)) for text, box, score in json.loads(data)]
    except TypeError as error:
        raise ValueError(f"not lines: {error}") from error


def lines_as_json(lines: Sequence[OcrLine]) -> bytes:
    return json.dumps([[line.text, list(line.bbox), line.confidence] for line in lines]).encode()


def _give_memory_back() -> None:
    """Hands the heap's free pages to the system: a page takes 0.8 GB and leaves 0.2, of which glibc would keep all."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)


def main() -> None:
    """A worker: reads images from standard input and writes their lines to standard output until the input ends."""
    source, sink, request = begin()
    lower_priority(_NICENESS)
    engine = RapidOcrEngine(threads=request["threads"])
    while (head := read_frame(source)) is not None:
        shape = json.loads(head[1])
        pixels = read_frame(source)
        if pixels is None:
            return
        image = np.frombuffer(pixels[1], np.uint8).reshape(shape["height"], shape["width"], 3)
        write_frame(sink, b"L", lines_as_json(engine.read(image)))
        _give_memory_back()


if __name__ == "__main__":
    main()
