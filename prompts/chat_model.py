"""The seam to the chat model: any LangChain `BaseChatModel`; the client of an OpenAI-compatible server, vLLM first.

It does not know prompts or answers. LangChain is imported when a model is used, never when this module is. Nothing is
downloaded, no tokenizer is taken from a hub, no proxy is read from the environment, and no call is traced.
"""

from __future__ import annotations

import contextvars
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ingest.errors import OtherSide
from prompts.answers import Ledger

if TYPE_CHECKING:
    import httpx
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessageChunk

ASSUMED_CONTEXT_TOKENS = 4096  # when neither the server nor the settings say
_CONNECT_SECONDS = 5.0
_LATIN_CHARACTERS_A_TOKEN = 3.5
_THOUGHT = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)
_TOO_LONG = re.compile(r"context.length|maximum context|context window|prompt is too long|max_model_len", re.IGNORECASE)


class ContextTooLong(OtherSide):
    """The prompt and the answer asked for do not fit into the model's context."""


def estimate_tokens(text: str) -> int:
    """A cautious guess at the tokens of `text`: 3.5 letters of Latin script, or one other character, a token."""
    letters = sum(1 for c in text if c.isascii() and c.isalpha())
    others = sum(1 for c in text if not c.isspace() and not (c.isascii() and c.isalpha()))
    return math.ceil(letters / _LATIN_CHARACTERS_A_TOKEN) + others


@dataclass(frozen=True, slots=True)
class ChatModel:
    """A chat model, the tokens that its context holds, and how to count them.

    `says_end`: whether a reply that ends without a reason to finish was cut off (true of the OpenAI protocol).
    `context_known` is false where `context_tokens` is assumed. `close` gives back the connections to the server.
    """

    chat: BaseChatModel
    name: str
    context_tokens: int = ASSUMED_CONTEXT_TOKENS
    count_tokens: Callable[[str], int] = field(default=estimate_tokens)
    says_end: bool = False
    context_known: bool = True
    close: Callable[[], None] = field(default=lambda: None)

    def write(self, prompt: str, max_tokens: int) -> Reply:
        """Start a reply of at most `max_tokens` tokens; the call is made when the reply is iterated."""
        return Reply(self, prompt, max_tokens)


class Reply:
    """A model's reply while it is written: iterate over its pieces of text, once.

    Iterating raises OtherSide when the server fails, ContextTooLong when the prompt does not fit. Afterwards `ledger`
    says what it cost and `cut_off` whether it reached its limit of tokens.
    """

    def __init__(self, model: ChatModel, prompt: str, max_tokens: int) -> None:
        self.cut_off = False
        self.text = ""
        self._model = model
        self._prompt = prompt
        self._max_tokens = max_tokens
        self._reported: tuple[int, int] | None = None
        self._called = False

    @property
    def ledger(self) -> Ledger:
        """The tokens as the server reported them, estimated where it did not."""
        if not self._called:
            return Ledger()
        sent, written = self._reported or (self._model.count_tokens(self._prompt), self._model.count_tokens(self.text))
        return Ledger(1, sent, written)

    def __iter__(self) -> Iterator[str]:
        self._called = True
        held: str | None = ""  # the start of the reply, until it is known not to be a thought
        for piece in self._pieces():
            if held is not None:
                held += piece
                thinking = held.lstrip().startswith("<think>")
                if (thinking and "</think>" not in held) or "<think>".startswith(held.strip()):
                    continue
                piece, held = _THOUGHT.sub("", held, count=1) if thinking else held, None
            if piece:
                self.text += piece
                yield piece
        if held and not held.lstrip().startswith("<think>"):
            self.text += held
            yield held

    def _pieces(self) -> Iterator[str]:
        """The pieces of the stream. Its steps run in a context of their own: they may come from several threads."""
        context = contextvars.copy_context()
        finish = ""
        chunks = _guarded(self._model, self._prompt, self._max_tokens, context)
        for chunk in chunks:
            usage: Any = getattr(chunk, "usage_metadata", None)
            if usage:
                before = self._reported or (0, 0)
                self._reported = (before[0] + usage["input_tokens"], before[1] + usage["output_tokens"])
            finish = chunk.response_metadata.get("finish_reason") or finish
            if chunk.text:
                yield str(chunk.text)
        self.cut_off = finish == "length"
        if self._model.says_end and not finish:
            raise OtherSide(f"the model server broke off while {self._model.name} was writing", retryable=True)


