"""The REST routes of what was asked: conversations, the ratings of their answers.

They turn requests into calls of `Service.conversations`; they decide nothing themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from app.auth import Principal
from app.bodies import Service
from app.rating_json import RatedJson, RatingJson, rated_json, rating_json
from app.ui.turn_record import turn_of
from ingest.conversations import Conversation
from ingest.errors import NotFound
from ingest.ratings import MAX_NOTE, Rating


class RightPageBody(BaseModel):
    """Where the answer stands: a document by name or id, a page of it from 1."""

    document: str = Field(min_length=1)
    page: int = Field(ge=1)


class RatingBody(BaseModel):
    """What somebody thinks of an answer; `reason` says why it is not good."""

    good: bool
    reason: Literal["", "wrong", "incomplete", "place", "refused", "other"] = ""
    note: str = Field(default="", max_length=MAX_NOTE)
    right_page: RightPageBody | None = None


class ConversationJson(TypedDict):
    """`updated` is when it last went on, in ISO 8601."""

    conversation: str
    title: str
    updated: str


class TurnJson(TypedDict):
    """A question and its answer; `removed`: the answer went with a document. `turn` counts from 1."""

    turn: int
    question: str
    answer: str
    refused: bool
    removed: bool
    rating: RatingJson | None


def add_conversation_routes(router: APIRouter, service: Service, principal: Callable[[Request], Principal]) -> None:
    """Adds the routes to the API."""

    @router.get("/conversations", response_model=list[ConversationJson])
    def list_conversations(request: Request, search: Annotated[str, Query(max_length=200)] = "") -> Response:
        """The last hundred conversations, or those with `search` in their title or a question."""
        found = service.conversations.find(principal(request).user, search)
        return JSONResponse([_conversation_json(one) for one in found])

    @router.get("/conversations/{conversation}/turns", response_model=list[TurnJson])
    def list_turns(request: Request, conversation: str) -> Response:
        """What was asked and answered in a conversation, and how each answer is rated."""
        return JSONResponse(_turns_json(service, principal(request), conversation))

    @router.put("/conversations/{conversation}/turns/{number:int}/rating", status_code=204, response_class=Response)
    def rate(request: Request, conversation: str, number: int, body: RatingBody) -> Response:
        """Rates an answer, or rates it anew; `number` is its place in the conversation, from 1."""
        who = principal(request)
        service.conversations.ratings.rate(who.user, conversation, number - 1, _rating(service, who, body))
        return Response(status_code=204)

    @router.get("/ratings", response_model=list[RatedJson])
    def list_ratings(request: Request) -> Response:
        """All ratings, the first first; `recto feedback ask` asks their questions again."""
        return JSONResponse([rated_json(one) for one in service.conversations.ratings.all(principal(request).user)])

    @router.delete("/ratings/{rating}", status_code=204, response_class=Response)
    def remove_rating(request: Request, rating: str) -> Response:
        """Takes a rating back; its answer stays."""
        service.conversations.ratings.remove(principal(request).user, [rating])
        return Response(status_code=204)


def _rating(service: Service, who: Principal, body: RatingBody) -> Rating:
    """Raises NotFound where the right page is none."""
    if body.right_page is None:
        return Rating(body.good, body.reason, body.note)
    document, page = service.document(who, body.right_page.document), body.right_page.page
    if page > document.pages:
        raise NotFound(f"{document.name} has no page {page}", hint=f"its pages are 1 to {document.pages}")
    return Rating(body.good, body.reason, body.note, document.id, page)


def _conversation_json(one: Conversation) -> ConversationJson:
    return {"conversation": one.id, "title": one.title, "updated": one.updated}


def _turns_json(service: Service, who: Principal, conversation: str) -> list[TurnJson]:
    ratings = service.conversations.ratings.of(who.user, conversation)
    shown: list[TurnJson] = []
    for place, one in enumerate(service.conversations.turns(who.user, conversation)):
        turn = turn_of(one)
        shown.append(
            {
                "turn": place + 1,
                "question": turn.question,
                "answer": " ".join(sentence.text for sentence in turn.sentences),
                "refused": turn.refused,
                "removed": one.record is None,
                "rating": rating_json(ratings[place]) if place in ratings else None,
            }
        )
    return shown
