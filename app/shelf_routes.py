"""The REST routes that stop documents on their way, take them up again, and keep collections.

They turn requests into calls of `Service.shelves`; they decide nothing themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from app.auth import Principal
from app.bodies import CollectionJson, DocumentJson, Service, collection_json, document_json


class CollectionBody(BaseModel):
    """What a collection is called from now on."""

    name: str = Field(min_length=1, max_length=100)


class MovedBody(BaseModel):
    """The documents that go into a collection, by name or id."""

    documents: list[str] = Field(min_length=1, max_length=1000)


def add_shelf_routes(router: APIRouter, service: Service, principal: Callable[[Request], Principal]) -> None:
    """Adds the routes to the API."""

    @router.post("/documents/{document_id}/cancel", response_model=DocumentJson)
    def cancel(request: Request, document_id: str) -> Response:
        """Stops a document on its way; what was read of it can be asked, and it can be resumed or removed."""
        return JSONResponse(document_json(service.shelves.cancel(principal(request), document_id)))

    @router.post("/documents/{document_id}/resume", status_code=202, response_model=DocumentJson)
    def resume(request: Request, document_id: str) -> Response:
        """Lets a document that was cancelled be read again."""
        return JSONResponse(document_json(service.shelves.take_up(principal(request), document_id)), 202)

    @router.get("/collections", response_model=list[CollectionJson])
    def list_collections(request: Request) -> Response:
        """All collections, by name, with how many documents and pages each has."""
        return JSONResponse([collection_json(one) for one in service.shelves.collections(principal(request))])

    @router.post("/collections/{collection}/documents", status_code=204, response_class=Response)
    def move(request: Request, collection: str, body: MovedBody) -> Response:
        """Puts documents into a collection, all or none."""
        service.shelves.move(principal(request), body.documents, collection)
        return Response(status_code=204)

    @router.patch("/collections/{collection}", status_code=204, response_class=Response)
    def rename(request: Request, collection: str, body: CollectionBody) -> Response:
        """Gives a collection another name, which no other has."""
        service.shelves.rename(principal(request), collection, body.name)
        return Response(status_code=204)

    @router.delete("/collections/{collection}", response_model=list[DocumentJson])
    def dissolve(request: Request, collection: str, documents: Literal["keep", "remove"] = "keep") -> Response:
        """Ends a collection: its documents are kept, in the default one, or removed for good."""
        gone = service.shelves.dissolve(principal(request), collection, remove=documents == "remove")
        return JSONResponse([document_json(document) for document in gone])
