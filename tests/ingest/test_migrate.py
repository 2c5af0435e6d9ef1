"""From one embedder to another: the old vectors serve until the new ones are whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import DATA
from ingesting import ingest

from ingest.embed import EmbedderSpec
from ingest.embed_pool import EmbedPool
from ingest.errors import BadDocument
from ingest.migrate import migrate, record_of
from ingest.store import Library

FILES = [DATA / name for name in ("english.pdf", "two-column.pdf")]


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    made = Library(tmp_path_factory.mktemp("ingested") / "library")
    ingest(made, cache, FILES)
    made.adopt_embedder(record_of(EmbedderSpec(cache)))
    made.close()
    return made.folder


@pytest.fixture
def library(tmp_path: Path, ingested: Path) -> Library:
    return Library(shutil.copytree(ingested, tmp_path / "library"))


def test_vectors_of_the_new_embedder_take_the_old_ones_place_at_the_end(library: Library, cache: Path) -> None:
    old, new = EmbedderSpec(cache), EmbedderSpec(cache, precision="fp32")
    contents = [document.sha256 for document in library.documents()]
    before, told = library.position().sequence, []

    def on_chunks(count: int) -> None:
        told.append(count)
        in_force = library.embedder()
        assert in_force is not None and in_force.identity == old.identity()
        assert all(library.has_vectors(sha256, old.identity()) for sha256 in contents)

    migrate(library, new, 1, on_chunks)
    assert sum(told) == sum(document.chunks for document in library.documents())
    assert library.embedder() == record_of(new)
    for sha256 in contents:
        assert not library.has_vectors(sha256, old.identity())
        vectors = library.vectors(sha256, new.identity())
        assert vectors is not None
        assert np.linalg.norm(vectors.astype(np.float32), axis=1) == pytest.approx(1.0, abs=1e-2)
    assert [change.action for change in library.changes_since(before)] == ["migrated"]


def test_a_migration_that_was_stopped_goes_on(library: Library, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new, encode, calls = EmbedderSpec(cache, precision="fp32"), EmbedPool.encode, []

    def fails_second(pool: EmbedPool, texts: list[str]) -> object:
        calls.append(len(texts))
        if len(calls) == 2:
            raise BadDocument("crashed", "the worker died")
        return encode(pool, texts)

    monkeypatch.setattr(EmbedPool, "encode", fails_second)
    monkeypatch.setattr("ingest.embed_pool._BATCH", {"int8": 64, "fp32": 1})
    with pytest.raises(BadDocument):
        migrate(library, new, 1, lambda count: None)
    assert library.embedder() == record_of(EmbedderSpec(cache)), "the old one stays in force"
    monkeypatch.undo()
    migrate(library, new, 1, lambda count: None)
    assert library.embedder() == record_of(new) and not library.without_vectors(new.identity())


def test_a_switch_waits_for_every_content(library: Library, cache: Path) -> None:
    record = record_of(EmbedderSpec(cache, precision="fp32"))
    assert not library.switch_embedder(record)
    assert len(library.without_vectors(record.identity)) == len(FILES)
