"""The models that PaddleOCR reads with: RapidOCR's files, laid out as PaddleOCR wants them, or a folder of its own.

It loads none and fetches none; it does not know what is read with them.
"""

from __future__ import annotations

import json
import shutil
from hashlib import blake2b
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from ingest.errors import BadSetup, StorageFull
from ingest.telemetry import silence

_VERSION = 1  # raised whenever equal pixels and models would give another reading
_DETECTION, _RECOGNITION = "PP-OCRv6_small_det", "PP-OCRv6_small_rec"  # names that PaddleOCR knows
_SHIPPED = {_DETECTION: "PP-OCRv6_det_small.onnx", _RECOGNITION: "PP-OCRv6_rec_small.onnx"}
_MODEL, _CONFIGURATION = "inference.onnx", "inference.yml"
_MEAN = _STD = [0.5, 0.5, 0.5]  # as RapidOCR prepares pictures for these models
_HOLDS = f"it holds a folder for each model, named as PaddleOCR names it, with {_MODEL} and {_CONFIGURATION}"


class PaddleModels(NamedTuple):
    """Folders of models as PaddleOCR keeps them, `inference.onnx` and `inference.yml` in each.

    `layout` and `cells`, of PP-StructureV3, find tables and their cells; None where they are not there.
    """

    detection: Path
    recognition: Path
    layout: Path | None = None
    cells: Path | None = None


def model_name(folder: Path) -> str:
    """What PaddleOCR calls the model in a folder."""
    return folder.name.removesuffix("_onnx")


def models_in(folder: Path) -> PaddleModels:
    """The models in a folder's folders, by their official names; raises BadSetup where one is missing or not clear."""
    found: dict[str, list[Path]] = {}
    for model in sorted(folder.glob(f"*/{_MODEL}")):
        if (model.parent / _CONFIGURATION).exists():
            found.setdefault(_role(model_name(model.parent)), []).append(model.parent)
    for role in ("detection", "recognition"):
        if role not in found:
            raise BadSetup(f"no model for text {role} in {folder}", hint=_HOLDS)
    for role, folders in found.items():
        if role and len(folders) > 1:
            names = ", ".join(each.name for each in folders)
            raise BadSetup(f"{folder} holds several models for {role}: {names}", hint="leave one of them there")
    one = {role: folders[0] for role, folders in found.items()}
    return PaddleModels(one["detection"], one["recognition"], one.get("layout"), one.get("cells"))


def _role(name: str) -> str:
    """What a model is for, by its official name; "" for what is not used here."""
    if name.endswith("_cell_det"):
        return "cells"
    if name.startswith("PP-DocLayout"):
        return "layout"
    return {"_det": "detection", "_rec": "recognition"}.get(name[-4:], "") if "OCR" in name else ""


def check(models: Path | None) -> None:
    """Raises BadSetup where PaddleOCR is not installed or the folder lacks models."""
    if find_spec("paddleocr") is None:
        raise BadSetup("PaddleOCR is not installed", hint='pip install -e ".[paddle]", or set ocr_engine to rapidocr')
    if models is not None:
        models_in(models)


def identity(models: Path | None) -> str:
    """Names what decides what is read, without loading it; raises BadSetup."""
    made_by = f"rapidocr={version('rapidocr')}" if models is None else f"models={_digest(models_in(models))}"
    return f"paddleocr={version('paddleocr')},{_VERSION};{made_by}"


def _digest(models: PaddleModels) -> str:
    digest = blake2b(digest_size=8)
    for folder in filter(None, models):
        for name in (_MODEL, _CONFIGURATION):
            with (folder / name).open("rb") as file:
                digest.update(f"{folder.name}/{name}".encode())
                while block := file.read(2**20):
                    digest.update(block)
    return digest.hexdigest()


def shipped_models(cache: Path) -> PaddleModels:
    """RapidOCR's model files as PaddleOCR wants them, made once in the cache (31 MB); raises StorageFull, BadSetup."""
    folder = cache / "paddle" / f"rapidocr-{version('rapidocr')}-{_VERSION}"
    if not folder.exists():
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=folder.parent) as beside:
                _lay_out(Path(beside) / "models")
                _put_in_place(Path(beside) / "models", folder)
        except OSError as error:
            raise StorageFull(f"cannot write the model cache {cache}: {error.strerror}") from error
    return models_in(folder)


def _put_in_place(made: Path, folder: Path) -> None:
    try:
        made.rename(folder)
    except OSError:
        if not folder.exists():  # else another process was faster
            raise


def _lay_out(folder: Path) -> None:
    wheel = find_spec("rapidocr")
    if wheel is None or wheel.origin is None:
        raise BadSetup("RapidOCR is not installed, whose models PaddleOCR reads with", hint="pip install rapidocr")
    for name, file in _SHIPPED.items():
        (folder / name).mkdir(parents=True)
        shutil.copyfile(Path(wheel.origin).parent / "models" / file, folder / name / _MODEL)
        configuration = {"Global": {"model_name": name}, **_steps(name, folder / name / _MODEL)}
        text = json.dumps(configuration, ensure_ascii=False)  # all JSON is YAML
        (folder / name / _CONFIGURATION).write_text(text, encoding="utf-8")


def _steps(name: str, model: Path) -> dict[str, Any]:
    """What is done before and after a model."""
    if name == _DETECTION:
        normal = {"scale": "1./255.", "mean": _MEAN, "std": _STD, "order": "hwc"}
        before: list[dict[str, Any]] = [{"DetResizeForTest": None}, {"NormalizeImage": normal}, {"ToCHWImage": None}]
        return {"PreProcess": {"transform_ops": before}, "PostProcess": {"name": "DBPostProcess"}}
    after = {"name": "CTCLabelDecode", "character_dict": _characters(model)}
    return {
        "PreProcess": {"transform_ops": [{"RecResizeImg": {"image_shape": [3, 48, 320]}}]},
        "PostProcess": after,
    }


def _characters(model: Path) -> list[str]:
    """The characters that a model for recognition knows, in its order: it carries them itself."""
    silence()
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    return str(session.get_modelmeta().custom_metadata_map["character"]).splitlines()
