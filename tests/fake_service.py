"""A service for the tests of the API and the page: one real PDF, scripted answers, states that a test may set."""

from __future__ import annotations

import io
import shutil
import tempfile
import threading
import time
import uuid
import weakref
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pypdfium2
from fakes import text_block

from app.asking import Row
from app.auth import LOCAL, Principal
from app.chunks import Chunks
from app.made_with import IndexJson, MadeWithJson, versions
from app.shelves import Collection, Shelves
from ingest.chunking import chunk_pages
from ingest.errors import Ambiguous, BadInput, NotFound
from ingest.grades import Grade, grade_of, reasons_of
from ingest.metadata import ALL, DocumentFilter
from ingest.ocr_engine import EngineName
from ingest.records import BBox, Block, BlockKind, Cell, Chunk, Content, Document, Page, PageReport, Span, State
from ingest.rows import PageSummary
from ingest.store import Keys, Library
from prompts.answers import (
    Answer,
    AnswerDone,
    AnswerEvent,
    CallCost,
    Citation,
    CitedCell,
    HitsFound,
    Ledger,
    PlanMade,
    Sentence,
    SentenceDone,
    Token,
    Verdict,
)
from prompts.condense import Turn
from retrieval.explain import RankedPage, Trace
from retrieval.hits import FoundBy, Hit
from retrieval.scope import PageRanges

SAMPLE = Path(__file__).parents[1] / "app" / "samples" / "recto-sample.pdf"
SAMPLE_ID = "d1"
_PDFIUM = threading.Lock()  # PDFium is not thread-safe


