"""Blocks and pages of text set by hand: rows of words whose boxes a reader can work out.

A character is half an em wide, a Chinese one an em; a word is an em high, rows follow each other at 1.2 ems.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from ingest.flow import Line
from ingest.records import BBox, Block, BlockKind, Page, Word
from ingest.typography import block_of

WIDTH, HEIGHT = 600.0, 800.0
LOREM = "the quick brown fox jumps over the lazy dog and runs far away"  # 61 characters: 305 points in 10 points


class Type(NamedTuple):
    """How a row is set."""

    size: float = 10.0
    bold: bool = False
    font: str = "Serif"


BODY = Type()
BOLD = Type(bold=True, font="Serif-Bold")
LARGE = Type(16.0)


def row(text: str, x: float, y: float, type_: Type = BODY) -> Line:
    """A row of words, its left edge at x, its top at y."""
    words = []
    for part in text.split(" "):
        wide = sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in part)
        width = wide * type_.size / 2
        words.append(Word(part, BBox(x, y, x + width, y + type_.size), type_.font, type_.size, type_.bold))
        x += width + type_.size / 2
    return Line(tuple(words))


def block(*rows: str | tuple[str, Type], x: float = 50.0, y: float = 100.0, kind: BlockKind = BlockKind.TEXT) -> Block:
    """A block of rows, in the body's type where they name no other."""
    lines = []
    for each in rows:
        text, type_ = each if isinstance(each, tuple) else (each, BODY)
        lines.append(row(text, x, y, type_))
        y += 1.2 * type_.size
    return block_of(kind, lines)


def text(y: float = 300.0, x: float = 50.0, rows: int = 4) -> Block:
    """A paragraph of running text."""
    return block(*[LOREM] * rows, x=x, y=y)


def page(*blocks: Block, number: int = 1) -> Page:
    return Page(number, WIDTH, HEIGHT, blocks)
