"""Searches, writers and crashes at the same time: nothing raises, and nothing that was removed comes back."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from made_words import PlainEmbedder, cut, found, put, swap_often

from ingest.store import Library
from retrieval.explain import Trace
from retrieval.search import Searcher
from retrieval.shards import ShardWriter
from retrieval.sparse import SparseIndex

PLAIN = PlainEmbedder()
SWAPS = 10


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def test_a_thousand_searches_during_twenty_swaps_meet_no_error(library: Library) -> None:
    kept = put(library, "kept.pdf", "harbour lights", "a ferry", embedder=PLAIN)
    searcher = Searcher(library, PLAIN)
    searcher.top_up()
    errors: list[BaseException] = []
    searches = [0] * 3
    swapped = threading.Event()

    def search(worker: int) -> None:
        reader = Library(library.folder)
        own = searcher if worker else Searcher(reader, PLAIN)  # one that opens the files anew
        while not swapped.is_set() or searches[worker] < 334:
            try:
                hits = own.search("harbour a ferry", [kept], 3)
                assert hits and {hit.document.id for hit in hits} == {kept.id}
            except BaseException as error:  # noqa: BLE001
                errors.append(error)
                return
            searches[worker] += 1
        reader.close()

    threads = [threading.Thread(target=search, args=(worker,)) for worker in range(3)]
    other = multiprocessing.get_context("spawn").Process(target=swap_often, args=(library.folder, SWAPS))
    other.start()
    for thread in threads:
        thread.start()
    try:
        swap_often(library.folder, SWAPS)
        other.join()
    finally:
        swapped.set()
        for thread in threads:
            thread.join()
    assert other.exitcode == 0
    assert errors == [] and sum(searches) >= 1000
    assert searcher.check() == []


def test_a_query_does_not_wait_for_another_process_that_writes(library: Library) -> None:
    kept = put(library, "kept.pdf", "harbour", embedder=PLAIN)
    searcher = Searcher(library, PLAIN)
    searcher.top_up()
    added = put(library, "new.pdf", "harbour", embedder=PLAIN)
    library.forget(kept.id)
    trace = Trace()
    with FileLock(library.folder / "indexes" / "bm25" / "lock"):
        assert [hit.document.id for hit in searcher.search("harbour", [kept, added], trace=trace)] == [added.id]
    assert trace.candidates["words"] == 0 or "behind" in trace.notes[0]
    assert any("behind" in note for note in trace.notes)
    trace = Trace()
    assert searcher.search("harbour", [added], trace=trace)[0].document.id == added.id
    assert trace.notes == []


# between recall and reading


def test_a_document_removed_after_recall_is_not_read(library: Library) -> None:
    kept, gone = put(library, "a.pdf", "harbour", embedder=PLAIN), put(library, "b.pdf", "harbour", embedder=PLAIN)
    searcher = Searcher(library, PLAIN)
    recalled = searcher.recall("harbour", [kept, gone])
    library.forget(gone.id)
    assert {hit.document.id for hit in searcher.rank("harbour", recalled, [kept, gone])} == {kept.id}


def test_a_page_that_holds_no_chunk_any_more_is_left_out(library: Library) -> None:
    document = put(library, "a.pdf", "a", "b", "harbour", "lights", embedder=PLAIN)  # page 2 holds both words
    searcher = Searcher(library, PLAIN)
    recalled = searcher.recall("harbour lights", [document])
    only_pages = {branch: [one for one in found if one.ordinal is None] for branch, found in recalled.items()}
    cut(library, document, "one chunk")
    assert searcher.rank("harbour lights", only_pages, [document]) == []


def test_a_chunk_that_another_page_took_over_is_no_hit(library: Library) -> None:
    document = put(library, "a.pdf", "a", "b", "harbour")
    searcher = Searcher(library, PLAIN)
    recalled = searcher.recall("harbour", [document])
    moved = {
        branch: [type(one)(one.document_id, 7, one.ordinal, one.score) for one in found if one.ordinal is not None]
        for branch, found in recalled.items()
    }
    assert searcher.rank("harbour", moved, [document]) == []


def test_a_document_removed_while_its_chunks_are_read_is_no_hit(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = put(library, "a.pdf", "harbour", embedder=PLAIN)
    searcher = Searcher(library, PLAIN)
    searcher.top_up()
    chunks = Library.chunks

    def and_gone(self: Library, *args: Any, **kwargs: Any) -> Any:
        read = chunks(self, *args, **kwargs)
        if document.id in {one.id for one in self.documents()}:
            self.forget(document.id)
        return read

    monkeypatch.setattr(Library, "chunks", and_gone)
    assert searcher.search("harbour", [document]) == []


# crashes


class Killed(BaseException):
    """Stands for the end of the process."""


def dying_at(monkeypatch: pytest.MonkeyPatch, place: int | None) -> list[str]:
    """Lets the `place`-th call that changes the disk be the last; returns the list to which each call adds its name."""
    calls: list[str] = []

    def counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            if place is not None and len(calls) > place:
                raise Killed(name)
            return call(*args, **kwargs)

        return run

    monkeypatch.setattr(os, "fsync", counted("fsync", os.fsync))
    monkeypatch.setattr(Path, "replace", counted("replace", Path.replace))
    monkeypatch.setattr(Path, "rename", counted("rename", Path.rename))
    monkeypatch.setattr(shutil, "rmtree", counted("rmtree", shutil.rmtree))
    monkeypatch.setattr(ShardWriter, "_commit", counted("commit", ShardWriter._commit))
    monkeypatch.setattr(ShardWriter, "delete", counted("delete", ShardWriter.delete))
    monkeypatch.setattr(ShardWriter, "abandon", lambda self: None)  # a process that ends tidies nothing up
    return calls


@pytest.mark.parametrize("purge", [False, True])
def test_a_crash_at_any_moment_of_writing_ends_in_a_right_index(library: Library, tmp_path: Path, purge: bool) -> None:
    index = SparseIndex(library, shard_chunks=2)
    documents = [put(library, f"{n}.pdf", f"harbour {n}", "quay") for n in range(3)]
    index.top_up()
    cut(library, documents[0], "lighthouse")
    library.forget(documents[1].id)
    put(library, "new.pdf", "harbour")
    library.scrub()

    def crash(folder: Path, place: int | None) -> list[str]:
        shutil.copytree(library.folder, folder)
        dying = SparseIndex(Library(folder), shard_chunks=2)
        with pytest.MonkeyPatch.context() as monkeypatch:
            calls = dying_at(monkeypatch, place)
            with suppress(Killed):
                dying.purge() if purge else dying.top_up()
        return list(calls)

    total = len(crash(tmp_path / "whole", None))
    assert total > 10
    for place in range(total):
        folder = tmp_path / f"killed-{place}"
        crash(folder, place)
        opened = SparseIndex(Library(folder), shard_chunks=2)
        opened.purge()
        assert opened.check() == [], place
        wanted = {(documents[0].id, 0), (documents[2].id, 0)} | {(one.id, 0) for one in library.documents()[-1:]}
        assert found(opened, "harbour lighthouse").keys() == wanted, place
        left = {path.name for path in (folder / "indexes" / "bm25").iterdir() if path.is_dir()}
        assert left == {one.shard.folder for one in opened.shards}
        shutil.rmtree(folder)
