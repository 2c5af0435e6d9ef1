"""What prompting produces: citations, sentences with verdicts, answers, and the events that stream while one is made.

Plain frozen values. They do not know which strategy or model made them, nor how they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ingest.records import BBox
from retrieval.explain import Trace
from retrieval.hits import Hit


class Verdict(StrEnum):
    SUPPORTED = "supported"
    PARTLY = "partly"
    NOT_FOUND = "not_found"
    CONTRADICTED = "contradicted"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class CitedCell:
    row: int
    column: int
    header_path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote in a document. `boxes` holds (page, box) for each line of the quote; `marker` counts from 1.

    `verified` is true only when Recto itself found `quote` in the document's text. `corrected`: some of its words are
    the user's, who put them in the place of those on the page. `note` is what the user noted beside the passage.
    """

    marker: int
    document: str
    document_id: str
    page: int
    label: str
    quote: str
    boxes: tuple[tuple[int, BBox], ...]
    cell: CitedCell | None = None
    verified: bool = False
    corrected: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer; `citations` are markers.

    `missing`: words of the text that its evidence lacks or has otherwise, where the verdict is partly or contradicted.
    """

    text: str
    citations: tuple[int, ...]
    verdict: Verdict
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallCost:
    """One model call in tokens: `counted` before it was made, chat template included; then what the server reported.

    `reported` is false where the server said nothing: the figures are then Recto's own. `prompt` and `reply` are what
    was sent and what came back, thoughts included, long ones without their middle; they hold words of documents.
    """

    counted: int
    input_tokens: int
    output_tokens: int
    reported: bool
    prompt: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What an answer cost: model calls, tokens in and out (as the server reports them), and each call alone."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    entries: tuple[CallCost, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """`refused`: nothing in the documents answers. `complete` is false where the model broke off.

    `notes` say, in plain words, what the answer did without. `timings` are seconds by stage. `why` says how the
    strategy was chosen, `asked` what was asked where that is not `question` itself. `broke_off`: the server failed
    while it wrote. `search` is what the search for it did.
    """

    question: str
    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    strategy: str
    refused: bool = False
    complete: bool = True
    notes: tuple[str, ...] = ()
    ledger: Ledger = Ledger()
    timings: dict[str, float] = field(default_factory=dict)
    why: str = ""
    asked: str = ""
    steps: tuple[Step, ...] = ()
    broke_off: bool = False
    search: Trace | None = None


@dataclass(frozen=True, slots=True)
class PlanMade:
    """The first event, before any model call: which strategy and why, and what it may cost at most.

    `input_tokens` and `output_tokens` are over all calls. `question` is what is asked, where it is not as it was put.
    `counted_by` says whose tokens these are: server, tokenizer or estimate.
    """

    strategy: str
    calls: int
    notes: tuple[str, ...] = ()
    why: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    question: str = ""
    counted_by: str = ""


@dataclass(frozen=True, slots=True)
class HitsFound:
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step on the way to the answer that may be shown: a summary of a level, a further search, an answer not chosen.

    `name` says what was done, `text` what came of it.
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text as the model writes it, citation marks included."""

    text: str


@dataclass(frozen=True, slots=True)
class SentenceDone:
    sentence: Sentence
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class AnswerDone:
    """The last event of every stream that did not raise."""

    answer: Answer


AnswerEvent = PlanMade | HitsFound | Step | Token | SentenceDone | AnswerDone
