"""The list of the documents as markup.

Pure functions of records and of a session. What documents say enters only as escaped children.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

from app.page_words import Language
from app.ui.list_filter import Order
from app.ui.markup import Markup, action, joined, tag
from app.ui.session import Session
from app.ui.shelf_pane import shelf_pane
from app.ui.wording import state_words, time_left, word
from ingest.intake import SUFFIXES
from ingest.records import Document, State

MAX_ROWS = 100
_FILTER_FROM = 8  # documents


def documents_pane(session: Session, documents: Sequence[Document]) -> Markup:
    """The drop zone, then every document with its state and what can be done about it."""
    language = session.language
    chooser = tag("input", type="file", multiple=True, accept=",".join(SUFFIXES), class_="file-input")
    drop = tag(
        "label",
        chooser,
        tag("span", word(language, "drop"), class_="drop-text"),
        tag("span", word(language, "uploading"), class_="drop-busy"),
        class_="drop",
    )
    notice = tag("p", session.notice, class_="notice", role="alert") if session.notice else None
    found = session.filter.of(documents)
    several = len({document.collection for document in documents}) > 1
    narrowed = len(documents) >= _FILTER_FROM or session.filter.narrows or several
    rows = joined(*(_document_row(session, document) for document in found[:MAX_ROWS]))
    more = len(found) - MAX_ROWS
    return joined(
        tag("div", tag("h2", word(language, "documents")), _language(language), class_="head"),
        drop,
        notice,
        joined(_filter(session, documents), shelf_pane(session, documents, found)) if narrowed else None,
        tag("ul", rows, class_="documents") if found else None,
        tag("p", word(language, "more_documents", n=more), class_="scope") if more > 0 else None,
        tag("p", word(language, "no_documents"), class_="scope") if documents and not found else None,
        tag("p", _scope(session, documents), class_="scope"),
        tag("p", action(word(language, "library_look"), "library", class_="look"), class_="beyond")
        if any(document.pages for document in documents)
        else None,
    )


def _language(language: Language) -> Markup:
    """The way to the page in the other language."""
    other: Language = "en" if language == "zh" else "zh"
    name = word(other, "language")
    return action(name, "language", other, class_="language", title=name, lang=other)


def _filter(session: Session, documents: Sequence[Document]) -> Markup:
    """What narrows the list, its order, and a button that asks just what it shows."""
    language, shown = session.language, session.filter
    collections = sorted({document.collection for document in documents})
    choices = [("", word(language, "all_collections")), *((name, name) for name in collections)]
    search = tag(
        "input",
        type="search",
        value=shown.text,
        placeholder=word(language, "document_search"),
        aria_label=word(language, "document_search"),
        data_do="search",
        data_on="click",
    )
    orders = [(order, word(language, f"order_{order}")) for order in get_args(Order)]
    return tag(
        "div",
        search,
        _choice("collection", word(language, "collection"), choices, shown.collection)
        if len(collections) > 1
        else None,
        _choice("order", word(language, "order"), orders, shown.order),
        action(word(language, "ask_these"), "only", class_="quiet") if shown.narrows else None,
        class_="filter",
    )


def _choice(do: str, label: str, choices: Iterable[tuple[str, str]], chosen: str) -> Markup:
    """A list of (value, words) to choose one of; the value comes after an equals sign, so that it is never empty."""
    offers = (tag("option", said, value=f"={value}", selected=value == chosen) for value, said in choices)
    return tag("select", *offers, aria_label=label, title=label, data_do=do, data_on="click")


def _scope(session: Session, documents: Sequence[Document]) -> str:
    askable = [document for document in documents if document.askable]
    ticked = [document for document in askable if document.id not in session.left_out]
    if not askable:
        return ""
    if session.scope is not None:
        return word(session.language, "asking_pages", document=session.scope.document)
    if not ticked:
        return word(session.language, "asking_none")
    key = "asking_all" if len(ticked) == len(askable) else "asking_some"
    return word(session.language, key, n=len(ticked))


def _document_row(session: Session, document: Document) -> Markup:
    language, state = session.language, document.state
    if session.confirming == document.id:
        body = joined(
            tag("span", word(language, "remove_sure"), class_="state"),
            tag(
                "span",
                action(word(language, "remove"), "remove", document.id, class_="danger"),
                action(word(language, "keep"), "keep", class_="quiet"),
                class_="choice",
            ),
        )
    else:
        body = joined(
            tag("span", _said_of(session, document), class_="state", title=document.reason or None),
            _progress(document),
        )
    name = f"{word(language, 'remove')}: {document.name}"
    return tag(
        "li",
        _tick(session, document),
        tag(
            "span",
            action(document.name, "about", document.id, class_="name", title=document.name),
            body,
            class_="about",
        ),
        _way(language, document),
        action("×", "confirm", document.id, class_="remove", aria_label=name, title=name),
        class_=f"document {'askable' if document.askable else 'busy' if state.in_progress else 'failed'}",
        data_document=document.id,
        data_state=str(state),
    )


def _way(language: Language, document: Document) -> Markup | None:
    """A button that stops a document on its way, or takes up one that was stopped."""
    if document.state.in_progress:
        do, sign = "cancel", "■"
    elif document.state is State.CANCELLED:
        do, sign = "resume", "↻"
    else:
        return None
    said = word(language, f"{do}_reading")
    return action(sign, do, document.id, class_="way", title=said, aria_label=f"{said}: {document.name}")


def _said_of(session: Session, document: Document) -> str:
    """Where a document stands. Reasons are in English, so there they stand for a failure's own words."""
    language = session.language
    said = state_words(language, document)
    minutes = session.pace.minutes_left(document.id)
    if minutes is not None:
        return f"{said} · {time_left(language, minutes)}"
    if document.state.in_progress or document.state is State.INDEXED:
        return said
    if document.state is State.INDEXED_PARTIAL:
        return f"{said} · {document.reason}" if document.reason else said
    if document.reason and language == "en":
        said = document.reason
    return f"{said} · {word(language, 'still')}" if document.askable else said


def _tick(session: Session, document: Document) -> Markup:
    ticked = document.askable and document.id not in session.left_out
    return action(
        "✓" if ticked else "",
        "toggle",
        document.id,
        class_="tick",
        role="checkbox",
        aria_checked="true" if ticked else "false",
        aria_label=document.name,
        disabled=not document.askable,
    )


def _progress(document: Document) -> Markup | None:
    reading = (
        document.state in (State.PARSING, State.WORDS_READY, State.INDEXED) and document.pages_done < document.pages
    )
    if reading:
        return tag("progress", max=document.pages, value=document.pages_done)
    return tag("progress") if document.state.in_progress else None
