"""The searcher as a LangChain retriever: a question in, LangChain documents with their proof out.

It does not know how passages are found, nor what a chain does with them.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from ingest.errors import NotFound
from ingest.loader import passage_document
from ingest.metadata import ALL, DocumentFilter
from ingest.store import Library
from retrieval.hits import Hit
from retrieval.search import Searcher


class RectoRetriever(BaseRetriever):
    """The best `k` passages of a library, or of those of its documents that fit, as it stands when it is asked.

    Metadata: that of `ingest.loader.passage_document`, with `document_id`, `score`, which orders the passages of one
    question, and `found_by`, the branches that found it with their ranks.
    """

    searcher: Searcher
    library: Library
    k: int = 10
    collection: str | None = None
    where: DocumentFilter = ALL

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        documents = [one for one in self.library.documents(collection=self.collection) if self.where.fits(one)]
        hits = self.searcher.search(query, documents, self.k)
        found = []
        for hit in hits:
            with suppress(NotFound):  # its document was just removed
                found.append(self._document(hit))
        return found

    def _document(self, hit: Hit) -> Document:
        return passage_document(
            hit.chunk,
            hit.document.name,
            partial(self.library.page, hit.chunk.sha256),
            document_id=hit.document.id,
            score=hit.score,
            found_by={by.branch: by.rank for by in hit.found_by},
        )
