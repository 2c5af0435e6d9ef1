from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
import tantivy
from hypothesis import given, settings
from hypothesis import strategies as st
from made_words import cut, found, put

from ingest.errors import StorageFull
from ingest.store import Library
from retrieval.shards import ShardWriter
from retrieval.sparse import SparseIndex


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def shard_folders(library: Library) -> set[str]:
    return {path.name for path in (library.folder / "indexes" / "bm25").iterdir() if path.is_dir()}


def files(library: Library) -> list[Path]:
    folder = library.folder / "indexes" / "bm25"
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("lock"))


def holds(library: Library, word: str) -> bool:
    """Whether a dictionary on the disk has the word; tantivy packs it so that no grep sees it."""
    units = [path.parent for path in (library.folder / "indexes").rglob("meta.json")]
    searchers = [tantivy.Index.open(str(unit)).searcher() for unit in units]
    return any(searcher.terms_with_prefix(field, word) for searcher in searchers for field in ("body", "head"))


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()  # the file may have a second name
    path.write_bytes(content)


def test_a_small_library_is_one_shard(library: Library) -> None:
    index = SparseIndex(library)
    for n in range(3):
        put(library, f"{n}.pdf", "harbour")
        index.top_up()
    assert len(index.shards) == 1


def test_how_many_shards_there_are_changes_no_score(library: Library) -> None:
    texts = ("pilot boat berth", "ferry boat quay", "boat boat boat", "mooring line quay")  # equally long
    for n, text in enumerate(texts * 2):
        put(library, f"{n}.pdf", text)
    many = SparseIndex(library, shard_chunks=2)
    many.top_up()
    scores = {question: found(many, question) for question in ("boat", "pilot quay", "0 line")}
    assert len(many.shards) == 4
    shutil.rmtree(library.folder / "indexes")
    one = SparseIndex(library)
    one.top_up()
    assert len(one.shards) == 1
    for question, expected in scores.items():
        assert found(one, question) == pytest.approx(expected, rel=1e-5)


def test_a_removed_document_is_gone_at_once_and_its_words_after_a_purge(library: Library) -> None:
    index = SparseIndex(library, shard_chunks=2)
    gone, _, _ = put(library, "a.pdf", "zanzibarpass"), put(library, "b.pdf", "harbour"), put(library, "c.pdf", "quay")
    index.top_up()
    before = shard_folders(library)
    library.forget(gone.id)
    index.top_up()
    assert not index.branch("chunk").recall("zanzibarpass", [gone.id], 5)
    assert not found(index, "zanzibarpass")
    assert holds(library, "zanzibarpass")
    assert any("still holds words" in finding for finding in index.check())
    index.purge()
    assert not holds(library, "zanzibarpass")
    assert index.check() == []
    assert len(before & shard_folders(library)) == 1  # the other shard was let alone


def test_the_last_document_of_a_shard_takes_it_along(library: Library) -> None:
    index = SparseIndex(library)
    document = put(library, "a.pdf", "zanzibarpass")
    index.top_up()
    library.forget(document.id)
    index.top_up()
    assert not holds(library, "zanzibarpass") and not index.shards and index.check() == []


def test_a_document_cut_anew_is_found_by_its_new_chunks_only(library: Library) -> None:
    index = SparseIndex(library)
    document = put(library, "a.pdf", "harbour", "lighthouse")
    put(library, "b.pdf", "lighthouse")
    index.top_up()
    cut(library, document, "quay", "mast", "lighthouse")
    index.top_up()
    assert not found(index, "harbour")
    assert (document.id, 2) in found(index, "lighthouse") and (document.id, 1) not in found(index, "lighthouse")
    index.purge()
    assert not holds(library, "harbour") and index.check() == []


def test_documents_of_one_content_are_each_found(library: Library) -> None:
    first = put(library, "a.pdf", "harbour")
    second = library.add_document("b.pdf", "default", "local", first.sha256)
    library.commit_known(second.id, first.sha256)
    index = SparseIndex(library)
    index.top_up()
    assert set(found(index, "harbour")) == {(first.id, 0), (second.id, 0)}


