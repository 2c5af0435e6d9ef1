"""Pages as a scanner gives them, and the trial of reading them, on a page drawn here."""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from reportlab.pdfgen.canvas import Canvas

from eval.ocr_pictures import TRIALS, blurred, faint
from eval.ocr_trials import Sheet, digital_sheets, dpi_of, register_trials, trial_rows, trials_table, word_overlaps
from ingest.recognition import Affine, OcrLine, OcrWord, Recognition
from ingest.records import BBox, Block, Page, PageReport, Word

LINES = [
    f"Line {number} of the report says that revenue rose to {number},216 million and costs fell."
    for number in range(12)
]


def written(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas = Canvas(str(path), pagesize=(595, 400))
    for number, line in enumerate(LINES):
        canvas.drawString(60, 340 - 20 * number, line)
    canvas.save()
    return path


def page(text: str, pictures: float = 0.0) -> Page:
    words = tuple(Word(part, BBox(0, 0, 10, 10), "", 12.0) for part in text.split())
    block = Block("paragraph", text, BBox(0, 0, 10, 10), words=words)
    return Page(1, 500, 400, (block,), report=PageReport(pictures=pictures))


def test_a_blurred_picture_is_the_same_every_time() -> None:
    image = np.zeros((40, 40, 3), np.uint8)
    image[:, 20:] = 255
    assert (blurred(image) == blurred(image)).all()
    assert 30 < blurred(image)[5:35, 20].mean() < 225
    assert (int(faint(image).max()), int(faint(image).min())) == (230, 153)


def test_trials_keep_the_whole_page() -> None:
    image = np.full((40, 60, 3), 255, np.uint8)
    shapes = {name: trial(image).shape[:2] for name, trial in TRIALS.items()}
    assert shapes["upright"] == shapes["turned 180"] == shapes["blurred"] == (40, 60)
    assert shapes["turned 90"] == shapes["turned 270"] == (60, 40)
    assert shapes["askew 5"][0] > 40 and shapes["askew -5"][1] > 60


def test_only_digital_pages_without_pictures_are_drawn() -> None:
    long = "word " * 200
    files = [
        (Path("a.pdf"), [page(long)]),
        (Path("b.pdf"), [page("too short")]),
        (Path("c.pdf"), [page(long, pictures=0.2)]),
        (Path("d.pdf"), [page(long)] * 2),
        (Path("e.pdf"), [page(long)]),
        (Path("f.pdf"), [page(long)]),
    ]
    assert [sheet.file.stem for sheet in digital_sheets(files, 10)] == ["a", "e", "f"]
    assert [sheet.file.stem for sheet in digital_sheets(files, 2)] == ["a", "e"]


def test_small_text_is_drawn_as_8_points_at_150_dpi() -> None:
    sheet = Sheet(Path("a.pdf"), "", 500, 12.0)
    assert dpi_of("8 pt at 150 dpi", sheet) == 100
    assert dpi_of("upright", sheet) == 200


def test_words_are_compared_where_they_stand_in_the_given_picture() -> None:
    here, there = OcrWord("a", BBox(0, 0, 20, 20), 0.9), OcrWord("a", BBox(60, 0, 80, 20), 0.9)
    found = Recognition(200, 100, (OcrLine(BBox(0, 0, 80, 20), (here, there)),), back=Affine(f=10))
    # Half a point a pixel: the first lies at 0, 5 to 10, 15; half of its width is 5.
    words = [("a", BBox(5, 5, 10, 15)), ("a", BBox(30, 5, 40, 15)), ("b", BBox(0, 0, 9, 9))]
    assert word_overlaps(words, found, 0.5) == [0.5, 1.0]


def test_rows_are_summed_up_by_trial() -> None:
    pages = [
        {"cer": 0.1, "char_f1": 0.9, "line_recall": 1.0, "cpu_s": 2.0, "peak_mb": 500.0},
        {"cer": 0.3, "char_f1": 0.7, "line_recall": 0.5, "cpu_s": 4.0, "peak_mb": 400.0},
    ]
    rows = trial_rows({"upright": pages})
    assert rows["upright"]["cer"] == pytest.approx(0.2)
    assert (rows["upright"]["cer_worst"], rows["upright"]["peak_mb"]) == (0.3, 500.0)
    header, line = trials_table(rows).splitlines()
    assert header.split()[:6] == ["trial", "n", "cer", "cer_worst", "char_f1", "line_recall"]
    assert line.split() == ["upright", "2", "20.0", "30.0", "80.0", "75.0", "-", "3.00", "500"]


@pytest.mark.parametrize("trial", ["upright", "turned 90"])
def test_a_drawn_page_is_read_by_both_sides(trial: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rapidfuzz")
    written(tmp_path / "set" / "pdfs" / "one.pdf")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true")
    common.add_argument("--library", default=str(tmp_path / "library"))
    parser = argparse.ArgumentParser()
    register_trials(parser.add_subparsers(dest="kind", required=True), common)
    arguments = parser.parse_args(["trials", str(tmp_path / "set"), "--json", "--trial", trial])
    assert arguments.run(arguments) == 0
    trials = json.loads(capsys.readouterr().out)["trials"]
    assert set(trials) == ({trial, "upright, RapidOCR"} if trial == "upright" else {trial})
    assert trials[trial]["cer"] < 0.02 and trials[trial]["cpu_s"] > 0 and trials[trial]["n"] == 1
    if trial == "upright":
        assert trials[trial]["word_iou"] > 0.6
