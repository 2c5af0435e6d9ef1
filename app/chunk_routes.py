"""A document's chunks over REST: listed, searched, left out, corrected, annotated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from app.auth import Principal
from app.bodies import Service
from app.chunks import MAX_TEXT, MOST, EditedChunk
from ingest.overlays import Overlay


class ChunkBody(BaseModel):
    """What is to be of a chunk; what is left out stays. `text` null takes a correction back."""

    excluded: bool = False
    text: str | None = Field(default=None, max_length=MAX_TEXT)
    note: str = Field(default="", max_length=MAX_TEXT)


class ChunkJson(TypedDict):
    """`original` is the text as it was read, null where nothing corrects it; `edit` is null where nothing was done.

    `questions` are what a model wrote that the chunk answers; it is found by them.
    """

    chunk: int
    page: int
    section: list[str]
    kind: str
    text: str
    original: str | None
    note: str
    excluded: bool
    edit: int | None
    questions: list[str]


class LostEditJson(TypedDict):
    """An edit whose place is gone: no chunk of its page is like the `original` any more."""

    edit: int
    page: int
    original: str
    text: str | None
    note: str
    excluded: bool


class ChunksJson(TypedDict):
    """`found` counts the chunks that fit, of which `chunks` are some."""

    found: int
    chunks: list[ChunkJson]
    lost: list[LostEditJson]


def add_chunk_routes(router: APIRouter, service: Service, principal: Callable[[Request], Principal]) -> None:
    """Adds the routes to the API."""

    @router.get("/documents/{document_id}/chunks", response_model=ChunksJson)
    def list_chunks(
        request: Request,
        document_id: str,
        search: Annotated[str, Query(max_length=200)] = "",
        edited: bool = False,
        start: Annotated[int, Query(ge=0)] = 0,
        most: Annotated[int, Query(ge=1, le=1000)] = MOST,
    ) -> Response:
        """The chunks of a document that hold every word of `search`, in reading order; `edited`: only those edited."""
        who = principal(request)
        found = service.chunks.find(who, document_id, search, edited=edited, start=start, most=most)
        body: ChunksJson = {
            "found": found.found,
            "chunks": [chunk_json(one) for one in found.chunks],
            "lost": [lost_json(one) for one in found.lost],
        }
        return JSONResponse(body)

    @router.patch("/documents/{document_id}/chunks/{number}", response_model=ChunkJson)
    def edit_chunk(request: Request, document_id: str, number: int, body: ChunkBody) -> Response:
        """Leaves a chunk out of every answer, corrects its text, notes something beside it, or takes that back.

        What was read stays as it is beside the edit, which outlives a new reading of the document.
        """
        values = body.model_dump(exclude_unset=True)
        return JSONResponse(chunk_json(service.chunks.edit(principal(request), document_id, number, values)))  # type: ignore[arg-type]

    @router.delete("/documents/{document_id}/edits/{edit}", status_code=204)
    def drop_edit(request: Request, document_id: str, edit: int) -> Response:
        """Takes all back that an edit did, also one whose place is gone."""
        service.chunks.drop(principal(request), document_id, edit)
        return Response(status_code=204)


def chunk_json(one: EditedChunk) -> ChunkJson:
    chunk = one.chunk
    return {
        "chunk": chunk.ordinal,
        "page": chunk.page,
        "section": list(chunk.section),
        "kind": str(chunk.kind),
        "text": chunk.text,
        "original": chunk.original or None,
        "note": chunk.note,
        "excluded": one.excluded,
        "edit": one.edit or None,
        "questions": list(chunk.questions),
    }


def lost_json(one: Overlay) -> LostEditJson:
    return {
        "edit": one.id,
        "page": one.page,
        "original": one.original,
        "text": one.corrected,
        "note": one.note,
        "excluded": one.excluded,
    }
