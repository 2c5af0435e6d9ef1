"""What a user can do with a library: the one set of functions behind the command line, REST and the browser.

It does not know who calls or how results are shown. Every public method takes `who` first and sees only what is theirs.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING, BinaryIO

from app.asking import Asking, Row
from app.auth import Principal
from app.chunks import Chunks
from app.made_with import MadeWithJson, made_with
from app.question_scope import scope_of
from app.settings import Settings
from app.shelves import DEFAULT_COLLECTION, Shelves
from app.supervisor import Supervisor
from ingest.boxes import chunk_boxes
from ingest.conversations import Conversations
from ingest.errors import BadInput, NotFound, StorageFull
from ingest.grades import Grade
from ingest.intake import Intake, Job
from ingest.metadata import ALL, DocumentFilter
from ingest.ocr_engine import EngineName, EngineSpec
from ingest.page_grades import page_grades
from ingest.records import BBox, Block, Content, Document, Page
from ingest.rows import PageSummary
from ingest.sandbox import PageRenderer
from ingest.store import Library
from prompts.answers import AnswerEvent
from retrieval.explain import Trace
from retrieval.hits import Hit
from retrieval.scope import PageRanges, Scope
from retrieval.search import Searcher

if TYPE_CHECKING:
    from prompts.condense import Turn

_MAX_QUESTION = 4000
_SMALL_DPI = 72


def asked_again(library: Library, document: Document, numbers: Sequence[int], engine: EngineSpec) -> Document:
    """The document, of which pages wait to be read from their pixels from now on.

    Raises NotFound where it has no such page, BadInput where it was not read at all or its original is gone.
    """
    if not document.askable:
        raise BadInput(f"{document.name} was not read: {document.reason or document.state.value}")
    if not library.originals.path(document.sha256).exists():
        raise BadInput(f"the original of {document.name} is gone", hint="ingest it anew")
    for number in numbers:
        library.page(document.sha256, number)
    library.asked_pages.add(document.sha256, numbers, engine.name)
    return library.document(document.id)


class Service:
    """One library, opened. `start` and `close` frame its life in a server; a command may do without `start`."""

    def __init__(
        self,
        settings: Settings,
        library: Library,
        searcher: Searcher,
        intake: Intake,
        supervisor: Supervisor,
        asking: Asking,
    ) -> None:
        self._settings = settings
        self._asking = asking
        self._library = library
        self._searcher = searcher
        self._intake = intake
        self._supervisor = supervisor
        self._renderer = PageRenderer(processes=2)
        self._small = Semaphore(1)  # small pictures never hold up the page that is looked at
        self.chunks = Chunks(library, self.document)
        self.shelves = Shelves(library, self.document, supervisor.wake)

    def start(self) -> None:
        """Brings the indexes up to date and takes up what an earlier server left unfinished."""
        self._supervisor.wake()
        self._renderer.start()
        self._library.described.catch_up()
        self._searcher.top_up()

    def close(self) -> None:
        self._supervisor.close()
        self._renderer.close()
        self._asking.close()
        self._searcher.close()

    @property
    def conversations(self) -> Conversations:
        """What was asked on the page; its methods take the owner's name first."""
        return self._library.conversations

    # documents

    def add(
        self, who: Principal, uploads: Sequence[tuple[str, BinaryIO]], collection: str = DEFAULT_COLLECTION
    ) -> list[Document]:
        """Keeps the uploads and lets the supervisor ingest them; a file that is there already is given as it stands.

        Raises StorageFull.
        """
        folder = self._library.folder / "uploads"
        documents: list[Document] = []
        for name, stream in uploads:
            part = folder / f"{uuid.uuid4().hex}.part"
            try:
                folder.mkdir(exist_ok=True)
                with part.open("wb") as file:
                    shutil.copyfileobj(stream, file)
                taken = self._intake.enlist(part, collection, who.user, name=name)
                document_id = taken.document.id if isinstance(taken, Job) else taken.document_id
            except OSError as error:
                raise StorageFull(f"cannot write the library {self._library.folder}: {error.strerror}") from error
            finally:
                part.unlink(missing_ok=True)
            documents.append(self._library.document(document_id))
        self._supervisor.wake()
        return documents

    def documents(self, who: Principal, collection: str | None = None) -> list[Document]:
        return self._library.documents(collection=collection, owner=who.user)

    def document(self, who: Principal, name_or_id: str) -> Document:
        """Raises NotFound or Ambiguous."""
        document = self._library.find(name_or_id)
        if document.owner != who.user:
            raise NotFound(f"no document {name_or_id!r}", hint="recto docs list shows what there is")
        return document

    def content(self, who: Principal, document_id: str) -> Content | None:
        """What was read of a document, without its pages; None where it has not been. Raises NotFound, Ambiguous."""
        return self._library.stub(self.document(who, document_id).sha256)

    def summaries(self, who: Principal, document_id: str) -> list[PageSummary]:
        """Label and grade of each page that was read, in order. Raises NotFound, Ambiguous."""
        return self._library.summaries(self.document(who, document_id).sha256)

    def page_grades(self, who: Principal) -> dict[str, dict[Grade, int]]:
        """The pages of each document by grade."""
        return page_grades(self._library.database, who.user)

    def remove(self, who: Principal, names: Sequence[str]) -> list[Document]:
        """Removes documents, all or none; they are gone from every answer when this returns.

        Their bytes are cleared from the library's files within seconds, by the supervisor.
        """
        documents = [self.document(who, name) for name in names]
        for document in documents:
            self._library.forget(document.id)
        self._supervisor.wake()
        return documents

    def describe(self, who: Principal, document_id: str, values: Mapping[str, int | str | None]) -> Document:
        """Sets a document's year, company or kind, of which None lets what was read stand, or its collection.

        Raises NotFound, Ambiguous.
        """
        document = self.document(who, document_id)
        self._library.described.set(document.id, values)
        return self._library.document(document.id)

    def reocr(
        self, who: Principal, document_id: str, numbers: Sequence[int], engine: EngineName | None = None
    ) -> Document:
        """Lets the supervisor read pages from their pictures, by the engine named or the one that is set.

        The document can be asked meanwhile. Raises NotFound, BadInput, BadSetup.
        """
        document = self.document(who, document_id)
        name = engine or self._settings.ocr_engine
        spec = EngineSpec(name, self._settings.cache, self._settings.ocr_models)
        spec.check()
        document = asked_again(self._library, document, numbers, spec)
        self._supervisor.wake()
        return document

    # questions

    def _scope(
        self,
        who: Principal,
        documents: Sequence[str],
        collection: str | None,
        where: DocumentFilter,
        pages: PageRanges,
    ) -> Scope:
        """What a question is about; raises BadInput where there is nothing."""
        if where:
            self._library.described.catch_up()
        named = [self.document(who, name) for name in documents]
        return scope_of(named, [] if named else self.documents(who, collection), where, pages)

    def search(
        self,
        who: Principal,
        question: str,
        documents: Sequence[str] = (),
        collection: str | None = None,
        k: int = 10,
        trace: Trace | None = None,
        where: DocumentFilter = ALL,
        pages: PageRanges = (),
    ) -> list[Hit]:
        """The best `k` passages, with `pages` those on these of the one document asked.

        Raises BadInput for an empty question, where there is no document, or no such page.
        """
        self._check_question(question)
        scope = self._scope(who, documents, collection, where, pages)
        return self._searcher.search(question, scope.documents, k, pages=scope.pages, trace=trace)

    def boxes(self, who: Principal, hit: Hit) -> tuple[tuple[int, BBox], ...]:
        """(page, box) for each line of a hit."""
        pages: dict[int, Page] = {}

        def page_of(number: int) -> Page:
            if number not in pages:
                pages[number] = self._library.page(hit.chunk.sha256, number)
            return pages[number]

        return chunk_boxes(hit.chunk, 0, len(hit.chunk.text), page_of)

    def ask(
        self,
        who: Principal,
        question: str,
        documents: Sequence[str] = (),
        collection: str | None = None,
        strategy: str = "auto",
        history: Sequence[Turn] = (),
        where: DocumentFilter = ALL,
        pages: PageRanges = (),
    ) -> Iterator[AnswerEvent]:
        """The events of an answer as it is made; raises BadInput, OtherSide.

        `history` are the questions and answers before, oldest first, for a question that leans on them.
        """
        self._check_question(question)
        self._asking.check(strategy)
        scope = self._scope(who, documents, collection, where, pages)
        yield from self._asking.ask(question, scope, strategy, history)

    def strategies(self) -> tuple[str, ...]:
        """The strategies that can be asked for: without a model server, those that need no model."""
        return self._asking.strategies()

    def ask_each(
        self,
        who: Principal,
        question: str,
        documents: Sequence[str] = (),
        collection: str | None = None,
        strategy: str = "auto",
        where: DocumentFilter = ALL,
        pages: PageRanges = (),
    ) -> Iterator[Row]:
        """The answer of each document by itself, as it is made; raises BadInput, OtherSide."""
        self._check_question(question)
        self._asking.check(strategy)
        yield from self._asking.each(question, self._scope(who, documents, collection, where, pages), strategy)

    def _check_question(self, question: str) -> None:
        if not question.strip():
            raise BadInput("the question is empty")
        if len(question) > _MAX_QUESTION:
            raise BadInput(f"the question is longer than {_MAX_QUESTION} characters")

    # pages

    def page(self, who: Principal, document_id: str, number: int) -> Page:
        """Raises NotFound."""
        return self._library.page(self.document(who, document_id).sha256, number)

    def table(self, who: Principal, document_id: str, number: int, block: int) -> Block:
        """The table that is a page's block number `block`, from 0; raises NotFound."""
        blocks = self.page(who, document_id, number).blocks
        if not 0 <= block < len(blocks) or not blocks[block].cells:
            raise NotFound(f"there is no table {block} on page {number}")
        return blocks[block]

    def original(self, who: Principal, document_id: str) -> Path:
        """The file as it was added; raises NotFound."""
        document = self.document(who, document_id)
        path = self._library.originals.path(document.sha256)
        if not path.exists():
            raise NotFound(f"the original of {document.name} is gone")
        return path

    def page_picture(self, who: Principal, document_id: str, number: int, dpi: int) -> bytes:
        """A PNG of the page, made in a child process; raises NotFound, BadDocument."""
        document, path = self.document(who, document_id), self.original(who, document_id)
        password = self._library.password(document.sha256)
        width = self._library.page(document.sha256, number).width
        with self._small if dpi <= _SMALL_DPI else nullcontext():
            return self._renderer.render(path, number, dpi, password, page_width=width)

    def made_with(self) -> MadeWithJson:
        """What answers are made with."""
        return made_with(self._settings, self._library, self._searcher)

    def health(self) -> dict[str, object]:
        """How the server stands; never waits behind work."""
        return {
            "status": "ok",
            "version": version("recto"),
            "documents": len(self._library.documents()),
            "model": self._settings.llm or None,
        }