def test_vectors_alone_do_not_write_the_index(library: Library) -> None:
    from made_words import PlainEmbedder

    document = put(library, "a.pdf", "harbour")
    index = SparseIndex(library)
    index.top_up()
    written = (library.folder / "indexes" / "bm25" / "state.json").stat().st_mtime_ns
    library.commit_vectors(document.sha256, "plain", PlainEmbedder().encode(["harbour"]).astype("float16"))
    index.top_up()
    assert (library.folder / "indexes" / "bm25" / "state.json").stat().st_mtime_ns == written


def test_a_flipped_bit_in_any_file_is_found(library: Library) -> None:
    put(library, "a.pdf", "harbour", "lighthouse")
    SparseIndex(library).top_up()
    assert len(files(library)) > 10
    for path in files(library):
        kept = path.read_bytes()
        flip(path)
        assert SparseIndex(library).check(), path.name
        path.write_bytes(kept)
    assert SparseIndex(library).check() == []


@pytest.mark.parametrize("name", ["meta.json", "*.term", "*.store", ".managed.json"])
@pytest.mark.parametrize("missing", [False, True])
def test_a_damaged_shard_alone_is_built_anew(library: Library, name: str, missing: bool) -> None:
    for n in range(4):
        put(library, f"{n}.pdf", f"harbour word{n}", "lighthouse")
    index = SparseIndex(library, shard_chunks=4)
    index.top_up()
    expected, before = found(index, "harbour"), shard_folders(library)
    path = next(iter((library.folder / "indexes" / "bm25").glob(f"*/chunk/{name}")))
    path.unlink() if missing else flip(path)
    mended = SparseIndex(library, shard_chunks=4)
    mended.top_up()
    assert found(mended, "harbour") == pytest.approx(expected)
    assert mended.check() == []
    assert before - shard_folders(library) == {path.parent.parent.name}


def test_a_restored_library_builds_the_index_anew(library: Library, tmp_path: Path) -> None:
    put(library, "a.pdf", "harbour")
    SparseIndex(library).top_up()
    other = Library(tmp_path / "other")
    document = put(other, "b.pdf", "lighthouse")
    shutil.copytree(library.folder / "indexes", other.folder / "indexes")
    index = SparseIndex(other)
    assert "another state" in index.check()[0]
    index.top_up()
    assert set(found(index, "lighthouse harbour")) == {(document.id, 0)} and index.check() == []
    assert not holds(other, "harbour")


def test_an_index_ahead_of_the_library_is_built_anew(library: Library) -> None:
    from dataclasses import replace

    from retrieval.shards import read_manifest, write_manifest

    document = put(library, "a.pdf", "harbour")
    SparseIndex(library).top_up()
    folder = library.folder / "indexes" / "bm25"
    manifest = read_manifest(folder)
    assert manifest is not None
    write_manifest(folder, replace(manifest, sequence=99))
    index = SparseIndex(library)
    index.top_up()
    assert set(found(index, "harbour")) == {(document.id, 0)} and index.check() == []


def test_the_folders_of_an_older_index_go(library: Library) -> None:
    put(library, "a.pdf", "harbour")
    old = library.folder / "indexes" / "bm25-chunk"
    old.mkdir(parents=True)
    SparseIndex(library).top_up()
    assert not old.exists()


