"""The REST routes that give a conversation, or the evidence of one of its answers, as a file."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.auth import Principal
from app.bodies import Service
from app.crops import place_picture
from app.evidence import pack_files
from app.file_routes import shown_as
from app.pack_file import write_pack
from app.page_words import Language
from app.ui.export import as_html, as_markdown
from app.ui.turn import Turn
from app.ui.turn_record import turn_of
from app.ui.wording import language_of
from ingest.errors import NotFound, RectoError
from prompts.answers import Citation

_NOT_KEPT = {"Cache-Control": "no-store"}  # a removed document is gone at once


def add_export_routes(router: APIRouter, service: Service, principal: Callable[[Request], Principal]) -> None:
    """Adds the routes to the API."""

    @router.get("/conversations/{conversation}.{kind}", response_class=Response)
    def export(
        request: Request,
        conversation: str,
        kind: Literal["html", "md"],
        answer: Annotated[int | None, Query(ge=1)] = None,
        language: Language | None = None,
        printed: bool = False,
    ) -> Response:
        """A conversation, or one answer of it, as Markdown, or as one HTML page with a picture of each quote's place.

        `answer` is its place in the conversation, from 1. A `printed` page is shown, and opens the browser's dialog.
        """
        who = principal(request)
        title = service.conversations.title(who.user, conversation)
        turns = [turn_of(one) for one in service.conversations.turns(who.user, conversation)]
        if answer is not None:
            turns = [_chosen(turns, answer)]
            title = " ".join(turns[0].question.split())
        language = language or language_of(request.headers.get("accept-language", ""))

        def place(citation: Citation) -> bytes | None:
            try:
                return place_picture(service, who, citation)
            except RectoError:
                return None

        if kind == "md":
            text, media = as_markdown(language, title, turns), "text/markdown"
        else:
            text, media = as_html(language, title, turns, place, printed=printed), "text/html"
        name = "-".join(["recto", conversation[:8], *([str(answer)] if answer else [])])
        headers = shown_as("inline" if printed else "attachment", f"{name}.{kind}")
        return Response(text, media_type=f"{media}; charset=utf-8", headers=headers | _NOT_KEPT)

    @router.get(
        "/conversations/{conversation}/turns/{number:int}.zip",
        response_class=Response,
        responses={200: {"content": {"application/zip": {}}}},
    )
    def evidence_pack(request: Request, conversation: str, number: int) -> Response:
        """The evidence of an answer, which `recto replay` checks; `number` is its place in the conversation, from 1."""
        who = principal(request)
        turns = [turn_of(one) for one in service.conversations.turns(who.user, conversation)]
        target = io.BytesIO()
        write_pack(target, pack_files(service, who, _chosen(turns, number)), version("recto"))
        headers = shown_as("attachment", f"recto-{conversation[:8]}-{number}.zip")
        return Response(target.getvalue(), media_type="application/zip", headers=headers | _NOT_KEPT)


def _chosen(turns: Sequence[Turn], number: int) -> Turn:
    """The turn at a place, from 1; raises NotFound."""
    if not 1 <= number <= len(turns):
        raise NotFound("there is no such answer")
    return turns[number - 1]
