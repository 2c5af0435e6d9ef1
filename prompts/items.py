"""A statement as a row of items that can be compared one by one: numbers, dates, words, Chinese characters.

Equal meanings have equal keys. It does not compare.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from prompts import lexicon
from prompts.amounts import Amount, amounts_in
from retrieval.terms import stem

Date = tuple[int, int, int]
"""Year, month, day; 0 where it is not said."""

_MONTH_NAMES = (
    "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
    "september sep sept", "october oct", "november nov", "december dec",
)  # fmt: skip
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_YEAR = r"(?:19|20)\d\d"
_DATE = re.compile(
    rf"(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m1>{_MONTH})(?:,?\s+(?P<y1>{_YEAR})\b)?"
    rf"|\b(?P<m2>{_MONTH})\s+(?P<d2>\d{{1,2}})(?![\d,]\d)(?:st|nd|rd|th)?(?:,?\s+(?P<y2>{_YEAR})\b)?"
    rf"|\b(?P<m3>{_MONTH}),?\s+(?P<y3>{_YEAR})\b"
    rf"|(?P<y4>{_YEAR})\s?年(?:\s?(?P<m4>\d{{1,2}})\s?月(?:\s?(?P<d4>\d{{1,2}})\s?日)?)?"
    rf"|(?<!\d)(?P<m5>\d{{1,2}})\s?月\s?(?P<d5>\d{{1,2}})\s?日"
    rf"|(?<![\d.,$€£¥-])(?P<y6>{_YEAR})(?![\d.,%-]?\d|%)",
    re.IGNORECASE,
)
_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]\s*\n\s*(?=[a-z])|\u00ad")
_WORD = re.compile(
    r"[^\W\d_\u2e80-\u9fff\uf900-\ufaff]+?(?=n['’]t\b)|n['’]t\b|[^\W\d_\u2e80-\u9fff\uf900-\ufaff]+|[\u3400-\u9fff]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Item:
    """`text[start:end]` of a statement. Tokens of equal `key` mean the same. `empty`: it may come and go."""

    key: str
    start: int
    end: int
    amount: Amount | None = None
    date: Date | None = None
    empty: bool = False
    capital: bool = False

    @property
    def negates(self) -> bool:
        return self.key == lexicon.NEGATION


def even(text: str) -> str:
    """`text` with every character in its plain form, and without hyphens at line ends."""
    plain = "".join(c if len(n := unicodedata.normalize("NFKC", c)) != 1 else n for c in text)
    return _BROKEN_WORD.sub("", plain)


@lru_cache(maxsize=4096)
def items(text: str) -> tuple[Item, ...]:
    """The items of a sentence that `even` gave, in order, without punctuation and signs of currencies."""
    found = [_date(match) for match in _DATE.finditer(text)]
    taken = [(item.start, item.end) for item in found]
    for amount in amounts_in(text):
        if not _inside(amount.start, taken):
            key = f"{amount.value.normalize()}{'%' if amount.percent else ''}"
            found.append(Item(key, amount.start, amount.end, amount=amount))
            taken.append((amount.start, amount.end))
    found += _words(text, taken)
    return tuple(sorted(found, key=lambda item: item.start))


@lru_cache(maxsize=4096)
def keys_of(text: str) -> frozenset[str]:
    """The keys of all items of a text, as it stands in a document."""
    return frozenset(one.key for one in items(even(text)))


def _date(match: re.Match[str]) -> Item:
    said = {name[0]: value for name, value in match.groupdict().items() if value}
    month = said.get("m", "0").lower().rstrip(".")
    date = (int(said.get("y", 0)), _MONTHS.get(month) or int(month), int(said.get("d", 0)))
    return Item(f"date {date}", *match.span(), date=date)


def _inside(place: int, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in ranges)


def _words(text: str, taken: Sequence[tuple[int, int]]) -> Iterator[Item]:
    cursor = 0
    for match in _WORD.finditer(text):
        if match.start() < cursor or _inside(match.start(), taken):
            continue
        cursor = match.end()
        word = match[0]
        if ord(word[0]) > 0x2E80:
            word = _chinese_word(text, match.start())
            cursor = match.start() + len(word)
        key = word_key(word)
        yield Item(key, match.start(), cursor, empty=key in lexicon.empty(), capital=word[0].isupper())


def _chinese_word(text: str, start: int) -> str:
    """The longest known word that begins at a place, or its one character."""
    longest = range(lexicon.longest_chinese(), 1, -1)
    return next(
        (text[start : start + n] for n in longest if text[start : start + n] in lexicon.known_words()), text[start]
    )


def word_key(word: str) -> str:
    """The key of a word: what stands for its meaning in the lexicon, or its stem."""
    low = word.casefold().replace("’", "'")
    return lexicon.canonical(low) if low in lexicon.known_words() else stem(low)