def test_what_is_added_while_a_purge_builds_is_kept(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    index, other = SparseIndex(library), SparseIndex(library)
    gone, again, _ = (put(library, f"{n}.pdf", word, "mast") for n, word in enumerate(("zanzibar", "quay", "harbour")))
    index.top_up()
    library.forget(gone.id)
    built = SparseIndex._fill
    calls = []

    def meanwhile(self: SparseIndex, writer: object, *rest: object) -> object:
        shard = built(self, writer, *rest)  # type: ignore[arg-type]
        if not calls and not rest[0] and self is index:
            calls.append(1)
            cut(library, again, "gangway", "mast")
            calls.append(put(library, "new.pdf", "lighthouse").id)
            other.top_up()  # as another process would
        return shard

    index.top_up()
    monkeypatch.setattr(SparseIndex, "_fill", meanwhile)
    index.purge()
    assert set(found(index, "lighthouse gangway quay zanzibar")) == {(calls[1], 0), (again.id, 0)}
    assert not holds(library, "zanzibar") and not holds(library, "quay")
    assert index.check() == [] and len(index.shards) == 1


def test_a_removed_document_s_rows_that_an_index_kept_are_found_by_its_check(library: Library) -> None:
    from dataclasses import replace

    from retrieval.shards import read_manifest, write_manifest

    document = put(library, "a.pdf", "harbour")
    put(library, "b.pdf", "lighthouse")
    index = SparseIndex(library)
    index.top_up()
    library.forget(document.id)
    folder = library.folder / "indexes" / "bm25"
    manifest = read_manifest(folder)
    assert manifest is not None
    (shard,) = manifest.shards
    kept = {one: at for one, at in shard.documents.items() if one != document.id}
    done = replace(manifest, sequence=library.position().sequence, shards=(replace(shard, documents=kept),))
    write_manifest(folder, done)
    findings = SparseIndex(library).check()
    assert any("holds 1 chunk entries that the library does not" in finding for finding in findings)
    assert any("counts 1 chunk terms" in finding for finding in findings)
    index.rebuild()
    assert index.check() == []


def test_a_full_disk_leaves_what_is_there_to_be_searched(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    document = put(library, "a.pdf", "harbour")
    index = SparseIndex(library)
    index.top_up()
    put(library, "b.pdf", "harbour")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(ShardWriter, "finish", full)
        assert "No space left" in index.top_up()
        with pytest.raises(StorageFull):
            index.purge()
    assert set(found(index, "harbour")) == {(document.id, 0)}
    assert index.top_up() == "" and len(found(index, "harbour")) == 2


def test_what_a_cut_short_write_left_is_found_and_goes_with_a_purge(library: Library) -> None:
    put(library, "a.pdf", "harbour")
    index = SparseIndex(library)
    index.top_up()
    folder = library.folder / "indexes" / "bm25"
    for name in ("0123456789ab", "building-0123456789ab"):
        shutil.copytree(folder / index.shards[0].shard.folder, folder / name)
    assert ["was left by" in finding for finding in index.check()] == [True, True]
    index.purge()
    assert index.check() == [] and len(shard_folders(library)) == 1


WORDS = st.lists(st.sampled_from(("pilot", "berth", "quay", "mast")), min_size=3, max_size=3).map(" ".join)
STEP = st.tuples(
    st.sampled_from(("add", "add", "cut", "remove", "top up", "purge")),
    st.integers(0, 5),
    st.lists(WORDS, min_size=1, max_size=3),
)


@settings(max_examples=10, deadline=None)
@given(st.lists(STEP, min_size=3, max_size=9), st.sampled_from((2, 3, 100)))
def test_any_way_to_a_library_answers_like_a_fresh_index(
    steps: list[tuple[str, int, list[str]]], shard_chunks: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        index = SparseIndex(library, shard_chunks=shard_chunks)
        for action, which, texts in steps:
            documents = library.documents()
            document = documents[which % len(documents)] if documents else None
            if action == "add":
                put(library, f"{which}.pdf", *texts)
            elif action == "top up":
                index.top_up()
            elif action == "purge":
                index.purge()
            elif document and action == "cut":
                cut(library, document, *texts)
            elif document:
                library.forget(document.id)
        index.purge()
        assert index.check() == []
        fresh_index = SparseIndex(library)
        chunks = {word: found(index, word) for word in ("pilot", "berth quay", "mast 3")}
        pages = {word: found(index, word, unit="page").keys() for word in ("pilot", "mast 3")}
        shutil.rmtree(library.folder / "indexes", ignore_errors=True)
        fresh_index.top_up()
        for word, scores in chunks.items():
            assert found(fresh_index, word) == pytest.approx(scores, rel=1e-4)
        for word, keys in pages.items():
            assert found(fresh_index, word, unit="page").keys() == keys
        library.close()
