"""BM25 over open shards of the keyword index: what terms weigh in a scope, its best entries, the profiles of pages.

It does not know the library, nor how shards follow it.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tantivy

from retrieval.hits import Candidate
from retrieval.profiles import Profile, loads
from retrieval.scope import ALL_PAGES, PageRanges, Pages
from retrieval.shards import FIELDS, OpenShard, Unit, page_key, schema

_FIELD_BOOSTS = dict(zip(FIELDS, (1.0, 0.3), strict=True))
_AHEAD = 2  # times a part's share of the entries that are wanted is asked of it at first,
_MARGIN = 16  # and so many more
_SCOPES = 32  # of which the counts are kept
_COUNTED = 20_000  # terms
_PROFILES = 4096  # of some 10 kB


def idf(documents: int, holding: int) -> float:
    """BM25's inverse document frequency as Lucene has it: ln(1 + (N - n + 0.5) / (n + 0.5))."""
    return math.log1p((documents - holding + 0.5) / (holding + 0.5))


class Scopes:
    """The scopes asked last over a set of shards, with what they have counted. Safe from several threads."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._known: dict[tuple[Unit, frozenset[str], frozenset[tuple[str, PageRanges]]], list[ShardScope]] = {}

    def of(
        self, shards: Sequence[OpenShard], unit: Unit, scope: frozenset[str], pages: Pages = ALL_PAGES
    ) -> list[ShardScope]:
        """The shards that hold some of the documents."""
        key = (unit, scope, frozenset((one, ranges) for one, ranges in pages.items() if one in scope))
        with self._turn:
            found = self._known.pop(key, None)
            if found is None or any(one.full for one in found):
                held = [(one, scope & one.document_ids) for one in shards]
                found = [ShardScope(one, unit, inside, pages) for one, inside in held if inside]
            self._known[key] = found
            if len(self._known) > _SCOPES:
                del self._known[next(iter(self._known))]
            return found


class ShardScope:
    """The entries of one shard in the documents allowed, which are some or all of the shard's, on the pages asked."""

    def __init__(self, one: OpenShard, unit: Unit, allowed: frozenset[str], pages: Pages = ALL_PAGES) -> None:
        self._unit = one.units[unit]
        self._searcher = self._unit.searcher
        self._holders = {number: document_id for number, document_id in one.holders.items() if document_id in allowed}
        self._clean = self._searcher.num_docs == self._unit.total
        self._inside: tantivy.Query | None = None
        if parts := {document_id: pages[document_id] for document_id in sorted(allowed & pages.keys())}:
            self._inside = _on_pages(sorted(allowed - parts.keys()), parts)
        elif len(allowed) < len(one.document_ids):
            self._inside = _of_documents(sorted(allowed))
        self._holding: dict[str, int] = {}
        self._size: int | None = None

    def _count(self, query: tantivy.Query) -> int:
        return int(self._searcher.search(query, 1, count=True).count or 0)  # type: ignore[attr-defined]

    @property
    def full(self) -> bool:
        """Whether it has counted so many terms that they are better forgotten."""
        return len(self._holding) > _COUNTED

    def size(self) -> int:
        if self._size is None:
            self._size = self._searcher.num_docs if self._inside is None else self._count(self._inside)
        return self._size

    def holding(self, term: str) -> int:
        """How many entries hold the term in any field."""
        if term not in self._holding:
            self._holding[term] = self._count_holding(term)
        return self._holding[term]

    def _count_holding(self, term: str) -> int:
        held = self._unit.held(term)
        if not held:
            return 0
        if len(held) == 1 and self._inside is None and self._clean:
            return next(iter(held.values()))
        queries = [tantivy.Query.term_query(schema(), field, term, "freq") for field in held]
        return self._count(self._scoped(_any(queries)))

    def _scoped(self, query: tantivy.Query) -> tantivy.Query:
        if self._inside is None:
            return query
        unscored = tantivy.Query.const_score_query(self._inside, 0.0)
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, unscored), (tantivy.Occur.Must, query)])

    def hits(self, factors: Mapping[str, float], k: int) -> list[tuple[float, tantivy.DocAddress]]:
        """The scores and addresses of the best `k` entries, best first.

        A term's weight in this shard is taken out, `factors` put in its place.
        """
        clauses: list[tuple[tantivy.Occur, tantivy.Query]] = []
        for term, factor in factors.items():
            if not factor:
                continue
            for field, count in self._unit.held(term).items():
                query = tantivy.Query.term_query(schema(), field, term, "freq")
                boost = _FIELD_BOOSTS[field] * factor / idf(self._unit.total, count)
                clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, boost)))
        if not clauses:
            return []
        return self._searcher.search(self._scoped(tantivy.Query.boolean_query(clauses)), k, count=False).hits

    def candidates(self, hits: Sequence[tuple[float, tantivy.DocAddress]]) -> Iterator[Candidate | None]:
        """What each of its hits stands for; None for entries of documents that are gone."""
        places = self._unit.places([address for _, address in hits])
        for (score, _), (number, page, ordinal) in zip(hits, places, strict=True):
            holder = self._holders.get(number)
            yield None if holder is None else Candidate(holder, page, ordinal, score)


