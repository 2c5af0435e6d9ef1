"""Files to a library: parse in a child, chunk, commit the words; read pictures; embed, commit the vectors.

It does not know who asked for it: a command, or the server's supervisor. Parsing, OCR and embedding run in other
processes; the threads here only wait for them and commit. Every stage is done with a document before the next takes it
up, so that a long one holds up nothing but itself, and what a stage made is in the library before the next begins.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ingest.child import Limits
from ingest.chunking import ChunkOptions, chunk_pages
from ingest.embed import EmbedderSpec
from ingest.embed_pool import EmbedPool
from ingest.embed_queue import EmbedQueue
from ingest.errors import BadDocument, NotFound, RectoError, StorageFull
from ingest.figures import FigureReader
from ingest.intake import Job, Outcome
from ingest.lanes import Lanes
from ingest.ocr import OcrPool
from ingest.ocr_engine import DEFAULT_ENGINE, EngineSpec
from ingest.ocr_need import ASKED
from ingest.parse import ParseOptions
from ingest.pictures import PictureReader
from ingest.recognition import Recognition, as_json, from_json
from ingest.records import Content, Document, State
from ingest.sandbox import parse_in_child, spare_children
from ingest.store import Keys, Library

MIN_SHARE = 0.95
"""The share of the characters that PDFium sees below which a document is not wholly read."""

_PROGRESS_INTERVAL_S = 0.5
_PATIENCE_S = 10.0  # after which a file that is being read makes room for the next
_MAX_ATTEMPTS = 3  # a file over which the ingest itself died so often is left alone
_HELD = 4  # documents a worker whose pages or texts are held in memory while they wait for OCR or vectors
_LOOK_S = 0.5  # seconds between two looks at whether a document is still wanted
_STOPPED, _UNWANTED = "the ingest was stopped", "it was cancelled or removed"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """`workers` documents are parsed at once, and as many processes embed. `engine` reads pictures."""

    parse: ParseOptions = field(default_factory=ParseOptions)
    chunk: ChunkOptions = field(default_factory=ChunkOptions)
    limits: Limits = field(default_factory=Limits)
    engine: EngineSpec = DEFAULT_ENGINE
    workers: int = 2

    def keys(self) -> Keys:
        """What a content must have been made by to stand."""
        return Keys(f"{self.parse.key()};{self.engine.identity}", self.chunk.key())


@dataclass(frozen=True, slots=True)
class Progress:
    """A document on its way: `done` of `total` pages (parsing, pictures) or chunks (embedding)."""

    document: Document
    stage: str
    done: int
    total: int


Report = Callable[[Progress | Outcome], None]


@dataclass(slots=True, eq=False)
class _Work:
    """A document between two stages. `content` is what a scan has before its words can be committed.

    `cancelled`: it is not wanted any more, or all work ends.
    """

    job: Job
    started: float = field(default_factory=time.monotonic)
    done: Future[Outcome] = field(default_factory=Future)
    stages: dict[str, float] = field(default_factory=dict)
    content: Content | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def document(self) -> Document:
        return self.job.document

    @property
    def sha256(self) -> str:
        return self.job.document.sha256

    def password(self, library: Library) -> str:
        """The one that was given, or the one that opened the same bytes before."""
        return self.job.password or library.password(self.sha256)

    def timed(self, stage: str, began: float) -> None:
        self.stages[stage] = self.stages.get(stage, 0.0) + time.monotonic() - began


class _RecognisedPages:
    """The pages of a content that were recognised already, in the library."""

    def __init__(self, library: Library, sha256: str) -> None:
        self._library, self._sha256 = library, sha256

    def get(self, page: int, key: str) -> Recognition | None:
        data = self._library.recognised(self._sha256, page, key)
        return from_json(data) if data is not None else None

    def put(self, page: int, key: str, found: Recognition) -> None:
        self._library.keep_recognised(self._sha256, page, key, as_json(found))


class Pipeline:
    """Ingests into one library. Close it, or use it in a `with` block, so that its processes end."""

    def __init__(self, library: Library, spec: EmbedderSpec, options: IngestOptions, report: Report) -> None:
        self._library = library
        self._options = options
        self._report = report
        self._keys = options.keys()
        workers = options.workers
        self._cancelled = threading.Event()
        self._unfinished = State.CANCELLED
        self._starting = threading.Lock()
        self._contents: dict[str, threading.Lock] = {}
        self._lanes = Lanes(workers, _PATIENCE_S)
        self._spares = spare_children(workers)
        self._ocr = OcrPool(max(1, workers // 2), engine=options.engine)  # each takes up to 1.2 GB
        self._engines: dict[str, OcrPool] = {options.engine.name: self._ocr}
        self._reader = PictureReader(self._ocr, options.limits)
        self._figure_reader = FigureReader(self._ocr, options.limits, lambda: self._reader.busy)
        self._embedding = EmbedPool(spec, workers)
        self._texts = EmbedQueue(self._embedding.encode, batch=self._embedding.batch, workers=workers)
        self._words_threads = ThreadPoolExecutor(2 * workers, "words")
        self._pictures_threads = ThreadPoolExecutor(_HELD * workers, "pictures")
        self._vectors_threads = ThreadPoolExecutor(_HELD * workers, "vectors")
        self._figures_threads = ThreadPoolExecutor(1, "figures")
        self._works: set[_Work] = set()
        self._watching = threading.Thread(target=self._watch, name="cancelled", daemon=True)
        self._watching.start()

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self, *, unfinished: State = State.CANCELLED) -> None:
        """Ends what is running; documents that are not done are left in the state given."""
        self._unfinished = unfinished
        self._cancelled.set()
        self._watching.join()
        for work in self._at_work():
            work.cancelled.set()
        self._embedding.cancel()
        self._texts.close()
        for threads in (self._words_threads, self._pictures_threads, self._vectors_threads, self._figures_threads):
            threads.shutdown()
        self._spares.close()
        self._reader.close()
        self._figure_reader.close()
        for engine in self._engines.values():
            engine.close()
        self._embedding.close()

    def submit(self, job: Job) -> Future[Outcome]:
        """Ingests a document to an end state, whatever happens to others, and to the last of its figures.

        The end state is reported as soon as it is reached.
        """
        work = _Work(job)
        with self._starting:
            self._works.add(work)
        work.done.add_done_callback(lambda _: self._works.discard(work))
        self._hand_on(self._words_threads, self._words, work)
        return work.done

    def run(self, jobs: Iterable[Job]) -> list[Outcome]:
        """Ingests the jobs and waits; their outcomes in the jobs' order."""
        return [future.result() for future in [self.submit(job) for job in jobs]]

    def _at_work(self) -> list[_Work]:
        with self._starting:
            return list(self._works)

    def _watch(self) -> None:
        """Stops what is not wanted any more: documents that a user, in any process, cancelled or removed."""
        while not self._cancelled.wait(_LOOK_S):
            works = self._at_work()
            try:
                unwanted = self._library.unwanted({work.document.id for work in works}) if works else ()
            except RectoError:
                continue  # the library cannot be read this moment; the work itself says so
            for work in works:
                if work.document.id in unwanted:
                    work.cancelled.set()

    # stages: each commits, then hands the document on or ends it

    def _hand_on(self, threads: ThreadPoolExecutor, stage: Callable[[_Work], None], work: _Work) -> None:
        try:
            threads.submit(self._guarded, stage, work)
        except RuntimeError:  # the threads were shut down this moment
            self._end(work, self._unfinished, _STOPPED)

    def _guarded(self, stage: Callable[[_Work], None], work: _Work) -> None:
        """Runs a stage; what goes wrong in it is the document's end and nobody else's."""
        try:
            if work.cancelled.is_set() or self._cancelled.is_set():
                self._stop(work)
                return
            with self._content_lock(work.sha256):
                stage(work)
        except BadDocument as error:
            self._fail(work, State(error.state), str(error))
        except StorageFull as error:
            self._fail(work, State.FAILED_STORAGE, str(error))
        except NotFound:
            self._end(work, State.CANCELLED, "the document was removed")
        except Exception as error:  # noqa: BLE001 — one file of a batch
            if not isinstance(error, RectoError) and not work.cancelled.is_set():
                _log.exception("ingest of %s", work.document.name)
            self._fail(work, State.CRASHED, f"{type(error).__name__}: {error}")

    def _content_lock(self, sha256: str) -> threading.Lock:
        """Documents of the same bytes go through a stage one after the other: the second finds it done."""
        return self._contents.setdefault(sha256, threading.Lock())

    def _words(self, work: _Work) -> None:
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
        pending = work.content is not None or self._pending(work.sha256)
        if pending:
            self._hand_on(self._pictures_threads, self._pictures, work)
        else:
            self._hand_on(self._vectors_threads, self._vectors, work)

    def _only_asked(self, document: Document) -> bool:
        """Whether the document was at an end, and the user asked for pages of it to be read from their pixels."""
        at_end = document.askable and document.state is State.WORDS_READY
        return at_end and bool(self._library.asked_pages.waiting(document.sha256))

    def _pending(self, sha256: str) -> bool:
        stub = self._library.stub(sha256)
        return stub is not None and bool(stub.pending)

    def _engine(self, name: str) -> OcrPool:
        """The engine of that name; raises BadSetup where it cannot be loaded here."""
        with self._starting:
            if name not in self._engines:
                self._engines[name] = OcrPool(engine=self._options.engine.named(name))
            return self._engines[name]

    def _parse(self, work: _Work) -> Content:
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
        work: _Work,
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

    def _pictures(self, work: _Work) -> None:
        """The pages that must be read from their pixels; the words are committed anew with them."""
        document, sha256 = work.document, work.sha256
        if work.content is not None or self._pending(sha256):
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
                kept=_RecognisedPages(self._library, sha256),
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
        self._hand_on(self._vectors_threads, self._vectors, work)

    def _vectors(self, work: _Work) -> None:
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
        if self._pending(sha256):  # the user asked for more meanwhile
            self._hand_on(self._pictures_threads, self._pictures, work)
            return
        content = self._library.stub(sha256)
        reasons = [] if content is None else shortcomings(content)
        state = State.INDEXED_PARTIAL if reasons else State.INDEXED
        if content is None or not content.regions:
            self._end(work, state, "; ".join(reasons))
            return
        outcome = self._noted_end(work, state, "; ".join(reasons))
        try:
            self._report(outcome)
        finally:
            try:
                self._figures_threads.submit(self._figures, work, outcome)
            except RuntimeError:  # the threads were shut down this moment
                work.done.set_result(outcome)

    def _embedded(self, work: _Work, texts: Sequence[str]) -> NDArray[np.float16]:
        """The vectors of texts; raises BadDocument where they are not wanted any more."""
        coming = self._texts.submit(texts)
        while not wait((coming,), _LOOK_S).done:
            if work.cancelled.is_set():
                coming.cancel()
                raise BadDocument(State.CANCELLED, "cancelled")
        return coming.result()

    def _figures(self, work: _Work, outcome: Outcome) -> None:
        """What follows a document's end: the pictures within its pages. They wait on where it is broken off."""
        began = time.monotonic()
        try:
            with self._content_lock(f"figures of {work.sha256}"):
                self._read_figures(work)
        except Exception as error:  # noqa: BLE001 — one file of a batch
            if not self._cancelled.is_set():
                unknown = not isinstance(error, RectoError)
                _log.warning("the pictures within %s are not read: %s", work.document.name, error, exc_info=unknown)
                with suppress(RectoError):
                    self._library.forget_regions(work.sha256)
        finally:
            work.timed("figures", began)
            work.done.set_result(outcome)

    def _read_figures(self, work: _Work) -> None:
        sha256, identity = work.sha256, self._embedding.identity
        content = self._library.content(sha256)
        total = len(content.regions)
        if self._cancelled.is_set() or not total:
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
            kept=_RecognisedPages(self._library, sha256),
            on_page=on_page,
            cancelled=self._cancelled,
        )
        if all(page.text_from != "mixed" for page in content.pages):
            self._library.forget_regions(sha256)
            return
        chunks = chunk_pages(sha256, content.pages, self._options.chunk)
        if vectors is not None:
            vectors = self._vectors_again([chunk.text_to_embed for chunk in chunks], before, vectors)
        self._library.commit_figures(content, chunks, identity, vectors)

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

    # ends

    def _fail(self, work: _Work, state: State, reason: str) -> None:
        """The document's end. What was committed of it before stays askable."""
        if work.cancelled.is_set() or self._cancelled.is_set():
            self._stop(work)
        elif self._library.keys(work.sha256) == self._keys:
            self._end(work, State.INDEXED_PARTIAL, f"found by its words only: {reason}")
        else:
            self._end(work, state, reason)

    def _stop(self, work: _Work) -> None:
        """The end of a document that is not wanted any more, or when all work ends."""
        if self._cancelled.is_set():
            self._end(work, self._unfinished, _STOPPED)
        else:
            self._end(work, State.CANCELLED, _UNWANTED)

    def _end(self, work: _Work, state: State, reason: str) -> None:
        outcome = self._noted_end(work, state, reason)
        try:
            self._report(outcome)
        finally:  # whatever the listener does with it, whoever waits for the document goes on
            work.done.set_result(outcome)

    def _noted_end(self, work: _Work, state: State, reason: str) -> Outcome:
        document = work.document
        seconds = round(time.monotonic() - work.started, 3)
        try:
            if reason != _UNWANTED:  # whoever cancelled it has noted so, and may want it again by now
                self._library.set_state(document.id, state, reason=reason, seconds=seconds)
            document = self._library.document(document.id)
        except RectoError as error:  # the library itself fails, or it was removed: the outcome still tells
            if not isinstance(error, NotFound):
                _log.warning("the end of %s could not be noted: %s", document.name, error)
        return Outcome(
            file=document.path or document.name,
            document=document.name,
            document_id=document.id,
            state=state.value,
            pages=document.pages,
            chunks=document.chunks,
            reason=reason,
            seconds=seconds,
            stages=work.stages,
        )


def shortcomings(content: Content) -> list[str]:
    """What a content lacks although it is done: pages, or characters within pages."""
    reasons = []
    if content.skipped:
        why = next(iter(content.skipped.values()))
        reasons.append(f"{len(content.skipped)} pages were not read: {page_ranges(content.skipped)} ({why})")
    if content.characters < MIN_SHARE * content.characters_seen:
        share = content.characters / content.characters_seen
        reasons.append(f"only {share:.0%} of the text that its pages state was read")
    return reasons


def page_ranges(numbers: Iterable[int]) -> str:
    """Page numbers in short: 1-3, 7."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def default_workers() -> int:
    """One for each core that this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
