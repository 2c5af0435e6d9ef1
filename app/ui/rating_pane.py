"""The rating of an answer as markup: two thumbs, and below them why and which page is the right one.

Pure functions of a session. What documents and users said enters only as escaped children.
"""

from __future__ import annotations

from app.feedback import Side, outcome_of, side_of
from app.page_words import Language, page_words
from app.ui.markup import Markup, action, joined, tag
from app.ui.session import Session
from app.ui.turn import Turn
from app.ui.wording import word
from ingest.ratings import MAX_NOTE, REASONS, Rating

_THUMB = "M7 11v9H3v-9zM7 11l4-8c1.8 0 2.7 1.3 2.3 3L12.5 9.5H19a2 2 0 0 1 2 2.4l-1.4 6.6a2 2 0 0 1-2 1.5H7"


def thumbs(session: Session, number: int, turn: Turn) -> Markup:
    """Good, or not good; the one that was pressed is said to be so."""
    language, rating = session.language, turn.rating
    return tag(
        "span",
        _thumb(language, number, "good", chosen=rating is not None and rating.good),
        _thumb(language, number, "bad", chosen=rating is not None and not rating.good),
        class_="thumbs",
    )


def _thumb(language: Language, number: int, which: str, *, chosen: bool) -> Markup:
    said = word(language, f"rate_{which}")
    picture = tag("svg", tag("path", d=_THUMB), viewBox="0 0 24 24", aria_hidden="true")
    return tag(
        "button",
        picture,
        type="button",
        class_=f"thumb {which}",
        title=said,
        aria_label=said,
        aria_pressed="true" if chosen else "false",
        data_do="rate",
        data_value=f"{number}:{which}",
        data_on="click",
    )


def rating_pane(session: Session, number: int, turn: Turn) -> Markup | None:
    """What else can be said of an answer that was rated, where this is open."""
    rating, language = turn.rating, session.language
    if rating is None or session.rating != number:
        return None
    note = tag(
        "input",
        type="text",
        class_="note",
        value=rating.note,
        maxlength=MAX_NOTE,
        placeholder=word(language, "rate_note"),
        aria_label=word(language, "rate_note"),
        data_do="rate",
        data_value=f"{number}:note:",
        data_on="click",
    )
    ends = tag(
        "span",
        action(word(language, "rate_remove"), "rate", f"{number}:remove", class_="quiet"),
        action(word(language, "rate_close"), "rate", f"{number}:close", class_="done"),
        class_="ends",
    )
    return tag(
        "div",
        None if rating.good else _reasons(language, number, rating),
        note,
        _right_page(session, number, rating),
        ends,
        class_="rating",
        role="group",
        aria_label=word(language, "rating"),
    )


def rated_before(session: Session, number: int, turn: Turn) -> Markup | None:
    """How the answer differs from one to the same question that was rated earlier on the page."""
    earlier = [one for one in session.turns[:number] if one.question == turn.question and one.rating is not None]
    if not earlier or earlier[-1].rating is None:
        return None
    language, rating = session.language, earlier[-1].rating
    before, after = side_of(earlier[-1], rating), side_of(turn, rating)
    outcome = word(language, f"outcome_{outcome_of(before, after)}")
    places = (_places(language, side) for side in (before, after))
    return tag(
        "p", word(language, "rated_before", outcome=outcome, before=next(places), now=next(places)), class_="aside"
    )


def _places(language: Language, side: Side) -> str:
    pages = [f"{one.document} {page_words(language, one.page, '')}" for one in side.pages]
    return ", ".join(pages) or word(language, "cited_none")


def _reasons(language: Language, number: int, rating: Rating) -> Markup:
    said = word(language, "rate_reason")
    offers = (
        tag("option", word(language, f"reason_{one}"), value=f"{number}:reason:{one}", selected=rating.reason == one)
        for one in REASONS
    )
    first = tag("option", said, value=f"{number}:reason:", selected=not rating.reason)
    return tag("select", first, *offers, aria_label=said, class_="reason", data_do="rate", data_on="click")


def _right_page(session: Session, number: int, rating: Rating) -> Markup:
    """The right page where it was said, and the page on show to be said so, where that is another."""
    language, view = session.language, session.views[0] if session.views else None
    kept = None
    if rating.page:
        leave = word(language, "right_none")
        place = f"{rating.document} · {page_words(language, rating.page, '')}"
        kept = joined(
            tag("span", place, class_="place"),
            action("×", "rate", f"{number}:no_page", class_="tool", title=leave, aria_label=leave),
        )
    offer = None
    if view is not None and (view.document_id, view.number) != (rating.document_id, rating.page):
        place = f"{view.document} · {page_words(language, view.number, '')}"
        offer = action(word(language, "right_this", page=place), "rate", f"{number}:page", class_="offer")
    hint = tag("span", word(language, "right_turn"), class_="hint") if offer is not None or not rating.page else None
    return tag("div", tag("span", word(language, "right_page"), class_="label"), kept, offer, hint, class_="right")
