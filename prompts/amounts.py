"""Numbers in running text and tables, with their values.

It does not know what is said of a number. Signs are left out: a table's (1,234) is a text's "loss of 1,234".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal

from prompts.units import NO_UNIT, conflict, unit_beside

_SCALES = {
    "thousand": 3, "million": 6, "millions": 6, "mn": 6, "billion": 9, "billions": 9, "bn": 9, "trillion": 12,
    "千": 3, "万": 4, "萬": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "億": 8, "十亿": 9, "百亿": 10, "千亿": 11,
    "万亿": 12,
}  # fmt: skip
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_NUMBER = re.compile(
    r"(?P<of>百分之)?(?P<number>\d{1,3}(?:,\d{3})+(?!\d)(?: ?\.\d+)?|\d+(?: ?\.\d+)?)"
    r"(?:\s?(?P<percent>%|percent\b|per cent\b|percentage points?\b|[个個]百分[点點])"
    rf"|\s?(?P<scale>{_SCALE})(?![a-z]))?"
    r"|百分之(?P<han>[一二两三四五六七八九十]{1,3})",
    re.IGNORECASE,
)
_HAN_DIGITS = dict(zip("一二三四五六七八九", range(1, 10), strict=True)) | {"两": 2}
_LAYOUT_SHIFTS = (3, 4, 6, 8, 9)  # a column "in thousands", "万元", "in millions", "亿元", "in billions"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number: `written` × 10**`scale`. `places` is how many decimals were written, `unit` as prompts.units has it."""

    written: Decimal
    scale: int
    places: int
    percent: bool
    start: int
    end: int
    unit: frozenset[str] = NO_UNIT

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
    return tuple(_amount(even, match) for match in _NUMBER.finditer(even))


def _amount(text: str, match: re.Match[str]) -> Amount:
    if match["han"]:
        return Amount(Decimal(_below_hundred(match["han"])), 0, 0, True, *match.span(), frozenset({"percent"}))
    digits = match["number"].replace(",", "").replace(" ", "")
    scale = _SCALES[match["scale"].lower()] if match["scale"] else 0
    places = len(digits.partition(".")[2])
    percent = match["percent"] is not None or match["of"] is not None
    plain = Amount(Decimal(digits), scale, places, percent, *match.span())
    points = percent and (match["percent"] or "").lower().startswith(("percentage", "个", "個"))
    beside = unit_beside(text[: match.start()], text[match.start("percent") if points else match.end() :])
    if percent and not points:
        beside = frozenset({"percent"})
    return plain if plain.is_year else replace(plain, unit=beside)


def _below_hundred(han: str) -> int:
    """The value of Chinese digits from 一 to 九十九."""
    tens, ten, ones = han.rpartition("十")
    return (10 * _HAN_DIGITS.get(tens, 1) if ten else 0) + _HAN_DIGITS.get(ones, 0)


def same(a: Amount, b: Amount) -> bool:
    """Whether two numbers have the same value and units that go together; one without a scale may take the other's.

    That is for a column in millions, whose cells say 12.
    """
    if conflict(a.unit, b.unit):
        return False
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
