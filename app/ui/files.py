"""The ways to a conversation, or one of its answers, as a file: links as markup."""

from __future__ import annotations

from app.page_words import Language
from app.ui.markup import Markup, tag
from app.ui.wording import word


def file_links(language: Language, conversation: str, answer: int | None = None) -> list[Markup]:
    """As PDF (by the browser's print dialog), HTML and Markdown; `answer` is its place in the conversation, from 1."""
    address, only = f"/api/v1/conversations/{conversation}", f"&answer={answer}" if answer else ""
    said = word(language, "print_title")
    printed = f"{address}.html?language={language}{only}&printed=true"
    return [
        tag("a", "PDF", href=printed, target="_blank", rel="noopener", title=said, class_="tool"),
        *(
            tag("a", name, href=f"{address}.{kind}?language={language}{only}", download=True, class_="tool")
            for name, kind in (("HTML", "html"), ("MD", "md"))
        ),
    ]


def answer_files(language: Language, conversation: str, answer: int) -> Markup:
    """The answer in these forms, and its evidence, behind one word."""
    said, address = word(language, "pack_title"), f"/api/v1/conversations/{conversation}/turns/{answer}.zip"
    pack = tag("a", word(language, "pack"), href=address, download=True, title=said, class_="tool")
    links = tag("span", *file_links(language, conversation, answer), pack, class_="links")
    return tag("details", tag("summary", word(language, "save")), links, class_="save")
