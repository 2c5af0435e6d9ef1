"""What ingest produces: words with boxes, blocks, pages, contents, documents, chunks.

Plain frozen values; nothing here knows how they are read from a PDF or kept on disk. Coordinates are PDF points,
origin top left, in the page as it is seen (after /Rotate, CropBox and UserUnit). Pages are numbered from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class BBox(NamedTuple):
    """A rectangle in PDF points, origin top left."""

    x0: float
    top: float
    x1: float
    bottom: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(self.width, 0.0) * max(self.height, 0.0)

    @property
    def center(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.top + self.bottom) / 2

    def contains(self, x: float, y: float) -> bool:
        return self.x0 <= x <= self.x1 and self.top <= y <= self.bottom

    def union(self, other: BBox) -> BBox:
        return BBox(
            min(self.x0, other.x0),
            min(self.top, other.top),
            max(self.x1, other.x1),
            max(self.bottom, other.bottom),
        )

    def overlap(self, other: BBox) -> float:
        """Area shared with `other`, in square points."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)


def union_of(boxes: Sequence[BBox]) -> BBox:
    """The smallest rectangle around all `boxes`; raises ValueError when there are none."""
    if not boxes:
        raise ValueError("no boxes")
    if len(boxes) == 1:
        return boxes[0]
    x0s, tops, x1s, bottoms = zip(*boxes, strict=True)
    return BBox(min(x0s), min(tops), max(x1s), max(bottoms))


class BlockKind(StrEnum):
    TITLE = "title"
    TEXT = "text"
    LIST = "list"
    TABLE = "table"
    CAPTION = "caption"
    FIGURE = "figure"
    FORMULA = "formula"
    FURNITURE = "furniture"  # running head, page number: kept, never chunked


class State(StrEnum):
    """Where a document stands. The first four are in progress, the rest are ends."""

    WAITING = "waiting"
    PARSING = "parsing"
    WORDS_READY = "words_ready"
    EMBEDDING = "embedding"

    INDEXED = "indexed"
    INDEXED_PARTIAL = "indexed_partial"
    NEEDS_PASSWORD = "needs_password"
    NO_TEXT = "no_text"
    NOT_PDF = "not_pdf"
    DAMAGED = "damaged"
    TOO_BIG = "too_big"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"
    CANCELLED = "cancelled"
    FAILED_STORAGE = "failed_storage"

    @property
    def in_progress(self) -> bool:
        return self in (State.WAITING, State.PARSING, State.WORDS_READY, State.EMBEDDING)


