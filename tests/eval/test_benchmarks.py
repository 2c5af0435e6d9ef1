from __future__ import annotations

import argparse
import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from app.settings import load_settings
from eval import benchmarks
from eval.benchmark_page import LAYOUT, READING, benchmark_page, reading_tables, with_reading_tables
from eval.benchmarks import RIVALS, measure_all
from ingest.errors import BadSetup

HITS = {"hit@1": 0.5, "hit@3": 0.6, "hit@5": 0.75, "hit@10": 1.0, "mrr@10": 0.625, "n": 8}
FIGURES: dict[str, Any] = {
    "surroundings": {
        "date": "2026-01-02",
        "recto": "0.1.0 (abc1234)",
        "machine": {"processor": "A Processor", "cores": 2, "memory_gib": 24, "system": "Linux"},
        "python": "3.11.2",
        "libraries": {"tantivy": "0.27"},
        "settings": {"workers": 2},
    },
    "retrieval": {"zh": {"document": {"all": HITS, "one": HITS | {"n": 1}}, "corpus": {"all": HITS}}},
    "failures": {"zh": {"document": {"n": 8, "missed": 2, "not parsed": 0, "ranked low": 2}}},
    "refusals": {"zh": {"answerable": {"n": 8, "refused": 0.125}, "random": {"n": 8, "refused": 1.0}}},
    "parsing": {
        "all": {"n": 98, "overall": 0.9, "nid": 0.95, "teds": 0.8, "mhs": None, "cpu_ms": 10.4},
        "two_column": {"n": 16, "overall": 0.9, "nid": 0.95, "teds": 0.8, "mhs": 0.7, "cpu_ms": 10.4},
    },
    "ablation": {
        "document": {
            "the whole": dict.fromkeys(("hit@1", "hit@5", "hit@10"), {"mean": 0.7, "change": 0, "low": 0, "high": 0}),
        }
    },
    "missing": {"retrieval/en": "there is no en among the sets", "speed": "make bench-speed has not been run"},
}
SMALL_RIVALS: dict[str, Any] = {
    "sources": {"ours": "measured here"},
    "retrieval": {"zh": [{"name": "BM25", "where": "ours", "note": "another set", "values": {"document/all": [72.1]}}]},
    "parsing": [{"name": "other", "where": "ours", "values": {"overall": 0.8765}}],
    "parsing_two_column": [],
    "tables": [],
    "ocr": [],
}


def cells(page: str, start: str) -> list[str]:
    """The cells of the first row that starts so."""
    row = next(line for line in page.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in row.split("|")[2:-1]]


def test_the_page_has_recto_s_figures_beside_the_others() -> None:
    page = benchmark_page(FIGURES, SMALL_RIVALS)
    assert cells(page, "**Recto** ") == ["50.0 / 75.0 / 100.0"] * 2
    assert cells(page, "BM25 [ours] (1)") == ["72.1", "–"]
    assert "(1) another set." in page
    assert cells(page, "all ") == ["8", "50.0 / 75.0 / 100.0", "0.625", "50.0 / 75.0 / 100.0", "0.625"]
    assert "| one" not in page  # one question is no slice
    assert cells(page, "**Recto, 98 pages**") == ["0.900", "0.950", "0.800", "–", "10", "–"]
    assert cells(page, "other [ours]") == ["0.876", "–", "–", "–", "–", "–"]
    assert cells(page, "**Recto, two column (16)**") == ["0.900", "0.950", "0.800", "0.700"]
    assert cells(page, "answerable") == ["12.5 (8)"]
    assert cells(page, "the whole") == ["70.0"] * 3
    assert cells(page, "`retrieval/zh` in its document") == ["8", "2", "0", "2"]


def test_the_page_says_what_was_not_measured() -> None:
    page = benchmark_page(FIGURES, SMALL_RIVALS)
    assert "Not measured: there is no en among the sets." in page
    assert "Not measured: make bench-speed has not been run." in page
    assert "Not measured: there is no such set." in page  # tables, of which nothing is said


def test_the_page_says_when_and_where_and_how_to_repeat_it() -> None:
    page = benchmark_page(FIGURES, SMALL_RIVALS)
    assert "- date: 2026-01-02\n- Recto: 0.1.0 (abc1234)\n- machine: A Processor, 2 cores, 24 GiB, Linux" in page
    assert "make bench SETS=FOLDER" in page and LAYOUT in page
    assert benchmark_page(copy.deepcopy(FIGURES), SMALL_RIVALS) == page


def test_every_rival_has_a_source_and_figures() -> None:
    rivals = tomllib.loads(RIVALS.read_text(encoding="utf-8"))
    entries = [entry for name in ("parsing", "parsing_two_column", "tables", "ocr") for entry in rivals[name]]
    entries += [entry for entries in rivals["retrieval"].values() for entry in entries]
    assert len(entries) > 20
    for entry in entries:
        assert entry["where"] in rivals["sources"] and entry["values"] and entry["name"]


