"""How deep each heading of a document stands: one scheme of levels over all of its pages.

Pure functions over pages whose headings are known. A heading's class is its scheme of numbers or, without one, how it
is set; classes are ranked, outermost first, and all headings of a class get the same level.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ingest.numbering import Numbering, numbering
from ingest.outline import Place
from ingest.records import Block, BlockKind, Page
from ingest.typography import in_capitals, is_slanted

_COVER_PAGES = 3  # a document with more of them may have a cover
_NAMED = ("part", "chapter", "item")  # schemes whose headings stand above those that are set alike without a number
_SEVERAL = 3  # headings of a scheme that make it a document's own
_KNOWN_SHARE = 0.7  # of a class's headings that the outline names, from which it tells the depth of all


class Style(NamedTuple):
    """How a heading is set; `size` in points, rounded to halves."""

    size: float
    bold: bool
    capitals: bool
    slanted: bool


class _Class(NamedTuple):
    """What headings of one level have in common. `style` is None where the scheme says it all."""

    scheme: str
    style: Style | None


class _Heading(NamedTuple):
    place: Place
    text: str
    number: Numbering | None
    style: Style
    kind: _Class


def _style(block: Block) -> Style:
    sizes: Counter[float] = Counter()
    bold = slanted = total = 0
    for word in block.words:
        length = len(word.text)
        sizes[round(2 * word.size) / 2] += length
        bold += length * word.bold
        slanted += length * is_slanted(word.font)
        total += length
    size = max(sizes, key=lambda each: (sizes[each], each), default=0.0)
    return Style(size, 2 * bold > total, in_capitals(block.text), 2 * slanted > total)


def _heading(place: Place, block: Block) -> _Heading:
    number, style = numbering(block.text), _style(block)
    if number is None:
        return _Heading(place, block.text, None, style, _Class("", style))
    telling = number.sure or number.scheme in ("一、", "（一）", "1、", "（1）")
    return _Heading(place, block.text, number, style, _Class(number.scheme, None if telling else style))


def _all_headings(pages: Sequence[Page]) -> list[_Heading]:
    return [
        _heading((place, index), block)
        for place, page in enumerate(pages)
        for index, block in enumerate(page.blocks)
        if block.kind is BlockKind.TITLE
    ]


def _ranks(headings: Sequence[_Heading]) -> dict[_Class, int]:
    """The classes' places from the outermost, 0; classes that are set alike may share one.

    Larger type stands above smaller; of one size, named numbers come first, then capitals, bold, upright. Schemes of
    numbers keep their own order, whatever they are set in; of equal schemes the one that comes first is the outer one.
    """
    members: dict[_Class, list[_Heading]] = defaultdict(list)
    for heading in headings:
        members[heading.kind].append(heading)
    style = {kind: Counter(heading.style for heading in found).most_common(1)[0][0] for kind, found in members.items()}
    schemes = {kind: found[0].number.rank for kind, found in members.items() if found[0].number is not None}
    numbered = sorted(schemes, key=lambda kind: (schemes[kind], -style[kind].size))  # else in the order of the pages

    def order(kind: _Class) -> tuple[float, bool, bool, bool, bool]:
        size, bold, capitals, slanted = style[kind]
        return (-size, kind.scheme not in _NAMED, not capitals, not bold, slanted)

    ranks = {kind: rank for rank, kind in enumerate(sorted(members, key=order))}
    # Of a scheme in several styles only the outermost has a place among the schemes: the others number lists.
    first: dict[str, _Class] = {}
    for kind in sorted(numbered, key=lambda kind: ranks[kind]):
        first.setdefault(kind.scheme, kind)
    chain = [kind for kind in numbered if first[kind.scheme] == kind and (kind.style is None or len(members[kind]) > 1)]
    ranks |= dict(zip(chain, sorted(ranks[kind] for kind in chain), strict=True))
    several = [kind for kind in numbered if len(members[kind]) >= _SEVERAL]
    decimal = any(kind.scheme == "1.1" for kind in several)
    own = [kind for kind in several if kind.style is None or (kind.scheme == "1" and decimal)]
    outermost = min(own, key=lambda kind: ranks[kind], default=None)
    for kind in members:
        if kind.scheme:
            continue
        # "References", set as "7 Conclusion" is, is its equal.
        equals = [ranks[other] for other in numbered if other.scheme not in _NAMED and style[other] == style[kind]]
        ranks[kind] = min(equals, default=ranks[kind])
        # Nothing stands above the chapters but what there is as often: the rest are covers and dividers.
        if outermost is not None and len(members[kind]) < len(members[outermost]):
            ranks[kind] = max(ranks[kind], ranks[outermost])
    return ranks


def _cover(headings: Sequence[_Heading], pages: int) -> set[_Class]:
    """Classes without numbers that occur on the first page only, of a document with more of them."""
    if pages <= _COVER_PAGES:
        return set()
    later = {heading.kind for heading in headings if heading.place[0] > 0}
    return {heading.kind for heading in headings if not heading.kind.scheme} - later


def _title(headings: Sequence[_Heading]) -> Place | None:
    """The document's title: the largest heading of its first page, where no other page has one so large."""
    first = [heading for heading in headings if heading.place[0] == 0 and heading.number is None]
    if not first:
        return None
    largest = max(first, key=lambda heading: heading.style.size)
    others = [heading.style.size for heading in headings if heading.place != largest.place]
    return largest.place if largest.style.size > max(others, default=0.0) else None


