"""What a question is asked of: the documents that were named or all, those that fit, and of one certain pages only.

It does not know whose documents they are, nor how a scope is searched.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.page_ranges import pages_asked
from ingest.errors import BadInput
from ingest.metadata import DocumentFilter
from ingest.records import Document
from retrieval.scope import PageRanges, Scope


def scope_of(named: Sequence[Document], others: Sequence[Document], where: DocumentFilter, pages: PageRanges) -> Scope:
    """The documents `named`, or without any the `others` that can be asked; raises BadInput where none is left."""
    for document in named:
        if not document.askable:
            raise BadInput(f"{document.name} cannot be asked: {document.reason or document.state.value}")
    asked = [document for document in named or others if document.askable]
    found = [document for document in asked if where.fits(document)]
    if asked and not found:
        raise BadInput(f"no document fits {where}", hint="recto docs list shows what they are")
    if not asked:
        raise BadInput("there is no document to ask", hint="add some: recto ingest FILE.pdf, or drop them in the page")
    return Scope(tuple(found), pages_asked(found, pages))
