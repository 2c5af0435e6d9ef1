"""A document's passages as markup: to be searched, left out, corrected, annotated; edits show as such.

Pure functions of what is shown. What documents and users say enters only as escaped children.
"""

from __future__ import annotations

from app.chunks import MAX_TEXT, MOST, ChunksShown, EditedChunk
from app.page_words import Language, page_words
from app.ui.markup import Markup, action, joined, tag
from app.ui.wording import word
from ingest.overlays import Overlay


def chunks_pane(language: Language, shown: ChunksShown) -> Markup:
    """The whole pane. Its presses are those of `app.ui.chunk_editing`."""
    listed = shown.listed
    more = listed.found - len(listed.chunks)
    rows = (_row(language, one, shown.editing == one.chunk.ordinal) for one in listed.chunks)
    return joined(
        tag(
            "header",
            action(listed.document.name, "about", listed.document.id, class_="name", title=word(language, "about")),
            tag("span", word(language, "chunk_count", n=listed.found), class_="where"),
        ),
        tag(
            "div",
            _tools(language, shown),
            _lost(language, listed.lost),
            tag("ol", *rows, class_="chunks") if listed.chunks else tag("p", word(language, "chunks_none")),
            action(word(language, "chunks_more", n=min(more, MOST)), "chunks-more", class_="tool")
            if more > 0
            else None,
            class_="overview",
            data_document=listed.document.id,
            data_place=f"{listed.document.id}:{shown.edited}:{shown.search}",
        ),
    )


def _tools(language: Language, shown: ChunksShown) -> Markup:
    """What narrows the list."""
    label, on = word(language, "chunks_search"), shown.edited
    return tag(
        "div",
        tag(
            "input",
            type="search",
            value=shown.search,
            placeholder=label,
            aria_label=label,
            maxlength=200,
            data_do="chunks-search",
            data_on="click",
        ),
        tag(
            "button",
            word(language, "chunks_edited"),
            type="button",
            role="switch",
            aria_checked="true" if on else "false",
            data_do="chunks-edited",
            data_value="" if on else "yes",
            data_on="click",
            class_="each",
        ),
        class_="filter",
    )


def _row(language: Language, one: EditedChunk, editing: bool) -> Markup:
    chunk = one.chunk
    place = f"{page_words(language, chunk.page, '')} · {' › '.join(chunk.section[-2:])}".rstrip(" ·")
    head = tag(
        "p",
        action(place, "chunk-page", chunk.ordinal, class_="passage"),
        tag("span", word(language, "excluded"), class_="verdict") if one.excluded else None,
        tag("span", word(language, "corrected"), class_="verdict") if chunk.original else None,
    )
    body = _form(language, one) if editing else joined(*_text(language, one), _actions(language, one))
    return tag("li", head, body, class_="excluded" if one.excluded else None, data_chunk=chunk.ordinal)


def _text(language: Language, one: EditedChunk) -> list[Markup | None]:
    chunk = one.chunk
    read = tag("summary", word(language, "as_read"))
    return [
        tag("p", chunk.text, class_="text"),
        tag("details", read, tag("p", chunk.original, class_="text")) if chunk.original else None,
        tag("p", tag("b", word(language, "note")), " ", chunk.note, class_="note") if chunk.note else None,
    ]


def _actions(language: Language, one: EditedChunk) -> Markup:
    number = one.chunk.ordinal
    said = word(language, "include" if one.excluded else "exclude")
    return tag(
        "p",
        action(said, "chunk-include" if one.excluded else "chunk-exclude", number, class_="tool"),
        action(word(language, "chunk_edit"), "chunk-edit", number, class_="tool"),
        action(word(language, "chunk_undo"), "chunk-undo", one.edit, class_="tool") if one.edit else None,
        class_="tools",
    )


def _form(language: Language, one: EditedChunk) -> Markup:
    """The text and the note, to be changed; both go with the press."""
    fields = (
        tag(
            "label",
            tag("span", word(language, label)),
            tag("textarea", text, name_=name, rows=rows, maxlength=MAX_TEXT),
        )
        for label, name, text, rows in (
            ("chunk_text", "text", one.chunk.text, min(4 + len(one.chunk.text) // 60, 16)),
            ("note", "note", one.chunk.note, 2),
        )
    )
    return tag(
        "div",
        *fields,
        tag(
            "p",
            action(word(language, "save"), "chunk-save", f"{one.chunk.ordinal}:", data_takes=True, class_="tool save"),
            action(word(language, "cancel"), "chunk-edit", class_="tool"),
            class_="tools",
        ),
        class_="form",
        data_fields=True,
    )


def _lost(language: Language, lost: tuple[Overlay, ...]) -> Markup | None:
    """Edits that have no place any more, each to be let go."""
    rows = (
        tag(
            "li",
            tag("p", page_words(language, one.page, ""), " · ", _done(language, one)),
            tag("p", one.original, class_="text"),
            tag("p", tag("b", word(language, "corrected")), " ", one.corrected, class_="note")
            if one.corrected
            else None,
            tag("p", tag("b", word(language, "note")), " ", one.note, class_="note") if one.note else None,
            tag("p", action(word(language, "chunk_forget"), "chunk-undo", one.id, class_="tool"), class_="tools"),
        )
        for one in lost
    )
    head = tag("h3", word(language, "edits_lost", n=len(lost)))
    return tag("section", head, tag("ol", *rows, class_="chunks"), class_="lost") if lost else None


def _done(language: Language, one: Overlay) -> str:
    done = {"excluded": one.excluded, "corrected": one.corrected is not None, "note": bool(one.note)}
    return ", ".join(word(language, key) for key, was in done.items() if was)
