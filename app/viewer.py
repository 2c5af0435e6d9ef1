"""What the page viewer shows: pages of a document with boxes on them.

It knows the records and the service, and nothing of HTML or of the browser.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.auth import Principal
from app.bodies import Service
from ingest.errors import NotFound
from ingest.grades import Reason, reasons_of, unsure_words
from ingest.markdown import table_grid
from ingest.records import BBox, BlockKind, Page, Word
from prompts.answers import Citation
from retrieval.hits import Hit

VIEW_DPI = 144
MIN_DPI, MAX_DPI = 36, 220


class Paragraph(NamedTuple):
    """A block of a page as text; `cited` where a box of the view lies on it."""

    text: str
    cited: bool


@dataclass(frozen=True, slots=True)
class PageView:
    """A page and what is boxed on it. Sizes and boxes are PDF points; `pages` is the document's number of pages.

    `unsure` are the words within the boxes that were recognised with low confidence. `reading`: it waits to be read
    from its picture; `failed` says why it could not be.
    """

    document_id: str
    document: str
    number: int
    pages: int
    label: str
    width: float
    height: float
    boxes: tuple[BBox, ...] = ()
    reasons: tuple[Reason, ...] = ()  # why it is not sure that it was read well
    text_from: str = "pdf"
    confidence: float = 0.0
    unsure: tuple[BBox, ...] = ()
    reading: bool = False
    failed: str = ""
    text: tuple[Paragraph, ...] = ()

    @property
    def original(self) -> str:
        """The address of the document itself, opened at the page."""
        return f"/api/v1/documents/{self.document_id}/original#page={self.number}"

    @property
    def picture(self) -> str:
        """The address of the page's picture on this server."""
        return f"/api/v1/documents/{self.document_id}/pages/{self.number}.png?dpi={VIEW_DPI}"


@dataclass(frozen=True, slots=True)
class TableView:
    """A table's texts by row, None where a cell that began further up or left goes on."""

    document_id: str
    page: int
    block: int
    rows: tuple[tuple[str | None, ...], ...]

    @property
    def file(self) -> str:
        """The address of the table as CSV."""
        return f"/api/v1/documents/{self.document_id}/pages/{self.page}/tables/{self.block}.csv"


def page_view(
    service: Service, who: Principal, document_id: str, number: int, boxes: tuple[BBox, ...] = ()
) -> PageView:
    """One page of a document; raises NotFound where there is none."""
    document = service.document(who, document_id)
    if not 1 <= number <= document.pages:
        raise NotFound(f"{document.name} has no page {number}", hint=f"it has {document.pages}")
    page, content = service.page(who, document.id, number), service.content(who, document.id)
    return PageView(
        document.id,
        document.name,
        number,
        document.pages,
        page.label,
        page.width,
        page.height,
        boxes,
        reasons_of(page),
        page.text_from,
        page.report.confidence,
        tuple(word.bbox for word in _unsure_within(page, boxes)),
        content is not None and number in content.pending,
        content.skipped.get(number, "") if content is not None else "",
        tuple(
            Paragraph(block.text, any(block.bbox.contains(*box.center) for box in boxes))
            for block in page.blocks
            if block.kind is not BlockKind.FURNITURE and block.text
        ),
    )


def _unsure_within(page: Page, boxes: Collection[BBox]) -> list[Word]:
    return [word for word in unsure_words(page) if any(box.contains(*word.bbox.center) for box in boxes)]


def citation_views(service: Service, who: Principal, citation: Citation) -> tuple[PageView, ...]:
    """The pages that a citation's quote lies on, each with its boxes."""
    return placed_views(service, who, citation.document_id, citation.page, citation.boxes)


def hit_views(service: Service, who: Principal, hit: Hit) -> tuple[PageView, ...]:
    """The pages that a passage stands on, its lines boxed."""
    return placed_views(service, who, hit.document.id, hit.chunk.page, service.boxes(who, hit))


def placed_views(
    service: Service, who: Principal, document_id: str, page: int, placed: Sequence[tuple[int, BBox]]
) -> tuple[PageView, ...]:
    """The pages that boxes lie on; `page` alone where there are none."""
    return tuple(
        page_view(service, who, document_id, number, tuple(boxes)) for number, boxes in _by_page(page, placed).items()
    )


def _by_page(page: int, placed: Sequence[tuple[int, BBox]]) -> dict[int, list[BBox]]:
    """Boxes by page; the page alone where there are none."""
    boxes: dict[int, list[BBox]] = {} if placed else {page: []}
    for number, box in placed:
        boxes.setdefault(number, []).append(box)
    return boxes


def table_view(
    service: Service, who: Principal, document_id: str, number: int, block: int
) -> tuple[PageView, TableView]:
    """A table, and its page with the table boxed; raises NotFound."""
    table = service.table(who, document_id, number, block)
    rows, _ = table_grid(table)
    view = page_view(service, who, document_id, number, (table.bbox,))
    return view, TableView(document_id, number, block, tuple(map(tuple, rows)))


def unsure_quoted(service: Service, who: Principal, citation: Citation) -> list[str]:
    """The words of a quote that were recognised with low confidence; none where its document was just removed."""
    found: list[str] = []
    for number, boxes in _by_page(citation.page, citation.boxes).items():
        try:
            page = service.page(who, citation.document_id, number)
        except NotFound:
            return []
        found += [word.text for word in _unsure_within(page, boxes)]
    return found
