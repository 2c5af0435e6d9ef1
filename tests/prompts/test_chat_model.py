"""The client against a real server on a real port that speaks the OpenAI protocol."""

import socket
from collections.abc import Iterator
from pathlib import Path

import langsmith.utils
import pytest
from fakes import Shelf
from stub_llm import MODEL, StubServer
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from ingest.errors import BadSetup, OtherSide
from prompts.answers import Answer, AnswerDone, Token, Verdict
from prompts.chat_model import ASSUMED_CONTEXT_TOKENS, ChatModel, ContextTooLong, estimate_tokens
from prompts.model_server import connect as connect_for_good
from prompts.patience import Patience
from prompts.strategies import answer

_open: list[ChatModel] = []


def connect(*given: object, **more: object) -> ChatModel:
    more.setdefault("patience", Patience(tries=1))
    _open.append(connect_for_good(*given, **more))  # type: ignore[arg-type]
    return _open[-1]


@pytest.fixture(autouse=True)
def close_models() -> Iterator[None]:
    yield
    while _open:
        _open.pop().close()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def ask(shelf: Shelf, model: ChatModel, strategy: str = "stuff", **more: object) -> tuple[Answer, list[str]]:
    hits = [shelf.hit("Revenue rose by 12% in 2022."), shelf.hit("营业成本下降了5%。")]
    events = list(answer("What happened to revenue?", hits, strategy, model, shelf.page_of, **more))  # type: ignore[arg-type]
    assert isinstance(events[-1], AnswerDone)
    return events[-1].answer, [event.text for event in events if isinstance(event, Token)]


@pytest.mark.parametrize("strategy", ["stuff", "map_reduce", "refine"])
def test_an_answer_over_http_streams(shelf: Shelf, strategy: str) -> None:
    reply = "Revenue rose by 12% in 2022. [1] 营业成本下降了5%。[2]"
    with StubServer(reply=reply, context_tokens=8000) as server:
        result, tokens = ask(shelf, connect(server.url), strategy)
        request = server.requests[-1]
    assert "".join(tokens) == reply and len(tokens) > 5
    assert [s.verdict for s in result.sentences] == [Verdict.SUPPORTED, Verdict.SUPPORTED]
    assert request["temperature"] == 0 and request["stream"] and request["stream_options"] == {"include_usage": True}
    assert max(request.get("max_tokens", 0), request.get("max_completion_tokens", 0)) == 800
    assert result.ledger.output_tokens >= len(reply) // 3  # as the stub reports: its pieces


def test_the_server_says_its_model_and_context(shelf: Shelf) -> None:
    with StubServer(context_tokens=5000) as server:
        model = connect(server.url.removesuffix("/v1"))
    assert (model.name, model.context_tokens, model.context_known) == (MODEL, 5000, True)
    with StubServer() as server:
        model = connect(server.url)
        result, _ = ask(shelf, model)
    assert (model.context_tokens, model.context_known) == (ASSUMED_CONTEXT_TOKENS, False)
    assert "4096 tokens are assumed" in result.notes[0]


def test_tokens_are_counted_by_the_server_or_estimated() -> None:
    with StubServer(tokenize=True) as server:
        assert connect(server.url).count_tokens("one two three") == 3
    with StubServer(tokenize=False) as server:
        assert connect(server.url).count_tokens("one two three") == 4  # 11 letters / 3.5, rounded up
    assert estimate_tokens("营业收入 12%") == 7
    assert estimate_tokens("") == 0


def test_what_is_counted_is_what_the_server_reports(shelf: Shelf) -> None:
    with StubServer(reply="Revenue rose by 12% in 2022. [1]", tokenize=True, context_tokens=4000) as server:
        model = connect(server.url)
        result, _ = ask(shelf, model)
    assert (model.template_tokens, model.counted_by) == (3, "server")
    (call,) = result.ledger.entries
    assert call.reported and call.counted == call.input_tokens and result.notes == ()


def test_a_server_that_counts_otherwise_is_named(shelf: Shelf) -> None:
    with StubServer(reply="Revenue rose by 12% in 2022. [1]", tokenize=True, context_tokens=4000) as server:
        model = connect(server.url)
        server.script.tokenize = False  # from now on it counts three less, and is estimated
        result, _ = ask(shelf, model)
    assert "where" in result.notes[0] and "were planned" in result.notes[0]


