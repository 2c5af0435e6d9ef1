"""PaddleOCR really run, beside RapidOCR: `make test-extras` does so in an environment that has both."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.ocr import OcrPool
from ingest.ocr_engine import EngineSpec
from ingest.ocr_layout import blocks_of
from ingest.pdf import PdfFile
from ingest.recognition import Image, Recognition

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
    return "\n".join(block.text for block in blocks_of(found, 72 / dpi))


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
