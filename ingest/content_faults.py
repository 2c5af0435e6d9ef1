"""What is wrong with a content's rows: its pages, its chunks, its vectors.

It reads a database at one moment and changes nothing; `ingest.fsck` says what becomes of what is found.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

import numpy as np

from ingest import codec
from ingest.records import Chunk, Page
from ingest.rows import chunk_of

_UNIT_TOLERANCE = 0.01  # of a float16 vector's length


def vectors_fault(db: sqlite3.Connection, sha256: str, embedder: str, dimension: int) -> str:
    query = """SELECT v.count, v.dimension, v.fp16, c.chunks FROM vectors v JOIN contents c USING (sha256)
        WHERE v.sha256 = ? AND v.embedder = ?"""
    row = db.execute(query, (sha256, embedder)).fetchone()
    if row is None:  # gone meanwhile
        return ""
    count, own, blob, chunks = row
    if count != chunks:
        return f"vectors: {count} for {chunks} chunks"
    if own != dimension:
        return f"{own} numbers a vector, where others have {dimension}"
    if not isinstance(blob, bytes) or len(blob) != count * dimension * 2:
        return f"not the bytes of {count} vectors"
    values = np.frombuffer(blob, dtype="<f2").reshape(count, dimension).astype(np.float32)
    if not np.isfinite(values).all():
        return "numbers that are not finite"
    lengths = np.linalg.norm(values, axis=1)
    if ((lengths > 0) & (np.abs(lengths - 1) > _UNIT_TOLERANCE)).any():
        return "vectors that are not of unit length"
    return ""


def content_faults(db: sqlite3.Connection, sha256: str) -> list[str]:
    """What is wrong with a content's pages and chunks, in words."""
    noted = db.execute("SELECT pages, chunks, skipped, pending FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
    if noted is None:  # gone meanwhile
        return []
    numbers = [
        number for (number,) in db.execute("SELECT number FROM pages WHERE sha256 = ? ORDER BY number", (sha256,))
    ]
    faults = _number_faults(numbers, noted[0], noted[2], noted[3])
    pages = _Pages(db, sha256)
    for number in numbers:
        page = pages.get(number)
        faults += pages.faults(number)
        query = "SELECT ordinal, kind, text, section, spans FROM chunks WHERE sha256 = ? AND page = ? ORDER BY ordinal"
        for row in db.execute(query, (sha256, number)) if page else ():
            faults += _chunk_faults(sha256, row, number, pages)
    ordinals = [row[0] for row in db.execute("SELECT ordinal FROM chunks WHERE sha256 = ? ORDER BY ordinal", (sha256,))]
    if ordinals != list(range(noted[1])):
        faults.append(f"chunks: {len(ordinals)} here, {noted[1]} noted")
    query = """SELECT COUNT(*) FROM chunks WHERE sha256 = ?1
        AND page NOT IN (SELECT number FROM pages WHERE sha256 = ?1)"""
    (homeless,) = db.execute(query, (sha256,)).fetchone()
    if homeless:
        faults.append(f"chunks of pages that are not here: {homeless}")
    return faults


def _number_faults(numbers: Sequence[int], noted: int, skipped: str, pending: str) -> list[str]:
    try:
        left_out, awaited = ({int(number) for number in json.loads(text)} for text in (skipped, pending))
    except (ValueError, TypeError):
        return ["the pages that were skipped are not legible"]
    faults = []
    if len(numbers) != noted:
        faults.append(f"pages: {len(numbers)} here, {noted} noted")
    known = {*numbers} | left_out
    absent = {*range(1, max(known, default=0) + 1)} - known
    if absent:
        faults.append(f"page {min(absent)} is missing")
    if min(known, default=1) < 1 or awaited - known:
        faults.append("a page is numbered that cannot be")
    return faults


class _Pages:
    """The pages of a content, of which a few are kept: a chunk stands on one page, at most on neighbours."""

    def __init__(self, db: sqlite3.Connection, sha256: str) -> None:
        self._db = db
        self._sha256 = sha256
        self._kept: dict[int, Page | str] = {}

    def _read(self, number: int) -> Page | str:
        query = "SELECT page, label FROM pages WHERE sha256 = ? AND number = ?"
        row = self._db.execute(query, (self._sha256, number)).fetchone()
        if row is None:
            return f"page {number} is missing"
        try:
            page = codec.decode(row[0])
        except (ValueError, TypeError) as error:
            return f"page {number} cannot be read ({error})"
        if page.label != row[1]:
            return f"page {number} says that its label is {page.label!r}"
        return page if page.number == number else f"page {number} says it is page {page.number}"

    def _either(self, number: int) -> Page | str:
        if number not in self._kept:
            if len(self._kept) > 3:
                del self._kept[next(iter(self._kept))]
            self._kept[number] = self._read(number)
        return self._kept[number]

    def get(self, number: int) -> Page | None:
        page = self._either(number)
        return page if isinstance(page, Page) else None

    def faults(self, number: int) -> list[str]:
        page = self._either(number)
        return [page] if isinstance(page, str) else []


def _chunk_faults(sha256: str, row: tuple[int, str, str, str, str], number: int, pages: _Pages) -> list[str]:
    try:
        chunk = chunk_of(sha256, row)
        whole = bool(chunk.spans) and chunk.page == number and all(isinstance(part, str) for part in chunk.section)
        whole = whole and _says_what_its_pages_say(chunk, pages)
    except (ValueError, TypeError, AttributeError):
        return [f"chunk {row[0]} is not legible"]
    return [] if whole else [f"chunk {row[0]} does not say what page {number} says"]


def _says_what_its_pages_say(chunk: Chunk, pages: _Pages) -> bool:
    for span in chunk.spans:
        page = pages.get(span.page)
        if page is None or not 0 <= span.block < len(page.blocks):
            return False
        text = page.blocks[span.block].text
        end = span.block_start + span.end - span.start
        if not (0 <= span.start < span.end <= len(chunk.text) and span.block_start >= 0 and end <= len(text)):
            return False
        if chunk.text[span.start : span.end] != text[span.block_start : end]:
            return False
    return True
