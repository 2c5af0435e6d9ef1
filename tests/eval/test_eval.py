from __future__ import annotations

import importlib.util
import json
import math
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from conftest import DATA
from eval_made import QUESTIONS as MADE
from eval_made import CoarseEmbedder, made_library, made_set
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from eval import run
from eval.datasets import Question, QuestionSet, load_set
from eval.metrics import hit_at, ndcg, reciprocal_rank
from eval.run import make_bench, measure, score
from ingest.errors import BadInput
from ingest.records import Document
from ingest.store import Library
from retrieval.candidates import Recalled
from retrieval.explain import Trace
from retrieval.search import Searcher, SearchOptions

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


def test_a_report_holds_each_questions_rank_and_what_was_measured(
    question_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.json"
    command = ["eval", "retrieval", str(question_set), "--library", str(tmp_path / "library")]
    assert main([*command, "--out", str(out), "--json"]) == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report == json.loads(capsys.readouterr().out)
    assert [(row["id"], row["rank"], row["scores"]["hit@1"]) for row in report["rows"]] == [
        ("1", 1, 1.0), ("2", 1, 1.0), ("3", 1, 1.0)
    ]  # fmt: skip
    assert report["rows"][1]["question"] == "失物保管多少天？"
    assert report["version"] == version("recto")
    assert dict(report["settings"]["search"]["weights"])["words"] == 1.0
    assert main([*command, "--baseline", str(out), "--max-drop", "0"]) == 0


class Counting(Searcher):
    """Counts how often it was asked to recall."""

    recalls = 0

    def recall(self, question: str, documents: Sequence[Document], *, trace: Trace | None = None) -> Recalled:
        self.recalls += 1
        return super().recall(question, documents, trace=trace)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[QuestionSet, Library]:
    folder = tmp_path_factory.mktemp("made")
    return made_set(folder / "set"), made_library(folder / "library")


def counted(
    made: tuple[QuestionSet, Library], cache: Path, scope: str = "document", options: SearchOptions | None = None
) -> tuple[int, dict[str, Any]]:
    searcher = Counting(made[1], CoarseEmbedder(), options)
    report, _ = measure(make_bench(made[0], made[1], searcher, cache), scope)
    return searcher.recalls, report


def test_a_second_run_recalls_nothing_and_reports_the_same(made: tuple[QuestionSet, Library], tmp_path: Path) -> None:
    first_recalls, first = counted(made, tmp_path)
    assert first_recalls == MADE
    assert counted(made, tmp_path) == (0, first)
    assert counted(made, tmp_path, "corpus")[0] == MADE


def test_a_change_in_fusion_recalls_nothing_and_a_change_in_recall_everything(
    made: tuple[QuestionSet, Library], tmp_path: Path
) -> None:
    _, first = counted(made, tmp_path)
    weights = (("words", 0.0), ("pages", 0.0), ("vectors", 0.6))
    recalls, fused = counted(made, tmp_path, options=SearchOptions(weights=weights, reranked=0))
    assert recalls == 0 and fused["slices"] != first["slices"]
    assert counted(made, tmp_path, options=SearchOptions(recalled=5))[0] == MADE


def test_candidates_of_many_documents_are_ranked_for_the_ones_given(made: tuple[QuestionSet, Library]) -> None:
    searcher = Searcher(made[1], CoarseEmbedder())
    documents, question = made[1].documents(), made[0].questions[0].text
    recalled = searcher.recall(question, documents)
    assert {hit.document.id for hit in searcher.rank(question, recalled, documents[:1], 60)} == {documents[0].id}
    assert len({hit.document.id for hit in searcher.rank(question, recalled, documents, 60)}) > 1


def test_a_changed_library_is_recalled_anew(tmp_path: Path) -> None:
    made = made_set(tmp_path / "set"), made_library(tmp_path / "library")
    counted(made, tmp_path)
    gone = made[1].add_document("other.pdf", "default", "local", "ab" * 32)
    made[1].forget(gone.id)
    assert counted(made, tmp_path)[0] == MADE


def test_changed_recall_code_is_recalled_anew(
    made: tuple[QuestionSet, Library], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted(made, tmp_path)
    before, read = run._recall_code(), Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda path, **how: read(path, **how) + "#" * (path.name == "fusion.py"))
    assert run._recall_code() == before
    monkeypatch.setattr(Path, "read_text", lambda path, **how: read(path, **how) + "#" * (path.name == "sparse.py"))
    assert counted(made, tmp_path)[0] == MADE


def test_damaged_lines_of_the_cache_are_recalled_anew_and_old_files_go(
    made: tuple[QuestionSet, Library], tmp_path: Path
) -> None:
    _, first = counted(made, tmp_path)
    folder = tmp_path / "eval" / "recall"
    (file,) = folder.iterdir()
    lines = file.read_text().splitlines()
    broken = [lines[0][:-9], '{"key": 1}', "[]", '{"key": "k", "branches": {"words": [[1]]}}', *lines[3:]]
    file.write_text("\n".join(broken) + "\n")
    assert counted(made, tmp_path) == (3, first)
    for number in range(30):
        (folder / f"{number}.jsonl").touch()
    counted(made, tmp_path, options=SearchOptions(recalled=7))
    assert len(list(folder.iterdir())) == 20


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
