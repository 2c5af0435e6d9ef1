"""The files of a document over REST: a page as a picture, a table as CSV, the file as it was added."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response

from app.auth import Principal
from app.bodies import Service
from app.viewer import MAX_DPI, MIN_DPI, VIEW_DPI
from ingest.markdown import table_csv
from ingest.media_type import media_type

_SHOWN = frozenset({"application/pdf", "image/png", "image/jpeg"})  # by browsers themselves
_NOT_KEPT = {"Cache-Control": "no-store"}  # a removed document is gone at once


def add_file_routes(router: APIRouter, service: Service, principal: Callable[[Request], Principal]) -> None:
    """Adds the routes to the API. What they give is not to be kept by browsers."""

    @router.get(
        "/documents/{document_id}/pages/{number}.png",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}},
    )
    def page_picture(
        request: Request,
        document_id: str,
        number: int,
        dpi: Annotated[int, Query(ge=MIN_DPI, le=MAX_DPI)] = VIEW_DPI,
    ) -> Response:
        """A page as a picture."""
        picture = service.page_picture(principal(request), document_id, number, dpi)
        return Response(picture, media_type="image/png", headers=_NOT_KEPT)

    @router.get(
        "/documents/{document_id}/pages/{number:int}/tables/{block:int}.csv",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}}},
    )
    def table_as_csv(request: Request, document_id: str, number: int, block: int) -> Response:
        """A table, a line a row; `block` is its place among the page's blocks, from 0."""
        who = principal(request)
        name = f"{Path(service.document(who, document_id).name).stem}-p{number}-{block}.csv"
        text = table_csv(service.table(who, document_id, number, block))
        # Spreadsheets take a file without the mark for one in the machine's own encoding.
        return Response("\ufeff" + text, media_type="text/csv", headers=shown_as("attachment", name) | _NOT_KEPT)

    @router.get("/documents/{document_id}/original", response_class=FileResponse)
    def original(request: Request, document_id: str) -> Response:
        """The file as it was added. What a browser shows by itself is shown, the rest is kept as a file."""
        who = principal(request)
        name, path = service.document(who, document_id).name, service.original(who, document_id)
        kind = media_type(path)
        how = "inline" if kind in _SHOWN else "attachment"
        return FileResponse(path, media_type=kind, headers=shown_as(how, name) | _NOT_KEPT)


def shown_as(how: str, name: str) -> dict[str, str]:
    """The header that says whether a file is shown or kept, and its name (RFC 6266)."""
    return {"Content-Disposition": f"{how}; filename*=UTF-8''{quote(name, safe='')}"}
