"""Titles that are drawn as pictures: which text that was read in a picture is a heading, and how deep it stands.

Pure geometry and text; it does not know who read the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from ingest.depths import with_levels
from ingest.heading_words import has_cjk, may_be_heading
from ingest.records import BBox, Block, BlockKind, Page

_LARGE = 1.15  # times the size of the page's text, at least
_FILLED = 0.35  # share of the picture that its words cover, at least
_LEAST_WORDS, _LEAST_CJK = 2, 4  # less is a logo
_LEAST_BODY = 20  # words of text, from which its size is known
_FLOWING = (BlockKind.TEXT, BlockKind.LIST)


def as_heading(said: Sequence[Block], picture: BBox, blocks: Sequence[Block], place: int) -> Block | None:
    """The heading that a picture is, None where it is none: large words that fill it, alone, above running text.

    `said`: what was read in it; `blocks`: the page's, in order; `place`: where among them the picture stands.
    """
    if len(said) != 1 or said[0].cells or not _may_be_title(said[0].text):
        return None
    if not any(block.kind in _FLOWING for block in blocks[place : place + 1]) or _has_neighbour(picture, blocks):
        return None
    body = [word.size for block in blocks if block.kind in _FLOWING for word in block.words]
    (title,) = said
    covered = sum(word.bbox.area for word in title.words)
    if len(body) < _LEAST_BODY or covered < _FILLED * picture.area:
        return None
    if median(word.size for word in title.words) < _LARGE * median(body):
        return None
    return replace(title, kind=BlockKind.TITLE, level=0)


def _may_be_title(text: str) -> bool:
    letters = len(text) if has_cjk(text) else 0
    return may_be_heading(text) and (len(text.split()) >= _LEAST_WORDS or letters >= _LEAST_CJK)


def _has_neighbour(picture: BBox, blocks: Sequence[Block]) -> bool:
    """Whether text stands beside the picture."""
    return any(picture.top < block.bbox.center[1] < picture.bottom for block in blocks)


def with_drawn_levels(pages: Sequence[Page]) -> tuple[Page, ...]:
    """All pages of a document, in order, with levels for the headings that have none yet; the others keep theirs."""
    titles = [
        (place, index, block.level)
        for place, page in enumerate(pages)
        for index, block in enumerate(page.blocks)
        if block.kind is BlockKind.TITLE
    ]
    if all(level for _, _, level in titles):
        return tuple(pages)
    return with_levels(pages, {(place, index): level for place, index, level in titles if level}, absolute=True)
