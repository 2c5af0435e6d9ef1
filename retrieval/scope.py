"""The part of a library that a question is about: documents, and of some of them certain pages only.

Pure; it does not know who may ask what, nor how a branch keeps to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ingest.records import Document

PageRanges = tuple[tuple[int, int], ...]
"""Stretches of pages, the first and the last of each included, by the pages' own numbers."""
Pages = Mapping[str, PageRanges]
"""By document id the pages of it that are asked; a document that is not named is asked whole."""

ALL_PAGES: Pages = MappingProxyType({})


def on_pages(ranges: PageRanges, number: int) -> bool:
    return any(first <= number <= last for first, last in ranges)


def numbers_of(ranges: PageRanges) -> list[int]:
    return [number for first, last in ranges for number in range(first, last + 1)]


def holds(pages: Pages, document_id: str, number: int) -> bool:
    """Whether a page of a document that is asked is among those asked of it."""
    return document_id not in pages or on_pages(pages[document_id], number)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked: documents, and of those that `pages` names no other page."""

    documents: tuple[Document, ...]
    pages: Pages = field(default_factory=lambda: ALL_PAGES)

    def only(self, document: Document) -> Scope:
        """What is asked of one of the documents."""
        return Scope((document,), self.pages)
