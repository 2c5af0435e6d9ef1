"""The REST API over a scripted service: shapes, problem details, event order, and what the guard refuses."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator

import pytest
from fake_service import SAMPLE_ID, FakeService, document
from fastapi.testclient import TestClient

from app.api import ApiOptions, create_app
from app.auth import check_bind
from app.guard import GuardOptions, content_policy
from app.server import listen
from app.stream import Asks
from ingest.errors import BadDocument, BadSetup, LibraryError, OtherSide, StorageFull
from ingest.intake import clean_name
from ingest.metadata import DocumentFilter
from ingest.records import Content, State
from prompts.condense import Turn

HOST = "http://127.0.0.1:7860"
PDF = ("report.pdf", b"%PDF-1.7 words", "application/pdf")


@pytest.fixture
def service() -> FakeService:
    return FakeService().with_sample()


@pytest.fixture
def client(service: FakeService) -> Iterator[TestClient]:
    with TestClient(create_app(service, page=False), base_url=HOST, raise_server_exceptions=False) as client:
        yield client


def events_of(text: str) -> list[tuple[str, dict]]:
    found = re.findall(r"event: (\w+)\ndata: (.*)\n\n", text)
    return [(name, json.loads(data)) for name, data in found]


def test_documents_are_taken_in_listed_shown_and_removed(client: TestClient, service: FakeService) -> None:
    reply = client.post("/api/v1/documents", files=[("file", PDF), ("file", ("年报 (2024).pdf", b"%PDF", "x/y"))])
    assert reply.status_code == 202
    added = reply.json()["documents"]
    assert [(one["name"], one["state"]) for one in added] == [("report.pdf", "waiting"), ("年报 (2024).pdf", "waiting")]
    assert service.uploads == [("report.pdf", 14), ("年报 (2024).pdf", 4)]

    job = client.get(reply.json()["job"]).json()
    assert [one["document_id"] for one in job] == [one["document_id"] for one in added]
    assert len(client.get("/api/v1/documents").json()) == 3
    shown = client.get(f"/api/v1/documents/{SAMPLE_ID}").json()
    assert shown["document"] == "recto-sample.pdf"
    assert {"document_id", "collection", "pages", "pages_done", "chunks", "state", "reason"} <= shown.keys()
    assert shown["askable"] and not job[0]["askable"]
    assert (shown["share_read"], shown["skipped"]) == (None, {})
    read = Content("sha", (), skipped={3: "it is too large"}, characters=180, characters_seen=200)
    service.contents[SAMPLE_ID] = read
    shown = client.get(f"/api/v1/documents/{SAMPLE_ID}").json()
    assert (shown["share_read"], shown["skipped"]) == (0.9, {"3": "it is too large"})
    assert (shown["grades"], shown["doubtful"]) == ({"good": 0, "doubtful": 0, "poor": 0}, [])

    removed = client.delete(f"/api/v1/documents/{SAMPLE_ID}")
    assert [one["document_id"] for one in removed.json()] == [SAMPLE_ID]
    assert client.get(f"/api/v1/documents/{SAMPLE_ID}").status_code == 404


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\papers\\a.pdf", "a.pdf"),
        ("a\x00b\nc.pdf", "abc.pdf"),
        ("re\u0301sume\u0301.pdf", "résumé.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("..", "unnamed.pdf"),
        ("", "unnamed.pdf"),
        ("年报(2024).pdf", "年报(2024).pdf"),
        ("<b>{x}%s.pdf", "<b>{x}%s.pdf"),
    ],
)
def test_upload_names_are_data(sent: str, kept: str) -> None:
    assert clean_name(sent) == kept


def test_a_long_name_is_cut_and_keeps_its_ending() -> None:
    cut = clean_name("长" * 500 + ".pdf")
    assert len(cut) <= 200
    assert cut.endswith("….pdf")


def test_search_gives_hits_with_boxes(client: TestClient) -> None:
    (hit,) = client.post("/api/v1/search", json={"question": "revenue"}).json()["hits"]
    assert hit == {
        "document": "recto-sample.pdf",
        "document_id": SAMPLE_ID,
        "page": 1,
        "label": "1",
        "section": ["1. The year in brief"],
        "text": "Revenue rose by 10.2 percent to 58.3 million euros",
        "corrected": False,
        "note": "",
        "boxes": [{"page": 1, "box": [70.12, 100, 290, 112]}],
        "score": 0.9,
        "found_by": [{"branch": "bm25", "rank": 1, "score": 7.5, "terms": ["revenue"], "question": ""}],
    }


def test_a_question_is_kept_to_documents_by_what_they_are(client: TestClient, service: FakeService) -> None:
    told = client.patch(f"/api/v1/documents/{SAMPLE_ID}", json={"year": 2025, "company": "Mill Inc."}).json()
    assert (told["year"], told["company"], told["kind"]) == (2025, "Mill Inc.", "")
    assert client.patch(f"/api/v1/documents/{SAMPLE_ID}", json={"company": None}).json()["year"] == 2025
    assert client.patch("/api/v1/documents/none", json={"year": 2025}).status_code == 404
    scope = {"years": [2024, 2025], "companies": ["mill"], "kinds": ["manual"]}
    for path in ("search", "ask"):
        assert client.post(f"/api/v1/{path}", json={"question": "revenue"} | scope).status_code == 200
    assert service.where == [DocumentFilter([2024, 2025], ["mill"], ["manual"])] * 2


def test_a_question_is_kept_to_pages(client: TestClient, service: FakeService) -> None:
    for path in ("search", "ask", "ask-each"):
        body = {"question": "revenue", "documents": [SAMPLE_ID], "pages": "3, 1-2"}
        assert client.post(f"/api/v1/{path}", json=body).status_code == 200
    assert service.pages_asked == [((1, 3),)] * 3
    wrong = client.post("/api/v1/ask", json={"question": "revenue", "pages": "3-1"})
    assert (wrong.status_code, wrong.json()["title"]) == (400, "the pages 3-1 run backwards")


def test_ask_gives_an_answer_whose_sentences_cite(client: TestClient) -> None:
    answer = client.post("/api/v1/ask", json={"question": "How did revenue develop?"}).json()
    assert answer["strategy"] == "stuff"
    assert answer["refused"] is False
    assert [one["citations"] for one in answer["sentences"]] == [[1, 2], [3], []]
    assert [one["verdict"] for one in answer["sentences"]] == ["supported", "partly", "not_found"]
    first, second, _ = answer["citations"]
    assert first["verified"] is True
    assert first["cell"] is None
    assert [box["page"] for box in first["boxes"]] == [1, 1]
    assert second["cell"] == {"row": 1, "column": 5, "header_path": ["Revenue", "2025"]}
    call = {"counted": 900, "input_tokens": 900, "output_tokens": 60, "reported": True}
    assert answer["ledger"] == {"calls": 1, "input_tokens": 900, "output_tokens": 60, "each": [call]}
    assert answer["timings"] == {"search": 0.031, "answer": 0.5}
    assert len(answer["hits"]) == 1


@pytest.mark.parametrize("how", [{"headers": {"Accept": "text/event-stream"}}, {"stream": True}])
def test_events_come_in_order(client: TestClient, how: dict) -> None:
    body = {"question": "How did revenue develop?", "stream": how.get("stream", False)}
    reply = client.post("/api/v1/ask", json=body, headers=how.get("headers"))
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = events_of(reply.text)
    names = list(dict.fromkeys(name for name, _ in events))
    assert names == ["plan", "hits", "token", "sentence", "answer", "done"]
    sentence = next(data for name, data in events if name == "sentence")
    assert sentence["citations"] == [1, 2]
    assert [one["marker"] for one in sentence["cited"]] == [1, 2]


def test_an_error_in_the_stream_is_an_event_and_then_done(client: TestClient, service: FakeService) -> None:
    service.fail = OtherSide("the model server does not answer", retryable=True, hint="is it running?")
    events = events_of(client.post("/api/v1/ask", json={"question": "x", "stream": True}).text)
    assert [name for name, _ in events][-2:] == ["error", "done"]
    assert events[-2][1] == {
        "type": "urn:recto:other-side",
        "title": "the model server does not answer",
        "status": 503,
        "hint": "is it running?",
        "retryable": True,
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadDocument("not_pdf", "x is not a PDF"), 400),
        (BadDocument("too_big", "x is too big"), 413),
        (LibraryError("the library is locked", hint="stop the other recto"), 500),
        (StorageFull("the disk is full"), 507),
        (OtherSide("the model refused", retryable=False), 502),
        (OtherSide("the model is busy", retryable=True), 503),
        (ValueError("secret inside"), 500),
    ],
)
def test_errors_are_problem_details(client: TestClient, service: FakeService, error: Exception, status: int) -> None:
    service.fail = error
    reply = client.post("/api/v1/ask", json={"question": "x"})
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status
    assert "secret" not in reply.text
    assert "\n" not in problem["title"]


def test_a_name_that_fits_several_is_a_conflict(client: TestClient, service: FakeService) -> None:
    service.library.append(document("d2", "recto-sample.pdf", State.INDEXED))
    reply = client.get("/api/v1/documents/recto-sample.pdf")
    assert reply.status_code == 409
    assert reply.json()["document_ids"] == [SAMPLE_ID, "d2"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v1/documents/none", None, 404),
        ("GET", "/api/v1/nowhere", None, 404),
        ("PUT", "/api/v1/documents", None, 404),
        ("POST", "/api/v1/ask", {"question": ""}, 422),
        ("POST", "/api/v1/ask", {"question": "   "}, 400),
        ("POST", "/api/v1/search", {"question": "x", "k": 1000}, 422),
        ("GET", f"/api/v1/documents/{SAMPLE_ID}/pages/1.png?dpi=500", None, 422),
        ("GET", f"/api/v1/documents/{SAMPLE_ID}/pages/99.png", None, 404),
        ("GET", "/gradio_api/file=/etc/passwd", None, 404),
        ("POST", "/gradio_api/upload", None, 404),
    ],
)
def test_what_is_wrong_is_said(client: TestClient, method: str, path: str, body: dict | None, status: int) -> None:
    reply = client.request(method, path, json=body)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["title"]


def test_a_page_picture_is_not_kept_by_the_browser(client: TestClient) -> None:
    reply = client.get(f"/api/v1/documents/{SAMPLE_ID}/pages/1.png?dpi=36")
    assert reply.content.startswith(b"\x89PNG")
    assert reply.headers["cache-control"] == "no-store"


def test_a_page_is_read_again_from_its_picture(client: TestClient, service: FakeService) -> None:
    address = f"/api/v1/documents/{SAMPLE_ID}/pages/2"
    assert client.get(address).json() == {
        "page": 2,
        "label": "2",
        "grade": "good",
        "reasons": [],
        "text_from": "pdf",
        "confidence": None,
    }
    taken = client.post(f"{address}/ocr")
    assert taken.status_code == 202 and taken.json()["document_id"] == SAMPLE_ID
    assert taken.headers["location"] == f"/api/v1/documents?id={SAMPLE_ID}"
    assert client.post(f"{address}/ocr", json={"engine": "paddleocr"}).status_code == 202
    assert service.reread == [(SAMPLE_ID, (2,), None), (SAMPLE_ID, (2,), "paddleocr")]
    assert client.post(f"{address}/ocr", json={"engine": "magic"}).status_code == 422
    assert client.post(f"/api/v1/documents/{SAMPLE_ID}/pages/99/ocr").status_code == 404
    service.text_from = "ocr"
    assert client.get(address).json()["confidence"] == 0.97


def test_too_many_files_and_too_many_bytes_are_refused(service: FakeService) -> None:
    options = ApiOptions(max_files=2, guard=GuardOptions(max_upload=2000, max_body=100))
    with TestClient(create_app(service, options, page=False), base_url=HOST, raise_server_exceptions=False) as client:
        assert client.post("/api/v1/documents", files=[("file", PDF)] * 3).status_code == 413
        big = ("big.pdf", b"x" * 3000, "application/pdf")
        assert client.post("/api/v1/documents", files=[("file", big)]).status_code == 413
        assert client.post("/api/v1/ask", json={"question": "x" * 200}).status_code == 413

        def unannounced() -> Iterator[bytes]:
            for _ in range(30):
                yield b'{"question": "' + b"x" * 100

        reply = client.post("/api/v1/ask", content=unannounced(), headers={"content-type": "application/json"})
        assert reply.status_code == 413
    assert service.uploads == []


def test_health_does_not_wait_behind_questions(service: FakeService) -> None:
    service.pause = 0.2
    with TestClient(create_app(service, page=False), base_url=HOST) as client:
        asks = [
            threading.Thread(target=client.post, args=("/api/v1/ask",), kwargs={"json": {"question": "x"}})
            for _ in range(8)
        ]
        for ask in asks:
            ask.start()
        time.sleep(0.3)
        started = time.monotonic()
        assert client.get("/api/v1/health").json()["status"] == "ok"
        assert time.monotonic() - started < 1.0
        busy = client.post("/api/v1/ask", json={"question": "one more"})
        assert busy.status_code == 503
        assert busy.headers["retry-after"] == "5"
        for ask in asks:
            ask.join()


def test_a_reader_who_leaves_stops_the_answer() -> None:
    made, left = [], threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                made.append(1)
                yield 1
        finally:
            left.set()

    feed = Asks(1).open(endless)  # type: ignore[arg-type]
    reader = feed.events(1.0)
    next(reader)
    time.sleep(0.2)
    assert len(made) <= 70  # the queue is bounded
    reader.close()
    assert left.wait(2.0)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:7860"}, 200),
        ({"Host": "[::1]:7860"}, 200),
        ({"Host": "127.0.0.2:7860"}, 200),
        ({"Host": "192.168.1.5:7860"}, 421),
        ({"Host": ""}, 421),
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:7860"}, 421),
        ({"Origin": "http://127.0.0.1:7860"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:8000"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_foreign_hosts_and_sites_are_refused(client: TestClient, headers: dict, status: int) -> None:
    assert client.post("/api/v1/search", json={"question": "x"}, headers=headers).status_code == status


def test_a_link_from_another_site_may_be_followed_but_not_embedded(client: TestClient) -> None:
    visit = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/api/v1/docs", headers=visit).status_code == 200
    assert client.get("/api/v1/docs", headers=visit | {"Sec-Fetch-Dest": "iframe"}).status_code == 403
    picture = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert client.get(f"/api/v1/documents/{SAMPLE_ID}/pages/1.png", headers=picture).status_code == 403


def test_every_answer_bears_the_security_headers(client: TestClient) -> None:
    for path in ("/api/v1/health", "/api/v1/docs", "/api/v1/nowhere", "/elsewhere"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_the_policy_names_inline_scripts_by_hash_and_no_other_origin() -> None:
    policy = content_policy('<script>alert("a")</script><script type="module" src="./a.js"></script>')
    script = re.search(r"script-src ([^;]*)", policy)
    assert script is not None
    assert script[1].count("'sha256-") == 1
    assert "'unsafe-inline'" not in script[1]
    assert "http" not in policy
    assert "*" not in policy


def test_the_api_page_refers_to_nothing_elsewhere(client: TestClient) -> None:
    html = client.get("/api/v1/docs").text
    assert "/api/v1/ask" in html
    assert "<script" not in html
    assert re.findall(r'(?:src|href)="([^"]*)"', html) == ["openapi.json"]
    assert "://" not in html
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/documents/{document_id}/pages/{number}.png" in paths


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "", "example.org"])
def test_without_sign_in_only_the_loopback_is_bound(host: str) -> None:
    with pytest.raises(BadSetup, match="refused to listen"):
        check_bind(host, authenticated=False)
    check_bind(host, authenticated=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.0.0.2"])
def test_the_loopback_is_bound_freely(host: str) -> None:
    check_bind(host, authenticated=False)


def test_a_port_in_use_is_said_with_another_to_try() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadSetup, match=f"port {port} is in use .try --port {port + 1}"):
            listen("127.0.0.1", port)


def test_follow_up_questions_bring_their_history(client: TestClient, service: FakeService) -> None:
    history = [{"question": "How did revenue develop?", "answer": "It rose."}]
    assert client.post("/api/v1/ask", json={"question": "And costs?", "history": history}).status_code == 200
    assert service.history == [Turn("How did revenue develop?", "It rose.")]


def test_each_document_is_a_row(client: TestClient) -> None:
    table = client.post("/api/v1/ask-each", json={"question": "How did revenue develop?"}).json()
    assert table["question"] == "How did revenue develop?"
    assert [(row["document"], row["found"]) for row in table["rows"]] == [("recto-sample.pdf", True)]
    assert table["rows"][0]["answer"]["citations"][0]["verified"]


def test_chunks_are_listed_searched_and_edited(client: TestClient, service: FakeService) -> None:
    service.with_chunks("The ferry carries 22O passengers.", "The bell rings.", "渡轮每天开行十二班。")
    at = f"/api/v1/documents/{SAMPLE_ID}"
    shown = client.get(f"{at}/chunks", params={"search": "十二 渡轮"}).json()
    assert (shown["found"], shown["lost"]) == (1, [])
    assert shown["chunks"][0] | {"section": []} == {
        "chunk": 2,
        "page": 3,
        "section": [],
        "kind": "text",
        "text": "渡轮每天开行十二班。",
        "original": None,
        "note": "",
        "excluded": False,
        "edit": None,
        "questions": [],
    }
    edited = client.patch(f"{at}/chunks/0", json={"text": "The ferry carries 220 passengers.", "note": "Ask!"}).json()
    assert (edited["text"][18:21], edited["original"][18:21], edited["note"]) == ("220", "22O", "Ask!")
    assert client.patch(f"{at}/chunks/1", json={"excluded": True}).json()["excluded"]
    listed = client.get(f"{at}/chunks", params={"edited": True, "most": 1, "start": 1}).json()
    assert (listed["found"], [one["chunk"] for one in listed["chunks"]]) == (2, [1])
    assert client.patch(f"{at}/chunks/0", json={"text": None}).json()["original"] is None
    assert client.patch(f"{at}/chunks/1", json={"excluded": False}).json()["edit"] is None
    assert client.patch(f"{at}/chunks/9", json={"excluded": True}).status_code == 404
    assert client.patch(f"{at}/chunks/0", json={"note": "x" * 10_001}).status_code == 422


def test_an_edit_whose_place_is_gone_is_shown_until_it_is_let_go(client: TestClient, service: FakeService) -> None:
    service.with_chunks("The ferry carries 220 passengers.")
    at = f"/api/v1/documents/{SAMPLE_ID}"
    client.patch(f"{at}/chunks/0", json={"excluded": True})
    service.with_chunks("Something else was read here.")
    found = client.get(f"{at}/chunks").json()
    assert [(one["page"], one["original"]) for one in found["lost"]] == [(1, "The ferry carries 220 passengers.")]
    assert client.delete(f"{at}/edits/{found['lost'][0]['edit']}").status_code == 204
    assert client.get(f"{at}/chunks").json()["lost"] == []
    assert client.delete(f"{at}/edits/1").status_code == 404
