"""The components that handlers draw on, what a press says, and how an error is told to the reader."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.problems import title_of
from app.ui.session import Session
from app.ui.turn import Turn
from app.ui.wording import word
from ingest.errors import RectoError

_LOG = logging.getLogger(__name__)
Drawn = dict[Any, Any]  # component -> its new value


@dataclass(frozen=True)
class Screen:
    """The components that handlers draw on."""

    documents: gr.HTML
    conversations: gr.HTML
    conversation: gr.HTML
    options: gr.HTML
    viewer: gr.HTML
    note: gr.HTML
    question: gr.Textbox
    timer: gr.Timer
    quick: gr.Timer

    def all(self) -> list[Any]:
        return [getattr(self, name) for name in self.__dataclass_fields__]


def pressed(event: gr.EventData) -> tuple[str, str]:
    """What was pressed, as the browser says: (do, value). Both are whatever a client cares to send."""
    data = event._data if isinstance(event._data, dict) else {}
    return str(data.get("do", "")), str(data.get("value", ""))


def numbers(value: str) -> tuple[int, int] | None:
    """The two numbers of a press's value like 3:12; None where it is not one."""
    first, _, second = value.partition(":")
    return (int(first), int(second)) if first.isdecimal() and second.isdecimal() else None


@contextmanager
def caught(session: Session, turn: Turn | None = None) -> Iterator[None]:
    """The page's outermost handler: what fails inside becomes one line, in the turn or above the documents."""
    try:
        yield
    except Exception as error:  # noqa: BLE001
        if not isinstance(error, RectoError):
            _LOG.exception("the page could not do what was asked")
            said = word(session.language, "failed")
        else:
            said = f"{title_of(error)} ({error.hint})" if error.hint else title_of(error)
        if turn is None:
            session.notice = said
        else:
            turn.status, turn.error = "failed", said
