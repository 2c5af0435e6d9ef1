"""The panes of the documents and of the conversation as markup.

Pure functions of records and of a session. Document text and model output enter only as escaped children.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.page_words import Language, page_words
from app.ui.markup import Markup, action, joined, tag
from app.ui.session import Session, Turn
from app.ui.wording import state_words, word
from ingest.intake import SUFFIXES
from ingest.records import Document, State
from prompts.answers import Citation, Sentence, Verdict

_DOUBTED = {
    Verdict.PARTLY: "partly",
    Verdict.NOT_FOUND: "not_found",
    Verdict.CONTRADICTED: "contradicted",
    Verdict.UNCHECKED: "unchecked",
}


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
    rows = joined(*(_document_row(session, document) for document in documents))
    return joined(
        tag("h2", word(language, "documents")),
        drop,
        notice,
        tag("ul", rows, class_="documents") if documents else None,
        tag("p", _scope(session, documents), class_="scope"),
    )


def _scope(session: Session, documents: Sequence[Document]) -> str:
    askable = [document for document in documents if document.askable]
    ticked = [document for document in askable if document.id not in session.left_out]
    if not askable:
        return ""
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
            tag("span", _said_of(language, document), class_="state", title=document.reason or None),
            _progress(document),
        )
    name = f"{word(language, 'remove')}: {document.name}"
    return tag(
        "li",
        _tick(session, document),
        tag("span", tag("span", document.name, class_="name", title=document.name), body, class_="about"),
        action("×", "confirm", document.id, class_="remove", aria_label=name, title=name),
        class_=f"document {'askable' if document.askable else 'busy' if state.in_progress else 'failed'}",
        data_document=document.id,
        data_state=str(state),
    )


def _said_of(language: Language, document: Document) -> str:
    """Where a document stands. Reasons are in English, so there they stand for a failure's own words."""
    said = state_words(language, document)
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
    reading = document.state in (State.PARSING, State.WORDS_READY) and document.pages_done < document.pages
    if reading:
        return tag("progress", max=document.pages, value=document.pages_done)
    return tag("progress") if document.state.in_progress else None


def conversation_pane(session: Session, documents: Sequence[Document], examples: Mapping[str, Sequence[str]]) -> Markup:
    """All turns, or what to do first."""
    if session.turns:
        return joined(*(_turn(session, number, turn) for number, turn in enumerate(session.turns)))
    language = session.language
    askable = [document.name for document in documents if document.askable]
    tries = [question for name in dict.fromkeys(askable) for question in examples.get(name, ())]
    chips = joined(*(action(question, "example", question, on="submit", class_="example") for question in tries))
    offer = tag("div", tag("p", word(language, "try")), chips, class_="examples") if tries else None
    title = word(language, "welcome" if documents else "welcome_empty")
    return tag("div", tag("h2", title), tag("p", word(language, "welcome_text")), offer, class_="welcome")


def _turn(session: Session, number: int, turn: Turn) -> Markup:
    language = session.language
    return tag(
        "article",
        tag("p", turn.question, class_="question"),
        tag("div", _answer(language, number, turn), class_="answer", aria_live="polite"),
        _citations(session, number, turn),
        joined(*(tag("p", note, class_="aside") for note in turn.notes)) if turn.status == "done" else None,
        tag("p", turn.step, class_="aside") if turn.status == "asking" and turn.step else None,
        class_=f"turn {turn.status}",
        data_turn=number,
    )


def _answer(language: Language, number: int, turn: Turn) -> Markup:
    if turn.status == "removed":
        return tag("p", word(language, "removed"), class_="aside")
    if turn.status == "failed":
        return tag("p", turn.error, class_="error", role="alert")
    if turn.status == "done" and turn.refused:
        said = joined(*(_sentence(language, number, turn, sentence) for sentence in turn.sentences))
        text = tag("span", said or word(language, "refused_text"))
        return tag("p", tag("b", word(language, "refused")), text, class_="refused")
    written = [_sentence(language, number, turn, sentence) for sentence in turn.sentences]
    draft = tag("span", turn.draft, class_="draft") if turn.draft else None
    body = tag("p", *written, draft) if written or draft else None
    if turn.status == "asking" and not body:
        found = turn.passages
        key = "searching" if found is None else "found_one" if found == 1 else "found"
        return tag("p", word(language, key, n=found), class_="working")
    ending = "stopped" if turn.status == "stopped" else None if turn.complete else "incomplete"
    return joined(body, tag("p", word(language, ending), class_="aside") if ending else None)


def _sentence(language: Language, turn_number: int, turn: Turn, sentence: Sentence) -> Markup:
    doubt = _DOUBTED.get(sentence.verdict)
    chips = (_chip(turn_number, turn.citations[marker]) for marker in sentence.citations if marker in turn.citations)
    return tag(
        "span",
        tag("span", sentence.text, class_="said"),
        tag("span", *chips, class_="chips"),
        tag("span", word(language, doubt), class_="verdict") if doubt else None,
        " ",
        class_=f"sentence {sentence.verdict}",
        data_verdict=str(sentence.verdict),
    )


def _chip(turn: int, citation: Citation) -> Markup:
    return action(
        str(citation.marker),
        "cite",
        f"{turn}:{citation.marker}",
        class_="chip" if citation.verified else "chip unverified",
        title=f"{citation.document}: {citation.quote[:200]}",
    )


def _citations(session: Session, number: int, turn: Turn) -> Markup | None:
    if not turn.citations or turn.status not in ("done", "stopped"):
        return None
    said = {sentence.text for sentence in turn.sentences}
    cards = (_card(session, number, citation, said) for _, citation in sorted(turn.citations.items()))
    return tag("div", *cards, class_="citations")


def _card(session: Session, turn: int, citation: Citation, said: set[str]) -> Markup:
    """A citation; its quote is not shown a second time where the answer is that quote."""
    language = session.language
    page = page_words(language, citation.page, citation.label)
    cell = tag("span", " › ".join(citation.cell.header_path), class_="cell") if citation.cell else None
    doubt = None if citation.verified else tag("span", word(language, "not_verified"), class_="verdict")
    return tag(
        "button",
        tag("span", str(citation.marker), class_="number"),
        tag(
            "span",
            tag("span", citation.quote, class_="quote", hidden=citation.quote in said),
            tag("span", tag("span", citation.document, class_="name"), tag("span", page, class_="where"), cell, doubt),
            class_="card-text",
        ),
        type="button",
        class_="card" + (" shown" if session.shown == (turn, citation.marker) else ""),
        data_do="cite",
        data_value=f"{turn}:{citation.marker}",
        data_on="click",
        data_marker=citation.marker,
        data_verified="true" if citation.verified else "false",
    )
