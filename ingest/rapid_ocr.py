"""PP-OCR through RapidOCR and ONNX Runtime: the engine that Recto ships.

It reads one picture in the process that it is in; it does not know about pages or workers.
"""

from __future__ import annotations

import logging
from importlib.metadata import version
from typing import Any

import numpy as np

from ingest.recognition import Image, Recognition, shared_out
from ingest.records import BBox
from ingest.telemetry import silence


class RapidOcr:
    """PP-OCR with the models of RapidOCR's own wheel, on the CPU: no network. An OcrEngine; one reading at a time.

    `threads`: threads inside one reading.
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

    @property
    def identity(self) -> str:
        return identity()

    def read(self, image: Image) -> Recognition:
        """What stands on a picture."""
        height, width = image.shape[:2]
        result: Any = self._engine(np.ascontiguousarray(image[:, :, ::-1]))  # it expects BGR
        if result.boxes is None or result.txts is None:
            return Recognition(width, height)
        lines = []
        for corners, text, score in zip(result.boxes, result.txts, result.scores, strict=True):
            (x0, top), (x1, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
            lines.append(shared_out(text, BBox(x0, top, x1, bottom), float(score)))
        found = sorted(filter(None, lines), key=lambda line: (line.bbox.top, line.bbox.x0))
        return Recognition(width, height, tuple(found))


def identity() -> str:
    """Names what decides what is read, without loading it."""
    return f"rapidocr={version('rapidocr')}"
