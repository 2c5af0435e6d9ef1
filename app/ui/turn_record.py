"""A turn of a conversation as text to be kept, and back.

What was read and what was sent to models is left out: they are found anew by asking again; and the rating, which has
its own place.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.ui.turn import Turn
from ingest.conversations import Kept

_TURN = TypeAdapter(Turn)
_CALLS = {"entries": {"__all__": {"prompt", "reply"}}}
_LEFT_OUT: dict[str, Any] = {**dict.fromkeys(("hits", "draft", "step", "rating", "search"), True), "ledger": _CALLS}


def kept(turn: Turn) -> Kept:
    """The turn as it stands, at its end or before."""
    return Kept(turn.question, _TURN.dump_json(turn, exclude=_LEFT_OUT).decode())


def turn_of(kept: Kept) -> Turn:
    """The turn again; one whose record is gone, or of another version, has its question alone.

    One that was kept on its way has stopped.
    """
    turn = Turn(kept.question, status="removed")
    if kept.record is not None:
        with suppress(ValidationError):
            turn = _TURN.validate_json(kept.record)
    if turn.status == "asking":
        turn.status = "stopped"
    return turn
