"""Which blocks are headings, captions and furniture, and what a document is called.

Pure functions over laid-out pages. Furniture needs the whole document: a running head is known by its repetition.
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
_FEW_PAGES = 6  # a repeated line is looked for among the pages this near

_DIGITS = re.compile(r"\d+")
_SPACE = re.compile(r"\s+")
_PAGE_NUMBER = re.compile(
    r"^[\s\-–—|·.]*(?:page|p\.|第)?\s*(?:[A-Z]{1,3}-)?(?:\d{1,4}|[ivxlc]{1,7})\s*(?:页|頁)?"
    r"(?:\s*(?:of|/|共)\s*\d{1,4}\s*(?:页|頁)?)?[\s\-–—|·.]*$",
    re.IGNORECASE,
)
_NUMBER = r"[A-Z]?\d+(?:[.\-–－]\d+)*[a-z]?"
_CAPTION = re.compile(rf"^(?:figure|fig\.?|table|chart|exhibit)\s*{_NUMBER}\s*(?:[:.|—–-]|$)", re.IGNORECASE)
_CAPTION_CJK = re.compile(rf"^[图圖表]\s?{_NUMBER}")
_MAX_CAPTION = 600
_MAX_CAPTION_CJK = 80

_MAX_TITLE_WORDS = 30
_MAX_TITLE_CJK = 70
_LONG_TITLE_WORDS = 12
_SENTENCE_END = re.compile(r"[a-z)\]][.;,]$|[。；，]$")
_CJK = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
_TERMS = re.compile(r"[\u3400-\u9fff]{2}|[^\W\u3400-\u9fff]+")
_TITLE_SHARE = 0.6
_FILE_NAME = re.compile(
    r"^<[0-9a-f]+>$|\.(?:docx?|pdf|indd|xlsx?|pptx?|tex|dvi|qxd|rtf|html?)\b|^microsoft |untitled|^无标题|^[\W\d_]*$",
    re.IGNORECASE,
)


def is_caption(text: str) -> bool:
    """Whether a text begins as a figure's or table's caption does: "Figure 2: …", "表 3-1 …"; not "Figure 2 shows"."""
    if _CAPTION.match(text):
        return len(text) <= _MAX_CAPTION
    return bool(_CAPTION_CJK.match(text)) and len(text) <= _MAX_CAPTION_CJK and not text.endswith("。")


def is_heading(text: str) -> bool:
    """Whether what the base calls a heading may be one: it has letters and is no sentence."""
    if not _LETTER.search(text):
        return False
    count = len(text.split())
    if len(_CJK.findall(text)) > _MAX_TITLE_CJK or count > _MAX_TITLE_WORDS:
        return False
    return not (_SENTENCE_END.search(text) and (count > _LONG_TITLE_WORDS or _CJK.search(text)))


def name_kinds(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks of a page with captions named and sentences that the base took for headings made text."""
    named = []
    for block in blocks:
        kind = block.kind
        if kind in (BlockKind.TITLE, BlockKind.TEXT, BlockKind.LIST) and is_caption(block.text):
            kind = BlockKind.CAPTION
        elif kind is BlockKind.TITLE and not is_heading(block.text):
            kind = BlockKind.TEXT
        named.append(block if kind is block.kind else replace(block, kind=kind, level=0))
    return tuple(named)


def _shape(text: str) -> str:
    return _SPACE.sub("", _DIGITS.sub("#", text)).casefold()


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


def settle(pages: Sequence[Page]) -> tuple[Page, ...]:
    """All pages of a document, in order, with running heads, running feet and page numbers made furniture."""
    seen: dict[tuple[str, str], list[int]] = defaultdict(list)
    for page in pages:
        for key in {key for _, key in _candidates(page)}:
            seen[key].append(page.number)
    running = {key: _repeats(numbers) for key, numbers in seen.items()}
    settled = []
    for page in pages:
        furniture = {index for index, key in _candidates(page) if page.number in running[key]}
        furniture |= {index for index, block in enumerate(page.blocks) if _is_page_number(block, page)}
        blocks = tuple(
            replace(block, kind=BlockKind.FURNITURE, level=0, cells=()) if index in furniture else block
            for index, block in enumerate(page.blocks)
        )
        settled.append(replace(page, blocks=blocks) if furniture else page)
    return tuple(settled)


def document_title(stated: str, pages: Sequence[Page]) -> str:
    """What the document is called, "" when nothing tells.

    The title that the file states is taken when most of its terms stand on the first pages (it is often a file name, or
    left over from another document); else the first page's largest heading.
    """
    stated = _SPACE.sub(" ", stated).strip()
    usable = len(stated) >= 4 and not _FILE_NAME.search(stated)
    opening = _SPACE.sub(" ", " ".join(block.text for page in pages[:3] for block in page.blocks)).casefold()
    terms = _TERMS.findall(stated.casefold())
    if usable and sum(term in opening for term in terms) >= _TITLE_SHARE * len(terms):
        return stated
    titles = [block for page in pages[:1] for block in page.blocks if block.kind is BlockKind.TITLE]
    if not titles:
        return stated if usable else ""
    return max(titles, key=lambda block: max((word.size for word in block.words), default=0.0)).text
