"""How near an answer comes to the one that people gave: words, characters, numbers. Pure functions over two texts.

Chinese and Japanese are compared character by character, everything else word by word. It does not know which question
was asked, and looks at no citation.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Sequence
from decimal import Decimal

from ingest.flow import is_cjk
from prompts.amounts import Amount, amounts_in

_TOKEN = re.compile(r"(?:(?<![\w)\]])[-\u2212])?\d+(?:,\d{3})*(?:\.\d+)?|%|[^\W\d_]+|\d+")
_ARTICLES = frozenset({"a", "an", "the"})

_CHRF_ORDER = 6
_CHRF_BETA = 2

_UNSTATED_SCALES = (0, 3, 4, 6, 8, 9)  # what a number without a unit may be counted in: thousands, 万, millions, …
_ROUNDED_DIGITS = 2  # significant digits that an answer needs to pass for a rounded one

_DOLLARS = frozenset({"usd", "hkd", "twd", "aud", "cad", "sgd"})
_BEFORE = {
    "us$": {"usd"}, "hk$": {"hkd"}, "nt$": {"twd"}, "a$": {"aud"}, "c$": {"cad"}, "s$": {"sgd"}, "$": _DOLLARS,
    "€": {"eur"}, "£": {"gbp"}, "¥": {"cny", "jpy"}, "rmb": {"cny"}, "人民币": {"cny"}, "人民幣": {"cny"},
}  # fmt: skip
_AFTER = {
    "us dollar": {"usd"}, "dollar": _DOLLARS, "euro": {"eur"}, "pound": {"gbp"}, "yen": {"jpy"}, "yuan": {"cny"},
    "rmb": {"cny"}, "美元": {"usd"}, "港元": {"hkd"}, "港币": {"hkd"}, "港幣": {"hkd"}, "欧元": {"eur"},
    "歐元": {"eur"}, "英镑": {"gbp"}, "英鎊": {"gbp"}, "日元": {"jpy"}, "日圆": {"jpy"}, "人民币": {"cny"},
    "人民幣": {"cny"}, "新台币": {"twd"}, "新臺幣": {"twd"}, "元": {"cny", "hkd", "twd"},
}  # fmt: skip
_CODES = {code: {code} for code in ("usd", "hkd", "twd", "aud", "cad", "sgd", "eur", "gbp", "jpy", "cny")}


def tokens(text: str) -> list[str]:
    """Words in lower case, numbers without thousands separators, "%", and each Chinese character by itself."""
    even = unicodedata.normalize("NFKC", text).casefold()
    found: list[str] = []
    for match in _TOKEN.finditer(even):
        token = match[0].replace(",", "").replace("\u2212", "-")
        found += re.findall(r"[\u0000-\u2e7f]+|.", token) if any(map(is_cjk, token)) else [token]
    return found


def _said(text: str) -> list[str]:
    return [token for token in tokens(text) if token not in _ARTICLES]


def exact_match(answer: str, gold: str) -> float:
    """1 when both have the same tokens, articles and punctuation aside, else 0 (SQuAD; Rajpurkar et al., 2016)."""
    return float(_said(answer) == _said(gold))


def _f1(shared: float, answer: int, gold: int) -> float:
    """2PR / (P + R) with P = shared / answer and R = shared / gold; two empty sides are equal."""
    return 2 * shared / (answer + gold) if answer + gold else 1.0


def token_f1(answer: str, gold: str) -> float:
    """F1 of the two bags of tokens, articles aside (SQuAD; Rajpurkar et al., 2016)."""
    one, other = Counter(_said(answer)), Counter(_said(gold))
    return _f1((one & other).total(), one.total(), other.total())


def common_subsequence(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """Length of the longest common subsequence, by Hyyrö's bit-parallel recurrence (2004) over one integer.

    With V all ones and M_c the places of c in `one`: for each c of `other`, U = V & M_c, V = (V + U) | (V - U); the
    length is the number of zeros of V.
    """
    places: dict[Hashable, int] = {}
    for index, item in enumerate(one):
        places[item] = places.get(item, 0) | 1 << index
    full = (1 << len(one)) - 1
    state = full
    for item in other:
        met = state & places.get(item, 0)
        state = ((state + met) | (state - met)) & full
    return len(one) - state.bit_count()


def rouge_l(answer: str, gold: str) -> float:
    """ROUGE-L: F1 of the longest common subsequence of tokens, P = L / |answer|, R = L / |gold| (Lin, 2004)."""
    one, other = tokens(answer), tokens(gold)
    return _f1(common_subsequence(one, other), len(one), len(other))


def _grams(text: str, size: int) -> Counter[str]:
    return Counter(text[start : start + size] for start in range(len(text) - size + 1))


def chrf(answer: str, gold: str) -> float:
    """chrF2, from 0 to 1: (1 + β²)PR / (β²P + R), β = 2, of character n-grams without white space (Popović, 2015).

    P and R are means over the orders n = 1 … 6 of which both texts have some, as in sacreBLEU.
    """
    one, other = ("".join(text.split()) for text in (answer, gold))
    precision, recall, orders = 0.0, 0.0, 0
    for size in range(1, _CHRF_ORDER + 1):
        mine, theirs = _grams(one, size), _grams(other, size)
        if mine and theirs:
            shared = (mine & theirs).total()
            precision += shared / mine.total()
            recall += shared / theirs.total()
            orders += 1
    if not precision or not recall:
        return float(one == other)
    precision, recall = precision / orders, recall / orders
    return (1 + _CHRF_BETA**2) * precision * recall / (_CHRF_BETA**2 * precision + recall)


def _currencies(text: str, amount: Amount) -> frozenset[str]:
    """The currencies that an amount may be in; empty when none is named."""
    before = unicodedata.normalize("NFKC", text[: amount.start]).casefold().rstrip()
    after = unicodedata.normalize("NFKC", text[amount.end :]).casefold().lstrip()
    ahead, behind = _BEFORE | _CODES, _AFTER | _CODES
    for sign in sorted(ahead, key=len, reverse=True):
        if before.endswith(sign):
            return frozenset(ahead[sign])
    for sign in sorted(behind, key=len, reverse=True):
        if after.startswith(sign):
            return frozenset(behind[sign])
    return frozenset()


def _rounding(amount: Amount) -> Decimal:
    """Half of the last written place, in the amount's own unit."""
    return Decimal(5).scaleb(-amount.places - 1)


