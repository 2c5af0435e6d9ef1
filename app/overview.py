"""A document at a glance: how well its pages were read, its headings, its tables.

It knows the records and the service, and nothing of HTML or of the browser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from app.auth import Principal
from app.bodies import Service
from ingest.records import BlockKind, Document, Page
from ingest.rows import PageSummary


class Heading(NamedTuple):
    """A heading and its page; `depth` counts from 0."""

    title: str
    depth: int
    page: int


class Table(NamedTuple):
    """A table: its page, its place among the page's blocks, the heading above it."""

    page: int
    block: int
    heading: str


@dataclass(frozen=True, slots=True)
class Overview:
    """`share_read` as in `ingest.records.Content`; `skipped` maps a page that was not read to the reason."""

    document: Document
    pages: tuple[PageSummary, ...]
    share_read: float | None
    skipped: dict[int, str]
    outline: tuple[Heading, ...]
    tables: tuple[Table, ...]


def overview(service: Service, who: Principal, document_id: str) -> Overview:
    """Raises NotFound, Ambiguous."""
    document = service.document(who, document_id)
    content, summaries = service.content(who, document.id), service.summaries(who, document.id)
    pages = [service.page(who, document.id, one.number) for one in summaries]
    return Overview(
        document,
        tuple(summaries),
        content.share_read if content else None,
        dict(content.skipped) if content else {},
        tuple(headings_of(pages)),
        tuple(tables_of(pages)),
    )


def headings_of(pages: Iterable[Page]) -> Iterator[Heading]:
    """The headings in reading order."""
    for page in pages:
        for block in page.blocks:
            if block.kind is BlockKind.TITLE:
                yield Heading(" ".join(block.text.split()), max(block.level - 1, 0), page.number)


def tables_of(pages: Iterable[Page]) -> Iterator[Table]:
    """The tables in reading order."""
    heading = ""
    for page in pages:
        for index, block in enumerate(page.blocks):
            if block.kind is BlockKind.TITLE:
                heading = " ".join(block.text.split())
            elif block.kind is BlockKind.TABLE and block.cells:
                yield Table(page.number, index, heading)
