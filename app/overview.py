"""A document at a glance: how well its pages were read, its headings, its tables.

It knows the records and the service, and nothing of HTML or of the browser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.auth import Principal
from app.bodies import Service
from ingest.records import BlockKind, Document, Page
from ingest.rows import PageSummary


class Heading(NamedTuple):
    """A heading and its page; `depth` counts from 0. Its text ends on the page `last`."""

    title: str
    depth: int
    page: int
    last: int


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
        headings_of(pages),
        tuple(tables_of(pages)),
    )


def headings_of(pages: Sequence[Page]) -> tuple[Heading, ...]:
    """The headings in reading order.

    The text of one goes on to the next that is no deeper, on the page before that where it stands at a page's top.
    """
    found: list[Heading] = []
    open_ones: list[int] = []  # places in `found` of the headings whose text goes on, each deeper than the one before
    for page in pages:
        blocks = [block for block in page.blocks if block.kind is not BlockKind.FURNITURE]
        for place, block in enumerate(blocks):
            if block.kind is not BlockKind.TITLE:
                continue
            depth = max(block.level - 1, 0)
            while open_ones and found[open_ones[-1]].depth >= depth:
                over = open_ones.pop()
                last = page.number - 1 if place == 0 else page.number
                found[over] = found[over]._replace(last=max(last, found[over].page))
            open_ones.append(len(found))
            found.append(Heading(" ".join(block.text.split()), depth, page.number, pages[-1].number))
    return tuple(found)


def tables_of(pages: Iterable[Page]) -> Iterator[Table]:
    """The tables in reading order."""
    heading = ""
    for page in pages:
        for index, block in enumerate(page.blocks):
            if block.kind is BlockKind.TITLE:
                heading = " ".join(block.text.split())
            elif block.kind is BlockKind.TABLE and block.cells:
                yield Table(page.number, index, heading)
