"""An answer without a model: the sentences and table rows of the hits that say most about the question, quoted.

It refuses when the best of them covers too little of what was asked: less than REFUSE_BELOW of the question's terms and
numbers, each weighted by its rarity among the hits, terms that stand only in the headings, the document's name or
elsewhere in the passage counting less; and when a year asked for stands in no hit. It does not know models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prompts.amounts import Amount, amounts_in, same
from prompts.answers import Answer, AnswerDone, AnswerEvent, HitsFound, PlanMade, Sentence, SentenceDone, Token, Verdict
from prompts.cite import Citer
from prompts.claims import Claim, Weights, claim_of, claim_of_question, reach
from prompts.compose import Progress, refuse
from prompts.evidence import Piece
from prompts.folding import fold, has_han
from prompts.passages import Passage, PlacedCell, Unit
from prompts.questions import without_instructions
from prompts.render import language_of
from prompts.request import Request
from prompts.row_cells import header_keys
from retrieval.hits import PAGE_NAMED
from retrieval.page_references import without_references

REFUSE_BELOW = 0.33  # share of the question's weight that the best sentence or row must cover
REFUSE_BELOW_CHINESE = 0.48  # pairs of characters are met by chance more often than words
_ALONE_FROM = 0.5  # share from which one term of several answers alone
MAX_ITEMS = 3
MAX_LISTED = 6  # pieces of a list shown after the sentence that leads to it
_ALSO_FROM = 0.75  # further items score at least this share of the best
_ABOVE, _AROUND = 0.75, 0.4  # what a term counts in the headings above, and elsewhere in the passage
_NAMED = 0.3  # what a term of the question weighs that the document's name answers for
_NUMBER_WEIGHT = 1.5  # a number or year asked for, in weights of a term that no hit holds
_KIND_BONUS = 0.12
_RANK_BONUS = 0.1
_SAME_TERMS = 0.85  # share of terms from which two items say the same
_LONGEST = 700  # characters of a sentence worth showing

_ASKS = {
    "number": r"\bhow (?:much|many)\b|\b(?:amount|total|number|revenue|cost|price|value)\b|多少|几[个家名项]|金额|总额",
    "percent": r"\b(?:percent(?:age)?|ratio|rate|margin|share)\b|%|百分|比例|占比|比率|利率|增长率",
    "date": r"\bwhen\b|\b(?:what|which) (?:year|date|day)\b|哪一?年|何时|什么时候|日期|哪一?天",
}
# What is asked of a page as such, and says nothing of what stands on it.
_OF_PAGES = re.compile(
    r"\b(?:say|says|said|show|shows|contain|contains|content|contents|text|written|stand|stands|there|summari[sz]e|quote)\b"
    r"|[说讲写有是提][了到的]?些?什么|[說講寫有是提][了到的]?些?什麼|(?:主要)?(?:内容|內容)(?:是什么|是什麼)?|总结|總結|概括",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}月|(?:19|20)\d\d\s?年", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Scored:
    passage: Passage
    unit: Unit
    coverage: float
    score: float
    thin: bool  # it meets but one thing of several that are asked for, and no great part of the question


def extractive(request: Request, notes: Sequence[str] = ()) -> Iterator[AnswerEvent]:
    """Answer in quotes; `notes` say what came before."""
    progress = Progress("extractive", notes=list(notes))
    yield PlanMade("extractive", 0, tuple(notes))
    yield HitsFound(request.hits)
    question = without_instructions(without_references(request.question))
    citer = Citer(question, request.hits, request.page_of)
    named = named_passages(citer.passages)
    best = pick(question, named) or pick(question, citer.passages)
    if not best and claim_of_question(_OF_PAGES.sub(" ", _without_names(question, named))).empty:
        best = opening(named)
    progress.mark("pick")
    if not best:
        yield refuse(request, progress)
        return
    asked, kinds = claim_of_question(question), kinds_asked(question)
    sentences: list[Sentence] = []
    for passage, unit in best:
        cell = asked_cell(asked, kinds, unit)
        text = row_text(unit, cell, language_of(request.question)) if unit.cells else unit.text
        piece = Piece(passage, unit.start, unit.end, _only_cell(unit))
        if cell is not None:
            piece = Piece(passage, cell.start, cell.end, cell if cell.cell else None)
        citation = citer.quote(piece)
        verdict = Verdict.SUPPORTED if citation.verified else Verdict.UNCHECKED
        sentences.append(Sentence(text, (citation.marker,), verdict))
        yield Token(text + "\n")
        yield SentenceDone(sentences[-1], (citation,))
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
        units = [(one, unit) for unit in one.units if not unit.heading and len(unit.text) <= _LONGEST]
        by_document.setdefault(one.hit.document.id, []).extend(units)
    order = list(dict.fromkeys(one.hit.document.id for one in passages))[:most]
    each = most // max(len(order), 1)
    return [unit for document in order for unit in by_document[document][:each]]


def pick(question: str, passages: Sequence[Passage], most: int = MAX_ITEMS) -> list[tuple[Passage, Unit]]:
    """Up to `most` sentences or rows that answer, best first; none when the evidence is too thin."""
    asked = claim_of_question(question)
    if asked.empty:
        return []
    stated = [claim_of("\n".join((p.hit.chunk.text, p.surroundings))) for p in passages]
    years = [amount for amount in asked.amounts if amount.is_year]
    if len(_shared(years, [amount for one in stated for amount in one.amounts])) < len(years):
        return []
    weights = Weights(one.terms for one in stated)
    kinds = kinds_asked(question)
    scored = [
        one
        for passage in passages
        for unit in passage.units
        if (one := _score(asked, kinds, weights, passage, unit)) is not None
    ]
    scored.sort(key=lambda one: (-one.score, one.passage.number, one.unit.start))
    least = REFUSE_BELOW_CHINESE if has_han(question) else REFUSE_BELOW
    if not any(one.coverage >= least and not one.thin for one in scored[:MAX_ITEMS]):
        return []
    chosen: list[_Scored] = []
    for one in scored:
        if len(chosen) == most or one.score < _ALSO_FROM * scored[0].score or one.coverage < REFUSE_BELOW:
            break
        if not any(_says_the_same(one, other) for other in chosen):
            chosen.append(one)
    return [pair for one in chosen for pair in ((one.passage, one.unit), *list_after(one.passage, one.unit))]


def list_after(passage: Passage, unit: Unit) -> list[tuple[Passage, Unit]]:
    """What follows a sentence that ends with a colon, up to the next heading or MAX_LISTED pieces."""
    if unit.cells or not unit.text.rstrip().endswith((":", "：")):
        return []
    after = passage.units[passage.units.index(unit) + 1 :]
    heading = next((place for place, one in enumerate(after) if one.heading), len(after))
    return [(passage, one) for one in after[: min(heading, MAX_LISTED)] if len(one.text) <= _LONGEST]


def kinds_asked(question: str) -> list[str]:
    """The kinds of answer that a question asks for: number, percent, date."""
    return [kind for kind, pattern in _ASKS.items() if re.search(pattern, question, re.IGNORECASE)]


def _score(asked: Claim, kinds: Sequence[str], weights: Weights, passage: Passage, unit: Unit) -> _Scored | None:
    if unit.heading or len(unit.text) > _LONGEST:
        return None
    stated = claim_of(unit.text)
    above = claim_of("\n".join((*unit.headers, passage.surroundings)))
    around = claim_of(passage.hit.chunk.text)
    own = asked.terms & stated.terms
    named = asked.terms & claim_of(passage.document_name).terms
    if not own - named and not _shared(asked.amounts, stated.amounts):
        return None
    total = covered = 0.0
    reached, mute = reach(asked.terms, own)
    for term in asked.terms - mute:
        weight = weights.of(term) * (_NAMED if term in named else 1.0)
        total += weight
        covered += weight * _level(term in named or term in reached, term in above.terms, term in around.terms)
    unknown = weights.of("")  # no text holds the empty term
    for amount in asked.amounts:
        total += _NUMBER_WEIGHT * unknown
        found = [bool(_shared((amount,), place.amounts)) for place in (stated, above, around)]
        covered += _NUMBER_WEIGHT * unknown * _level(*found)
    coverage = covered / total if total else 0.0
    says_more = stated.terms - asked.terms or len(stated.amounts) > len(_shared(asked.amounts, stated.amounts))
    score = coverage + _RANK_BONUS / passage.number + _KIND_BONUS * _fits(kinds, asked, unit)
    met = len(asked.terms & (stated.terms | above.terms | around.terms)) + len(_shared(asked.amounts, stated.amounts))
    thin = met < 2 <= len(asked.terms) + len(asked.amounts) and coverage < _ALONE_FROM
    return _Scored(passage, unit, coverage, score if says_more else score * 0.6, thin)


def _level(own: bool, above: bool, around: bool) -> float:
    return 1.0 if own else _ABOVE if above else _AROUND if around else 0.0


def _shared(wanted: Sequence[Amount], there: Sequence[Amount]) -> list[Amount]:
    return [amount for amount in wanted if any(same(amount, other) for other in there)]


def _fits(kinds: Sequence[str], asked: Claim, unit: Unit) -> float:
    """The share of the kinds of answer asked for (a number, a percentage, a date) that the unit offers."""
    if not kinds:
        return 0.0
    new = [amount for amount in amounts_in(unit.text) if not any(same(amount, other) for other in asked.amounts)]
    offers = {
        "number": any(not amount.is_year for amount in new),
        "percent": any(amount.percent for amount in new),
        "date": _DATE.search(unit.text) is not None and bool(new),
    }
    return sum(offers[kind] for kind in kinds) / len(kinds)


def _says_the_same(one: _Scored, other: _Scored) -> bool:
    a, b = fold(one.unit.text).text, fold(other.unit.text).text
    if a in b or b in a:
        return True
    first, second = claim_of(one.unit.text), claim_of(other.unit.text)
    if len(_shared(first.amounts, second.amounts)) < max(len(first.amounts), len(second.amounts)):
        return False
    union = first.terms | second.terms
    return bool(union) and len(first.terms & second.terms) / len(union) >= _SAME_TERMS


def asked_cell(asked: Claim, kinds: Sequence[str], unit: Unit) -> PlacedCell | None:
    """The one cell of a row whose column the question names; None where it names none, or several.

    Where a percentage is asked for and just some of the columns named hold one, the others are out.
    """
    wanted = asked.terms | {str(amount.value) for amount in asked.amounts}
    keys = {
        cell: header_keys(unit, cell) for cell in unit.cells if cell.text != unit.label and unit.column_headers(cell)
    }
    if len(keys) < 2:
        return None
    common = frozenset.intersection(*keys.values())
    shares = {cell: len(wanted & (key - common)) for cell, key in keys.items()}
    if "percent" in kinds:
        percents = {cell: share for cell, share in shares.items() if share and _holds_percent(cell)}
        shares = percents or shares
    best = max(shares.values())
    named = [cell for cell, share in shares.items() if share == best]
    return named[0] if best and len(named) == 1 else None


def _holds_percent(cell: PlacedCell) -> bool:
    return any(amount.percent for amount in amounts_in(cell.text))


def _only_cell(unit: Unit) -> PlacedCell | None:
    return unit.cells[0] if len(unit.cells) == 1 and unit.cells[0].cell else None


def row_text(unit: Unit, cell: PlacedCell | None, language: str) -> str:
    """A row, or one cell of it, with its headers: "Revenue: 2022 17,606; 2021 15,785"."""
    colon, semicolon, inner = ("：", "；", " ") if language == "zh" else (": ", "; ", " ")
    shown = [cell] if cell is not None else [one for one in unit.cells if one.text != unit.label]
    parts = []
    for one in shown:
        headers = " ".join(unit.column_headers(one))
        parts.append(f"{headers}{inner}{_flat(one.text)}" if headers else _flat(one.text))
    values = semicolon.join(parts)
    return f"{_flat(unit.label)}{colon}{values}" if unit.label and values else values or _flat(unit.text)


def _flat(text: str) -> str:
    return " ".join(text.split())
