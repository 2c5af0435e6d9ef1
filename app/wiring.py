"""Settings to working parts: the one place that names concrete classes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.asking import Asking, AskOptions
from app.service import Service
from app.settings import Settings
from app.supervisor import Supervisor, Tidy
from ingest.embed import Embedder, EmbedderSpec, Precision
from ingest.errors import BadSetup
from ingest.findings import Check, index_check
from ingest.fsck import Progress, library_checks
from ingest.intake import Intake
from ingest.metadata import ALL, DocumentFilter
from ingest.migrate import record_of
from ingest.model_folder import model_config
from ingest.ocr_engine import EngineName, EngineSpec
from ingest.parse import ParseOptions
from ingest.pipeline import IngestOptions, Pipeline, Report, default_workers
from ingest.presets import BUNDLED, find_model
from ingest.store import EmbedderRecord, Library
from prompts.render import load_prompts
from prompts.summaries import Summaries
from retrieval.hits import Reranker
from retrieval.lexicon import load_lexicon
from retrieval.search import Searcher, SearchOptions
from retrieval.sparse import SparseIndex

if TYPE_CHECKING:
    from app.doc_questions import DocQuestions
    from prompts.chat_model import ChatModel
    from retrieval.langchain import RectoRetriever


def wanted_embedder(settings: Settings) -> EmbedderSpec:
    """The embedder that the settings ask for; `auto` looks for a GPU only where the GPU build of FAISS is installed.

    Raises BadSetup where its model is not on this machine.
    """
    cuda = wants_gpu(settings)
    named = settings.embed_model
    folder = find_model(named) if named and named != BUNDLED else None
    int8 = not cuda and (folder is None or model_config(folder).exportable)
    return EmbedderSpec(settings.cache, folder, "int8" if int8 else "fp32", "cuda" if cuda else "cpu")


def wants_gpu(settings: Settings) -> bool:
    """Whether models run on a GPU."""
    return settings.device == "cuda" or (settings.device == "auto" and _gpu_build() and _cuda())


def embedder_of(settings: Settings, record: EmbedderRecord) -> EmbedderSpec:
    """The embedder that made a library's vectors; raises BadSetup where its model is gone or another one now."""
    folder = Path(record.model_folder) if record.model_folder else None
    precision: Precision = "fp32" if record.precision == "fp32" else "int8"
    device = "cuda" if precision == "fp32" and settings.device != "cpu" and _cuda() else "cpu"
    spec = EmbedderSpec(settings.cache, folder, precision, device)
    if spec.identity() != record.identity:
        raise BadSetup(
            f"the library's vectors are of {record.identity}, the model there is {spec.identity()} now",
            hint="recto migrate",
        )
    return spec


def embedder_in_force(settings: Settings, library: Library) -> EmbedderSpec:
    """The embedder of the library's vectors, or the one that the settings ask for where it has none."""
    record = library.embedder()
    return embedder_of(settings, record) if record else wanted_embedder(settings)


def adopted_embedder(settings: Settings, library: Library) -> EmbedderSpec:
    """As `embedder_in_force`, for those who write vectors: it is the library's from now on."""
    return embedder_of(settings, library.adopt_embedder(record_of(embedder_in_force(settings, library))))


def _gpu_build() -> bool:
    import importlib.metadata

    return any(name == "faiss-gpu" for name in importlib.metadata.packages_distributions().get("faiss", ()))


def _cuda() -> bool:
    if find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()


def embedder_notice(settings: Settings, library: Library) -> str:
    """What to tell a user whose settings ask for another embedder than the one in force; empty where they agree."""
    record, wanted = library.embedder(), record_of(wanted_embedder(settings))
    if record is None or record.identity == wanted.identity:
        return ""
    return f"the library's vectors are of {record.identity} and stay so; recto migrate makes them of {wanted.identity}"


def open_library(settings: Settings) -> Library:
    """Raises LibraryError or StorageFull."""
    return Library(settings.library)


def ingest_options(settings: Settings, *, ocr: Literal["auto", "always", "never"] = "auto") -> IngestOptions:
    workers = settings.workers or default_workers()
    return IngestOptions(parse=ParseOptions(ocr=ocr), engine=ocr_engine(settings), workers=workers)


def ocr_engine(settings: Settings, name: EngineName | None = None) -> EngineSpec:
    """The engine that is named, or the settings'; raises BadSetup where it cannot be loaded here."""
    engine = EngineSpec(name or settings.ocr_engine, settings.cache, settings.ocr_models)
    engine.check()
    return engine


def build_pipeline(settings: Settings, library: Library, options: IngestOptions, report: Report) -> Pipeline:
    return Pipeline(library, adopted_embedder(settings, library), options, report)


