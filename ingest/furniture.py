"""Running heads, running feet and page numbers: known by their place and by their repetition over the pages.

Pure functions over all pages of a document, in order. They do not know what the words say but for numbers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingest.records import Block, BlockKind, Page

_MARGIN = 0.12  # share of the page's height at its top and bottom where running heads stand
_EDGE = 0.09  # share where a lone number is taken for the page's
_MIN_REPEATS = 3  # pages
_MAX_FURNITURE = 160  # characters
_FEW_PAGES = 6  # a repeated line is looked for among the pages this near: left and right pages take turns

_NUMBERS = re.compile(r"\d+|^[ivxlc]{1,7}(?=\s)|(?<=\s)[ivxlc]{1,7}$")
_SPACE = re.compile(r"\s+")
_PAGE_NUMBER = re.compile(
    r"^[\s\-–—|·.]*(?:page|p\.|第)?\s*(?:[A-Z]{1,3}-)?(?:\d{1,4}|[ivxlc]{1,7})\s*(?:页|頁)?"
    r"(?:\s*(?:of|/|，?\s*共)\s*\d{1,4}\s*(?:页|頁)?)?[\s\-–—|·.]*$",
    re.IGNORECASE,
)


def _shape(text: str) -> str:
    """A text with its numbers made alike: what a running head has in common from page to page."""
    return _SPACE.sub("", _NUMBERS.sub("#", text)).casefold()


def _margin(block: Block, page: Page, share: float) -> str:
    """ "top" or "bottom" when the block lies wholly in that margin, else ""."""
    if block.bbox.bottom <= share * page.height:
        return "top"
    return "bottom" if block.bbox.top >= (1 - share) * page.height else ""


def _is_page_number(block: Block, page: Page) -> bool:
    if not _margin(block, page, _EDGE) or not _PAGE_NUMBER.match(block.text):
        return False
    # A year at the top of a table looks like a page number too.
    bare = block.text.strip(" -–—|·.")
    return not bare.isdigit() or len(bare) < 4 or bare in (str(page.number), page.label)


def _candidates(page: Page) -> Iterable[tuple[int, tuple[str, str]]]:
    for index, block in enumerate(page.blocks):
        margin = _margin(block, page, _MARGIN)
        if margin and 0 < len(block.text) <= _MAX_FURNITURE and block.kind is not BlockKind.FIGURE:
            yield index, (margin, _shape(block.text))


def _repeats(numbers: Sequence[int]) -> set[int]:
    """The pages of `numbers` (rising) that have enough of the others close by to be a run."""
    close: set[int] = set()
    for start in range(len(numbers) - _MIN_REPEATS + 1):
        run = numbers[start : start + _MIN_REPEATS]
        if run[-1] - run[0] <= _FEW_PAGES:
            close.update(run)
    return close


def find_furniture(pages: Sequence[Page]) -> tuple[Page, ...]:
    """All pages of a document, in order, with running heads, running feet and page numbers made furniture."""
    seen: dict[tuple[str, str], list[int]] = defaultdict(list)
    candidates = [list(_candidates(page)) for page in pages]
    for page, found in zip(pages, candidates, strict=True):
        for key in {key for _, key in found}:
            seen[key].append(page.number)
    running = {key: _repeats(numbers) for key, numbers in seen.items()}
    settled = []
    for page, found in zip(pages, candidates, strict=True):
        furniture = {index for index, key in found if page.number in running[key]}
        furniture |= {index for index, _ in found if _is_page_number(page.blocks[index], page)}
        blocks = tuple(
            replace(block, kind=BlockKind.FURNITURE, level=0, cells=()) if index in furniture else block
            for index, block in enumerate(page.blocks)
        )
        settled.append(replace(page, blocks=blocks) if furniture else page)
    return tuple(settled)
