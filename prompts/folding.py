"""Text in a form in which equal statements are equal, with the way back to the characters it came from.

It does not know what is compared, nor why: only NFKC, case, spaces, quotes, dashes, joined hyphens and thousands
separators are evened out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_EVEN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»「」『』", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "‹": "<",
        "›": ">",
        "。": ".",
        "、": ",",
    }
)
_IGNORED = {"Cf", "Cc"}  # format and control characters: soft hyphens, zero-width joiners
HAN = r"\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_DROPPED = re.compile(
    rf"(?<=\d),(?=\d\d\d(?!\d))"  # 17,606
    rf"|(?<=[^\W\d_])-\s*(?=[^\W\d_])"  # long-term, exam-⏎ple
    rf"|(?<=[{HAN}])\s+|\s+(?=[{HAN}])"  # 2022 年
    rf"|\s+(?=[.,;:!?%)\]])|(?<=[(\[])\s+"
)
_HAN_CHARACTER = re.compile(f"[{HAN}]")


@dataclass(frozen=True, slots=True)
class Folded:
    """`text[i]` came from the character at `places[i]` of the original."""

    text: str
    places: tuple[int, ...]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original that `text[start:end]` came from; needs `start < end`."""
        return self.places[start], self.places[end - 1] + 1


def has_han(text: str) -> bool:
    """Whether `text` holds a Chinese (or Japanese) character."""
    return _HAN_CHARACTER.search(text) is not None


def count_han(text: str) -> int:
    """The number of Chinese (or Japanese) characters in `text`."""
    return len(_HAN_CHARACTER.findall(text))


def fold(text: str) -> Folded:
    """`text` evened out. Folding twice changes nothing more."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character.isspace():
            if characters and characters[-1] != " ":
                characters.append(" ")
                places.append(place)
            continue
        if unicodedata.category(character) in _IGNORED:
            continue
        even = unicodedata.normalize("NFKD", character.translate(_EVEN)).casefold().translate(_EVEN)
        for part in even:
            if part != " " or (characters and characters[-1] != " "):
                characters.append(part)
                places.append(place)
    return _without(Folded("".join(characters), tuple(places)))


def _without(folded: Folded) -> Folded:
    dropped = {i for match in _DROPPED.finditer(folded.text) for i in range(*match.span())}
    first = len(folded.text) - len(folded.text.lstrip())
    last = len(folded.text.rstrip())
    kept = [i for i in range(first, last) if i not in dropped]
    return Folded("".join(folded.text[i] for i in kept), tuple(folded.places[i] for i in kept))


def find_folded(needle: str, haystack: Folded) -> list[tuple[int, int]]:
    """Ranges of the original of `haystack` that equal `needle` (already folded), whole words and whole numbers only."""
    found: list[tuple[int, int]] = []
    start = haystack.text.find(needle) if needle else -1
    while start >= 0:
        end = start + len(needle)
        if _apart(haystack.text, start) and _apart(haystack.text, end):
            found.append(haystack.back(start, end))
        start = haystack.text.find(needle, start + 1)
    return found


def _apart(text: str, place: int) -> bool:
    """Whether a word or number may end at `place`: not inside one."""
    if place <= 0 or place >= len(text):
        return True
    before, after = text[place - 1], text[place]
    if has_han(before) or has_han(after):
        return True
    if before.isalnum() and after.isalnum():
        return False
    inside = text[place - 2 : place] if before in ".," else text[place - 1 : place]
    beyond = text[place + 1 : place + 2]
    number_goes_on = before.isdigit() and after in ".," and beyond.isdigit()
    number_began = before in ".," and after.isdigit() and inside[:1].isdigit()
    return not (number_goes_on or number_began)
