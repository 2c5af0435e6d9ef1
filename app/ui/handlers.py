"""What happens when something is pressed, asked or dropped: the session goes on, and the panes that changed are drawn.

It is the outermost handler of the page: an error becomes one line for the reader. It knows Gradio only as the screen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from typing import TypeVar, cast, get_args

import gradio as gr

from app.asking import Row
from app.auth import LOCAL
from app.bodies import MAX_QUESTION, Service
from app.page_words import Language
from app.stream import Asks, Feed
from app.ui.conversation_pane import conversation_pane
from app.ui.conversations_pane import conversations_pane
from app.ui.documents_pane import documents_pane
from app.ui.options_pane import options_pane
from app.ui.rating import Rates
from app.ui.screen import Drawn, Screen, caught, numbers, pressed
from app.ui.session import MAX_TURNS, SEARCH, Session, Turn
from app.ui.shelving import Shelving
from app.ui.suggesting import Suggesting
from app.ui.turn_record import kept, turn_of
from app.ui.viewer_pane import viewer_pane
from app.ui.viewing import Viewing
from app.ui.wording import language_of, word
from ingest.errors import BadInput, NotFound
from ingest.records import Document
from retrieval.explain import Trace

_EVERY = 0.15  # seconds between two drawings of an answer on its way
_BUSY, _IDLE = 1.0, 3.0  # seconds between two looks at the documents
_ANYWAY = 5  # every so many looks the list is drawn though it is the same, should two replies have crossed

_Event = TypeVar("_Event")


class Handlers:
    """One method an event; each returns what it drew."""

    def __init__(self, service: Service, asks: Asks, examples: Mapping[str, Sequence[str]], screen: Screen) -> None:
        self._service = service
        self._asks = asks
        self._suggesting = Suggesting(service, LOCAL, examples)
        self._screen = screen
        self._who = LOCAL
        self._viewing = Viewing(service, LOCAL)
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
        drawn: Drawn = {
            self._screen.question: gr.update(placeholder=placeholder, label=placeholder),
            self._screen.options: options_pane(session),
        }
        with caught(session):
            drawn |= {self._screen.note: self._note(session), **self._all(session)}
        return drawn | self.looked(session)

    def looked(self, session: Session) -> Drawn:
        """The timer ticked: documents may have gone on, come, or gone."""
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
                    if value == session.conversation:
                        session.open("", [])
        return self._all(session)

    def _open(self, session: Session, conversation: str) -> None:
        turns = [turn_of(one) for one in self._service.conversations.turns(self._who.user, conversation)]
        session.open(conversation, turns[-MAX_TURNS:], len(turns[:-MAX_TURNS]))
        self._rates.recall(session)
        session.keep_only({document.id for document in self._documents()})

    def _resume(self, session: Session, conversation: str) -> Drawn:
        """A reload: the conversation goes on, unless it is gone or another one was begun."""
        if not session.turns:
            with suppress(NotFound):
                self._open(session, conversation)
        return self._all(session)

    def _all(self, session: Session) -> Drawn:
        return {
            self._screen.conversations: self._conversations(session),
            self._screen.conversation: self._conversation(session),
            self._screen.viewer: viewer_pane(session),
        }

    def _conversations(self, session: Session) -> str:
        return conversations_pane(session, self._service.conversations.find(self._who.user, session.searched))

    def _keep(self, session: Session, turn: Turn) -> None:
        """Keeps the turn that has come to its end."""
        place = session.before + session.turns.index(turn)
        with caught(session):
            session.conversation = self._service.conversations.keep(
                self._who.user, session.conversation, place, kept(turn), turn.speaks_of()
            )

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

    def conversation_asked(self, session: Session, event: gr.EventData) -> Iterator[Drawn]:
        """A question that is offered is asked, or one of the conversation once more by another strategy."""
        do, value = pressed(event)
        if do == "suggested":
            yield from self._asked(session, self._suggesting.turn(session, value))
            return
        if do != "again":
            yield from self.asked(value, session)
            return
        turn, _, strategy = value.partition(":")
        if turn.isdecimal() and int(turn) < len(session.turns) and strategy in session.strategies:
            once = session.turns[int(turn)]
            yield from self._asked(session, Turn(once.question, strategy, scope=once.scope))
        else:
            yield {self._screen.question: gr.skip()}

    def stopped(self, session: Session) -> None:
        """The answer on its way is no longer wanted."""
        session.stop = True

    def asked(self, question: str, session: Session) -> Iterator[Drawn]:
        """A question is answered, drawn as it comes; one at a time."""
        scope, strategy = session.scope, session.strategy
        each = session.each and strategy != SEARCH and scope is None
        yield from self._asked(session, Turn(question.strip()[:MAX_QUESTION], strategy, each, scope=scope))

    def _asked(self, session: Session, turn: Turn) -> Iterator[Drawn]:
        if not turn.question or any(other.status == "asking" for other in session.turns):
            yield {self._screen.question: gr.skip()}
            return
        session.add(turn)
        session.shown, session.stop = None, False
        yield {
            self._screen.question: gr.update(value="", submit_btn=False, stop_btn=True),
            self._screen.conversation: self._conversation(session),
        }
        with caught(session, turn):
            for _ in self._events(session, turn):
                yield {self._screen.conversation: self._conversation(session)}
        if turn.status == "asking":
            turn.status = "stopped"
        if turn.citations and not turn.refused:
            self._viewing.show_citation(session, len(session.turns) - 1, min(turn.citations))
        self._keep(session, turn)
        yield {
            self._screen.question: gr.update(submit_btn=True, stop_btn=False),
            self._screen.conversations: self._conversations(session),
            self._screen.conversation: self._conversation(session),
            self._screen.viewer: viewer_pane(session),
        }

    def _events(self, session: Session, turn: Turn) -> Iterator[None]:
        """Takes what comes of the question; yields whenever the turn should be drawn anew."""
        question, pages = turn.question, turn.scope.pages if turn.scope else ()
        asked = [turn.scope.document_id] if turn.scope else self._asked_documents(session)
        turn.asked_ids = tuple(asked)
        if turn.strategy == SEARCH:
            turn.search = Trace()
            turn.hits = tuple(self._service.search(self._who, question, asked, trace=turn.search, pages=pages))
            turn.status = "done"
        elif turn.each:
            rows = self._asks.open(lambda: self._service.ask_each(self._who, question, asked, strategy=turn.strategy))
            wanted = len(asked) or sum(document.askable for document in self._documents())

            def take(row: Row) -> None:
                turn.take_row(row)
                turn.step = word(session.language, "each_progress", n=len(turn.rows), all=wanted)

            yield from self._taken(session, rows, take)
            turn.status = "stopped" if session.stop else "done"
        else:
            history = session.history()
            events = self._asks.open(
                lambda: self._service.ask(
                    self._who, question, asked, strategy=turn.strategy, history=history, pages=pages
                )
            )
            yield from self._taken(session, events, turn.take)

    def _taken(self, session: Session, feed: Feed[_Event], take: Callable[[_Event], None]) -> Iterator[None]:
        drawn, changed = time.monotonic(), False
        with closing(feed.events(_EVERY)) as events:
            for event in events:
                if session.stop:
                    return
                if event is not None:
                    take(event)
                    changed = True
                if changed and time.monotonic() - drawn >= _EVERY:
                    yield
                    drawn, changed = time.monotonic(), False

    def _asked_documents(self, session: Session) -> list[str]:
        """The ids to ask; none means all."""
        askable = [document.id for document in self._documents() if document.askable]
        if not askable:
            raise BadInput(word(session.language, "welcome_empty"))
        ticked = [document_id for document_id in askable if document_id not in session.left_out]
        if not ticked:
            raise BadInput(word(session.language, "asking_none"))
        return [] if len(ticked) == len(askable) else ticked

    def _documents(self) -> list[Document]:
        return self._service.documents(self._who)

    def _refreshed(self, session: Session) -> Drawn:
        documents = self._documents()
        drawn: Drawn = {self._screen.timer: gr.skip()}
        session.pace.look(documents)
        pane = documents_pane(session, documents)
        session.looks += 1
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
