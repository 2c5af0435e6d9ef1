from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import DATA
from fakes import text_block

from eval import reading
from eval.page_sets import KINDS, load_truths
from eval.parsing import register_parsing, spread_of
from eval.reading import Reader, Reading, code_key, start_seconds
from ingest.errors import BadInput
from ingest.parse import ParseOptions
from ingest.records import Page

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("rapidfuzz", "apted", "lxml", "bs4")),
    reason="the extra `eval` is not installed",
)


@pytest.fixture
def page_set(tmp_path: Path) -> Path:
    """Two files that can be read and one that cannot; the truths are what the first two say, more or less."""
    folder = tmp_path / "set"
    (folder / "pdfs").mkdir(parents=True)
    (folder / "markdown").mkdir()
    for name, truth in {"english": "# Ferry\n\nwords", "two-column": "other words", "not-a-pdf": "none"}.items():
        shutil.copy(DATA / f"{name}.pdf", folder / "pdfs" / f"{name}.pdf")
        (folder / "markdown" / f"{name}.md").write_text(truth, encoding="utf-8")
    traits = {"english": {"two_column": False, "language": "english"}, "two-column": {"two_column": True}}
    (folder / "manifest.json").write_text(json.dumps(traits))
    return folder


def run(*words: str) -> int:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true")
    parser = argparse.ArgumentParser()
    register_parsing(parser.add_subparsers(dest="kind", required=True), common)
    arguments = parser.parse_args(words)
    code: int = arguments.run(arguments)
    return code


