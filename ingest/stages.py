"""The stages of an ingest: each does one thing with a document and commits it.

It does not know what comes after a stage, nor what becomes of a document whose stage fails.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import wait
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ingest.chunking import chunk_pages
from ingest.embed import EmbedderSpec
from ingest.embed_pool import EmbedPool
from ingest.embed_queue import EmbedQueue
from ingest.errors import BadDocument
from ingest.figures import FigureReader
from ingest.lanes import Lanes
from ingest.ocr import OcrPool
from ingest.ocr_need import ASKED
from ingest.pictures import PictureReader
from ingest.recognised_pages import RecognisedPages
from ingest.records import Content, Document, State
from ingest.sandbox import parse_in_child, spare_children
from ingest.store import Keys, Library
from ingest.work import IngestOptions, Progress, Report, Work

LOOK_S = 0.5
"""Seconds between two looks at whether a document is still wanted."""
_PROGRESS_INTERVAL_S = 0.5
_PATIENCE_S = 10.0  # after which a file that is being read makes room for the next
_MAX_ATTEMPTS = 3  # a file over which the ingest itself died so often is left alone


class Stages:
    """The stages over one library, with the processes that they use. `cancel`, then `close` it."""

    def __init__(self, library: Library, spec: EmbedderSpec, options: IngestOptions, report: Report) -> None:
        self._library = library
        self._options = options
        self._report = report
        self._keys = options.keys()
        workers = options.workers
        self._making = threading.Lock()
        self._lanes = Lanes(workers, _PATIENCE_S)
        self._spares = spare_children(workers)
        self._ocr = OcrPool(max(1, workers // 2), engine=options.engine)  # each takes up to 1.2 GB
        self._engines: dict[str, OcrPool] = {options.engine.name: self._ocr}
        self._reader = PictureReader(self._ocr, options.limits)
        self._figure_reader = FigureReader(self._ocr, options.limits, lambda: self._reader.busy)
        self._embedding = EmbedPool(spec, workers)
        self._texts = EmbedQueue(self._embedding.encode, batch=self._embedding.batch, workers=workers)

    def cancel(self) -> None:
        """Ends embedding, for which others wait."""
        self._embedding.cancel()
        self._texts.close()

    def close(self) -> None:
        """Ends the processes; no stage may be at work."""
        self._spares.close()
        self._reader.close()
        self._figure_reader.close()
        for engine in self._engines.values():
            engine.close()
        self._embedding.close()

    def words(self, work: Work) -> None:
        """The first commit, of what the text layer says."""
        document, known = work.document, self._library.keys(work.sha256)
        if known is not None and self._only_asked(document):
            pass  # the rest stays as it is, whatever made it
        elif known == self._keys:
            if not self._library.document(document.id).askable:
                self._library.commit_known(document.id, work.sha256)
        elif known is not None and known.parse == self._keys.parse:
            self._commit(work, self._library.content(work.sha256), self._library.password(work.sha256))
        else:
            if self._library.begin(document.id) > _MAX_ATTEMPTS:
                raise BadDocument(State.CRASHED, f"the ingest ended {_MAX_ATTEMPTS} times while it read this file")
            with self._lanes.place():
                content = self._with_asked(self._parse(work))
            if not any(block.text for page in content.pages for block in page.blocks):
                work.content = content  # a scan: nothing to commit yet
            else:
                self._commit(work, content, work.password(self._library))

    def pending(self, work: Work) -> bool:
        """Whether pages of a document wait to be read from their pixels."""
        stub = self._library.stub(work.sha256)
        return work.content is not None or (stub is not None and bool(stub.pending))

    def pictures(self, work: Work) -> None:
        """The pages that must be read from their pixels; the words are committed anew with them."""
        document, sha256 = work.document, work.sha256
        if not self.pending(work):
            return
        content = work.content or self._library.content(sha256)
        committed = work.content is None
        password = work.password(self._library)
        total = len(content.pages)
        read = total - len(content.pending)
        asked = self._library.asked_pages.engines(sha256)
        engines = {page: name for page, name in asked.items() if page in content.pending}

        def on_page(done: int) -> None:
            state = State.WORDS_READY if committed else State.PARSING
            self._library.set_state(document.id, state, pages=total, pages_done=read + done)
            self._report(Progress(document, "pictures", read + done, total))

        began = time.monotonic()
        content = self._reader.read(
            content,
            self._library.originals.path(sha256),
            self._options.parse,
            password=password,
            kept=RecognisedPages(self._library, sha256),
            on_page=on_page,
            cancelled=work.cancelled,
            urgent=not committed,
            engines={page: self._engine(name) for page, name in engines.items()},
        )
        work.timed("ocr", began)
        work.content = None
        vectors = self._library.vectors(sha256, self._embedding.identity)
        before = self._texts_of(sha256) if vectors is not None else []
        self._commit(work, content, password, engines, self._library.keys(sha256))
        if vectors is not None:
            vectors = self._vectors_again(self._texts_of(sha256), before, vectors)
            self._library.commit_vectors(sha256, self._embedding.identity, vectors)

    def vectors(self, work: Work) -> None:
        """The second commit."""
        document, sha256, identity = work.document, work.sha256, self._embedding.identity
        if not self._library.has_vectors(sha256, identity):
            self._library.set_state(document.id, State.EMBEDDING)
            began = time.monotonic()
            texts = self._texts_of(sha256)
            if texts:
                self._report(Progress(document, "embedding", 0, len(texts)))
                vectors = self._embedded(work, texts)
                self._library.commit_vectors(sha256, identity, vectors)
                self._report(Progress(document, "embedding", len(texts), len(texts)))
            work.timed("embed", began)

    def figures(self, work: Work, cancelled: threading.Event) -> None:
        """The last commit: the pictures within the pages."""
        sha256, identity = work.sha256, self._embedding.identity
        content = self._library.content(sha256)
        total = len(content.regions)
        if cancelled.is_set() or not total:
            return
        document = self._library.document(work.document.id)
        self._library.note_figures(sha256, total)

        def on_page(done: int) -> None:
            self._library.note_figures(sha256, total - done)
            self._report(Progress(document, "figures", done, total))

        before = self._texts_of(sha256)
        vectors = self._library.vectors(sha256, identity)
        content = self._figure_reader.read(
            content,
            self._library.originals.path(sha256),
            self._options.parse,
            password=work.password(self._library),
            kept=RecognisedPages(self._library, sha256),
            on_page=on_page,
            cancelled=cancelled,
        )
        if all(page.text_from != "mixed" for page in content.pages):
            self._library.forget_regions(sha256)
            return
        chunks = chunk_pages(sha256, content.pages, self._options.chunk)
        if vectors is not None:
            vectors = self._vectors_again([chunk.text_to_embed for chunk in chunks], before, vectors)
        self._library.commit_figures(content, chunks, identity, vectors)

    def _only_asked(self, document: Document) -> bool:
        """Whether the document was at an end, and the user asked for pages of it to be read from their pixels."""
        at_end = document.askable and document.state is State.WORDS_READY
        return at_end and bool(self._library.asked_pages.waiting(document.sha256))

    def _engine(self, name: str) -> OcrPool:
        """The engine of that name; raises BadSetup where it cannot be loaded here."""
        with self._making:
            if name not in self._engines:
                self._engines[name] = OcrPool(engine=self._options.engine.named(name))
            return self._engines[name]

    def _parse(self, work: Work) -> Content:
        document, began = work.document, time.monotonic()
        last = 0.0

        def on_page(done: int, total: int) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= _PROGRESS_INTERVAL_S:
                last = now
                self._library.set_state(document.id, State.PARSING, pages=total, pages_done=done)
                self._report(Progress(document, "parsing", done, total))

        self._library.set_state(document.id, State.PARSING)
        content = parse_in_child(
            self._library.originals.path(document.sha256),
            document.sha256,
            self._options.parse,
            self._options.limits,
            password=work.password(self._library),
            on_page=on_page,
            cancelled=work.cancelled,
            processes=0 if self._lanes.alone else 1,
            spares=self._spares,
        )
        work.timed("parse", began)
        return content

    def _with_asked(self, content: Content) -> Content:
        """The content with those pages pending, too, that the user once asked to be read from their pixels."""
        asked = self._library.asked_pages.engines(content.sha256)
        there = [page.number for page in content.pages if page.number in asked]
        regions = {page: boxes for page, boxes in content.regions.items() if page not in asked}
        return replace(content, pending=content.pending | dict.fromkeys(there, ASKED), regions=regions)

    def _commit(
        self,
        work: Work,
        content: Content,
        password: str,
        read: Mapping[int, str] | None = None,
        made_by: Keys | None = None,
    ) -> None:
        """Chunks a content and commits its words; `read` as in `Library.commit_words`. `made_by`: what read its pages,
        where it was other options than the present ones.
        """
        began = time.monotonic()
        chunks = chunk_pages(content.sha256, content.pages, self._options.chunk)
        work.timed("chunk", began)
        began = time.monotonic()
        keys = Keys((made_by or self._keys).parse, self._keys.chunk)
        self._library.commit_words(work.document.id, content, chunks, keys, password=password, read=read)
        work.timed("commit", began)
        pages = len(content.pages)
        self._report(Progress(self._library.document(work.document.id), "words_ready", pages, pages))

    def _embedded(self, work: Work, texts: Sequence[str]) -> NDArray[np.float16]:
        """The vectors of texts; raises BadDocument where they are not wanted any more."""
        coming = self._texts.submit(texts)
        while not wait((coming,), LOOK_S).done:
            if work.cancelled.is_set():
                coming.cancel()
                raise BadDocument(State.CANCELLED, "cancelled")
        return coming.result()

    def _texts_of(self, sha256: str) -> list[str]:
        return [chunk.text_to_embed for chunk in self._library.chunks(sha256)]

    def _vectors_again(
        self, texts: Sequence[str], before: Sequence[str], vectors: NDArray[np.float16]
    ) -> NDArray[np.float16]:
        """Vectors of the texts; those of texts that were there `before`, one a row of `vectors`, are taken over."""
        known = dict(zip(before, vectors, strict=True))
        again = np.empty((len(texts), vectors.shape[1]), np.float16)
        new = [index for index, text in enumerate(texts) if text not in known]
        for index, text in enumerate(texts):
            if text in known:
                again[index] = known[text]
        if new:
            again[new] = self._texts.submit([texts[index] for index in new]).result()
        return again
