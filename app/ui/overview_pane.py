"""A document at a glance as markup: its pages as pictures coloured by grade, its headings, its tables.

Pure functions of records. What documents say enters only as escaped children.
"""

from __future__ import annotations

from collections import Counter

from app.outline import Heading
from app.overview import Overview
from app.page_ranges import ranges_words
from app.page_words import Language, grade_words, page_words
from app.ui.library_pane import grade_parts
from app.ui.markup import Markup, action, joined, tag
from app.ui.plots import stacked_bar
from app.ui.wording import state_words, word
from ingest.grades import Grade
from ingest.records import Document
from ingest.rows import PageSummary

_DPI = 36  # of a page's small picture
_FIRST = 250  # headings and tables that are shown before the rest is asked for
_DEEPEST = 4  # heading that stands in further than those above it


def overview_pane(language: Language, shown: Overview, wrong_pages: str = "") -> Markup:
    """The whole pane; presses are `page` (a number) and `table` (page:block), both of this document, and `about_whole`.

    `suggested` (id:question) asks one, `summary` (id) for a summary. `ask_heading` (a place in the outline) and
    `ask_pages` (as typed) say what the next questions are kept to; `wrong_pages` says why pages that were typed cannot
    be asked.
    """
    document = shown.document
    most = None if shown.whole else _FIRST
    headings = (_heading(language, place, heading) for place, heading in enumerate(shown.outline[:most]))
    tables = (
        tag(
            "li",
            action(table.heading or word(language, "table"), "table", f"{table.page}:{table.block}", class_="passage"),
            tag("span", page_words(language, table.page, ""), class_="where"),
        )
        for table in shown.tables[:most]
    )
    more = 0 if shown.whole else sum(max(len(listed) - _FIRST, 0) for listed in (shown.outline, shown.tables))
    return joined(
        tag("header", tag("span", document.name, class_="name", title=document.name), _original(language, document.id)),
        tag(
            "div",
            tag("p", _facts(language, shown), class_="facts"),
            _fields(language, shown.document),
            _skipped(language, shown),
            _asked_pages(language, wrong_pages) if document.askable else None,
            _suggestions(language, shown) if shown.suggestions else None,
            _tools(language, document),
            _section(language, "pages", joined(_by_grade(language, shown), _thumbnails(language, shown)))
            if shown.pages
            else None,
            _section(language, "outline", tag("ul", *headings)) if shown.outline else None,
            _section(language, "tables", tag("ul", *tables)) if shown.tables else None,
            tag("p", action(word(language, "about_whole", n=more), "about_whole", class_="tool")) if more else None,
            class_="overview",
            data_document=document.id,
        ),
    )


def _tools(language: Language, document: Document) -> Markup | None:
    """What can be done with the document as a whole."""
    summary = action(word(language, "summary"), "summary", document.id, on="submit", class_="tool")
    chunks = action(word(language, "chunks"), "chunks", document.id, class_="tool")
    offered = joined(summary if document.askable else None, chunks if document.chunks else None)
    return tag("p", offered, class_="tools") if offered else None


def _fields(language: Language, document: Document) -> Markup:
    """What the document is, each to be changed in its field."""
    values = {
        "year": str(document.year or ""),
        "company": document.company,
        "kind": document.kind,
        "collection": document.collection,
    }
    fields = (
        tag(
            "label",
            tag("span", word(language, field)),
            tag(
                "input",
                type="number" if field == "year" else "text",
                value=value,
                maxlength=100,
                data_do="describe",
                data_value=f"{field}:",
                data_on="click",
            ),
        )
        for field, value in values.items()
    )
    return tag("div", *fields, class_="fields")


def _asked_pages(language: Language, wrong: str) -> Markup:
    """A field for the pages to which the next questions are to be kept."""
    field = tag(
        "input",
        type="text",
        maxlength=200,
        placeholder=word(language, "ask_pages_like"),
        data_do="ask_pages",
        data_value="",
        data_on="click",
        aria_invalid="true" if wrong else None,
    )
    label = tag("label", tag("span", word(language, "ask_pages")), field)
    return tag("div", label, tag("p", wrong, class_="error", role="alert") if wrong else None, class_="asked-pages")


def _suggestions(language: Language, shown: Overview) -> Markup:
    chips = (
        action(one.question, "suggested", f"{shown.document.id}:{one.question}", on="submit", class_="example")
        for one in shown.suggestions
    )
    return _section(language, "suggestions", tag("div", *chips))


def _section(language: Language, key: str, body: Markup) -> Markup:
    return tag("section", tag("h3", word(language, key)), body, class_="thumbnails" if key == "pages" else key)


def _original(language: Language, document_id: str) -> Markup:
    return tag(
        "a",
        word(language, "original"),
        href=f"/api/v1/documents/{document_id}/original",
        target="_blank",
        rel="noopener",
        class_="original",
    )


def _facts(language: Language, shown: Overview) -> str:
    facts = [state_words(language, shown.document), shown.document.added[:10]]
    if shown.share_read is not None:
        facts.append(word(language, "share_read", share=f"{shown.share_read:.1%}"))
    doubtful = sum(page.grade is not Grade.GOOD for page in shown.pages)
    if doubtful:
        facts.append(word(language, "doubtful_pages", n=doubtful))
    return " · ".join(facts)


def _skipped(language: Language, shown: Overview) -> Markup | None:
    rows = (tag("li", f"{page_words(language, number, '')}: {why}") for number, why in sorted(shown.skipped.items()))
    return tag("ul", *rows, class_="skipped") if shown.skipped else None


def _by_grade(language: Language, shown: Overview) -> Markup | None:
    """The share of its pages by grade, where not all are good."""
    grades = Counter(page.grade for page in shown.pages)
    return stacked_bar(grade_parts(language, grades)) if grades.keys() - {Grade.GOOD} else None


def _thumbnails(language: Language, shown: Overview) -> Markup:
    return tag("div", *(_page(language, shown.document.id, one) for one in shown.pages))


def _page(language: Language, document_id: str, page: PageSummary) -> Markup:
    label = page_words(language, page.number, page.label)
    grade = "" if page.grade is Grade.GOOD else grade_words(language, page.grade)
    picture = tag(
        "img",
        src=f"/api/v1/documents/{document_id}/pages/{page.number}.png?dpi={_DPI}",
        loading="lazy",
        alt="",
        class_="thumbnail",
    )
    return tag(
        "button",
        picture,
        tag("span", label),
        type="button",
        data_do="page",
        data_value=page.number,
        data_on="click",
        class_=f"page-button {page.grade}",
        title=" · ".join(filter(None, (label, grade))),
    )


def _heading(language: Language, place: int, heading: Heading) -> Markup:
    """A heading, its page, and a button that keeps the next questions to its pages."""
    where = tag("span", page_words(language, heading.page, ""), class_="where")
    pages = ranges_words(language, ((heading.page, heading.last),))
    only = action(
        word(language, "ask_here"),
        "ask_heading",
        place,
        class_="ask-here",
        title=f"{word(language, 'ask_only')} {pages}",
        aria_label=f"{word(language, 'ask_here')}: {heading.title}, {pages}",
    )
    title = action(heading.title, "page", heading.page, class_="passage")
    return tag("li", title, only, where, data_depth=min(heading.depth, 5))
