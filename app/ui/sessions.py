"""The sessions of the open pages, by the name that the browser gives each page.

Gradio's own state would hold a connection open for each page; a browser has six to one address, and the sixth page
would never be drawn. It knows nothing of what a session remembers.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from app.ui.session import Session

_MOST = 64  # an open page is seen every few seconds: those not seen for longest are closed


class Sessions:
    """At most `most`: the one that was not seen for longest goes first. Safe from several threads."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = Lock()

    def of(self, page: str | None) -> Session:
        """That of a page, a new one where there is none."""
        key = page or ""
        with self._lock:
            session = self._sessions.setdefault(key, Session())
            self._sessions.move_to_end(key)
            if len(self._sessions) > self._most:
                _, left = self._sessions.popitem(last=False)
                others = (one.coming for one in self._sessions.values())
                if left.coming is not None and all(one is not left.coming for one in others):
                    left.coming.stop()
        return session
