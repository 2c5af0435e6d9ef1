"""Whether a page's words lie where its picture shows them: ink in every box, and no ink of a block outside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ingest.recognition import Image
from ingest.records import BBox, Block, BlockKind, Page
from ingest.renderer import PageRenderer

DPI = 144
_CONTRAST = 40  # of 255: what differs so much from the paper around it is ink
_REACH = 1.5  # points that ink may stand out of its word's box
_RUN = 8  # words
_RUNNING = (BlockKind.TITLE, BlockKind.TEXT, BlockKind.LIST, BlockKind.CAPTION, BlockKind.FURNITURE)


@dataclass(frozen=True)
class Found:
    """`blank`: words without ink in their box. `strange`: words of another block whose middle lies in a block's words.

    `outside`: the share of the ink in the boxes of running text that lies in no word's box, from 0 to 1.
    """

    words: int
    blank: tuple[str, ...]
    strange: tuple[str, ...]
    outside: float


def picture(renderer: PageRenderer, path: Path, page: Page) -> Image:
    return renderer.pixels(path, page.number, DPI, page_width=page.width)


def shifted(page: Page, across: float, down: float) -> Page:
    """The page with the boxes of its words moved, not those of its blocks."""

    def moved(box: BBox) -> BBox:
        return BBox(box.x0 + across, box.top + down, box.x1 + across, box.bottom + down)

    def block(one: Block) -> Block:
        return replace(one, words=tuple(word._replace(bbox=moved(word.bbox)) for word in one.words))

    return replace(page, blocks=tuple(block(one) for one in page.blocks))


def look(page: Page, pixels: Image) -> Found:
    """What does not fit between a page and its picture, of any size."""
    scale = pixels.shape[1] / page.width
    words = [(block, word) for block in page.blocks for word in block.words]
    blank = [word.text for _, word in words if not _contrast(_cut(pixels, word.bbox, scale))]
    strange = [
        word.text
        for block in page.blocks
        if block.kind in _RUNNING
        for other, word in words
        if other is not block and block.bbox.contains(*word.bbox.center)
        if any(mine.bbox.contains(*word.bbox.center) for mine in block.words)
    ]
    return Found(len(words), tuple(blank), tuple(strange), _outside(page, pixels, scale))


def _outside(page: Page, pixels: Image, scale: float) -> float:
    paper = np.median(pixels.reshape(-1, 3), axis=0)
    ink = np.abs(pixels.astype(np.int16) - paper).max(axis=2) > _CONTRAST
    running = np.zeros(ink.shape, bool)
    covered = np.zeros(ink.shape, bool)
    for block in page.blocks:
        if _is_running(block):
            _window(running, block.bbox, scale)[:] = True
        for word in block.words:
            _window(covered, word.bbox, scale, _REACH)[:] = True
    for block in page.blocks:
        if not _is_running(block):
            _window(running, block.bbox, scale)[:] = False
    total = int((ink & running).sum())
    return float((ink & running & ~covered).sum()) / total if total else 0.0


def _is_running(block: Block) -> bool:
    """Not a label or two of a drawing, whose lines go through its box."""
    return block.kind in _RUNNING and len(block.words) >= _RUN


def _window(mask: npt.NDArray[np.bool_], box: BBox, scale: float, more: float = 0.0) -> npt.NDArray[np.bool_]:
    x0, top = (max(int(scale * (edge - more)), 0) for edge in (box.x0, box.top))
    x1, bottom = (int(np.ceil(scale * (edge + more))) for edge in (box.x1, box.bottom))
    return mask[top : max(bottom, 0), x0 : max(x1, 0)]


def _cut(pixels: Image, box: BBox, scale: float) -> Image:
    x0, top = max(int(scale * box.x0), 0), max(int(scale * box.top), 0)
    return pixels[top : max(int(np.ceil(scale * box.bottom)), 0), x0 : max(int(np.ceil(scale * box.x1)), 0)]


def _contrast(part: Image) -> bool:
    return part.size > 0 and int((part.max(axis=(0, 1)).astype(int) - part.min(axis=(0, 1))).max()) > _CONTRAST
