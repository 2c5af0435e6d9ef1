"""The seam to the chat model: any LangChain `BaseChatModel`, and its replies while they are written.

It does not know prompts or answers, nor how a server is reached. LangChain is imported when a model is used, never when
this module is, and no call is traced.
"""

from __future__ import annotations

import contextvars
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ingest.errors import OtherSide
from prompts.answers import CallCost, Ledger
from prompts.patience import Breaker, Patience

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessageChunk

ASSUMED_CONTEXT_TOKENS = 4096  # when neither the server nor the settings say
ASSUMED_TEMPLATE_TOKENS = 48  # of the chat template around a prompt, where the server does not count them
MOST_KEPT = 24_000
"""Characters that are kept of what is sent to a model, and of its reply, to be looked at."""
_ALTERNATIVES = 10  # tokens whose log probabilities are asked for at each place
_LATIN_CHARACTERS_A_TOKEN = 3.5
_THOUGHT = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)
_TOO_LONG = re.compile(r"context.length|maximum context|context window|prompt is too long|max_model_len", re.IGNORECASE)


class ContextTooLong(OtherSide):
    """The prompt and the answer asked for do not fit into the model's context."""


class TimedOut(OtherSide):
    """The server was silent for as long as it may be; it is not asked again at once."""


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token of a reply with its natural log probability, and the likeliest tokens at its place with theirs."""

    token: str
    logprob: float
    likeliest: tuple[tuple[str, float], ...] = ()


def without_middle(text: str, most: int = MOST_KEPT) -> str:
    """The text; of one longer than `most` characters both ends, and between them how much is left out."""
    left_out = len(text) - most
    return text if left_out <= 0 else f"{text[: most // 2]}\n[… {left_out} …]\n{text[-(most - most // 2) :]}"


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
    `template_tokens`: what the chat template adds to a prompt. `counted_by`: whose tokens `count_tokens` counts.
    """

    chat: BaseChatModel
    name: str
    context_tokens: int = ASSUMED_CONTEXT_TOKENS
    count_tokens: Callable[[str], int] = field(default=estimate_tokens)
    says_end: bool = False
    context_known: bool = True
    close: Callable[[], None] = field(default=lambda: None)
    template_tokens: int = ASSUMED_TEMPLATE_TOKENS
    counted_by: Literal["server", "tokenizer", "estimate"] = "estimate"
    patience: Patience = Patience()
    breaker: Breaker = field(default_factory=Breaker)

    def write(self, prompt: str, max_tokens: int, *, logprobs: bool = False) -> Reply:
        """Start a reply of at most `max_tokens` tokens; the call is made when the reply is iterated."""
        return Reply(self, prompt, max_tokens, logprobs)


class Reply:
    """A model's reply while it is written: iterate over its pieces of text, once.

    A call that fails before its first word, and may succeed later, is made again as the model's patience has it.
    Iterating raises OtherSide when the server fails, ContextTooLong when the prompt does not fit. Afterwards `ledger`
    says what it cost, `cut_off` whether it reached its limit of tokens, and `tokens` how likely each token was, where
    that was asked for and the server says so.
    """

    def __init__(self, model: ChatModel, prompt: str, max_tokens: int, logprobs: bool = False) -> None:
        self.cut_off = False
        self.text = ""
        self.tokens: list[TokenLogprob] = []
        self._logprobs = logprobs
        self._begun = False
        self._model = model
        self._prompt = prompt
        self._max_tokens = max_tokens
        self._reported: tuple[int, int] | None = None
        self._called = False
        self._raw = ""

    @property
    def ledger(self) -> Ledger:
        """The tokens as the server reported them, estimated where it did not."""
        if not self._called:
            return Ledger()
        counted = self._model.count_tokens(self._prompt) + self._model.template_tokens
        sent, written = self._reported or (counted, self._model.count_tokens(self.text))
        texts = (without_middle(self._prompt), without_middle(self._raw))
        return Ledger(1, sent, written, (CallCost(counted, sent, written, self._reported is not None, *texts),))

    def __iter__(self) -> Iterator[str]:
        self._called = True
        held: str | None = ""  # the start of the reply, until it is known not to be a thought
        for piece in self._pieces():
            self._raw += piece
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
        """The pieces of the stream of the first call that works."""
        breaker, waits = self._model.breaker, self._model.patience.waits()
        while True:
            breaker.check()
            try:
                yield from self._call()
            except OtherSide as error:
                if "logprob" in str(error) and self._logprobs and not self._begun:
                    self._logprobs = False  # a server that does not know them refuses the whole call
                    continue
                if error.retryable:
                    breaker.failed()
                wait = next(waits, None)
                if wait is None or self._begun or not error.retryable or isinstance(error, TimedOut):
                    raise
                self._model.patience.sleep(wait)
            else:
                breaker.succeeded()
                return

    def _call(self) -> Iterator[str]:
        """The pieces of one stream. Its steps run in a context of their own: they may come from several threads."""
        finish = ""
        for chunk in _guarded(self._model, self._prompt, self._options(), contextvars.copy_context()):
            usage: Any = getattr(chunk, "usage_metadata", None)
            if usage:
                before = self._reported or (0, 0)
                self._reported = (before[0] + usage["input_tokens"], before[1] + usage["output_tokens"])
            finish = chunk.response_metadata.get("finish_reason") or finish
            self.tokens.extend(_tokens_of(chunk.response_metadata.get("logprobs")))
            if chunk.text:
                self._begun = True
                yield str(chunk.text)
        self.cut_off = finish == "length"
        if self._model.says_end and not finish:
            raise OtherSide(f"the model server broke off while {self._model.name} was writing", retryable=True)

    def _options(self) -> dict[str, Any]:
        asked = {"logprobs": True, "top_logprobs": _ALTERNATIVES} if self._logprobs else {}
        return {"max_tokens": self._max_tokens, **asked}


def _tokens_of(logprobs: Any) -> Iterator[TokenLogprob]:
    """The tokens that a chunk of the OpenAI protocol brings; none where it does not say how likely they are."""
    for entry in (logprobs or {}).get("content") or ():
        likeliest = tuple((str(one["token"]), float(one["logprob"])) for one in entry.get("top_logprobs") or ())
        yield TokenLogprob(str(entry["token"]), float(entry["logprob"]), likeliest)


def _guarded(
    model: ChatModel, prompt: str, options: dict[str, Any], context: contextvars.Context
) -> Iterator[BaseMessageChunk]:
    """The chunks of the model's stream, its errors turned into OtherSide."""
    import httpx
    import openai
    from langchain_core.messages import HumanMessage

    stream = context.run(model.chat.stream, [HumanMessage(prompt)], **options)
    try:
        while (chunk := context.run(_next, stream)) is not None:
            yield chunk
    except openai.OpenAIError as error:
        raise translate(error, model.name) from error
    except httpx.HTTPError as error:
        raise OtherSide(f"the model server broke off: {one_line(error)}", retryable=True) from error
    except (ValueError, TypeError, KeyError) as error:
        message = f"the model server's reply is not of the OpenAI protocol: {one_line(error)}"
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

    text = one_line(error)
    if isinstance(error, openai.APITimeoutError):
        return TimedOut("the model server did not answer in time", retryable=True, hint="raise the model timeout")
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__ or error
        return OtherSide(f"the model server is not reachable or broke off: {one_line(cause)}", retryable=True)
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


def one_line(error: BaseException) -> str:
    """An error's text on one line, at most 300 characters."""
    return " ".join(str(error).split())[:300] or type(error).__name__
