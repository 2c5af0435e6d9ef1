"""Files into a library as `recto ingest` has them, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingest.chunking import ChunkOptions
from ingest.embed import EmbedderSpec
from ingest.intake import Intake, Job, Outcome
from ingest.parse import ParseOptions
from ingest.pipeline import IngestOptions, Pipeline, Progress
from ingest.store import Library


def ingest(
    library: Library,
    cache: Path,
    files: Sequence[Path],
    *,
    password: str = "",
    chunk: ChunkOptions | None = None,
    parse: ParseOptions | None = None,
    events: list[Progress | Outcome] | None = None,
) -> dict[str, Outcome]:
    """Outcomes by file name, as `recto ingest` would have them."""
    options = IngestOptions(workers=2, chunk=chunk or ChunkOptions(), parse=parse or ParseOptions())
    spec = EmbedderSpec(cache)
    intake = Intake(library, options.keys(), spec.identity())
    taken = [intake.enlist(file, "default", "local", password=password, source=str(file)) for file in files]
    with Pipeline(library, spec, options, (events if events is not None else []).append) as pipeline:
        done = pipeline.run(job for job in taken if isinstance(job, Job))
    outcomes = [*done, *(outcome for outcome in taken if isinstance(outcome, Outcome))]
    return {Path(outcome.file).name: outcome for outcome in outcomes}
