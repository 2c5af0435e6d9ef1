"""A document at a glance: how well its pages were read, its headings, its tables, questions to try on it.

It knows the records and the service, and nothing of HTML or of the browser.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.auth import Principal
from app.bodies import Service
from app.outline import Heading, Table, headings_of, tables_of
from app.suggestions import Suggestion, suggested
from ingest.records import Document
from ingest.rows import PageSummary


@dataclass(frozen=True, slots=True)
class Overview:
    """`share_read` as in `ingest.records.Content`; `skipped` maps a page that was not read to the reason.

    `whole`: however many headings and tables it has, all are to be shown.
    """

    document: Document
    pages: tuple[PageSummary, ...]
    share_read: float | None
    skipped: dict[int, str]
    outline: tuple[Heading, ...]
    tables: tuple[Table, ...]
    suggestions: tuple[Suggestion, ...]
    whole: bool = False


def overview(service: Service, who: Principal, document_id: str) -> Overview:
    """Raises NotFound, Ambiguous."""
    document = service.document(who, document_id)
    content, summaries = service.content(who, document.id), service.summaries(who, document.id)
    pages = [service.page(who, document.id, one.number) for one in summaries]
    outline = headings_of(pages)
    return Overview(
        document,
        tuple(summaries),
        content.share_read if content else None,
        dict(content.skipped) if content else {},
        outline,
        tuple(tables_of(pages)),
        suggested(outline, pages) if document.askable else (),
    )
