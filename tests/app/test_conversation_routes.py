"""Answers asked for over REST are kept, listed, rated."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fake_service import SAMPLE_ID, FakeService
from fastapi.testclient import TestClient

from app.api import create_app
from ingest import conversations

ROOT = "/api/v1"
QUESTION = "How did revenue develop?"


@pytest.fixture
def service() -> FakeService:
    return FakeService().with_sample()


@pytest.fixture
def client(service: FakeService) -> Iterator[TestClient]:
    with TestClient(create_app(service, page=False), base_url="http://127.0.0.1:7860") as client:
        yield client


def asked(client: TestClient, conversation: str | None, question: str = QUESTION, **more: object) -> dict:
    body = {"question": question, "conversation": conversation, **more}
    reply = client.post(f"{ROOT}/ask", json=body)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_an_answer_is_kept_where_that_is_asked_for(client: TestClient) -> None:
    assert "kept" not in asked(client, None)
    assert client.get(f"{ROOT}/conversations").json() == []
    first = asked(client, "")["kept"]
    second = asked(client, first["conversation"], "And the weather?", documents=[SAMPLE_ID])["kept"]
    assert (first["turn"], second) == (1, {"conversation": first["conversation"], "turn": 2})
    (listed,) = client.get(f"{ROOT}/conversations", params={"search": "WEATHER"}).json()
    assert (listed["conversation"], listed["title"]) == (first["conversation"], QUESTION)
    turns = client.get(f"{ROOT}/conversations/{first['conversation']}/turns").json()
    assert [(one["turn"], one["question"], one["refused"]) for one in turns] == [
        (1, QUESTION, False),
        (2, "And the weather?", True),
    ]
    assert turns[0]["answer"].startswith("Revenue rose by 10.2 percent") and turns[0]["rating"] is None


def test_a_stream_keeps_its_answer_too(client: TestClient) -> None:
    reply = client.post(f"{ROOT}/ask", json={"question": QUESTION, "conversation": "", "stream": True})
    conversation = re.search(r'"kept": {"conversation": "(\w+)", "turn": 1}', reply.text)
    assert conversation and client.get(f"{ROOT}/conversations/{conversation[1]}.md").status_code == 200


def test_nothing_is_asked_for_a_conversation_that_is_gone(client: TestClient, service: FakeService) -> None:
    reply = client.post(f"{ROOT}/ask", json={"question": QUESTION, "conversation": "gone"})
    assert (reply.status_code, reply.json()["hint"], service.asked) == (404, "begin a new one", [])


def test_answers_are_rated_listed_and_the_ratings_removed(client: TestClient, service: FakeService) -> None:
    kept = asked(client, "")["kept"]
    turn = f"{ROOT}/conversations/{kept['conversation']}/turns/1/rating"
    assert client.put(turn, json={"good": True}).status_code == 204
    right = {"document": service.sample.name, "page": 2}
    body = {"good": False, "reason": "place", "note": " see  the table ", "right_page": right}
    assert client.put(turn, json=body).status_code == 204
    (rated,) = client.get(f"{ROOT}/ratings").json()
    assert (rated["question"], rated["good"], rated["reason"], rated["note"]) == (
        QUESTION,
        False,
        "place",
        "see the table",
    )
    assert rated["right_page"] == {"document": service.sample.name, "document_id": SAMPLE_ID, "page": 2}
    (shown,) = client.get(f"{ROOT}/conversations/{kept['conversation']}/turns").json()
    assert shown["rating"] == {name: rated[name] for name in ("good", "reason", "note", "right_page")}
    assert client.delete(f"{ROOT}/ratings/{rated['id']}").status_code == 204
    assert client.get(f"{ROOT}/ratings").json() == []
    gone = client.delete(f"{ROOT}/ratings/{rated['id']}")
    assert gone.status_code == 404 and "no rating" in gone.json()["title"]


@pytest.mark.parametrize(
    ("turn", "body", "status", "said"),
    [
        (1, {"good": False, "reason": "boring"}, 422, "reason"),
        (2, {"good": True}, 404, "this answer is gone"),
        (0, {"good": True}, 404, "this answer is gone"),
        (1, {"good": True, "right_page": {"document": "none.pdf", "page": 1}}, 404, "no document"),
        (1, {"good": True, "right_page": {"document": SAMPLE_ID, "page": 5}}, 404, "has no page 5"),
    ],
)
def test_what_cannot_be_rated_is_said(client: TestClient, turn: int, body: dict, status: int, said: str) -> None:
    kept = asked(client, "")["kept"]
    reply = client.put(f"{ROOT}/conversations/{kept['conversation']}/turns/{turn}/rating", json=body)
    assert reply.status_code == status and said in reply.json()["title"]
    assert client.get(f"{ROOT}/ratings").json() == []


def test_an_answer_that_went_with_its_document_keeps_its_question(client: TestClient, service: FakeService) -> None:
    kept = asked(client, "")["kept"]
    with service.kept.database.writing() as db:
        conversations.forget(db, SAMPLE_ID)
    (turn,) = client.get(f"{ROOT}/conversations/{kept['conversation']}/turns").json()
    assert (turn["question"], turn["answer"], turn["removed"]) == (QUESTION, "", True)


def test_the_routes_are_described(client: TestClient) -> None:
    paths = client.get(f"{ROOT}/openapi.json").json()["paths"]
    rating = paths[f"{ROOT}/conversations/{{conversation}}/turns/{{number}}/rating"]
    assert list(rating) == ["put"] and list(paths[f"{ROOT}/ratings"]) == ["get"]
    assert set(paths[f"{ROOT}/collections/{{collection}}"]) == {"patch", "delete"}
    assert list(paths[f"{ROOT}/collections"]) == ["get"]
