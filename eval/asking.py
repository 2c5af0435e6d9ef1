"""The questions of a set answered without a model: how often the answer that people gave stands in the quotes shown.

It knows answers and what people answered, not how answers are found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

from app.asking import PASSAGES
from eval.answer_metrics import common_subsequence, number_match, tokens
from eval.datasets import Question
from eval.markdown_table import percent, table
from eval.run import Bench
from ingest.records import Document
from prompts.answers import Answer, AnswerDone
from prompts.strategies import answer

SHORT = 12
"""Tokens (Chinese characters count each) up to which an answer is a short one."""
_WHOLE = 0.8  # share of an answer's tokens that must stand in one quote, in order
_NO_ANSWERS = ("not answerable", "none", "yes", "no", "")


def ask(bench: Bench, question: str, documents: Sequence[Document], without: frozenset[tuple[str, int]]) -> Answer:
    """The extractive answer, from as many passages as a user's question gets; `without`: pages left out."""
    hits = bench.search(question, documents, PASSAGES, without=without)
    presence = bench.presence(question, documents, without)
    events = answer(question, hits, "extractive", None, bench.library.page, presence=presence)
    return next(event.answer for event in events if isinstance(event, AnswerDone))


def answered(bench: Bench) -> Iterator[tuple[Question, Answer]]:
    """Every question of the set with its answer from the documents that it sees."""
    for question in bench.questions.questions:
        yield question, ask(bench, question.text, bench.scope(question, "document"), frozenset())


def is_short(gold: str) -> bool:
    """Whether an answer of people can be looked for in a quote: a number, a name, a phrase."""
    return gold.strip().casefold() not in _NO_ANSWERS and len(tokens(gold)) <= SHORT


def holds(quotes: Sequence[str], gold: str) -> bool:
    """Whether the quotes hold every number of `gold`; where it has none, most of its words in one quote, in order."""
    numbers = number_match("\n".join(quotes), gold)
    if numbers is not None:
        return numbers == 1
    wanted = tokens(gold)
    return any(common_subsequence(tokens(quote), wanted) >= _WHOLE * len(wanted) for quote in quotes)


def measure_answers(bench: Bench) -> dict[str, Any]:
    """Per slice: how many answers of people were looked for, the share held by the quotes, the share refused.

    `short` leaves out answers of more than SHORT tokens.
    """
    rows = []
    for question, found in answered(bench):
        if question.answer and question.answer.strip().casefold() not in _NO_ANSWERS:
            quotes = [] if found.refused else [citation.quote for citation in found.citations]
            rows.append(
                {
                    "id": question.id,
                    "question": question.text,
                    "answer": question.answer,
                    "short": is_short(question.answer),
                    "slices": question.slices,
                    "quotes": quotes,
                    "refused": found.refused,
                    "scores": {"held": float(holds(quotes, question.answer))},
                }
            )
    return {"kind": "answers", **bench.about(), "slices": _slices(rows), "rows": rows}


def _slices(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    names = dict.fromkeys(name for row in rows for name in row["slices"])
    slices = {}
    for name in names:
        for mark, inside in (
            ("", [row for row in rows if name in row["slices"]]),
            (", short", [row for row in rows if name in row["slices"] and row["short"]]),
        ):
            if inside:
                held, refused = (
                    fmean(v) for v in zip(*((r["scores"]["held"], r["refused"]) for r in inside), strict=True)
                )
                slices[name + mark] = {"n": len(inside), "held": round(held, 4), "refused": round(refused, 4)}
    return slices


def answers_table(report: dict[str, Any]) -> str:
    """A line a slice, shares in hundredths."""
    rows = [
        [name, str(row["n"]), percent(row["held"]), percent(row["refused"])] for name, row in report["slices"].items()
    ]
    return table(["slice", "n", "in the quotes", "refused"], rows)
