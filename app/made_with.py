"""What answers are made with: versions, models, options, where the indexes are. No names of hosts, users or folders.

It reads and decides nothing.
"""

from __future__ import annotations

import platform
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from typing_extensions import TypedDict

from app.settings import Settings
from ingest.presets import BUNDLED
from ingest.store import Library
from retrieval.search import Searcher
from retrieval.shards import read_manifest

LIBRARIES = ("liteparse", "pypdfium2", "pillow", "rapidocr", "onnxruntime", "tantivy", "faiss-cpu", "langchain-core")


class ShardJson(TypedDict):
    """A part of the keyword index; `files` are bytes and CRC-32 by name."""

    folder: str
    documents: int
    files: dict[str, list[int]]


class IndexJson(TypedDict):
    """Where the library is, and the indexes over it, in its change log."""

    epoch: str
    sequence: int
    embedder: str
    words_sequence: int | None
    shards: list[ShardJson]


class MadeWithJson(TypedDict):
    """`versions` by package; `models` by what they do, empty where there is none; `options` by name."""

    versions: dict[str, str]
    models: dict[str, str]
    options: dict[str, object]
    index: IndexJson


def made_with(settings: Settings, library: Library, searcher: Searcher) -> MadeWithJson:
    """As things are now."""
    return {
        "versions": versions(),
        "models": {
            "embedder": _embedder(library),
            "reranker": Path(settings.reranker).name,
            "pictures": settings.ocr_engine,
            "chat": (settings.llm_model or "as the server has it") if settings.llm else "",
        },
        "options": {
            "search": asdict(searcher.options),
            "reranker_passages": settings.reranker_passages,
            "query_transform": settings.query_transform,
            "llm_calls": settings.llm_calls,
            "prompts": "own" if settings.prompts else BUNDLED,
            "lexicons": "own" if settings.lexicons else BUNDLED,
        },
        "index": _index(library),
    }


def versions() -> dict[str, str]:
    """Of Recto, Python and the packages that answers rest on, as far as they are installed."""
    found = {"recto": version("recto"), "python": platform.python_version()}
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _embedder(library: Library) -> str:
    record = library.embedder()
    return record.identity if record else ""


def _index(library: Library) -> IndexJson:
    position, words = library.position(), read_manifest(library.folder / "indexes" / "bm25")
    shards: list[ShardJson] = [
        {
            "folder": shard.folder,
            "documents": len(shard.documents),
            "files": {name: list(checked) for name, checked in shard.files.items()},
        }
        for shard in (words.shards if words else ())
    ]
    return {
        "epoch": position.epoch,
        "sequence": position.sequence,
        "embedder": _embedder(library),
        "words_sequence": words.sequence if words else None,
        "shards": shards,
    }
