"""Hits as numbered passages, cut into the pieces that a citation can quote: sentences and table rows.

It knows chunks and pages, not questions or answers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from ingest.list_marks import after_mark
from ingest.records import BlockKind, Cell, Page
from ingest.sentences import split
from prompts.folding import Folded, fold, has_han
from retrieval.hits import Hit

PageOf = Callable[[str, int], Page]
"""(sha256 of a content, page number from 1) -> the page."""

_CELL_EDGE = re.compile(r"\s*\|\s*")
_NUMERIC = re.compile(r"[^\w]*\d[\d,.\s%()-]*[^\w]*")


_Key = tuple[int, int]  # page number, index of the block on it


class _Stretch(NamedTuple):
    """`chunk.text[start:end]` comes from one block, or from several that a sentence runs across."""

    start: int
    end: int
    kind: BlockKind
    block: _Key


@dataclass(frozen=True, slots=True)
class PlacedCell:
    """A table cell that stands at `chunk.text[start:end]`. `cell` is None where only the text shows that it is one."""

    start: int
    end: int
    text: str
    cell: Cell | None

    @property
    def headers(self) -> tuple[str, ...]:
        return self.cell.header_path if self.cell else ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or a table row, `chunk.text[start:end]`; `cells` are empty in running text."""

    start: int
    end: int
    text: str
    cells: tuple[PlacedCell, ...] = ()
    heading: bool = False  # a title, or a table row that only names columns
    led_by: str = ""  # where other rows have the same label: those of the row before, and of the last that is but one

    @property
    def label(self) -> str:
        """What a table row is about: the text of its first cell unless that is a number."""
        first = self.cells[0].text if self.cells else ""
        return "" if _NUMERIC.fullmatch(first) else first

    def column_headers(self, cell: PlacedCell) -> tuple[str, ...]:
        """The headers above a cell of the row, without the row's own label."""
        return tuple(header for header in cell.headers if header and header != " ".join(self.label.split()))

    @property
    def headers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(header for cell in self.cells for header in cell.headers if header))


class Passage:
    """A hit and its number in the prompt, from 1."""

    def __init__(self, number: int, hit: Hit, page_of: PageOf) -> None:
        self.number = number
        self.hit = hit
        self._page_of = page_of

    @cached_property
    def folded(self) -> Folded:
        return fold(self.hit.chunk.text)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        return cut(self.hit, self._page_of)

    @property
    def document_name(self) -> str:
        """The document's name as words."""
        name = re.sub(r"\.pdf$", "", self.hit.document.name, flags=re.IGNORECASE)
        return re.sub(r"[_\-.]+", " ", name)

    @property
    def page_name(self) -> str:
        """The number printed on the page where the passage starts, or the page's own."""
        chunk = self.hit.chunk
        return self._page_of(chunk.sha256, chunk.page).label or str(chunk.page)

    @property
    def surroundings(self) -> str:
        """What the passage is about beyond its own words: headings and the document's name."""
        return "\n".join((self.document_name, *self.hit.chunk.section))


def number_passages(hits: Sequence[Hit], page_of: PageOf) -> tuple[Passage, ...]:
    """The hits as passages [1] to [n]."""
    return tuple(Passage(number, hit, page_of) for number, hit in enumerate(hits, start=1))


def cut(hit: Hit, page_of: PageOf) -> tuple[Unit, ...]:
    """The sentences and table rows of a hit's chunk, in order."""
    chunk = hit.chunk
    stretches: list[_Stretch] = []
    placed: list[tuple[_Key, PlacedCell]] = []
    for span in chunk.spans:
        block = page_of(chunk.sha256, span.page).blocks[span.block]
        shift, key = span.start - span.block_start, (span.page, span.block)
        stretches.append(_Stretch(span.start, span.end, block.kind, key))
        for cell in block.cells:
            start, end = cell.start + shift, cell.end + shift
            if span.replaces is not None:  # a user's words, in the place of this cell or of it and others
                start, end = (span.start, span.end) if span.block_start == cell.start < span.block_end else (0, 0)
            if span.start <= start < end <= span.end:
                placed.append((key, PlacedCell(start, end, chunk.text[start:end], cell)))
    units: list[Unit] = []
    for start, end, kind, _ in _join(chunk.text, stretches):
        cells = [(key, cell) for key, cell in placed if start <= cell.start and cell.end <= end]
        if cells:
            units.extend(_cell_rows(chunk.text, cells))
        elif kind is BlockKind.TABLE:
            units.extend(_line_rows(chunk.text, start, end))
        else:
            ranges = split(chunk.text[start:end], lines=False)
            heading = kind is BlockKind.TITLE
            units.extend(_sentence(chunk.text, start + a, start + b, heading) for a, b in ranges)
    return tuple(units)


