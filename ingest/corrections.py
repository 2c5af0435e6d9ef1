"""A chunk with a user's words in the place of its own: what still stands on the page keeps its place exactly.

Pure; it does not know who corrects, nor where that is kept. Sentences and cells that were changed have the place of
those that they were put for, and say so (`Span.replaces`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from ingest.records import BlockKind, Chunk, Span
from ingest.sentences import split

_CELL_EDGE = re.compile(r"\s*[|\n]\s*")

_Range = tuple[int, int]


def corrected(chunk: Chunk, text: str) -> Chunk:
    """The chunk with `text` for its own; as it was where that is the same, or nothing."""
    text = text.strip()
    if not text or text == chunk.text.strip():
        return chunk
    table = chunk.kind is BlockKind.TABLE
    old = [_part(one, *at) for one in chunk.spans for at in _pieces(chunk.text, one.start, one.end, table)]
    new = list(_pieces(text, 0, len(text), table))
    return replace(chunk, text=text, spans=tuple(_spans(chunk.text, old, text, new)), original=chunk.text)


def _pieces(text: str, start: int, end: int, table: bool) -> Iterator[_Range]:
    """The sentences of `text[start:end]`; of a table the cells."""
    if not table:
        yield from ((start + a, start + b) for a, b in split(text[start:end], lines=True))
        return
    for edge, after in (*(edge.span() for edge in _CELL_EDGE.finditer(text, start, end)), (end, end)):
        if start < edge:
            yield start, edge
        start = after


def _part(span: Span, start: int, end: int) -> Span:
    return replace(span, start=start, end=end, block_start=span.block_start + start - span.start)


def _spans(old_text: str, old: Sequence[Span], text: str, new: Sequence[_Range]) -> Iterator[Span]:
    """Where each piece of the new text stands; what was put in belongs to the piece before it, or to the first."""
    before, after = [old_text[one.start : one.end] for one in old], [text[start:end] for start, end in new]
    edits = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    said: list[Span] = []
    for kind, a, b, c, d in edits:
        if kind == "equal" or b - a == d - c:
            exact = kind == "equal"
            said += [_moved(one, *at, exact=exact) for one, at in zip(old[a:b], new[c:d], strict=True)]
        elif kind == "replace":
            said.append(_moved(_joined(old[a:b]), new[c][0], new[d - 1][1], exact=False))
        elif kind == "insert" and said:
            said[-1] = _moved(said[-1], said[-1].start, new[d - 1][1], exact=False)
        elif kind == "insert":
            said.append(_moved(_part(old[0], old[0].start, old[0].start), new[c][0], new[d - 1][1], exact=False))
    yield from said


def _moved(one: Span, start: int, end: int, *, exact: bool) -> Span:
    return replace(one, start=start, end=end, replaces=None if exact else one.block_end - one.block_start)


def _joined(spans: Sequence[Span]) -> Span:
    """The place of all that are in the first one's block."""
    first = spans[0]
    last = next(one for one in reversed(spans) if (one.page, one.block) == (first.page, first.block))
    return replace(first, replaces=last.block_end - first.block_start)
