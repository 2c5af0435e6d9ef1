"""The sentences and table rows of some passages that say most about a question, and whether that is enough.

It is not when the best of them covers too little of what was asked: of the question's terms and numbers, each weighted
by its rarity among the passages, terms that stand only in the headings, the document's name or elsewhere in the passage
counting less; or when a year asked for stands in no passage. How much is too little depends on how likely the search
holds it that the documents answer at all. It does not know what is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prompts.amounts import Amount, same
from prompts.asked_values import TITLE, kinds_asked, offered, shapes_asked, shapes_shown, words_answered
from prompts.claims import Claim, Weights, claim_of, claim_of_question, reach
from prompts.folding import fold, has_han
from prompts.passages import Passage, Unit

# Refused is what covers less: the share of the question's weight that the best sentence or row covers, by itself, or
# with half the probability that the documents answer. Chinese pairs of characters are met by chance more often.
REFUSE_BELOW, REFUSE_BELOW_CHINESE = 0.33, 0.48
REFUSE_LIKELY_BELOW = 0.5  # Chinese by itself alone: what is known of Chinese probabilities is too little to go by
PRESENCE = 0.5
MAX_ITEMS = 3
LONGEST = 700  # characters of a sentence worth showing
_ALONE_FROM = 0.5  # share from which one term of several answers alone
_ALSO_FROM = 0.65  # further items score at least this share of the best
_ABOVE, _AROUND = 0.75, 0.4  # what a term counts in the headings above, and elsewhere in the passage
_NAMED = 0.3  # what a term of the question weighs that the document's name answers for
_NUMBER_WEIGHT = 1.5  # a number or year asked for, in weights of a term that no hit holds
_KIND_BONUS = 0.12
_RANK_BONUS = 0.1
_LABEL_BONUS = 0.15  # of the coverage, for a row whose whole label the question names
_SAME_TERMS = 0.85  # share of terms from which two items say the same


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence or row; `coverage` is the share of the question's weight that it meets, `fits` that of the kinds of
    answer asked for that it offers, 0 where none is told."""

    passage: Passage
    unit: Unit
    coverage: float
    fits: float
    score: float
    thin: bool  # it meets but one thing of several that are asked for, and no great part of the question


def ranked_units(question: str, passages: Sequence[Passage]) -> list[Scored]:
    """The sentences and rows that meet something of the question, best first, whether they answer it or not."""
    asked = claim_of_question(question)
    stated = [claim_of("\n".join((p.hit.chunk.text, p.surroundings))) for p in passages]
    weights, kinds = Weights(one.terms for one in stated), kinds_asked(question)
    scored = [
        one
        for passage in passages
        for unit in passage.units
        if (one := _score(asked, kinds, weights, passage, unit)) is not None
    ]
    return sorted(scored, key=lambda one: (-one.score, one.passage.number, one.unit.start))


def answering(question: str, passages: Sequence[Passage], presence: float | None = None) -> list[Scored]:
    """The sentences and rows that answer, best first; none when the evidence is too thin.

    `presence`: the probability that the documents hold an answer, as retrieval.presence has it, where it is known.
    """
    asked = claim_of_question(question)
    if asked.empty or not _years_stand(asked, passages):
        return []
    scored = ranked_units(question, passages)
    shapes = shapes_asked(kinds_asked(question))
    scored = [one for one in scored if shapes_shown(shapes, one.unit.text)] or scored
    best = max((one.coverage for one in scored[:MAX_ITEMS] if not one.thin), default=None)
    if best is None or best < least_coverage(has_han(question), presence):
        return []
    also = min(REFUSE_BELOW, scored[0].coverage)
    good = [one.score >= _ALSO_FROM * scored[0].score and one.coverage >= also for one in scored]
    leading = scored[: good.index(False)] if False in good else scored
    return [one for one in leading if one.fits] if leading[0].fits == 1 else leading


