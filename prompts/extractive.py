"""An answer without a model: the sentences and table rows of the hits that say most about the question, quoted.

It refuses where prompts.picking finds too little. It does not know models.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from prompts.answers import (
    Answer,
    AnswerDone,
    AnswerEvent,
    Citation,
    HitsFound,
    PlanMade,
    Sentence,
    SentenceDone,
    Token,
    Verdict,
)
from prompts.asked_values import kinds_asked
from prompts.cite import Citer
from prompts.claims import claim_of_question
from prompts.compose import Progress, refuse
from prompts.digest import digest
from prompts.disagreement import Figure, disagreeing
from prompts.evidence import Piece
from prompts.kinds import Kind, kind_of, without_summary_words
from prompts.passages import Passage, PlacedCell, Unit
from prompts.picking import LONGEST, MAX_ITEMS, answering, pick
from prompts.questions import without_instructions
from prompts.request import Request, under_named_heading
from prompts.row_cells import asked_cell, row_text
from prompts.wording import say
from retrieval.hits import PAGE_NAMED, Hit
from retrieval.page_references import without_references

MAX_LISTED = 6  # pieces of a list shown after the sentence that leads to it

# What is asked of a page as such, and says nothing of what stands on it.
_OF_PAGES = re.compile(
    r"\b(?:say|says|said|show|shows|contain|contains|content|contents|text|written|stand|stands|there|summari[sz]e|quote)\b"
    r"|[说讲写有是提][了到的]?些?什么|[說講寫有是提][了到的]?些?什麼|(?:主要)?(?:内容|內容)(?:是什么|是什麼)?|总结|總結|概括",
    re.IGNORECASE,
)
_WHICH = re.compile(r"\b(?:which|who)\b|哪[一个個家些种種]|谁|誰", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")


def extractive(request: Request, notes: Sequence[str] = ()) -> Iterator[AnswerEvent]:
    """Answer in quotes; `notes` say what came before."""
    progress = Progress("extractive", notes=list(notes))
    yield PlanMade("extractive", 0, tuple(notes))
    yield HitsFound(request.hits)
    question = without_instructions(without_references(request.question))
    citer = Citer(question, request.hits, request.page_of)
    named = named_passages(citer.passages)
    asked, kinds = claim_of_question(question), kinds_asked(question)
    found = answering(question, named) or answering(question, citer.passages, request.presence)
    best = with_lists(pick(found))
    if not best and claim_of_question(_OF_PAGES.sub(" ", _without_names(question, named))).empty:
        best = opening(named)
    summary = [] if named else summarised(request, citer.passages)
    figures: tuple[Figure, ...] = ()
    if summary:
        best = summary
        if request.whole is None:
            progress.notes.append(say(request.language, "summary_of_hits"))
    elif found:
        figures = disagreeing(asked, kinds, pick(found, 1)[0], [(one.passage, one.unit) for one in found])
        best = [(one.passage, one.unit) for one in figures] or best
    progress.mark("pick")
    if not best:
        yield refuse(request, progress)
        return
    cell_of = partial(asked_cell, asked, kinds) if not _WHICH.search(question) else _whole_row
    quotes = [citer.quote(_piece(passage, unit, cell_of(unit))) for passage, unit in best]
    said: list[tuple[str, tuple[Citation, ...]]] = []
    if figures:
        said.append((_differing(figures, request.language), tuple(quotes)))
    for (passage, unit), citation in zip(best, quotes, strict=True):
        text = row_text(unit, cell_of(unit), request.language) if unit.cells else unit.text
        said.append((headed(passage, text, request.language) if summary else text, (citation,)))
    sentences: list[Sentence] = []
    for text, cited in said:
        verdict = Verdict.SUPPORTED if all(one.verified for one in cited) else Verdict.UNCHECKED
        sentences.append(Sentence(text, tuple(one.marker for one in cited), verdict))
        yield Token(text + "\n")
        yield SentenceDone(sentences[-1], cited)
    progress.mark("cite")
    yield AnswerDone(
        Answer(
            question=request.question,
            text="\n".join(sentence.text for sentence in sentences),
            sentences=tuple(sentences),
            citations=tuple(citer.citations),
            hits=request.hits,
            strategy="extractive",
            notes=tuple(progress.notes),
            timings=progress.timings,
        )
    )


def _whole_row(unit: Unit) -> None:
    """No cell alone: which row it is, is what was asked."""


def _piece(passage: Passage, unit: Unit, cell: PlacedCell | None) -> Piece:
    """What is quoted of a unit: the cell asked for, else all of it."""
    if cell is not None:
        return Piece(passage, cell.start, cell.end, cell if cell.cell else None)
    return Piece(passage, unit.start, unit.end, _only_cell(unit))


def _differing(figures: Sequence[Figure], language: str) -> str:
    """The sentence that says that documents differ, and how."""
    parts = [say(language, "figure", document=one.passage.hit.document.name, figure=one.written) for one in figures]
    return say(language, "differ", figures=("，" if language == "zh" else ", ").join(parts))


def summarised(request: Request, passages: Sequence[Passage]) -> list[tuple[Passage, Unit]]:
    """A summary, where the question asks for one of a document or of a section that it names.

    Where it asks for one of something else, the sentences that say most about that are it: then there is none here.
    """
    if kind_of(request.question) is not Kind.SUMMARY:
        return []
    text = leading_text(request)
    section = under_named_heading(request.question, text)
    if not section and answering(without_summary_words(_without_names(request.question, passages)), passages):
        return []
    return digest(section or text, request.page_of)


def leading_text(request: Request) -> tuple[Hit, ...]:
    """The whole text of the document that most hits are from; else the hits, as they follow in their documents.

    Where the question has no word of the documents ("summarise this" in their language or another), the whole of them.
    """
    counts = Counter(hit.document.id for hit in request.hits)
    hits = sorted(request.hits, key=lambda hit: (hit.document.id, hit.chunk.ordinal))
    leading = [name for name, count in counts.items() if count > len(hits) / 2]
    if request.whole is None or (hits and not leading):
        return tuple(hits)
    return tuple(hit for hit in request.whole() if not hits or hit.document.id in leading) or tuple(hits)


def headed(passage: Passage, text: str, language: str) -> str:
    """A sentence after the heading that it stands under."""
    section = passage.hit.chunk.section
    return f"{section[-1]}{'：' if language == 'zh' else ': '}{text}" if section else text


def _without_names(question: str, passages: Sequence[Passage]) -> str:
    """The question without the names of the passages' documents, or words of them: they say nothing of a page."""
    stems = {one.hit.document.name.rsplit(".", 1)[0] for one in passages}
    words = {word for stem in stems for word in _WORD.findall(stem.casefold())}
    for stem in stems:
        # Chinese has no space at a word's end.
        question = re.sub(rf"(?<![a-z0-9]){re.escape(stem)}(?![a-z0-9])", " ", question, flags=re.IGNORECASE)
    return _WORD.sub(lambda found: "" if found[0].casefold() in words else found[0], question)


