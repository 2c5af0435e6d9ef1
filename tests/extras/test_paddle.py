"""PaddleOCR really run, beside RapidOCR: `make test-extras` does so in an environment that has both."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from ingest.ocr import OcrPool
from ingest.ocr_engine import EngineSpec
from ingest.ocr_layout import blocks_of
from ingest.paddle_models import shipped_models
from ingest.pdf import PdfFile
from ingest.recognition import Image, Recognition
from ingest.records import BlockKind

DATA = Path(__file__).parent.parent / "data"
MOST = 0.02
"""The characters in which two engines may differ, of those of one."""

PAGES = [
    ("english.pdf", 1, 200),  # with a ruled table
    ("english.pdf", 2, 150),
    ("chinese.pdf", 1, 200),  # with a ruled table
    ("chinese.pdf", 2, 150),
    ("two-column.pdf", 1, 200),
    ("mixed-columns.pdf", 1, 200),
    ("scanned.pdf", 1, 200),
]


def picture(name: str, page: int, dpi: int) -> Image:
    with PdfFile(DATA / name) as file:
        raster = file.render(page, dpi, 16_000_000)
    return np.frombuffer(raster.rgb, np.uint8).reshape(raster.height, raster.width, 3)


def text(found: Recognition, dpi: int) -> str:
    """Without white space: the models give none between Chinese characters, and RapidOcr sees it by the ink."""
    return "".join("".join(block.text.split()) for block in blocks_of(found, 72 / dpi))


def edits(one: str, other: str) -> int:
    """The fewest characters to put in, take out or exchange (Levenshtein)."""
    row = list(range(len(other) + 1))
    for done, a in enumerate(one, 1):
        corner, row[0] = row[0], done
        for place, b in enumerate(other, 1):
            corner, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, corner + (a != b))
    return row[-1]


@pytest.fixture(scope="module")
def paddle(cache: Path) -> Iterator[OcrPool]:
    made = OcrPool(page_seconds=300, engine=EngineSpec("paddleocr", cache))
    yield made
    made.close()


@pytest.fixture(scope="module")
def rapid() -> Iterator[OcrPool]:
    made = OcrPool(page_seconds=300)
    yield made
    made.close()


@pytest.mark.parametrize(("name", "page", "dpi"), PAGES)
def test_both_engines_read_a_page_alike(name: str, page: int, dpi: int, paddle: OcrPool, rapid: OcrPool) -> None:
    image = picture(name, page, dpi)
    one, other = paddle.read(image), rapid.read(image)
    theirs, ours = text(one, dpi), text(other, dpi)
    differ = edits(theirs, ours) / len(ours)
    sys.stdout.write(f"{name} page {page} at {dpi} dpi: {len(ours)} characters, {differ:.2%} differ\n")
    assert len(ours) > 100
    assert differ <= MOST
    assert one.confidence == pytest.approx(other.confidence, abs=0.02)


def detector(folder: Path, name: str, labels: list[str], boxes: list[tuple[float, float, float, float]]) -> None:
    """A model of the shape of PP-StructureV3's that sees the same boxes, in pixels, on every picture."""
    seen = np.array([(0, 0.9, *box) for box in boxes], np.float32)
    inputs = {"im_shape": ["n", 2], "image": ["n", 3, "height", "width"], "scale_factor": ["n", 2]}
    nodes = [
        helper.make_node("Constant", [], ["boxes"], value=numpy_helper.from_array(seen)),
        helper.make_node("Constant", [], ["count"], value=numpy_helper.from_array(np.array([len(seen)], np.int32))),
    ]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(each, TensorProto.FLOAT, shape) for each, shape in inputs.items()],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, seen.shape),
            helper.make_tensor_value_info("count", TensorProto.INT32, [1]),
        ],
    )
    (folder / name).mkdir()
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    (folder / name / "inference.onnx").write_bytes(model.SerializeToString())
    steps = [
        {"type": "Resize", "target_size": [32, 32], "keep_ratio": False, "interp": 2},
        {"type": "NormalizeImage", "mean": [0, 0, 0], "std": [1, 1, 1], "norm_type": "none"},
        {"type": "Permute"},
    ]
    configuration = {"Global": {"model_name": name}, "Preprocess": steps, "label_list": labels, "draw_threshold": 0.5}
    (folder / name / "inference.yml").write_text(json.dumps(configuration))


def test_the_cells_that_models_of_the_users_see_make_a_table(tmp_path: Path, cache: Path) -> None:
    shipped = shipped_models(cache)
    for folder in (shipped.detection, shipped.recognition):
        shutil.copytree(folder, tmp_path / folder.name)
    words = [["Stop", "Time", "Fare"], ["Quay", "06:15", "8.50"], ["Island", "06:40", "15.00"]]
    width, height = 150, 60  # pixels of a cell
    image = Picture.new("RGB", (700, 500), "white")
    draw = ImageDraw.Draw(image)
    for row, texts in enumerate(words):
        for column, each in enumerate(texts):
            font = ImageFont.load_default(28)
            draw.text((100 + column * width + 10, 200 + row * height + 12), each, "black", font)
    cells = [(x * width, y * height, (x + 1) * width - 2, (y + 1) * height - 2) for y in range(3) for x in range(3)]
    detector(tmp_path, "PP-DocLayout_plus-L", ["table"], [(100, 200, 100 + 3 * width, 200 + 3 * height)])
    detector(tmp_path, "RT-DETR-L_wired_table_cell_det", ["cell"], [tuple(map(float, cell)) for cell in cells])
    pool = OcrPool(page_seconds=300, engine=EngineSpec("paddleocr", cache, tmp_path))
    try:
        found = pool.read(np.asarray(image, np.uint8))
    finally:
        pool.close()
    (table,) = [block for block in blocks_of(found, 0.5) if block.kind is BlockKind.TABLE]
    at = {(cell.row, cell.column): table.text[cell.start : cell.end] for cell in table.cells}
    assert [[at[row, column] for column in range(3)] for row in range(3)] == words
