from __future__ import annotations

import argparse
import json
from pathlib import Path

import pypdfium2
import pytest
from conftest import DATA

from eval.page_cost import cost_table, page_cost, register_cost, repeated


def test_a_file_is_repeated_to_as_many_pages_as_asked_for(tmp_path: Path) -> None:
    made = repeated(DATA / "english.pdf", 5, tmp_path / "a.pdf")
    with pypdfium2.PdfDocument(made) as document:
        assert len(document) == 5
        texts = [page.get_textpage().get_text_range() for page in document]
    assert texts[0] == texts[2] == texts[4] != texts[1]


def test_reading_is_measured(tmp_path: Path) -> None:
    cost = page_cost(repeated(DATA / "english.pdf", 40, tmp_path / "a.pdf"))
    assert (cost["file"], cost["pages"]) == ("a.pdf", 40)
    assert 0 < cost["cpu_ms"] < 1000 and cost["wall_s"] > 0
    assert cost["peak_bytes"] > 10 * 2**20
    header, line = cost_table([cost | {"cpu_ms": 8.04, "wall_s": 1.2, "peak_bytes": 55_000_000}]).splitlines()
    assert header.split() == ["file", "pages", "CPU", "ms/page", "wall", "s", "MB"]
    assert line.split() == ["a.pdf", "40", "8.0", "1.2", "55"]


def test_the_command_names_what_it_could_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true")
    parser = argparse.ArgumentParser()
    register_cost(parser.add_subparsers(dest="kind", required=True), common)
    arguments = parser.parse_args(["cost", "--pages", "1,3", str(DATA / "not-a-pdf.pdf"), "--json"])
    assert arguments.run(arguments) == 1
    report = json.loads(capsys.readouterr().out)
    assert [row["pages"] for row in report["files"]] == [1, 3]
    assert list(report["failed"].values()) == [
        "the file is neither a PDF nor a PNG, JPEG or TIFF picture (print it to PDF)"
    ]
    with pytest.raises(SystemExit):
        parser.parse_args(["cost", "--pages", "0"])
