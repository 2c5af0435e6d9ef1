"""Gives every sentence of an answer its citations and its verdict, from the documents' own words.

A model's marks are hints: they only choose between places that bear the sentence out. It does not know models.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ingest.boxes import chunk_boxes, reads_on, words_between
from ingest.records import Page, spans_between
from prompts.answers import Citation, CitedCell, Sentence, Verdict
from prompts.evidence import Evidence, Piece
from prompts.passages import PageOf, Passage, number_passages
from prompts.sentences import take_marks
from retrieval.hits import Hit


class Citer:
    """The citations of one answer. `citations` and `notes` grow with every sentence."""

    def __init__(self, question: str, hits: Sequence[Hit], page_of: PageOf) -> None:
        self._page_of = lru_cache(maxsize=256)(page_of)
        self.passages = number_passages(hits, self._page_of)
        self.citations: list[Citation] = []
        self.notes: list[str] = []
        self._evidence = Evidence(question, self.passages)
        self._known: dict[tuple[str, str, int, int], int] = {}

    def cite(self, written: str) -> tuple[Sentence, tuple[Citation, ...]]:
        """A sentence as the model wrote it, marks included -> the sentence with its citations."""
        text, marks = take_marks(written)
        for mark in marks:
            if not 1 <= mark <= len(self.passages):
                self._note(f"The model cited [{mark}], which is none of the {len(self.passages)} passages.")
        finding = self._evidence.find(text, marks)
        citations = tuple(self.quote(piece) for piece in finding.pieces)
        verdict = finding.verdict
        if verdict is Verdict.SUPPORTED and any(one.corrected for one in citations):
            verdict = Verdict.UNCHECKED  # by the user's own words, not by the page's
        sentence = Sentence(text, tuple(dict.fromkeys(one.marker for one in citations)), verdict, finding.missing)
        return sentence, citations

    def leave(self, written: str) -> Sentence:
        """A sentence that broke off: kept, marked with an ellipsis and not checked."""
        text, _ = take_marks(written)
        return Sentence(text.rstrip("…") + "…", (), Verdict.UNCHECKED)

    def quote(self, piece: Piece) -> Citation:
        """The citation of a piece of a passage; the same piece keeps its marker."""
        hit = piece.passage.hit
        key = (hit.document.id, hit.chunk.id, piece.start, piece.end)
        if key in self._known:
            return self.citations[self._known[key] - 1]
        marker = len(self.citations) + 1
        citation = build_citation(marker, piece.passage, piece, self._page_of)
        self._known[key] = marker
        self.citations.append(citation)
        return citation

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def build_citation(marker: int, passage: Passage, piece: Piece, page_of: PageOf) -> Citation:
    """A citation of `chunk.text[piece.start:piece.end]`, verified when that text stands on the page in boxes."""
    hit, chunk = passage.hit, passage.hit.chunk

    def page(number: int) -> Page:
        return page_of(chunk.sha256, number)

    quote = chunk.text[piece.start : piece.end]
    boxes = chunk_boxes(chunk, piece.start, piece.end, page)
    number = boxes[0][0] if boxes else chunk.page
    cell = piece.cell.cell if piece.cell else None
    corrected = any(span.replaces is not None for span in spans_between(chunk, piece.start, piece.end))
    return Citation(
        marker=marker,
        document=hit.document.name,
        document_id=hit.document.id,
        page=number,
        label=page(number).label,
        quote=quote,
        boxes=boxes,
        cell=CitedCell(cell.row, cell.column, cell.header_path) if cell else None,
        verified=bool(quote.strip()) and bool(boxes) and not corrected and _stands_in_blocks(piece, page_of),
        corrected=corrected,
        note=chunk.note,
    )


def _stands_in_blocks(piece: Piece, page_of: PageOf) -> bool:
    """Whether every part of the quote equals the text of the block that it is said to come from, in the page's order.

    What a table's row quotes is read cell by cell.
    """
    chunk = piece.passage.hit.chunk
    for span in chunk.spans:
        start, end = max(span.start, piece.start), min(span.end, piece.end)
        if start >= end:
            continue
        block = page_of(chunk.sha256, span.page).blocks[span.block]
        begin = span.block_start + start - span.start
        stop = begin + end - start
        if block.text[begin:stop] != chunk.text[start:end]:
            return False
        parts = [(max(cell.start, begin), min(cell.end, stop)) for cell in block.cells] or [(begin, stop)]
        if not all(reads_on(words_between(block, *part)) for part in parts):
            return False
    return True
