"""The JSON of the REST API and of the command line's `--json`: what comes in, what goes out, how errors look.

It knows the records and nothing of HTTP or of how they were made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, Protocol

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from app.auth import Principal
from app.page_words import reason_words
from ingest.errors import NotFound
from ingest.grades import Grade, grade_of, reasons_of
from ingest.records import BBox, Content, Document, Page
from ingest.rows import PageSummary
from prompts.answers import Answer, AnswerEvent, Citation, Sentence
from retrieval.hits import Hit

MAX_QUESTION = 4000  # characters
_MOST_DOUBTFUL = 50  # pages that are named


class Service(Protocol):
    """What the API and the browser need of `app.service`."""

    def add(self, who: Principal, uploads: Sequence[tuple[str, BinaryIO]], collection: str = ...) -> list[Document]: ...
    def documents(self, who: Principal, collection: str | None = ...) -> list[Document]: ...
    def document(self, who: Principal, name_or_id: str) -> Document: ...
    def content(self, who: Principal, document_id: str) -> Content | None: ...
    def summaries(self, who: Principal, document_id: str) -> list[PageSummary]: ...
    def remove(self, who: Principal, names: Sequence[str]) -> list[Document]: ...
    def search(
        self, who: Principal, question: str, documents: Sequence[str] = ..., collection: str | None = ..., k: int = ...
    ) -> list[Hit]: ...
    def boxes(self, who: Principal, hit: Hit) -> tuple[tuple[int, BBox], ...]: ...
    def ask(
        self,
        who: Principal,
        question: str,
        documents: Sequence[str] = ...,
        collection: str | None = ...,
        strategy: str = ...,
    ) -> Iterator[AnswerEvent]: ...
    def page(self, who: Principal, document_id: str, number: int) -> Page: ...
    def page_picture(self, who: Principal, document_id: str, number: int, dpi: int) -> bytes: ...
    def health(self) -> dict[str, object]: ...


class SearchBody(BaseModel):
    """What to look for, and where; no `documents` means all of them."""

    question: str = Field(min_length=1, max_length=MAX_QUESTION)
    documents: list[str] = Field(default=[], max_length=1000)
    collection: str | None = None
    k: int = Field(default=10, ge=1, le=100)


class AskBody(BaseModel):
    """A question; `stream` asks for server-sent events, as the header `Accept: text/event-stream` does."""

    question: str = Field(min_length=1, max_length=MAX_QUESTION)
    documents: list[str] = Field(default=[], max_length=1000)
    collection: str | None = None
    strategy: str = "auto"
    stream: bool = False


class BoxJson(TypedDict):
    """`box` is [x0, top, x1, bottom] in PDF points, origin top left, in the page as it is seen."""

    page: int
    box: list[float]


class FoundByJson(TypedDict):
    branch: str
    rank: int
    score: float
    terms: list[str]


class HitJson(TypedDict):
    document: str
    document_id: str
    page: int
    label: str
    section: list[str]
    text: str
    boxes: list[BoxJson]
    score: float
    found_by: list[FoundByJson]


class HitsJson(TypedDict):
    hits: list[HitJson]


class CellJson(TypedDict):
    row: int
    column: int
    header_path: list[str]


class CitationJson(TypedDict):
    """`verified` is true only when Recto itself found the quote in the document."""

    marker: int
    document: str
    document_id: str
    page: int
    label: str
    quote: str
    boxes: list[BoxJson]
    cell: CellJson | None
    verified: bool


class SentenceJson(TypedDict):
    """`citations` are markers; `verdict` is supported, partly, not_found, contradicted or unchecked.

    `missing`: words of the text that the documents lack or have otherwise, where it is partly or contradicted.
    """

    text: str
    verdict: str
    citations: list[int]
    missing: list[str]


class LedgerJson(TypedDict):
    calls: int
    input_tokens: int
    output_tokens: int


class AnswerJson(TypedDict):
    question: str
    answer: str
    refused: bool
    complete: bool
    strategy: str
    sentences: list[SentenceJson]
    citations: list[CitationJson]
    hits: list[HitJson]
    notes: list[str]
    ledger: LedgerJson
    timings: dict[str, float]


class DocumentJson(TypedDict):
    document: str
    document_id: str
    collection: str
    pages: int
    pages_done: int
    chunks: int
    state: str
    askable: bool
    reason: str
    added: str


class DocumentShownJson(DocumentJson):
    """One document, with how well it was read.

    `share_read` is the share of the characters in the file's text that Recto has, 0 to 1; null where the file states
    none, or is not read yet. `skipped` maps the number of a page that was not read to the reason. `grades` counts the
    pages read by grade; `doubtful` are the first fifty that are not good.
    """

    share_read: float | None
    skipped: dict[str, str]
    grades: dict[str, int]
    doubtful: list[PageGradeJson]


class PageGradeJson(TypedDict):
    """How well a page was read; `grade` is good, doubtful or poor."""

    page: int
    label: str
    grade: str
    reasons: list[str]


class AddedJson(TypedDict):
    document_id: str
    name: str
    state: str


class AddedAllJson(TypedDict):
    """`job` is the address at which the states of these documents are read."""

    job: str
    documents: list[AddedJson]


def boxes_json(boxes: Iterable[tuple[int, BBox]]) -> list[BoxJson]:
    """(page, box) pairs, rounded to a hundredth of a point."""
    return [{"page": page, "box": [round(edge, 2) for edge in box]} for page, box in boxes]


def hit_json(hit: Hit, boxes: Iterable[tuple[int, BBox]], label: str) -> HitJson:
    """A passage; `label` is the one printed on its first page."""
    return {
        "document": hit.document.name,
        "document_id": hit.document.id,
        "page": hit.chunk.page,
        "label": label,
        "section": list(hit.chunk.section),
        "text": hit.chunk.text,
        "boxes": boxes_json(boxes),
        "score": hit.score,
        "found_by": [
            {"branch": by.branch, "rank": by.rank, "score": by.score, "terms": list(by.terms)} for by in hit.found_by
        ],
    }


def hits_json(service: Service, who: Principal, hits: Iterable[Hit]) -> list[HitJson]:
    """Passages with their boxes and labels; one whose document was just removed is left out."""
    found: list[HitJson] = []
    for hit in hits:
        try:
            label = service.page(who, hit.document.id, hit.chunk.page).label
            found.append(hit_json(hit, service.boxes(who, hit), label))
        except NotFound:
            continue
    return found


def citation_json(citation: Citation) -> CitationJson:
    cell = citation.cell
    return {
        "marker": citation.marker,
        "document": citation.document,
        "document_id": citation.document_id,
        "page": citation.page,
        "label": citation.label,
        "quote": citation.quote,
        "boxes": boxes_json(citation.boxes),
        "cell": {"row": cell.row, "column": cell.column, "header_path": list(cell.header_path)} if cell else None,
        "verified": citation.verified,
    }


def sentence_json(sentence: Sentence) -> SentenceJson:
    return {
        "text": sentence.text,
        "verdict": str(sentence.verdict),
        "citations": list(sentence.citations),
        "missing": list(sentence.missing),
    }


def answer_json(answer: Answer, hits: list[HitJson]) -> AnswerJson:
    """A whole answer; `hits` come from `hits_json(service, who, answer.hits)`."""
    ledger = answer.ledger
    return {
        "question": answer.question,
        "answer": answer.text,
        "refused": answer.refused,
        "complete": answer.complete,
        "strategy": answer.strategy,
        "sentences": [sentence_json(sentence) for sentence in answer.sentences],
        "citations": [citation_json(citation) for citation in answer.citations],
        "hits": hits,
        "notes": list(answer.notes),
        "ledger": {
            "calls": ledger.calls,
            "input_tokens": ledger.input_tokens,
            "output_tokens": ledger.output_tokens,
        },
        "timings": {stage: round(seconds, 3) for stage, seconds in answer.timings.items()},
    }


def document_json(document: Document) -> DocumentJson:
    return {
        "document": document.name,
        "document_id": document.id,
        "collection": document.collection,
        "pages": document.pages,
        "pages_done": document.pages_done,
        "chunks": document.chunks,
        "state": str(document.state),
        "askable": document.askable,
        "reason": document.reason,
        "added": document.added,
    }


def page_grade_json(page: Page) -> PageGradeJson:
    reasons = reasons_of(page)
    said = [reason_words("en", reason) for reason in reasons]
    return {"page": page.number, "label": page.label, "grade": str(grade_of(reasons)), "reasons": said}


def document_shown_json(
    document: Document, content: Content | None, summaries: Sequence[PageSummary], page_of: Callable[[int], Page]
) -> DocumentShownJson:
    """`content` is what was read of it, None where nothing was; `summaries` are its pages, `page_of` reads one."""
    share = content.share_read if content else None
    skipped = content.skipped if content else {}
    doubtful = [one for one in summaries if one.grade is not Grade.GOOD][:_MOST_DOUBTFUL]
    return {
        **document_json(document),
        "share_read": None if share is None else round(share, 4),
        "skipped": {str(number): reason for number, reason in skipped.items()},
        "grades": {grade.value: sum(one.grade is grade for one in summaries) for grade in Grade},
        "doubtful": [page_grade_json(page_of(one.number)) for one in doubtful],
    }
