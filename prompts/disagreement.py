"""Documents that give different figures for one thing: the same row and column, or the same sentence but for a number.

It compares pieces of documents and does not know which of them is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prompts.amounts import Amount, amounts_in, comparable, rounds_to, same
from prompts.claims import Claim, claim_of
from prompts.items import even, items, keys_of
from prompts.passages import Passage, PlacedCell, Unit
from prompts.row_cells import asked_cell

Picked = tuple[Passage, Unit]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that a piece of a document gives, as it is written there."""

    passage: Passage
    unit: Unit
    amount: Amount
    written: str


def disagreeing(asked: Claim, kinds: Sequence[str], first: Picked, others: Iterable[Picked]) -> tuple[Figure, ...]:
    """The figure of `first` and those of other documents that differ from it, one a document; () where none does."""
    found: dict[str, Figure] = {}
    for other in others:
        document = other[0].hit.document
        if document.id in found or other[0].hit.chunk.sha256 == first[0].hit.chunk.sha256:
            continue
        if _named(asked, first[0]) != _named(asked, other[0]):
            continue
        pair = _figures(asked, kinds, first, other)
        if pair is not None and _differ(pair[0].amount, pair[1].amount):
            found.setdefault(first[0].hit.document.id, pair[0])
            found[document.id] = pair[1]
    return tuple(found.values())


def _named(asked: Claim, passage: Passage) -> frozenset[str]:
    """What of the question the name of the passage's document says: it may ask for that one alone."""
    return asked.terms & claim_of(passage.document_name).terms


def _figures(asked: Claim, kinds: Sequence[str], one: Picked, other: Picked) -> tuple[Figure, Figure] | None:
    """The two numbers where both pieces speak of one thing; None where that is not sure."""
    cells = [_value(asked, kinds, unit) for _, unit in (one, other)]
    if cells[0] and cells[1]:
        return _of_cells(one, cells[0], other, cells[1])
    return None if one[1].cells or other[1].cells else _of_sentences(one, other)


def _value(asked: Claim, kinds: Sequence[str], unit: Unit) -> PlacedCell | None:
    """The cell asked for, or the only one beside a row's label."""
    values = [cell for cell in unit.cells if cell.text != unit.label]
    return asked_cell(asked, kinds, unit) or (values[0] if unit.label and len(values) == 1 else None)


def _of_cells(one: Picked, mine: PlacedCell, other: Picked, theirs: PlacedCell) -> tuple[Figure, Figure] | None:
    """The cells' numbers where the rows have one label and the columns one year, or one header where they have none."""
    if keys_of(one[1].label) != keys_of(other[1].label):
        return None
    heads = ["\n".join(unit.column_headers(cell)) for unit, cell in ((one[1], mine), (other[1], theirs))]
    years = [{int(a.written) for a in amounts_in(head) if a.is_year} for head in heads]
    if years[0] != years[1] or (not years[0] and keys_of(heads[0]) != keys_of(heads[1])):
        return None
    numbers = [amounts_in(cell.text) for cell in (mine, theirs)]
    if len(numbers[0]) != 1 or len(numbers[1]) != 1:
        return None
    return _figure(one, numbers[0][0], mine.text), _figure(other, numbers[1][0], theirs.text)


def _of_sentences(one: Picked, other: Picked) -> tuple[Figure, Figure] | None:
    """The numbers in which two sentences differ that are the same item by item but for one number."""
    texts = [even(unit.text) for _, unit in (one, other)]
    mine, theirs = ([item for item in items(text) if not item.empty] for text in texts)
    if len(mine) != len(theirs):
        return None
    apart = [(a, b) for a, b in zip(mine, theirs, strict=True) if a.key != b.key]
    if len(apart) != 1 or apart[0][0].amount is None or apart[0][1].amount is None:
        return None
    return _figure(one, apart[0][0].amount, texts[0]), _figure(other, apart[0][1].amount, texts[1])


def _figure(picked: Picked, amount: Amount, text: str) -> Figure:
    return Figure(*picked, amount, text[amount.start : amount.end].strip())


def _differ(one: Amount, other: Amount) -> bool:
    """Whether two numbers of one thing contradict each other: neither may be the other rounded, or in another scale."""
    alike = same(one, other) or rounds_to(one, other) or rounds_to(other, one)
    return comparable(one, other) and not alike
