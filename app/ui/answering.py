"""A question of an open page becomes an answer: begun when it is asked, taken up at each look, kept at its end.

The question is kept when it is asked, so that a page that is loaded anew finds its answer on its way.

It changes the session and draws nothing; it knows nothing of Gradio's components.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.asking import Row
from app.auth import Principal
from app.bodies import Service
from app.stream import Asks
from app.ui.coming import Coming
from app.ui.screen import caught
from app.ui.session import SEARCH, Session
from app.ui.sessions import Sessions
from app.ui.turn import Turn
from app.ui.turn_record import kept
from app.ui.viewing import Viewing
from app.ui.wording import word
from ingest.errors import BadInput
from retrieval.explain import Trace

_AT_ONCE = 0.15  # seconds: an answer that needs no longer comes with the reply to its question
_ALL = "all"  # what comes after the last row


class Answering:
    """One user's questions to a service; an open page has one answer on its way at most."""

    def __init__(self, service: Service, asks: Asks, who: Principal, viewing: Viewing, sessions: Sessions) -> None:
        self._service = service
        self._asks = asks
        self._who = who
        self._viewing = viewing
        self._sessions = sessions

    def begin(self, session: Session, turn: Turn) -> bool:
        """Asks, unless another answer is on its way or there is no question; whether it did."""
        if not turn.question or session.coming is not None:
            return False
        session.add(turn)
        session.shown = None
        with caught(session, turn):
            session.coming, session.taken = self._begun(session, turn), 0
        coming = session.coming
        if coming is None:
            self._end(session, turn)
        else:
            self.go_on(session, _AT_ONCE)
            with coming.lock:
                if session.coming is coming:
                    self._keep(session, turn)
        return True

    def join(self, session: Session) -> None:
        """Takes up the answer that is on its way to the conversation, asked on a page that is gone or on another."""
        coming = self._sessions.coming(session.conversation)
        last = session.turns[-1].question if session.turns else None
        if coming is not None and coming.turn.status == "asking" and coming.turn.question == last:
            session.turns[-1] = coming.turn
            session.coming, session.taken = coming, 0

    def go_on(self, session: Session, wait: float = 0.0) -> bool:
        """Takes what has come of the answer, or comes within `wait` seconds; whether it went on since the last look."""
        coming = session.coming
        if coming is None:
            return False
        ended = True
        if coming.turn.status == "asking":  # one that went with its document takes no more of its words
            with caught(session, coming.turn):
                ended = coming.go_on(wait)
        if ended or coming.turn.status != "asking":
            self._ended(session, coming)
        before, session.taken = session.taken, coming.taken
        return coming.taken != before

    def stop(self, session: Session) -> None:
        """The answer on its way is no longer wanted; what has come is kept."""
        if session.coming is not None:
            session.coming.stop()
            self.go_on(session)

    def leave(self, session: Session) -> None:
        """Another conversation comes: the answer goes on where another page looks at it, else it stops."""
        if session.coming is not None and self._sessions.alone(session):
            self.stop(session)
        session.coming = None

    def _ended(self, session: Session, coming: Coming) -> None:
        with coming.lock:
            if session.coming is not coming:
                return
            session.coming = None
        coming.stop()
        self._end(session, coming.turn)

    def _end(self, session: Session, turn: Turn) -> None:
        """Shows the first proof, and keeps the turn."""
        if turn.status == "asking":
            turn.status = "stopped"
        if turn.citations and not turn.refused:
            self._viewing.show_citation(session, len(session.turns) - 1, min(turn.citations))
        self._keep(session, turn)

    def _keep(self, session: Session, turn: Turn) -> None:
        place = session.before + len(session.turns) - 1
        with caught(session):
            session.conversation = self._service.conversations.keep(
                self._who.user, session.conversation, place, kept(turn), turn.speaks_of()
            )

    def _begun(self, session: Session, turn: Turn) -> Coming | None:
        """What comes of the question; None where it has come at once."""
        question, pages = turn.question, turn.scope.pages if turn.scope else ()
        asked = [turn.scope.document_id] if turn.scope else self._asked_documents(session)
        turn.asked_ids = tuple(asked)
        if turn.strategy == SEARCH:
            turn.search = Trace()
            turn.hits = tuple(self._service.search(self._who, question, asked, trace=turn.search, pages=pages))
            turn.status = "done"
            return None
        if turn.each:
            return self._each(session, turn, asked)
        history, strategy = session.history(), turn.strategy
        return Coming(
            turn,
            self._asks.open(
                lambda: self._service.ask(self._who, question, asked, strategy=strategy, history=history, pages=pages)
            ),
            turn.take,
        )

    def _each(self, session: Session, turn: Turn, asked: list[str]) -> Coming:
        wanted = len(asked) or sum(document.askable for document in self._service.documents(self._who))

        def rows() -> Iterator[Row | str]:
            yield from self._service.ask_each(self._who, turn.question, asked, strategy=turn.strategy)
            yield _ALL

        def take(row: Row | str) -> None:
            if isinstance(row, str):
                turn.status = "done"
                return
            turn.take_row(row)
            turn.step = word(session.language, "each_progress", n=len(turn.rows), all=wanted)

        return Coming(turn, self._asks.open(rows), take)

    def _asked_documents(self, session: Session) -> list[str]:
        """The ids to ask; none means all. Raises BadInput where there are none to ask."""
        askable = [document.id for document in self._service.documents(self._who) if document.askable]
        if not askable:
            raise BadInput(word(session.language, "welcome_empty"))
        ticked = [document_id for document_id in askable if document_id not in session.left_out]
        if not ticked:
            raise BadInput(word(session.language, "asking_none"))
        return [] if len(ticked) == len(askable) else ticked
