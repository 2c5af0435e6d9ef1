"""Which engine reads pictures, so that a worker process can make its own.

It does not know how an engine works, nor when a picture is read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from ingest import paddle_models, paddle_ocr, rapid_ocr
from ingest.errors import BadSetup
from ingest.recognition import OcrEngine

EngineName = Literal["rapidocr", "paddleocr"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What makes an engine. What follows the name is for PaddleOCR alone.

    `cache`: the folder for what can be made again. `models`: a folder of its own models, None for those of RapidOCR.
    """

    name: EngineName = "rapidocr"
    cache: Path | None = None
    models: Path | None = None

    @property
    def identity(self) -> str:
        """Names all that decides what is read on equal pixels, without loading it; raises BadSetup."""
        prepares = rapid_ocr.identity()
        return prepares if self.name == "rapidocr" else f"{paddle_models.identity(self.models)};{prepares}"

    def named(self, name: str) -> EngineSpec:
        """The engine of another name, with the same settings; raises BadSetup for a name that is none."""
        for known in ENGINES:
            if known == name:
                return replace(self, name=known)
        raise BadSetup(f"no OCR engine {name!r}", hint=f"one of {', '.join(ENGINES)}")

    def check(self) -> None:
        """Raises BadSetup where the engine cannot be loaded here."""
        if self.name == "paddleocr":
            paddle_models.check(self.models)

    def prepare(self) -> None:
        """Makes what `load` reads from the cache, once (some seconds); raises BadSetup, StorageFull."""
        if self.name == "paddleocr":
            self._paddle_models()

    def load(self, threads: int = 1) -> OcrEngine:
        """The engine, in this process; raises BadSetup."""
        if self.name == "rapidocr":
            return rapid_ocr.RapidOcr(threads)
        return paddle_ocr.PaddleOcr(self._paddle_models(), self._cache(), self.identity, threads)

    def _paddle_models(self) -> paddle_models.PaddleModels:
        if self.models is not None:
            return paddle_models.models_in(self.models)
        return paddle_models.shipped_models(self._cache())

    def _cache(self) -> Path:
        if self.cache is None:
            raise BadSetup("PaddleOCR needs a folder for its cache")
        return self.cache

    def as_request(self) -> dict[str, Any]:
        """For a worker."""
        return {
            "name": self.name,
            "cache": str(self.cache) if self.cache else None,
            "models": str(self.models) if self.models else None,
        }


DEFAULT_ENGINE = EngineSpec()


def from_request(request: dict[str, Any]) -> EngineSpec:
    """What `as_request` made."""
    cache, models = (Path(request[name]) if request[name] else None for name in ("cache", "models"))
    return EngineSpec(request["name"], cache, models)
