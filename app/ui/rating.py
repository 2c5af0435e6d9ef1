"""An answer is rated on the page: good or not, why, and which page is the right one. Every press is kept at once.

It changes the session and draws nothing; it knows nothing of Gradio's components.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Lock

from app.auth import Principal
from app.bodies import Service
from app.ui.screen import caught
from app.ui.session import Session
from app.ui.turn import Turn
from app.viewer import PageView
from ingest.ratings import REASONS, Rating, Ratings


class Rates:
    """The ratings of one user's answers."""

    def __init__(self, service: Service, who: Principal) -> None:
        self._service = service
        self._who = who
        self._lock = Lock()  # two fields that are filled in one after the other come in two threads

    @property
    def _ratings(self) -> Ratings:
        return self._service.conversations.ratings

    def press(self, session: Session, value: str) -> bool:
        """`value` is the index of a turn, what is pressed and what it is to be, like 3:reason:wrong.

        Whether the conversation is to be drawn anew: a field that was filled in shows already what it holds.
        """
        index, _, rest = value.partition(":")
        do, _, text = rest.partition(":")
        if not index.isdecimal() or int(index) >= len(session.turns):
            return False
        number, turn = int(index), session.turns[int(index)]
        with self._lock, caught(session):
            match do:
                case "good" | "bad":
                    self._thumb(session, number, good=do == "good")
                case "close":
                    session.rating = None
                case "remove":
                    self._ratings.withdraw(self._who.user, session.conversation, session.before + number)
                    turn.rating, session.rating = None, None
                case "page" if turn.rating is not None and session.views:
                    self._keep(session, number, _placed(turn.rating, session.views[0]))
                case "no_page" if turn.rating is not None:
                    self._keep(session, number, replace(turn.rating, document_id="", page=0, document=""))
                case "reason" if turn.rating is not None and text in ("", *REASONS):
                    self._keep(session, number, replace(turn.rating, reason=text))
                case "note" if turn.rating is not None:
                    self._keep(session, number, replace(turn.rating, note=text))
        return do not in ("reason", "note")

    def _thumb(self, session: Session, number: int, *, good: bool) -> None:
        """Rates; where it is rated so already, opens or closes what else can be said."""
        turn = session.turns[number]
        if turn.rating is not None and turn.rating.good == good:
            session.rating = None if session.rating == number else number
            return
        rating = Rating(good, note=turn.rating.note if turn.rating else "")
        self._keep(session, number, _proven(rating, turn, session) if good else rating)
        session.rating = number

    def _keep(self, session: Session, number: int, rating: Rating) -> None:
        self._ratings.rate(self._who.user, session.conversation, session.before + number, rating)
        session.turns[number].rating = rating

    def recall(self, session: Session) -> None:
        """Gives the turns of the conversation that is open the ratings that they have."""
        ratings = self._ratings.of(self._who.user, session.conversation)
        for number, turn in enumerate(session.turns):
            turn.rating = ratings.get(session.before + number)


def _placed(rating: Rating, view: PageView) -> Rating:
    return replace(rating, document_id=view.document_id, page=view.number, document=view.document)


def _proven(rating: Rating, turn: Turn, session: Session) -> Rating:
    """The right page of a good answer: the page on show where the answer cites it, else its first citation's."""
    cited = [citation for _, citation in sorted(turn.citations.items())]
    for view in session.views:
        if any((one.document_id, one.page) == (view.document_id, view.number) for one in cited):
            return _placed(rating, view)
    if not cited:
        return rating
    first = cited[0]
    return replace(rating, document_id=first.document_id, page=first.page, document=first.document)
