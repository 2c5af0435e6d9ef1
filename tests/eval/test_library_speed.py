"""The measurements of a library at work: the sums by hand, and one small run of everything."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import DATA
from fakes import text_block

from eval.library_parts import Plan, hostile_figures, sentence_of, spread
from eval.library_speed import PARTS, library_table, measure
from eval.process_watch import Memory
from ingest.errors import BadInput
from ingest.records import Content, Page


def test_the_largest_process_and_the_largest_sum_are_kept_apart() -> None:
    memory = Memory()
    memory.add([("parse", 10), ("parse", 30), ("main", 5)])
    memory.add([("parse", 20), ("ocr", 28)])
    memory.add_proportional([7, 8])
    memory.add_proportional([9])
    assert memory.figures() == {
        "largest_by_kind": {"main": 5, "ocr": 28, "parse": 30},
        "peak_rss": 48,
        "peak_pss": 15,
    }


def test_times_are_told_by_their_middle_and_their_end() -> None:
    assert spread([0.5, 0.1, 0.2]) == {"p50_s": 0.2, "max_s": 0.5, "n": 3}
    with pytest.raises(ValueError, match="nothing"):
        spread([])


def test_a_file_without_one_named_end_is_listed() -> None:
    files = [Path(f"/x/{name}.pdf") for name in ("whole", "lost", "odd", "twice", "same")]
    outcomes = [
        {"file": "/x/whole.pdf", "state": "indexed"},
        {"file": "/x/odd.pdf", "state": "parsing"},
        {"file": "/x/twice.pdf", "state": "crashed"},
        {"file": "/x/twice.pdf", "state": "crashed"},
        {"file": "/x/same.pdf", "state": "unchanged"},
    ]
    figures = hostile_figures(files, outcomes)
    assert figures["without_end_state"] == ["lost.pdf", "odd.pdf", "twice.pdf"]
    assert figures["states"] == {"crashed": 2, "indexed": 1, "parsing": 1, "unchanged": 1}


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Too short to ask for.", ""),
        ("word " * 20, " ".join(["word"] * 14)),
        ("渡轮每天开行十二班。" * 6, ("渡轮每天开行十二班。" * 6)[:28]),
    ],
)
def test_the_question_is_a_paragraph_s_first_words(text: str, question: str) -> None:
    assert sentence_of(Content("sha", (Page(1, 600, 800, (text_block(text),)),))) == question


def test_sets_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="hostile"):
        Plan(tmp_path).hostile()


def test_every_part_measures_a_small_library(tmp_path: Path) -> None:
    sets = {
        "hostile": ["truncated.pdf", "not-a-pdf.pdf", "empty.pdf", "encrypted.pdf", "cropped.pdf"],
        "retrieval/en": ["english.pdf", "two-column.pdf"],
        "retrieval/zh": ["chinese.pdf"],
    }
    for name, files in sets.items():
        folder = tmp_path / name / "pdfs"
        folder.mkdir(parents=True)
        for file in files:
            shutil.copyfile(DATA / file, folder / file)
    found = measure(Plan(tmp_path, documents=1, runs=1, up_s=0.0), list(PARTS))
    assert list(found) == list(PARTS)

    hostile = found["hostile"]
    assert hostile["files"] == 1 and hostile["without_end_state"] == []
    assert hostile["searches"]["errors"] == 0 < hostile["searches"]["n"]
    assert hostile["orphans"] == hostile["left_after_the_server"] == []
    assert {"main", "serve"} <= hostile["memory"]["largest_by_kind"].keys()
    assert [row["document"] for row in found["drop"]["documents"]] == ["english.pdf", "chinese.pdf"]
    assert found["seen"]["commit_to_found"]["n"] == 1
    ingest = found["ingest"]
    assert ingest["askable"] == ingest["with_vectors"] == 1 and ingest["orphans"] == []
    assert 0 < ingest["all_askable_s"] <= ingest["all_vectors_s"]
    assert ingest["memory"]["peak_rss"] >= ingest["memory"]["peak_pss"] > 0
    assert found["again"]["states"] == {"unchanged": 1}
    assert found["remove"]["bytes_gone"]
    assert 0 < found["remove"]["unanswered_s"] <= found["remove"]["returned_s"]
    table = library_table(found)
    assert all(f"{name}: " in table for name in PARTS)