def test_tokens_are_counted_by_a_named_tokenizer(tmp_path: Path) -> None:
    words = {"one": 0, "two": 1, "three": 2, "?": 3}
    tokenizer = Tokenizer(WordLevel(words, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    with StubServer(tokenize=False) as server:
        model = connect(server.url, tokenizer=tmp_path / "tokenizer.json")
        assert model.count_tokens("one two three four") == 4 and model.counted_by == "tokenizer"
        for text in ("{}", "no json"):
            (tmp_path / "bad.json").write_text(text, encoding="utf-8")
            with pytest.raises(BadSetup, match=r"bad\.json is no tokenizer\.json"):
                connect(server.url, tokenizer=tmp_path / "bad.json")
        with pytest.raises(BadSetup, match="is no tokenizer"):
            connect(server.url, tokenizer=tmp_path / "missing.json")


def test_a_server_that_dies_in_the_middle_leaves_the_text_so_far(shelf: Shelf) -> None:
    with StubServer(reply="Revenue rose by 12% in 2022. [1] Costs then fell by a lot.", die_after=14) as server:
        result, tokens = ask(shelf, connect(server.url))
    assert "".join(tokens) == "Revenue rose by 12% in 2022. [1] Costs the"  # 14 pieces of 3 characters
    assert result.complete is False
    assert [(s.text, s.verdict) for s in result.sentences] == [
        ("Revenue rose by 12% in 2022.", Verdict.SUPPORTED),
        ("Costs the…", Verdict.UNCHECKED),
    ]
    assert "broke off" in " ".join(result.notes)


def test_a_stream_that_just_stops_is_cut_off_too(shelf: Shelf) -> None:
    with StubServer(reply="Revenue rose", end=False) as server:
        assert ask(shelf, connect(server.url))[0].complete is False
    with StubServer(reply="Revenue rose", finish="length") as server:
        result, _ = ask(shelf, connect(server.url))
    assert result.complete is False and "limit" in " ".join(result.notes)


@pytest.mark.parametrize(
    ("script", "retryable", "message"),
    [
        ({"die_after": 0}, True, "not reachable or broke off"),
        ({"fail": 500}, True, "model server failed.*told to fail"),
        ({"fail": 401}, False, "refused the API key"),
        ({"fail": 429}, True, "overloaded"),
        ({"fail": 400}, False, "refused the request"),
    ],
)
def test_failures_are_one_clear_line(shelf: Shelf, script: dict[str, object], retryable: bool, message: str) -> None:
    with StubServer(**script) as server:
        model = connect(server.url)
        with pytest.raises(OtherSide, match=message) as caught:
            ask(shelf, model, fallback=False)
        assert caught.value.retryable is retryable
        assert "\n" not in str(caught.value)
        result, _ = ask(shelf, model)
    assert result.strategy == "extractive" and result.text == "Revenue rose by 12% in 2022."


def test_a_prompt_too_long_for_the_server(shelf: Shelf) -> None:
    with StubServer(context_tokens=20) as server:
        model = connect(server.url, context_tokens=8000)
        with pytest.raises(ContextTooLong, match="maximum context length is 20") as caught:
            ask(shelf, model, fallback=False)
    assert caught.value.retryable is False


def test_a_slow_server_times_out(shelf: Shelf) -> None:
    with StubServer(delay=5.0) as server:
        model = connect(server.url, timeout=0.2)
        with pytest.raises(OtherSide, match="in time"):
            ask(shelf, model, fallback=False)


def test_no_server_no_model_wrong_key() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(OtherSide, match=f"no model server is reachable at {url}/v1") as caught:
            connect(url)
    assert caught.value.retryable and caught.value.hint
    with StubServer() as server, pytest.raises(OtherSide, match=f"no model 'big'.*it has {MODEL}"):
        connect(server.url, model="big")
    with StubServer(api_key="secret") as server:
        with pytest.raises(OtherSide, match="refused the API key"):
            connect(server.url, api_key="wrong")
        assert connect(server.url, api_key="secret").name == MODEL


def test_no_proxy_no_key_and_no_tracing_from_the_environment(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OPENAI_API_BASE", "OPENAI_BASE_URL", "LANGSMITH_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"):
        monkeypatch.setenv(name, "true")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    langsmith.utils.get_env_var.cache_clear()
    monkeypatch.setenv("OPENAI_API_KEY", "must-not-be-sent")
    started = []
    monkeypatch.setattr(
        "langchain_core.tracers.langchain.LangChainTracer.on_chat_model_start", lambda *a, **k: started.append(a)
    )
    with StubServer(reply="Revenue rose by 12% in 2022. [1]") as server:
        model = connect(server.url)
        assert ask(shelf, model, fallback=False)[0].strategy == "stuff"
    langsmith.utils.get_env_var.cache_clear()
    assert started == []
    assert model.chat.openai_api_key.get_secret_value() == "none"


def test_langchain_counts_tokens_without_a_download() -> None:
    with StubServer() as server:
        assert connect(server.url).chat.get_num_tokens("营业收入") == 4
