"""How an answer was made, as markup: strategy and why, time by stage, calls and tokens, steps, the passages read.

Pure functions of a session. Document text and model output enter only as escaped children.
"""

from __future__ import annotations

from app.page_words import Language, page_words
from app.ui.inspector import calls, moved, search_told
from app.ui.markup import Markup, action, joined, tag
from app.ui.plots import bars, share_bar
from app.ui.session import Session
from app.ui.turn import Turn
from app.ui.wording import branch_words, stage_words, strategy_words, word
from retrieval.explain import Trace
from retrieval.hits import Hit


def details(session: Session, number: int, turn: Turn) -> Markup:
    """A line that says how the answer was made; pressed, it opens to all that is known of it."""
    language = session.language
    body = (
        tag("p", turn.why, class_="why") if turn.why else None,
        _times(language, turn),
        _steps(language, turn),
        search_told(language, turn.search),
        passages(language, number, turn.hits or (), turn.search),
        calls(language, number, turn.ledger, shown=session.inspected == number),
    )
    summary = tag("summary", " · ".join(_facts(language, turn)))
    return tag("details", summary, *body, class_="details", data_key=number)


def again(session: Session, number: int, turn: Turn) -> Markup:
    """Asks the same once more, by another strategy."""
    language = session.language
    said = word(language, "again_ask")
    offers = (tag("option", strategy_words(language, name), value=f"{number}:{name}") for name in session.strategies)
    return tag(
        "select",
        tag("option", said, value="", selected=True),
        *offers,
        class_="again",
        aria_label=f"{said} {turn.question}",
        data_do="again",
        data_on="submit",
    )


def passages(language: Language, number: int, hits: tuple[Hit, ...], trace: Trace | None = None) -> Markup | None:
    """The passages, best first: where each stands, which branches found it, at which rank, what the ranking moved."""
    rows = (
        tag(
            "li",
            action(_place(language, hit), "hit", f"{number}:{index}", class_="passage", title=hit.chunk.text[:300]),
            tag(
                "span",
                ", ".join(f"{branch_words(language, by.branch)} {by.rank}" for by in hit.found_by),
                class_="found-by",
            ),
            tag("span", " ".join(dict.fromkeys(term for by in hit.found_by for term in by.terms)), class_="terms"),
            tag("span", word(language, "corrected"), class_="verdict") if hit.chunk.original else None,
            tag("span", tag("b", word(language, "note")), " ", hit.chunk.note, class_="note")
            if hit.chunk.note
            else None,
            moved(language, hit, trace),
        )
        for index, hit in enumerate(hits)
    )
    if not hits:
        return None
    scores = bars(word(language, "scores"), [(_place(language, hit), hit.score) for hit in hits]) if hits[1:] else None
    return joined(tag("h3", word(language, "passages")), scores, tag("ol", *rows, class_="passages"))


def _place(language: Language, hit: Hit) -> str:
    return " · ".join((hit.document.name, page_words(language, hit.chunk.page, ""), *hit.chunk.section[-1:]))


def _facts(language: Language, turn: Turn) -> list[str]:
    facts = [strategy_words(language, turn.strategy)]
    if turn.hits:
        facts.append(word(language, "passage_count", n=len(turn.hits)))
    if turn.ledger.calls:
        tokens = turn.ledger.input_tokens + turn.ledger.output_tokens
        facts.append(word(language, "call_count", n=turn.ledger.calls, tokens=tokens))
    if "total" in turn.timings:
        facts.append(word(language, "seconds", n=f"{turn.timings['total']:.2f}"))
    return facts


def _times(language: Language, turn: Turn) -> Markup | None:
    longest = max(turn.timings.values(), default=0.0) or 1.0
    rows: list[tuple[str, str, Markup | None]] = [
        (stage_words(language, stage), f"{seconds:.3f} s", share_bar(seconds / longest))
        for stage, seconds in turn.timings.items()
    ]
    ledger = turn.ledger
    if ledger.calls:
        rows += [
            (word(language, "tokens_in"), f"{ledger.input_tokens:,}", None),
            (word(language, "tokens_out"), f"{ledger.output_tokens:,}", None),
        ]
    cells = (tag("tr", tag("th", name, scope="row"), tag("td", value), tag("td", bar)) for name, value, bar in rows)
    return tag("table", *cells, class_="figures") if rows else None


def _steps(language: Language, turn: Turn) -> Markup | None:
    rows = (tag("li", tag("b", step.name), " ", step.text) for step in turn.steps)
    return joined(tag("h3", word(language, "steps")), tag("ol", *rows, class_="steps")) if turn.steps else None
