"""The vector index on a GPU gives what it gives on the processor; without one, an index that rounds stands in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_words import put

from ingest.store import Library
from retrieval import parts
from retrieval.dense import DenseIndex
from retrieval.parts import Part, make_part, nearest, rows_of
from retrieval.scope import ALL_PAGES

DIMENSION, ROWS = 64, 3000


def has_gpu() -> bool:
    import faiss

    return hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0


def vectors(seed: int) -> Any:
    """Unit rows around a few directions, so that many scores lie close together, and some are equal."""
    made = np.random.default_rng(seed)
    centres = made.normal(size=(12, DIMENSION))
    rows = centres[made.integers(12, size=ROWS)] + made.normal(scale=0.01, size=(ROWS, DIMENSION))
    rows[1::50] = rows[::50]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def part_of(rows: Any) -> Part:
    half = ROWS // 2
    documents = [(name, rows_of(some, range(1, half + 1))) for name, some in (("a", rows[:half]), ("b", rows[half:]))]
    return make_part(documents)


def best(part: Part, question: Any, k: int) -> list[tuple[float, int]]:
    """The scores and rows of the first `k` by the rule for ties."""
    [(_, rows, scores)] = nearest([part], question, {"a", "b"}, k, ALL_PAGES)
    return sorted(zip((-scores).tolist(), rows.tolist(), strict=True))[:k]


class Rounding:
    """An index that multiplies as a GPU does: the question in float16, sums off by up to a thousandth."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows.astype(np.float32)
        self._off = np.random.default_rng(3).uniform(-1e-3, 1e-3, len(rows))
        self.searches = 0

    def search(self, question: Any, k: int) -> tuple[Any, Any]:
        self.searches += 1
        scores = self._rows @ question[0].astype(np.float16).astype(np.float32) + self._off
        order = np.argsort(-scores, kind="stable")[:k]
        return scores[order][None], order[None]


@pytest.mark.parametrize("k", [1, 10, 100])
def test_an_index_that_rounds_gives_the_same(k: int) -> None:
    rows = vectors(1)
    part = replace(part_of(rows), gpu=None)
    rounding = Rounding(rows)
    rounded = replace(part, gpu=rounding)
    for question in vectors(2)[:40].astype(np.float32):
        assert best(rounded, question[None], k) == best(part, question[None], k)
    assert rounding.searches >= 40


@pytest.mark.skipif(not has_gpu(), reason="needs a GPU and faiss-gpu")
@pytest.mark.parametrize("k", [1, 10, 100])
def test_a_gpu_gives_the_same(k: int) -> None:
    part = part_of(vectors(1))
    assert part.gpu is not None
    for question in vectors(2)[:40].astype(np.float32):
        assert best(part, question[None], k) == best(replace(part, gpu=None), question[None], k)


def test_without_a_gpu_nothing_is_asked_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import faiss
    from made_words import PlainEmbedder

    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 0)
    parts._gpu_resources.cache_clear()
    library = Library(tmp_path / "library")
    put(library, "a.pdf", "a", "b", embedder=PlainEmbedder())
    index = DenseIndex(library, PlainEmbedder())
    assert index.top_up() == ""
    assert [part.gpu for part in index.parts] == [None]
    parts._gpu_resources.cache_clear()
