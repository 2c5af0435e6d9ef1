"""A document whose pages come in every kind: a question of each finds it, and the citation lies on the right words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ingesting import ingest
from made_mixed import FACTS, Fact, mixed

from app.auth import LOCAL
from app.service import Service
from app.settings import load_settings
from app.wiring import build
from ingest.parse import ParseOptions
from ingest.records import BBox, union_of
from ingest.store import Library
from prompts.answers import AnswerDone

TEXT_FROM = {
    "digital": "pdf",
    "scan": "ocr",
    "turned": "ocr",
    "garbled": "ocr",
    "figure": "mixed",
    "outlined": "ocr",
    "good layer": "pdf",
    "bad layer": "ocr",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("mixed")
    library = Library(folder / "library")
    outcome = ingest(library, cache, [mixed(folder / "mixed.pdf")], parse=ParseOptions(dpi=150))["mixed.pdf"]
    assert outcome.state == "indexed", outcome.reason
    made = build(load_settings(library=folder / "library"))
    yield made
    made.close()


def shared(one: BBox, other: BBox) -> float:
    """Intersection over union."""
    both = one.overlap(other)
    return both / (one.area + other.area - both)


@pytest.mark.parametrize(("number", "fact"), list(enumerate(FACTS, 1)), ids=[fact.kind for fact in FACTS])
def test_a_question_finds_the_page_and_its_citation_the_words(service: Service, number: int, fact: Fact) -> None:
    (document,) = service.documents(LOCAL)
    assert service.page(LOCAL, document.id, number).text_from == TEXT_FROM[fact.kind]
    assert service.search(LOCAL, fact.question)[0].chunk.page == number
    *_, last = service.ask(LOCAL, fact.question, strategy="extractive")
    assert isinstance(last, AnswerDone) and not last.answer.refused
    citation = last.answer.citations[0]
    assert citation.page == number and citation.verified
    assert shared(union_of([box for _, box in citation.boxes]), fact.box) >= 0.5
