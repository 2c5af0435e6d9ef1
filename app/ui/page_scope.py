"""Pages of one document to which the next questions are kept: chosen in its outline, or typed; as a chip.

It knows nothing of how a question is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.overview import Overview
from app.page_ranges import pages_asked, parse_ranges, ranges_words
from app.page_words import Language
from app.ui.markup import Markup, action, tag
from app.ui.wording import word
from ingest.records import Document
from retrieval.scope import PageRanges


@dataclass(frozen=True, slots=True)
class PageScope:
    """Without `pages` the document as a whole. `title`: the heading under which they stand, if chosen by it."""

    document_id: str
    document: str
    pages: PageRanges
    title: str = ""

    def words(self, language: Language) -> str:
        pages = ranges_words(language, self.pages) if self.pages else ""
        return " · ".join(filter(None, (self.title, pages, self.document)))


def under_heading(shown: Overview, value: str) -> PageScope | None:
    """The pages under a heading of the outline, which `value` counts from 0; None where there is none such."""
    if not value.isdecimal() or int(value) >= len(shown.outline):
        return None
    heading = shown.outline[int(value)]
    return PageScope(shown.document.id, shown.document.name, ((heading.page, heading.last),), heading.title)


def typed(document: Document, text: str) -> PageScope:
    """The pages that were typed; raises WrongPages."""
    ranges = parse_ranges(text)
    pages_asked([document], ranges)
    return PageScope(document.id, document.name, ranges)


def scope_chip(language: Language, scope: PageScope | None) -> Markup | None:
    """What the next question is kept to, and the way out of it."""
    if scope is None:
        return None
    said, leave = scope.words(language), word(language, "ask_whole")
    return tag(
        "span",
        tag("span", word(language, "ask_only"), class_="scope-label"),
        tag("span", said, class_="scope-pages", title=said),
        action("×", "whole", class_="scope-end", title=leave, aria_label=leave),
        class_="page-scope",
        role="status",
    )
