"""How the next question is asked, as markup: of which pages, the strategy, whether of each document by itself."""

from __future__ import annotations

from app.ui.markup import Markup, action, joined, tag
from app.ui.page_scope import scope_chip
from app.ui.session import Session
from app.ui.wording import strategy_words, word


def options_pane(session: Session) -> Markup:
    """The pages to which it is kept, a choice of the strategies that can be had, and a switch."""
    language = session.language
    offers = (
        tag("option", strategy_words(language, name), value=name, selected=name == session.strategy)
        for name in session.strategies
    )
    choice = tag(
        "select",
        *offers,
        class_="strategy",
        aria_label=word(language, "strategy"),
        title=word(language, "strategy"),
        data_do="strategy",
        data_on="click",
    )
    each = action(
        word(language, "each"),
        "each",
        class_="each",
        role="switch",
        aria_checked="true" if session.each else "false",
        title=word(language, "each_title"),
    )
    return joined(scope_chip(language, session.scope), choice, None if session.scope else each)