def _sentence(text: str, start: int, end: int, heading: bool) -> Unit:
    """A sentence without the mark of the list's item that it begins: a mark is no word, and drawn in odd codes."""
    start += after_mark(text[start:end])
    return Unit(start, end, text[start:end], (), heading)


def _join(text: str, stretches: Iterable[_Stretch]) -> list[_Stretch]:
    """Neighbours that sentences may run across, joined; the whole text where a chunk has no spans."""
    joined: list[_Stretch] = []
    for one in sorted(stretches):
        last = joined[-1] if joined else None
        if last and one.kind is last.kind and one.start >= last.end and _runs_on(text, last, one):
            joined[-1] = _Stretch(last.start, one.end, one.kind, one.block)
        else:
            joined.append(one)
    return joined or [_Stretch(0, len(text), BlockKind.TEXT, (0, 0))]


def _runs_on(text: str, last: _Stretch, one: _Stretch) -> bool:
    """Whether a sentence may go on from one stretch into the next: in a block, or in a paragraph broken in two."""
    if one.kind is BlockKind.TABLE or one.block == last.block:
        return True
    before, after = text[last.start : last.end].rstrip()[-1:], text[one.start : one.end].lstrip()[:1]
    continues = after.islower() or after.isdigit() or (has_han(before) and has_han(after))
    return one.kind is BlockKind.TEXT and continues and before not in ".。!！?？:：；;"


def _cell_rows(text: str, cells: Sequence[tuple[_Key, PlacedCell]]) -> list[Unit]:
    rows: dict[tuple[_Key, int], list[PlacedCell]] = {}
    for key, placed in cells:
        assert placed.cell is not None
        rows.setdefault((key, placed.cell.row), []).append(placed)
    headed = {key for key, placed in cells if placed.headers}
    first_body = {
        key: min(row for (k, row), cells_of in rows.items() if k == key and any(cell.headers for cell in cells_of))
        for key in headed
    }
    units = []
    for (key, row), members in rows.items():
        members.sort(key=lambda placed: placed.start)
        start, end = members[0].start, max(placed.end for placed in members)
        heading = key in first_body and row < first_body[key]
        units.append(Unit(start, end, text[start:end], tuple(members), heading))
    return _led(sorted(units, key=lambda unit: unit.start))


def _led(rows: Sequence[Unit]) -> list[Unit]:
    """The rows, those of a label that several have with the labels that lead to them and tell them apart."""
    often = Counter(row.label for row in rows if row.label)
    led, before, group = [], "", ""
    for row in rows:
        led.append(replace(row, led_by="\n".join((group, before))) if often[row.label] > 1 else row)
        if len(row.cells) == 1:
            group = row.label
        before = row.label
    return led


def _line_rows(text: str, start: int, end: int) -> list[Unit]:
    units = []
    for match in re.finditer(r"[^\n]+", text[start:end]):
        a, b = start + match.start(), start + match.end()
        if not text[a:b].strip():
            continue
        cells, cursor = [], a
        for edge in [*_CELL_EDGE.finditer(text, a, b), None]:
            stop = edge.start() if edge else b
            if text[cursor:stop].strip():
                cells.append(PlacedCell(cursor, stop, text[cursor:stop], None))
            cursor = edge.end() if edge else b
        units.append(Unit(a, b, text[a:b], tuple(cells) if len(cells) > 1 else ()))
    return units