def _levels(headings: Sequence[_Heading], pages: int, known: Mapping[Place, int], absolute: bool) -> dict[Place, int]:
    """The level of each heading, from 1."""
    ranks = _ranks(headings)
    cover, title = _cover(headings, pages), _title(headings)
    above = int(title is not None)
    known = known if absolute else {place: depth + above for place, depth in known.items()}
    told = _told(headings, known)
    stack: list[tuple[int, int]] = []
    votes: dict[_Class, Counter[int]] = defaultdict(Counter)
    for heading in headings:
        if heading.place == title or heading.kind in cover:
            continue
        rank, level = ranks[heading.kind], told.get(heading.kind)
        if level is None:
            while stack and stack[-1][0] >= rank:
                stack.pop()
            level = stack[-1][1] + 1 if stack else 1 + above
        else:
            while stack and stack[-1][1] >= level:
                stack.pop()
        stack.append((rank, level))
        votes[heading.kind][level] += 1
    common = {kind: max(votes[kind], key=lambda each: (votes[kind][each], -each)) for kind in votes}
    found = {}
    for heading in headings:
        if heading.place == title:
            found[heading.place] = 1
        elif heading.place in known and heading.kind not in cover:
            found[heading.place] = known[heading.place]
        else:
            found[heading.place] = common.get(heading.kind, 1 + above)
    return found


def _told(headings: Sequence[_Heading], known: Mapping[Place, int]) -> dict[_Class, int]:
    """The level of each class as the outline has it, where it names enough of its headings."""
    counts: Counter[_Class] = Counter(heading.kind for heading in headings)
    named: dict[_Class, Counter[int]] = defaultdict(Counter)
    for heading in headings:
        if heading.place in known:
            named[heading.kind][known[heading.place]] += 1
    return {
        kind: max(depths, key=lambda each: depths[each])
        for kind, depths in named.items()
        if depths.total() >= _KNOWN_SHARE * counts[kind]
    }


def with_levels(pages: Sequence[Page], known: Mapping[Place, int], *, absolute: bool = False) -> tuple[Page, ...]:
    """The pages of a document, in order, with the levels of its headings.

    `known`: what is known of some: depths in the document's outline, below its title; `absolute`: levels.
    """
    found = _levels(_all_headings(pages), len(pages), known, absolute)
    changed: dict[int, dict[int, int]] = defaultdict(dict)
    for (place, index), level in found.items():
        if pages[place].blocks[index].level != level:
            changed[place][index] = level
    return tuple(
        replace(
            page,
            blocks=tuple(
                replace(block, level=changed[place][index]) if index in changed[place] else block
                for index, block in enumerate(page.blocks)
            ),
        )
        if place in changed
        else page
        for place, page in enumerate(pages)
    )
