"""What a document is: its year, its company and its kind, read from its name and its first pages by general rules.

Pure. What cannot be told stays empty: a wrong value hides a document from who filters by it. Words by which kinds are
known are in `kinds.toml`, English and Chinese.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from pathlib import Path

from ingest.records import BlockKind, Document, Page

VERSION = 1  # raised whenever the same document would be read otherwise
FIRST_PAGES = 3
FILE = Path(__file__).with_name("kinds.toml")

_LINES = 60  # of the first pages that are looked at
_STANDING = 3  # lines that a block has at most which stands by itself, as on a title page
_SHORT = 80  # characters that a line has at most which names a kind or a company
_GENERAL = "report"  # a kind that stands only where no other is told
_OF_COMPANIES = ("annual report", "quarterly report", "current report", "earnings release", "prospectus")

_YEAR = re.compile(r"(?<![\d.,/-])((?:19[5-9]|20[0-4])\d)(?!\d|[.,]\d|[-/]\d)")
_FISCAL = re.compile(r"\bFY\s?'?((?:20)?\d\d)(?!\d)", re.IGNORECASE)
_PERIOD = re.compile(
    r"(?:years?|quarters?|months|periods?) end(?:ed|ing)\D{0,24}(?:\d{1,2}\D{1,6})?((?:19|20)\d\d)(?!\d)", re.IGNORECASE
)
_PERIOD_ZH = re.compile(r"((?:19|20)\d\d)\s*年?\s*(?:年度|半年度|第?[一二三四]季度|中期)")
_REPUBLIC = re.compile(r"民國\s*(\d{2,3})\s*年")  # year 1 is 1912
_SUFFIX = re.compile(
    r"[\s,](?:Inc|Incorporated|Corp|Corporation|Co|Company|Ltd|Limited|LLC|LLP|PLC|AG|N\.V|S\.A|GmbH)\.?$",
    re.IGNORECASE,
)
_COMPANY_ZH = re.compile(
    r"([\u4e00-\u9fff（）()·]{2,30}?(?:股份有限公司|有限责任公司|有限責任公司|有限公司|集团公司|集團公司|銀行|银行))"
    r"[^，。；,;]{0,20}$"
)
_REGISTRANT = re.compile(r"^\W*exact\s+name\s+of\s+(?:the\s+)?registrant", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s_\-–—.+]+")
_HASH = re.compile(r"^[0-9a-f]{16,}$", re.IGNORECASE)
_QUARTER = re.compile(r"\b(?:Q[1-4]|[1-4]Q|H[12])\b|(?<=\d)Q[1-4]\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Metadata:
    """`year` is the one that the document is about, 0 where none is known; `kind` is one of `kinds()`, or empty."""

    year: int = 0
    company: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents are asked: those of one of the years, of a company whose name holds one of those given, of one of
    the kinds. What is empty leaves none out. Case, spaces and punctuation do not count.
    """

    years: Sequence[int] = ()
    companies: Sequence[str] = ()
    kinds: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.years or self.companies or self.kinds)

    def __str__(self) -> str:
        return ", ".join(str(value) for value in (*self.years, *self.companies, *self.kinds))

    def fits(self, document: Document) -> bool:
        company, kind = _plain(document.company), _plain(document.kind)
        return (
            (not self.years or document.year in self.years)
            and (not self.companies or any(_plain(one) in company for one in self.companies if _plain(one)))
            and (not self.kinds or kind in {_plain(one) for one in self.kinds})
        )


ALL = DocumentFilter()


def _plain(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKC", text).casefold() if one.isalnum())


@lru_cache(maxsize=1)
def _kinds() -> dict[str, re.Pattern[str]]:
    with FILE.open("rb") as file:
        words = tomllib.load(file)["kinds"]
    return {kind: _pattern(names) for kind, names in words.items()}


def _pattern(names: Sequence[str]) -> re.Pattern[str]:
    """Latin words stand alone; Chinese ones anywhere. A space stands for any separator, or none."""
    parts = []
    for name in names:
        spaced = r"[\s_-]*".join(re.escape(part) for part in name.split())
        parts.append(rf"(?<![a-z0-9]){spaced}(?![a-z0-9])" if name.isascii() else spaced)
    return re.compile("|".join(parts), re.IGNORECASE)


def kinds() -> tuple[str, ...]:
    """The kinds of document that are told apart, the more particular first."""
    return tuple(_kinds())


def read_metadata(name: str, title: str, pages: Sequence[Page]) -> Metadata:
    """`pages` are the document's first; a few are enough. What its name says counts more than what stands on them."""
    stem = unicodedata.normalize("NFKC", name.rsplit(".", 1)[0])
    named = "" if _HASH.match(stem) else _SEPARATORS.sub(" ", stem)
    lines = list(islice(_lines(pages[:FIRST_PAGES]), _LINES))
    kind = _kind([named, title, *lines])
    standing = list(islice(_lines(pages[:1], most=_STANDING), _LINES))
    company = "" if kind == "paper" else _registrant(lines) or _company(named, title, standing)
    return Metadata(_year(named, title, lines), company, kind)


def _lines(pages: Sequence[Page], most: int | None = None) -> Iterator[str]:
    """The lines of text; with `most`, only of blocks that have at most so many."""
    for page in pages:
        for block in page.blocks:
            lines = block.text.splitlines()
            if block.kind not in (BlockKind.TABLE, BlockKind.FIGURE) and (most is None or len(lines) <= most):
                yield from (unicodedata.normalize("NFKC", line).strip() for line in lines)


def _year(named: str, title: str, lines: Sequence[str]) -> int:
    """The name's; else that of the period which the document covers; else the title's; else the only one there is."""
    text = "\n".join(lines)
    if fiscal := _FISCAL.search(named):
        return int(fiscal[1][-2:]) + 2000
    if years := _YEAR.findall(named):
        return int(max(years))
    if period := _PERIOD.search(text) or _PERIOD_ZH.search(text):
        return int(period[1])
    if republic := _REPUBLIC.search(text):
        return int(republic[1]) + 1911
    if years := _YEAR.findall(title):
        return int(max(years))
    years = sorted(set(_YEAR.findall(text)))
    return int(years[0]) if len(years) == 1 else 0


def _kind(lines: Sequence[str]) -> str:
    general = ""
    for line in lines:
        told = [kind for kind, words in _kinds().items() if len(line) <= _SHORT and words.search(line)]
        if told and told[0] != _GENERAL:
            return told[0]
        general = general or "".join(told)
    return general


def _registrant(lines: Sequence[str]) -> str:
    """What stands above "(Exact name of registrant as specified in its charter)"; empty where nothing does."""
    for before, line in pairwise(lines):
        if _REGISTRANT.match(line) and before and len(before) <= _SHORT:
            return before
    return ""


def _company(named: str, title: str, lines: Sequence[str]) -> str:
    """The company in the name, in the title, or in the first line that says no more; what else a report's name says."""
    for text in (named, title, *lines):
        if len(text) > _SHORT:
            continue
        if chinese := _COMPANY_ZH.match(text):
            return chinese[1]
        if text[:1].isupper() and _SUFFIX.search(text):
            return text
    return _rest(named) if _kind([named]) in _OF_COMPANIES else ""


def _rest(named: str) -> str:
    """A name without years, quarters and the words of kinds: "3M 2018 10K" is 3M's."""
    for pattern in (_YEAR, _FISCAL, _QUARTER, *_kinds().values()):
        named = pattern.sub(" ", named)
    return " ".join(word for word in named.split() if not word.isdigit())
