"""PaddleOCR's models in their folders, and its answers as lines and rules. `make test-extras` runs it really."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import BadSetup
from ingest.ocr import OcrPool
from ingest.ocr_engine import EngineSpec, from_request
from ingest.paddle_models import identity, models_in, shipped_models
from ingest.paddle_ocr import cell_rules, line_of
from ingest.records import BBox

NAMES = (
    "PP-OCRv5_server_det_onnx",
    "PP-OCRv5_server_rec_onnx",
    "PP-DocLayout_plus-L",
    "RT-DETR-L_wired_table_cell_det",
)


def models(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).mkdir(parents=True)
        for file in ("inference.onnx", "inference.yml"):
            (folder / name / file).write_text(name)
    return folder


def test_models_are_known_by_their_official_names(tmp_path: Path) -> None:
    models(tmp_path, *NAMES, "PP-LCNet_x1_0_doc_ori")
    assert models_in(tmp_path) == tuple(tmp_path / name for name in NAMES)


def test_models_for_tables_may_be_missing(tmp_path: Path) -> None:
    found = models_in(models(tmp_path, *NAMES[:2]))
    assert found.layout is None and found.cells is None


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (NAMES[1:], "no model for text detection"),
        (NAMES[:1], "no model for text recognition"),
        ((*NAMES, "PP-OCRv6_medium_rec"), "several models for recognition"),
    ],
)
def test_a_folder_that_will_not_do_is_refused_with_the_reason(
    tmp_path: Path, names: tuple[str, ...], told: str
) -> None:
    with pytest.raises(BadSetup, match=told):
        models_in(models(tmp_path, *names))


def test_the_shipped_models_are_laid_out_once(tmp_path: Path) -> None:
    found = shipped_models(tmp_path)
    configuration = found.recognition / "inference.yml"
    made = configuration.stat().st_mtime_ns
    assert '"character_dict": ["!"' in configuration.read_text(encoding="utf-8")
    assert (found.detection / "inference.onnx").stat().st_size > 1_000_000
    assert shipped_models(tmp_path) == found and configuration.stat().st_mtime_ns == made
    assert [path.name for path in (tmp_path / "paddle").iterdir()] == [found.detection.parent.name]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.paddle_models.version", lambda name: "1")


def test_other_models_have_another_identity(tmp_path: Path, installed: None) -> None:
    folder = models(tmp_path, *NAMES)
    known = {identity(None), identity(folder)}
    (folder / NAMES[0] / "inference.onnx").write_text("better")
    assert len(known | {identity(folder)}) == 3


def test_without_paddleocr_one_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.paddle_models.find_spec", lambda name: None)
    with pytest.raises(BadSetup, match=r"\.\[paddle\]"):
        OcrPool(engine=EngineSpec("paddleocr"))


@pytest.mark.parametrize("spec", [EngineSpec(), EngineSpec("paddleocr", Path("cache"), Path("models"))])
def test_a_worker_is_told_of_its_engine(spec: EngineSpec) -> None:
    assert from_request(spec.as_request()) == spec


def test_parts_of_a_line_become_words_between_white_space() -> None:
    # As PaddleOCR parts "see Fig.2. 见图 3": signs with the white space beside them, Chinese characters one by one.
    parts = ["see", " ", "Fig", ".", "2", ". ", "见", "图", " ", "3"]
    boxes = [(10.0 * place, 0.0, 10.0 * place + 10, 20.0) for place in range(len(parts))]
    line = line_of("see Fig.2. 见图 3", 0.9, (0, 0, 100, 20), parts, boxes)
    assert line is not None and line.text == "see Fig.2. 见图 3" and line.confidence == pytest.approx(0.9)
    assert [(word.bbox.x0, word.bbox.x1) for word in line.words] == [
        (0, 10),
        (20, 55),
        (60, 80),
        (90, 100),
    ]


def test_parts_that_are_not_the_line_are_not_believed() -> None:
    line = line_of("two words", 0.9, (0, 0, 90, 20), ["two"], [(0, 0, 30, 20)])
    assert line is not None and [word.text for word in line.words] == ["two", "words"]


def test_a_line_of_nothing_is_none() -> None:
    assert line_of("", 0.9, (0, 0, 90, 20), [], []) is None


def test_neighbouring_cells_share_an_edge() -> None:
    # Two cells side by side that overlap by 2 pixels, the lower one across both.
    cells = [BBox(0, 0, 51, 20), BBox(49, 1, 100, 21), BBox(0, 20, 100, 40)]
    rules = cell_rules(cells)
    level = {(rule.x0, rule.x1, (rule.top + rule.bottom) / 2) for rule in rules if rule.width > rule.height}
    plumb = {((rule.x0 + rule.x1) / 2, rule.top, rule.bottom) for rule in rules if rule.height > rule.width}
    assert level == {(0, 50, 0.5), (50, 100, 0.5), (0, 50, 20.5), (50, 100, 20.5), (0, 100, 20.5), (0, 100, 40)}
    assert plumb == {(0, 0.5, 20.5), (50, 0.5, 20.5), (100, 0.5, 20.5), (0, 20.5, 40), (100, 20.5, 40)}


def test_no_cells_no_rules() -> None:
    assert cell_rules([]) == []