def least_coverage(chinese: bool, presence: float | None) -> float:
    """The share of a question that the best sentence or row must cover; the likelier an answer is, the less."""
    if chinese:
        return REFUSE_BELOW_CHINESE
    return REFUSE_BELOW if presence is None else REFUSE_LIKELY_BELOW - PRESENCE * presence


def pick(found: Sequence[Scored], most: int = MAX_ITEMS) -> list[tuple[Passage, Unit]]:
    """The best `most` that do not say the same."""
    chosen: list[Scored] = []
    for one in found:
        if len(chosen) == most:
            break
        if not any(says_the_same(one.unit, other.unit) for other in chosen):
            chosen.append(one)
    return [(one.passage, one.unit) for one in chosen]


def nearest(question: str, passages: Sequence[Passage], most: int = MAX_ITEMS) -> list[tuple[Passage, Unit]]:
    """Up to `most` sentences or rows of different passages that meet most of the question, answer or not."""
    found: dict[int, Scored] = {}
    for one in ranked_units(question, passages):
        if len(found) == most:
            break
        if not any(says_the_same(one.unit, other.unit) for other in found.values()):
            found.setdefault(one.passage.number, one)
    return [(one.passage, one.unit) for one in found.values()]


def _years_stand(asked: Claim, passages: Sequence[Passage]) -> bool:
    """Whether every year asked for stands in some passage."""
    years = [amount for amount in asked.amounts if amount.is_year]
    stated = [claim_of("\n".join((p.hit.chunk.text, p.surroundings))) for p in passages] if years else []
    return len(_shared(years, [amount for one in stated for amount in one.amounts])) == len(years)


def _score(asked: Claim, kinds: Sequence[str], weights: Weights, passage: Passage, unit: Unit) -> Scored | None:
    if (unit.heading and (unit.cells or TITLE not in kinds)) or len(unit.text) > LONGEST:
        return None
    stated = claim_of(unit.text)
    named_whole = _named_whole(asked, unit)
    led_by = unit.led_by if named_whole == 1 else ""
    above = claim_of("\n".join((led_by, *unit.headers, passage.surroundings)))
    around = claim_of(passage.hit.chunk.text)
    answered = words_answered(kinds, unit.text)
    own = asked.terms & (stated.terms | answered)
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
    fits = offered(kinds, asked, unit)
    score = coverage + _RANK_BONUS / passage.number + _KIND_BONUS * fits
    score += _LABEL_BONUS * coverage * named_whole
    met = len(own | asked.terms & (above.terms | around.terms)) + len(_shared(asked.amounts, stated.amounts))
    thin = met < 2 <= len(asked.terms) + len(asked.amounts) and coverage < _ALONE_FROM
    return Scored(passage, unit, coverage, fits, score if says_more else score * 0.6, thin)


def _level(own: bool, above: bool, around: bool) -> float:
    return 1.0 if own else _ABOVE if above else _AROUND if around else 0.0


def _shared(wanted: Sequence[Amount], there: Sequence[Amount]) -> list[Amount]:
    return [amount for amount in wanted if any(same(amount, other) for other in there)]


def _named_whole(asked: Claim, unit: Unit) -> float:
    """The share of a row's label that the question names: such a row is about what is asked, and about nothing else."""
    label = claim_of(unit.label).terms
    return len(label & asked.terms) / len(label) if label else 0.0


def says_the_same(one: Unit, other: Unit) -> bool:
    """Whether two hold the same words and numbers, or one the other."""
    a, b = fold(one.text).text, fold(other.text).text
    if a in b or b in a:
        return True
    first, second = claim_of(one.text), claim_of(other.text)
    if len(_shared(first.amounts, second.amounts)) < max(len(first.amounts), len(second.amounts)):
        return False
    union = first.terms | second.terms
    return bool(union) and len(first.terms & second.terms) / len(union) >= _SAME_TERMS
