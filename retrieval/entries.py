"""A document as the keyword index has it: entries of its chunks, of questions written for them, of its pages. Pure.

It does not know where entries are kept, nor how they are scored.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.records import Chunk, Document
from retrieval.profiles import plain_name, profile_of
from retrieval.shards import Entry, Unit
from retrieval.terms import terms, terms_of_lines


def entries(document: Document, chunks: Sequence[Chunk]) -> dict[Unit, list[Entry]]:
    """The entries of a document: one a chunk, one a question written for one, and one a page that holds chunks.

    Each text is split into terms once. What ranking knows of a page holds the terms of its questions too.
    """
    name = plain_name(document.name)
    heads: dict[str, str] = {}

    def head(*parts: str) -> str:
        text = " ".join((name, *parts))
        if text not in heads:
            heads[text] = " ".join(terms(text))
        return heads[text]

    found: dict[Unit, list[Entry]] = {"chunk": [], "page": [], "question": []}
    by_page: dict[int, list[Chunk]] = {}
    for chunk in chunks:
        by_page.setdefault(chunk.page, []).append(chunk)
    for page, on_page in by_page.items():
        each, together = terms_of_lines(
            [f"{chunk.text}\n{chunk.note}" if chunk.note else chunk.text for chunk in on_page]
        )
        known: list[str] = []
        for chunk, own in zip(on_page, each, strict=True):
            text, asked = " ".join(own), [" ".join(terms(question)) for question in chunk.questions]
            found["chunk"].append(Entry(page, chunk.ordinal, text, head(*chunk.section)))
            found["question"] += [Entry(page, chunk.ordinal, question, "") for question in asked]
            known.append(" ".join((text, *asked)))
        sections = dict.fromkeys(section for chunk in on_page for section in chunk.section if section != name)
        profile = profile_of(page, on_page, known, name)
        found["page"].append(Entry(page, None, " ".join(together), head(*sections), profile.dumps()))
    found["chunk"].sort(key=lambda entry: entry.ordinal or 0)
    return found
