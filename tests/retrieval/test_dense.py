from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_words import PlainEmbedder, cut, put

from ingest.errors import BadSetup
from ingest.records import State
from ingest.store import EmbedderRecord, Library
from retrieval.dense import DenseIndex
from retrieval.explain import Trace
from retrieval.hits import Candidate
from retrieval.search import Searcher

PLAIN = PlainEmbedder()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def recall(index: DenseIndex, question: str, k: int = 100) -> list[Candidate]:
    index.top_up()
    return index.recall(question, [document.id for document in index.library.documents()], k)


def by_hand(library: Library, question: str, k: int) -> list[Candidate]:
    """The documented rule, without FAISS: float64 products, six decimals, ties by document, then ordinal."""
    vector = PLAIN.encode([question])[0].astype(np.float64)
    found = []
    for place, document in enumerate(library.documents()):
        vectors = library.vectors(document.sha256, PLAIN.identity)
        assert vectors is not None
        for chunk, row in zip(library.chunks(document.sha256), vectors, strict=True):
            score = round(float(row.astype(np.float64) @ vector), 6)
            if score > 0:
                found.append((-score, place, Candidate(document.id, chunk.page, chunk.ordinal, score)))
    return [candidate for *_, candidate in sorted(found, key=lambda one: (one[0], one[1], one[2].ordinal))[:k]]


def test_equal_scores_come_in_the_order_of_documents_and_ordinals(library: Library) -> None:
    documents = [put(library, f"{n}.pdf", "a", "b", "a", embedder=PLAIN) for n in range(60)]
    expected = [(document.id, ordinal) for document in documents for ordinal in (0, 2)]
    for part_rows in (3, 100_000):
        index = DenseIndex(library, PLAIN, part_rows=part_rows)
        assert [(one.document_id, one.ordinal) for one in recall(index, "a", 7)] == expected[:7]


def test_chunks_of_an_unknown_language_take_no_row_and_shift_no_ordinal(library: Library) -> None:
    document = put(library, "a.pdf", "渡轮", "a", "渡轮", "b", embedder=PLAIN)
    index = DenseIndex(library, PLAIN)
    assert recall(index, "b") == [Candidate(document.id, 2, 3, 1.0)]
    assert index.rows == 2


def test_a_removed_document_is_never_returned(library: Library) -> None:
    gone, kept = put(library, "a.pdf", "a", embedder=PLAIN), put(library, "b.pdf", "ab", embedder=PLAIN)
    index = DenseIndex(library, PLAIN)
    assert len(recall(index, "a")) == 2
    library.forget(gone.id)
    index.top_up()
    assert [one.document_id for one in index.recall("a", [gone.id, kept.id], 5)] == [kept.id]
    assert index.rows == 1


def test_a_document_cut_anew_leaves_no_stale_rows(library: Library) -> None:
    document = put(library, "a.pdf", "a", "b", "c", embedder=PLAIN)
    other = put(library, "b.pdf", "a", embedder=PLAIN)
    index = DenseIndex(library, PLAIN)
    index.top_up()
    cut(library, document, "c", "a")  # its vectors are not there yet
    assert [one.document_id for one in recall(index, "a")] == [other.id]
    library.commit_vectors(document.sha256, PLAIN.identity, PLAIN.encode(["c", "a"]).astype(np.float16))
    assert {(one.document_id, one.ordinal) for one in recall(index, "a")} == {(other.id, 0), (document.id, 1)}


def test_there_are_few_parts_however_documents_come(library: Library) -> None:
    index = DenseIndex(library, PLAIN, part_rows=64)
    for n in range(60):
        put(library, f"{n}.pdf", "a", "b", "c", embedder=PLAIN)
        index.top_up()
    assert index.rows == 180
    assert len(index.parts) <= 2 * 180 / 64 + 3
    assert all(len(part) <= 64 for part in index.parts)


STEP = st.tuples(
    st.sampled_from(("add", "add", "cut", "remove", "top up")),
    st.integers(0, 5),
    st.lists(st.text("abcx", min_size=1, max_size=3), min_size=1, max_size=4),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(STEP, min_size=3, max_size=12), st.sampled_from((2, 5, 1000)), st.integers(1, 8))
