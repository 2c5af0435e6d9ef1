"""What a number counts, as far as the words beside it tell: a currency, a measure, percentage points.

It knows no values. A unit is a set of what it may be: "$" may be any dollar, 元 any yuan; none where nothing is told.
"""

from __future__ import annotations

import re

NO_UNIT: frozenset[str] = frozenset()

_DOLLARS = "usd hkd twd aud cad sgd"
_BEFORE = {
    "US$": "usd", "HK$": "hkd", "NT$": "twd", "A$": "aud", "C$": "cad", "S$": "sgd", "$": _DOLLARS, "€": "eur",
    "£": "gbp", "¥": "cny jpy", "RMB": "cny", "人民币": "cny", "人民幣": "cny", "USD": "usd", "EUR": "eur",
    "HKD": "hkd",
}  # fmt: skip
_AFTER = {
    "美元": "usd", "美金": "usd", "港元": "hkd", "港币": "hkd", "港幣": "hkd", "欧元": "eur", "歐元": "eur",
    "英镑": "gbp",
    "英鎊": "gbp", "日元": "jpy", "日圆": "jpy", "元": "cny twd", "us dollars?": "usd", "u.s. dollars?": "usd",
    "dollars?": _DOLLARS, "euros?": "eur", "yuan": "cny", "rmb": "cny", "yen": "jpy", "pounds?": "gbp lb",
    "percentage points?": "points", "个百分点": "points", "個百分點": "points", "basis points?": "bp", "个基点": "bp",
    "days?": "day", "天": "day", "日": "day", "weeks?": "week", "周": "week", "months?": "month", "个月": "month",
    "個月": "month", "years?": "year", "年": "year", "hours?": "hour", "小时": "hour", "小時": "hour",
    "minutes?": "minute",
    "分钟": "minute", "分鐘": "minute", "kilometers?": "km", "kilometres?": "km", "km": "km", "公里": "km",
    "miles?": "mile",
    "metric tons?": "tonne", "tonnes?": "tonne", "tons?": "tonne", "吨": "tonne", "噸": "tonne", "kg": "kg",
    "kilograms?": "kg", "公斤": "kg", "千克": "kg", "平方米": "m2", "亩": "mu", "毫米": "mm", "mm": "mm",
    "厘米": "cm", "cm": "cm",
    "米": "m", "meters?": "m", "metres?": "m", "inch(?:es)?": "inch", "英寸": "inch", "feet": "foot", "foot": "foot",
    "股": "share", "shares?": "share", "人": "person", "people": "person", "employees?": "person", "家": "firm",
}  # fmt: skip
_MEANINGS = {
    re.sub(r"s\?$|\(\?:es\)\?$", "", name).casefold(): frozenset(what.split()) for name, what in _AFTER.items()
}
_SIGN = re.compile("(?:" + "|".join(re.escape(name) for name in sorted(_BEFORE, key=len, reverse=True)) + r")\s?$")
_WORD = re.compile(
    r"\s?-?(?P<word>" + "|".join(sorted(_AFTER, key=len, reverse=True)) + r")(?![a-z])(?!均|次|民)", re.IGNORECASE
)


def unit_beside(before: str, after: str) -> frozenset[str]:
    """The unit of a number between two texts; empty where none stands beside it."""
    sign = _SIGN.search(before[-6:])
    if sign:
        return frozenset(_BEFORE[sign[0].strip()].split())
    word = _WORD.match(after)
    if word is None:
        return NO_UNIT
    said = word["word"].casefold()
    return (
        _MEANINGS.get(said) or _MEANINGS.get(said.removesuffix("s")) or _MEANINGS.get(said.removesuffix("es"), NO_UNIT)
    )


def conflict(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two units are told and cannot be one."""
    return bool(one) and bool(other) and one.isdisjoint(other)
