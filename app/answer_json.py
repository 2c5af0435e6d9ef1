"""Hits, citations, answers and plans as the JSON of the REST API and of the command line's `--json`.

It knows the records and nothing of HTTP or of how they were made.
"""

from __future__ import annotations

from collections.abc import Iterable

from typing_extensions import TypedDict

from app.asking import Row
from app.auth import Principal
from app.bodies import Service
from app.viewer import unsure_quoted
from ingest.errors import NotFound
from ingest.records import BBox
from prompts.answers import Answer, Citation, Ledger, PlanMade, Sentence, Step
from retrieval.hits import Hit


class BoxJson(TypedDict):
    """`box` is [x0, top, x1, bottom] in PDF points, origin top left, in the page as it is seen."""

    page: int
    box: list[float]


class FoundByJson(TypedDict):
    """`question`: the one that a model wrote for the passage, where it was found through that; else empty."""

    branch: str
    rank: int
    score: float
    terms: list[str]
    question: str


class HitJson(TypedDict):
    """A passage; `corrected`: the user has changed its text, `note` is what the user noted beside it."""

    document: str
    document_id: str
    page: int
    label: str
    section: list[str]
    text: str
    corrected: bool
    note: str
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
    """`verified` is true only when Recto itself found the quote in the document.

    `corrected`: some of its words are the user's, in the place of those on the page; `note` is what the user noted
    beside the passage. `unsure`: words of the quote that were recognised on the page's picture with low confidence.
    """

    marker: int
    document: str
    document_id: str
    page: int
    label: str
    quote: str
    boxes: list[BoxJson]
    cell: CellJson | None
    verified: bool
    corrected: bool
    note: str
    unsure: list[str]


class SentenceJson(TypedDict):
    """`citations` are markers; `verdict` is supported, partly, not_found, contradicted or unchecked.

    `missing`: words of the text that the documents lack or have otherwise, where it is partly or contradicted.
    """

    text: str
    verdict: str
    citations: list[int]
    missing: list[str]


class CallJson(TypedDict):
    """`counted`: tokens in, before the call. The others are the server's where it `reported` them, else Recto's own."""

    counted: int
    input_tokens: int
    output_tokens: int
    reported: bool


class LedgerJson(TypedDict):
    calls: int
    input_tokens: int
    output_tokens: int
    each: list[CallJson]


class StepJson(TypedDict):
    """A step on the way to an answer: what was done, and what came of it."""

    name: str
    text: str


class PlanJson(TypedDict):
    """What an answer may cost at most, before any model call; `question` is what is asked where not as it was put."""

    strategy: str
    why: str
    question: str
    calls: int
    input_tokens: int
    output_tokens: int
    counted_by: str
    notes: list[str]


class AnswerJson(TypedDict):
    question: str
    answer: str
    refused: bool
    complete: bool
    strategy: str
    why: str
    asked: str
    sentences: list[SentenceJson]
    citations: list[CitationJson]
    hits: list[HitJson]
    notes: list[str]
    steps: list[StepJson]
    ledger: LedgerJson
    timings: dict[str, float]


class RowJson(TypedDict):
    """One document's answer where each is asked by itself; `found` is false where it does not answer."""

    document: str
    document_id: str
    found: bool
    answer: AnswerJson


class RowsJson(TypedDict):
    question: str
    rows: list[RowJson]


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
        "corrected": bool(hit.chunk.original),
        "note": hit.chunk.note,
        "boxes": boxes_json(boxes),
        "score": hit.score,
        "found_by": [
            {
                "branch": by.branch,
                "rank": by.rank,
                "score": by.score,
                "terms": list(by.terms),
                "question": by.question,
            }
            for by in hit.found_by
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


def citation_json(service: Service, who: Principal, citation: Citation) -> CitationJson:
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
        "corrected": citation.corrected,
        "note": citation.note,
        "unsure": unsure_quoted(service, who, citation),
    }


def sentence_json(sentence: Sentence) -> SentenceJson:
    return {
        "text": sentence.text,
        "verdict": str(sentence.verdict),
        "citations": list(sentence.citations),
        "missing": list(sentence.missing),
    }


def step_json(step: Step) -> StepJson:
    return {"name": step.name, "text": step.text}


def plan_json(plan: PlanMade) -> PlanJson:
    return {
        "strategy": plan.strategy,
        "why": plan.why,
        "question": plan.question,
        "calls": plan.calls,
        "input_tokens": plan.input_tokens,
        "output_tokens": plan.output_tokens,
        "counted_by": plan.counted_by,
        "notes": list(plan.notes),
    }


def ledger_json(ledger: Ledger) -> LedgerJson:
    return {
        "calls": ledger.calls,
        "input_tokens": ledger.input_tokens,
        "output_tokens": ledger.output_tokens,
        "each": [
            {
                "counted": call.counted,
                "input_tokens": call.input_tokens,
                "output_tokens": call.output_tokens,
                "reported": call.reported,
            }
            for call in ledger.entries
        ],
    }


def answer_json(service: Service, who: Principal, answer: Answer) -> AnswerJson:
    return {
        "question": answer.question,
        "answer": answer.text,
        "refused": answer.refused,
        "complete": answer.complete,
        "strategy": answer.strategy,
        "why": answer.why,
        "asked": answer.asked,
        "sentences": [sentence_json(sentence) for sentence in answer.sentences],
        "citations": [citation_json(service, who, citation) for citation in answer.citations],
        "hits": hits_json(service, who, answer.hits),
        "notes": list(answer.notes),
        "steps": [step_json(step) for step in answer.steps],
        "ledger": ledger_json(answer.ledger),
        "timings": {stage: round(seconds, 3) for stage, seconds in answer.timings.items()},
    }


def row_json(service: Service, who: Principal, row: Row) -> RowJson:
    return {
        "document": row.document.name,
        "document_id": row.document.id,
        "found": not row.answer.refused,
        "answer": answer_json(service, who, row.answer),
    }