def test_any_way_to_a_library_answers_by_the_rule(
    steps: list[tuple[str, int, list[str]]], part_rows: int, k: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        index = DenseIndex(library, PLAIN, part_rows=part_rows)
        for action, which, texts in steps:
            documents = library.documents()
            document = documents[which % len(documents)] if documents else None
            if action == "add":
                put(library, f"{which}.pdf", *texts, embedder=PLAIN)
            elif action == "top up":
                index.top_up()
            elif document and action == "cut":
                cut(library, document, *texts, embedder=PLAIN)
            elif document:
                library.forget(document.id)
        for question in ("a", "abc", "bcc"):
            assert recall(index, question, k) == by_hand(library, question, k)
        assert index.check() == []
        library.close()


# another embedder


class Reversed(PlainEmbedder):
    """Another embedder: its vectors are the plain ones, backwards."""

    def encode(self, texts):  # type: ignore[no-untyped-def]
        return super().encode(texts)[:, ::-1]


def migrate(library: Library, embedder: PlainEmbedder) -> None:
    for document in library.documents():
        texts = [chunk.text for chunk in library.chunks(document.sha256)]
        library.commit_vectors(document.sha256, embedder.identity, embedder.encode(texts).astype(np.float16))
    assert library.switch_embedder(EmbedderRecord(embedder.identity, "", "int8"))


def test_a_migration_is_followed(library: Library) -> None:
    document = put(library, "a.pdf", "a", "b", embedder=PLAIN)
    other = Reversed("other")
    index = DenseIndex(library, PLAIN, lambda record: {"other": other}[record.identity])
    assert [one.ordinal for one in recall(index, "b")] == [1]
    migrate(library, other)
    assert [one.ordinal for one in recall(index, "b")] == [1]
    assert index.identity == "other" and index.rows == 2
    added = put(library, "b.pdf", "b", embedder=other)
    assert {one.document_id for one in recall(index, "b")} == {document.id, added.id}


def test_an_embedder_that_cannot_be_loaded_leaves_the_vectors_out_and_says_so(library: Library) -> None:
    def load(record: EmbedderRecord) -> PlainEmbedder:
        raise BadSetup("no such model")

    document = put(library, "a.pdf", "a", embedder=PLAIN)
    searcher = Searcher(library, PLAIN, load=load)
    assert searcher.search("a b", [document])
    migrate(library, Reversed("other"))
    trace = Trace()
    searcher.search("b", [document], trace=trace)
    assert trace.candidates["vectors"] == 0
    assert [note for note in trace.notes if "cannot be loaded" in note] and len(trace.notes) == 1


def test_without_a_loader_vectors_of_another_embedder_are_not_searched(library: Library) -> None:
    put(library, "a.pdf", "a", embedder=PLAIN)
    index = DenseIndex(library, PLAIN)
    assert recall(index, "a")
    migrate(library, Reversed("other"))
    assert not recall(index, "a")


# proving


@pytest.mark.parametrize(
    ("vectors", "finding"),
    [
        (np.eye(8)[:1], "1 for 2 chunks"),
        (np.eye(6)[:2], "dimension 6, not 8"),
        (np.eye(8)[:2] * np.nan, "finite"),
        (np.eye(8)[:2] * 0.5, "2 are not of unit length"),
        (np.zeros((2, 8)), ""),
        (np.eye(8)[:2], ""),
    ],
)
def test_vectors_that_cannot_be_are_found(library: Library, vectors: np.ndarray, finding: str) -> None:
    document = put(library, "a.pdf", "a", "b")
    library.commit_vectors(document.sha256, PLAIN.identity, vectors.astype(np.float16))
    findings = DenseIndex(library, PLAIN).check()
    assert len(findings) == bool(finding)
    assert all("a.pdf" in one and finding in one for one in findings)


def test_an_indexed_document_without_vectors_is_found(library: Library) -> None:
    document = put(library, "a.pdf", "a")
    assert DenseIndex(library, PLAIN).check() == []  # they may still come
    library.set_state(document.id, State.INDEXED)
    assert "none" in DenseIndex(library, PLAIN).check()[0]
