"""A document that is cancelled on its way stops within seconds, in whichever stage, and can be taken up again."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import DATA

from ingest.embed import EmbedderSpec
from ingest.embed_pool import EmbedPool
from ingest.embed_queue import EmbedQueue
from ingest.intake import Intake, Job, Outcome
from ingest.pipeline import IngestOptions, Pipeline, Progress
from ingest.records import Content, State
from ingest.sandbox import parse_in_child
from ingest.store import Library

SOON_S = 30.0  # for a loaded machine; no figure of speed


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def enlisted(library: Library, cache: Path, path: Path) -> Job:
    taken = Intake(library, IngestOptions().keys(), EmbedderSpec(cache).identity()).enlist(path, "default", "local")
    assert isinstance(taken, Job)
    return taken


def pipeline(library: Library, cache: Path, events: list[Progress | Outcome]) -> Pipeline:
    return Pipeline(library, EmbedderSpec(cache), IngestOptions(workers=1), events.append)


def test_only_what_is_on_its_way_is_cancelled_and_only_what_was_is_taken_up(library: Library) -> None:
    document = library.add_document("a.pdf", "default", "local", "ab" * 32)
    assert not library.take_up(document.id)
    assert library.cancel(document.id) and not library.cancel(document.id)
    library.set_state(document.id, State.PARSING, pages=9, pages_done=3)  # a worker that has not heard of it
    assert library.document(document.id).state is State.CANCELLED
    assert library.in_progress() == []
    assert library.take_up(document.id) and library.document(document.id).state is State.WAITING
    library.set_state(document.id, State.INDEXED)
    assert not library.cancel(document.id)
    assert library.unwanted([document.id, "gone"]) == {"gone"}


@pytest.mark.parametrize("how", ["cancelled", "removed"])
def test_a_child_at_work_is_ended(library: Library, cache: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """A real child that reads the same file again and again, until it is killed."""
    begun, ended = threading.Event(), threading.Event()

    def without_end(*arguments: Any, **options: Any) -> Content:
        try:
            while True:
                parse_in_child(*arguments, **options)
                begun.set()
        finally:
            ended.set()

    monkeypatch.setattr("ingest.stages.parse_in_child", without_end)
    monkeypatch.setattr(EmbedPool, "encode", lambda _, texts: np.ones((len(texts), 384), np.float16))
    job = enlisted(library, cache, DATA / "english.pdf")
    with pipeline(library, cache, []) as work:
        done = work.submit(job)
        assert begun.wait(SOON_S)
        if how == "removed":
            library.forget(job.document.id)
        else:
            assert library.cancel(job.document.id)
        assert ended.wait(SOON_S)
        gone = {"not_pdf"} if how == "removed" else set()  # the file may go before the child that reads it again
        assert done.result(SOON_S).state in {"cancelled"} | gone
        if how == "cancelled":
            monkeypatch.setattr("ingest.stages.parse_in_child", parse_in_child)
            assert library.document(job.document.id).state is State.CANCELLED
            assert library.take_up(job.document.id)
            assert work.submit(Job(library.document(job.document.id))).result(2 * SOON_S).state == "indexed"


def test_while_it_is_embedded_a_document_is_left_with_its_words(
    library: Library, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(pool: EmbedPool, texts: Sequence[str]) -> Any:
        begun.set()
        go_on.wait(SOON_S)
        return np.zeros((len(texts), 384), np.float16)

    monkeypatch.setattr(EmbedPool, "encode", slow)
    job = enlisted(library, cache, DATA / "english.pdf")
    with pipeline(library, cache, []) as work:
        done = work.submit(job)
        assert begun.wait(SOON_S)
        library.cancel(job.document.id)
        assert done.result(SOON_S).state == "cancelled"
        go_on.set()
    document = library.document(job.document.id)
    assert document.askable and document.state is State.CANCELLED
    assert not library.has_vectors(document.sha256, EmbedderSpec(cache).identity())
    again = enlisted(library, cache, Path(shutil.copy(DATA / "english.pdf", tmp_path / "again.pdf")))
    assert (again.document.id, library.document(document.id).state) == (document.id, State.WAITING)


def test_texts_that_are_not_wanted_any_more_are_not_embedded() -> None:
    seen: list[str] = []
    first, go_on = threading.Event(), threading.Event()

    def encode(texts: Sequence[str]) -> Any:
        seen.extend(texts)
        first.set()
        assert go_on.wait(SOON_S)
        return np.zeros((len(texts), 2), np.float16)

    queue = EmbedQueue(encode, batch=1, workers=1)
    unwanted = queue.submit(["a", "b", "c"])
    wanted = queue.submit(["d"])
    assert first.wait(SOON_S) and unwanted.cancel()
    go_on.set()
    assert wanted.result(SOON_S).shape == (1, 2)
    queue.close()
    assert seen == ["a", "d"]
