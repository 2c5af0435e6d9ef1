"""An answer on its way to an open page: taken into its turn bit by bit, whenever the page looks.

It knows neither the service nor how a turn is drawn. The page looks by presses of its own that each have a reply: a
stream that Gradio's queue holds open is lost where a press meets its end.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from app.stream import Feed
from app.ui.turn import Turn

_PAUSE = 0.02  # seconds without an event, after which what has come is drawn
_AT_MOST = 0.15  # seconds of events that never pause


class Coming:
    """`take` makes an event of the feed a part of the turn."""

    def __init__(self, turn: Turn, feed: Feed[Any], take: Callable[[Any], None]) -> None:
        self.turn = turn
        self.taken = 0  # events
        self.lock = Lock()  # presses come in threads of their own
        self._take = take
        self._events = feed.events(_PAUSE)

    def go_on(self, wait: float = 0.0) -> bool:
        """Takes what has come, or comes within `wait` seconds; whether that was the end. Raises what ended it."""
        started = time.monotonic()
        with self.lock:
            for event in self._events:
                if event is not None:
                    self._take(event)
                    self.taken += 1
                if time.monotonic() - started >= (wait if event is None else max(wait, _AT_MOST)):
                    return False
        return True

    def stop(self) -> None:
        """It is no longer wanted: its next look is its end, the turn keeps what has come."""
        with self.lock:
            self._events.close()
