"""What ranking knows of a page beside its scores: its terms by chunk, its headings, what parts begin on it.

Pure; it does not know where profiles are kept, nor what is made of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass, field

from ingest.records import BlockKind, Chunk
from retrieval.part_references import parts_begun
from retrieval.terms import terms

_ENTRY = re.compile(r"(?P<text>.*?\D)(?P<page>\d{1,4})$")
_FEWEST_ENTRIES = 5


@dataclass(frozen=True, slots=True)
class ChunkTerms:
    """A chunk's terms with a space between each; `table` says that it holds rows of a table."""

    ordinal: int
    table: bool
    terms: str

    @property
    def each(self) -> list[str]:
        """The terms one by one."""
        return self.terms.split()

    def places(self, wanted: Set[str]) -> list[tuple[int, str]]:
        """Where those of the terms wanted stand, in order: (place, term)."""
        return [(at, term) for at, term in enumerate(self.each) if term in wanted]

    def numbers(self, but: Set[str]) -> list[int]:
        """The places of the terms that begin with a digit, in order, `but` some."""
        return [at for at, term in enumerate(self.each) if term < ":" and term not in but]  # it comes after the digits


@dataclass(frozen=True, slots=True)
class Profile:
    """A page in terms. `headings` stand on the page, `above` before it; each is its terms with spaces between.

    `parts` begin on the page ("table 4"). `contents` is the share of its lines that look like entries of a table of
    contents, `figures` that of its terms which are numbers, both 0 to 1.
    """

    number: int
    headings: tuple[str, ...]
    above: tuple[str, ...]
    parts: frozenset[str]
    contents: float
    figures: float
    chunks: tuple[ChunkTerms, ...]
    text: str = field(init=False, repr=False, compare=False)
    """The terms of all chunks with a space before and after each. Sets of them, of thousands of pages, would take more
    memory, and the garbage collector's time."""
    heads: frozenset[str] = field(init=False, repr=False, compare=False)
    """The terms of `headings` and of the last `above`."""
    by_heading: tuple[frozenset[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_heading = tuple([frozenset(heading.split()) for heading in self.headings])
        object.__setattr__(self, "by_heading", by_heading)
        object.__setattr__(self, "heads", frozenset().union(*by_heading, *(one.split() for one in self.above[-1:])))
        object.__setattr__(self, "text", f" {' | '.join([chunk.terms for chunk in self.chunks])} ")

    def held_by_chunk(self, wanted: Collection[str]) -> list[list[str]]:
        """Those of the terms wanted that each chunk holds, in the order given."""
        here = [(term, sought) for term in wanted if (sought := f" {term} ") in self.text]
        if len(self.chunks) == 1 or not here:
            return [[term for term, _ in here] for _ in self.chunks]
        texts = [f" {chunk.terms} " for chunk in self.chunks]
        return [[term for term, sought in here if sought in text] for text in texts]

    def dumps(self) -> bytes:
        """As JSON, for an index to keep."""
        chunks = [[one.ordinal, int(one.table), one.terms] for one in self.chunks]
        numbers = [self.number, round(self.contents, 3), round(self.figures, 3)]
        kept = [numbers, self.headings, self.above, sorted(self.parts), chunks]
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()


def loads(kept: bytes) -> Profile:
    """What `Profile.dumps` gave; raises ValueError for anything else."""
    (number, contents, figures), headings, above, parts, chunks = json.loads(kept)
    return Profile(
        number,
        tuple(headings),
        tuple(above),
        frozenset(parts),
        contents,
        figures,
        tuple([ChunkTerms(ordinal, bool(table), held) for ordinal, table, held in chunks]),
    )


def profile_of(number: int, chunks: Sequence[Chunk], held: Sequence[str], name: str = "") -> Profile:
    """The profile of a page from its chunks and the terms of each; headings that only say `name` are left out."""
    lines = [line for chunk in chunks for line in chunk.text.splitlines() if line.strip()]
    sections = dict.fromkeys(heading for chunk in chunks for heading in chunk.section if heading != name)
    standing = {" ".join(line.split()) for line in lines}
    here = [heading for heading in sections if _stands(heading, standing)]
    parts = frozenset(part for line in lines for part in parts_begun(line.strip()))
    counted = " ".join(held).split()
    return Profile(
        number,
        _as_terms(here),
        _as_terms([heading for heading in sections if heading not in here]),
        parts,
        contents_share(lines),
        sum(term[0].isdigit() for term in counted) / max(len(counted), 1),
        tuple(
            ChunkTerms(chunk.ordinal, chunk.kind is BlockKind.TABLE, own)
            for chunk, own in zip(chunks, held, strict=True)
        ),
    )


def plain_name(name: str) -> str:
    """A document's name as words: without what follows the last point, "_" as spaces."""
    return name.rsplit(".", 1)[0].replace("_", " ")


def _stands(heading: str, lines: set[str]) -> bool:
    return " ".join(heading.split()) in lines


def _as_terms(headings: Sequence[str]) -> tuple[str, ...]:
    return tuple(held for heading in headings if (held := " ".join(terms(heading))))


def contents_share(lines: Sequence[str]) -> float:
    """The share of the lines that name a page, in rising order, as a table of contents does; 0 to 1."""
    pages = []
    for line in lines:
        found = _ENTRY.match(line.rstrip())
        if found and not any(character.isdigit() for character in found["text"][-3:]):
            pages.append(int(found["page"]))
    rising = sum(after >= before for before, after in zip(pages, pages[1:], strict=False))
    return rising / len(lines) if len(pages) >= _FEWEST_ENTRIES and rising >= 0.8 * (len(pages) - 1) else 0.0