def best(parts: Sequence[ShardScope], factors: Mapping[str, float], k: int) -> list[Candidate]:
    """The best `k` entries of all parts; of no others is it read where they stand.

    Each of several parts is asked for its share at first, and for all `k` where its last one would be among the best.
    """
    share = min(k, _AHEAD * k // max(len(parts), 1) + _MARGIN)
    hits = [part.hits(factors, share) for part in parts]
    if share < k:
        every = sorted([score for found in hits for score, _ in found], reverse=True)
        floor = every[k - 1] if len(every) >= k else -math.inf
        for number, found in enumerate(hits):
            if len(found) == share and found[-1][0] >= floor:
                hits[number] = parts[number].hits(factors, k)
    scores = np.array([score for found in hits for score, _ in found])
    owners = np.repeat(np.arange(len(parts)), [len(found) for found in hits])
    order = np.argsort(-scores, kind="stable")
    taken = [0] * len(parts)
    kept: list[Candidate] = []
    for start in range(0, len(order), max(k, 1)):
        some = owners[order[start : start + k]].tolist()
        turns = {}
        for number, count in Counter(some).items():
            turns[number] = parts[number].candidates(hits[number][taken[number] : taken[number] + count])
            taken[number] += count
        kept += [candidate for number in some if (candidate := next(turns[number])) is not None]
        if len(kept) >= k:
            break
    return kept[:k]


def _of_documents(ids: Sequence[str]) -> tantivy.Query:
    """A set of terms costs as much as five terms: it is walked through with all documents' names."""
    if len(ids) == 1:
        return tantivy.Query.term_query(schema(), "document", ids[0], "basic")
    return tantivy.Query.term_set_query(schema(), "document", list(ids))


def _on_pages(whole: Sequence[str], parts: Pages) -> tantivy.Query:
    """All of the documents that are asked `whole`, and of each of the `parts` its pages."""
    either = [_of_documents(whole)] if whole else []
    for document_id, ranges in parts.items():
        numbers = [
            tantivy.Query.range_query(schema(), "page", tantivy.FieldType.Unsigned, first, last)
            for first, last in ranges
        ]
        both = [_of_documents([document_id]), _any(numbers)]
        either.append(tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in both]))
    return _any(either)


def _any(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


class Profiles:
    """The profiles of pages, the `most` asked for last kept. Safe from several threads."""

    def __init__(self, most: int = _PROFILES) -> None:
        self._most = most
        self._turn = threading.Lock()
        self._kept: dict[tuple[str, tuple[str, int]], Profile] = {}  # folder of the shard, page -> profile

    def of(self, one: OpenShard, pages: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Profile]:
        """Of the pages of a shard by (document id, number); one that is not in it is left out."""
        folder = one.shard.folder
        with self._turn:
            known = {page: kept for page in pages if (kept := self._kept.pop((folder, page), None)) is not None}
            self._keep(folder, known)
        missing = [page for page in pages if page not in known]
        if missing:
            read = _read_profiles(one, missing)
            with self._turn:
                self._keep(folder, read)
            known |= read
        return known

    def _keep(self, folder: str, profiles: Mapping[tuple[str, int], Profile]) -> None:
        for page, profile in profiles.items():
            self._kept[folder, page] = profile
        while len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]


def _read_profiles(one: OpenShard, pages: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Profile]:
    unit = one.units["page"]
    # a set of terms would be walked through with the names of all pages
    query = _any([tantivy.Query.term_query(schema(), "key", page_key(*page), "basic") for page in pages])
    addresses = [address for _, address in unit.searcher.search(query, len(pages), count=False).hits]
    found = {}
    for address, (number, page, _) in zip(addresses, unit.places(addresses), strict=True):
        kept = unit.searcher.doc(address).get_first("profile")
        found[one.holders[number], page] = loads(bytes(kept or b""))
    return found
