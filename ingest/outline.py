"""A document's own outline (its bookmarks), and where its entries are printed.

Pure functions over entries and pages; they do not know how the outline is read from the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ingest.contents import entry_title, is_contents_heading
from ingest.heading_words import may_be_heading
from ingest.numbering import numbering
from ingest.records import Block, BlockKind, Page

MAX_ENTRIES = 2000
MAX_DEPTH = 8
MAX_TITLE = 200  # characters

_PLAIN = re.compile(r"[\W_]+")
_LONGEST = 160  # characters of a block that may be a heading
_ALIKE = 0.6  # share of the longer text that the shorter is, where it begins or ends it
_TELLING = 4  # characters from which a part of a text is like it
_AGREES = 0.5  # share of an outline's entries that are printed where it says, from which its depths are believed


class Entry(NamedTuple):
    """An entry of an outline: its depth from 1, its title, the page that it leads to."""

    depth: int
    title: str
    page: int


def entries(stated: object, pages: int) -> tuple[Entry, ...]:
    """Entries as a child process states them, [depth, title, page] each. Raises ValueError for anything else."""
    if not isinstance(stated, list) or len(stated) > MAX_ENTRIES:
        raise ValueError("not an outline")
    made = []
    for item in stated:
        if not isinstance(item, list) or [type(value) for value in item] != [int, str, int]:
            raise ValueError("not an entry of an outline")
        entry = Entry(*item)
        entry.title.encode()
        if not (1 <= entry.depth <= MAX_DEPTH and 1 <= entry.page <= pages and len(entry.title) <= MAX_TITLE):
            raise ValueError("an entry of an outline is out of bounds")
        made.append(entry)
    return tuple(made)


Place = tuple[int, int]  # a page's place in the sequence of pages, and a block's place on it


class Matched(NamedTuple):
    """What an outline says of the pages: the depth of the headings that it names, 0 where it is not to be believed.

    `found` of `entries` are printed on the page that they lead to.
    """

    depths: Mapping[Place, int]
    found: int
    entries: int

    @property
    def agrees(self) -> bool:
        return self.found >= 2 and self.found >= _AGREES * self.entries


def _plain(text: str) -> str:
    return _PLAIN.sub("", text).casefold()


def _bare(text: str) -> str:
    """The text without its number."""
    number = numbering(text)
    return _plain(text[number.end :]) if number else _plain(text)


def _likeness(entry: str, block: str) -> float:
    """From 0 to 1: how much of the longer of two texts the shorter is, where it begins or ends it."""
    a, b = _plain(entry), _plain(block)
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    bare_a, bare_b = _bare(entry), _bare(block)
    if bare_a and bare_a == bare_b:
        return 0.95
    short, long = sorted((a, b), key=len)
    meets = len(short) >= _TELLING and (long.startswith(short) or long.endswith(short))
    return len(short) / len(long) if meets else 0.0


def _headings(page: Page) -> list[tuple[int, Block]]:
    kinds = (BlockKind.TITLE, BlockKind.TEXT, BlockKind.LIST)
    return [
        (index, block)
        for index, block in enumerate(page.blocks)
        if block.kind in kinds and len(block.text) <= _LONGEST and "\n" not in block.text
    ]


def match_outline(entries: Sequence[Entry], pages: Sequence[Page]) -> Matched:
    """Where the entries are printed: each the likest block of its page that no entry before it has."""
    place_of = {page.number: place for place, page in enumerate(pages)}
    on_page: dict[int, list[tuple[int, Block]]] = {}
    depths: dict[Place, int] = {}
    named = [entry for entry in entries if entry.page in place_of and _plain(entry.title)]
    found = 0
    for entry in named:
        place = place_of[entry.page]
        if place not in on_page:
            on_page[place] = _headings(pages[place])
        best, likest = -1, _ALIKE
        for index, block in on_page[place]:
            likeness = _likeness(entry.title, block.text) + 0.01 * (block.kind is BlockKind.TITLE)
            if (likeness > likest or (best < 0 and likeness == likest)) and (place, index) not in depths:
                best, likest = index, likeness
        if best < 0:
            continue
        block = pages[place].blocks[best]
        found += 1
        if block.kind is BlockKind.TITLE or (likest >= 0.9 and may_be_heading(block.text)):
            depths[place, best] = entry.depth
    return Matched(depths, found, len(named))


def printed_entries(pages: Iterable[Page]) -> dict[str, int]:
    """The titles that printed tables of contents name, in plain form, and the number of the last page of these."""
    titles: dict[str, int] = {}
    for page in pages:
        listed = [entry_title(block.text) for block in page.blocks if block.kind is BlockKind.LIST]
        named = [title for title in listed if title]
        if len(named) >= 3 and any(is_contents_heading(block.text) for block in page.blocks) or len(named) >= 8:
            titles |= dict.fromkeys((_plain(title) for title in named), page.number)
    return {title: number for title, number in titles.items() if len(title) >= _TELLING}


def match_printed(titles: Mapping[str, int], pages: Sequence[Page]) -> set[Place]:
    """Blocks after the table of contents that a printed entry names word for word, where no heading bears its name.

    Lines that follow each other are a chapter's own list of contents, and no headings.
    """
    if not titles:
        return set()
    places: dict[str, Place] = {}
    headed: set[str] = set()
    last = max(titles.values())
    for place, page in enumerate(pages):
        if page.number <= last:
            continue
        named = {index: plain for index, block in _headings(page) if (plain := _plain(block.text)) in titles}
        for index, plain in named.items():
            if page.blocks[index].kind is BlockKind.TITLE:
                headed.add(plain)
            elif not {index - 1, index + 1} & named.keys() and may_be_heading(page.blocks[index].text):
                places.setdefault(plain, (place, index))
    return {place for plain, place in places.items() if plain not in headed}
