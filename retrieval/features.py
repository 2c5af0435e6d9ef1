"""What speaks for a page as the place of an answer, in numbers.

Pure; it does not know how these are weighed (`retrieval.ranker` does). They are shares from 0 to 1, so that they mean
the same in every language and document; a feature that knows a document would be a defect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.profiles import Profile
from retrieval.wanted import Wanted

PageKey = tuple[str, int]  # document id, page number
Floats = NDArray[np.float64]

FEATURES = {
    "fused": "what the branches together say, of the best page's",
    "page_rank": "1 / rank by the page's words",
    "vector_rank": "1 / rank by vectors",
    "vector": "cosine of the nearest chunk, over that of the worst page found by vectors",
    "chunk": "rarity of the question's terms that one chunk holds",
    "section": "the same, the headings above the chunk included",
    "window": "the same within 24 terms of a chunk",
    "near_figure": "the same close to a number, where an amount is asked for",
    "pairs": "rarity of neighbours in the question that are neighbours on the page",
    "heading": "how much of a heading on the page the question says",
    "numbers": "share of the question's numbers, years left out, on the page",
    "years": "share of the question's years on the page",
    "part": "whether a table, figure or section begins here that the question names",
    "name": "rarity of the question's terms that the document's name says",
    "document": "rarity of the question's terms that the document's candidates hold together",
    "document_best": "what the words say for the document's best page",
    "title": "how well a heading names a place where the topic asked for stands",
    "statement": "how surely the page is a statement, such as a balance sheet, where the topic stands",
    "sought": "share of the words on the page that stand beside the topic asked for",
    "figures_asked": "share of numbers among the page's terms, where an amount is asked for",
    "picture_asked": "whether a figure's caption stands here, where a picture is asked for",
    "contents": "share of lines that are entries of a table of contents",
    "contents_asked": "the same, where the contents are asked for",
    "first": "whether it is the first page",
    "front_asked": "the same, where what stands there is asked for",
    "late": "where in the document the page stands, 0 to 1",
}
"""The features by name, in the order of the columns, and what each says."""

BY_VECTORS = frozenset({"vector", "vector_rank"})

_COLUMN = {name: column for column, name in enumerate(FEATURES)}
_BRANCHES = [_COLUMN[name] for name in ("fused", "page_rank", "vector_rank", "vector", "document_best", "late")]
_SHARES = slice(_COLUMN["chunk"], _COLUMN["part"] + 1)
_KINDS = slice(_COLUMN["title"], _COLUMN["front_asked"] + 1)
_WINDOW = 24
_NEAR = 6  # terms between a number and what it counts
_TOP = 24  # terms at the top of a page among which a statement's title stands
_LINES = 5  # of a statement, that make it sure
_PICTURES = ("figure ", "chart ", "exhibit ")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A candidate page: its profile, and what the branches said of it.

    `name`: the terms of its document's name, with spaces between; `pages` counts the document's. `fused` and
    `page_bm25` are scores (0 where there is none), `cosine` the best of its chunks', ranks count from 1.
    """

    page: PageKey
    profile: Profile
    name: str
    pages: int
    fused: float = 0.0
    page_bm25: float = 0.0
    page_rank: int | None = None
    cosine: float = 0.0
    vector_rank: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a page holds of a query, whatever the branches say of it. `held`: the query's terms on it.

    `row` is in the order of `FEATURES`; what needs branches or other pages is 0 yet.
    """

    held: Set[str]
    row: Sequence[float]


class Looks:
    """What pages hold of a query: each is looked at once."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._known: dict[PageKey, Look] = {}

    def at(self, page: PageKey, profile: Profile, name: str) -> Look:
        """`name`: the terms of the document's name, with spaces between."""
        if page not in self._known:
            self._known[page] = _Here(self.wanted.beyond(name), profile).look()
        return self._known[page]


def features(looks: Looks, found: Sequence[Evidence]) -> Floats:
    """float64, one row a page, one column for each of `FEATURES`."""
    if not found:
        return np.zeros((0, len(FEATURES)))
    each = [looks.at(one.page, one.profile, one.name) for one in found]
    matrix = np.array([look.row for look in each], dtype=np.float64)
    matrix[:, _BRANCHES] = [
        (
            one.fused,
            1 / one.page_rank if one.page_rank else 0.0,
            1 / one.vector_rank if one.vector_rank else 0.0,
            one.cosine,
            one.page_bm25,
            one.profile.number / max(one.pages, 1),
        )
        for one in found
    ]
    _compare(matrix)
    _by_document(matrix, looks.wanted, found, [look.held for look in each])
    return matrix


