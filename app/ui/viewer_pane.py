"""The page viewer as markup: pages with boxes on them, what they were read from, the way to their neighbours.

Pure functions of a session. Document text enters only as escaped children.
"""

from __future__ import annotations

from app.page_words import Language, grade_words, page_words, reason_words, source_words
from app.ui.chunks_pane import chunks_pane
from app.ui.library_pane import library_pane
from app.ui.markup import Markup, action, joined, tag
from app.ui.overview_pane import overview_pane
from app.ui.session import Session
from app.ui.wording import word
from app.viewer import PageView
from ingest.grades import grade_of

_BELOW = 1.5  # points of air above the line under a doubtful word


def viewer_pane(session: Session) -> Markup:
    """The pages in the viewer with their boxes, and the way to their neighbours; else a document at a glance."""
    language, views = session.language, session.views
    if not views:
        if session.chunks is not None:
            return chunks_pane(language, session.chunks)
        if session.about is not None:
            return overview_pane(language, session.about, session.wrong_pages)
        if session.library is not None:
            return library_pane(language, session.library)
        title, text = word(language, "viewer_empty"), word(language, "viewer_text")
        return tag("div", tag("h2", title), tag("p", text), class_="viewer-empty")
    first, last = views[0], views[-1]
    numbers = str(first.number) if first is last else f"{first.number}–{last.number}"
    back, on = first.number > 1, last.number < last.pages
    bar = tag(
        "header",
        action(first.document, "about", first.document_id, class_="name", title=word(language, "about")),
        _citation_steps(session),
        _back_to_chunks(session, first.document_id),
        tag(
            "span",
            _turn_page("‹", "previous", language, first.number - 1, back),
            tag("span", word(language, "page_of", number=numbers, pages=first.pages), class_="page-number"),
            _turn_page("›", "next", language, last.number + 1, on),
            tag("button", "⤢", type="button", class_="zoom", title=word(language, "zoom"), data_zoom=True),
            tag("a", "↗", href=first.original, target="_blank", rel="noopener", title=word(language, "original_page")),
            class_="turning",
        ),
    )
    pages = [part for view in views for part in (_figure(language, view), _page_text(language, view))]
    return joined(bar, tag("div", *pages, _table(session), class_="pages", data_presses=session.presses))


def _citation_steps(session: Session) -> Markup | None:
    """Which citation is shown, and the way to those before and after it."""
    if session.shown is None:
        return None
    language, (turn, marker) = session.language, session.shown

    def step(sign: str, key: str, by: int) -> Markup:
        said, there = word(language, key), session.beside(by)
        value = f"{there[0]}:{there[1]}" if there else ""
        return action(sign, "cite", value, class_=key, title=said, aria_label=said, disabled=there is None)

    number = tag("span", f"[{marker}]", class_="citation-number", title=session.turns[turn].question)
    return tag("span", step("‹", "cite_before", -1), number, step("›", "cite_after", 1), class_="turning")


def _back_to_chunks(session: Session, document_id: str) -> Markup | None:
    """The way back to the passages of the document, where they were being looked through."""
    if session.chunks is None or session.chunks.listed.document.id != document_id:
        return None
    return action(word(session.language, "chunks"), "chunks-back", class_="tool")


def _table(session: Session) -> Markup | None:
    """The table that was chosen, to be copied, and the way to it as a file."""
    table = session.table
    if table is None or not session.views:
        return None
    rows = (tag("tr", *(tag("td", cell) for cell in row if cell is not None)) for row in table.rows)
    link = tag("a", word(session.language, "table_file"), href=table.file, download=True)
    return tag("div", link, tag("table", *rows), class_="table-copy")


def _page_text(language: Language, view: PageView) -> Markup | None:
    """The page's text as Recto reads it, what is cited marked."""
    paragraphs = (tag("p", tag("mark", text) if cited else text) for text, cited in view.text)
    body = tag("div", *paragraphs, class_="page-text")
    return tag("details", tag("summary", word(language, "page_text")), body) if view.text else None


def _turn_page(sign: str, key: str, language: Language, number: int, possible: bool) -> Markup:
    said = word(language, key)
    return action(sign, "page", number, class_=key, title=said, aria_label=said, disabled=not possible)


def _doubts(language: Language, view: PageView) -> Markup | None:
    """How well the page was read, where that is not good."""
    if not view.reasons:
        return None
    grade = grade_words(language, grade_of(view.reasons))
    why = "; ".join(reason_words(language, reason) for reason in view.reasons)
    return tag("span", word(language, "read_as", grade=grade), class_="grade", title=why)


def _source(language: Language, view: PageView) -> Markup:
    """What the page was read from, and the way to have it read again from its picture."""
    said = source_words(language, view.text_from, view.confidence)
    if view.reading:
        return tag("span", tag("span", word(language, "rereading"), class_="source"), class_="reading", role="status")
    failed = tag("span", word(language, "reread_failed"), class_="grade", title=view.failed) if view.failed else None
    again = word(language, "reread")
    button = action("↻", "reread", f"{view.document_id}:{view.number}", class_="reread", title=again, aria_label=again)
    return joined(tag("span", said, class_="source"), failed, button)


def _unsure(view: PageView) -> list[Markup]:
    """Lines under the words that were recognised with low confidence."""
    ends = [(round(box.x0, 2), round(box.x1, 2), round(box.bottom + _BELOW, 2)) for box in view.unsure]
    return [tag("line", class_="unsure", x1=x0, x2=x1, y1=bottom, y2=bottom) for x0, x1, bottom in ends]


def _figure(language: Language, view: PageView) -> Markup:
    boxes = (
        tag(
            "rect",
            class_="box",
            x=round(box.x0, 2),
            y=round(box.top, 2),
            width=round(box.width, 2),
            height=round(box.height, 2),
            rx=1,
            data_page=view.number,
            data_x0=round(box.x0, 2),
            data_top=round(box.top, 2),
            data_x1=round(box.x1, 2),
            data_bottom=round(box.bottom, 2),
        )
        for box in view.boxes
    )
    label = page_words(language, view.number, view.label)
    size = f"0 0 {view.width:.2f} {view.height:.2f}"
    return tag(
        "figure",
        tag(
            "img", src=view.picture, alt=f"{view.document}, {label}", width=round(view.width), height=round(view.height)
        ),
        tag("svg", *boxes, *_unsure(view), viewBox=size, preserveAspectRatio="none"),
        tag(
            "figcaption",
            label,
            _doubts(language, view),
            _source(language, view),
            tag("span", word(language, "unsure"), class_="grade") if view.unsure else None,
        ),
        class_="page",
        data_document=view.document_id,
        data_page=view.number,
    )
