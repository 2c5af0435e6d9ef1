"""Learns the light reranker's weights from question sets, and says what they are worth on documents not learnt from.

It knows how a ranking is scored; how the weights are found is `eval.listwise`'s matter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.datasets import Question
from eval.folds import fold_of
from eval.listwise import Candidates, fit
from eval.run import Bench, measure
from retrieval.features import BY_VECTORS, FEATURES
from retrieval.ranker import Ranker

SCOPES = ("document", "corpus")
EITHER_WAY = frozenset({"document_best", "contents", "figures_asked", "picture_asked", "first", "late"})
"""The features that may speak against a page; all others may only speak for it, or are left out."""

_PENALTY = 10.0
_TOLD = ("all", "human-written")  # slices


@dataclass(frozen=True, slots=True)
class Example:
    """A question in a scope: the features of its candidate pages, and which of them are gold."""

    question: Question
    candidates: Candidates


def examples_of(bench: Bench) -> list[Example]:
    """Every question in both scopes; those whose gold is a document teach nothing of pages and are left out."""
    found = []
    for question in bench.questions.questions:
        for scope in SCOPES if question.pages else ():
            weighed = bench.weigh(question.text, bench.scope(question, scope))
            own = bench.documents[question.document].id
            gold = [one.page[0] == own and one.page[1] in question.pages for one in weighed.evidence]
            found.append(Example(question, Candidates(weighed.matrix, np.array(gold, dtype=bool))))
    return found


def learn(examples: Sequence[Example], *, without: Collection[str] = (), penalty: float = _PENALTY) -> Ranker:
    """The ranker that fits the examples best; `without`: features left out."""
    return Ranker(
        _side(examples, FEATURES.keys() - set(without), penalty),
        _side(examples, FEATURES.keys() - BY_VECTORS - set(without), penalty),
    )


def _side(examples: Sequence[Example], names: Collection[str], penalty: float) -> dict[str, float]:
    """Weights by feature. One with the wrong sign is left out, the strongest first, and the rest learnt again."""
    matrices = [one.candidates.features for one in examples]
    spread = np.concatenate([matrix - matrix.mean(axis=0) for matrix in matrices if len(matrix)]).std(axis=0)
    columns = [column for column, name in enumerate(FEATURES) if name in names]
    order = list(FEATURES)
    while True:
        lists = [Candidates(one.candidates.features[:, columns], one.candidates.gold) for one in examples]
        weights = fit(lists, penalty)
        wrong = [
            (weight * spread[column], column)
            for column, weight in zip(columns, weights, strict=True)
            if weight < 0 and order[column] not in EITHER_WAY
        ]
        if not wrong:
            return {order[column]: float(weight) for column, weight in zip(columns, weights, strict=True)}
        columns.remove(min(wrong)[1])


def out_of_fold(examples: Sequence[Example], folds: int, **options: Any) -> dict[str, Ranker]:
    """For each document the ranker learnt on the other folds' documents."""
    chosen = fold_of({one.question.id: one.question for one in examples}.values(), folds)
    rankers = [
        learn([one for one in examples if chosen[one.question.document] != fold], **options) for fold in range(folds)
    ]
    return {document: rankers[fold] for document, fold in chosen.items()}


def measure_scopes(bench: Bench, rankers: Mapping[str, Ranker]) -> dict[str, dict[str, Any]]:
    """The report of each scope, every question ranked by the ranker of its document."""
    return {scope: measure(bench, scope, rankers)[0] for scope in SCOPES}


def short_scores(reports: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """hit@1 / hit@5 / hit@10 in hundredths, by scope and slice."""
    return {
        f"{scope}, {name}": " / ".join(f"{100 * report['slices'][name][f'hit@{k}']:.1f}" for k in (1, 5, 10))
        for scope, report in reports.items()
        for name in _TOLD
        if name in report["slices"]
    }


def ranker_file(ranker: Ranker, bench: Bench, scores: Mapping[str, str]) -> str:
    """The ranker as TOML; what it was learnt from and its out-of-fold scores stand in comments."""
    questions = [question for question in bench.questions.questions if question.pages]
    documents = {question.document for question in questions}
    lines = [
        "# The weights of the light reranker (retrieval/ranker.py): log odds by feature (retrieval/features.py).",
        f"# Learnt by `recto eval train` from {len(questions)} questions about {len(documents)} documents.",
        "# On documents not learnt from, hit@1 / hit@5 / hit@10:",
        *(f"#   {name}: {told}" for name, told in scores.items()),
    ]
    for side, weights in (("with_vectors", ranker.with_vectors), ("by_words", ranker.by_words)):
        lines += ["", f"[{side}]", *(f"{name} = {weights[name]:.4f}" for name in FEATURES if name in weights)]
    return "\n".join(lines) + "\n"
