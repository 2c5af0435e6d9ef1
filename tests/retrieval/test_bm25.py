from __future__ import annotations

from pathlib import Path

import pytest
from made_words import put

from ingest.store import Library
from retrieval import bm25
from retrieval.bm25 import Profiles
from retrieval.sparse import SparseIndex


@pytest.fixture
def index(tmp_path: Path) -> SparseIndex:
    library = Library(tmp_path / "library")
    put(library, "ferry.pdf", "the ferry", "leaves", "the harbour", "office")  # two chunks a page
    put(library, "tram.pdf", "the tram", "stops")
    index = SparseIndex(library)
    index.top_up()
    return index


def test_the_profiles_asked_for_last_are_kept(index: SparseIndex) -> None:
    (shard,) = index.shards
    ferry = index.library.find("ferry.pdf").id
    profiles = Profiles(most=1)
    first = profiles.of(shard, [(ferry, 1)])[ferry, 1]
    assert [chunk.each for chunk in first.chunks] == [["ferri"], ["leav"]]
    assert profiles.of(shard, [(ferry, 1)])[ferry, 1] is first
    assert profiles.of(shard, [(ferry, 2), (ferry, 3)]).keys() == {(ferry, 2)}  # there is no third page
    again = profiles.of(shard, [(ferry, 1)])[ferry, 1]
    assert again == first and again is not first


def test_an_entry_is_found_in_one_document_as_in_many(index: SparseIndex) -> None:
    branch = index.branch("page")
    ids = {document.name: document.id for document in index.library.documents()}
    (tram,) = branch.recall("tram", [ids["tram.pdf"]], 5)
    assert (tram.document_id, tram.page, tram.ordinal) == (ids["tram.pdf"], 1, None)
    assert [one[:3] for one in branch.recall("tram", list(ids.values()), 5)] == [tram[:3]]
    (harbour,) = index.branch("chunk").recall("harbour", [ids["ferry.pdf"]], 5)
    assert (harbour.page, harbour.ordinal) == (2, 2)


@pytest.mark.parametrize("share", [1, 3, 50])
def test_the_best_of_many_shards_are_the_best_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    """However few each shard is asked for at first, of which the first here holds the most."""
    monkeypatch.setattr(bm25, "_AHEAD", 0)
    monkeypatch.setattr(bm25, "_MARGIN", share)
    library = Library(tmp_path / "library")
    put(library, "a.pdf", *(f"ferry {'ferry ' * n} harbour {n}" for n in range(9)))
    for number in range(5):
        put(library, f"{number}.pdf", "ferry", f"the harbour {number}", "ferry ferry harbour", "a tram")
    index = SparseIndex(library, shard_chunks=4)
    index.top_up()
    ids = [document.id for document in library.documents()]
    parts = index.scopes("chunk", ids)
    assert len(parts) == 6
    factors = {"ferri": 1.3, "harbour": 0.7}
    every = [hit for part in parts for hit in part.candidates(part.hits(factors, 100)) if hit is not None]
    every.sort(key=lambda one: -one.score)
    for k in (1, 5, 12, 100):
        assert bm25.best(parts, factors, k) == every[:k]
