from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import DATA

from eval.datasets import Question
from eval.ingest_speed import disk, ingest_figures, measure_ingest, stages_alone
from eval.langchain_recipe import needed
from eval.markdown_table import table
from eval.metering import ROOT, Account, Cost, Meter, Sample, recto_kind, run_metered
from eval.query_speed import hit_rates, latency
from eval.speed_report import speed_table
from eval.speed_sides import choose
from ingest.embed import bundled_model_folder
from ingest.errors import BadSetup
from ingest.store import Library

PARSE, EMBED = (11, 1.0), (12, 1.0)


def account_of(*samples: Sample) -> Account:
    account = Account()
    for sample in samples:
        account.add(sample)
    return account


def test_processor_time_falls_to_the_kind_of_its_process() -> None:
    account = account_of(
        Sample(100.0, {PARSE: ("parse", 0.5)}),
        Sample(101.0, {PARSE: ("parse", 1.5), EMBED: ("embed", 0.25)}),
        Sample(102.0, {EMBED: ("embed", 0.26)}),  # 0.01 s of a second is no work
        Sample(104.0, {EMBED: ("embed", 2.26)}),
    )
    assert account.cpu_s == pytest.approx({"parse": 1.5, "embed": 2.26})
    assert account.busy_s == pytest.approx({"parse": 1.0, "embed": 3.0})


def test_a_process_number_used_again_is_another_process() -> None:
    account = account_of(Sample(1.0, {(11, 1.0): ("parse", 2.0)}), Sample(2.0, {(11, 9.0): ("parse", 0.5)}))
    assert account.cpu_s == {"parse": 2.5}


def test_the_largest_memory_is_kept_with_its_parts() -> None:
    account = Account()
    for by_kind in ({"main": 10}, {"main": 10, "embed": 30}, {"main": 15, "embed": 5}):
        account.add_memory(by_kind)
    assert (account.peak_bytes, account.peak_by_kind) == (40, {"main": 10, "embed": 30})


def test_what_samples_miss_is_the_short_lived_kinds() -> None:
    cost = Cost("", 10.0, 6.0, 0.0, account_of(Sample(1.0, {PARSE: ("parse", 1.0), EMBED: ("embed", 3.0)})))
    assert cost.by_kind("parse") == {"parse": 3.0, "embed": 3.0}
    assert sum(cost.by_kind("parse").values()) == cost.cpu_s


def test_kinds_are_told_by_the_module_that_a_process_runs() -> None:
    assert recto_kind(["python", "-m", "app", "ingest"]) == "main"
    assert recto_kind(["python", "-P", "-m", "ingest.sandbox"]) == "parse"
    assert recto_kind(["python", "-m", "ingest.ocr"]) == recto_kind(["python", "-m", "ingest.renderer"]) == "ocr"
    assert recto_kind(["python", "-m"]) == recto_kind(["git", "status"]) == ""


BURN = "import time\nwhile time.process_time() < {}: pass\n"


def test_a_child_s_processor_time_is_counted_exactly(tmp_path: Path) -> None:
    script = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', sys.argv[1]], check=True)\nprint('done')"
    command = [sys.executable, "-c", script, BURN.format(0.6)]
    cost = run_metered(
        command, lambda arguments: "child" if "while" in arguments[-1] and len(arguments) == 3 else "own"
    )
    assert cost.stdout == "done\n"
    assert 0.6 <= cost.cpu_s < 1.5
    assert cost.account.cpu_s["child"] == pytest.approx(0.6, abs=0.35)
    assert cost.account.peak_bytes > 1_000_000


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(BadSetup, match="no such luck"):
        run_metered([sys.executable, "-c", "raise SystemExit('no such luck')"], lambda _: "own")


