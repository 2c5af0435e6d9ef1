"""The passages on pages that a question names: "page 12" is what is meant, whatever else fits better.

It knows how pages are labelled and what stands on them, not how a name is read (`retrieval.page_references` does).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from ingest.store import Library
from retrieval.candidates import ChunkKey
from retrieval.explain import Trace
from retrieval.features import PageKey
from retrieval.page_references import page_references, said_outside, take_pages
from retrieval.ranking import Weighed
from retrieval.scope import holds
from retrieval.sparse import SparseIndex

_MOST = 50  # documents in which pages that a question names are looked for


class Named(NamedTuple):
    """A chunk on a page that the question names; `share` of its terms, and of the likelihood its document has."""

    page: PageKey
    share: float


class NamedPages:
    """Over one library and its keyword index. Safe from several threads."""

    def __init__(self, library: Library, words: SparseIndex) -> None:
        self._library = library
        self._words = words
        self._summaries = lru_cache(2 * _MOST)(lambda sha256, _: library.summaries(sha256))

    def of(self, weighed: Weighed, ranked: Mapping[PageKey, float], trace: Trace) -> dict[ChunkKey, Named]:
        """The chunks on the pages that the question names. What was taken for what goes into `trace`.

        Among many documents only those are looked at of which something was recalled; the likelier a document is by
        its `ranked` pages, the more its named pages count.
        """
        query, pages = weighed.wanted.query, weighed.pages
        references = page_references(query.text)
        if not references:
            return {}
        documents = list(weighed.documents.values())
        likely: dict[str, float] = {}
        for (document_id, _), score in ranked.items():
            likely[document_id] = likely.get(document_id, 0.0) + score
        if len(documents) > _MOST:
            documents = [document for document in documents if document.id in likely]
        position = self._library.position()
        looked_at = [(one.id, one.name, self._summaries(one.sha256, position)) for one in documents]
        taken, notes = take_pages(query.text, references, looked_at)
        trace.pages.extend(notes)
        meant = [(document_id, number) for document_id, numbers in taken.items() for number in numbers]
        named = [page for page in meant if holds(pages, *page)]
        if len(named) < len(meant):
            trace.pages.append(said_outside(query.text))
        wanted = frozenset(query.terms)
        return {
            (page[0], chunk.ordinal): Named(page, len(held) / max(len(wanted), 1) + likely.get(page[0], 0.0))
            for page, profile in self._words.profiles(named).items()
            for chunk, held in zip(profile.chunks, profile.held_by_chunk(wanted), strict=True)
        }
