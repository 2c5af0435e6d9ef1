"""A summary without a model: the central sentences of each section, in the order of the text.

Each section is a text of its own, whose sentences are ranked by prompts.centrality, early ones preferred between
equals. It does not know how they are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from prompts.centrality import centrality
from prompts.passages import PageOf, Passage, Unit, number_passages
from prompts.picking import LONGEST, says_the_same
from retrieval.hits import Hit
from retrieval.terms import terms

MOST_SENTENCES = 8
_MOST_A_SECTION = 3
_LEAST_TERMS = 5  # of a sentence that says something
_MOST_RANKED = 300  # sentences of a section, the first: the rank takes memory for their square
_LEAD = 0.25  # what the first sentence of a section gains on its last, as a share of the mean score

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
    sections = [one for hits in _by_section(whole) if (one := _section(hits, page_of)).sentences]
    largest = sorted(sections, key=lambda one: -one.size)[:most]
    shares = _shares([one.size for one in largest], most)
    chosen: list[Picked] = []
    for section in sections:
        if section in largest:
            chosen += _central(section, shares[largest.index(section)], chosen)
    return chosen


def _by_section(whole: Sequence[Hit]) -> Iterable[list[Hit]]:
    """The passages of each document under each of its headings of the highest level that tells them apart."""
    for _, members in groupby(whole, key=lambda hit: hit.document.id):
        hits = list(members)
        depth = _depth([hit.chunk.section for hit in hits])
        for _, inside in groupby(hits, key=lambda hit: hit.chunk.section[: depth + 1]):
            yield list(inside)


def _depth(paths: Sequence[tuple[str, ...]]) -> int:
    """How many headings all paths begin with in common, the last of any path left out."""
    depth = 0
    while all(len(path) > depth + 1 for path in paths) and len({path[: depth + 1] for path in paths}) == 1:
        depth += 1
    return depth


def _section(hits: Sequence[Hit], page_of: PageOf) -> _Section:
    found: list[tuple[Picked, Counter[str]]] = []
    for passage in number_passages(hits, page_of):
        for unit in passage.units:
            if unit.heading or unit.cells or len(unit.text) > LONGEST:
                continue
            bag = Counter(terms(unit.text))
            if len(bag) >= _LEAST_TERMS and _is_sentence(unit.text):
                found.append(((passage, unit), bag))
    return _Section(tuple(one for one, _ in found), tuple(bag for _, bag in found))


def _is_sentence(text: str) -> bool:
    """Whether a text ends as a sentence does; labels, addresses and lines of forms do not."""
    return text.rstrip("\"'”’)）」』 ").endswith((".", "!", "?", "。", "！", "？"))


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
    bags = section.bags[:_MOST_RANKED]
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
