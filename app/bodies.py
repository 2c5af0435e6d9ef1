"""The JSON of the REST API and of the command line's `--json`: what comes in, what goes out, how errors look.

It knows the records and nothing of HTTP or of how they were made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from app.asking import Row
from app.auth import Principal
from app.chunks import Chunks
from app.made_with import MadeWithJson
from app.page_ranges import parse_ranges
from app.page_words import reason_words
from app.shelves import Collection, Shelves
from ingest.conversations import Conversations
from ingest.grades import Grade, grade_of, reasons_of
from ingest.metadata import DocumentFilter
from ingest.ocr_engine import EngineName
from ingest.records import BBox, Block, Content, Document, Page
from ingest.rows import PageSummary
from prompts.answers import AnswerEvent
from prompts.condense import Turn
from retrieval.explain import Trace
from retrieval.hits import Hit
from retrieval.scope import PageRanges

MAX_QUESTION = 4000  # characters
_MOST_DOUBTFUL = 50  # pages that are named


class Service(Protocol):
    """What the API and the browser need of `app.service`."""

    @property
    def conversations(self) -> Conversations: ...
    @property
    def chunks(self) -> Chunks: ...
    @property
    def shelves(self) -> Shelves: ...

    def add(self, who: Principal, uploads: Sequence[tuple[str, BinaryIO]], collection: str = ...) -> list[Document]: ...
    def documents(self, who: Principal, collection: str | None = ...) -> list[Document]: ...
    def document(self, who: Principal, name_or_id: str) -> Document: ...
    def content(self, who: Principal, document_id: str) -> Content | None: ...
    def summaries(self, who: Principal, document_id: str) -> list[PageSummary]: ...
    def page_grades(self, who: Principal) -> dict[str, dict[Grade, int]]: ...
    def remove(self, who: Principal, names: Sequence[str]) -> list[Document]: ...
    def search(
        self,
        who: Principal,
        question: str,
        documents: Sequence[str] = ...,
        collection: str | None = ...,
        k: int = ...,
        *,
        trace: Trace | None = ...,
        where: DocumentFilter = ...,
        pages: PageRanges = ...,
    ) -> list[Hit]: ...
    def boxes(self, who: Principal, hit: Hit) -> tuple[tuple[int, BBox], ...]: ...
    def ask(
        self,
        who: Principal,
        question: str,
        documents: Sequence[str] = ...,
        collection: str | None = ...,
        strategy: str = ...,
        history: Sequence[Turn] = ...,
        where: DocumentFilter = ...,
        pages: PageRanges = ...,
    ) -> Iterator[AnswerEvent]: ...
    def strategies(self) -> tuple[str, ...]: ...
    def ask_each(
        self,
        who: Principal,
        question: str,
        documents: Sequence[str] = ...,
        collection: str | None = ...,
        strategy: str = ...,
        where: DocumentFilter = ...,
        pages: PageRanges = ...,
    ) -> Iterator[Row]: ...
    def describe(self, who: Principal, document_id: str, values: Mapping[str, int | str | None]) -> Document: ...
    def reocr(
        self, who: Principal, document_id: str, numbers: Sequence[int], engine: EngineName | None = ...
    ) -> Document: ...
    def page(self, who: Principal, document_id: str, number: int) -> Page: ...
    def table(self, who: Principal, document_id: str, number: int, block: int) -> Block: ...
    def original(self, who: Principal, document_id: str) -> Path: ...
    def page_picture(self, who: Principal, document_id: str, number: int, dpi: int) -> bytes: ...
    def made_with(self) -> MadeWithJson: ...
    def health(self) -> dict[str, object]: ...


class ScopeBody(BaseModel):
    """A question, and what it is asked of: no `documents` means all of them.

    `years`, `companies` and `kinds` keep only the documents of one of each; a part of a company's name is enough.
    `pages`, like 12-30 or 3, 7-9, are the only ones asked of the one document that is; they count from its first.
    """

    question: str = Field(min_length=1, max_length=MAX_QUESTION)
    documents: list[str] = Field(default=[], max_length=1000)
    collection: str | None = None
    years: list[int] = Field(default=[], max_length=100)
    companies: list[str] = Field(default=[], max_length=100)
    kinds: list[str] = Field(default=[], max_length=100)
    pages: str = Field(default="", max_length=200)

    @property
    def where(self) -> DocumentFilter:
        return DocumentFilter(self.years, self.companies, self.kinds)

    @property
    def ranges(self) -> PageRanges:
        """Raises WrongPages."""
        return parse_ranges(self.pages) if self.pages.strip() else ()


class SearchBody(ScopeBody):
    """What to look for, and where."""

    k: int = Field(default=10, ge=1, le=100)


class TurnBody(BaseModel):
    """A question asked before, and its answer."""

    question: str = Field(min_length=1, max_length=MAX_QUESTION)
    answer: str = Field(default="", max_length=20_000)


class EachBody(ScopeBody):
    """A question that each document is asked by itself."""

    strategy: str = "auto"


class AskBody(EachBody):
    """A question; `stream` asks for server-sent events, as the header `Accept: text/event-stream` does.

    `history`: what was asked before, oldest first, for a question that leans on it. `conversation`: the one in which
    the answer is kept as the next turn, where it can be rated; empty for a new one, null for none.
    """

    stream: bool = False
    conversation: str | None = Field(default=None, max_length=64)
    history: list[TurnBody] = Field(default=[], max_length=50)


class ReadAgainBody(BaseModel):
    """What reads a page again: the engine that is set where none is named."""

    engine: EngineName | None = None


class DescribeBody(BaseModel):
    """What a document is, and in which collection; null lets what was read of it stand, what is left out stays."""

    year: int | None = Field(default=None, ge=0, le=9999)
    company: str | None = Field(default=None, max_length=200)
    kind: str | None = Field(default=None, max_length=100)
    collection: str | None = Field(default=None, min_length=1, max_length=100)


class DocumentJson(TypedDict):
    """`year` is 0, `company` and `kind` are empty where they are not known."""

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
    year: int
    company: str
    kind: str


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


class PageSourceJson(PageGradeJson):
    """What a page was read from: `text_from` is pdf, ocr or mixed; `confidence` is that of recognised words, 0 to 1."""

    text_from: str
    confidence: float | None


class AddedJson(TypedDict):
    document_id: str
    name: str
    state: str


class AddedAllJson(TypedDict):
    """`job` is the address at which the states of these documents are read."""

    job: str
    documents: list[AddedJson]


class CollectionJson(TypedDict):
    """`documents` counts all of the collection, `askable` those that can be asked."""

    collection: str
    documents: int
    askable: int
    pages: int


def collection_json(collection: Collection) -> CollectionJson:
    return {
        "collection": collection.name,
        "documents": collection.documents,
        "askable": collection.askable,
        "pages": collection.pages,
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
        "year": document.year,
        "company": document.company,
        "kind": document.kind,
    }


def page_grade_json(page: Page) -> PageGradeJson:
    reasons = reasons_of(page)
    said = [reason_words("en", reason) for reason in reasons]
    return {"page": page.number, "label": page.label, "grade": str(grade_of(reasons)), "reasons": said}


def page_source_json(page: Page) -> PageSourceJson:
    confidence = None if page.text_from == "pdf" else round(page.report.confidence, 3)
    return {**page_grade_json(page), "text_from": page.text_from, "confidence": confidence}


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