def named_passages(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Those on pages that the question names."""
    return tuple(one for one in passages if any(by.branch == PAGE_NAMED for by in one.hit.found_by))


def opening(passages: Sequence[Passage], most: int = MAX_ITEMS) -> list[tuple[Passage, Unit]]:
    """What the passages begin with, in the order of the page, some of each document: all there is to say of a page."""
    by_document: dict[str, list[tuple[Passage, Unit]]] = {}
    for one in sorted(passages, key=lambda one: one.hit.chunk.ordinal):
        units = [(one, unit) for unit in one.units if not unit.heading and len(unit.text) <= LONGEST]
        by_document.setdefault(one.hit.document.id, []).extend(units)
    order = list(dict.fromkeys(one.hit.document.id for one in passages))[:most]
    each = most // max(len(order), 1)
    return [unit for document in order for unit in by_document[document][:each]]


def with_lists(picked: Sequence[tuple[Passage, Unit]]) -> list[tuple[Passage, Unit]]:
    """Each piece, and after it the list that it leads to."""
    return [pair for passage, unit in picked for pair in ((passage, unit), *list_after(passage, unit))]


def list_after(passage: Passage, unit: Unit) -> list[tuple[Passage, Unit]]:
    """What follows a sentence that ends with a colon, up to the next heading or MAX_LISTED pieces."""
    if unit.cells or not unit.text.rstrip().endswith((":", "：")):
        return []
    after = passage.units[passage.units.index(unit) + 1 :]
    heading = next((place for place, one in enumerate(after) if one.heading), len(after))
    return [(passage, one) for one in after[: min(heading, MAX_LISTED)] if len(one.text) <= LONGEST]


def _only_cell(unit: Unit) -> PlacedCell | None:
    return unit.cells[0] if len(unit.cells) == 1 and unit.cells[0].cell else None
