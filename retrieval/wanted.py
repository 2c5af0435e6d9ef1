"""What a question wants found: its terms with what each weighs in the documents asked, its pairs of neighbours.

Pure; it knows pages by their profiles, not how pages are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from retrieval.profiles import Profile
from retrieval.query import Query

_SOUGHT = 4  # words beside the topic, of which fewer do not count more each


class Wanted:
    """A query weighed. `weights`: the idf of each of its terms in the scope asked."""

    def __init__(self, query: Query, rarity: Mapping[str, float]) -> None:
        self.query = query
        self.weights = {term: rarity.get(term, 0.0) for term in query.terms}
        self.terms = frozenset(self.weights)
        self._total = sum(self.weights.values()) or 1.0
        self._pairs = [
            (left, right, f" {left} {right} ", self.weights[left] + self.weights[right])
            for left, right in zip(query.terms, query.terms[1:], strict=False)
        ]
        self._pairs_total = sum(weight for *_, weight in self._pairs) or 1.0
        self._sought = [f" {words} " for words in query.sought]
        self._says = {term: {term} for term in query.terms}
        for word, pair in query.joined.items():
            self._says[word] = self._says.get(word, set()) | self.terms.intersection(pair)
        self._said: dict[str, frozenset[str]] = {}
        self._beyond: dict[str, Wanted] = {}

    def weight(self, held: Iterable[str]) -> float:
        """The weight of some of the query's terms together."""
        return sum([self.weights[term] for term in held])

    def share_of(self, weight: float) -> float:
        return weight / self._total

    def share(self, held: Iterable[str]) -> float:
        """The weight of some of its terms, of that of all."""
        return self.weight(held) / self._total

    def said_by(self, name: str) -> frozenset[str]:
        """The terms of the query that a document's name says; `name`: its terms with spaces between."""
        if name not in self._said:
            self._said[name] = frozenset().union(*[self._says[term] for term in name.split() if term in self._says])
        return self._said[name]

    def name_share(self, name: str) -> float:
        """The share of the query that a document's name says, by rarity."""
        return self.share(self.said_by(name))

    def beyond(self, name: str) -> Wanted:
        """What is left to find in a document of that name: terms that the name says weigh nothing.

        They stand over every page of it, so that they tell none from another.
        """
        if name not in self._beyond:
            said = self.said_by(name)
            left = {term: 0.0 if term in said else weight for term, weight in self.weights.items()}
            self._beyond[name] = Wanted(self.query, left) if said else self
        return self._beyond[name]

    def pairs_share(self, text: str, held: Set[str]) -> float:
        """The share of its pairs that are neighbours in a text of terms, of which it holds `held`."""
        found = [weight for left, right, pair, weight in self._pairs if left in held and right in held and pair in text]
        return sum(found) / self._pairs_total

    def sought_share(self, text: str) -> float:
        """The share of what stands beside its topics that the text holds."""
        return sum([words in text for words in self._sought]) / max(len(self._sought), _SOUGHT)

    def held_by_chunk(self, profile: Profile | None) -> dict[int, float]:
        """How much of the query each chunk of a page holds, by ordinal: its terms, and what stands beside its topics.

        0 to 2; none without a profile.
        """
        if profile is None:
            return {}
        return {
            chunk.ordinal: self.share(held) + (self.sought_share(f" {chunk.terms} ") if self._sought else 0.0)
            for chunk, held in zip(profile.chunks, profile.held_by_chunk(self.weights), strict=True)
        }
