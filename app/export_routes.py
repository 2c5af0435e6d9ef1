"""The REST routes that give a conversation as a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.auth import Principal
from app.bodies import Service
from app.crops import crop
from app.file_routes import shown_as
from app.ui.export import as_html, as_markdown
from app.ui.turn_record import turn_of
from app.ui.wording import language_of
from ingest.errors import RectoError
from prompts.answers import Citation

_DPI = 110  # of the pictures


def add_export_routes(router: APIRouter, service: Service, principal: Callable[[Request], Principal]) -> None:
    """Adds the routes to the API."""

    @router.get("/conversations/{conversation}.{kind}", response_class=Response)
    def export(request: Request, conversation: str, kind: Literal["html", "md"]) -> Response:
        """A conversation as Markdown, or as one HTML page with a picture of each quote's place."""
        who = principal(request)
        title = service.conversations.title(who.user, conversation)
        turns = [turn_of(one) for one in service.conversations.turns(who.user, conversation)]
        language = language_of(request.headers.get("accept-language", ""))

        def place(citation: Citation) -> bytes | None:
            boxes = [box for page, box in citation.boxes if page == citation.page]
            try:
                width = service.page(who, citation.document_id, citation.page).width
                return crop(service.page_picture(who, citation.document_id, citation.page, _DPI), width, boxes)
            except RectoError:
                return None

        if kind == "md":
            text, media = as_markdown(language, title, turns), "text/markdown"
        else:
            text, media = as_html(language, title, turns, place), "text/html"
        headers = shown_as("attachment", f"recto-{conversation[:8]}.{kind}")
        return Response(text, media_type=f"{media}; charset=utf-8", headers=headers | {"Cache-Control": "no-store"})
