from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from eval_made import QUESTIONS, made_bench, made_library, made_set

from eval.ablation import ablation_table
from eval.datasets import Question
from eval.listwise import Candidates
from eval.run import Bench
from eval.train_ranker import Example, examples_of, learn, measure_scopes, out_of_fold, ranker_file, short_scores
from retrieval.features import BY_VECTORS, FEATURES
from retrieval.ranker import load_ranker


def example(document: str, gold: dict[str, float], other: dict[str, float]) -> Example:
    rows = np.array([[row.get(name, 0.0) for name in FEATURES] for row in (gold, other)])
    question = Question(document, "?", document, (1,), (), ("all",))
    return Example(question, Candidates(rows, np.array([True, False])))


def test_a_feature_that_may_only_speak_for_a_page_is_left_out_where_it_speaks_against_it() -> None:
    made = [example(f"{n}.pdf", {"chunk": 1.0, "late": 0.0}, {"pairs": 0.5, "late": 1.0}) for n in range(6)]
    ranker = learn(made)
    assert ranker.with_vectors["chunk"] > 0 and ranker.with_vectors["late"] < 0
    assert "pairs" not in ranker.with_vectors and "pairs" not in ranker.by_words
    assert not BY_VECTORS & ranker.by_words.keys()
    assert "chunk" not in learn(made, without={"chunk"}).with_vectors


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("ranker")
    return made_bench(made_set(folder / "set"), made_library(folder / "library"), folder / "cache")


def test_weights_from_a_set_and_back_from_their_file(bench: Bench, tmp_path: Path) -> None:
    examples = examples_of(bench)
    assert len(examples) == 2 * QUESTIONS
    assert all(one.candidates.gold.sum() == 1 for one in examples)
    rankers = out_of_fold(examples, 4)
    assert rankers.keys() == bench.documents.keys() and len({id(one) for one in rankers.values()}) == 4
    reports = measure_scopes(bench, rankers)
    assert reports["document"]["slices"]["all"]["hit@1"] > 0.9
    scores = short_scores(reports)
    learnt = learn(examples)
    file = tmp_path / "ranker.toml"
    file.write_text(ranker_file(learnt, bench, scores))
    assert f"#   document, all: {scores['document, all']}" in file.read_text()
    assert load_ranker(file).with_vectors == pytest.approx(learnt.with_vectors, abs=1e-4)


def test_the_table_of_an_ablation() -> None:
    same = {"mean": 0.7, "change": 0.0, "low": 0.0, "high": 0.0}
    less = {"mean": 0.65, "change": -0.05, "low": -0.081, "high": -0.02}
    metrics = ("hit@1", "hit@5", "hit@10")
    rows = {"the whole": dict.fromkeys(metrics, same), "without headings": dict.fromkeys(metrics, less)}
    shown = ablation_table({"document": rows}).splitlines()
    assert shown[2].split("|")[2].strip() == "70.0"
    assert shown[3].split("|")[2].strip() == "65.0 (-8.1 to -2.0)"