def test_the_meter_ends_when_its_process_has(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    with Meter(process.pid, lambda _: "own") as meter:
        process.wait()
    assert meter.account.cpu_s.get("own", 0.0) < 1.0


def test_figures_of_an_ingest() -> None:
    account = account_of(
        Sample(1.0, {PARSE: ("parse", 1.0), (9, 1.0): ("main", 0.5)}), Sample(3.0, {PARSE: ("parse", 2.0)})
    )
    summary = {"pages": 100, "chunks": 400, "states": {"indexed": 2}, "stage_seconds": {"parse": 5.0}}
    figures = ingest_figures(Cost("", 8.0, 4.0, 0.25, account), summary, ocr_pages=0)
    assert figures["stages"]["parse"] == {"cpu_s": 3.5, "busy_s": 2.0, "pages": 100}
    assert "ocr" not in figures["stages"]
    assert sum(stage["cpu_s"] for stage in figures["stages"].values()) == figures["cpu_s"] == 4.0


def test_an_ingest_is_measured(tmp_path: Path) -> None:
    from app.settings import load_settings

    settings = load_settings()
    figures = measure_ingest([DATA / "english.pdf"], tmp_path / "library", settings)
    assert (figures["pages"], figures["ocr_pages"], figures["failed"]) == (2, 0, [])
    assert figures["stages"]["parse"]["cpu_s"] > 0 and figures["stages"]["embed"]["cpu_s"] > 0
    assert figures["cpu_s"] == pytest.approx(sum(stage["cpu_s"] for stage in figures["stages"].values()), abs=0.05)
    assert figures["alone"]["commit"]["wall_s"] > 0
    assert disk(tmp_path / "library")["originals"] == (DATA / "english.pdf").stat().st_size
    library = Library(tmp_path / "library")
    assert stages_alone(library, tmp_path / "again2", settings).keys() == {"chunk", "commit"}
    library.close()


def test_hit_rates_count_distinct_pages() -> None:
    by_page = Question(id="1", text="?", document="a.pdf", pages=(3,), candidates=(), slices=("all",), answer="")
    by_document = Question(id="2", text="?", document="b.pdf", pages=(), candidates=(), slices=("all",), answer="")
    first = [("a.pdf", 1), ("a.pdf", 1), ("a.pdf", 3)]
    second = [("a.pdf", 1), ("a.pdf", 2), ("b.pdf", 7)]
    assert hit_rates([by_page, by_document], [first, second]) == {"hit@1": 0.0, "hit@5": 1.0, "hit@10": 1.0}
    assert hit_rates([by_page], [[("a.pdf", 3)]])["hit@1"] == 1.0


def test_latency() -> None:
    assert latency([0.1, 0.2, 0.3]).p50_s == pytest.approx(0.2)
    assert latency([1.0] * 19 + [3.0]).p95_s == pytest.approx(1.1)
    with pytest.raises(ValueError):
        latency([])


def test_documents_are_chosen_evenly() -> None:
    files = [Path(f"{n}.pdf") for n in range(10)]
    assert [file.stem for file in choose(files, 4)] == ["0", "2", "5", "7"]
    assert choose(files, None) == choose(files, 10) == files


def test_a_table_is_aligned_and_escapes_bars() -> None:
    text = table(["", "n"], [["a|b", "1"], ["中文", "22"]])
    assert text.splitlines() == ["|      |   n |", "| ---- | --: |", "| a\\|b |   1 |", "| 中文 |  22 |"]
    with pytest.raises(ValueError):
        table(["a"], [["1", "2"]])


def test_a_missing_package_names_the_extra() -> None:
    with pytest.raises(BadSetup, match=r"no-such-package.*\[bench\]"):
        needed("no_such_package.inside")


HAS_RECIPE = all(importlib.util.find_spec(name) for name in ("pypdf", "langchain_text_splitters"))


def test_the_commands_are_registered_without_heavy_libraries() -> None:
    code = "import sys, eval.speed, eval.benchmarks; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"numpy", "langchain_core", "httpx", "torch"}


BOTH_STEPS = """
import json, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
from eval.langchain_recipe import ask, ingest
model, folder, *pdfs = map(Path, sys.argv[1:])
made = ingest(pdfs, model, folder)
question = {"text": "When was the ferry built?", "documents": ["english.pdf"]}
print(json.dumps([made, ask([question], model, folder)]))
"""


@pytest.mark.skipif(not HAS_RECIPE, reason="the extra bench is not installed: LangChain's recipe was not run")
def test_the_langchain_recipe_finds_the_page(tmp_path: Path) -> None:
    pdfs = [str(DATA / name) for name in ("english.pdf", "two-column.pdf", "not-a-pdf.pdf")]
    command = [sys.executable, "-c", BOTH_STEPS, str(bundled_model_folder()), str(tmp_path), *pdfs]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    made, asked = json.loads(done.stdout)
    assert list(made["failed"]) == ["not-a-pdf.pdf"]
    assert list(made["steps"]) == ["load", "split", "start the model", "embed", "index"]
    assert made["steps"]["embed"]["cpu_s"] > 0 and made["chunks"] >= made["pages"] > 2
    assert asked["document"]["pages"][0][0] == ["english.pdf", 1]
    assert {name for name, _ in asked["document"]["pages"][0]} == {"english.pdf"}
    assert len(asked["corpus"]["pages"][0]) == made["chunks"]


def report() -> dict[str, Any]:
    """A report with round figures."""
    stage = {"cpu_s": 50.0, "busy_s": 40.0, "pages": 1000}
    latencies = {scope: {"p50_s": 0.0123, "p95_s": 0.02, "n": 9} for scope in ("document", "corpus")}
    hits = {scope: {"hit@1": 0.5, "hit@5": 0.75, "hit@10": 1.0} for scope in ("document", "corpus")}
    side: dict[str, Any] = {"cold": {"p50_s": 1.5, "p95_s": 2.0, "n": 3}, "warm": latencies, "hits": hits}
    ingest = {"pages": 1000, "chunks": 4000, "wall_s": 100.0, "cpu_s": 200.0, "others": 0.1, "peak_bytes": 9e8}
    ours = {
        "stages": {"parse": stage, "main": stage, "embed": stage},
        "alone": {"chunk": {"wall_s": 2.0, "cpu_s": 2.0}},
        "document_seconds": {"parse": 60.0},
        "peak_by_kind": {"main": 3e8, "embed": 6e8},
        "disk": {"database": 2e7, "originals": 5e7},
        "failed": [],
    }
    step = {"cpu_s": 30.0, "wall_s": 20.0}
    steps = dict.fromkeys(["load", "split", "start the model", "embed", "index"], step)
    theirs = {"steps": steps, "failed": {"odd.pdf": "PdfReadError"}, "disk": {"index and pieces": 3e7}}
    extra = {"first_search_s": 3.0, "cold_cpu_s": 1.0, "server_peak_bytes": 4e8}
    return {
        "surroundings": {
            "date": "2026-01-02",
            "recto": "0.1.0 (abc1234)",
            "machine": {"processor": "A Processor", "cores": 2, "memory_gib": 24},
            "settings": {"workers": 2},
        },
        "sets": ["en"],
        "documents": 5,
        "questions": 9,
        "bytes": 5e7,
        "load_before": 0.1,
        "recto": side | extra | {"ingest": ingest | ours},
        "langchain": side | {"asking_peak_bytes": 5e8, "ingest": ingest | theirs},
    }


def test_the_speed_tables_say_what_was_measured() -> None:
    text = speed_table(report())
    rows = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]]
        for line in text.splitlines()
        if line.startswith("|")
    }
    assert rows["ingest, pages/s"] == ["10.0", "10.0"]
    assert rows["question in its document, warm, p50, ms"] == ["12.3", "12.3"]
    assert rows["right page in all documents, hit@1/5/10"] == ["50.0 / 75.0 / 100.0"] * 2
    assert rows["on disk without the PDFs, MB"] == ["20", "30"]
    assert rows["parse, from the text layer (child processes)"] == ["1,000", "50.0", "50.0", "40.0", "25.0"]
    assert "pypdf refused odd.pdf" in text
    assert speed_table(report()) == text


def test_surroundings_name_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    import platform

    from app.settings import load_settings
    from eval.surroundings import surroundings

    said = json.dumps(surroundings(load_settings()))
    assert platform.node() not in said and str(Path.home()) not in said and str(ROOT) not in said
    assert SimpleNamespace(**json.loads(said)).machine["cores"] >= 1
