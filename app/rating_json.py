"""Ratings of answers as JSON, of the REST API and of the command line's `--json`.

It knows nothing of HTTP, nor of who rates.
"""

from __future__ import annotations

from typing_extensions import TypedDict

from app.feedback import rated_turn
from ingest.ratings import Rated, Rating


class RightPageJson(TypedDict):
    """Where the answer stands; `page` counts from 1."""

    document: str
    document_id: str
    page: int


class RatingJson(TypedDict):
    """`reason`: why an answer is not good, or empty; `right_page` is null where nobody said."""

    good: bool
    reason: str
    note: str
    right_page: RightPageJson | None


class RatedJson(RatingJson):
    """A rating with its question and the answer that was rated; `rated` is when, in ISO 8601."""

    id: str
    rated: str
    question: str
    answer: str
    refused: bool


def rating_json(rating: Rating) -> RatingJson:
    right: RightPageJson = {"document": rating.document, "document_id": rating.document_id, "page": rating.page}
    return {
        "good": rating.good,
        "reason": rating.reason,
        "note": rating.note,
        "right_page": right if rating.page else None,
    }


def rated_json(rated: Rated) -> RatedJson:
    turn = rated_turn(rated)
    return {
        "id": rated.id,
        "rated": rated.when,
        "question": rated.question,
        "answer": " ".join(sentence.text for sentence in turn.sentences),
        "refused": turn.refused,
        **rating_json(rated.rating),
    }
