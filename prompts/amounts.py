"""Numbers in running text and tables, with their values.

It does not know what a number counts. Signs are left out: a table's (1,234) is a text's "loss of 1,234".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

_SCALES = {
    "thousand": 3, "million": 6, "millions": 6, "mn": 6, "billion": 9, "billions": 9, "bn": 9, "trillion": 12,
    "千": 3, "万": 4, "萬": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "億": 8, "十亿": 9, "百亿": 10, "千亿": 11,
    "万亿": 12,
}  # fmt: skip
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_NUMBER = re.compile(
    r"(?P<of>百分之)?(?P<number>\d{1,3}(?:,\d{3})+(?!\d)(?: ?\.\d+)?|\d+(?: ?\.\d+)?)"
    rf"(?:\s?(?P<percent>%|percent\b|per cent\b|percentage points?\b|个百分点)|\s?(?P<scale>{_SCALE})(?![a-z]))?",
    re.IGNORECASE,
)
_LAYOUT_SHIFTS = (3, 4, 6, 8, 9)  # a column "in thousands", "万元", "in millions", "亿元", "in billions"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number: `written` × 10**`scale`. `places` is how many decimals were written."""

    written: Decimal
    scale: int
    places: int
    percent: bool
    start: int
    end: int

    @property
    def value(self) -> Decimal:
        return self.written.scaleb(self.scale)

    @property
    def is_year(self) -> bool:
        return not (self.scale or self.percent or self.places) and 1900 <= self.written <= 2100

    @property
    def is_telling(self) -> bool:
        """Whether it is unlikely to stand somewhere by chance: no year, and three digits or more."""
        return not self.is_year and len(self.written.as_tuple().digits) >= 3

    @property
    def kind(self) -> str:
        return "percent" if self.percent else "year" if self.is_year else "plain"


def amounts_in(text: str) -> tuple[Amount, ...]:
    """The numbers of `text`, in order, with their ranges in `text`."""
    even = "".join(c if len(n := unicodedata.normalize("NFKC", c)) != 1 else n for c in text)
    found = []
    for match in _NUMBER.finditer(even):
        digits = match["number"].replace(",", "").replace(" ", "")
        scale = _SCALES[match["scale"].lower()] if match["scale"] else 0
        places = len(digits.partition(".")[2])
        percent = match["percent"] is not None or match["of"] is not None
        found.append(Amount(Decimal(digits), scale, places, percent, *match.span()))
    return tuple(found)


def same(a: Amount, b: Amount) -> bool:
    """Whether two numbers have the same value; one without a scale may take the other's (a column in millions)."""
    if a.percent != b.percent and (a.scale or b.scale or a.is_year or b.is_year):
        return False
    if a.value == b.value:
        return True
    return a.written == b.written and 0 in (a.scale, b.scale) and not (a.is_year or b.is_year)


def comparable(a: Amount, b: Amount) -> bool:
    """Whether one could be a mistaken form of the other: of one kind and within a factor of ten."""
    if a.kind != b.kind:
        return False
    if a.kind == "year":
        return True
    low, high = sorted((a.written, b.written)) if 0 in (a.scale, b.scale) else sorted((a.value, b.value))
    return high <= 10 * low


def rounds_to(stated: Amount, exact: Amount) -> bool:
    """Whether `stated` is `exact` rounded, perhaps in another unit: 17.6 billion for 17,606 in a column of millions."""
    if stated.percent != exact.percent or stated.is_year or exact.is_year:
        return False
    tolerance = Decimal(5).scaleb(stated.scale - stated.places - 1)
    if stated.places == 0 and stated.scale == 0:
        zeros = len(str(stated.written)) - len(str(stated.written).rstrip("0"))
        tolerance = Decimal(5).scaleb(zeros - 1)
    shifts = (0,) if exact.scale or stated.percent else (0, *_LAYOUT_SHIFTS)
    return any(abs(exact.value.scaleb(shift) - stated.value) <= tolerance for shift in shifts)
