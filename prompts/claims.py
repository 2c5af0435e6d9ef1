"""What a piece of text states, as far as a program can see: its terms and its numbers; and how rare each term is.

It does not decide whether one text supports another; prompts.evidence does.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from prompts.amounts import Amount, amounts_in, rounds_to, same
from prompts.folding import HAN, has_han
from prompts.polarity import even_directions
from retrieval.terms import terms

ALIKE_FROM = 0.85  # share of all terms of two statements that both hold, from which one misquotes the other

_COUNTER = re.compile(r"\s?(?:年度|年末|年底|年|月份|月|日|元|个|家|名|次|季度)?")
_WORD = re.compile(rf"[{HAN}]{{2,}}|[^\W\d_{HAN}]+(?:['’-][^\W\d_{HAN}]+)*")
_BROKEN_WORD = re.compile(r"(?<=[a-z])[-\u00ad‐]\s*\n\s*(?=[a-z])|\u00ad")
_EMPTY_HAN = re.compile(r"[的了在是和与及为于也都就而或被把对由其该此这那之等有]")
_EMPTY_ENGLISH = (
    "a an the and or but of in on at to for from by with as is are was were be been being it its this that these those "
    "there their they he she his her we our you your i my me us which who whom whose what when where why how do does "
    "did done has have had having will would shall should can could may might must not no nor so than then also such "
    "into over under about between during per each both any all some more most other same very just if while because "
    "s t yes ok okay dollar dollars usd rmb cny yuan eur euro euros hkd according passage passages document documents "
    "respectively"
)
_EMPTY_CHINESE = "人民币 美元 港元 欧元 根据 文档 文件 段落 以及 分别 是的 没有 不是 其中 同时 此外 并且 因此 如下"
_ASKING = (
    "please tell give list name find show explain describe say state happen many much long often old kind type "
    "reported report mention mentioned fy fiscal according document"
)
_STANDS_FOR = re.compile(r"\bstands?\s+for\b", re.IGNORECASE)
_ASKING_CHINESE = (
    "请问|请|发生了什么|什么|多少|哪些|哪个|哪家|哪里|哪年|哪一年|哪一|何时|何种|何处|如何|怎么样|怎么|怎样|为什么|是否|几个|几年|几|吗|呢|谁|"
    "告诉我|列出|说明|介绍|一下|有没有|分别|是多少|文档|文件|根据"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """The distinct terms of a text without function words and numbers, and its numbers in order."""

    terms: frozenset[str]
    amounts: tuple[Amount, ...]

    @property
    def empty(self) -> bool:
        return not self.terms and not self.amounts


@lru_cache(maxsize=1)
def _empty_terms() -> frozenset[str]:
    return (
        frozenset(terms(_EMPTY_ENGLISH))
        | frozenset(_EMPTY_ENGLISH.split())
        | frozenset(terms(_EMPTY_CHINESE.replace(" ", "|")))
    )


@lru_cache(maxsize=1)
def _asking_terms() -> frozenset[str]:
    return frozenset(terms(_ASKING)) | frozenset(_ASKING.split())


@lru_cache(maxsize=8192)
def claim_of(text: str) -> Claim:
    """The terms and numbers of `text`."""
    text = _BROKEN_WORD.sub("", text)
    amounts = amounts_in(text)
    parts, cursor = [], 0
    for amount in amounts:
        parts.append(text[cursor : amount.start])
        counter = _COUNTER.match(text, amount.end)
        cursor = counter.end() if counter else amount.end
    words = " | ".join((*parts, text[cursor:]))  # terms() joins Han characters over mere spaces
    words = even_directions(words)
    words = _EMPTY_HAN.sub("|", words) if has_han(words) else words
    found = {term for term in terms(words) if not term.isdigit()}
    return Claim(frozenset(found - _empty_terms()), amounts)


def reach(wanted: frozenset[str], found: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """What of `wanted` the terms `found` in it cover, and what says nothing either way.

    Chinese terms are pairs of characters, many of them across two words: such a pair is covered when both of its
    characters stand in pairs that were found, and says nothing when only one of them does.
    """
    ends = {term[-1] for term in found if _is_pair(term)}
    starts = {term[0] for term in found if _is_pair(term)}
    covered, mute = set(found), set()
    for term in wanted - found:
        if not _is_pair(term):
            continue
        before, after = term[0] in ends, term[1] in starts
        if before and after:
            covered.add(term)
        elif before or after:
            mute.add(term)
    return frozenset(covered), frozenset(mute)


def _is_pair(term: str) -> bool:
    return len(term) == 2 and has_han(term)


def claim_of_question(question: str) -> Claim:
    """The terms and numbers of a question; its question words carry none."""
    claim = claim_of(_STANDS_FOR.sub("|", re.sub(_ASKING_CHINESE, "|", question)))
    return Claim(claim.terms - _asking_terms(), claim.amounts)


def words_of_question(question: str) -> tuple[tuple[int, int], ...]:
    """The ranges in `question` of what it asks about, in order: numbers, words, runs of Chinese characters."""
    blank = _EMPTY_HAN.sub(_blank, re.sub(_ASKING_CHINESE, _blank, question))
    numbers = [(one.start, one.end) for one in amounts_in(blank)]
    words = [found.span() for found in _WORD.finditer(blank)]
    words = [(a, b) for a, b in words if not any(start < b and a < end for start, end in numbers)]
    return tuple(span for span in sorted(numbers + words) if not claim_of_question(question[slice(*span)]).empty)


def _blank(found: re.Match[str]) -> str:
    return "|" * len(found[0])


def indices(wanted: Sequence[Amount], there: Sequence[Amount]) -> frozenset[int]:
    """The places in `wanted` of the numbers that are `there` too."""
    return frozenset(index for index, amount in enumerate(wanted) if any(same(amount, other) for other in there))


def misquotes(claim: Claim, stated: Claim) -> bool:
    """Whether two statements of nearly the same words and as many numbers differ in a number, each counted once."""
    union = claim.terms | stated.terms
    if not union or len(claim.terms & stated.terms) / len(union) < ALIKE_FROM:
        return False
    ours = sorted(claim.amounts, key=lambda amount: amount.value)
    theirs = sorted(stated.amounts, key=lambda amount: amount.value)
    if len(ours) != len(theirs):
        return False
    different = [(a, b) for a, b in zip(ours, theirs, strict=True) if not same(a, b)]
    return bool(different) and not any(rounds_to(a, b) or rounds_to(b, a) for a, b in different)


class Weights:
    """How much each term says: w = ln(2 + n / (1 + df)), with df of the n texts that hold the term."""

    def __init__(self, texts: Iterable[frozenset[str]]) -> None:
        counts: Counter[str] = Counter()
        self._texts = 0
        for text in texts:
            counts.update(text)
            self._texts += 1
        self._counts = counts

    def of(self, term: str) -> float:
        return math.log(2 + self._texts / (1 + self._counts[term]))

    def total(self, some: Iterable[str]) -> float:
        return sum(self.of(term) for term in some)