def _guarded(
    model: ChatModel, prompt: str, max_tokens: int, context: contextvars.Context
) -> Iterator[BaseMessageChunk]:
    """The chunks of the model's stream, its errors turned into OtherSide."""
    import httpx
    import openai
    from langchain_core.messages import HumanMessage

    stream = context.run(model.chat.stream, [HumanMessage(prompt)], max_tokens=max_tokens)
    try:
        while (chunk := context.run(_next, stream)) is not None:
            yield chunk
    except openai.OpenAIError as error:
        raise translate(error, model.name) from error
    except httpx.HTTPError as error:
        raise OtherSide(f"the model server broke off: {_one_line(error)}", retryable=True) from error
    except (ValueError, TypeError, KeyError) as error:
        message = f"the model server's reply is not of the OpenAI protocol: {_one_line(error)}"
        raise OtherSide(
            message, retryable=False, hint="check that the URL is that of an OpenAI-compatible server"
        ) from error
    finally:
        close = getattr(stream, "close", None)
        if close:
            context.run(close)


def _next(stream: Iterator[BaseMessageChunk]) -> BaseMessageChunk | None:
    """The next chunk, with LangSmith's tracing off whatever the environment says."""
    from langsmith.run_helpers import tracing_context

    with tracing_context(enabled=False):
        return next(stream, None)


def translate(error: Exception, model: str) -> OtherSide:
    """An error of the `openai` client as OtherSide, in one line."""
    import openai

    text = _one_line(error)
    if isinstance(error, openai.APITimeoutError):
        return OtherSide("the model server did not answer in time", retryable=True, hint="raise the model timeout")
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__ or error
        return OtherSide(f"the model server is not reachable or broke off: {_one_line(cause)}", retryable=True)
    if isinstance(error, openai.APIStatusError) and error.status_code < 500:
        if _TOO_LONG.search(text):
            hint = "start the server with a longer context, or ask fewer documents"
            return ContextTooLong(f"the prompt is too long for {model}: {text}", retryable=False, hint=hint)
        if error.status_code in (401, 403):
            return OtherSide("the model server refused the API key", retryable=False, hint="give the right key")
        if error.status_code == 404:
            return OtherSide(f"the model server has no model {model!r}: {text}", retryable=False)
        if error.status_code == 429:
            return OtherSide(f"the model server is overloaded: {text}", retryable=True)
        return OtherSide(f"the model server refused the request: {text}", retryable=False)
    if _TOO_LONG.search(text):
        return ContextTooLong(f"the prompt is too long for {model}: {text}", retryable=False)
    return OtherSide(f"the model server failed: {text}", retryable=True)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def connect(
    url: str,
    model: str = "",
    api_key: str = "",
    timeout: float = 120.0,
    context_tokens: int = 0,
    proxies: bool = False,
) -> ChatModel:
    """A model of the OpenAI-compatible server at `url` (with or without /v1).

    `model` defaults to the first that the server lists; `context_tokens` to what the server says (vLLM does), else
    ASSUMED_CONTEXT_TOKENS. `timeout`: seconds without a byte. `proxies`: whether proxies named in the environment are
    used. Raises OtherSide when the server cannot be reached or does not have the model.
    """
    import openai
    from langchain_openai import ChatOpenAI

    base = _base_url(url)
    listed = _list_models(base, api_key, proxies)
    entry = _choose(listed, model, base)
    name = str(entry.get("id", model))
    context = context_tokens or _as_int(entry.get("max_model_len")) or _as_int(entry.get("context_length"))
    limits = openai.Timeout(timeout, connect=_CONNECT_SECONDS)
    client = openai.DefaultHttpxClient(trust_env=proxies, timeout=limits)
    chat = ChatOpenAI(
        model=name,
        base_url=base,
        api_key=_secret(api_key),
        temperature=0,
        streaming=True,
        stream_usage=True,
        use_responses_api=False,
        max_retries=1,
        timeout=limits,
        http_client=client,
        http_async_client=openai.DefaultAsyncHttpxClient(trust_env=proxies, timeout=limits),
        custom_get_token_ids=lambda text: list(range(estimate_tokens(text))),
    )
    counting = _client(api_key, proxies)
    counter = _server_counter(base, name, counting) or estimate_tokens

    def close() -> None:
        counting.close()
        client.close()

    known = bool(context)
    return ChatModel(chat, name, context or ASSUMED_CONTEXT_TOKENS, counter, True, known, close)