class FakeService:
    """The methods of `app.service` over a list of documents. `fail` is raised by `ask`; `pause` slows its events."""

    def __init__(self, sample: Path = SAMPLE, model: str | None = None) -> None:
        self.sample = sample
        self.model = model
        self.pause = 0.0
        self.fail: Exception | None = None
        self.uploads: list[tuple[str, int]] = []
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.strategies_asked: list[str] = []
        self.history: list[Turn] = []
        self.library: list[Document] = []
        self.contents: dict[str, Content] = {}
        self.reread: list[tuple[str, tuple[int, ...], EngineName | None]] = []
        self.text_from = "pdf"
        self.where: list[DocumentFilter] = []
        self.pages_asked: list[PageRanges] = []
        folder = Path(tempfile.mkdtemp(prefix="recto-fake-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        kept = Library(folder)
        self.chunks = Chunks(kept, self.document)
        self.shelves = FakeShelves(self)
        with kept.database.writing() as db:  # so that what is said of the sample may be kept
            columns = (
                "id, name, collection, owner, sha256, path, replaces, state, reason, pages, pages_done, seconds, added"
            )
            db.execute(
                f"INSERT INTO documents ({columns}) VALUES (?, ?, '', ?, 'sha', '', '', 'indexed', '', 0, 0, 0, '')",
                (SAMPLE_ID, sample.name, LOCAL.user),
            )
        self.conversations = kept.conversations
        self.kept = kept
        self.blocks: dict[int, tuple[Block, ...]] = {}

    def with_sample(self) -> FakeService:
        self.library.append(document(SAMPLE_ID, self.sample.name, State.INDEXED, pages=4))
        return self

    def with_table(self) -> None:
        """A heading and a table of four cells on the second of four pages."""
        box = BBox(70, 150, 500, 200)
        places = [(0, 0, 0, 0), (0, 1, 0, 4), (1, 0, 5, 12), (1, 1, 13, 17)]
        above = {(1, 1): ("Revenue", "2025")}
        cells = tuple(
            Cell(row, column, start, end, box, header_path=above.get((row, column), ()))
            for row, column, start, end in places
        )
        table = Block(BlockKind.TABLE, "2025\nRevenue\n58.3", box, cells=cells)
        self.blocks[2] = (Block(BlockKind.TITLE, "Key figures", box._replace(bottom=140, top=120), level=1), table)
        pages = tuple(self.page(LOCAL, SAMPLE_ID, number) for number in range(1, 5))
        self.contents[SAMPLE_ID] = Content("sha", pages)

    def with_chunks(self, *texts: str) -> None:
        """The texts, a page each, as the passages of the sample."""
        pages = tuple(Page(n, 595, 842, (text_block(text),)) for n, text in enumerate(texts, 1))
        content = Content("sha", pages)
        self.kept.commit_words(SAMPLE_ID, content, chunk_pages("sha", pages), Keys("parse", "chunk"))
        self.library[0] = replace(self.library[0], chunks=len(texts))

    def add(
        self, who: Principal, uploads: Sequence[tuple[str, BinaryIO]], collection: str = "default"
    ) -> list[Document]:
        added = []
        for name, file in uploads:
            self.uploads.append((name, len(file.read())))
            added.append(document(uuid.uuid4().hex[:8], name, State.WAITING))
        self.library += added
        return added

    def documents(self, who: Principal, collection: str | None = None) -> list[Document]:
        return [one for one in self.library if collection in (None, one.collection)]

    def document(self, who: Principal, name_or_id: str) -> Document:
        found = [one for one in self.library if name_or_id in (one.id, one.name)]
        if not found:
            raise NotFound(f"no document {name_or_id!r}", hint="recto docs list names them")
        if len(found) > 1:
            raise Ambiguous(name_or_id, [one.id for one in found])
        return found[0]

    def content(self, who: Principal, document_id: str) -> Content | None:
        return self.contents.get(self.document(who, document_id).id)

    def summaries(self, who: Principal, document_id: str) -> list[PageSummary]:
        pages = self.contents[self.document(who, document_id).id].pages if document_id in self.contents else ()
        return [PageSummary(page.number, page.label, grade_of(reasons_of(page))) for page in pages]

    def page_grades(self, who: Principal) -> dict[str, dict[Grade, int]]:
        return {one: Counter(page.grade for page in self.summaries(who, one)) for one in self.contents}

    def remove(self, who: Principal, names: Sequence[str]) -> list[Document]:
        removed = [self.document(who, name) for name in names]
        self.library = [one for one in self.library if one not in removed]
        return removed

    def search(
        self,
        who: Principal,
        question: str,
        documents: Sequence[str] = (),
        collection: str | None = None,
        k: int = 10,
        *,
        trace: Trace | None = None,
        where: DocumentFilter = ALL,
        pages: PageRanges = (),
    ) -> list[Hit]:
        self.where.append(where)
        self.pages_asked.append(pages)
        return [self.hit()][:k]

    def boxes(self, who: Principal, hit: Hit) -> tuple[tuple[int, BBox], ...]:
        return ((1, BBox(70.123456, 100, 290, 112)),)

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
        self.where.append(where)
        self.pages_asked.append(pages)
        self.history = list(history)
        self.asked.append((question, tuple(documents)))
        self.strategies_asked.append(strategy)
        answer = self.answer(question)
        yield PlanMade("extractive", 0, answer.notes)
        time.sleep(self.pause)
        yield HitsFound(answer.hits)
        for sentence in answer.sentences:
            for piece in sentence.text.split(" "):
                time.sleep(self.pause)
                yield Token(piece + " ")
            if self.fail:
                raise self.fail
            cited = tuple(one for one in answer.citations if one.marker in sentence.citations)
            yield SentenceDone(sentence, cited)
        if self.fail:
            raise self.fail
        yield AnswerDone(answer)

    def strategies(self) -> tuple[str, ...]:
        return ("auto", "stuff", "map_reduce", "tree", "extractive")

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
        self.pages_asked.append(pages)
        for document in self.documents(who, collection):
            yield Row(document, self.answer(question))

    def describe(self, who: Principal, document_id: str, values: Mapping[str, int | str | None]) -> Document:
        found = self.document(who, document_id)
        described = replace(found, **{field: value or type(getattr(found, field))() for field, value in values.items()})
        self.library[self.library.index(found)] = described
        return described

    def reocr(
        self, who: Principal, document_id: str, numbers: Sequence[int], engine: EngineName | None = None
    ) -> Document:
        """The page waits to be read until a test says that it was, in `contents` and `text_from`."""
        found = self.document(who, document_id)
        for number in numbers:
            self.page(who, document_id, number)
        self.reread.append((found.id, tuple(numbers), engine))
        content = self.contents.get(found.id, Content(found.sha256, ()))
        self.contents[found.id] = replace(content, pending=dict.fromkeys(numbers, "asked for"))
        return found

    def page(self, who: Principal, document_id: str, number: int) -> Page:
        self.document(who, document_id)
        with _PDFIUM:
            pdf = pypdfium2.PdfDocument(self.sample)
            if not 1 <= number <= len(pdf):
                raise NotFound(f"no page {number}")
            width, height = pdf[number - 1].get_size()
            pdf.close()
        report = PageReport(confidence=0.97)
        blocks = self.blocks.get(number, ())
        return Page(number, width, height, blocks, label=str(number), text_from=self.text_from, report=report)

    def table(self, who: Principal, document_id: str, number: int, block: int) -> Block:
        return self.page(who, document_id, number).blocks[block]

    def original(self, who: Principal, document_id: str) -> Path:
        self.document(who, document_id)
        return self.sample

    def page_picture(self, who: Principal, document_id: str, number: int, dpi: int) -> bytes:
        self.page(who, document_id, number)
        picture = io.BytesIO()
        with _PDFIUM:
            pdf = pypdfium2.PdfDocument(self.sample)
            pdf[number - 1].render(scale=dpi / 72).to_pil().save(picture, "PNG")
            pdf.close()
        return picture.getvalue()

    def made_with(self) -> MadeWithJson:
        index = IndexJson(epoch="e", sequence=1, embedder="none", words_sequence=1, shards=[])
        return {"versions": versions(), "models": {"chat": ""}, "options": {}, "index": index}

    def health(self) -> dict[str, object]:
        return {"status": "ok", "documents": len(self.library), "model": self.model, "version": "0.1.0"}

    def hit(self) -> Hit:
        text = "Revenue rose by 10.2 percent to 58.3 million euros"
        chunk = Chunk("c1", "sha", 0, BlockKind.TEXT, text, ("1. The year in brief",), (Span(0, len(text), 1, 0, 0),))
        found_by = (FoundBy("bm25", 1, 7.5, ("revenue",)),)
        return Hit(document(SAMPLE_ID, self.sample.name, State.INDEXED, pages=4), chunk, 0.9, found_by)

    def cite(
        self, marker: int, page: int, *lines: str, cell: CitedCell | None = None, verified: bool = True
    ) -> Citation:
        boxes = tuple((page, box) for line in lines for box in find_words(self.sample, page, line))
        name = self.sample.name
        return Citation(marker, name, SAMPLE_ID, page, str(page), " ".join(lines), boxes, cell, True)

    def answer(self, question: str) -> Answer:
        if "weather" in question:
            notes = ("No model server: quotes only.",)
            return Answer(question, "", (), (), (), "extractive", refused=True, notes=notes)
        if "<" in question:
            text = (
                f"{question} & <img src=https://evil.example/x.png onerror=alert(1)> ![x](https://evil.example/y.png)"
            )
            sentence = Sentence(text, (), Verdict.UNCHECKED)
            return Answer(question, text, (sentence,), (), (), "stuff")
        if any("\u4e00" <= character <= "\u9fff" for character in question):
            return self._chinese(question)
        sentences = (
            Sentence("Revenue rose by 10.2 percent to 58.3 million euros.", (1, 2), Verdict.SUPPORTED),
            Sentence("The growth came from ports that replaced their tide gauges.", (3,), Verdict.PARTLY),
            Sentence("It will double again next year.", (), Verdict.NOT_FOUND),
        )
        cell = CitedCell(1, 5, ("Revenue", "2025"))
        citations = (
            self.cite(1, 1, "Revenue rose by", "10.2 percent to 58.3 million euros"),
            self.cite(2, 2, "58.3", cell=cell),
            self.cite(3, 1, "replaced their tide gauges"),
        )
        text = " ".join(sentence.text for sentence in sentences)
        timings = {"search": 0.0312, "answer": 0.5}
        call = CallCost(900, 900, 60, True, f"Answer <b>{question}</b> from <passages>", f"<think>…</think>{text}")
        ranking = [RankedPage(SAMPLE_ID, 1, 4, 1, 0.8, {"pairs": 1.25, "late": -0.5})]
        search = Trace({"words": 7, "vectors": 9}, {"words": 0.0021, "vectors": 0.0153}, ranking=ranking, presence=0.93)
        made = Answer(question, text, sentences, citations, (self.hit(),), "stuff", timings=timings, search=search)
        return replace(made, ledger=Ledger(1, 900, 60, (call,)))

    def _chinese(self, question: str) -> Answer:
        sentence = Sentence("2025 年公司实现营业收入 5830 万欧元，同比增长 10.2%。", (1, 2), Verdict.SUPPORTED)
        cell = CitedCell(1, 3, ("营业收入", "2025 年"))
        citations = (
            self.cite(1, 3, "2025 年公司实现营业收入 5830 万欧元，同比增长 10.2%"),
            self.cite(2, 3, "5830", cell=cell),
        )
        return Answer(question, sentence.text, (sentence,), citations, (self.hit(),), "stuff")


class FakeShelves(Shelves):
    """The methods of `app.shelves` over the list of documents."""

    def __init__(self, service: FakeService) -> None:
        self._service = service

    def collections(self, who: Principal) -> list[Collection]:
        names = sorted({one.collection for one in self._service.library})
        inside = [(name, self._service.documents(who, name)) for name in names]
        return [
            Collection(name, len(all_), sum(one.askable for one in all_), sum(one.pages for one in all_))
            for name, all_ in inside
        ]

    def _changed(self, found: Document, **values: object) -> Document:
        library = self._service.library
        library[library.index(found)] = changed = replace(found, **values)  # type: ignore[arg-type]
        return changed

    def cancel(self, who: Principal, document: str) -> Document:
        return self._changed(self._service.document(who, document), state=State.CANCELLED)

    def take_up(self, who: Principal, document: str) -> Document:
        return self._changed(self._service.document(who, document), state=State.WAITING)

    def move(self, who: Principal, documents: Sequence[str], collection: str) -> None:
        for one in documents:
            self._changed(self._service.document(who, one), collection=collection)

    def rename(self, who: Principal, collection: str, name: str) -> None:
        if self._service.documents(who, name):
            raise BadInput(f"there is a collection {name!r} already", hint="move the documents into it")
        self.move(who, [one.id for one in self._service.documents(who, collection)], name)

    def dissolve(self, who: Principal, collection: str, *, remove: bool) -> list[Document]:
        inside = self._service.documents(who, collection)
        if remove:
            return self._service.remove(who, [one.id for one in inside])
        self.move(who, [one.id for one in inside], "default")
        return inside


def document(document_id: str, name: str, state: State, **more: object) -> Document:
    askable = state in (State.WORDS_READY, State.EMBEDDING, State.INDEXED, State.INDEXED_PARTIAL)
    made = replace(Document(document_id, name, "default", "local", "sha", state, askable=askable), **more)  # type: ignore[arg-type]
    return replace(made, pages_done=made.pages) if state is State.INDEXED else made


def find_words(path: Path, number: int, text: str) -> list[BBox]:
    """The boxes of the first place on a page where `text` stands, by PDFium; origin top left."""
    with _PDFIUM:
        pdf = pypdfium2.PdfDocument(path)
        page = pdf[number - 1]
        height = page.get_height()
        textpage = page.get_textpage()
        found = textpage.search(text).get_next()
        assert found is not None, text
        rectangles = [textpage.get_rect(index) for index in range(textpage.count_rects(*found))]
        pdf.close()
    return [BBox(left, height - top, right, height - bottom) for left, bottom, right, top in rectangles]
