"""The list of the conversations as markup. Pure functions of records and of a session."""

from __future__ import annotations

from collections.abc import Sequence

from app.ui.files import file_links
from app.ui.markup import Markup, action, joined, tag
from app.ui.session import Session
from app.ui.wording import word
from ingest.conversations import Conversation

_SEARCH_FROM = 6  # conversations


def conversations_pane(session: Session, conversations: Sequence[Conversation]) -> Markup:
    """A new one, then those before, the last first; a field to search them where they are many."""
    language = session.language
    head = tag(
        "div",
        tag("h2", word(language, "conversations")),
        action(
            "+",
            "new",
            class_="new",
            title=word(language, "conversation_new"),
            aria_label=word(language, "conversation_new"),
        ),
        class_="head",
    )
    many = len(conversations) >= _SEARCH_FROM or session.searched
    search = tag(
        "input",
        type="search",
        value=session.searched,
        placeholder=word(language, "conversation_search"),
        aria_label=word(language, "conversation_search"),
        data_do="search",
        data_on="click",
    )
    rows = (_row(session, one) for one in conversations)
    return joined(head, search if many else None, tag("ul", *rows, class_="conversations") if conversations else None)


def _row(session: Session, one: Conversation) -> Markup:
    language = session.language
    if session.renaming == one.id:
        field = tag(
            "input",
            value=one.title,
            aria_label=word(language, "rename"),
            autofocus=True,
            data_do="renamed",
            data_value=f"{one.id}:",
            data_on="click",
        )
        return tag("li", field)
    if session.forgetting == one.id:
        return tag(
            "li",
            tag("span", word(language, "conversation_remove_sure"), class_="state"),
            tag(
                "span",
                action(word(language, "remove"), "forget", one.id, class_="danger"),
                action(word(language, "keep"), "keep", class_="quiet"),
                class_="choice",
            ),
        )
    is_open = one.id == session.conversation
    files = file_links(language, one.id) if is_open else ()
    rename, remove = f"{word(language, 'rename')}: {one.title}", f"{word(language, 'remove')}: {one.title}"
    return tag(
        "li",
        action(one.title, "open", one.id, class_="title", title=one.title),
        action("✎", "rename", one.id, class_="tool", aria_label=rename, title=rename),
        action("×", "forgetting", one.id, class_="tool", aria_label=remove, title=remove),
        tag("span", word(language, "export"), " ", *files, class_="export") if is_open else None,
        class_="open" if is_open else None,
    )
