"""Pages as people write them, like 12-30 or 3, 7-9: to ranges of a document's pages; what is wrong with them, in words.

It knows how many pages a document has, and not what is asked of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.page_words import Language
from ingest.errors import BadInput
from ingest.records import Document
from retrieval.scope import ALL_PAGES, PageRanges, Pages

_MOST = 50  # ranges
_SEPARATOR = re.compile(r"[,，、;；]")
_RANGE = re.compile(r"(\d{1,7})(?:\s*[-–—~～至到]\s*(\d{1,7}))?")
_WRONG = {
    "unreadable": (
        "“{text}” names no pages; write them like 12-30 or 3, 7-9",
        "“{text}”不是页码，请写成 12-30 或 3, 7-9",
    ),
    "backwards": ("the pages {first}-{last} run backwards", "页码 {first}-{last} 前后颠倒"),
    "many": ("these are too many ranges; at most {most} can be asked at once", "页码范围过多，一次最多 {most} 段"),
    "beyond": ("{document} has no page {number}: it has {pages}", "{document} 没有第 {number} 页，全文共 {pages} 页"),
    "several": (
        "pages can be asked of one document only, and these are {count}; name one",
        "页码范围只能用于一个文档，现在有 {count} 个，请指定其一",
    ),
}


class WrongPages(BadInput):
    """Pages that cannot be asked."""

    def __init__(self, key: str, **values: object) -> None:
        self._key, self._values = key, values
        super().__init__(self.said("en"))

    def said(self, language: Language) -> str:
        return _WRONG[self._key][language == "zh"].format(**self._values)


def parse_ranges(text: str) -> PageRanges:
    """The ranges in order, those that touch made one; raises WrongPages."""
    found: list[tuple[int, int]] = []
    for part in _SEPARATOR.split(text):
        match = _RANGE.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not first:
            raise WrongPages("unreadable", text=text.strip()[:60])
        if last < first:
            raise WrongPages("backwards", first=first, last=last)
        found.append((first, last))
    return _merged(found)


def _merged(ranges: Sequence[tuple[int, int]]) -> PageRanges:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def pages_asked(documents: Sequence[Document], ranges: PageRanges) -> Pages:
    """The pages that are asked of what is asked; raises WrongPages where that is several documents, or has no such."""
    if not ranges:
        return ALL_PAGES
    if len(documents) != 1:
        raise WrongPages("several", count=len(documents))
    if len(ranges) > _MOST:
        raise WrongPages("many", most=_MOST)
    (document,) = documents
    first_beyond = next((max(first, document.pages + 1) for first, last in ranges if last > document.pages), 0)
    if first_beyond:
        raise WrongPages("beyond", document=document.name, number=first_beyond, pages=document.pages)
    return {document.id: ranges}


def ranges_words(language: Language, ranges: PageRanges) -> str:
    """Which pages these are: pp. 3–7, 9."""
    each = [str(first) if first == last else f"{first}–{last}" for first, last in ranges]
    if language == "zh":
        return f"第 {'、'.join(each)} 页"
    several = len(ranges) > 1 or ranges[0][0] < ranges[0][1]
    return f"{'pp.' if several else 'p.'} {', '.join(each)}"