def test_a_set_is_read_once_and_scored(page_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run("parsing", str(page_set), "--json", "--out", str(out)) == 1
    report = json.loads(capsys.readouterr().out)
    slices = report["slices"]
    assert {name: row["n"] for name, row in slices.items()} == {"all": 3, "english": 1, "two_column": 1}
    assert report["read_anew"] == 3 and list(report["failed"]) == ["not-a-pdf"]
    assert slices["all"]["n_mhs"] == 1 and slices["two_column"]["mhs"] is None
    assert 0 < slices["english"]["nid"] < 1 and slices["english"]["cpu_ms"] > 0
    assert (out / "not-a-pdf.md").read_text() == "" and "ferry" in (out / "english.md").read_text()

    assert run("parsing", str(page_set), "--json") == 1
    again = json.loads(capsys.readouterr().out)
    assert again["read_anew"] == 1 and again["slices"] == slices  # what failed is tried again
    assert run("parsing", str(page_set), "--ocr", "never", "--tables", "pipes") == 1
    text = capsys.readouterr().out
    assert text.splitlines()[0].split() == ["slice", "n", *KINDS["parsing"].metrics, "CPU", "ms/page", "median"]
    assert "not-a-pdf could not be read: not_pdf" in text


def test_other_kinds(page_set: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for stem in ("not-a-pdf", "two-column"):
        (page_set / "pdfs" / f"{stem}.pdf").unlink()
    for folder, name, truth in (("cells", "english.xml", "<document/>"), ("text", "english.txt", "ferry")):
        (page_set / folder).mkdir()
        (page_set / folder / name).write_text(truth)
    assert run("tables", str(page_set), "--json") == 0
    row = json.loads(capsys.readouterr().out)["slices"]["all"]
    assert row["n"] == 1 and row["tables"] == 0 and row["teds"] is None
    assert run("ocr", str(page_set), "--json") == 0
    assert json.loads(capsys.readouterr().out)["slices"]["english"]["char_recall"] == 1


def spoil(folder: Path, what: str) -> None:
    if what == "truths":
        shutil.rmtree(folder / "markdown")
    elif what == "a pdf":
        (folder / "pdfs" / "english.pdf").unlink()
    else:
        (folder / "manifest.json").write_text({"json": "{", "shape": "[]"}[what])


@pytest.mark.parametrize(
    ("what", "said"),
    [("truths", "needs pdfs/"), ("a pdf", "english has"), ("json", "not JSON"), ("shape", "must map")],
)
def test_a_set_that_is_none_is_refused(page_set: Path, what: str, said: str) -> None:
    spoil(page_set, what)
    with pytest.raises(BadInput, match=said):
        load_truths(page_set, KINDS["parsing"])


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that a Reader reads, with the child left out."""
    asked: list[Path] = []

    def parse(self: Reader, file: Path, sha256: str) -> Reading:
        asked.append(file)
        return Reading((Page(1, 600, 800, (text_block("a page"),)),), 0.5, 0.25)

    monkeypatch.setattr(Reader, "_parse", parse)
    return asked


def test_what_makes_a_page_is_its_key(tmp_path: Path, counted: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(b"one")
    folder = tmp_path / "kept"

    def read(**options: Any) -> int:
        reading_ = Reader(folder, ParseOptions(**options)).read(file)
        assert reading_.cpu_ms_a_page == 250 and reading_.pages[0].blocks[0].text == "a page"
        return len(counted)

    assert [read(), read(), read()] == [1, 1, 1]
    assert [read(ocr="never"), read(ocr="never")] == [2, 2]
    assert [read(dpi=300), read(dpi=300)] == [3, 3]
    file.write_bytes(b"two")
    assert [read(dpi=300), read(dpi=300)] == [4, 4]
    monkeypatch.setattr(reading, "code_key", lambda: "changed")
    assert [read(dpi=300), read(dpi=300)] == [5, 5]
    for kept in folder.iterdir():
        kept.write_bytes(kept.read_bytes()[:-1])
    assert read(dpi=300) == 6


def test_the_key_holds_the_code_that_a_child_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_key()
    assert code_key() == before
    seen: list[str] = []
    original = Path.read_text

    def read_text(self: Path, encoding: str | None = None, errors: str | None = None) -> str:
        seen.append(self.stem)
        return original(self, encoding, errors) + ("#" if self.stem == "layout" else "")

    monkeypatch.setattr(Path, "read_text", read_text)
    code_key.cache_clear()
    changed = code_key()
    code_key.cache_clear()
    assert changed != before
    assert {"sandbox", "parse", "pdf", "layout", "tables", "titles", "ruled", "ocr"} <= set(seen)
    assert not {"store", "chunking", "embed", "markdown"} & set(seen)


def test_the_start_of_a_child_costs_something() -> None:
    assert 0.0001 < start_seconds() < 1


def test_folds_are_parts_by_source_with_their_spread(page_set: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for copy in ("again", "once-more"):
        shutil.copy(DATA / "english.pdf", page_set / "pdfs" / f"{copy}.pdf")
        (page_set / "markdown" / f"{copy}.md").write_text("# Ferry", encoding="utf-8")
    traits = {name: {"source": "ferry"} for name in ("english", "again", "once-more")}
    (page_set / "manifest.json").write_text(json.dumps(traits))
    assert run("parsing", str(page_set), "--folds", "3", "--json") == 1
    folds = json.loads(capsys.readouterr().out)["folds"]
    assert list(folds) == ["fold 1", "fold 2", "fold 3"]
    assert sorted(row["n"] for row in folds.values()) == [1, 1, 3]  # pages of one source stay together
    assert run("parsing", str(page_set), "--folds", "3") == 1
    text = capsys.readouterr().out
    assert text.count("\nfold ") == 3
    assert "\ndeviation " in text and "Nothing is fitted" in text
    with pytest.raises(BadInput, match="3 documents cannot be cut into 4 folds"):
        run("parsing", str(page_set), "--folds", "4")


def test_the_spread_of_a_figure_needs_two_that_have_it() -> None:
    rows = [{"nid": 0.5, "teds": None}, {"nid": 0.7, "teds": 0.2}, {"nid": 0.9, "teds": None}]
    spread = spread_of(rows, ["nid", "teds"])
    assert spread["mean"] == {"nid": pytest.approx(0.7), "teds": None}
    assert spread["deviation"]["nid"] == pytest.approx(0.2)
    assert (spread["lowest"]["nid"], spread["highest"]["nid"]) == (0.5, 0.9)
