"""Which cells of a table row a claim or a question is about, by headers that it names and numbers that it states.

It knows one row, not which row is the right one.
"""

from __future__ import annotations

from collections.abc import Sequence

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


def asked_cell(asked: Claim, kinds: Sequence[str], unit: Unit) -> PlacedCell | None:
    """The one cell of a row whose column the question names; None where it names none, or several.

    None, too, where the question speaks of a cell beside that and the label: then it asks for the row, not for a value.
    Where a percentage is asked for and just some of the columns named hold one, the others are out.
    """
    wanted = asked.terms | {str(amount.value) for amount in asked.amounts}
    keys = {
        cell: header_keys(unit, cell) for cell in unit.cells if cell.text != unit.label and unit.column_headers(cell)
    }
    if len(keys) < 2:
        return None
    common = frozenset.intersection(*keys.values())
    shares = {cell: len(wanted & (key - common)) for cell, key in keys.items()}
    if "percent" in kinds:
        percents = {cell: share for cell, share in shares.items() if share and _holds_percent(cell)}
        shares = percents or shares
    best = max(shares.values())
    named = [cell for cell, share in shares.items() if share == best]
    if not best or len(named) != 1:
        return None
    beside = (cell for cell in unit.cells if cell is not named[0] and cell.text != unit.label)
    return None if any(asked.terms & claim_of(cell.text).terms for cell in beside) else named[0]


def _holds_percent(cell: PlacedCell) -> bool:
    return any(amount.percent for amount in amounts_in(cell.text))


def row_text(unit: Unit, cell: PlacedCell | None, language: str) -> str:
    """A row, or one cell of it, with its headers: "Revenue: 2022 17,606; 2021 15,785"."""
    colon, semicolon, inner = ("：", "；", " ") if language == "zh" else (": ", "; ", " ")
    shown = [cell] if cell is not None else [one for one in unit.cells if one.text != unit.label]
    parts = []
    for one in shown:
        headers = " ".join(unit.column_headers(one))
        parts.append(f"{headers}{inner}{_flat(one.text)}" if headers else _flat(one.text))
    values = semicolon.join(parts)
    return f"{_flat(unit.label)}{colon}{values}" if unit.label and values else values or _flat(unit.text)


def _flat(text: str) -> str:
    return " ".join(text.split())
