"""Errors as problem details (RFC 9457): one line for a person, the hint, and what a program must decide.

It does not know which route failed. What Recto did not raise on purpose is never told to the outside.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from fastapi.responses import JSONResponse

from ingest.errors import (
    Ambiguous,
    BadDocument,
    BadInput,
    NotFound,
    OtherSide,
    RectoError,
    StorageFull,
)

MEDIA_TYPE = "application/problem+json"


class TooLarge(BadInput):
    """A request with more bytes or more files than the server takes."""


class TooBusy(OtherSide):
    """As many questions as the server works on at once are being answered already."""


def status_of(error: BaseException) -> int:
    """The HTTP status that says who must act."""
    match error:
        case NotFound():
            return 404
        case Ambiguous():
            return 409
        case TooLarge():
            return 413
        case BadDocument(state="too_big"):
            return 413
        case BadInput():
            return 400
        case StorageFull():
            return 507
        case OtherSide(retryable=True):
            return 503
        case OtherSide():
            return 502
    return 500


def problem(error: BaseException) -> dict[str, object]:
    """The problem details of an error."""
    status = status_of(error)
    if not isinstance(error, RectoError):
        return plain_problem(status, "something went wrong inside Recto", "the server's log says what")
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(error).__name__).lower()
    details = plain_problem(status, title_of(error), error.hint)
    details["type"] = f"urn:recto:{kind}"
    match error:
        case Ambiguous():
            details["document_ids"] = list(error.document_ids)
        case BadDocument():
            details["state"] = error.state
        case OtherSide():
            details["retryable"] = error.retryable
    return details


def title_of(error: RectoError) -> str:
    """The message without its hint, on one line."""
    return " ".join(str(error.args[0] if error.args else error).split())


def plain_problem(status: int, title: str, hint: str = "") -> dict[str, object]:
    """Problem details for what has no error class, such as an unknown address."""
    details: dict[str, object] = {"type": "about:blank", "title": title or HTTPStatus(status).phrase, "status": status}
    if hint:
        details["hint"] = hint
    return details


def problem_response(details: dict[str, object]) -> JSONResponse:
    status = details["status"]
    assert isinstance(status, int)
    headers = {"Retry-After": "5"} if status == 503 else None
    return JSONResponse(details, status, headers, MEDIA_TYPE)
