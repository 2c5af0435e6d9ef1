"""A conversation as a file to keep or pass on: Markdown, or one HTML page with the places of its quotes, also to print.

Document text and model output enter only as escaped text. A PDF is what the browser prints of the page: it has fonts
for every script, puts into the file what it needs of them, and the text stays text.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from app.page_words import Language, page_words
from app.ui.markup import Markup, joined, tag
from app.ui.turn import Turn
from app.ui.wording import word
from ingest.markdown import paragraph
from prompts.answers import Citation, Sentence, Verdict

_MARKS = {Verdict.PARTLY: "partly", Verdict.NOT_FOUND: "not_found", Verdict.CONTRADICTED: "contradicted"}
_STYLE = Path(__file__).parent / "export.css"
_PRINT = Markup('<script>addEventListener("load", () => print());</script>')

Crop = Callable[[Citation], bytes | None]


def as_markdown(language: Language, title: str, turns: Iterable[Turn]) -> str:
    """The conversation as Markdown: each question a heading, sentences with the numbers of their quotes."""
    turns = list(turns)
    parts = [f"# {paragraph(title)}"] if _is_named(title, turns) else []
    for turn in turns:
        parts.append(f"## {paragraph(turn.question)}")
        parts += [paragraph(text) for text in _texts(language, turn)]
        parts += [
            f"- **[{one.marker}]** {paragraph(one.quote)}  \n  {paragraph(_place(language, one))}"
            for one in _citations(turn)
        ]
    return "\n\n".join(parts) + "\n"


def as_html(language: Language, title: str, turns: Iterable[Turn], crop: Crop, *, printed: bool = False) -> str:
    """The conversation as one HTML page; `crop` gives the picture of a quote's place, if any.

    It has no script unless it is to be `printed`: then the browser's dialog opens by itself.
    """
    turns = list(turns)
    heading = tag("h1", title) if _is_named(title, turns) else None
    hint = tag("p", word(language, "print_hint"), class_="aside on-screen") if printed else None
    body = joined(hint, heading, *(_turn(language, turn, crop) for turn in turns))
    style = tag("style", Markup(_STYLE.read_text(encoding="utf-8")))
    head = joined(Markup('<meta charset="utf-8">'), tag("title", title), style, _PRINT if printed else None)
    return f'<!doctype html><html lang="{language}"><head>{head}</head><body>{body}</body></html>'


def _is_named(title: str, turns: Sequence[Turn]) -> bool:
    """Whether the title says more than the one question does."""
    return len(turns) != 1 or title != " ".join(turns[0].question.split())


def _turn(language: Language, turn: Turn, crop: Crop) -> Markup:
    figures = []
    for one in _citations(turn):
        data = crop(one)
        picture = tag("img", src=f"data:image/png;base64,{base64.b64encode(data).decode()}", alt="") if data else None
        caption = tag("figcaption", f"[{one.marker}] {_place(language, one)}")
        figures.append(tag("figure", tag("blockquote", one.quote), picture, caption))
    texts = (tag("p", text) for text in _texts(language, turn))
    return tag("section", tag("h2", turn.question), *texts, *figures)


def _texts(language: Language, turn: Turn) -> list[str]:
    """What was answered, a paragraph each."""
    if turn.status == "removed":
        return [word(language, "removed")]
    if turn.status == "failed":
        return [turn.error]
    if turn.each:
        return [
            f"{row.document}: {word(language, 'each_none') if row.refused else _said(language, row.sentences)}"
            for row in turn.rows
        ]
    said = _said(language, turn.sentences) or word(language, "refused" if turn.refused else "stopped")
    return [said, *turn.notes]


def _said(language: Language, sentences: Sequence[Sentence]) -> str:
    """Sentences with the numbers of their quotes, doubted ones with their verdict."""
    return " ".join(
        sentence.text
        + "".join(f" [{marker}]" for marker in sentence.citations)
        + (f" ({word(language, _MARKS[sentence.verdict])})" if sentence.verdict in _MARKS else "")
        for sentence in sentences
    )


def _citations(turn: Turn) -> list[Citation]:
    return [citation for _, citation in sorted(turn.citations.items())]


def _place(language: Language, citation: Citation) -> str:
    cell = " › ".join(citation.cell.header_path) if citation.cell else ""
    doubt = "" if citation.verified else word(language, "by_correction" if citation.corrected else "not_verified")
    page = page_words(language, citation.page, citation.label)
    return " · ".join(filter(None, (citation.document, page, cell, doubt)))
