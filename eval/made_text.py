"""Made-up documents of any number: words as frequent as in real text, the same for the same seed; their vectors.

They serve to measure size and speed. It does not know what they are written into.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ingest.records import BBox, Block, BlockKind, Chunk, Content, Page, Span

CHUNKS = 250
"""Chunks of a document; each has `_WORDS` words, `_ON_PAGE` stand on a page."""

_WORDS = 90
_ON_PAGE = 4
_VOCABULARY = 60_000
_OFFSET = 2.7
_SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]


def word(rank: int) -> str:
    """The word of a rank in frequency, from 0: syllables, as digits to the base of their number."""
    syllables, rest = [_SYLLABLES[rank % len(_SYLLABLES)]], rank // len(_SYLLABLES)
    while rest:
        syllables.append(_SYLLABLES[rest % len(_SYLLABLES)])
        rest //= len(_SYLLABLES)
    return "".join(syllables) + "n"


@lru_cache(maxsize=1)
def _frequencies() -> NDArray[np.float64]:
    """Cumulative, by Zipf's law as Mandelbrot has it: f(r) ~ 1 / (r + 2.7)."""
    shares = 1 / (np.arange(_VOCABULARY) + _OFFSET)
    summed: NDArray[np.float64] = np.cumsum(shares / shares.sum())
    return summed


def ranks_of(number: int) -> NDArray[np.int64]:
    """The words of a document by their ranks, shape (CHUNKS, words)."""
    drawn = np.random.default_rng((1, number)).random((CHUNKS, _WORDS))
    found: NDArray[np.int64] = np.minimum(np.searchsorted(_frequencies(), drawn), _VOCABULARY - 1)
    return found


def document(number: int) -> tuple[Content, list[Chunk]]:
    """The document of a number: its chunks, and pages that hold nothing but a block for them to stand in."""
    sha256 = f"{number:064x}"
    known: dict[int, str] = {}
    chunks = []
    for ordinal, ranks in enumerate(ranks_of(number).tolist()):
        text = " ".join(known.setdefault(rank, word(rank)) for rank in ranks)
        span = Span(0, len(text), ordinal // _ON_PAGE + 1, 0, 0)
        chunks.append(Chunk(f"{sha256}:{ordinal}", sha256, ordinal, BlockKind.TEXT, text, (), (span,)))
    blocks = (Block(BlockKind.TEXT, "text", BBox(72, 72, 520, 720), ()),)
    count = (CHUNKS + _ON_PAGE - 1) // _ON_PAGE
    return Content(sha256, tuple(Page(page, 595, 842, blocks) for page in range(1, count + 1))), chunks


def vectors(number: int, dimension: int) -> NDArray[np.float16]:
    """Of the document's chunks: unit vectors of any direction, shape (CHUNKS, dimension)."""
    drawn = np.random.default_rng((2, number)).standard_normal((CHUNKS, dimension), dtype=np.float32)
    unit: NDArray[np.float16] = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float16)
    return unit


def questions(documents: int, count: int) -> Iterator[tuple[int, int, str]]:
    """(document, ordinal of the chunk, a question): eight words of that chunk, the commonest of all left out."""
    draw = np.random.default_rng(3)
    for _ in range(count):
        number, ordinal = int(draw.integers(documents)), int(draw.integers(CHUNKS))
        telling = [rank for rank in ranks_of(number)[ordinal].tolist() if rank >= len(_SYLLABLES)]
        start = int(draw.integers(max(len(telling) - 8, 1)))
        yield number, ordinal, " ".join(word(rank) for rank in telling[start : start + 8])
