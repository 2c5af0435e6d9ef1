"""Which piece of a document supports a statement, and how well.

Two ways, in this order: the statement stands there word for word (evened out by prompts.folding); or the sentence or
table row that shares most of its terms, weighted by rarity, holds all its numbers with the same values. It does not
know citations, and it takes a model's marks only as a preference between equals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prompts.amounts import Amount, amounts_in, comparable, rounds_to, same
from prompts.answers import Verdict
from prompts.claims import Claim, Weights, claim_of, claim_of_question, indices, misquotes, reach
from prompts.differences import Differences, differences
from prompts.folding import find_folded, fold, has_han
from prompts.items import items, keys_of
from prompts.passages import Passage, PlacedCell, Unit
from prompts.polarity import opposed
from prompts.row_cells import cells_named
from prompts.sentences import without_bullet

SUPPORTED_FROM = 0.7  # share of a statement's weighted terms that its evidence holds
PARTLY_FROM = 0.45
CONTRADICTED_FROM = 0.75
ALONE_FROM = 0.25  # share that a sentence or row must hold by itself to count as evidence
MAX_PIECES = 3  # pieces of evidence joined for one statement
_COMPARED = 5  # of the best matches that a statement is compared with word by word
_ALIKE_SCORE = 0.8  # share of the best score that these have at least
_MARK_BONUS = 0.1
_NUMBER_BONUS = 0.5
_MUTE = 0.75  # share of its weight that a pair of Chinese characters loses when only one of them is found
_CONTEXT = 0.8  # a term found only in the headings above counts this much


@dataclass(frozen=True, slots=True)
class Piece:
    """`chunk.text[start:end]` of a passage; `cell` where the quote is one table cell."""

    passage: Passage
    start: int
    end: int
    cell: PlacedCell | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """`missing`: what of the statement the evidence lacks, or has otherwise, in the statement's words."""

    verdict: Verdict
    pieces: tuple[Piece, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Match:
    """How a unit meets a claim: weights of its terms found in the unit or only above it, indices of its numbers."""

    passage: Passage
    unit: Unit
    own: frozenset[str]
    above: frozenset[str]
    own_amounts: frozenset[int]
    above_amounts: frozenset[int]
    score: float


class Evidence:
    """The passages of one answer, ready to be searched for statements."""

    def __init__(self, question: str, passages: Sequence[Passage]) -> None:
        self.passages = passages
        self._question = claim_of_question(question)
        self._weights = Weights(claim_of(unit.text).terms for passage in passages for unit in passage.units)
        self._han = any(has_han(passage.hit.chunk.text) for passage in passages)

    def find(self, statement: str, marks: Sequence[int] = ()) -> Finding:
        """The evidence for `statement`, whose author claims to have it from passages `marks`."""
        bare = without_bullet(statement)
        claim = claim_of(bare)
        if claim.empty or not self.passages:
            return Finding(Verdict.UNCHECKED)
        exact = self._exact(bare, claim, marks)
        if exact:
            return exact
        foreign = not self._han and has_han(bare)
        if foreign:
            claim = Claim(frozenset(term for term in claim.terms if not has_han(term)), claim.amounts)
            if claim.empty:
                return Finding(Verdict.UNCHECKED)
        finding = self._overlapping(bare, claim, marks)
        if foreign and finding.verdict is Verdict.SUPPORTED:
            return Finding(Verdict.PARTLY, finding.pieces)
        lead_in = bare.rstrip().endswith((":", "："))
        if lead_in and finding.verdict in (Verdict.NOT_FOUND, Verdict.CONTRADICTED):
            return Finding(Verdict.UNCHECKED)
        return finding

    def _exact(self, bare: str, claim: Claim, marks: Sequence[int]) -> Finding | None:
        needle = fold(bare).text.strip(" .,;:!?\"'()")
        short = len(claim.terms) + len(claim.amounts) < 3
        places: list[tuple[float, Piece]] = []
        for passage in self.passages:
            for start, end in find_folded(needle, passage.folded):
                marked = passage.number in marks
                asked = self._about_question(passage, start, end)
                if short and not (marked or asked > 0):
                    continue
                places.append((2.0 * marked + asked, _widened(passage, start, end)))
        if not places:
            return None
        best = max(places, key=lambda place: place[0])[1]
        around = _unit_at(best.passage, best.start, best.end)
        if around and not around.cells:
            found = differences(bare, around.text)
            if found.missing or found.contradicted:
                return Finding(Verdict.PARTLY, (best,), (bare,))
        return Finding(Verdict.SUPPORTED, (best,))

    def _about_question(self, passage: Passage, start: int, end: int) -> float:
        """The share of the question's terms in the sentence or row around a place."""
        asked = self._question.terms
        for unit in passage.units:
            if unit.start <= start < unit.end or start <= unit.start < end:
                held = claim_of("\n".join((unit.text, *unit.headers))).terms
                return self._weights.total(asked & held) / (self._weights.total(asked) or 1.0)
        return 0.0

    def _overlapping(self, bare: str, claim: Claim, marks: Sequence[int]) -> Finding:
        matches = [
            match
            for passage in self.passages
            for unit in passage.units
            if (match := self._match(claim, passage, unit, passage.number in marks))
        ]
        if not matches:
            return Finding(Verdict.NOT_FOUND)
        matches.sort(key=lambda match: (-match.score, match.passage.number, match.unit.start))
        chosen = self._join(claim, matches)
        compared = self._nearest(bare, matches, chosen)
        if compared:
            chosen, found = compared
            if found.contradicted or found.missing:
                verdict = Verdict.CONTRADICTED if found.contradicted else Verdict.PARTLY
                pieces = tuple(_piece(match, None, claim) for match in chosen)
                return Finding(verdict, pieces, tuple(dict.fromkeys((*found.contradicted, *found.missing))))
        verdict, cells = self._judge(bare, claim, chosen, compared is not None)
        if verdict is Verdict.NOT_FOUND:
            return Finding(verdict)
        unnamed = () if compared else _unnamed(bare, chosen)
        if verdict is Verdict.SUPPORTED and unnamed:
            verdict = Verdict.PARTLY
        missing = [bare[amount.start : amount.end] for amount in claim.amounts if not _held(amount, chosen)]
        return Finding(
            verdict,
            tuple(_piece(match, cells.get(index), claim) for index, match in enumerate(chosen)),
            (*unnamed, *missing),
        )

    def _nearest(
        self, bare: str, matches: Sequence[_Match], chosen: Sequence[_Match]
    ) -> tuple[list[_Match], Differences] | None:
        """Of the best matches in running text the one that the statement nearly quotes, with what it has otherwise.

        It takes the place of the first of `chosen`. None where the statement quotes none.
        """
        best: tuple[int, int, list[_Match], Differences] | None = None
        for rank, match in enumerate(matches[:_COMPARED]):
            if match.unit.cells or match.score < _ALIKE_SCORE * matches[0].score:
                continue
            others = [one for one in chosen if one is not match and (rank == 0 or one is not chosen[0])]
            found = differences(
                bare, match.unit.text, _keys_beside(match, others), keys_of(match.passage.hit.chunk.text)
            )
            if found.near:
                count = 2 * len(found.contradicted) + len(found.missing)
                if best is None or count < best[0]:
                    best = (count, rank, [match, *others], found)
        return (best[2], best[3]) if best else None

    def _match(self, claim: Claim, passage: Passage, unit: Unit, marked: bool) -> _Match | None:
        if unit.heading and len(passage.units) > 1:
            return None
        stated = claim_of(unit.text)
        beyond = _beyond(passage, unit)
        own = claim.terms & stated.terms
        above = (claim.terms & beyond.terms) - own
        own_amounts = indices(claim.amounts, stated.amounts)
        above_amounts = indices(claim.amounts, beyond.amounts) - own_amounts
        if not own and not own_amounts:
            return None
        coverage = self._coverage(claim, own, above)
        numbers = (len(own_amounts) + 0.5 * len(above_amounts)) / len(claim.amounts) if claim.amounts else 0.0
        extra = 0.05 * len(stated.terms - claim.terms) / (1 + len(stated.terms))
        score = coverage + _NUMBER_BONUS * numbers + _MARK_BONUS * marked - extra
        if not claim.terms:
            score += self._about_question(passage, unit.start, unit.end)
        return _Match(passage, unit, own, above, own_amounts, above_amounts, score)

    def _coverage(self, claim: Claim, own: frozenset[str], above: frozenset[str]) -> float:
        if not claim.terms:
            return 1.0
        covered, mute = reach(claim.terms, own | above)
        total = self._weights.total(claim.terms) - _MUTE * self._weights.total(mute)
        held = self._weights.total(covered) - (1 - _CONTEXT) * self._weights.total(above - own)
        return held / total

    def _anchored(self, claim: Claim, match: _Match, coverage: float) -> float:
        """The coverage with numbers counted as terms, where the evidence holds a telling number of the claim.

        Numbers that the evidence lacks are left out: they are judged by themselves.
        """
        held = [claim.amounts[index] for index in match.own_amounts]
        if not match.own or not any(amount.is_telling for amount in held):
            return coverage
        terms = self._weights.total(claim.terms)
        numbers = self._weights.of("") * (len(held) + len(match.above_amounts))  # no text holds the empty term
        return (coverage * terms + numbers) / (terms + numbers)

    def _join(self, claim: Claim, matches: Sequence[_Match]) -> list[_Match]:
        """The best match, and others that bring numbers or a good part of the terms that it lacks."""
        chosen = [matches[0]]
        for match in matches[1:]:
            if len(chosen) == MAX_PIECES:
                break
            own = frozenset[str]().union(*(one.own | one.above for one in chosen))
            amounts = frozenset[int]().union(*(one.own_amounts | one.above_amounts for one in chosen))
            gain = self._coverage(claim, match.own - own, frozenset()) if claim.terms else 0.0
            brings_number = bool(match.own_amounts - amounts)
            alone = self._coverage(claim, match.own, match.above)
            shared = len(match.own) + len(match.own_amounts)
            if shared >= 2 and alone >= ALONE_FROM and (gain >= 0.2 or brings_number):
                chosen.append(match)
        return chosen

    def _judge(
        self, bare: str, claim: Claim, chosen: Sequence[_Match], compared: bool
    ) -> tuple[Verdict, dict[int, tuple[PlacedCell, ...]]]:
        """The verdict, and for chosen table rows the cells that bear it out (or that contradict it).

        `compared`: the statement nearly quotes the first, and was compared with it word by word.
        """
        own = frozenset[str]().union(*(match.own for match in chosen))
        above = frozenset[str]().union(*(match.above for match in chosen))
        met = frozenset[int]().union(*(match.own_amounts | match.above_amounts for match in chosen))
        terms_alone = self._coverage(claim, own, above)
        coverage = self._anchored(claim, chosen[0], terms_alone)
        cells: dict[int, tuple[PlacedCell, ...]] = {}
        for index, match in enumerate(chosen):
            named, wrong = cells_named(claim, match.unit)
            cells[index] = named
            if wrong and len(chosen) == 1 and coverage >= CONTRADICTED_FROM:
                return Verdict.CONTRADICTED, cells
        if not compared and len(chosen[0].own) >= 2 and misquotes(claim, claim_of(chosen[0].unit.text)):
            return Verdict.CONTRADICTED, cells
        missing = [amount for index, amount in enumerate(claim.amounts) if index not in met]
        if missing:
            return self._judge_missing(claim, chosen[0], missing, coverage), cells
        if coverage < PARTLY_FROM or (claim.terms and not own and not claim.amounts):
            return Verdict.NOT_FOUND, cells
        whole = " ".join(match.unit.text for match in chosen)
        if (
            min(coverage, terms_alone + 0.3) < SUPPORTED_FROM
            or (not compared and opposed(bare, chosen[0].unit.text))
            or (not compared and opposed(bare, whole))
        ):
            return Verdict.PARTLY, cells
        if not claim.terms and not self._question.terms & claim_of(_around(chosen[0])).terms:
            return Verdict.PARTLY, cells
        return Verdict.SUPPORTED, cells

    def _judge_missing(self, claim: Claim, best: _Match, missing: Sequence[Amount], coverage: float) -> Verdict:
        """The verdict when numbers of the claim are nowhere in its evidence."""
        there = [amount for cell in best.unit.cells for amount in amounts_in(cell.text)]
        there = there or list(amounts_in(best.unit.text))
        if any(rounds_to(amount, other) for amount in missing for other in there):
            return Verdict.PARTLY if coverage >= PARTLY_FROM else Verdict.NOT_FOUND
        rivals = [
            other
            for other in there
            if comparable(missing[0], other) and not any(same(amount, other) for amount in claim.amounts)
        ]
        met = len(best.own_amounts | best.above_amounts)
        enough = bool(best.own) and len(best.own) + met >= (3 if missing[0].is_year else 2)
        if len(missing) == 1 and rivals and enough and coverage >= CONTRADICTED_FROM:
            return Verdict.CONTRADICTED
        return Verdict.PARTLY if coverage >= CONTRADICTED_FROM and claim.terms else Verdict.NOT_FOUND


def _unit_at(passage: Passage, start: int, end: int) -> Unit | None:
    return next((unit for unit in passage.units if unit.start <= start and end <= unit.end), None)


def _held(amount: Amount, chosen: Sequence[_Match]) -> bool:
    return any(
        indices((amount,), (*claim_of(match.unit.text).amounts, *_beyond(match.passage, match.unit).amounts))
        for match in chosen
    )


def _keys_beside(match: _Match, others: Sequence[_Match]) -> frozenset[str]:
    """Keys of the words that other evidence, and the headings above, answer for."""
    texts = [match.passage.surroundings, *match.unit.headers]
    for other in others:
        texts += [other.unit.text, *other.unit.headers, other.passage.surroundings]
    return keys_of("\n".join(texts))


def _unnamed(statement: str, chosen: Sequence[_Match]) -> tuple[str, ...]:
    """Words written as names, not at the statement's beginning, that no passage of its evidence holds."""
    held = frozenset[str]().union(
        *(keys_of(f"{match.passage.hit.chunk.text}\n{match.passage.surroundings}") for match in chosen)
    )
    return tuple(
        statement[one.start : one.end]
        for one in items(statement)[1:]
        if one.capital and not one.empty and one.end - one.start > 1 and one.key not in held
    )


def _around(match: _Match) -> str:
    return "\n".join((match.unit.text, *match.unit.headers, match.passage.surroundings))


def _beyond(passage: Passage, unit: Unit) -> Claim:
    """What stands above a unit. Of the numbers in headings only telling ones and years count."""
    headers, around = claim_of("\n".join(unit.headers)), claim_of(passage.surroundings)
    numbers = tuple(amount for amount in around.amounts if amount.is_telling or amount.is_year)
    return Claim(headers.terms | around.terms, headers.amounts + numbers)


def _widened(passage: Passage, start: int, end: int) -> Piece:
    """The place found, with the punctuation around it where it is a whole sentence."""
    text = passage.hit.chunk.text
    for unit in passage.units:
        inside = unit.start <= start and end <= unit.end
        if inside and not any(c.isalnum() for c in text[unit.start : start] + text[end : unit.end]):
            start, end = unit.start, unit.end
    return Piece(passage, start, end, _cell_at(passage, start, end))


def _cell_at(passage: Passage, start: int, end: int) -> PlacedCell | None:
    for unit in passage.units:
        for cell in unit.cells:
            if cell.start <= start and end <= cell.end:
                return cell
    return None


def _piece(match: _Match, cells: tuple[PlacedCell, ...] | None, claim: Claim) -> Piece:
    """The quote of a match: one cell where one cell bears the claim's number, else the whole sentence or row."""
    unit = match.unit
    if cells and len(cells) == 1 and cells[0].cell is not None and claim.amounts:
        return Piece(match.passage, cells[0].start, cells[0].end, cells[0])
    return Piece(match.passage, unit.start, unit.end, _cell_at(match.passage, unit.start, unit.end))
