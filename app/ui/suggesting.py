"""Which questions an empty conversation offers: examples by a document's name, else what a document suggests.

It reads the first pages of a few documents and remembers what they suggest; it draws nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from app.auth import Principal
from app.bodies import MAX_QUESTION, Service
from app.outline import headings_of
from app.suggestions import Suggestion, suggested
from app.ui.page_scope import PageScope
from app.ui.session import Session
from app.ui.turn import Turn
from app.ui.wording import word
from ingest.errors import NotFound
from ingest.records import Document

_MOST = 6  # questions
_DOCUMENTS = 3  # of which they are
_LOOKED_AT = 6  # documents, the last that came
_PAGES = 60  # of each, the first
_REMEMBERED = 64  # documents
_SUMMARY = "tree"


class Offer(NamedTuple):
    """A question to press; `do` and `value` are what its press says."""

    question: str
    document: str
    do: str
    value: str


class Suggesting:
    """What a user's documents suggest."""

    def __init__(self, service: Service, who: Principal, examples: Mapping[str, Sequence[str]]) -> None:
        self._service = service
        self._who = who
        self._examples = examples
        self._read = lru_cache(_REMEMBERED)(self._suggested)

    def offers(self, session: Session, documents: Sequence[Document]) -> list[Offer]:
        """Questions of the documents that are ticked, as many of each of a few, the last that came first."""
        ticked = [one for one in documents if one.askable and one.id not in session.left_out]
        found = [offers for document in reversed(ticked[-_LOOKED_AT:]) if (offers := self._of(document))][:_DOCUMENTS]
        return [offer for offers in found for offer in offers[: _MOST // len(found)]]

    def turn(self, session: Session, value: str) -> Turn:
        """The question of a press: a document's id and, after a colon, what is asked of it; empty where it is gone."""
        document_id, _, question = value.partition(":")
        return self._turn(document_id, question.strip()[:MAX_QUESTION], session.strategy)

    def summary(self, session: Session, document_id: str) -> Turn:
        """A summary of the whole document, by `tree` where a model is at hand; empty where the document is gone."""
        strategy = _SUMMARY if _SUMMARY in session.strategies else "auto"
        return self._turn(document_id, word(session.language, "summary_question"), strategy)

    def _turn(self, document_id: str, question: str, strategy: str) -> Turn:
        try:
            document = self._service.document(self._who, document_id)
        except NotFound:
            return Turn("")
        return Turn(question, strategy, scope=PageScope(document.id, document.name, ()))

    def _of(self, document: Document) -> list[Offer]:
        if document.name in self._examples:
            return [Offer(question, document.name, "example", question) for question in self._examples[document.name]]
        try:
            found = self._read(document.id, document.sha256, document.chunks)
        except NotFound:  # removed this moment
            return []
        return [Offer(one.question, document.name, "suggested", f"{document.id}:{one.question}") for one in found]

    def _suggested(self, document_id: str, sha256: str, chunks: int) -> tuple[Suggestion, ...]:
        numbers = [one.number for one in self._service.summaries(self._who, document_id)][:_PAGES]
        pages = [self._service.page(self._who, document_id, number) for number in numbers]
        return suggested(headings_of(pages), pages)
