from __future__ import annotations

from pathlib import Path

from eval_made import QUESTIONS, made_bench, made_library, made_set

from eval.query_speed import Latency
from eval.search_latency import latency_table, measure_answer_latency, measure_latency


def test_every_stage_of_a_warm_search_is_timed(tmp_path: Path) -> None:
    bench = made_bench(made_set(tmp_path / "set"), made_library(tmp_path / "library"), tmp_path / "cache")
    report = measure_latency(bench, "corpus", stages=True)
    wall = report["wall"]
    assert wall.keys() == {"words", "pages", "expanded", "vectors", "focused", "rank", "search"}
    assert {one.n for one in wall.values()} == {QUESTIONS - 20}
    assert all(0 <= one.p50_s <= wall["search"].p50_s for one in wall.values())
    assert report["processor"]["search"].p50_s > 0
    assert measure_latency(bench, "document", stages=False)["wall"].keys() == {"search"}


def test_the_table_of_a_latency() -> None:
    report = {"wall": {"search": Latency(0.012, 0.03, 480)}, "processor": {"search": Latency(0.02, 0.04, 480)}}
    shown = latency_table(report, (1.5, 2.0))
    assert "| search, wall time      | 12.0 | 30.0 |" in shown
    assert shown.endswith("480 questions; load 1.5 before, 2.0 after")


def test_an_answer_takes_longer_than_its_search(tmp_path: Path) -> None:
    bench = made_bench(made_set(tmp_path / "set"), made_library(tmp_path / "library"), tmp_path / "cache")
    report = measure_answer_latency(bench, "corpus")
    search, first, whole = report["wall"].values()
    assert search.n == first.n == whole.n
    assert search.p50_s < first.p50_s <= whole.p50_s
