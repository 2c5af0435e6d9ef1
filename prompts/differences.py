"""Where a statement that nearly quotes its evidence departs from it: what it contradicts, what it adds.

Both are aligned item by item (longest common blocks; Ratcliff and Obershelp, 1988). It does not know documents.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from difflib import Match, SequenceMatcher

from ingest.sentences import Range
from prompts.amounts import comparable, rounds_to
from prompts.items import Date, Item, even, items, word_key
from prompts.lexicon import excludes, limiting, referring
from prompts.units import conflict

NEAR_FROM = 0.5  # share of a statement's telling items, in order, from which it nearly quotes its evidence
_WHOLE_FROM = 0.75  # share of the evidence's telling items from which a statement adds to a quotation of it
_FEW = 4  # telling items that such a statement shares at least
_CLAUSE = 7  # items from which what was left out is a clause of its own
_MOVES = frozenset(
    map(word_key, ("in", "on", "at", "as", "of", "for", "from", "by", "with", "during", "since", "after", "before"))
) | frozenset(map(word_key, ("until", "when", "while", "via", "because", "although", "if")))
_EDGE = re.compile(r"[,;:，；：、]")


@dataclass(frozen=True, slots=True)
class Differences:
    """`near`: whether the two can be compared word by word. `contradicted` and `missing`: words of the statement."""

    near: bool
    contradicted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def differences(
    statement: str, evidence: str, known: Collection[str] = (), nearby: Collection[str] = ()
) -> Differences:
    """How `statement` departs from `evidence`.

    `known`: keys of words that other evidence answers for; `nearby`: of those that may stand for "it" or "the company".
    """
    statement, evidence = even(statement), even(evidence)
    said, there = items(statement), items(evidence)
    matcher = SequenceMatcher(None, [one.key for one in there], [one.key for one in said], autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    anagram = Counter(one.key for one in said) == Counter(one.key for one in there)
    if not (anagram or _is_near(said, there, blocks)):
        return Differences(False)
    first, last = blocks[0].a, blocks[-1].a + blocks[-1].size
    matched = Counter(one.key for block in blocks for one in said[block.b : block.b + block.size])
    spare = Counter(one.key for one in there) - matched
    begin = _clause_start(evidence, there, 0, first)
    denied = sum(one.negates for one in there[begin:last]) - sum(one.negates for one in said)
    comparison = _Comparison(statement, said, there, spare, denied, frozenset(known), frozenset(nearby))
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            comparison.equal(there[a:b], said[c:d])
        elif c < d:
            comparison.changed(there[a:b], said[c:d])
        elif b <= last:
            comparison.left_out(there[begin if b == first else a : b])
    if anagram and not comparison.contradicted and not comparison.missing and _turned_round(said, there):
        comparison.contradicted.append((0, len(statement)))
    return Differences(True, _joined(statement, comparison.contradicted), _joined(statement, comparison.missing))


def _joined(text: str, ranges: Sequence[Range]) -> tuple[str, ...]:
    """The words at the ranges, neighbours as one, each once."""
    runs: list[Range] = []
    for start, end in sorted(ranges):
        if runs and not any(c.isalnum() for c in text[runs[-1][1] : start]):
            runs[-1] = (runs[-1][0], max(end, runs[-1][1]))
        else:
            runs.append((start, end))
    return tuple(dict.fromkeys(text[start:end].strip() for start, end in runs))


def _is_near(said: Sequence[Item], there: Sequence[Item], blocks: Sequence[Match]) -> bool:
    telling = sum(not one.empty for one in said)
    other = sum(not one.empty for one in there)
    met = sum(not one.empty for block in blocks for one in said[block.b : block.b + block.size])
    return bool(telling) and (met >= NEAR_FROM * telling or (met >= _WHOLE_FROM * other and met >= _FEW))


def _clause_start(evidence: str, there: Sequence[Item], start: int, end: int) -> int:
    """The first item of the clause that ends before item `end`, from item `start` on."""
    edges = [
        place
        for place in range(start, min(end + 1, len(there)))
        if place and _EDGE.search(evidence[there[place - 1].end : there[place].start])
    ]
    return min(edges[-1], end) if edges else start


@dataclass(frozen=True, slots=True)
class _Comparison:
    """`spare`: keys of the evidence that no item of the statement was matched with, and how often.

    `denied`: by how many negations the evidence has more, within the statement's reach.
    """

    statement: str
    said: Sequence[Item]
    there: Sequence[Item]
    spare: Counter[str]
    denied: int
    known: frozenset[str]
    nearby: frozenset[str]
    contradicted: list[Range] = field(default_factory=list)
    missing: list[Range] = field(default_factory=list)

    @property
    def _all(self) -> Range:
        return 0, len(self.statement)

    def equal(self, there: Sequence[Item], said: Sequence[Item]) -> None:
        for one, other in zip(there, said, strict=True):
            if one.amount and other.amount and conflict(one.amount.unit, other.amount.unit):
                self.contradicted.append((other.start, other.end))

    def left_out(self, there: Sequence[Item]) -> None:
        """What the evidence says within the statement's reach, and the statement does not."""
        if len(there) >= _CLAUSE:
            return
        said = {one.key for one in self.said}
        if self.denied and any(one.negates for one in there):
            self.contradicted.append(self._all)
        elif any(one.key in limiting() and one.key not in said for one in there):
            self.missing.append(self._all)

    def changed(self, there: Sequence[Item], said: Sequence[Item]) -> None:
        """`said` stands where the evidence has `there`, which may be nothing."""
        if self.denied and any(one.negates for one in (*there, *said)):
            self.contradicted.append((said[0].start, said[-1].end))
            return
        for one in said:
            if not one.negates and not self.spare[one.key]:
                self._new(one, there)
        limited = any(one.key in limiting() for one in there) and not any(one.key in limiting() for one in said)
        if limited and len(there) < _CLAUSE and not self.contradicted:
            self.missing.append((said[0].start, said[-1].end))

    def _new(self, one: Item, there: Sequence[Item]) -> None:
        """A item of the statement that its evidence has nowhere, or matched already."""
        rivals = [other for other in there if _rival(one, other)]
        if one.amount or one.date:
            if any(_agree(one, other) for other in (*there, *self.there)):
                rivals = [other for other in rivals if not any(_agree(one, second) for second in there)]
                if not rivals:
                    return
            elif one.key in self.known and not rivals:
                return
            rivals = rivals or [other for other in self.there if self.spare[other.key] and _rival(one, other)]
        if rivals:
            rounded = any(_rounded(one, other) for other in rivals)
            (self.missing if rounded else self.contradicted).append((one.start, one.end))
        elif one.amount or one.date:
            self.missing.append((one.start, one.end))
        elif not one.empty and not self._refers(one, there):
            first = one is self.said[0]
            named = one.capital and not first and any(other.capital and not other.empty for other in there)
            if named:
                self.contradicted.append((one.start, one.end))
            elif one.key not in self.known or any(not other.empty for other in there):
                self.missing.append((one.start, one.end))

    def _refers(self, one: Item, there: Sequence[Item]) -> bool:
        """Whether it stands where the evidence says "it" or "the company", and is named close by."""
        return one.key in self.nearby and any(other.key in referring() for other in there)


