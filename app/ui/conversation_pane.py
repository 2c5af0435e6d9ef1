"""The conversation as markup: questions, answers sentence by sentence with their verdicts, citations.

Pure functions of records and of a session. Document text and model output enter only as escaped children.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.page_words import Language, page_words
from app.ui.details import again, details, passages
from app.ui.files import answer_files
from app.ui.inspector import search_told
from app.ui.markup import Markup, action, joined, tag
from app.ui.rating_pane import rated_before, rating_pane, thumbs
from app.ui.session import Session
from app.ui.suggesting import Offer
from app.ui.turn import Turn
from app.ui.wording import word
from ingest.records import Document
from prompts.answers import Citation, Sentence, Verdict

_DOUBTED = {
    Verdict.PARTLY: "partly",
    Verdict.NOT_FOUND: "not_found",
    Verdict.CONTRADICTED: "contradicted",
    Verdict.UNCHECKED: "unchecked",
}


def conversation_pane(session: Session, documents: Sequence[Document] = (), offers: Sequence[Offer] = ()) -> Markup:
    """All turns, or what to do first, with the questions that are offered."""
    if session.turns:
        turns = (_turn(session, number, turn) for number, turn in enumerate(session.turns))
        return tag("div", *turns, class_="turns", data_conversation=session.conversation or None)
    language = session.language
    several = len({one.document for one in offers}) > 1
    chips = joined(
        *(
            action(
                one.question,
                one.do,
                one.value,
                on="submit",
                class_="example",
                title=one.document if several else None,
            )
            for one in offers
        )
    )
    offer = tag("div", tag("p", word(language, "try")), chips, class_="examples") if offers else None
    title = word(language, "welcome" if documents else "welcome_empty")
    text = tag("p", word(language, "welcome_text"))
    return tag("div", tag("h2", title), text, offer, class_="welcome", data_conversation="", data_language=language)


def _turn(session: Session, number: int, turn: Turn) -> Markup:
    language = session.language
    return tag(
        "article",
        tag("p", turn.question, class_="question"),
        tag("p", f"{word(language, 'ask_only')} {turn.scope.words(language)}", class_="aside") if turn.scope else None,
        tag("div", _answer(language, number, turn), class_="answer", aria_live="polite"),
        _citations(session, number, turn) if not turn.each else None,
        joined(*(tag("p", note, class_="aside") for note in turn.notes)) if turn.status == "done" else None,
        tag("p", turn.step, class_="aside") if turn.status == "asking" and turn.step else None,
        _ways_on(session, number, turn) if _made(turn) else None,
        class_=f"turn {turn.status}",
        data_turn=number,
    )


def _ways_on(session: Session, number: int, turn: Turn) -> Markup:
    """How the answer was made, the way to ask again, and what the user thinks of it."""
    there, place = session.conversation, session.before + number + 1
    save = answer_files(session.language, there, place) if there else None
    beside = tag("span", thumbs(session, number, turn), save, again(session, number, turn), class_="beside")
    made = tag("div", details(session, number, turn), beside, class_="made")
    return joined(made, rating_pane(session, number, turn), rated_before(session, number, turn))


def _made(turn: Turn) -> bool:
    """Whether there is something to tell of how the answer was made."""
    return turn.status == "done" and not turn.each and turn.strategy != "search"


def _answer(language: Language, number: int, turn: Turn) -> Markup:
    if turn.status == "removed":
        return tag("p", word(language, "removed"), class_="aside")
    if turn.status == "failed":
        return tag("p", turn.error, class_="error", role="alert")
    if turn.each:
        return _table(language, number, turn)
    if turn.status == "done" and turn.strategy == "search":
        found = passages(language, number, turn.hits or (), turn.search)
        told = search_told(language, turn.search) if found else None
        return joined(found, tag("div", told, class_="search-told") if told else None) or tag(
            "p", word(language, "found_none"), class_="aside"
        )
    if turn.status == "done" and turn.refused:
        said = joined(*(_sentence(language, number, turn, sentence) for sentence in turn.sentences))
        text = tag("span", said or word(language, "refused_text"))
        return tag("p", tag("b", word(language, "refused")), text, class_="refused")
    written = [_sentence(language, number, turn, sentence) for sentence in turn.sentences]
    draft = tag("span", turn.draft, class_="draft") if turn.draft else None
    body = tag("p", *written, draft) if written or draft else None
    if turn.status == "asking" and not body:
        count = None if turn.hits is None else len(turn.hits)
        key = "searching" if count is None else "found_one" if count == 1 else "found"
        return tag("p", word(language, key, n=count), class_="working")
    ending = "stopped" if turn.status == "stopped" else None if turn.complete else "incomplete"
    return joined(body, tag("p", word(language, ending), class_="aside") if ending else None)


def _table(language: Language, number: int, turn: Turn) -> Markup:
    """A row for each document that was asked, as they come."""
    rows = (
        tag(
            "tr",
            tag("th", row.document, scope="row"),
            tag("td", word(language, "each_none"), class_="none")
            if row.refused
            else tag("td", *(_sentence(language, number, turn, sentence) for sentence in row.sentences)),
        )
        for row in turn.rows
    )
    head = tag("tr", *(tag("th", word(language, key), scope="col") for key in ("each_document", "each_answer")))
    working = tag("p", turn.step or word(language, "searching"), class_="working") if turn.status == "asking" else None
    ended = tag("p", word(language, "stopped"), class_="aside") if turn.status == "stopped" else None
    return joined(tag("table", head, *rows, class_="each") if turn.rows else None, working, ended)


def _sentence(language: Language, turn_number: int, turn: Turn, sentence: Sentence) -> Markup:
    cited = [turn.citations[marker] for marker in sentence.citations if marker in turn.citations]
    doubt = _DOUBTED.get(sentence.verdict)
    if sentence.verdict is Verdict.UNCHECKED and any(one.corrected for one in cited):
        doubt = "by_correction"
    chips = (_chip(turn_number, one) for one in cited)
    return tag(
        "span",
        tag("span", sentence.text, class_="said"),
        tag("span", *chips, class_="chips"),
        tag("span", word(language, doubt), class_="verdict") if doubt else None,
        " ",
        class_=f"sentence {sentence.verdict}",
        data_verdict=str(sentence.verdict),
        data_markers=" ".join(map(str, sentence.citations)),
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
    why = "by_correction" if citation.corrected else "not_verified"
    doubt = None if citation.verified else tag("span", word(language, why), class_="verdict")
    note = tag("span", tag("b", word(language, "note")), " ", citation.note, class_="note") if citation.note else None
    return tag(
        "button",
        tag("span", str(citation.marker), class_="number"),
        tag(
            "span",
            tag("span", citation.quote, class_="quote", hidden=citation.quote in said),
            tag("span", tag("span", citation.document, class_="name"), tag("span", page, class_="where"), cell, doubt),
            note,
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
