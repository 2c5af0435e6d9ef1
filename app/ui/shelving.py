"""What is done with documents in the list beside asking them: stopped, taken up again, moved; collections kept.

It changes the session and draws nothing; it knows nothing of Gradio's components.
"""

from __future__ import annotations

from app.auth import Principal
from app.bodies import Service
from app.ui.screen import caught
from app.ui.session import Session

CONFIRMED = "collection:"
"""How `Session.confirming` begins where it is a collection that is about to be removed; its name follows."""


class Shelving:
    """What one user may do with their documents."""

    def __init__(self, service: Service, who: Principal) -> None:
        self._service = service
        self._who = who

    def press(self, session: Session, do: str, value: str) -> None:
        """Something in the list of documents was pressed."""
        shelves, who, collection = self._service.shelves, self._who, session.filter.collection
        with caught(session):
            match do:
                case "cancel":
                    shelves.cancel(who, value)
                case "resume":
                    shelves.take_up(who, value)
                case "move" if value.strip():
                    shelves.move(who, self.ticked(session), value)
                case "collection-rename" if collection and value.strip():
                    shelves.rename(who, collection, value)
                    session.filter = session.filter.changed("collection", " ".join(value.split()))
                case "collection-confirm" if collection:
                    session.confirming = CONFIRMED + collection
                case "collection-keep" | "collection-remove" if collection:
                    shelves.dissolve(who, collection, remove=do == "collection-remove")
                    session.filter = session.filter.changed("collection", "")

    def ticked(self, session: Session) -> list[str]:
        """The ids of the documents that the list shows and that are ticked."""
        shown = session.filter.of(self._service.documents(self._who))
        return [document.id for document in shown if document.askable and document.id not in session.left_out]
