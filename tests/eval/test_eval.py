from __future__ import annotations

import importlib.util
import json
import math
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from conftest import DATA
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from eval.datasets import Question, load_set
from eval.metrics import hit_at, ndcg, reciprocal_rank
from eval.run import score
from ingest.errors import BadInput

BENCH = Path(__file__).parents[3] / "shared" / "bench" / "retrieval"

BOTH = ["chinese.pdf", "english.pdf"]
QUESTIONS: list[dict[str, Any]] = [
    {"question": "When was the ferry built?", "doc": "english.pdf", "pages": [1], "source": "mmlb", "kind": "text"},
    {"question": "失物保管多少天？", "doc": "chinese.pdf", "pages": [2], "source": "own", "kind": "text"},
    {
        "question": "票价是多少？",
        "doc": "chinese.pdf",
        "pages": None,
        "candidates": BOTH,
        "source": "own",
        "kind": "whole",
    },
]


@pytest.fixture
def question_set(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    (folder / "pdfs").mkdir(parents=True)
    for name in ("english.pdf", "chinese.pdf"):
        shutil.copy(DATA / name, folder / "pdfs" / name)
    lines = [json.dumps({"id": n} | question, ensure_ascii=False) for n, question in enumerate(QUESTIONS, 1)]
    (folder / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_metrics_by_hand() -> None:
    found = [False, True, False, True]
    assert [hit_at(found, k) for k in (1, 2, 10)] == [0, 1, 1]
    assert reciprocal_rank(found, 10) == 0.5
    assert reciprocal_rank(found, 1) == 0
    gain = 1 / math.log2(3) + 1 / math.log2(5)
    assert ndcg(found, 3, 10) == pytest.approx(gain / (1 + 1 / math.log2(3) + 1 / math.log2(4)))
    with pytest.raises(ValueError):
        ndcg(found, 0, 10)


def test_eval_ingests_runs_and_scores(question_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, library = tmp_path / "run.jsonl", ["--library", str(tmp_path / "library")]
    refusal = ["eval", "retrieval", str(question_set), "--no-ingest", *library]
    assert main(refusal) == 1 and "english.pdf" in capsys.readouterr().err
    assert main(["eval", "retrieval", str(question_set), "--run", str(run), "--json", *library]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["slices"]["all"] == {
        "hit@1": 1, "hit@3": 1, "hit@5": 1, "hit@10": 1, "mrr@10": 1, "ndcg@10": 1, "n": 3
    }  # fmt: skip
    assert set(report["slices"]) == {"all", "human-written", "mmlb", "mmlb/text", "own", "own/text", "own/whole"}
    rows = [json.loads(line) for line in run.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert rows[0]["pages"][0] == ["english.pdf", 1]
    assert main(["eval", "retrieval", str(question_set), "--scope", "corpus", "--no-ingest", *library]) == 0
    assert "hit@1" in capsys.readouterr().out


def test_a_set_with_a_bad_line_names_it(question_set: Path) -> None:
    with (question_set / "questions.jsonl").open("a", encoding="utf-8") as file:
        file.write('\n{"id": 4}\n')
    with pytest.raises(BadInput, match=r"questions.jsonl:4: KeyError"):
        load_set(question_set)


@pytest.fixture(scope="module")
def scorer() -> ModuleType:
    """The scorer that stands beside the benchmark sets."""
    path = BENCH / "score.py"
    if not path.exists():
        pytest.skip("the benchmark sets are not beside this checkout: the scorer was not compared")
    spec = importlib.util.spec_from_file_location("bench_score", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES = st.lists(st.tuples(st.sampled_from(["a.pdf", "b.pdf"]), st.integers(1, 6)), max_size=14)


@given(PAGES, st.sets(st.integers(1, 6), max_size=4))
def test_scores_equal_the_benchmark_scorer(scorer: ModuleType, pages: list[tuple[str, int]], gold: set[int]) -> None:
    question = Question("1", "?", "a.pdf", tuple(gold), (), ("all",))
    theirs = scorer.score_question({"doc": "a.pdf", "pages": sorted(gold)}, pages)
    assert score(question, pages) == pytest.approx(theirs)
