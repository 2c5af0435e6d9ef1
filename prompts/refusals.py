"""What a refusal says: which words of the question stand nowhere in the documents, and which passages come nearest.

It does not know which strategy found nothing, nor why.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.sentences import Range
from prompts.amounts import amounts_in, same
from prompts.answers import Citation, Sentence, Verdict
from prompts.cite import Citer
from prompts.claims import claim_of, claim_of_question, reach, words_of_question
from prompts.evidence import Piece
from prompts.folding import has_han
from prompts.passages import Passage
from prompts.picking import nearest
from prompts.questions import without_instructions
from prompts.request import Request
from prompts.wording import say
from retrieval.page_references import without_references

MOST_LOOKED_FOR = 4  # words that the passages lack and that are looked for in the whole documents
_MOST_SAID = 8  # words that are named


def reason(request: Request) -> tuple[Sentence, tuple[Citation, ...]] | None:
    """The sentence that says what was looked for, with the nearest passages as its citations.

    None where the question asks for nothing that could be looked for.
    """
    question = without_instructions(without_references(request.question))
    citer = Citer(question, request.hits, request.page_of)
    lacking, found = looked_for(question, citer.passages, request)
    if not lacking and not found:
        return None
    citations = tuple(
        citer.quote(Piece(passage, unit.start, unit.end)) for passage, unit in nearest(question, citer.passages)
    )
    text = _said(request, lacking, found, near=bool(citations))
    return Sentence(text, tuple(one.marker for one in citations), Verdict.SUPPORTED), citations


def looked_for(question: str, passages: Sequence[Passage], request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words, names and numbers of the question that stand nowhere, and those that do; neighbours as one.

    What the passages lack is looked for in the whole documents where they can be searched.
    """
    stated = [claim_of("\n".join((one.hit.chunk.text, one.surroundings))) for one in passages]
    terms = frozenset[str]().union(*(one.terms for one in stated))
    amounts = [amount for one in stated for amount in one.amounts]
    lacking: list[Range] = []
    found: list[Range] = []
    for start, end in words_of_question(question):
        asked = claim_of_question(question[start:end])
        if asked.amounts:
            held = any(same(one, other) for one in asked.amounts for other in amounts)
            (found if held else lacking).append((start, end))
        elif has_han(question[start:end]):
            gaps = _gaps(question, start, end, terms)
            lacking += gaps
            if not gaps:
                found.append((start, end))
        else:
            (found if asked.terms & terms else lacking).append((start, end))
    if request.search is not None:
        elsewhere = [span for span in lacking[:MOST_LOOKED_FOR] if _stands(question[slice(*span)], request)]
        unknown = lacking[MOST_LOOKED_FOR:]
        lacking = [span for span in lacking if span not in elsewhere and span not in unknown]
        found = sorted(found + elsewhere)
    return _phrases(question, lacking), _phrases(question, found)


def _gaps(question: str, start: int, end: int, terms: frozenset[str]) -> list[Range]:
    """The parts of a run of Chinese characters no pair of which stands in `terms`."""
    pairs = {place: question[place : place + 2] for place in range(start, end - 1)}
    wanted = frozenset(pairs.values())
    covered, mute = reach(wanted, wanted & terms)
    gaps: list[Range] = []
    for place, pair in pairs.items():
        if pair in covered or pair in mute or claim_of_question(pair).empty:
            continue
        if gaps and place < gaps[-1][1]:
            gaps[-1] = (gaps[-1][0], place + 2)
        else:
            gaps.append((place, place + 2))
    return gaps


def _stands(word: str, request: Request) -> bool:
    """Whether a search of the documents for the word alone brings a passage that holds it."""
    assert request.search is not None
    asked, numbers = claim_of_question(word).terms, amounts_in(word)
    for hit in request.search(word):
        stated = claim_of("\n".join((hit.chunk.text, *hit.chunk.section)))
        if asked & stated.terms or any(same(one, other) for one in numbers for other in stated.amounts):
            return True
    return False


def _phrases(question: str, spans: Sequence[Range]) -> tuple[str, ...]:
    """The words at the ranges, those with only a space between them as one, each once."""
    runs: list[Range] = []
    for start, end in spans:
        if runs and not question[runs[-1][1] : start].strip():
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return tuple(dict.fromkeys(question[start:end] for start, end in runs))


def _said(request: Request, lacking: Sequence[str], found: Sequence[str], *, near: bool) -> str:
    def quoted(words: Sequence[str]) -> str:
        return ("、" if request.language == "zh" else ", ").join(f"“{word}”" for word in words[:_MOST_SAID])

    where = say(request.language, "in_documents" if request.search is not None else "in_passages")
    key = "lacking_and_found" if lacking and found else "lacking" if lacking else "scattered"
    parts = [say(request.language, key, where=where, lacking=quoted(lacking), found=quoted(found))]
    if near:
        parts.append(say(request.language, "nearest"))
    return ("" if request.language == "zh" else " ").join(parts)
