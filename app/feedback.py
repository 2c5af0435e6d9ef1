"""Rated answers and their questions asked again: what was cited before, what is cited now, and which is nearer.

It does not know how an answer is made, nor how the difference is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from app.auth import Principal
from app.bodies import Service
from app.ui.turn import Turn
from app.ui.turn_record import turn_of
from ingest.conversations import Kept
from ingest.errors import BadInput
from ingest.ratings import Rated, Rating
from prompts.answers import Citation

Outcome = Literal["better", "worse", "same", "changed"]


class Place(NamedTuple):
    """A page, from 1, of a document."""

    document_id: str
    document: str
    page: int


@dataclass(frozen=True, slots=True)
class Side:
    """An answer: what it says, which pages it cites, in order.

    `right`: whether the right page is among these. `rank`: its rank, from 1, among the pages that were read.
    """

    answer: str
    refused: bool
    pages: tuple[Place, ...]
    right: bool
    rank: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A rated question before and now. `better` and `worse` are said of the right page alone, where there is one."""

    rated: Rated
    question: str
    before: Side
    after: Side

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.before, self.after)


def outcome_of(before: Side, after: Side) -> Outcome:
    """Whether an answer is nearer the right page than the one before, else whether it says the same."""
    then, now = _nearness(before), _nearness(after)
    if then != now:
        return "better" if now > then else "worse"
    return "same" if before.answer == after.answer else "changed"


def rated_turn(rated: Rated) -> Turn:
    """The turn that was rated, as it was kept."""
    return turn_of(Kept(rated.question, rated.record))


def ask_again(service: Service, who: Principal, rated: Rated) -> Difference:
    """Asks the question of the same documents, or pages, in the same way, as far as they are there.

    A follow-up is asked as it stands alone. Raises BadInput, OtherSide.
    """
    turn = rated_turn(rated)
    question = turn.asked or turn.question
    there = {document.id for document in service.documents(who) if document.askable}
    documents = [document_id for document_id in turn.asked_ids if document_id in there]
    if turn.asked_ids and not documents:
        raise BadInput("the documents that it was asked of are gone")
    strategy = turn.strategy if turn.strategy in service.strategies() else "auto"
    again = Turn(question, strategy)
    pages = turn.scope.pages if turn.scope else ()
    for event in service.ask(who, question, documents, strategy=strategy, pages=pages):
        again.take(event)
    return Difference(rated, question, side_of(turn, rated.rating), side_of(again, rated.rating))


def side_of(turn: Turn, rating: Rating) -> Side:
    """An answer, judged by a rating's right page."""
    right = (rating.document_id, rating.page)
    cited = dict.fromkeys(place for _, one in sorted(turn.citations.items()) for place in _places(one))
    read = list(dict.fromkeys(turn.read))
    return Side(
        " ".join(sentence.text for sentence in turn.sentences),
        turn.refused,
        tuple(cited),
        any((place.document_id, place.page) == right for place in cited),
        read.index(right) + 1 if right in read else None,
    )


def _places(citation: Citation) -> list[Place]:
    pages = dict.fromkeys((citation.page, *(page for page, _ in citation.boxes)))
    return [Place(citation.document_id, citation.document, page) for page in pages]


def _nearness(side: Side) -> tuple[bool, float]:
    """How near the right page an answer is: cited before not cited, then by its rank among what was read."""
    return side.right, 1 / side.rank if side.rank else 0.0
