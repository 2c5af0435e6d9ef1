"""The client of an OpenAI-compatible server, vLLM first: finds its model, its context, and how it counts tokens.

It does not know what is asked of the model. Nothing is downloaded, no tokenizer is taken from a hub, and no proxy is
read from the environment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ingest.errors import BadSetup, OtherSide
from prompts.chat_model import (
    ASSUMED_CONTEXT_TOKENS,
    ASSUMED_TEMPLATE_TOKENS,
    ChatModel,
    estimate_tokens,
    one_line,
)
from prompts.patience import Patience

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS = 5.0
_PROBE = "What is it?"


def connect(
    url: str,
    model: str = "",
    api_key: str = "",
    timeout: float = 120.0,
    context_tokens: int = 0,
    proxies: bool = False,
    tokenizer: Path | None = None,
    patience: Patience | None = None,
) -> ChatModel:
    """A model of the OpenAI-compatible server at `url` (with or without /v1).

    `model` defaults to the first that the server lists; `context_tokens` to what the server says (vLLM does), else
    ASSUMED_CONTEXT_TOKENS. `timeout`: seconds without a byte. `proxies`: whether proxies named in the environment are
    used. Tokens are counted by the server where it has vLLM's /tokenize, else by `tokenizer`, a tokenizer.json, else
    estimated. Raises OtherSide when the server cannot be reached or does not have the model, BadSetup for a bad file.
    """
    import openai
    from langchain_openai import ChatOpenAI

    named = _named_counter(tokenizer)
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
        max_retries=0,
        timeout=limits,
        http_client=client,
        http_async_client=openai.DefaultAsyncHttpxClient(trust_env=proxies, timeout=limits),
        custom_get_token_ids=lambda text: list(range(estimate_tokens(text))),
    )
    counting = _client(api_key, proxies)
    counter = _server_counter(base, name, counting) or named or Counter(estimate_tokens)

    def close() -> None:
        counting.close()
        client.close()

    return ChatModel(
        chat,
        name,
        context or ASSUMED_CONTEXT_TOKENS,
        counter.count,
        says_end=True,
        context_known=bool(context),
        close=close,
        template_tokens=counter.template_tokens,
        counted_by=counter.by,
        patience=patience or Patience(),
    )


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
        message = f"no model server is reachable at {base}: {one_line(error)}"
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


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts the tokens of a text; `template_tokens` are those that the chat template adds to a prompt."""

    count: Callable[[str], int]
    template_tokens: int = ASSUMED_TEMPLATE_TOKENS
    by: Literal["server", "tokenizer", "estimate"] = "estimate"


def _named_counter(file: Path | None) -> Counter | None:
    """A counter by a tokenizer.json; raises BadSetup where it is none."""
    if file is None:
        return None
    from tokenizers import Tokenizer

    try:
        text = file.read_text(encoding="utf-8")
        json.loads(text)["model"]["vocab"]
        tokenizer = Tokenizer.from_str(text)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadSetup(f"{file} is no tokenizer.json: {one_line(error)}") from error

    @lru_cache(maxsize=4096)
    def count(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    return Counter(count, by="tokenizer")


def _server_counter(base: str, model: str, client: httpx.Client) -> Counter | None:
    """A counter that asks vLLM's /tokenize, beside /v1; None where the server has none."""
    import httpx

    url = re.sub(r"/v\d+[^/]*$", "", base) + "/tokenize"
    not_said = (httpx.HTTPError, ValueError, KeyError, TypeError)

    def ask(what: dict[str, object]) -> int:
        return int(client.post(url, json={"model": model, **what}).raise_for_status().json()["count"])

    def ask_text(text: str) -> int:
        return ask({"prompt": text, "add_special_tokens": False})

    @lru_cache(maxsize=4096)
    def count(text: str) -> int:
        try:
            return ask_text(text)
        except not_said:
            return estimate_tokens(text)

    try:
        alone = ask_text(_PROBE)
    except not_said:
        return None
    try:
        framed = ask({"messages": [{"role": "user", "content": _PROBE}], "add_generation_prompt": True})
    except not_said:
        framed = alone + ASSUMED_TEMPLATE_TOKENS
    return Counter(count, max(framed - alone, 0), "server")