class Word(NamedTuple):
    """A run of characters without white space, as it stands on the page.

    Chinese text has no spaces, so there a word may be a whole run of a line.
    """

    text: str
    bbox: BBox
    font: str = ""
    size: float = 0.0
    bold: bool = False
    confidence: float = 1.0  # from 0 to 1, of one that was recognised on a picture; to 0.01


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell. `block.text[start:end]` is its text; rows and columns count from 0.

    `header_path` names the headers above and left of it, outermost first.
    """

    row: int
    column: int
    start: int
    end: int
    bbox: BBox
    row_span: int = 1
    column_span: int = 1
    header_path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item, table … in reading order.

    `offsets[i]` is the half-open range of `text` that `words[i]` stands for; it may differ from the word's own text
    where a hyphen was joined or a ligature resolved. What lies between two ranges (spaces, line ends, " | ") is
    Recto's own.
    """

    kind: BlockKind
    text: str
    bbox: BBox
    words: tuple[Word, ...] = ()
    offsets: tuple[tuple[int, int], ...] = ()
    level: int = 0  # depth of a title, from 1; 0 elsewhere
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class PageReport:
    """How a page was read: figures, and `notes` that say in plain words what was done about it or left out.

    Its blocks hold `characters` of the `characters_seen` by PDFium in its text layer, counted as in Content; `garbled`
    of its text layer's characters stand for no letter. `pictures` is the share of the page under pictures. `patched`
    characters were left out by the base and are PDFium's. `columns` of running text stand side by side. `disputed`
    counts the tables that not all voices see. `plain`: its layout could not be read, only its text. `ocr_lines` were
    recognised on its picture, with `confidence` from 0 to 1; None where it was not looked at.
    """

    notes: tuple[str, ...] = ()
    characters: int = 0
    characters_seen: int = 0
    garbled: int = 0
    pictures: float = 0.0
    patched: int = 0
    columns: int = 0
    tables: int = 0
    disputed: int = 0
    plain: bool = False
    ocr_lines: int | None = None
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Page:
    """`text_from` is "pdf", "ocr" or "mixed"; `label` is the number printed on the page, where one is known."""

    number: int
    width: float
    height: float
    blocks: tuple[Block, ...]
    label: str = ""
    text_from: str = "pdf"
    report: PageReport = PageReport()


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes, parsed once. `skipped` maps a page that could not be read to the reason.

    `pending` maps a page that is still to be read from its pixels to the reason; until then it stands in `pages` with
    what little its text layer says.

    `regions`: boxes of pictures within pages that are still to be looked at for text, by page.

    `characters_seen`: visible characters of the text layer, as PDFium reads it, on all pages that are not read by OCR.
    `characters`: how many of these the blocks hold, furniture included. What is outside the page, drawn twice in one
    place or without ink is not counted, and a page that states more than a page can show holds none that count.
    """

    sha256: str
    pages: tuple[Page, ...]
    title: str = ""
    skipped: dict[int, str] = field(default_factory=dict)
    pending: dict[int, str] = field(default_factory=dict)
    characters: int = 0
    characters_seen: int = 0
    regions: dict[int, tuple[BBox, ...]] = field(default_factory=dict)

    @property
    def share_read(self) -> float | None:
        """`characters` of `characters_seen`, at most 1; None where PDFium sees none, as in a scan."""
        return min(self.characters / self.characters_seen, 1.0) if self.characters_seen else None


@dataclass(frozen=True, slots=True)
class Document:
    """What a user sees: a name in a collection, standing for a content.

    `pages_done`: of `pages`, those of which nothing waits to be read, not even a picture within them.
    `askable`: its words are committed, so that answers may quote it; also while it is read anew with other options.
    `year` (0 where none is known), `company` and `kind` are what the user has set, else what was read of it.
    """

    id: str
    name: str
    collection: str
    owner: str
    sha256: str
    state: State
    reason: str = ""
    pages: int = 0
    pages_done: int = 0
    chunks: int = 0
    path: str = ""
    seconds: float = 0.0
    added: str = ""
    askable: bool = False
    year: int = 0
    company: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """`chunk.text[start:end]` equals `block.text[block_start:block_end]` of a page's block.

    Where it `replaces` so many of the block's characters, these are a user's words, put in their place.
    """

    start: int
    end: int
    page: int
    block: int
    block_start: int
    replaces: int | None = None

    @property
    def block_end(self) -> int:
        return self.block_start + (self.end - self.start if self.replaces is None else self.replaces)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage small enough to embed. `id` is unique in the library; `section` is the path of headings above it.

    `original` is the text as it was read, where a user corrected it; `note` is what a user noted beside it.
    `questions` are what a model wrote that it answers: it is found by them, and they are no part of it.
    """

    id: str
    sha256: str
    ordinal: int
    kind: BlockKind
    text: str
    section: tuple[str, ...]
    spans: tuple[Span, ...]
    original: str = ""
    note: str = ""
    questions: tuple[str, ...] = ()

    @property
    def page(self) -> int:
        """The page on which the chunk starts."""
        return self.spans[0].page

    @property
    def pages(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(span.page for span in self.spans))

    @property
    def text_to_embed(self) -> str:
        headings = [heading for heading in self.section[-2:] if heading not in self.text[: len(heading) + 200]]
        return "\n".join((*headings, self.text))


def spans_between(chunk: Chunk, start: int, end: int) -> Iterator[Span]:
    """The parts of `chunk.spans` that lie in `chunk.text[start:end]`, cut to it.

    A part of one that replaces words has the place of all of them.
    """
    for span in chunk.spans:
        cut_start, cut_end = max(span.start, start), min(span.end, end)
        if cut_start < cut_end:
            at = span.block_start + (cut_start - span.start if span.replaces is None else 0)
            yield Span(cut_start, cut_end, span.page, span.block, at, span.replaces)