class _Here:
    """One page under a query."""

    def __init__(self, wanted: Wanted, profile: Profile) -> None:
        self._wanted = wanted
        self._profile = profile
        self._text = profile.text
        self._held: set[str] = set()
        self._chunk = self._section = self._window = self._near = 0.0
        self._scan_chunks()

    def _scan_chunks(self) -> None:
        wanted, weights, profile = self._wanted, self._wanted.weights, self._profile
        headings = wanted.terms & profile.heads
        scanned = []
        for chunk, here in zip(profile.chunks, profile.held_by_chunk(weights), strict=True):
            weight = wanted.weight(here)
            above = wanted.weight(headings.difference(here)) if headings else 0.0
            self._section = max(self._section, weight + above)
            if here:
                self._held.update(here)
                scanned.append((weight, chunk))
        scanned.sort(key=lambda one: -one[0])
        self._chunk = scanned[0][0] if scanned else 0.0
        quantity = "quantity" in wanted.query.kinds
        for weight, chunk in scanned:
            if weight <= self._window and not (quantity and weight > self._near):
                break  # no window of this chunk or of those that follow can be better
            places = chunk.places(weights.keys())
            if weight > self._window:
                self._window = max(self._window, best_window(places, weights, _WINDOW))
            if quantity and weight > self._near:
                close = near(places, chunk.numbers(wanted.query.years))
                self._near = max(self._near, best_window(close, weights, _WINDOW))

    def look(self) -> Look:
        profile, wanted, held = self._profile, self._wanted, self._held
        query = wanted.query
        title, statement = self._at_place()
        first = float(profile.number == 1)
        row = [0.0] * len(FEATURES)
        row[_SHARES] = (
            wanted.share_of(self._chunk),
            wanted.share_of(self._section),
            wanted.share_of(self._window),
            wanted.share_of(self._near),
            wanted.pairs_share(self._text, held),
            self._heading(),
            _share(query.numbers - query.years, held),
            _share(query.years, held),
            float(not query.parts.isdisjoint(profile.parts)),
        )
        row[_KINDS] = (
            title,
            statement,
            wanted.sought_share(self._text),
            min(profile.figures * 2, 1.0) * ("quantity" in query.kinds),
            float("figure" in query.kinds and any(part.startswith(_PICTURES) for part in profile.parts)),
            profile.contents,
            profile.contents * ("contents" in query.kinds),
            first,
            first * ("front" in query.kinds),
        )
        return Look(held, row)

    def _heading(self) -> float:
        """Of the best heading, the share of its terms (and of one more, so that long ones count more) in the query."""
        wanted, each = self._wanted.terms, self._profile.by_heading
        return max([len(terms & wanted) / (len(terms) + 1) for terms in each], default=0.0)

    def _at_place(self) -> tuple[float, float]:
        """How well a heading names one of the query's places, and how surely the page is such a statement.

        A statement has the place's title at its top, five of its lines, and a third of numbers among its terms.
        """
        title = statement = 0.0
        places, profile = self._wanted.query.places, self._profile
        start = " ".join(self._text.split(" ", _TOP + 1)[: _TOP + 1]) + " " if places else ""
        for place in places:
            for heading in profile.headings:
                for words in place.titles:
                    if f" {words} " in f" {heading} ":
                        title = max(title, ((words.count(" ") + 1) / (heading.count(" ") + 1)) ** 0.5)
            if any(f" {words} " in start for words in place.titles):
                lines = sum(f" {item} " in self._text for item in place.items)
                statement = max(statement, min(lines / _LINES, 1.0) * min(profile.figures * 3, 1.0))
        return title, statement


def best_window(places: Sequence[tuple[int, str]], weights: Mapping[str, float], length: int) -> float:
    """The most weight of distinct terms that stand within `length` places; `places`: (place, term) in order."""
    inside: dict[str, int] = {}
    start, weight, best = 0, 0.0, 0.0
    for place, term in places:
        inside[term] = inside.get(term, 0) + 1
        if inside[term] == 1:
            weight += weights[term]
        while place - places[start][0] >= length:
            left = places[start][1]
            inside[left] -= 1
            if not inside[left]:
                weight -= weights[left]
            start += 1
        best = max(best, weight)
    return best


def near(places: Sequence[tuple[int, str]], numbers: Sequence[int]) -> Sequence[tuple[int, str]]:
    """Those of the places that stand close to one of the numbers' places."""
    close, following = [], 0
    for place in places:
        while following < len(numbers) and numbers[following] < place[0] - _NEAR:
            following += 1
        if following < len(numbers) and numbers[following] <= place[0] + _NEAR:
            close.append(place)
    return close


def _compare(matrix: Floats) -> None:
    """Scales what the branches said to the candidates' best, and cosines to their worst, in place."""
    for name in ("fused", "document_best"):
        column = matrix[:, _COLUMN[name]]
        column /= max(column.max(), 1e-9)
    column = matrix[:, _COLUMN["vector"]]
    known = column > 0
    if known.any():
        column[known] -= column[known].min()


def _by_document(matrix: Floats, wanted: Wanted, found: Sequence[Evidence], held: Sequence[Set[str]]) -> None:
    """Fills in what holds for a page's document, in place."""
    together: dict[str, set[str]] = {}
    best: dict[str, float] = {}
    for one, here, score in zip(found, held, matrix[:, _COLUMN["document_best"]].tolist(), strict=True):
        document = one.page[0]
        if document not in together:
            together[document] = set(wanted.said_by(one.name))
        together[document] |= here
        best[document] = max(best.get(document, 0.0), score)
    shares = {document: wanted.share(terms) for document, terms in together.items()}
    matrix[:, _COLUMN["name"]] = [wanted.name_share(one.name) for one in found]
    matrix[:, _COLUMN["document"]] = [shares[one.page[0]] for one in found]
    matrix[:, _COLUMN["document_best"]] = [best[one.page[0]] for one in found]


def _share(wanted: Set[str], held: Set[str]) -> float:
    return len(wanted & held) / len(wanted) if wanted else 0.0
