"""Which blocks of a page are captions of figures and tables, and the title that stands on the lines below "Table 3".

Pure functions over blocks. They do not know which figure or table a caption belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.records import Block, BlockKind
from ingest.typography import joined, rows_of

_NUMBER = r"(?:[A-Z]?\d+(?:[.\-–－]\d+)*[a-z]?|[IVX]{1,5}(?![A-Za-z]))"
_LATIN = re.compile(rf"(?:figure|fig\.?|table|chart|exhibit|box|map|plate)\s*{_NUMBER}\s*(?P<rest>.*)", re.IGNORECASE)
_NAMED = re.compile(r"(?:Figure|Table|Chart)s?\s*:\s*\S")
_CHINESE = re.compile(r"(?:[图圖表]|[图圖]表)\s?(?:\d+|[一二三四五六七八九十]{1,3}(?=[、：:\s]|$))(?:[.\-–－]\d+)*")
_MARKED = re.compile(r"[:.|—–-]|$")
_TITLE = re.compile(r"[A-Z][^.]*$")  # "Table 3 Summary of results": a title, while a sentence goes on in small letters
_BARE = re.compile(
    rf"^(?:(?:figure|fig\.?|table)\s*{_NUMBER}|[图圖表]\s?\d+(?:[.\-–－]\d+)*)\s*[.:：]?$", re.IGNORECASE
)
_LONGEST = 600  # characters
_LONGEST_CHINESE = 80
_LONGEST_TITLE = 200
_FLOWING = (BlockKind.TITLE, BlockKind.TEXT, BlockKind.LIST)


def is_caption(text: str) -> bool:
    """Whether a text begins as a figure's or table's caption does: "Figure 2: …", "表 3-1 …"; not "Figure 2 shows"."""
    found = _LATIN.match(text)
    if found:
        rest = found["rest"]
        alone = text[:7].lower() == "exhibit" and not rest  # what a filing calls its annexes
        titled = len(text) <= _LONGEST_TITLE and _TITLE.match(rest) is not None
        return len(text) <= _LONGEST and not alone and (_MARKED.match(rest) is not None or titled)
    if _NAMED.match(text):
        return len(text) <= _LONGEST_TITLE
    return bool(_CHINESE.match(text)) and len(text) <= _LONGEST_CHINESE and not text.endswith("。")


def _has_title(caption: Block, after: Block) -> bool:
    """Whether what stands below a bare "Table 3" is its title: close, short, in its column."""
    if not _BARE.match(caption.text) or after.kind not in _FLOWING or len(after.text) > _LONGEST_TITLE:
        return False
    rows = rows_of(after)
    if not rows or len(rows) > 2 or is_caption(after.text):
        return False
    gap = after.bbox.top - caption.bbox.bottom
    over = min(after.bbox.x1, caption.bbox.x1) > max(after.bbox.x0, caption.bbox.x0)
    return over and -0.5 * rows[0].size <= gap <= 1.2 * rows[0].size


def find_captions(blocks: Sequence[Block]) -> list[Block]:
    """The blocks of a page with captions named, each with its title."""
    made: list[Block] = []
    for place, block in enumerate(blocks):
        last = made[-1] if made else None
        over = blocks[place + 1].kind if place + 1 < len(blocks) else None
        if (
            last is not None
            and last.kind is BlockKind.CAPTION
            and over in (BlockKind.TABLE, BlockKind.FIGURE)
            and _has_title(last, block)
        ):
            made[-1] = joined([last, block], BlockKind.CAPTION)
        elif block.kind in _FLOWING and is_caption(block.text):
            made.append(replace(block, kind=BlockKind.CAPTION, level=0))
        else:
            made.append(block)
    return made
