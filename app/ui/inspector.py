"""What a search did and what was sent to models, as markup: branches, what the ranking moved, prompts and raw replies.

Pure functions of records. Document text and model output enter only as escaped children.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.page_words import Language
from app.ui.markup import Markup, action, joined, tag
from app.ui.wording import branch_words, word
from prompts.answers import CallCost, Ledger
from retrieval.explain import Trace
from retrieval.features import FEATURES
from retrieval.hits import Hit


def search_told(language: Language, trace: Trace | None) -> Markup | None:
    """A row a branch: its candidates and its time; then what was looked for as well, and what was left out."""
    if trace is None:
        return None
    rows = (
        tag(
            "tr",
            tag("th", branch_words(language, branch), scope="row"),
            tag("td", str(trace.candidates.get(branch, ""))),
            tag("td", f"{1000 * seconds:.1f} ms"),
        )
        for branch, seconds in trace.seconds.items()
    )
    heads = (tag("th", said and word(language, said), scope="col") for said in ("branch", "candidates", "time"))
    notes = [*trace.notes, *trace.pages]
    if trace.expansion:
        notes.append(word(language, "expanded", terms=trace.expansion))
    if trace.presence is not None:
        notes.append(word(language, "presence", share=f"{trace.presence:.0%}"))
    return joined(
        tag("h3", word(language, "search_did")),
        tag("table", tag("tr", *heads), *rows, class_="figures"),
        *(tag("p", note) for note in notes),
    )


def moved(language: Language, hit: Hit, trace: Trace | None) -> Markup | None:
    """What the ranking made of a hit's page, and a reranker of the hit itself, with the reasons."""
    if trace is None:
        return None
    said = list(_moves(language, hit, trace))
    here = (page for page in trace.ranking if (page.document_id, page.page) == (hit.document.id, hit.chunk.page))
    why = "; ".join(f"{name}: {FEATURES.get(name, '')}" for page in here for name in page.reasons)
    return tag("span", " · ".join(said), class_="moved", title=why or None) if said else None


def _moves(language: Language, hit: Hit, trace: Trace) -> Iterator[str]:
    for page in trace.ranking:
        if (page.document_id, page.page) == (hit.document.id, hit.chunk.page):
            why = ", ".join(f"{name} {change:+.1f}" for name, change in page.reasons.items())
            yield word(language, "page_moved", before=page.before, after=page.after) + (f" ({why})" if why else "")
    for one in trace.reranked:
        if (one.document_id, one.ordinal) == (hit.document.id, hit.chunk.ordinal):
            score = f"{one.score:.2f}"
            yield word(language, "passage_moved", before=one.before, after=one.after, score=score)


def calls(language: Language, number: int, ledger: Ledger, *, shown: bool) -> Markup | None:
    """The model calls: what each cost and, where they are `shown`, the prompt sent and the raw reply, folded."""
    if not ledger.entries:
        return None
    can_be = any(call.prompt for call in ledger.entries)
    label = word(language, "calls_hide" if shown else "calls_show")
    button = action(label, "calls", number, class_="quiet", aria_expanded="true" if shown else "false")
    return joined(
        tag("h3", word(language, "calls")),
        tag("ol", *(_call(language, number, place, one, shown) for place, one in enumerate(ledger.entries))),
        button if can_be else tag("p", word(language, "calls_gone")),
    )


def _call(language: Language, number: int, place: int, call: CallCost, shown: bool) -> Markup:
    said = word(language, "call_cost", read=f"{call.input_tokens:,}", written=f"{call.output_tokens:,}")
    if not shown:
        return tag("li", said)
    parts = ((word(language, "call_prompt"), call.prompt), (word(language, "call_reply"), call.reply))
    texts = (
        tag("figure", tag("figcaption", name), tag("pre", text, tabindex=0, aria_label=name)) for name, text in parts
    )
    return tag("li", tag("details", tag("summary", said), *texts, class_="call", data_key=f"{number}:{place}"))
