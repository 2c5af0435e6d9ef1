"""Settings to working parts: the one place that names concrete classes."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.service import Service
from app.settings import Settings
from app.supervisor import Supervisor
from ingest.embed import EmbedderSpec
from ingest.findings import Check
from ingest.fsck import Progress, library_checks
from ingest.intake import Intake
from ingest.parse import ParseOptions
from ingest.pipeline import IngestOptions, Pipeline, Report, default_workers
from ingest.store import Library
from retrieval.search import Searcher

if TYPE_CHECKING:
    from prompts.chat_model import ChatModel


def embedder_spec(settings: Settings) -> EmbedderSpec:
    """The embedder that the settings ask for; `auto` looks for a GPU only where the GPU build of FAISS is installed."""
    device = settings.device
    if device == "auto":
        device = "cuda" if _gpu_build() and _cuda() else "cpu"
    return EmbedderSpec(settings.cache, settings.embed_model, device)


def _gpu_build() -> bool:
    import importlib.metadata

    return any(name == "faiss-gpu" for name in importlib.metadata.packages_distributions().get("faiss", ()))


def _cuda() -> bool:
    if find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()


def open_library(settings: Settings) -> Library:
    """Raises LibraryError or StorageFull."""
    return Library(settings.library)


def ingest_options(settings: Settings, *, ocr: Literal["auto", "always", "never"] = "auto") -> IngestOptions:
    return IngestOptions(parse=ParseOptions(ocr=ocr), workers=settings.workers or default_workers())


def build_pipeline(settings: Settings, library: Library, options: IngestOptions, report: Report) -> Pipeline:
    return Pipeline(library, embedder_spec(settings), options, report)


def build_searcher(settings: Settings, library: Library) -> Searcher:
    return Searcher(library, embedder_spec(settings).load())


def build_intake(settings: Settings, library: Library, options: IngestOptions) -> Intake:
    return Intake(library, options.keys(), embedder_spec(settings).identity())


def build_checks(library: Library, *, ingesting: bool, progress: Progress) -> list[Check]:
    """What `recto fsck` looks at: the library, then the indexes over it."""
    checks = library_checks(library, ingesting=ingesting, progress=progress)
    # The place of the indexes' checks: index_check("indexes/…", index.check, index.rebuild) for each.
    return checks


def build(settings: Settings) -> Service:
    """Everything that a person or program touches, over one library."""
    library = open_library(settings)
    intake = build_intake(settings, library, ingest_options(settings))
    connect = partial(_connect, settings) if settings.llm else None
    return Service(settings, library, build_searcher(settings, library), intake, Supervisor(settings), connect)


def _connect(settings: Settings) -> ChatModel:
    from prompts.chat_model import connect

    return connect(settings.llm, settings.llm_model, settings.llm_api_key, settings.llm_timeout_s)


SAMPLE = Path(__file__).parent / "samples" / "recto-sample.pdf"
