"""Pages that the user asked to be read from their pictures: read so, kept so, the others left as they are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import DATA
from ingesting import ingest

from ingest.embed import EmbedderSpec
from ingest.errors import BadDocument
from ingest.intake import Job
from ingest.ocr import OcrPool
from ingest.parse import ParseOptions
from ingest.pipeline import IngestOptions, Outcome, Pipeline
from ingest.recognition import Image, Recognition, shared_out
from ingest.records import BBox, Document, State
from ingest.store import Library

Read = Callable[[OcrPool, Image, threading.Event | None], Recognition]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture(autouse=True)
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every picture says by which engine it is read; the engines, one for each picture."""
    names: list[str] = []

    def read(pool: OcrPool, image: Image, cancelled: threading.Event | None = None) -> Recognition:
        names.append(pool.identity.partition("=")[0])
        line = shared_out(f"Seen by {names[-1]}", BBox(50, 100, 400, 130), 0.9)
        assert line is not None
        return Recognition(image.shape[1], image.shape[0], (line,))

    monkeypatch.setattr(OcrPool, "read", read)
    monkeypatch.setattr("ingest.paddle_models.find_spec", lambda name: True)
    monkeypatch.setattr("ingest.paddle_models.version", lambda name: "1")
    return names


def ingested(library: Library, cache: Path, name: str = "english.pdf") -> Document:
    ingest(library, cache, [DATA / name])
    return library.documents()[0]


def go_on(library: Library, cache: Path, options: IngestOptions | None = None) -> list[Outcome]:
    """What a server does with documents that are in progress."""
    with Pipeline(library, EmbedderSpec(cache), options or IngestOptions(workers=1), lambda event: None) as pipeline:
        return pipeline.run(Job(document) for document in library.in_progress())


def test_only_the_page_asked_for_is_read_and_the_others_stay(library: Library, cache: Path, reads: list[str]) -> None:
    document = ingested(library, cache)
    before = library.page(document.sha256, 2)
    library.asked_pages.add(document.sha256, [1], "rapidocr")
    waiting = library.document(document.id)
    assert waiting.askable and waiting.state is State.WORDS_READY and (waiting.pages_done, waiting.pages) == (1, 2)
    (outcome,) = go_on(library, cache)
    assert outcome.state == "indexed" and "parse" not in outcome.stages
    first, second = library.pages(document.sha256)
    assert (first.text_from, first.blocks[0].text, second.blocks) == ("ocr", "Seen by rapidocr", before.blocks)
    assert reads == ["rapidocr"] and not library.in_progress() and not library.asked_pages.waiting(document.sha256)
    assert library.has_vectors(document.sha256, EmbedderSpec(cache).identity())


def test_the_engine_asked_for_reads(library: Library, cache: Path, reads: list[str]) -> None:
    document = ingested(library, cache)
    for engine in ("paddleocr", "rapidocr"):
        library.asked_pages.add(document.sha256, [2], engine)
        go_on(library, cache)
        page = library.page(document.sha256, 2)
        assert page.blocks[0].text == f"Seen by {engine}"
        assert [note for note in page.report.notes if "OCR" in note] == ["read by OCR: OCR was asked for"]
    assert reads == ["paddleocr", "rapidocr"]


def test_the_choice_outlives_a_reading_with_other_options(library: Library, cache: Path, reads: list[str]) -> None:
    document = ingested(library, cache)
    library.asked_pages.add(document.sha256, [1], "paddleocr")
    go_on(library, cache)
    ingest(library, cache, [DATA / "english.pdf"], parse=ParseOptions(second_tables=False))
    assert [page.text_from for page in library.pages(document.sha256)] == ["ocr", "pdf"]
    assert reads == ["paddleocr"], "its pixels and engine are the same"


def test_the_rest_stays_as_it_was_whatever_options_read_it(library: Library, cache: Path) -> None:
    parse = ParseOptions(ocr="always")
    ingest(library, cache, [DATA / "english.pdf"], parse=parse)
    document = library.documents()[0]
    library.asked_pages.add(document.sha256, [2], "paddleocr")
    (outcome,) = go_on(library, cache)
    assert outcome.state == "indexed" and "parse" not in outcome.stages
    seen = [page.blocks[0].text for page in library.pages(document.sha256)]
    assert seen == ["Seen by rapidocr", "Seen by paddleocr"]
    again = ingest(library, cache, [DATA / "english.pdf"], parse=parse)["english.pdf"]
    assert again.state == "unchanged"


def test_what_is_asked_for_while_a_page_is_read_is_read_next(
    library: Library, cache: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    document = ingested(library, cache)
    library.asked_pages.add(document.sha256, [1], "rapidocr")
    read = OcrPool.read

    def asks(pool: OcrPool, image: Image, cancelled: threading.Event | None = None) -> Recognition:
        if not reads:
            library.asked_pages.add(document.sha256, [1], "paddleocr")
            library.asked_pages.add(document.sha256, [2], "rapidocr")
        return read(pool, image, cancelled)

    monkeypatch.setattr(OcrPool, "read", asks)
    (outcome,) = go_on(library, cache)
    assert outcome.state == "indexed" and reads == ["rapidocr", "paddleocr", "rapidocr"]
    seen = [page.blocks[0].text for page in library.pages(document.sha256)]
    assert seen == ["Seen by paddleocr", "Seen by rapidocr"]


def test_a_page_that_cannot_be_read_so_stays_as_it_was_and_says_why(
    library: Library, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*arguments: object) -> Recognition:
        raise BadDocument(State.CRASHED, "the worker died")

    document = ingested(library, cache)
    before = library.page(document.sha256, 1)
    library.asked_pages.add(document.sha256, [1], "rapidocr")
    monkeypatch.setattr(OcrPool, "read", dies)
    (outcome,) = go_on(library, cache)
    assert outcome.state == "indexed_partial" and "the worker died" in outcome.reason
    assert library.page(document.sha256, 1).blocks == before.blocks and not library.in_progress()


def test_what_was_asked_for_goes_with_the_document(library: Library, cache: Path) -> None:
    document = ingested(library, cache)
    library.asked_pages.add(document.sha256, [1], "rapidocr")
    library.forget(document.id)
    assert library.asked_pages.engines(document.sha256) == {}
