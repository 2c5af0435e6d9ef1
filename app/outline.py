"""The headings and tables of pages: each with its page, a heading with the pages that its text takes.

Pure; it knows the records and nothing of how they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ingest.records import BlockKind, Page


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
