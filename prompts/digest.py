"""A summary without a model: the central sentences of each section, in the order of the text.

Each section is a text of its own, whose sentences are ranked by prompts.centrality, early ones preferred between
equals. It does not know how they are shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ingest.records import BlockKind
from prompts.centrality import centrality
from prompts.passages import PageOf, Passage, Unit, number_passages
from prompts.picking import LONGEST, says_the_same
from retrieval.hits import Hit
from retrieval.terms import terms

MOST_SENTENCES = 8
_MOST_A_SECTION = 3
_LEAST_TERMS = 5  # of a sentence that says something
_MOST_RANKED = 150  # sentences of a section, the first, from which it is told
_LEAD = 0.25  # what the first sentence of a section gains on its last, as a share of the mean score
_BESIDE = re.compile(
    r"(?:table of )?contents|index|references|bibliography|acknowledge?ments?|signatures?|exhibits?"
    r"|目录|目錄|索引|参考文献|參考文獻|致谢|致謝|签名",
    re.IGNORECASE,
)  # headings of what stands beside the text

Picked = tuple[Passage, Unit]


@dataclass(frozen=True, slots=True)
class _Section:
    """The sentences under one heading, as they follow; `size` is their terms."""

    sentences: tuple[Picked, ...]
    bags: tuple[Counter[str], ...]

    @property
    def size(self) -> int:
        return sum(bag.total() for bag in self.bags)


def digest(whole: Sequence[Hit], page_of: PageOf, most: int = MOST_SENTENCES) -> list[Picked]:
    """Up to `most` sentences that say most of what the passages say, in the passages' order.

    The sections with most text have one each, and more of them where there are fewer sections.
    """
    text = [hit for hit in whole if not any(map(_BESIDE.fullmatch, hit.chunk.section[-1:]))]
    parts = sections(text or whole, most)
    largest = sorted(parts, key=lambda hits: -_length(hits))[:most]
    read = [one for hits in parts if hits in largest and (one := _section(hits, page_of)).sentences]
    chosen: list[Picked] = []
    for section, share in zip(read, _shares([one.size for one in read], most), strict=True):
        chosen += _central(section, share, chosen)
    return chosen


def sections(whole: Sequence[Hit], least: int) -> list[list[Hit]]:
    """The passages in parts that follow each other: by document, and the longest by its headings, level by level.

    It ends when there are `least` parts, or no heading is left.
    """
    parts = [(list(members), 0) for _, members in groupby(whole, key=lambda hit: hit.document.id)]
    while len(parts) < least:
        open_to = [
            place for place, (hits, depth) in enumerate(parts) if any(len(h.chunk.section) > depth for h in hits)
        ]
        if not open_to:
            break
        longest = max(open_to, key=lambda place: _length(parts[place][0]))
        hits, depth = parts[longest]
        inside = groupby(hits, key=lambda hit: hit.chunk.section[: depth + 1])
        parts[longest : longest + 1] = [(list(members), depth + 1) for _, members in inside]
    return [hits for hits, _ in parts]


def _length(hits: Sequence[Hit]) -> int:
    """Characters of running text."""
    return sum(len(hit.chunk.text) for hit in hits if hit.chunk.kind is not BlockKind.TABLE)


def _section(hits: Sequence[Hit], page_of: PageOf) -> _Section:
    found: list[tuple[Picked, Counter[str]]] = []
    for passage in number_passages(hits, page_of):
        for unit in passage.units:
            if unit.heading or unit.cells or len(unit.text) > LONGEST:
                continue
            bag = Counter(terms(unit.text))
            if len(bag) >= _LEAST_TERMS and _is_sentence(unit.text) and not _beside_text(passage, unit, page_of):
                found.append(((passage, unit), bag))
        if len(found) >= _MOST_RANKED:
            break
    return _Section(tuple(one for one, _ in found), tuple(bag for _, bag in found))


def _beside_text(passage: Passage, unit: Unit, page_of: PageOf) -> bool:
    """Whether a sentence is of a caption, or was recognised on a picture within a page that has a text of its own."""
    chunk = passage.hit.chunk
    for span in chunk.spans:
        if span.start < unit.end and unit.start < span.end:
            page = page_of(chunk.sha256, span.page)
            block = page.blocks[span.block]
            recognised = page.text_from == "mixed" and any(word.confidence < 1 for word in block.words)
            if recognised or block.kind is BlockKind.CAPTION:
                return True
    return False


def _is_sentence(text: str) -> bool:
    """Whether a text begins and ends as a sentence does; labels, addresses and lines of forms do not."""
    begin, end = text.strip("\"'“”‘’()（）「」『』 ")[:1], text.rstrip("\"'”’)）」』 ")
    return begin.isalnum() and not begin.islower() and end.endswith((".", "!", "?", "。", "！", "？"))


def _shares(sizes: Sequence[int], most: int) -> list[int]:
    """How many sentences each section gives: one, then one more to the section with most text a sentence."""
    shares = [1] * len(sizes)
    while sum(shares) < most:
        open_to = [place for place, share in enumerate(shares) if share < _MOST_A_SECTION]
        if not open_to:
            break
        shares[max(open_to, key=lambda place: sizes[place] / (shares[place] + 1))] += 1
    return shares


def _central(section: _Section, count: int, chosen: Sequence[Picked]) -> list[Picked]:
    """The `count` best sentences of a section that say none of what was chosen before, in their order."""
    bags = section.bags
    scores = centrality(bags)
    lead = [_LEAD / len(bags) * (1 - place / len(bags)) for place in range(len(bags))]
    order = sorted(range(len(bags)), key=lambda place: -(scores[place] + lead[place]))
    kept: list[int] = []
    for place in order:
        unit = section.sentences[place][1]
        said = (*chosen, *(section.sentences[other] for other in kept))
        if not any(says_the_same(unit, other) for _, other in said):
            kept.append(place)
        if len(kept) == count:
            break
    return [section.sentences[place] for place in sorted(kept)]
