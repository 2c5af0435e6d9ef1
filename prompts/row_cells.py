"""Which cells of a table row a claim is about, by the headers that it names and the numbers that it states.

It knows one row, not which row is the right one.
"""

from __future__ import annotations

from prompts.amounts import amounts_in
from prompts.claims import Claim, claim_of, indices
from prompts.passages import PlacedCell, Unit


def header_keys(unit: Unit, cell: PlacedCell) -> frozenset[str]:
    """The terms and numbers in the headers above a cell."""
    claim = claim_of("\n".join(unit.column_headers(cell)))
    return claim.terms | {str(amount.value) for amount in claim.amounts}


def cells_named(claim: Claim, unit: Unit) -> tuple[tuple[PlacedCell, ...], bool]:
    """The row's cells that hold the claim's numbers, and whether they stand in columns that the claim does not name.

    In the second case the cells are those of the columns that it does name.
    """
    holding = [cell for cell in unit.cells if indices(claim.amounts, amounts_in(cell.text)) and cell.text != unit.label]
    keys = {cell: header_keys(unit, cell) for cell in unit.cells if cell.headers and cell.text != unit.label}
    common = frozenset.intersection(*keys.values()) if len(keys) > 1 else frozenset[str]()
    named = claim.terms | {str(amount.value) for amount in claim.amounts}
    telling = {cell: key - common for cell, key in keys.items()}
    labels = named & frozenset[str]().union(*telling.values())
    in_named = tuple(cell for cell, key in telling.items() if key & labels)
    if not holding:
        return in_named, False
    right = tuple(cell for cell in holding if cell in in_named)
    if right:
        return right, False
    wrong = bool(in_named) and all(telling.get(cell) for cell in holding)
    return (in_named, True) if wrong else (tuple(holding), False)
