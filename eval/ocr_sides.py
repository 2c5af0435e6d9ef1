"""Recto's engine and RapidOCR's own default, each in a process of its own, with the time and memory that it takes.

One thread each; it does not know where the pictures come from, nor what is right.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from typing import Literal

import numpy as np

from ingest.recognition import Image, Recognition

SideName = Literal["recto", "rapidocr"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one side read in `cpu_s` of processor time; `peak_bytes` of its process up to then, 0 on Windows."""

    found: Recognition
    cpu_s: float
    peak_bytes: int


class Side:
    """Reads pictures in a process of its own. Close it when done, or use it in a `with` block."""

    def __init__(self, name: SideName) -> None:
        # A fresh process: what one side sets up must not serve the other, above all ONNX Runtime's first session.
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin)
        self._name = name

    def read(self, image: Image) -> Reading:
        """What stands on a picture. Raises what the engine raises."""
        return self._pool.submit(_measured, self._name, image).result()

    def __enter__(self) -> Side:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown()


def _begin() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    import cv2

    cv2.setNumThreads(1)


def _measured(name: SideName, image: Image) -> Reading:
    read = _engine(name)
    began = time.process_time()
    found = read(image)
    return Reading(found, time.process_time() - began, _peak_bytes())


@cache
def _engine(name: SideName) -> Callable[[Image], Recognition]:
    return _recto() if name == "recto" else _rapidocr()


def _recto() -> Callable[[Image], Recognition]:
    from ingest.rapid_ocr import RapidOcr
    from ingest.upright import read_upright

    engine = RapidOcr(threads=1)
    return lambda image: read_upright(engine, image)


def _rapidocr() -> Callable[[Image], Recognition]:
    from ingest.telemetry import silence

    silence()
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    engine = RapidOCR(params=threads | {"Global.log_level": "critical"})
    return lambda image: _as_it_says(engine, image)


def _as_it_says(engine: Callable[..., object], image: Image) -> Recognition:
    """RapidOCR's lines, in its own order."""
    from ingest.recognition import shared_out
    from ingest.records import BBox

    result = engine(np.ascontiguousarray(image[:, :, ::-1]))
    boxes, texts = (getattr(result, name) for name in ("boxes", "txts"))
    if boxes is None or texts is None:
        return Recognition(image.shape[1], image.shape[0])
    places = (BBox(*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()) for corners in boxes)
    lines = (shared_out(text, place, 1.0) for text, place in zip(texts, places, strict=True))
    return Recognition(image.shape[1], image.shape[0], tuple(line for line in lines if line))


def _peak_bytes() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
