"""`recto migrate`: the library's vectors to those of another embedding model."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from tqdm import tqdm

from app.cli import INGESTS, confirmed, held, settings_of, write, write_json
from app.settings import Settings
from app.wiring import open_library, wanted_embedder
from ingest.intake import ingest_lock
from ingest.migrate import migrate, record_of
from ingest.pipeline import default_workers
from ingest.store import EmbedderRecord, Library


def _wanted(settings: Settings, to: str | None) -> Settings:
    """The settings with the model that `--to` names."""
    return settings if to is None else settings.model_copy(update={"embed_model": to})


def described(record: EmbedderRecord) -> str:
    """An embedder in a few words."""
    return f"{record.model_folder or 'the bundled model'} in {record.precision} ({record.identity})"


def _lacking(library: Library, identity: str) -> tuple[int, int]:
    """How many contents and chunks have no vectors of the embedder."""
    lacking = set(library.without_vectors(identity))
    chunks = {document.sha256: document.chunks for document in library.documents() if document.sha256 in lacking}
    return len(lacking), sum(chunks.values())


def _ticked(bar: tqdm[Any], chunks: int) -> None:
    bar.update(chunks)


def run(arguments: argparse.Namespace) -> int:
    """Returns 0; raises BadSetup."""
    settings = _wanted(settings_of(arguments), arguments.to)
    library = open_library(settings)
    spec = wanted_embedder(settings)
    target, present = record_of(spec), library.embedder()
    if present == target:
        if arguments.json:
            write_json({"embedder": target.identity, "migrated": False, "chunks": 0})
        else:
            write(f"nothing to do: the vectors are of {described(target)}")
        return 0
    files, chunks = _lacking(library, target.identity)
    plan = f"embed {chunks} chunks of {files} files anew with {described(target)}"
    if present is not None:
        plan += f"; until that is done the vectors of {described(present)} serve"
    if not confirmed(arguments, plan, "migrate"):
        return 0
    workers = settings.workers or default_workers()
    with held(ingest_lock(library), INGESTS):
        bar: tqdm[Any] = tqdm(total=chunks, unit="chunk", disable=not sys.stderr.isatty(), file=sys.stderr)
        with bar:
            migrate(library, spec, workers, lambda chunks: _ticked(bar, chunks))
    if arguments.json:
        write_json({"embedder": target.identity, "migrated": True, "chunks": chunks})
    else:
        write(f"done: the vectors are of {described(target)} now; name the same model in recto.toml (embed_model)")
    return 0
