"""An answer that was asked for outside of the page, as a turn: kept in a conversation, or proven in a pack.

It does not know how the answer was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, cast

from typing_extensions import TypedDict

from app.answer_json import AnswerJson, answer_json
from app.auth import Principal
from app.bodies import AskBody, Service
from app.question_scope import scope_of
from app.ui.page_scope import PageScope
from app.ui.turn import Turn
from app.ui.turn_record import kept
from ingest.records import Document
from prompts.answers import Answer, AnswerDone, HitsFound
from retrieval.scope import PageRanges


class KeptJson(TypedDict):
    """Where an answer is kept, and can be rated: `turn` is its place in the conversation, from 1."""

    conversation: str
    turn: int


class AskedJson(AnswerJson):
    """An answer; `kept` where it was to be."""

    kept: NotRequired[KeptJson]


def answered_turn(question: str, answer: Answer, documents: Sequence[Document], pages: PageRanges) -> Turn:
    """The turn of an answer; `documents` are those that were asked, none for all, `pages` those of the one that was."""
    turn = Turn(question, asked=answer.asked, asked_ids=tuple(document.id for document in documents))
    if pages:
        turn.scope = PageScope(documents[0].id, documents[0].name, pages)
    turn.take(HitsFound(answer.hits))
    turn.take(AnswerDone(answer))
    return turn


def asked_json(service: Service, who: Principal, body: AskBody, answer: Answer) -> AskedJson:
    """The answer to a request, kept as the next turn of the conversation that it names, if any; raises NotFound."""
    shown = cast(AskedJson, answer_json(service, who, answer))
    if body.conversation is not None:
        turn = answered_turn(body.question.strip(), answer, _asked(service, who, body), body.ranges)
        conversation, place = service.conversations.append(who.user, body.conversation, kept(turn), turn.speaks_of())
        shown["kept"] = {"conversation": conversation, "turn": place + 1}
    return shown


def _asked(service: Service, who: Principal, body: AskBody) -> Sequence[Document]:
    """The documents that a request is kept to; none where it is about all."""
    named = [service.document(who, name) for name in body.documents]
    if not (named or body.collection or body.where or body.ranges):
        return ()
    return scope_of(named, service.documents(who, body.collection), body.where, body.ranges).documents
