"""`recto docs questions` over a real library and a model server with a script: planned, written, found, taken back."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import printed, refused
from made_pdfs import Made
from stub_llm import StubServer

from app.cli import main
from ingest.store import Library

ASKED = "de-ice the windscreen"
WRITTEN = "1. How do I de-ice the windscreen?\n2. What was it in 1899?"
PAGES = (
    "Sodium chloride dissolves the rime within a quarter of an hour.",
    "The bell rings every evening over the harbour of the old town.",
    "Cats are mammals as much as whales are, and so are dogs.",
    "A ferry carries passengers across the strait every morning.",
)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    made = Made(tmp_path / "notes.pdf")
    for text in PAGES:
        made = made.page(text)
    made.save()
    folder = tmp_path / "library"
    assert main(["ingest", str(tmp_path / "notes.pdf"), "--library", str(folder)]) == 0
    return folder


def question_for(prompt: str) -> str:
    """A question for the first page, none for the others."""
    return WRITTEN if "rime" in prompt else "NOT_IN_DOCUMENTS"


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer(reply_to=question_for, context_tokens=4096) as server:
        yield server


def branches(hit: dict) -> set[str]:
    return {by["branch"] for by in hit["found_by"]}


def test_a_page_is_found_by_a_question_that_only_the_model_wrote(
    library: Path, server: StubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--library", str(library)]
    command = ["docs", "questions", "notes.pdf", "--llm", server.url, *where]
    (before,) = printed(capsys, "search", ASKED, *where)
    assert all(branches(hit) <= {"vectors"} for hit in before["hits"])

    (planned,) = printed(capsys, *command, "--plan")
    assert planned["plan"]["calls"] == len(PAGES) and server.requests == []
    (told,) = printed(capsys, *command)
    (one,) = told["documents"]
    assert (one["passages"], one["questions"], one["failed"], one["calls"]) == (4, 1, 0, 4)
    assert one["input_tokens"] <= planned["plan"]["input_tokens"] and one["output_tokens"] > 0

    (after,) = printed(capsys, "search", ASKED, *where)
    best, *others = after["hits"]
    assert (best["page"], best["text"]) == (1, PAGES[0])  # what it says itself, and nothing that the model wrote
    (by,) = [by for by in best["found_by"] if by["branch"] == "questions"]
    assert (by["rank"], by["question"]) == (1, "How do I de-ice the windscreen?")
    assert all("questions" not in branches(hit) for hit in others)
    assert main(["search", ASKED, "--trace", *where]) == 0
    traced = capsys.readouterr()
    assert "through the generated question “How do I de-ice the windscreen?”" in traced.out
    assert "questions: 1 candidates" in traced.err
    (shown,) = printed(capsys, "docs", "questions", "notes.pdf", "--show", *where)
    (found,) = shown[0]["chunks"]
    assert (found["page"], found["questions"]) == (1, ["How do I de-ice the windscreen?"])
    assert printed(capsys, "fsck", *where)[0]["ok"]

    (again,) = printed(capsys, *command)
    assert again["plan"] == {"calls": 0, "made": 4, "input_tokens": 0, "output_tokens": 0}
    assert len(server.requests) == 4
    printed(capsys, "docs", "questions", "notes.pdf", "--remove", *where)
    (gone,) = printed(capsys, "search", ASKED, *where)
    assert all(branches(hit) <= {"vectors"} for hit in gone["hits"])


def test_no_answer_quotes_a_generated_question(
    library: Path, server: StubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--library", str(library)]
    printed(capsys, "docs", "questions", "notes.pdf", "--llm", server.url, *where)
    (answer,) = printed(capsys, "ask", "How do I de-ice the windscreen?", *where)
    quotes, texts = [one["quote"] for one in answer["citations"]], [one["text"] for one in answer["hits"]]
    assert texts and set(texts) <= set(PAGES) and all(quote in " ".join(PAGES) for quote in quotes)
    assert "How do I" not in answer["answer"]


def test_what_is_wrong_is_said(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--library", str(library)]
    assert "--llm URL" in refused(capsys, "docs", "questions", "notes.pdf", *where, code=2)
    assert "recto docs list" in refused(capsys, "docs", "questions", "none.pdf", "--plan", *where, code=1)
    with StubServer(fail=400, context_tokens=4096) as server:
        told = refused_all(capsys, "docs", "questions", "notes.pdf", "--llm", server.url, *where)
        assert "the stub was told to fail" in told
    assert Library(library).questions.of(Library(library).find("notes.pdf").id) == {}


def refused_all(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command says that plans first and then fails."""
    capsys.readouterr()
    assert main(list(arguments)) == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_a_killed_run_goes_on(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    killed = threading.Event()

    def first_page_only(prompt: str) -> str:
        if "rime" not in prompt:
            killed.wait(60)
        return "What is said of it?"

    with StubServer(reply_to=first_page_only, context_tokens=4096) as server:
        arguments = ["docs", "questions", "notes.pdf", "--llm", server.url, "--library", str(library)]
        process = subprocess.Popen([sys.executable, "-m", "app", *arguments], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not list(library.glob("summaries/*/questions-*.txt")) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
        process.wait()
        killed.set()
        (planned,) = printed(capsys, *arguments, "--plan")
        assert (planned["plan"]["calls"], planned["plan"]["made"]) == (3, 1)
        (told,) = printed(capsys, *arguments)
        assert (told["documents"][0]["calls"], told["documents"][0]["questions"]) == (3, 4)
    assert printed(capsys, "fsck", "--library", str(library))[0]["ok"]