def _is_within(answer: Amount, gold: Amount, shift: int) -> bool:
    """Whether `answer` × 10**`shift` and `gold`, as written, are one number, one of them perhaps rounded."""
    stated, exact = answer.written.scaleb(shift), gold.written
    apart = abs(stated - exact)
    mine, theirs = _rounding(answer).scaleb(shift), _rounding(gold)
    rounded = mine <= theirs or len(answer.written.as_tuple().digits) >= _ROUNDED_DIGITS
    return apart == 0 or apart <= (max(mine, theirs) if rounded else theirs)


def _shifts(answer: Amount, gold: Amount) -> set[int]:
    """By which powers of ten the written numbers may differ: as their units say, or as a missing unit leaves open."""
    if answer.percent != gold.percent:
        if answer.scale or gold.scale:
            return set()
        return {0, 2 if gold.percent else -2}
    if answer.percent or (answer.scale and gold.scale) or answer.scale == gold.scale:
        return {answer.scale - gold.scale}
    if gold.scale:
        return {scale - gold.scale for scale in _UNSTATED_SCALES}
    return {answer.scale - scale for scale in _UNSTATED_SCALES}


def _same_amount(answer: Amount, gold: Amount) -> bool:
    if gold.is_year or answer.is_year:
        return answer.value == gold.value
    return any(_is_within(answer, gold, shift) for shift in _shifts(answer, gold))


def number_match(answer: str, gold: str) -> float | None:
    """1 when every number of `gold` stands in `answer`, else 0; None when `gold` has none.

    Numbers are equal in value, units applied (17.6 billion = 17,606 million, 1.2亿 = 12,000万), within half of the last
    place that the coarser one writes; an answer coarser than the gold needs two digits. Where one side writes no unit
    it may count in thousands, 万, millions, 亿 or billions, and 0.65 is 65 %. Signs are not compared; two different
    currencies never match. Years count only where the gold has nothing else. More numbers in the answer do no harm, so
    read it beside `token_f1`.
    """
    wanted = amounts_in(gold)
    wanted = tuple(amount for amount in wanted if not amount.is_year) or wanted
    if not wanted:
        return None
    offered = [(amount, _currencies(answer, amount)) for amount in amounts_in(answer)]

    def is_met(amount: Amount) -> bool:
        currencies = _currencies(gold, amount)
        return any(
            _same_amount(other, amount) and not (currencies and theirs and currencies.isdisjoint(theirs))
            for other, theirs in offered
        )

    return float(all(map(is_met, wanted)))
