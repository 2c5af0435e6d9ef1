from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import printed, refused
from conftest import DATA
from filelock import FileLock
from stub_llm import StubServer

from app.cli import build_parser, main
from ingest.store import Library

FILES = ("english.pdf", "chinese.pdf")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the English and the Chinese document."""
    folder = tmp_path_factory.mktemp("cli") / "library"
    assert main(["ingest", *(str(DATA / name) for name in FILES), "--library", str(folder)]) == 0
    return folder


@pytest.fixture
def own_library(library: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(library, tmp_path / "own"))


def test_ingest_prints_a_line_a_file_and_a_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "new")
    arguments = ["ingest", str(DATA / "english.pdf"), str(DATA / "empty.pdf"), "nowhere.pdf", "--library", folder]
    lines = printed(capsys, *arguments, code=1)
    summary = lines.pop()["summary"]
    states = {line["document"]: line["state"] for line in lines}
    assert states == {"english.pdf": "indexed", "empty.pdf": "not_pdf", "nowhere.pdf": "failed"}
    assert summary["files"] == 3 and summary["pages"] == 2
    assert set(summary["stage_seconds"]) == {"parse", "chunk", "commit", "embed"}
    assert set(lines[0]) >= {"file", "document", "document_id", "state", "pages", "chunks", "reason", "seconds"}


def test_search_names_page_box_and_branch(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = printed(capsys, "search", "fee for lost property", "-k", "3", "--library", str(library))
    assert len(found["hits"]) == 3
    hit = found["hits"][0]
    assert (hit["document"], hit["page"]) == ("english.pdf", 2)
    assert {branch["branch"] for branch in hit["found_by"]} == {"words", "pages", "vectors"}
    assert all(box["page"] == 2 and len(box["box"]) == 4 for box in hit["boxes"])


def test_search_and_ask_keep_to_pages(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scope = ["--library", str(library), "--document", "english.pdf"]
    (found,) = printed(capsys, "search", "fee for lost property", *scope, "--pages", "1")
    assert {hit["page"] for hit in found["hits"]} == {1}
    (answer,) = printed(capsys, "ask", "When was the ferry built?", *scope, "--pages", "1-2")
    assert not answer["refused"] and {one["page"] for one in answer["citations"]} == {1}
    line = refused(capsys, "ask", "When was the ferry built?", *scope, "--pages", "2-3", code=1)
    assert line == "recto: english.pdf has no page 3: it has 2"
    line = refused(capsys, "search", "ferry", "--library", str(library), "--pages", "1", code=1)
    assert "pages can be asked of one document only, and these are 2" in line


@pytest.mark.parametrize(
    ("question", "document", "quote"),
    [
        ("When was the ferry built?", "english.pdf", "1994"),
        ("失物保管多少天？", "chinese.pdf", "九十天"),
    ],
)
def test_ask_quotes_and_cites(
    library: Path, capsys: pytest.CaptureFixture[str], question: str, document: str, quote: str
) -> None:
    (answer,) = printed(capsys, "ask", question, "--library", str(library), "--document", document)
    assert not answer["refused"] and answer["strategy"] == "extractive"
    citation = answer["citations"][answer["sentences"][0]["citations"][0] - 1]
    assert quote in citation["quote"] and citation["document"] == document and citation["verified"]
    assert citation["boxes"]


def test_what_is_not_there_is_refused_with_exit_0(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (answer,) = printed(capsys, "ask", "Who invented the telephone?", "--library", str(library))
    assert answer["refused"] and "“invented”" in answer["answer"]


def test_ask_with_a_model_server(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = ["ask", "How long is the crossing?", "--library", str(library), "--document", "english.pdf"]
    with StubServer(reply="The crossing takes 25 minutes in calm weather. [1]") as server:
        (answer,) = printed(capsys, *question, "--llm", server.url, "--strategy", "stuff")
    assert answer["strategy"] == "stuff" and answer["ledger"]["calls"] == 1
    assert [sentence["verdict"] for sentence in answer["sentences"]] == ["supported"]
    assert answer["citations"][0]["verified"]


def test_a_dead_model_server_is_named_or_done_without(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = ["ask", "When was the ferry built?", "--library", str(library), "--llm", "http://127.0.0.1:9"]
    (answer,) = printed(capsys, *question)
    assert answer["strategy"] == "extractive" and "127.0.0.1:9" in answer["notes"][0]
    line = refused(capsys, *question, "--strategy", "stuff", code=2)
    assert "http://127.0.0.1:9" in line and "--llm" in line


def test_an_answer_says_which_page_it_took_for_the_one_named(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scope = ["--document", "english.pdf", "--library", str(library)]
    (answer,) = printed(capsys, "ask", "What does page 2 say?", *scope)
    assert answer["notes"] == ["page 2 taken as page 2 of 2, counted from the start of the file"]
    assert {one["page"] for one in answer["citations"]} == {2} and not answer["refused"]
    assert main(["search", "the last page", "--trace", *scope]) == 0
    output = capsys.readouterr()
    assert output.out.startswith("1. english.pdf, p. 2\n") and "page named #1" in output.out
    assert "last page: page 2 of 2" in output.err


def test_each_document_is_asked_by_itself(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = ["ask", "When was the ferry built?", "--each", "--library", str(library)]
    (table,) = printed(capsys, *question)
    rows = {row["document"]: row for row in table["rows"]}
    assert set(rows) == set(FILES)
    ferry = rows["english.pdf"]
    assert ferry["found"] and "1994" in ferry["answer"]["citations"][0]["quote"]
    assert not rows["chinese.pdf"]["found"] and not rows["chinese.pdf"]["answer"]["citations"]
    assert main(question) == 0
    out = capsys.readouterr().out
    assert "english.pdf\n  " in out and "chinese.pdf\n  not found\n" in out


def test_the_plan_is_shown_before_it_runs(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = ["ask", "How long is the crossing?", "--library", str(library), "--trace"]
    with StubServer(reply="The crossing takes 25 minutes in calm weather. [1]", context_tokens=8000) as server:
        assert main([*question, "--llm", server.url]) == 0
    err = capsys.readouterr().err
    assert err.startswith("plan: stuff, at most 1 model calls, ") and "why: The question asks for a fact" in err
    assert "(the server's usage)" in err


def test_a_wider_search_is_planned_booked_and_shown(
    library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    question = ["ask", "How long is the crossing?", "--strategy", "stuff", "--library", str(library)]
    reply = "The crossing takes 25 minutes in calm weather. [1]"
    with StubServer(reply=reply, context_tokens=8000) as server:
        (plain,) = printed(capsys, *question, "--llm", server.url)
        monkeypatch.setenv("RECTO_QUERY_TRANSFORM", "multi_query")
        (wider,) = printed(capsys, *question, "--llm", server.url)
        assert main([*question, "--llm", server.url, "--trace"]) == 0
    assert (plain["ledger"]["calls"], wider["ledger"]["calls"]) == (1, 2)
    assert wider["ledger"]["input_tokens"] > plain["ledger"]["input_tokens"] and len(wider["ledger"]["each"]) == 2
    assert wider["steps"][0] == {"name": "Looked for as well", "text": reply} and plain["steps"] == []
    assert "plan: stuff, at most 2 model calls, " in capsys.readouterr().err


def test_a_summary_of_the_whole_is_kept_until_its_document_goes(
    own_library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scope = ["--document", "english.pdf", "--library", str(own_library)]
    with StubServer(reply="The crossing takes 25 minutes in calm weather. [1]", context_tokens=8000) as server:
        (answer,) = printed(capsys, "ask", "Summarise the document.", *scope, "--llm", server.url)
    assert answer["strategy"] == "tree" and "asks for a summary" in answer["why"]
    assert [step["name"] for step in answer["steps"]] == ["Level 1: 1 summaries"]
    kept = own_library / "summaries"
    assert len(list(kept.rglob("*.txt"))) == 1
    assert main(["docs", "remove", "english.pdf", "--yes", "--library", str(own_library)]) == 0
    assert list(kept.rglob("*.txt")) == []
    (kept / "gone").mkdir()
    (finding,) = printed(capsys, "fsck", "--library", str(own_library), code=1)[-1]["findings"]
    assert finding["where"] == "summaries"
    assert main(["fsck", "--repair", "--library", str(own_library)]) == 0 and not (kept / "gone").exists()


def test_questions_are_kept_to_documents_by_what_they_are(
    own_library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--library", str(own_library)]
    (told,) = printed(
        capsys,
        "docs",
        "set",
        "english.pdf",
        "--year",
        "2024",
        "--company",
        "Strait Ferries Ltd",
        "--kind",
        "manual",
        *where,
    )
    assert (told["document"], told["year"], told["company"], told["kind"]) == (
        "english.pdf",
        2024,
        "Strait Ferries Ltd",
        "manual",
    )
    (found,) = printed(capsys, "search", "voyage", "--company", "strait ferries", "--year", "2024", *where)
    assert {hit["document"] for hit in found["hits"]} == {"english.pdf"}
    (answer,) = printed(capsys, "ask", "When was the ferry built?", "--kind", "manual", *where)
    assert {citation["document"] for citation in answer["citations"]} == {"english.pdf"}
    (rows,) = printed(capsys, "ask", "When was the ferry built?", "--kind", "manual", "--each", *where)
    assert [row["document"] for row in rows["rows"]] == ["english.pdf"]
    assert "no document fits 1999" in refused(capsys, "search", "voyage", "--year", "1999", *where, code=1)
    (told,) = printed(capsys, "docs", "set", "english.pdf", "--company", "", *where)
    assert (told["company"], told["year"]) == ("", 2024)
    capsys.readouterr()
    assert main(["docs", "show", "english.pdf", *where]) == 0
    assert "what it is: 2024, manual" in capsys.readouterr().out.splitlines()


def test_docs_list_show_remove(own_library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--library", str(own_library)]
    (documents,) = printed(capsys, "docs", "list", *where)
    assert [(d["document"], d["state"], d["pages"]) for d in documents] == [(name, "indexed", 2) for name in FILES]
    (shown,) = printed(capsys, "docs", "show", "english.pdf", *where)
    assert {"page": 2, "level": 1, "text": "3 Timetable"} in shown["headings"]
    assert shown["askable"] and 0.95 < shown["share_read"] <= 1 and shown["skipped"] == {}
    assert (shown["grades"], shown["doubtful"]) == ({"good": 2, "doubtful": 0, "poor": 0}, [])
    (shown,) = printed(capsys, "docs", "show", "english.pdf", "--pages", *where)
    assert [(page["page"], page["grade"], page["reasons"]) for page in shown["page_reports"]] == [
        (1, "good", []),
        (2, "good", []),
    ]
    assert shown["page_reports"][0]["report"]["tables"] == 1
    capsys.readouterr()
    assert main(["docs", "show", "english.pdf", *where]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "askable" in said and any(line.endswith("of the characters that its text states were read") for line in said)
    assert "pages by how well they were read: 2 good" in said
    assert "--yes" in refused(capsys, "docs", "remove", "english.pdf", *where, code=2)
    printed(capsys, "docs", "remove", "english.pdf", "--yes", *where)
    (left,) = printed(capsys, "docs", "list", *where)
    assert [d["document"] for d in left] == ["chinese.pdf"]
    (found,) = printed(capsys, "search", "lost property fee", *where)
    assert all(hit["document"] == "chinese.pdf" for hit in found["hits"])


def test_a_page_is_read_again_from_its_picture(own_library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--library", str(own_library)]
    (told,) = printed(capsys, "docs", "reocr", "english.pdf", "--page", "2", *where)
    (page,) = told["pages"]
    assert told["state"] == "indexed" and told["failed"] == {}
    assert (page["page"], page["text_from"]) == (2, "ocr") and page["confidence"] > 0.9
    (shown,) = printed(capsys, "docs", "show", "english.pdf", "--pages", *where)
    assert shown["text_from"] == {"pdf": [1], "ocr": [2]}
    assert [report["text_from"] for report in shown["page_reports"]] == ["pdf", "ocr"]
    (answer,) = printed(capsys, "ask", "What is the fee for lost property?", "--document", "english.pdf", *where)
    assert "3 euros" in answer["answer"] and answer["citations"][0]["page"] == 2
    assert "no page 7" in refused(capsys, "docs", "reocr", "english.pdf", "--page", "7", *where, code=1)


def test_an_engine_that_is_not_installed_is_refused(
    own_library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.paddle_models.find_spec", lambda name: None)
    page = ["docs", "reocr", "english.pdf", "--page", "1", "--engine", "paddleocr", "--library", str(own_library)]
    assert "PaddleOCR is not installed" in refused(capsys, *page, code=2)
    monkeypatch.setenv("RECTO_OCR_ENGINE", "paddleocr")
    assert "PaddleOCR" in refused(capsys, "ingest", str(DATA / "english.pdf"), "--library", str(tmp_path / "b"), code=2)


def test_sync_follows_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, where = tmp_path / "papers", ["--library", str(tmp_path / "library")]
    folder.mkdir()
    for name in FILES:
        shutil.copy(DATA / name, folder / name)
    outside = printed(capsys, "ingest", str(DATA / "cropped.pdf"), *where)[0]
    printed(capsys, "ingest", "--sync", str(folder), *where)
    (folder / "english.pdf").rename(folder / "moved.pdf")
    (folder / "chinese.pdf").unlink()
    states = {line["document"]: line["state"] for line in printed(capsys, "ingest", "--sync", str(folder), *where)[:-1]}
    assert states == {"english.pdf": "unchanged", "chinese.pdf": "removed"}
    (documents,) = printed(capsys, "docs", "list", *where)
    assert {d["document"] for d in documents} == {"english.pdf", outside["document"]}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ask", "When?"], 1, "recto ingest"),
        (["search", "  "], 1, "empty"),
        (["docs", "show", "nothing.pdf"], 1, "recto docs list"),
        (["ask", "When?", "--strategy", "guess"], 1, "extractive"),
        (["ask", "When?", "--strategy", "refine"], 1, "--llm"),
        (["ingest"], 2, "--sync"),
        (["serve", "--host", "0.0.0.0"], 2, "127.0.0.1"),
        (["serve", "--port", "99999"], 2, "port"),
        (["eval", "retrieval", "no-such-set"], 1, "questions.jsonl"),
    ],
)
def test_refusals_say_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert said in refused(capsys, *arguments, "--library", str(tmp_path / "empty"), code=code)


def test_an_ambiguous_name_lists_the_ids(own_library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "english.pdf"
    shutil.copy(DATA / "cropped.pdf", other)
    where = ["--library", str(own_library)]
    added = printed(capsys, "ingest", str(other), *where)[0]["document_id"]
    line = refused(capsys, "ask", "When?", "--document", "english.pdf", *where, code=1)
    assert "fits 2 documents" in line and added in line


def test_a_port_in_use_is_one_line(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        line = refused(capsys, "serve", "--port", str(port), "--library", str(library), code=2)
    assert f"port {port} is in use" in line


def test_a_library_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot write" in refused(capsys, "docs", "list", "--library", str(tmp_path / "file" / "x"), code=2)


def test_a_second_ingest_waits_for_its_turn(own_library: Path) -> None:
    command = [sys.executable, "-m", "app", "ingest", str(DATA / "english.pdf"), "--library", str(own_library)]
    with FileLock(own_library / "ingest.lock"):
        process = subprocess.Popen(
            command, cwd=Path(__file__).parents[2], env=os.environ, stderr=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stderr is not None
        assert b"waiting" in process.stderr.readline()
        assert process.poll() is None
    output, _ = process.communicate(timeout=60)
    assert b"unchanged" in output and process.returncode == 0


def test_settings_come_from_the_command_then_the_environment_then_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recto.toml").write_text('llm = "http://file"\nport = 1111\nllm_api_key = "hush"\n')
    monkeypatch.setenv("RECTO_PORT", "2222")
    (settings,) = printed(capsys, "settings", "--library", "given")
    assert (settings["library"], settings["port"], settings["llm"]) == ("given", 2222, "http://file")
    assert settings["llm_api_key"] == "(set)"
    (tmp_path / "recto.toml").write_text("prot = 1\n")
    assert "prot" in refused(capsys, "settings", code=2)


def test_every_command_can_explain_itself() -> None:
    waiting, explained = [build_parser()], []
    while waiting:
        parser = waiting.pop()
        explained.append(parser.format_help())
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                waiting.extend(action.choices.values())
    assert len(explained) > 15 and all(text.startswith("usage: recto") for text in explained)


def test_documents_on_their_way_are_cancelled(own_library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--library", str(own_library)]
    library = Library(own_library)
    waiting = library.add_document("later.pdf", "default", "local", "ab" * 32)
    (documents,) = printed(capsys, "docs", "cancel", "later.pdf", *where)
    assert [(one["document_id"], one["state"]) for one in documents] == [(waiting.id, "cancelled")]
    assert main(["docs", "cancel", "english.pdf", *where]) == 1
    assert capsys.readouterr().out == "english.pdf is not being read: indexed\n"