def _rival(one: Item, other: Item) -> bool:
    """Whether both cannot stand in one place: two numbers, two dates, two words that exclude each other."""
    if one.amount and other.amount:
        return comparable(one.amount, other.amount) or one.amount.unit == other.amount.unit
    if one.date and other.date:
        return True
    return excludes(one.key, other.key)


def _agree(one: Item, other: Item) -> bool:
    if one.date and other.date:
        return _compatible(one.date, other.date)
    return one.key == other.key


def _compatible(one: Date, other: Date) -> bool:
    """Whether two dates are one, said more or less exactly."""
    return all(a == b or not (a and b) for a, b in zip(one, other, strict=True))


def _rounded(one: Item, other: Item) -> bool:
    return bool(
        one.amount and other.amount and (rounds_to(one.amount, other.amount) or rounds_to(other.amount, one.amount))
    )


def _turned_round(said: Sequence[Item], there: Sequence[Item]) -> bool:
    """Whether two rows of the same items differ in who acts on whom, what is before what, and the like.

    Natural rewording changes a word or moves an adverbial; a mere exchange of the rest is a change of meaning.
    """
    start = next((i for i, (a, b) in enumerate(zip(said, there, strict=True)) if a.key != b.key), None)
    if start is None:
        return False
    end = next(i for i in range(len(said), 0, -1) if said[i - 1].key != there[i - 1].key)
    mine = [one.key for one in said[start:end]]
    theirs = [one.key for one in there[start:end]]
    for place in range(1, len(theirs)):
        if theirs[place:] + theirs[:place] == mine:
            starts = (there[start], there[start + place])
            return not any(one.key in _MOVES or one.date for one in starts)
    return True
