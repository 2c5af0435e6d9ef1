"""Which blocks are headings, captions and furniture, and what a document is called.

Pure functions over laid-out pages. They put together what captions.py, headings.py, furniture.py, outline.py and
depths.py find, and do not know how.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

from ingest.captions import find_captions
from ingest.depths import with_levels
from ingest.furniture import find_furniture
from ingest.headings import find_headings
from ingest.outline import Entry, match_outline, match_printed, printed_entries
from ingest.records import Block, BlockKind, Page
from ingest.typography import Body

_SPACE = re.compile(r"\s+")
_TERMS = re.compile(r"[\u3400-\u9fff]{2}|[^\W\u3400-\u9fff]+")
_TITLE_SHARE = 0.6
_FEW_ENTRIES = 3  # of an outline that are not worth a word
_FILE_NAME = re.compile(
    r"^<[0-9a-f]+>$|\.(?:docx?|pdf|indd|xlsx?|pptx?|tex|dvi|qxd|rtf|html?)\b|^microsoft |untitled|^无标题|^[\W\d_]*$",
    re.IGNORECASE,
)


def name_kinds(
    blocks: Sequence[Block], body: Body | None = None, width: float = 0.0, height: float = 0.0
) -> tuple[Block, ...]:
    """The blocks of a page with captions named and its headings found.

    `body`: the type of the whole document's text, None where only this page is known. `width` and `height`: the page's.
    """
    return find_headings(find_captions(blocks), body, width, height)


def _promoted(page: Page, titles: Collection[int]) -> Page:
    """The page with the blocks at these places made headings."""
    blocks = [
        replace(block, kind=BlockKind.TITLE, level=1)
        if index in titles and block.kind is not BlockKind.TITLE
        else block
        for index, block in enumerate(page.blocks)
    ]
    return replace(page, blocks=tuple(blocks))


def settle(pages: Sequence[Page], outline: Sequence[Entry] = ()) -> tuple[Page, ...]:
    """All pages of a document, in order, with furniture named and its headings at their depths.

    `outline`: what the file's bookmarks say. Entries that are printed on their pages, in the outline or in a printed
    table of contents, make headings.
    """
    pages = find_furniture(pages)
    matched = match_outline(outline, pages)
    named: dict[int, set[int]] = defaultdict(set)
    for place, index in {*matched.depths, *match_printed(printed_entries(pages), pages)}:
        named[place].add(index)
    pages = tuple(_promoted(page, named[place]) if place in named else page for place, page in enumerate(pages))
    if matched.entries >= _FEW_ENTRIES and not matched.agrees and pages:
        doubt = (
            f"{matched.found} of the outline's {matched.entries} entries stand on their pages; its depths are not used"
        )
        report = replace(pages[0].report, notes=(*pages[0].report.notes, doubt))
        pages = (replace(pages[0], report=report), *pages[1:])
    return with_levels(pages, matched.depths if matched.agrees else {})


def settle_again(pages: Sequence[Page]) -> tuple[Page, ...]:
    """All pages of a settled document of which some have been read by OCR since; the others keep their levels."""
    pages = find_furniture(pages)
    known = {
        (place, index): block.level
        for place, page in enumerate(pages)
        if page.text_from != "ocr"
        for index, block in enumerate(page.blocks)
        if block.kind is BlockKind.TITLE
    }
    return with_levels(pages, known, absolute=True)


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
