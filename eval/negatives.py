"""Questions that the documents do not answer, made from questions that they do; and how many of them are refused.

The negatives are seeded and depend on nothing but the set's documents, so that they can be made again.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.asking import ask
from eval.datasets import Question
from eval.run import Bench
from ingest.records import Document
from retrieval.features import PageKey
from retrieval.terms import is_chinese, terms

ANSWERABLE = "answerable"
RANDOM = "random"
NEAREST = "nearest"
WITHOUT_GOLD = "own without gold"
KINDS = (ANSWERABLE, RANDOM, NEAREST, WITHOUT_GOLD)

_K1, _B = 1.2, 0.75
_CHINESE_FROM = 0.2  # share of Han terms from which a document is Chinese

Bags = Mapping[str, Counter[str]]
"""Document name -> how often each of its terms occurs."""


@dataclass(frozen=True, slots=True)
class Negative:
    """A question asked of a document that does not answer it; `without` are pages of it to leave out."""

    question: Question
    kind: str
    document: str
    without: tuple[int, ...] = ()


class Bm25:
    """Documents as bags of terms, by BM25 (Robertson and Zaragoza 2009, with Lucene's idf).

    score(q, d) = sum over t in q of ln(1 + (N - n_t + 0.5) / (n_t + 0.5)) * f / (f + k1 (1 - b + b |d| / avg|d|))
    """

    def __init__(self, bags: Bags) -> None:
        self._bags = bags
        self._lengths = {name: bag.total() for name, bag in bags.items()}
        self._average = sum(self._lengths.values()) / max(len(bags), 1) or 1.0
        self._holding = Counter(term for bag in bags.values() for term in bag)

    def scores(self, question: str, names: Iterable[str]) -> dict[str, float]:
        """The score of each document named."""
        asked = set(terms(question)) & self._holding.keys()
        count = len(self._bags)
        idf = {term: math.log1p((count - self._holding[term] + 0.5) / (self._holding[term] + 0.5)) for term in asked}
        found = {}
        for name in names:
            bag, longer = self._bags[name], self._lengths[name] / self._average
            found[name] = sum(
                weight * bag[term] / (bag[term] + _K1 * (1 - _B + _B * longer)) for term, weight in idf.items()
            )
        return found


def is_chinese_bag(bag: Counter[str]) -> bool:
    return sum(count for term, count in bag.items() if is_chinese(term)) > _CHINESE_FROM * bag.total()


def make_negatives(questions: Sequence[Question], bags: Bags, seed: int = 0) -> list[Negative]:
    """Up to three negatives a question, in the questions' order.

    A random other document of the same language; of the other documents with questions of the same origin, the nearest
    to the question by BM25; the own document without its gold pages. One that cannot be made is left out: where there
    is no other such document, or the gold has no pages. A document with the very terms of the own is the own. A
    question's random document depends on seed, id and documents, not on the other questions.
    """
    bm25 = Bm25(bags)
    chinese = {name: is_chinese_bag(bag) for name, bag in bags.items()}
    origins: dict[str, set[str]] = {}
    for question in questions:
        origins.setdefault(question.origin, set()).add(question.document)
    made = []
    for question in questions:
        own = question.document
        others = sorted(name for name, bag in bags.items() if name != own and bag != bags[own])
        alike = [name for name in others if chinese[name] == chinese[own]]
        if alike:
            drawn = random.Random(f"{seed}:{question.id}").choice(alike)
            made.append(Negative(question, RANDOM, drawn))
        near = bm25.scores(question.text, (name for name in others if name in origins[question.origin]))
        if near:
            made.append(Negative(question, NEAREST, max(near, key=lambda name: (near[name], name))))
        if question.pages:
            made.append(Negative(question, WITHOUT_GOLD, own, question.pages))
    return made


def bags_of(bench: Bench) -> dict[str, Counter[str]]:
    """The terms of the set's documents, from their chunks."""
    return {
        name: Counter(term for chunk in bench.library.chunks(document.sha256) for term in terms(chunk.text))
        for name, document in bench.documents.items()
    }


def is_refused(
    bench: Bench, question: str, documents: Sequence[Document], without: frozenset[PageKey] = frozenset()
) -> bool:
    """Whether the extractive answer refuses, from as many passages as a user's question gets."""
    return ask(bench, question, documents, without).refused


def all_asked(bench: Bench, seed: int = 0) -> list[Negative]:
    """The set's questions as they are, then their negatives."""
    asked = [Negative(question, ANSWERABLE, question.document) for question in bench.questions.questions]
    return asked + make_negatives(bench.questions.questions, bags_of(bench), seed)


def asked_of(bench: Bench, one: Negative) -> tuple[list[Document], frozenset[PageKey]]:
    """The documents that are asked, and the pages that are left out."""
    if one.kind == ANSWERABLE:
        return bench.scope(one.question, "document"), frozenset()
    document = bench.documents[one.document]
    return [document], frozenset((document.id, page) for page in one.without)


def measure_refusals(bench: Bench, asked: Sequence[Negative]) -> dict[str, Any]:
    """The share refused, per slice and kind: of answerable questions (rather none), of negatives (rather all)."""
    refused = [is_refused(bench, one.question.text, *asked_of(bench, one)) for one in asked]
    return {
        "kind": "negatives",
        "scope": "document",
        **bench.about(),
        "slices": _shares(asked, refused),
        "rows": [_row(one, said) for one, said in zip(asked, refused, strict=True)],
    }


def _row(asked: Negative, refused: bool) -> dict[str, Any]:
    """A row of the report; `right` says that an answerable question was answered, or a negative refused."""
    return {
        "id": f"{asked.question.id}/{asked.kind}",
        "question": asked.question.text,
        "slices": [asked.kind if name == "all" else f"{name}/{asked.kind}" for name in asked.question.slices],
        "negative": asked.kind,
        "document": asked.document,
        "without": asked.without,
        "refused": refused,
        "scores": {"right": float(refused == (asked.kind != ANSWERABLE))},
    }


def _shares(asked: Sequence[Negative], refused: Sequence[bool]) -> dict[str, dict[str, dict[str, float]]]:
    """slice -> kind -> `n` and `refused`, the share."""
    inside: dict[str, dict[str, list[bool]]] = {}
    for one, said in zip(asked, refused, strict=True):
        for name in one.question.slices:
            inside.setdefault(name, {kind: [] for kind in KINDS})[one.kind].append(said)
    return {
        name: {
            kind: {"n": len(found), "refused": round(sum(found) / len(found), 4)}
            for kind, found in kinds.items()
            if found
        }
        for name, kinds in sorted(inside.items())
    }