def build_searcher(settings: Settings, library: Library) -> Searcher:
    """Where the model of the library's vectors is gone, it searches by words and says so.

    Raises BadSetup for a lexicon that cannot be read, or a reranker that cannot be loaded.
    """

    def load(record: EmbedderRecord) -> Embedder:
        return embedder_of(settings, record).load()

    try:
        spec = embedder_in_force(settings, library)
    except BadSetup:
        spec = wanted_embedder(settings)  # the searcher finds that it is not the one in force, and tries that again
    options = SearchOptions(read_anew=settings.reranker_passages)
    lexicon, reranker = load_lexicon(settings.lexicons), build_reranker(settings)
    return Searcher(library, spec.load(), options, load, lexicon=lexicon, reranker=reranker)


def build_reranker(settings: Settings) -> Reranker | None:
    """The cross-encoder that the settings name, loaded; None where they name none. Raises BadSetup."""
    if not settings.reranker:
        return None
    from retrieval.cross_encoder import load_reranker

    return load_reranker(find_model(settings.reranker), "cuda" if wants_gpu(settings) else "cpu")


def build_retriever(
    settings: Settings, k: int = 10, collection: str | None = None, where: DocumentFilter = ALL
) -> RectoRetriever:
    """The library as a retriever of `k` passages for LangChain's chains; raises LibraryError, StorageFull, BadSetup."""
    from retrieval.langchain import RectoRetriever

    library = open_library(settings)
    library.described.catch_up()
    searcher = build_searcher(settings, library)
    return RectoRetriever(searcher=searcher, library=library, k=k, collection=collection, where=where)


def build_intake(settings: Settings, library: Library, options: IngestOptions) -> Intake:
    record = library.embedder()
    return Intake(library, options.keys(), record.identity if record else wanted_embedder(settings).identity())


def build_tidy(library: Library) -> Tidy:
    """What clears the bytes of removed documents from every file of the library; it may take seconds."""

    def tidy() -> bool:
        if not library.unscrubbed:
            return True
        summaries_of(library).keep_only(_contents(library))
        with ThreadPoolExecutor(1) as beside:  # the one is at work on a processor, the other on the disk
            purged = beside.submit(SparseIndex(library).purge)
            return library.scrub(finish=purged.result)

    return tidy


def build_checks(library: Library, *, ingesting: bool, progress: Progress) -> list[Check]:
    """What `recto fsck` looks at: the library, the index over it that has files, the summaries."""
    words = SparseIndex(library)
    checks = library_checks(library, ingesting=ingesting, progress=progress)
    summaries = summaries_of(library)

    def stray() -> list[str]:
        return [
            f"summaries of {name[:12]} are kept, which no document has" for name in summaries.strays(_contents(library))
        ]

    def clear() -> None:
        summaries.keep_only(_contents(library))

    return [
        *checks,
        index_check("indexes/bm25", words.check, words.rebuild),
        index_check("summaries", stray, clear),
    ]


def summaries_of(library: Library) -> Summaries:
    """The summaries that are kept beside a library."""
    return Summaries(library.folder / "summaries")


def _contents(library: Library) -> set[str]:
    return {document.sha256 for document in library.documents()}


def build(settings: Settings) -> Service:
    """Everything that a person or program touches, over one library."""
    library = open_library(settings)
    intake = build_intake(settings, library, ingest_options(settings))
    searcher = build_searcher(settings, library)
    return Service(settings, library, searcher, intake, Supervisor(settings), build_asking(settings, library, searcher))


def build_asking(settings: Settings, library: Library, searcher: Searcher) -> Asking:
    """Raises BadSetup for a prompt template that does not fit."""
    connect = partial(connect_model, settings) if settings.llm else None
    options = AskOptions(load_prompts(settings.prompts), settings.llm_calls, settings.query_transform)
    return Asking(library, searcher, connect, summaries_of(library), options)


def build_doc_questions(settings: Settings, library: Library, per_chunk: int) -> DocQuestions:
    """Raises BadSetup without a model server or for a prompt template that does not fit, OtherSide, BadInput."""
    from app.doc_questions import DocQuestions

    if not settings.llm:
        raise BadSetup("questions are written by a model, and there is no model server", hint="--llm URL")
    prompts = load_prompts(settings.prompts)
    return DocQuestions(library, connect_model(settings), prompts, summaries_of(library), per_chunk)


def connect_model(settings: Settings) -> ChatModel:
    """The model of the server that the settings name; raises OtherSide."""
    from prompts.model_server import connect

    return connect(
        settings.llm,
        settings.llm_model,
        settings.llm_api_key,
        settings.llm_timeout_s,
        settings.llm_context,
        tokenizer=settings.llm_tokenizer,
    )


SAMPLE = Path(__file__).parent / "samples" / "recto-sample.pdf"
