"""Texts of several documents through one queue: batches cross documents, documents take turns, failures stay apart."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.embed_queue import EmbedQueue, Vectors

_LONG_S = 30.0


def vectors_of(texts: Sequence[str]) -> Vectors:
    """A text of digits to a vector that holds its number."""
    return np.array([[float(text)] for text in texts], np.float16)


class Gate:
    """An encoder that waits until it is opened; keeps the batches that it was given."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.batches: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        self.entered.set()
        assert self.open.wait(_LONG_S)
        if "13" in texts:
            raise ValueError("thirteen")
        return vectors_of(texts)


@given(sizes=st.lists(st.integers(1, 9), max_size=6), batch=st.integers(1, 5), workers=st.integers(1, 3))
def test_every_text_gets_its_own_vector_in_order(sizes: list[int], batch: int, workers: int) -> None:
    queue = EmbedQueue(vectors_of, batch=batch, workers=workers)
    documents = [[str(100 * number + n) for n in range(size)] for number, size in enumerate(sizes)]
    futures = [queue.submit(texts) for texts in documents]
    for texts, future in zip(documents, futures, strict=True):
        assert future.result(_LONG_S)[:, 0].tolist() == [float(text) for text in texts]
    queue.close()


def test_batches_cross_documents_and_a_long_one_takes_turns() -> None:
    gate = Gate()
    queue = EmbedQueue(gate, batch=4, workers=1)
    first = queue.submit(["0"])
    assert gate.entered.wait(_LONG_S)  # the worker is at it; the rest queues up behind
    long = queue.submit([str(n) for n in range(1, 11)])
    short, shorter = queue.submit(["21", "22"]), queue.submit(["31"])
    gate.open.set()
    assert len(long.result(_LONG_S)) == 10
    assert [len(future.result(_LONG_S)) for future in (first, short, shorter)] == [1, 2, 1]
    assert gate.batches == [["0"], ["1", "2", "3", "4"], ["21", "22", "31", "5"], ["6", "7", "8", "9"], ["10"]]
    queue.close()


def test_a_failure_is_told_to_those_in_the_batch_and_nobody_else() -> None:
    gate = Gate()
    queue = EmbedQueue(gate, batch=2, workers=1)
    first = queue.submit(["1", "2"])
    assert gate.entered.wait(_LONG_S)
    unlucky, other = queue.submit(["13", "14", "15", "16"]), queue.submit(["3", "4"])
    gate.open.set()
    with pytest.raises(ValueError, match="thirteen"):
        unlucky.result(_LONG_S)
    assert len(first.result(_LONG_S)) == len(other.result(_LONG_S)) == 2
    assert ["15", "16"] not in gate.batches, "the rest of a document that has failed is not embedded"
    queue.close()


def test_what_waits_is_cancelled_when_the_queue_closes() -> None:
    gate = Gate()
    queue = EmbedQueue(gate, batch=1, workers=1)
    at_work = queue.submit(["1"])
    assert gate.entered.wait(_LONG_S)
    waiting = queue.submit(["2"])
    closing = threading.Thread(target=queue.close)
    closing.start()
    with pytest.raises(CancelledError):
        waiting.result(_LONG_S)
    gate.open.set()
    closing.join(_LONG_S)
    assert len(at_work.result(0)) == 1 and len(gate.batches) == 1
