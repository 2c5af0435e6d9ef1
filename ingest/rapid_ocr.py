"""PP-OCR with the models of RapidOCR's wheel, under ONNX Runtime: the engine that Recto ships.

It reads one picture in the process that it is in; it does not know about pages or workers.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.line_crops import cut
from ingest.line_words import Character, decode, inked, words_of
from ingest.preparation import Prepared, prepare
from ingest.recognition import Image, OcrLine, Recognition
from ingest.records import BBox
from ingest.telemetry import silence
from ingest.text_detection import LineFinder, Quads, better_scale, first_scale, sides

_DETECTOR = "PP-OCRv6_det_small.onnx"
_RECOGNISER = "PP-OCRv6_rec_small.onnx"
_READING = "2"  # counts changes to how pictures are read
_LINE_HEIGHT = 48  # pixels, as the recogniser was taught
_LEAST_WIDTH = 32  # pixels
_WIDEST = 8192  # pixels; a line longer than 170 times its height is squeezed
_LEAST_SURE = 0.5  # as in RapidOCR; what is less sure is mostly no text


class RapidOcr:
    """PP-OCR with the models of RapidOCR's own wheel: no network. An OcrEngine; one reading at a time.

    `threads`: threads inside one reading. On a GPU where ONNX Runtime has a provider for one.
    """

    workers = 1

    def __init__(self, threads: int = 1) -> None:
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
        silence()
        detector, self._recogniser = (_session(name, threads) for name in (_DETECTOR, _RECOGNISER))
        self._finder = LineFinder(lambda picture: _answer(detector, picture))
        characters = self._recogniser.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._alphabet: Sequence[str] = ("", *characters, " ")

    @property
    def identity(self) -> str:
        return identity()

    def read(self, image: Image) -> Recognition:
        """What stands on a picture, made upright where it lies on its side or askew."""
        prepared = self.prepare(image)
        picture = prepared.image
        lines = [self._line(picture, quad) for quad in self._better_look(picture, prepared.quads)]
        found = sorted((line for line in lines if line), key=lambda line: (line.bbox.top, line.bbox.x0))
        height, width = picture.shape[:2]
        return Recognition(width, height, tuple(found), back=prepared.back, turned=prepared.turned, skew=prepared.skew)

    def prepare(self, image: Image) -> Prepared:
        """The picture made upright, and the lines of a first look at it."""
        return prepare(image, self._first_look, self._said)

    def _first_look(self, image: Image) -> Quads:
        return self._finder.find(image, first_scale(*image.shape[:2]))

    def _better_look(self, image: Image, quads: Quads) -> Quads:
        """The lines again, on a larger picture, where those of a first look are low."""
        height, width = image.shape[:2]
        better = better_scale(np.minimum(*sides(quads)), first_scale(height, width), height * width)
        return quads if better is None else self._finder.find(image, better)

    def _characters(self, piece: Image) -> tuple[Character, ...]:
        return decode(_answer(self._recogniser, recogniser_input(piece))[0], self._alphabet)

    def _said(self, piece: Image) -> tuple[str, float]:
        characters = self._characters(piece)
        sure = fmean(character.confidence for character in characters) if characters else 0.0
        return "".join(character.text for character in characters), sure

    def _line(self, image: Image, quad: npt.NDArray[np.float32]) -> OcrLine | None:
        """What stands in the four corners; None where that is nothing, or hardly sure to be text."""
        import cv2

        piece, way = cut(image, quad)
        grey = np.asarray(cv2.cvtColor(piece, cv2.COLOR_RGB2GRAY), np.uint8)
        words = words_of(self._characters(piece), inked(grey), piece.shape[0])
        if not words:
            return None
        box = way.box(BBox(0.0, 0.0, piece.shape[1], piece.shape[0]))
        line = OcrLine(box, tuple(word._replace(bbox=way.box(word.bbox)) for word in words))
        return line if line.confidence >= _LEAST_SURE else None


def recogniser_input(line: Image) -> npt.NDArray[np.float32]:
    """A line's picture as the recogniser takes it, shape (1, 3, 48, width), as BGR from -1 to 1.

    Lines go through it one by one: in batches they would be padded, read a little differently beside other lines, take
    twice the memory, and be no faster on a CPU.
    """
    import cv2

    height, width = line.shape[:2]
    wanted = min(max(math.ceil(width * _LINE_HEIGHT / height), _LEAST_WIDTH), _WIDEST)
    how = cv2.INTER_AREA if height > _LINE_HEIGHT else cv2.INTER_CUBIC
    sized = cv2.resize(line, (wanted, _LINE_HEIGHT), interpolation=how)[:, :, ::-1]
    return np.ascontiguousarray(sized.transpose(2, 0, 1)[None], np.float32) * np.float32(2 / 255) - np.float32(1)


def _session(model: str, threads: int) -> Any:
    """A model of RapidOCR's wheel, loaded.

    A quarter of the detector's weights are denormal numbers, with which a processor reckons many times slower: taken as
    zero they change nothing but the time, which is a third. ONNX Runtime heeds that in the first session of a process.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it would keep the largest page's memory
    options.log_severity_level = 4
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(str(_models() / model), options, providers=_providers())


def _answer(session: Any, picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    answer: npt.NDArray[np.float32] = session.run(None, {session.get_inputs()[0].name: picture})[0]
    return answer


def _providers() -> list[str]:
    """CUDA where ONNX Runtime was built with it, and the processor."""
    import onnxruntime

    wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
    return [name for name in wanted if name in onnxruntime.get_available_providers()]


def _models() -> Path:
    """The folder of the wheel's models, found without loading it."""
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("rapidocr")
    return Path(spec.origin).parent / "models"


def identity() -> str:
    """Names what decides what is read, without loading it."""
    models = ",".join((_DETECTOR, _RECOGNISER))
    return f"rapidocr={version('rapidocr')};onnxruntime={version('onnxruntime')};{models};reading={_READING}"
