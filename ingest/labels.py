"""Page labels: the numbers printed on pages, believed where they count on from page to page.

Pure functions over all pages of a document. A file may state labels itself; it does not know how those are read, nor
what a label is used for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from ingest.flow import normal
from ingest.records import Block, BlockKind, Page

_MARGIN = 0.12  # share of the page's height at its top and bottom where a number may be printed
_MAX_TEXT = 160  # characters of a block that may hold one
_MAX_DASHES = 3  # on either side of a number alone
_MAX_LABEL = 24  # characters of one that the file states
_LEAST = 3  # pages of a run
_GAP = 4  # pages from one printed number of a run to the next
_SHARE = 0.4  # of a run's pages that print theirs

_LABEL = r"(?P<prefix>[A-Z]{1,3}-|(?:\d{1,3}-){1,3})?(?P<number>\d{1,4})|(?P<roman>[ivxlc]{1,8}|[IVXLC]{1,8})"
_TOTAL = r"(?:\s*(?:of|/|共)\s*\d{1,5})"
_LEFT, _RIGHT = r"(?:^|(?<=[\s|·•/–—]))", r"(?=$|[\s|·•/–—])"
_WHOLE = re.compile(rf"(?:{_LABEL}){_TOTAL}?\s*[页頁]?")
_NAMED = re.compile(rf"(?:\bpage\s|\bp\.\s?|第)\s*(?:{_LABEL})(?=\s*(?:[页頁]|of\b|/|$))", re.IGNORECASE)
_FIRST = re.compile(rf"(?:{_LABEL}){_TOTAL}?{_RIGHT}")
_LAST = re.compile(rf"{_LEFT}(?:{_LABEL}){_TOTAL}?$")
_AROUND = " \t\n-–—|·•.[](){}<>"
_DASHES = str.maketrans("‐‑‒–—－", "------")

_ROMAN = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


class Counting(NamedTuple):
    """A way to number pages: what stands before the number, in which digits, and how far it is from the page's own."""

    prefix: str
    digits: str  # "1", "i" or "I"
    behind: int  # the page's own number less the printed one

    def label(self, page: int) -> str:
        """What is printed on a page of that number; "" where nothing can be."""
        value = page - self.behind
        if value < 1 and (self.digits != "1" or value < 0):
            return ""
        written = str(value) if self.digits == "1" else roman(value)
        return self.prefix + (written.upper() if self.digits == "I" else written)


def roman(value: int) -> str:
    """A number from 1 in Roman letters, lower case."""
    written = ""
    for worth, letters in _ROMAN:
        count, value = divmod(value, worth)
        written += letters * count
    return written


def _roman_value(text: str) -> int:
    """0 where the letters are no number in the usual writing."""
    rest, value = text.lower(), 0
    for worth, letters in _ROMAN:
        while rest.startswith(letters):
            value += worth
            rest = rest[len(letters) :]
    return value if not rest and roman(value) == text.lower() else 0


def _counting(found: re.Match[str], page: int) -> Counting | None:
    letters = found["roman"]
    if not letters:
        return Counting(found["prefix"] or "", "1", page - int(found["number"]))
    value = _roman_value(letters)
    return Counting("", "i" if letters.islower() else "I", page - value) if value else None


def printed(text: str, page: int) -> set[Counting]:
    """How the pages would be numbered if what a running head or foot says were the number of this one."""
    plain = text.translate(_DASHES).strip(_AROUND)
    matches = [_WHOLE.fullmatch(plain)]
    if not matches[0]:
        matches = [_NAMED.search(plain), _FIRST.match(plain), _LAST.search(plain)]
    countings = (_counting(found, page) for found in matches if found)
    return {counting for counting in countings if counting is not None}


def _places(page: Page) -> list[int]:
    """The blocks that may hold the page's number: furniture, those in its margins, the highest and the lowest."""
    blocks = page.blocks
    written = [index for index, block in enumerate(blocks) if block.text]
    if not written:
        return []
    ends = {min(written, key=lambda i: blocks[i].bbox.top), max(written, key=lambda i: blocks[i].bbox.bottom)}
    return [i for i in written if len(blocks[i].text) <= _MAX_TEXT and (i in ends or _is_marginal(blocks[i], page))]


def _is_marginal(block: Block, page: Page) -> bool:
    if block.kind is BlockKind.FURNITURE:
        return True
    return block.bbox.bottom <= _MARGIN * page.height or block.bbox.top >= (1 - _MARGIN) * page.height


def _candidates(page: Page) -> set[Counting]:
    texts = [page.blocks[index].text for index in _places(page)]
    return {counting for text in texts for counting in printed(text, page.number)}


def _runs(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Page numbers, rising, cut where too few follow each other; only what is long and dense enough to be believed."""
    run = list(numbers[:1])
    for before, number in pairwise([*numbers, numbers[-1] + _GAP + 1]):
        if number - before <= _GAP:
            run.append(number)
            continue
        if len(run) >= _LEAST and len(run) >= _SHARE * (run[-1] - run[0] + 1):
            yield run
        run = [number]


def found_labels(pages: Sequence[Page]) -> dict[int, str]:
    """Page number -> the number printed on the page, for the pages of runs that count on.

    A page within a run that does not print its number has the one between its neighbours'. Of several runs over a page
    the one with most pages counts.
    """
    seen: dict[Counting, list[int]] = defaultdict(list)
    for page in pages:
        for counting in _candidates(page):
            seen[counting].append(page.number)
    runs = [(len(run), counting, run) for counting, numbers in seen.items() for run in _runs(sorted(numbers))]
    labels: dict[int, str] = {}
    for _, counting, run in sorted(runs):
        for number in range(run[0], run[-1] + 1):
            labels[number] = counting.label(number)
    return labels


def with_labels(pages: Sequence[Page]) -> tuple[Page, ...]:
    """All pages of a document, in order, with their labels: the file's own, or where it only counts from 1 the printed.

    A page that has a label, from the file or from an earlier look at fewer pages, keeps it. A block that is nothing but
    the page's label becomes furniture.
    """
    stated = {page.number: _tidy(page.label) for page in pages}
    telling = any(label and label != str(number) for number, label in stated.items())
    found = found_labels(pages)
    labelled = []
    for page in pages:
        label = (stated[page.number] if telling else "") or found.get(page.number, "")
        blocks = tuple(
            replace(block, kind=BlockKind.FURNITURE, level=0, cells=()) if _says_only(block, label) else block
            for block in page.blocks
        )
        changed = label != page.label or blocks != page.blocks
        labelled.append(replace(page, label=label, blocks=blocks) if changed else page)
    return tuple(labelled)


def _tidy(label: str) -> str:
    """A label as the file states it, without what cannot be printed, and not too long to stand in a line."""
    shown = " ".join(normal(part) for part in label.split())
    return shown if len(shown) <= _MAX_LABEL else shown[: _MAX_LABEL - 1] + "…"


def _says_only(block: Block, label: str) -> bool:
    if not label or block.kind is BlockKind.FURNITURE or len(block.text) > len(label) + 2 * _MAX_DASHES:
        return False
    return block.text.translate(_DASHES).strip(_AROUND) == label
