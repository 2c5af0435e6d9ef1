"""A real vLLM server behind every strategy: `make test-vllm` installs it into an environment of its own."""

from __future__ import annotations

import json
import math
import random
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from fakes import Shelf
from vllm_serving import CONTEXT_TOKENS, PYTHON, VllmServer, make_model

from prompts.answers import Answer, AnswerDone, AnswerEvent, PlanMade, Token, Verdict
from prompts.chat_model import ChatModel
from prompts.map_rerank import HIGHEST, scored
from prompts.model_server import connect
from prompts.passages import number_passages
from prompts.patience import Patience
from prompts.render import Prompts
from prompts.request import Request
from prompts.strategies import run
from retrieval.hits import Hit

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="vLLM is not installed: make test-vllm")

MODEL_STRATEGIES = ["stuff", "map_reduce", "refine", "map_rerank", "tree", "iterative"]
AT_ONCE = 32
PROMPTS = Prompts()  # one marker for all, as in a service: a marker a question would spoil the prefix cache
QUESTION = "What did the mill at Ashford earn in 2021?"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    """One server for all tests, since it takes minutes to start; the last test kills it."""
    folder = tmp_path_factory.mktemp("vllm")
    (folder / "model").mkdir()
    make_model(folder / "model")
    with VllmServer(folder / "model", folder / "server.log") as running:
        yield running


@pytest.fixture(scope="module")
def model(server: VllmServer) -> Iterator[ChatModel]:
    connected = connect(server.url, patience=Patience(tries=1))
    yield connected
    connected.close()


def say(line: str) -> None:
    """For the report: pytest -rP shows it."""
    sys.stdout.write(f"{line}\n")


def shelf_of(seed: int, passages: int) -> tuple[Shelf, tuple[Hit, ...]]:
    """A document of `passages` pages, each a paragraph about another mill, no two documents alike."""
    draw, shelf = random.Random(seed), Shelf()
    towns = [f"{a}{b}" for a in ("Ash", "Brad", "Cran", "Dun", "Elm") for b in ("ford", "ley", "ton", "wick", "by")]
    draw.shuffle(towns)

    def sentence(town: str) -> str:
        return f"The mill at {town} earned {draw.randint(1000, 99999):,} pounds in {draw.randint(1990, 2024)}."

    hits = [shelf.hit(" ".join(sentence(towns[page % len(towns)]) for _ in range(8))) for page in range(passages)]
    return shelf, tuple(hits)


def request(model: ChatModel, seed: int, passages: int = 24, question: str = QUESTION, longest: int = 32) -> Request:
    shelf, hits = shelf_of(seed, passages)
    return Request(
        question, hits, shelf.page_of, model, longest, 8, PROMPTS, search=lambda text: hits[:2], whole=lambda: hits
    )


def done(events: Sequence[AnswerEvent]) -> Answer:
    assert isinstance(events[-1], AnswerDone)
    return events[-1].answer


def bound(model: ChatModel, **options: Any) -> ChatModel:
    """The model with options on every call."""
    return replace(model, chat=model.chat.bind(**options))  # type: ignore[arg-type]


def test_the_model_its_context_and_its_way_of_counting_are_found(model: ChatModel) -> None:
    assert (model.name, model.context_tokens, model.context_known) == ("tiny", CONTEXT_TOKENS, True)
    assert model.counted_by == "server"
    assert model.count_tokens("a 1234 b") == 7  # the tokenizer takes digits apart: "a", " ", 1, 2, 3, 4, " b"
    assert model.template_tokens > 0


def test_an_answer_streams(model: ChatModel) -> None:
    pieces = [event.text for event in run(request(model, 1), "stuff", fallback=False) if isinstance(event, Token)]
    assert len(pieces) > 8


@pytest.mark.parametrize("strategy", MODEL_STRATEGIES)
def test_each_call_takes_just_the_tokens_that_were_counted_before(model: ChatModel, strategy: str) -> None:
    events = list(run(request(model, 2), strategy, fallback=False))
    plan, answer = events[0], done(events)
    assert isinstance(plan, PlanMade)
    counted = [(call.counted, call.reported) for call in answer.ledger.entries]
    assert counted == [(call.input_tokens, True) for call in answer.ledger.entries]
    assert 0 < answer.ledger.calls <= plan.calls
    assert answer.ledger.input_tokens <= plan.input_tokens
    assert answer.ledger.output_tokens <= plan.output_tokens
    assert max(call.input_tokens + call.output_tokens for call in answer.ledger.entries) <= CONTEXT_TOKENS
    say(f"{strategy}: {answer.ledger.calls} calls of {plan.calls}, {answer.ledger.input_tokens} tokens in, all equal")


