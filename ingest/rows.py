"""Rows of the library's tables as records, and records as rows. It does not know how rows are kept."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import NamedTuple

from ingest import codec
from ingest.grades import Grade, grade_of, reasons_of
from ingest.records import BlockKind, Chunk, Document, Page, Span, State

DOCUMENT_COLUMNS = """d.id, d.name, d.collection, d.owner, d.sha256, d.state, d.reason, d.pages, d.pages_done,
    COALESCE(c.chunks, 0), d.path, d.seconds, d.added, d.askable, COALESCE(d.set_year, d.year),
    COALESCE(d.set_company, d.company), COALESCE(d.set_kind, d.kind)"""
DOCUMENT_TABLES = "FROM documents d LEFT JOIN contents c USING (sha256)"


class PageSummary(NamedTuple):
    """A page in short: its number, the one printed on it, how well it was read."""

    number: int
    label: str
    grade: Grade


def page_row(sha256: str, page: Page) -> tuple[str, int, str, str, bytes]:
    """The row of a page: sha256, number, label, grade, the page as bytes."""
    grade = grade_of(reasons_of(page))
    return sha256, page.number, page.label, grade.value, codec.encode(page)


def summary_of(row: tuple[int, str, str]) -> PageSummary:
    number, label, grade = row
    return PageSummary(number, label, Grade(grade))


@lru_cache(maxsize=128)
def page_of(blob: bytes) -> Page:
    """A page; the few that a question's hits stand on are asked for again and again."""
    return codec.decode(blob)


def document_of(
    row: tuple[str, str, str, str, str, str, str, int, int, int, str, float, str, int, int, str, str],
) -> Document:
    (
        document_id,
        name,
        collection,
        owner,
        sha256,
        state,
        reason,
        pages,
        done,
        chunks,
        path,
        seconds,
        added,
        askable,
        year,
        company,
        kind,
    ) = row
    return Document(
        id=document_id,
        name=name,
        collection=collection,
        owner=owner,
        sha256=sha256,
        state=State(state),
        reason=reason,
        pages=pages,
        pages_done=done,
        chunks=chunks,
        path=path,
        seconds=seconds,
        added=added,
        askable=bool(askable),
        year=year,
        company=company,
        kind=kind,
    )


def chunk_of(sha256: str, row: tuple[int, str, str, str, str]) -> Chunk:
    ordinal, kind, text, section, spans = row
    return Chunk(
        id=f"{sha256[:16]}-{ordinal}",
        sha256=sha256,
        ordinal=ordinal,
        kind=BlockKind(kind),
        text=text,
        section=tuple(json.loads(section)),
        spans=tuple(Span(*values) for values in json.loads(spans)),
    )


def chunk_row(chunk: Chunk) -> tuple[str, int, int, str, str, str, str]:
    """The row of a chunk: sha256, ordinal, page, kind, text, section, spans."""
    section = json.dumps(chunk.section, ensure_ascii=False)
    spans = json.dumps([(span.start, span.end, span.page, span.block, span.block_start) for span in chunk.spans])
    return chunk.sha256, chunk.ordinal, chunk.page, chunk.kind.value, chunk.text, section, spans
