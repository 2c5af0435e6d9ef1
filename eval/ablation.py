"""What each part of the ranking gives: the measures without it, learnt anew out of fold, and the intervals.

It knows which features and branches make up a part, not how they are found or weighed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from eval.compare import OVERALL, bootstrap
from eval.markdown_table import table
from eval.run import Bench, measure
from eval.train_ranker import SCOPES, examples_of, measure_scopes, out_of_fold
from retrieval.features import FEATURES
from retrieval.ranker import Ranker


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the ranking: its features, and the branches that are left out with it."""

    name: str
    features: frozenset[str]
    branches: frozenset[str] = frozenset()


METRICS = ("hit@1", "hit@5", "hit@10")
PARTS = (
    Part("topics: lexicons, expansion", frozenset({"title", "statement", "sought"}), frozenset({"expanded"})),
    Part("vectors", frozenset({"vector", "vector_rank"}), frozenset({"vectors"})),
    Part("the likeliest documents searched on their own", frozenset(), frozenset({"focused"})),
    Part("order and nearness of terms", frozenset({"pairs", "window", "near_figure"})),
    Part("headings", frozenset({"heading", "section"})),
    Part("numbers, years", frozenset({"numbers", "years", "figures_asked", "near_figure"})),
    Part("parts named, pictures asked for", frozenset({"part", "picture_asked"})),
    Part("contents, first page, position", frozenset({"contents", "contents_asked", "first", "front_asked", "late"})),
    Part("document: its name, its best page", frozenset({"name", "document", "document_best"})),
)


def ablation_report(bench: Bench, folds: int) -> dict[str, Any]:
    """scope -> row -> metric -> mean, and the 95 % interval of what is lost against the whole."""
    whole = measure_scopes(bench, out_of_fold(examples_of(bench), folds))
    rows = {"the whole": whole}
    for part in PARTS:
        less = replace(bench, left_out=part.branches)
        rankers = out_of_fold(examples_of(less), folds, without=part.features)
        rows[f"without {part.name}"] = measure_scopes(less, rankers)
    rows["fusion alone"] = {scope: measure(bench, scope, _alone(bench, "fused"))[0] for scope in SCOPES}
    return {
        "kind": "ablation",
        **bench.about(),
        "scopes": {scope: {name: _row(whole[scope], one[scope]) for name, one in rows.items()} for scope in SCOPES},
    }


def _alone(bench: Bench, feature: str) -> Mapping[str, Ranker]:
    assert feature in FEATURES
    ranker = Ranker({feature: 1.0}, {feature: 1.0})
    return {question.document: ranker for question in bench.questions.questions}


def _row(whole: dict[str, Any], one: dict[str, Any]) -> dict[str, dict[str, float]]:
    scores = [
        np.array([[row["scores"][metric] for metric in METRICS] for row in report["rows"]]) for report in (whole, one)
    ]
    low, high = bootstrap(scores[1] - scores[0])
    return {
        metric: {
            "mean": round(one["slices"][OVERALL][metric], 4),
            "change": round(float((scores[1] - scores[0])[:, column].mean()), 4),
            "low": round(float(low[column]), 4),
            "high": round(float(high[column]), 4),
        }
        for column, metric in enumerate(METRICS)
    }


def ablation_table(scopes: Mapping[str, Any]) -> str:
    """The report's scopes as Markdown tables: hundredths, and the interval of the change."""
    told = []
    for scope, rows in scopes.items():
        lines = [[name, *(_cell(row[metric]) for metric in METRICS)] for name, row in rows.items()]
        told.append(table([f"in scope {scope}", *METRICS], lines))
    return "\n\n".join(told)


def _cell(found: Mapping[str, float]) -> str:
    mean = f"{100 * found['mean']:.1f}"
    if not any(found[name] for name in ("change", "low", "high")):
        return mean
    return f"{mean} ({100 * found['low']:+.1f} to {100 * found['high']:+.1f})"
