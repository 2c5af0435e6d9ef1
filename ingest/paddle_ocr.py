"""PP-OCR through PaddleOCR and ONNX Runtime: the second engine, and what it sees of tables by PP-StructureV3's models.

It reads one picture in the process that it is in; it does not know about pages or workers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ingest.paddle_models import PaddleModels, model_name
from ingest.rapid_ocr import RapidOcr
from ingest.recognition import Image, OcrLine, OcrWord, Recognition, shared_out
from ingest.records import BBox, union_of
from ingest.telemetry import silence
from ingest.text_detection import better_scale, first_scale, sides

_FIND = {  # as RapidOCR finds lines
    "text_det_thresh": 0.3,
    "text_det_box_thresh": 0.5,
    "text_det_unclip_ratio": 1.6,
    "text_rec_score_thresh": 0.5,
}
_REGION_SCORE, _CELL_SCORE = 0.5, 0.3
_RULE = 1.0  # pixels: half the thickness of a rule between cells
_SNAP = 0.3  # of the height of a low cell: edges of cells that are nearer are one


class PaddleOcr:
    """PP-OCR through PaddleOCR, on the CPU: no network. An OcrEngine; one reading at a time.

    `threads`: threads inside one reading. `cache`: where PaddleOCR may keep its own things.
    """

    workers = 1

    def __init__(self, models: PaddleModels, cache: Path, identity: str, threads: int = 1) -> None:
        silence()
        os.environ["PADDLE_PDX_CACHE_HOME"] = str(cache / "paddle" / "home")
        os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
        import paddleocr  # 300 MB and some seconds: only in the process that reads

        runtime = {
            "engine": "onnxruntime",
            "engine_config": {
                "intra_op_num_threads": threads,
                "inter_op_num_threads": 1,
                "enable_cpu_mem_arena": False,
            },
        }

        def part(make: Any, folder: Path | None) -> Any:
            return folder and make(model_name=model_name(folder), model_dir=str(folder), **runtime)

        self.identity = identity
        self._rapid_ocr = RapidOcr(threads)
        self._engine = paddleocr.PaddleOCR(
            text_detection_model_name=model_name(models.detection),
            text_detection_model_dir=str(models.detection),
            text_recognition_model_name=model_name(models.recognition),
            text_recognition_model_dir=str(models.recognition),
            use_doc_orientation_classify=False,
            use_doc_unwarping=False,
            use_textline_orientation=False,
            return_word_box=True,
            **_FIND,
            **runtime,
        )
        self._layout = part(paddleocr.LayoutDetection, models.layout)
        self._cells = part(paddleocr.TableCellsDetection, models.cells)

    def read(self, image: Image) -> Recognition:
        """What stands on a picture; the edges of the cells of tables as rules, where there are models for them.

        RapidOCR's models find which way up it is, and how large its text.
        """
        prepared = self._rapid_ocr.prepare(image)
        height, width = prepared.image.shape[:2]
        pixels = np.ascontiguousarray(prepared.image[:, :, ::-1])  # it expects BGR
        scale = first_scale(height, width)
        better = better_scale(np.minimum(*sides(prepared.quads)), scale, height * width)
        result = self._look(pixels, better or scale)
        columns = [result[key] for key in ("rec_texts", "rec_scores", "rec_boxes", "text_word", "text_word_boxes")]
        lines = [line_of(*row) for row in zip(*columns, strict=True)]
        found = sorted(filter(None, lines), key=lambda line: (line.bbox.top, line.bbox.x0))
        rules = tuple(self._rules(pixels))
        return Recognition(width, height, tuple(found), rules, prepared.back, prepared.turned, prepared.skew)

    def _look(self, pixels: Image, scale: float) -> Any:
        """What PaddleOCR reads where its detector looks at the picture `scale` times as large."""
        longest = round(scale * max(pixels.shape[:2]))
        (result,) = self._engine.predict(pixels, text_det_limit_side_len=longest, text_det_limit_type="resize_long")
        return result

    def _rules(self, pixels: Image) -> Iterable[BBox]:
        if self._layout is None or self._cells is None:
            return
        for table in _boxes(self._layout, pixels, _REGION_SCORE, "table"):
            x0, top, x1, bottom = (max(round(edge), 0) for edge in table)
            cells = _boxes(self._cells, np.ascontiguousarray(pixels[top:bottom, x0:x1]), _CELL_SCORE)
            for rule in cell_rules(cells):
                yield BBox(rule.x0 + x0, rule.top + top, rule.x1 + x0, rule.bottom + top)


def _boxes(detector: Any, pixels: Image, score: float, label: str = "") -> list[BBox]:
    """What a detector of PaddleOCR sees, of one label where one is given."""
    (result,) = detector.predict(pixels, threshold=score)
    seen = [box for box in result["boxes"] if not label or box["label"] == label]
    return [BBox(*map(float, box["coordinate"][:4])) for box in seen]


def line_of(text: str, score: float, box: Sequence[float], parts: Sequence[str], boxes: Any) -> OcrLine | None:
    """A line as PaddleOCR gives it. Its parts are words, signs, Chinese characters and spaces, each with a box."""
    bbox, confidence = BBox(*map(float, box)), float(score)
    if "".join(parts) != text or len(parts) != len(boxes):
        return shared_out(text, bbox, confidence)
    words: list[OcrWord] = []
    goes_on = False
    for part, place in zip(parts, boxes, strict=True):
        pieces = shared_out(part, BBox(*map(float, place)), confidence)
        found = list(pieces.words) if pieces else []
        if found and goes_on and not part[0].isspace():
            last, first = words.pop(), found[0]
            found[0] = OcrWord(last.text + first.text, union_of([last.bbox, first.bbox]), confidence)
        words += found
        goes_on = bool(found) and not part[-1].isspace()
    return OcrLine(bbox, tuple(words)) if words else None


def cell_rules(cells: Sequence[BBox]) -> list[BBox]:
    """The edges of a table's cells as rules, those that nearly meet made one, so that neighbours share an edge."""
    if not cells:
        return []
    near = _SNAP * sorted(min(cell.width, cell.height) for cell in cells)[len(cells) // 4]
    across = _snapped([edge for cell in cells for edge in (cell.x0, cell.x1)], near)
    down = _snapped([edge for cell in cells for edge in (cell.top, cell.bottom)], near)
    rules: dict[BBox, None] = {}
    for cell in cells:
        x0, top, x1, bottom = across[cell.x0], down[cell.top], across[cell.x1], down[cell.bottom]
        for y in (top, bottom):
            rules[BBox(x0, y - _RULE, x1, y + _RULE)] = None
        for x in (x0, x1):
            rules[BBox(x - _RULE, top, x + _RULE, bottom)] = None
    return list(rules)


def _snapped(edges: Sequence[float], near: float) -> dict[float, float]:
    """Each edge with the mean of those that it belongs to: runs in which the next is never farther than `near`."""
    ordered = sorted(set(edges))
    runs = [ordered[:1]]
    for last, edge in pairwise(ordered):
        if edge - last <= near:
            runs[-1].append(edge)
        else:
            runs.append([edge])
    return {edge: sum(run) / len(run) for run in runs for edge in run}
