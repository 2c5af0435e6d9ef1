"""A document's chunks as its user sees and edits them: listed, searched, left out, corrected, annotated.

It knows the library and nothing of HTTP, HTML or the browser. What was read itself is never changed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from app.auth import Principal
from ingest.boxes import chunk_boxes
from ingest.errors import BadInput, NotFound
from ingest.generated import asked
from ingest.overlays import Overlay, overlaid, placed
from ingest.records import BBox, Chunk, Document
from ingest.store import Library

MAX_TEXT = 10_000  # characters of a correction or a note
MOST = 50  # chunks that are shown at once


class ChunkEdit(TypedDict, total=False):
    """What is to be of a chunk; what is left out stays. `text` None takes a correction back, `note` "" a note."""

    excluded: bool
    text: str | None
    note: str


@dataclass(frozen=True, slots=True)
class EditedChunk:
    """A chunk with its user's words, even where it is left out; `edit` is the id of what was done to it, or 0."""

    chunk: Chunk
    excluded: bool = False
    edit: int = 0


@dataclass(frozen=True, slots=True)
class ChunkList:
    """Some of the `found` chunks of `document`, and the edits that have lost their place."""

    document: Document
    chunks: tuple[EditedChunk, ...]
    found: int
    lost: tuple[Overlay, ...]


@dataclass(frozen=True, slots=True)
class ChunksShown:
    """A list on a screen: what narrows it, how many of it are shown, the chunk whose text is being edited."""

    listed: ChunkList
    search: str = ""
    edited: bool = False
    most: int = MOST
    editing: int | None = None


class Chunks:
    """The chunks of one library's documents. Raises NotFound, Ambiguous for a document that is not the user's."""

    def __init__(self, library: Library, document_of: Callable[[Principal, str], Document]) -> None:
        self._library = library
        self._document = document_of

    def find(
        self,
        who: Principal,
        document_id: str,
        search: str = "",
        *,
        edited: bool = False,
        start: int = 0,
        most: int = MOST,
    ) -> ChunkList:
        """Those that hold every word of `search`, in text, note or headings; with `edited` those that were edited."""
        document = self._document(who, document_id)
        every, lost = self._edited(document)
        words = _folded(search).split()
        found = [
            one
            for one in every
            if (one.edit or not edited) and all(word in _folded(_searched(one.chunk)) for word in words)
        ]
        return ChunkList(document, tuple(found[start : start + most]), len(found), lost)

    def chunk(self, who: Principal, document_id: str, ordinal: int) -> EditedChunk:
        """Raises NotFound."""
        every, _ = self._edited(self._document(who, document_id))
        if not 0 <= ordinal < len(every):
            raise NotFound(f"no chunk {ordinal} in this document")
        return every[ordinal]

    def edit(self, who: Principal, document_id: str, ordinal: int, edit: ChunkEdit) -> EditedChunk:
        """Raises NotFound, BadInput."""
        document, shown = self._document(who, document_id), self.chunk(who, document_id, ordinal)
        text = (edit.get("text") or "").strip()
        if max(len(text), len(edit.get("note") or "")) > MAX_TEXT:
            raise BadInput(f"the text is longer than {MAX_TEXT} characters")
        (read,) = self._library.chunks(document.sha256, ordinals=[ordinal]) or (None,)
        if read is None:
            raise NotFound(f"no chunk {ordinal} in this document")

        def change(one: Overlay) -> Overlay:
            corrected = one.corrected if "text" not in edit else text if text != read.text.strip() else None
            return replace(
                one,
                excluded=edit.get("excluded", one.excluded),
                corrected=corrected or None,
                note=edit.get("note", one.note).strip(),
            )

        self._library.overlays.keep(document.id, read, change, shown.edit)
        return self.chunk(who, document.id, ordinal)

    def drop(self, who: Principal, document_id: str, edit: int) -> None:
        """Takes an edit back, also one that has lost its place; raises NotFound."""
        self._library.overlays.drop(self._document(who, document_id).id, edit)

    def boxes(self, who: Principal, document_id: str, ordinal: int) -> tuple[tuple[int, BBox], ...]:
        """(page, box) for each line of a chunk; raises NotFound."""
        document, shown = self._document(who, document_id), self.chunk(who, document_id, ordinal)
        text = shown.chunk.text
        return chunk_boxes(shown.chunk, 0, len(text), lambda number: self._library.page(document.sha256, number))

    def _edited(self, document: Document) -> tuple[Sequence[EditedChunk], tuple[Overlay, ...]]:
        chunks, overlays = self._library.chunks(document.sha256), self._library.overlays.of(document.id)
        found = placed(overlays, chunks)
        there = {overlay.id for overlay in found.values()}
        lost = tuple(overlay for overlay in overlays if overlay.id not in there)
        every = [overlaid(one, found[one.ordinal]) if one.ordinal in found else one for one in chunks]
        return [
            EditedChunk(one, overlay.excluded, overlay.id) if (overlay := found.get(one.ordinal)) else EditedChunk(one)
            for one in asked(every, self._library.questions, document.id)
        ], lost


def _searched(chunk: Chunk) -> str:
    return "\n".join((chunk.text, chunk.note, *chunk.section))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