def test_a_schema_is_kept_to(model: ChatModel) -> None:
    schema = {
        "type": "object",
        "properties": {"score": {"type": "integer", "minimum": 0, "maximum": HIGHEST}, "sure": {"type": "boolean"}},
        "required": ["score", "sure"],
        "additionalProperties": False,
    }
    kept = {"type": "json_schema", "json_schema": {"name": "scored", "schema": schema, "strict": True}}
    reply = "".join(bound(model, response_format=kept).write(QUESTION, 64))
    said = json.loads(reply)
    assert said.keys() == {"score", "sure"}
    assert 0 <= said["score"] <= HIGHEST and isinstance(said["sure"], bool)
    say(f"structured output: {reply}")


def test_scores_come_from_log_probabilities(model: ChatModel) -> None:
    shaped = bound(model, extra_body={"structured_outputs": {"regex": r"Mills earn [a-z]{4,8}\. \[1\]\nScore: [0-9]"}})
    asked = request(shaped, 3, passages=6)
    prompt = asked.prompt("map_rerank", passages="")
    reply = shaped.write(prompt, 64, logprobs=True)
    list(reply)
    one = scored(number_passages(asked.hits, asked.page_of)[0], reply)
    last = next(token for token in reversed(reply.tokens) if token.token.isdigit())
    chances = {int(token): math.exp(logprob) for token, logprob in last.likeliest if token.isdigit()}
    assert one.by == "logprobs"
    assert one.score == pytest.approx(sum(d * p for d, p in chances.items()) / sum(chances.values()))
    assert reply.text.endswith(f"Score: {last.token}") and sum(chances.values()) == pytest.approx(1, abs=1e-3)
    answer = done(list(run(asked, "map_rerank", fallback=False)))
    assert len(answer.steps) == 6 and not any("log probabilities" in note for note in answer.notes)
    say(f"map_rerank: expected figure {one.score:.3f}, written {last.token}")


def test_the_prefix_cache_spares_most_of_a_second_question(server: VllmServer, model: ChatModel) -> None:
    shares = []
    for question in (QUESTION, "Which mill earned most, and when?"):
        before = [server.metric(f"vllm:prefix_cache_{name}_total") for name in ("hits", "queries")]
        answer = done(list(run(request(model, 4, question=question), "map_reduce", fallback=False)))
        after = [server.metric(f"vllm:prefix_cache_{name}_total") for name in ("hits", "queries")]
        hits, queries = (end - start for start, end in zip(before, after, strict=True))
        assert queries == answer.ledger.input_tokens
        shares.append(hits / queries)
    say(f"prefix cache, map_reduce: {shares[0]:.0%} of the first question's tokens, {shares[1]:.0%} of the second's")
    assert shares[1] > 0.5


def test_many_questions_at_once(server: VllmServer, model: ChatModel) -> None:
    begun = threading.Barrier(AT_ONCE + 1)
    most = 0.0

    def ask(number: int) -> Answer:
        begun.wait()
        return done(list(run(request(model, 100 + number, passages=4), "stuff", fallback=False)))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [pool.submit(ask, number) for number in range(AT_ONCE)]
        begun.wait()
        while not all(one.done() for one in asked):
            most = max(most, server.metric("vllm:num_requests_running"))
        answers = [one.result() for one in asked]
    for answer in answers:
        (call,) = answer.ledger.entries
        assert answer.text and call.reported and call.counted == call.input_tokens
    say(f"{AT_ONCE} questions at once: {most:.0f} calls side by side at most")
    assert most > 1


def test_a_server_killed_in_the_middle_leaves_the_text_so_far_and_quotes_follow(
    server: VllmServer, model: ChatModel
) -> None:
    shelf, hits = shelf_of(5, 3)
    said = shelf.hit("The mill at Ashford earned 12,400 pounds in 2021.")
    asked = Request(QUESTION, (said, *hits), shelf.page_of, model, 800)
    written: list[str] = []
    events = []
    for event in run(asked, "stuff"):
        events.append(event)
        if isinstance(event, Token):
            written.append(event.text)
            if len(written) == 10:
                server.kill()
    answer = done(events)
    assert answer.broke_off and not answer.complete
    assert answer.text.startswith("".join(written[:10]).strip()[:20])
    assert any("broke off" in note for note in answer.notes)
    assert answer.sentences[-1].verdict is Verdict.SUPPORTED
    assert "12,400" in answer.citations[-1].quote and answer.citations[-1].verified
    again = done(list(run(asked, "stuff")))
    assert again.strategy == "extractive" and "12,400" in again.text
    assert any("No answer from the model" in note for note in again.notes)
