"""The sessions of the open pages, by the name that the browser gives each page.

Gradio's own state would hold a connection open for each page; a browser has six to one address, and the sixth page
would never be drawn. It knows nothing of what a session remembers.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock

from app.ui.coming import Coming
from app.ui.session import Session

_MOST = 64  # an open page is seen every few seconds: those not seen for longest are closed
_OPEN_S = 90.0  # a page that was not seen for so long is taken to be closed; behind others it is seen once a minute


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
            session.seen = time.monotonic()
            self._sessions.move_to_end(key)
            if len(self._sessions) > self._most:
                _, left = self._sessions.popitem(last=False)
                if left.coming is not None and all(one.coming is not left.coming for one in self._sessions.values()):
                    left.coming.stop()
        return session

    def coming(self, conversation: str) -> Coming | None:
        """The answer on its way to a conversation, on whatever page."""
        with self._lock:
            known = [one for one in self._sessions.values() if one.coming is not None]
        return next((one.coming for one in known if conversation and one.conversation == conversation), None)

    def alone(self, session: Session) -> bool:
        """Whether no other page that is open looks at the answer that this one does."""
        last = time.monotonic() - _OPEN_S
        with self._lock:
            others = [one for one in self._sessions.values() if one is not session and one.seen >= last]
        return all(one.coming is not session.coming for one in others)
