"""The library at a glance as markup: its pages by grade, in all and by document.

Pure functions of records. What documents say enters only as escaped children.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.library_overview import DocumentPages, LibraryOverview
from app.page_words import Language, grade_words
from app.ui.markup import Markup, action, joined, tag
from app.ui.plots import Part, stacked_bar
from app.ui.wording import word
from ingest.grades import Grade

_MAX_ROWS = 100


def library_pane(language: Language, shown: LibraryOverview) -> Markup:
    """The whole pane; a press on a document (`about`) shows that at a glance."""
    rows = (_row(language, one) for one in shown.documents[:_MAX_ROWS])
    more = len(shown.documents) - _MAX_ROWS
    facts = word(language, "library_facts", documents=len(shown.documents), pages=sum(shown.grades.values()))
    return joined(
        tag("header", tag("span", word(language, "library"), class_="name")),
        tag(
            "div",
            tag("p", facts, class_="facts"),
            stacked_bar(grade_parts(language, shown.grades)),
            _legend(language, shown.grades),
            tag("ul", *rows, class_="by-document"),
            tag("p", word(language, "more_worse", n=more), class_="facts") if more > 0 else None,
            class_="overview library",
        ),
    )


def grade_parts(language: Language, grades: Mapping[Grade, int]) -> list[Part]:
    """Pages by grade, the good ones first."""
    return [Part(grade_words(language, grade), grades.get(grade, 0), grade.value) for grade in Grade]


def _legend(language: Language, grades: Mapping[Grade, int]) -> Markup:
    parts = (
        tag("li", tag("span", class_=f"swatch {part.kind}", aria_hidden="true"), f"{part.label} {part.number}")
        for part in grade_parts(language, grades)
        if part.number
    )
    return tag("ul", *parts, class_="legend")


def _row(language: Language, one: DocumentPages) -> Markup:
    good = word(language, "pages_good", good=one.grades.get(Grade.GOOD, 0), pages=one.pages)
    return tag(
        "li",
        action(one.document.name, "about", one.document.id, class_="passage"),
        stacked_bar(grade_parts(language, one.grades)),
        tag("span", good, class_="where"),
    )
