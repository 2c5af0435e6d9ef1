"""What happens when something is pressed, asked or dropped: the session goes on, and the panes that changed are drawn.

It is the outermost handler of the page: an error becomes one line for the reader. It knows Gradio only as the screen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import cast, get_args

import gradio as gr

from app.auth import LOCAL
from app.bodies import MAX_QUESTION, Service
from app.page_words import Language
from app.stream import Asks
from app.ui.answering import Answering
from app.ui.conversation_pane import conversation_pane
from app.ui.conversations_pane import conversations_pane
from app.ui.documents_pane import documents_pane
from app.ui.options_pane import options_pane
from app.ui.rating import Rates
from app.ui.screen import Drawn, Screen, caught, numbers, pressed
from app.ui.session import MAX_TURNS, SEARCH, Session
from app.ui.sessions import Sessions
from app.ui.shelving import Shelving
from app.ui.suggesting import Suggesting
from app.ui.turn import Turn
from app.ui.turn_record import turn_of
from app.ui.viewer_pane import viewer_pane
from app.ui.viewing import Viewing
from app.ui.wording import language_of, word
from ingest.errors import NotFound
from ingest.records import Document

_BUSY, _IDLE = 1.0, 3.0  # seconds between two looks at the documents
_ANYWAY = 10  # every so many looks the list is drawn though it is the same, should two replies have crossed


class Handlers:
    """One method an event; each returns what it drew."""

    def __init__(
        self,
        service: Service,
        asks: Asks,
        examples: Mapping[str, Sequence[str]],
        screen: Screen,
        sessions: Sessions,
    ) -> None:
        self._service = service
        self._suggesting = Suggesting(service, LOCAL, examples)
        self._screen = screen
        self._who = LOCAL
        self._viewing = Viewing(service, LOCAL)
        self._answering = Answering(service, asks, LOCAL, self._viewing, sessions)
        self._shelving = Shelving(service, LOCAL)
        self._rates = Rates(service, LOCAL)

    def opened(self, session: Session, request: gr.Request) -> Drawn:
        """The page was loaded."""
        session.language = language_of(request.headers.get("accept-language", ""))
        with caught(session):
            session.strategies = (*self._service.strategies(), SEARCH)
        return self._anew(session)

    def _anew(self, session: Session) -> Drawn:
        """Everything, in the session's language."""
        placeholder = word(session.language, "placeholder")
        session.drawn = ""
        drawn: Drawn = {self._screen.options: options_pane(session)}
        with caught(session):
            drawn |= {self._screen.note: self._note(session), **self._all(session)}
        question = drawn.get(self._screen.question, {}) | gr.update(placeholder=placeholder, label=placeholder)
        return drawn | {self._screen.question: question} | self.looked(session)

    def ticked(self, session: Session) -> Drawn:
        """The timer ticked: documents may have gone on, come, or gone."""
        session.looks += 1
        if session.looks % _ANYWAY and not session.busy and session.coming is None:
            with caught(session):
                if self._documents() == session.listed and not any(view.reading for view in session.views):
                    return self._nothing()
        return self.looked(session)

    def looked(self, session: Session) -> Drawn:
        """Documents may have gone on, come, or gone, or their list is to show something else."""
        with caught(session):
            return self._refreshed(session)
        session.drawn = ""
        return {self._screen.documents: documents_pane(session, ())}

    def documents_pressed(self, session: Session, event: gr.EventData) -> Drawn:
        """Something in the list of documents was pressed, or files came in."""
        do, value = pressed(event)
        session.notice = value if do == "uploaded" else ""
        session.confirming = value if do == "confirm" else ""
        if do == "toggle":
            session.left_out ^= {value}
        elif do == "remove":
            with caught(session):
                self._service.remove(self._who, [value])
        elif do == "language" and value in get_args(Language):
            session.language = cast(Language, value)
            return self._anew(session)
        elif do in ("search", "collection", "order"):
            session.filter = session.filter.changed(do, value)
        elif do == "only":
            with caught(session):
                documents = self._documents()
                session.left_out = {one.id for one in documents} - {one.id for one in session.filter.of(documents)}
        elif do in ("about", "library"):
            self._viewing.press(session, do, value)
            return {**self.looked(session), self._screen.viewer: viewer_pane(session)}
        else:
            self._shelving.press(session, do, value)
        return self.looked(session)

    def conversation_pressed(self, session: Session, event: gr.EventData) -> Drawn:
        """A citation, or a passage that was found, is shown on its page."""
        do, value = pressed(event)
        if do == "resume":
            return self._resume(session, value)
        if do == "calls":
            session.inspected = int(value) if value.isdecimal() and session.inspected != int(value) else None
            return {self._screen.conversation: self._conversation(session)}
        if do == "rate":
            drawn = self._rates.press(session, value)
            return {self._screen.conversation: self._conversation(session) if drawn else gr.skip()}
        place = numbers(value)
        if place and do == "hit":
            self._viewing.show_passage(session, *place)
        elif place:
            self._viewing.show_citation(session, *place)
        session.presses += 1
        return {
            self._screen.viewer: viewer_pane(session),
            self._screen.conversation: self._conversation(session),
        }

    def viewer_pressed(self, session: Session, event: gr.EventData) -> Drawn:
        """Something in the viewer was pressed."""
        do, value = pressed(event)
        if do == "cite":
            return self.conversation_pressed(session, event)
        self._viewing.press(session, do, value)
        drawn = self.looked(session) if do in ("reread", "ask_heading", "ask_pages") else {}
        if session.rating is not None:  # it offers the page on show
            drawn[self._screen.conversation] = self._conversation(session)
        return drawn | {self._screen.options: options_pane(session), self._screen.viewer: viewer_pane(session)}

    def conversations_pressed(self, session: Session, event: gr.EventData) -> Drawn:
        """A conversation is opened, renamed or removed, a new one begun, or some are searched for."""
        do, value = pressed(event)
        session.renaming = value if do == "rename" else ""
        session.forgetting = value if do == "forgetting" else ""
        kept, me = self._service.conversations, self._who.user
        here = value == session.conversation
        if do == "new" or (do == "open" and not here) or (do == "forget" and here):
            self._answering.leave(session)
        with caught(session):
            match do:
                case "new":
                    session.open("", [])
                case "open":
                    self._open(session, value)
                case "search":
                    session.searched = value
                case "renamed":
                    conversation, _, title = value.partition(":")
                    kept.rename(me, conversation, title)
                case "forget":
                    kept.remove(me, value)
                    if here:
                        session.open("", [])
        return self._all(session)

    def _open(self, session: Session, conversation: str) -> None:
        turns = [turn_of(one) for one in self._service.conversations.turns(self._who.user, conversation)]
        session.open(conversation, turns[-MAX_TURNS:], len(turns[:-MAX_TURNS]))
        self._answering.join(session)
        self._rates.recall(session)
        session.keep_only({document.id for document in self._documents()})

    def _resume(self, session: Session, conversation: str) -> Drawn:
        """A reload: the conversation goes on, unless it is gone or another one was begun."""
        if not session.turns:
            with suppress(NotFound):
                self._open(session, conversation)
        return self._all(session)

    def _all(self, session: Session) -> Drawn:
        return {**self._answered(session), self._screen.viewer: viewer_pane(session)}

    def _conversations(self, session: Session) -> str:
        return conversations_pane(session, self._service.conversations.find(self._who.user, session.searched))

    def option_pressed(self, session: Session, event: gr.EventData) -> Drawn:
        """The next question is to be asked in another way."""
        do, value = pressed(event)
        if do == "each":
            session.each = not session.each
        elif do == "whole":
            session.scope = None
            return {**self.looked(session), self._screen.options: options_pane(session)}
        elif value in session.strategies:
            session.strategy = value
        return {self._screen.options: options_pane(session)}

    def conversation_asked(self, session: Session, event: gr.EventData) -> Drawn:
        """A question that is offered or a summary is asked, or one of the conversation again by another strategy."""
        do, value = pressed(event)
        if do == "suggested":
            return self._asked(session, self._suggesting.turn(session, value))
        if do == "summary":
            return self._asked(session, self._suggesting.summary(session, value))
        if do != "again":
            return self.asked(value, session)
        turn, _, strategy = value.partition(":")
        if turn.isdecimal() and int(turn) < len(session.turns) and strategy in session.strategies:
            once = session.turns[int(turn)]
            return self._asked(session, Turn(once.question, strategy, scope=once.scope))
        return self._nothing()

    def asked(self, question: str, session: Session) -> Drawn:
        """A question is asked; one at a time."""
        scope, strategy = session.scope, session.strategy
        each = session.each and strategy != SEARCH and scope is None
        return self._asked(session, Turn(question.strip()[:MAX_QUESTION], strategy, each, scope=scope))

    def _asked(self, session: Session, turn: Turn) -> Drawn:
        if not self._answering.begin(session, turn):
            return self._nothing()
        drawn = self._answered(session)
        return {**drawn, self._screen.question: {**drawn[self._screen.question], "value": ""}}

    def answered(self, session: Session) -> Drawn:
        """The quick timer ticked: the answer on its way may have gone on."""
        changed = self._answering.go_on(session)
        if session.coming is None:
            return self._answered(session)
        return {self._screen.conversation: self._conversation(session)} if changed else self._nothing()

    def stopped(self, session: Session) -> Drawn:
        """The answer on its way is no longer wanted."""
        self._answering.stop(session)
        return self._answered(session)

    def _answered(self, session: Session) -> Drawn:
        """The conversation, and whether an answer is on its way; its first proof when it is there."""
        coming = session.coming is not None
        drawn: Drawn = {
            self._screen.conversations: self._conversations(session),
            self._screen.conversation: self._conversation(session),
            self._screen.quick: gr.Timer(active=coming),
            self._screen.question: gr.update(submit_btn=not coming, stop_btn=coming),
        }
        return drawn if coming else {**drawn, self._screen.viewer: viewer_pane(session)}

    def _nothing(self) -> Drawn:
        """Nothing is drawn; an empty reply would say something else to Gradio."""
        return {self._screen.timer: gr.skip()}

    def _documents(self) -> list[Document]:
        return self._service.documents(self._who)

    def _refreshed(self, session: Session) -> Drawn:
        documents = self._documents()
        drawn = self._nothing()
        if session.coming is not None:  # should the reply that told the quick timer be lost
            drawn[self._screen.quick] = gr.Timer(active=True)
        session.pace.look(documents)
        pane = documents_pane(session, documents)
        session.listed = documents
        if pane != session.drawn or session.looks % _ANYWAY == 0:
            drawn[self._screen.documents] = session.drawn = pane
        busy = any(document.state.in_progress for document in documents)
        if busy != session.busy:
            session.busy = busy
            drawn[self._screen.timer] = gr.Timer(_BUSY if busy else _IDLE)
        scope = session.scope
        forgot = session.keep_only({document.id for document in documents})
        if session.scope is not scope:
            drawn[self._screen.options] = options_pane(session)
        if any(view.reading for view in session.views):
            drawn |= {self._screen.viewer: viewer_pane(session)} if self._viewing.refresh(session) else {}
        if forgot or (not session.turns and self._screen.documents in drawn):
            drawn[self._screen.conversation] = self._conversation(session, documents)
            drawn[self._screen.viewer] = viewer_pane(session)
        return drawn

    def _conversation(self, session: Session, documents: Sequence[Document] | None = None) -> str:
        if session.turns:
            return conversation_pane(session)
        documents = self._documents() if documents is None else documents
        return conversation_pane(session, documents, self._suggesting.offers(session, documents))

    def _note(self, session: Session) -> str:
        model = self._service.health().get("model")
        return word(session.language, "model", url=model) if model else word(session.language, "no_model")
