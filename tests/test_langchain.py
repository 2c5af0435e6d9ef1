"""Recto's parts in a chain of LangChain's; the example of the README is run as it stands there."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from command_line import printed
from made_pdfs import Made

from app.settings import load_settings
from app.wiring import build_retriever
from ingest.errors import BadDocument
from ingest.loader import RectoLoader
from ingest.metadata import DocumentFilter

ROOT = Path(__file__).resolve().parent.parent
WARRANTY = "The warranty lasts three years from the day of purchase."


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """report.pdf in the working folder, and read into the library beside it."""
    monkeypatch.chdir(tmp_path)
    made = Made(tmp_path / "report.pdf").page("The pump weighs nine kilograms.").page(WARRANTY)
    return made.save()


def test_the_example_of_the_readme(
    report: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed(capsys, "ingest", "report.pdf", "--library", "library")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"tested: tests/test_langchain.py.*?```python\n(.*?)```", readme, re.DOTALL)
    exec(example, {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["1 [] The pump weighs nine kilograms.", f"2 [] {WARRANTY[:60]}"]
    assert re.match(r"report\.pdf 2 \[\{'page': 2, 'box': \[36\.0, .*\]\}\] 0\.\d+", lines[2])


def test_a_found_passage_says_where_it_stands(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed(capsys, "ingest", "report.pdf", "--library", "library", "--collection", "manuals")
    retriever = build_retriever(load_settings(library="library"), k=1)
    (passage,) = asyncio.run(retriever.ainvoke("How long is the warranty?"))
    assert passage.page_content == WARRANTY
    wanted = {"source": "report.pdf", "page": 2, "label": "", "section": [], "kind": "text"}
    assert wanted.items() <= passage.metadata.items()
    assert passage.metadata["document_id"] and passage.metadata["score"] > 0 and passage.metadata["found_by"]
    (place,) = passage.metadata["boxes"]
    (loaded,) = [one for one in RectoLoader(report).load() if one.metadata["page"] == 2]
    assert loaded.metadata["boxes"] == [place]
    for elsewhere in ({"collection": "letters"}, {"where": DocumentFilter(years=[1999])}):
        retriever = build_retriever(load_settings(library="library"), **elsewhere)  # type: ignore[arg-type]
        assert retriever.invoke("How long is the warranty?") == []


def test_a_picture_is_loaded_by_what_it_shows(tmp_path: Path) -> None:
    file = Made(tmp_path / "scan.pdf").picture("The ferry leaves at noon").save()
    (passage,) = RectoLoader(file).load()
    assert passage.page_content == "The ferry leaves at noon" and passage.metadata["page"] == 1


def test_what_is_no_document_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.pdf").write_bytes(b"not a PDF at all")
    with pytest.raises(BadDocument):
        RectoLoader(tmp_path / "notes.pdf").load()
