"""A document on its way through the ingest, what made of it is asked for, and what is told of it.

It does not know the stages.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from ingest.child import Limits
from ingest.chunking import ChunkOptions
from ingest.intake import Job, Outcome
from ingest.ocr_engine import DEFAULT_ENGINE, EngineSpec
from ingest.parse import ParseOptions
from ingest.records import Content, Document
from ingest.store import Keys, Library


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """`workers` documents are parsed at once, and as many processes embed. `engine` reads pictures."""

    parse: ParseOptions = field(default_factory=ParseOptions)
    chunk: ChunkOptions = field(default_factory=ChunkOptions)
    limits: Limits = field(default_factory=Limits)
    engine: EngineSpec = DEFAULT_ENGINE
    workers: int = 2

    def keys(self) -> Keys:
        """What a content must have been made by to stand."""
        return Keys(f"{self.parse.key()};{self.engine.identity}", self.chunk.key())


@dataclass(frozen=True, slots=True)
class Progress:
    """A document on its way: `done` of `total` pages (parsing, pictures) or chunks (embedding)."""

    document: Document
    stage: str
    done: int
    total: int


Report = Callable[[Progress | Outcome], None]


@dataclass(slots=True, eq=False)
class Work:
    """A document between two stages. `content` is what a scan has before its words can be committed.

    `cancelled`: it is not wanted any more, or all work ends.
    """

    job: Job
    started: float = field(default_factory=time.monotonic)
    done: Future[Outcome] = field(default_factory=Future)
    stages: dict[str, float] = field(default_factory=dict)
    content: Content | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def document(self) -> Document:
        return self.job.document

    @property
    def sha256(self) -> str:
        return self.job.document.sha256

    def password(self, library: Library) -> str:
        """The one that was given, or the one that opened the same bytes before."""
        return self.job.password or library.password(self.sha256)

    def timed(self, stage: str, began: float) -> None:
        self.stages[stage] = self.stages.get(stage, 0.0) + time.monotonic() - began
