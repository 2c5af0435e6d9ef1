from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command_line import printed, refused
from conftest import DATA
from PIL import Image

from app.cli import main
from app.parse_command import stems


def parse(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[dict[str, object]]:
    return printed(capsys, "parse", *arguments, code=code)


def test_markdown_and_text_are_written_by_the_files_stem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for suffix in ("md", "txt"):
        line, last = parse(capsys, str(DATA / "english.pdf"), "--out", str(tmp_path), "--format", suffix)
        assert line["written"] == [str(tmp_path / f"english.{suffix}")] and line["state"] == "parsed"
        assert last == {"summary": {"files": 1, "failed": 0, "pages": 2, "seconds": last["summary"]["seconds"]}}  # type: ignore[index]
    assert "\n# 1 The ferry\n" in (tmp_path / "english.md").read_text(encoding="utf-8")
    assert "\nAdult\t8.50\t15.00\n" in (tmp_path / "english.txt").read_text(encoding="utf-8")


def test_json_holds_every_word_and_cell_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parse(capsys, str(DATA / "english.pdf"), "--out", str(tmp_path), "--format", "json")
    shape = json.loads((tmp_path / "english.json").read_text(encoding="utf-8"))
    assert shape["file"] == "english.pdf" and len(shape["sha256"]) == 64 and shape["skipped"] == {}
    assert [page["number"] for page in shape["pages"]] == [1, 2]
    first = shape["pages"][0]
    assert (first["text_from"], round(first["width"])) == ("pdf", 595)
    for block in first["blocks"]:
        assert set(block) == {"kind", "level", "text", "box", "words", "cells"}
        for word in block["words"]:
            assert block["text"][word["start"] : word["end"]] and len(word["box"]) == 4
    (table,) = [block for block in first["blocks"] if block["kind"] == "table"]
    adult = next(cell for cell in table["cells"] if cell["text"] == "8.50")
    assert (adult["row"], adult["column"], adult["row_span"]) == (1, 1, 1)
    assert adult["header_path"] == ["Single", "Adult"] and len(adult["box"]) == 4


def test_each_table_is_a_csv_file_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line, _ = parse(capsys, str(DATA / "english.pdf"), "--out", str(tmp_path), "--format", "csv")
    assert line["written"] == [str(tmp_path / "english-p001-t1.csv")]
    text = (tmp_path / "english-p001-t1.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf") and b"\r\nAdult,8.50,15.00\r\n" in text


def test_a_file_without_tables_has_none_to_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse", str(DATA / "rotated.pdf"), "--out", str(tmp_path), "--format", "csv"]) == 0
    assert "2 pages: nothing to write" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_a_picture_a_page_shows_blocks_on_what_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line, _ = parse(capsys, str(DATA / "rotated.pdf"), "--out", str(tmp_path), "--format", "png", "--pages", "2")
    assert line["written"] == [str(tmp_path / "rotated-p002.png")]
    with Image.open(tmp_path / "rotated-p002.png") as picture:
        assert picture.size == (1684, 1191)


def test_a_folder_a_scan_and_what_cannot_be_read_go_through_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("scanned.pdf", "encrypted.pdf", "not-a-pdf.pdf"):
        shutil.copy(DATA / name, folder)
    lines = parse(capsys, str(folder), "nowhere.pdf", "--out", str(tmp_path / "out"), code=1)
    states = {Path(str(line["file"])).name: line["state"] for line in lines[:-1]}
    assert states == {
        "nowhere.pdf": "failed",
        "encrypted.pdf": "needs_password",
        "not-a-pdf.pdf": "not_pdf",
        "scanned.pdf": "parsed",
    }
    assert "High water on Monday" in (tmp_path / "out" / "scanned.md").read_text(encoding="utf-8")
    line, _ = parse(capsys, str(folder / "scanned.pdf"), "--ocr", "never", "--out", str(tmp_path), code=1)
    assert line["state"] == "no_text" and "OCR is off" in str(line["reason"])
    line, _ = parse(capsys, str(folder / "encrypted.pdf"), "--password", "secret", "--out", str(tmp_path))
    assert line["state"] == "parsed"


def test_equal_stems_get_a_number_and_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    for name in ("a/Report.pdf", "b/report.pdf", "b/report-2.pdf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    files = [tmp_path / name for name in ("a/Report.pdf", "b/report.pdf", "b/report-2.pdf", "b/../a/Report.pdf")]
    assert [stem for _, stem in stems(files)] == ["Report", "report-2", "report-2-2"]


def test_pages_are_chosen_by_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(DATA / "english.pdf")
    parse(capsys, file, "--out", str(tmp_path), "--pages", "2-9, 12")
    text = (tmp_path / "english.md").read_text(encoding="utf-8")
    assert "# 3 Timetable" in text and "# 1 The ferry" not in text
    line, _ = parse(capsys, file, "--out", str(tmp_path), "--pages", "7", code=1)
    assert line["state"] == "failed" and line["reason"] == "it has no such page: its pages are 1-2"


@pytest.mark.parametrize("pages", ["", "0", "3-1", "x", "1-2-3", "1,,2"])
def test_odd_pages_are_wrong_use(tmp_path: Path, pages: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["parse", str(DATA / "english.pdf"), "--out", str(tmp_path), f"--pages={pages}"])
    said = "run backwards" if pages == "3-1" else "write them like 12-30 or 3, 7-9"
    assert ended.value.code == 2 and said in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_wrong_set_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "taken"
    taken.touch()
    file = str(DATA / "english.pdf")
    assert "--out names a folder" in refused(capsys, "parse", file, "--out", str(taken), code=2)
    assert "cannot write" in refused(capsys, "parse", file, "--out", str(taken / "below"), code=2)