def _secret(api_key: str) -> Any:
    from pydantic import SecretStr

    return SecretStr(api_key or "none")  # never the OPENAI_API_KEY of the environment


def _base_url(url: str) -> str:
    base = url.strip().rstrip("/").removesuffix("/chat/completions")
    if "://" not in base:
        base = f"http://{base}"
    return base if re.search(r"/v\d+[^/]*$", base) else f"{base}/v1"


def _client(api_key: str, proxies: bool) -> httpx.Client:
    import httpx

    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    return httpx.Client(headers=headers, timeout=_CONNECT_SECONDS, trust_env=proxies)


def _list_models(base: str, api_key: str, proxies: bool) -> list[dict[str, Any]]:
    import httpx

    hint = "start the server or correct --llm URL"
    try:
        with _client(api_key, proxies) as client:
            answer = client.get(f"{base}/models")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        message = f"no model server is reachable at {base}: {_one_line(error)}"
        raise OtherSide(message, retryable=True, hint=hint) from error
    if answer.status_code in (401, 403):
        raise OtherSide(f"the model server at {base} refused the API key", retryable=False, hint="give the right key")
    if answer.status_code != 200:
        message = f"the server at {base} answered {answer.status_code} when asked for its models"
        raise OtherSide(message, retryable=answer.status_code >= 500, hint=hint)
    try:
        data = answer.json()["data"]
        return [entry for entry in data if isinstance(entry, dict)]
    except (ValueError, KeyError, TypeError) as error:
        raise OtherSide(f"the server at {base} is not an OpenAI-compatible one", retryable=False, hint=hint) from error


def _choose(listed: list[dict[str, Any]], model: str, base: str) -> dict[str, Any]:
    if not listed:
        raise OtherSide(f"the model server at {base} serves no model", retryable=True)
    if not model:
        return listed[0]
    for entry in listed:
        if entry.get("id") == model:
            return entry
    names = ", ".join(str(entry.get("id")) for entry in listed)
    raise OtherSide(f"the server at {base} has no model {model!r}", retryable=False, hint=f"it has {names}")


def _as_int(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _server_counter(base: str, model: str, client: httpx.Client) -> Callable[[str], int] | None:
    """A counter that asks vLLM's /tokenize, beside /v1; None where the server has none."""
    import httpx

    url = re.sub(r"/v\d+[^/]*$", "", base) + "/tokenize"

    def ask(text: str) -> int:
        body = {"model": model, "prompt": text, "add_special_tokens": False}
        return int(client.post(url, json=body).raise_for_status().json()["count"])

    @lru_cache(maxsize=2048)
    def count(text: str) -> int:
        try:
            return ask(text)
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return estimate_tokens(text)

    try:
        ask("1")
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
    return count