def test_without_sets_the_layout_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadSetup, match="retrieval/en/"):
        measure_all(tmp_path, load_settings())


def test_what_cannot_be_measured_does_not_stop_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("retrieval/zh", "parsing", "ocr"):
        (tmp_path / name).mkdir(parents=True)

    def report(folder: Path, kind: str, *options: str) -> dict[str, Any]:
        if not folder.is_dir():
            raise BadSetup(f"there is no {folder.name} among the sets")
        if kind == "ocr":
            raise BadSetup("this score needs the package rapidfuzz")
        return {"slices": {"all": {"kind": kind, "options": options}}}

    monkeypatch.setattr(benchmarks, "_report", report)
    figures = measure_all(tmp_path, load_settings(cache=tmp_path / "cache"))
    assert figures["retrieval"]["zh"]["corpus"]["all"]["options"] == ("--scope", "corpus")
    assert figures["refusals"]["zh"] == {"kind": "negatives", "options": ()}
    assert figures["parsing"] == {"all": {"kind": "parsing", "options": ()}}
    assert sorted(figures["missing"]) == ["ablation", "ocr", "retrieval/en", "retrieval/zh-hant", "speed", "tables"]


def test_the_set_that_the_ranking_learnt_from_is_measured_out_of_fold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "retrieval/en").mkdir(parents=True)
    asked: list[str] = []

    def report(folder: Path, kind: str, *options: str) -> dict[str, Any]:
        if not folder.is_dir():
            raise BadSetup("no such set")
        asked.append(kind)
        slices = {"slices": {"all": {"of": kind}}}
        return {"out_of_fold": {"document": slices, "corpus": slices}, "scopes": {"document": {}}} | slices

    monkeypatch.setattr(benchmarks, "_report", report)
    figures = measure_all(tmp_path, load_settings(cache=tmp_path / "cache"))
    assert figures["retrieval"]["en"] == dict.fromkeys(("document", "corpus"), {"all": {"of": "train"}})
    assert figures["ablation"] == {"document": {}} and "retrieval" not in asked


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(BadSetup, match="is no question set"):
        benchmarks._report(tmp_path, "retrieval")


def rows_of(text: str) -> list[list[str]]:
    """The cells of every row of every table."""
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]


def test_the_readme_shows_the_others_as_the_page_does() -> None:
    rivals = tomllib.loads(RIVALS.read_text(encoding="utf-8"))
    readme = (RIVALS.parents[1] / "README.md").read_text(encoding="utf-8")
    shown = readme.partition(READING[0])[2].partition(READING[1])[0]
    tables = FIGURES | {
        "tables": {"all": {"tables": 3, "adjacency_f1": 0.9, "precision": 0.9, "recall": 0.9, "teds": 0.8}}
    }
    wanted = [row for row in rows_of(reading_tables(tables, rivals)) if "[" in row[0]]
    assert len(wanted) > 10
    assert [row for row in rows_of(shown) if "[" in row[0]] == wanted


def test_tables_are_written_between_the_marks_of_a_document_only() -> None:
    start, end = READING
    assert with_reading_tables(f"a\n{start}\nold\n{end}\nb\n", "| new |") == f"a\n{start}\n\n| new |\n\n{end}\nb\n"
    for document in ("no marks", start, end):
        with pytest.raises(ValueError, match="it has no"):
            with_reading_tables(document, "| new |")


def test_a_readme_without_a_place_for_the_tables_is_refused_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmarks, "_report", lambda *_: pytest.fail("measured"))
    file = tmp_path / "README.md"
    arguments = argparse.Namespace(reading=str(file), sets=str(tmp_path), json=False)
    with pytest.raises(BadSetup, match="cannot read"):
        benchmarks._reading(arguments)
    file.write_text("no marks")
    with pytest.raises(BadSetup, match="has no place for the tables"):
        benchmarks._reading(arguments)


def test_the_tables_of_a_readme_are_measured_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"n": 9, "overall": 0.5, "nid": 0.5, "teds": 0.5, "mhs": 0.5, "cpu_ms": 9.6, "cpu_ms_median": 8.2}
    monkeypatch.setattr(benchmarks, "_report", lambda folder, name: {"slices": {"all": row | {"tables": 2}}})
    file = tmp_path / "README.md"
    file.write_text("before\n" + "\n".join(READING) + "\nafter\n")
    assert benchmarks._reading(argparse.Namespace(reading=str(file), sets=str(tmp_path), json=False)) == 0
    text = file.read_text(encoding="utf-8")
    assert cells(text, "**Recto, 9 pages**") == ["0.500", "0.500", "0.500", "0.500", "10", "8"]
    assert cells(text, "**Recto, 2 tables**")[-1] == "0.500"
    assert text.startswith("before\n") and text.endswith("\nafter\n")
