"""A question understood: its words, numbers and years, the parts that it names, the topics of its field.

Pure; it knows the names of the documents asked, not what stands in them, nor how they are searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from retrieval.lexicon import Lexicon, Place
from retrieval.page_references import without_references
from retrieval.part_references import part_references
from retrieval.terms import STOP_WORDS, stem, terms

_FISCAL = re.compile(
    r"(?<![A-Za-z])(?:FY|CY|F)\s?['’]?(\d{4}|\d{2})(?!\d)|(?<![A-Za-z])Q[1-4]\s?['’]?\s?(\d{4})(?!\d)", re.IGNORECASE
)
_QUARTER = re.compile(r"(?<![A-Za-z])Q([1-4])(?=\d|\W|$)", re.IGNORECASE)
_ORDINALS = ("first", "second", "third", "fourth")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_WORD = re.compile(r"[a-z]+")
_SHORTEST_NAME = 3
_MOST_TITLES = 4
_MOST_ITEMS = 12


@dataclass(frozen=True, slots=True)
class Query:
    """A question understood.

    `plain` is freed of page references, of filler and of how to answer. `terms` are its, in order, each once;
    `numbers` and `years` are among them. `joined` maps neighbouring words as one to the two terms: "best buy" is
    "bestbuy" in a file's name. `parts` are as in `retrieval.part_references`, `kinds` as in `retrieval.lexicon`;
    `places` and `sought` are those of its topics.
    """

    text: str
    plain: str
    terms: tuple[str, ...]
    numbers: frozenset[str]
    years: frozenset[str]
    joined: Mapping[str, tuple[str, str]]
    parts: frozenset[str]
    kinds: frozenset[str]
    places: tuple[Place, ...]
    sought: tuple[str, ...]

    @property
    def wording(self) -> str:
        """What to look for by words."""
        return " ".join((self.plain, *self.joined))

    @property
    def expansion(self) -> str:
        """What else to look for: the words of the headings of its topics and beside them; empty without a topic."""
        titles = [title for place in self.places for title in place.titles[:_MOST_TITLES]]
        items = [item for place in self.places for item in place.items[:_MOST_ITEMS]]
        return " ".join(dict.fromkeys(" ".join((*self.sought, *titles, *items)).split()))


def understand(text: str, lexicon: Lexicon, names: Iterable[str] = ()) -> Query:
    """Reads a question; `names` are those of the documents asked.

    A name that the question spells out is set apart, so that no Chinese term goes over its end.
    """
    plain = spelled_out(lexicon.plain(set_apart(without_references(text) or text, names)))
    found = tuple(dict.fromkeys(terms(plain)))
    topics = lexicon.topics_of(text)
    sought = dict.fromkeys(one for topic in topics for one in topic.sought if not set(one.split()) <= set(found))
    return Query(
        text=text,
        plain=plain,
        terms=found,
        numbers=frozenset(term for term in found if term[0].isdigit()),
        years=frozenset(_YEAR.findall(plain)),
        joined=_joined(plain),
        parts=part_references(text),
        kinds=lexicon.kinds_of(text),
        places=tuple(dict.fromkeys(place for topic in topics for place in topic.places)),
        sought=tuple(sought),
    )


def set_apart(text: str, names: Iterable[str]) -> str:
    """The text with a mark on both sides of every name in it, over which no term goes."""
    for name in names:
        if len(name) >= _SHORTEST_NAME and name in text:
            text = text.replace(name, f" ‖{name}‖ ")
    return text


def spelled_out(text: str) -> str:
    """Fiscal years and quarters as documents write them: "FY22" as "fiscal 2022", "Q2" as "second quarter"."""

    def year(found: re.Match[str]) -> str:
        digits = found[1] or found[2]
        return f"{found[0][:2]} {digits}" if found[2] else f"fiscal {digits if len(digits) == 4 else f'20{digits}'}"

    return _QUARTER.sub(lambda found: f"{_ORDINALS[int(found[1]) - 1]} quarter", _FISCAL.sub(year, text))


def _joined(plain: str) -> dict[str, tuple[str, str]]:
    words = _WORD.findall(plain.lower())
    pairs = zip(words, words[1:], strict=False)
    return {stem(a + b): (stem(a), stem(b)) for a, b in pairs if a not in STOP_WORDS and b not in STOP_WORDS}
