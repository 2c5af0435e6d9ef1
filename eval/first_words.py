"""How long the first words of a model's answer take beyond what the model server itself takes for them.

It does not know which server that is, nor whether the words are right.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from app.asking import PASSAGES
from eval.query_speed import Latency, latency
from eval.run import Bench
from prompts.answers import Token
from prompts.chat_model import ChatModel, Reply
from prompts.strategies import answer

_WARM_UP = 20  # questions asked before any is timed


class _WatchedReply(Reply):
    """`waited`: seconds from the call to its first words."""

    waited = 0.0

    def __iter__(self) -> Iterator[str]:
        called = time.perf_counter()
        for piece in super().__iter__():
            self.waited = self.waited or time.perf_counter() - called
            yield piece


@dataclass(frozen=True, slots=True)
class _Watched(ChatModel):
    """A chat model that keeps its replies."""

    replies: list[_WatchedReply] = field(default_factory=list)

    def write(self, prompt: str, max_tokens: int, *, logprobs: bool = False) -> Reply:
        self.replies.append(_WatchedReply(self, prompt, max_tokens, logprobs))
        return self.replies[-1]


def measure_first_words(bench: Bench, model: ChatModel, scope: str, questions: int) -> dict[str, dict[str, Latency]]:
    """Wall time of questions of the set, each answered in one call: of its search, of the server, and of the rest.

    The rest is everything from the question to the first words but the server's time: searching, planning, counting.
    """
    watched = _Watched(**{one.name: getattr(model, one.name) for one in fields(ChatModel)})
    wall: dict[str, list[float]] = {"search": [], "first words, by the server": [], "first words, beyond it": []}
    for question in bench.questions.questions[: _WARM_UP + questions]:
        watched.replies.clear()
        before = time.perf_counter()
        hits = bench.searcher.search(question.text, bench.scope(question, scope), PASSAGES)
        found = time.perf_counter() - before
        events = answer(question.text, hits, "stuff", watched, bench.library.page, fallback=False)
        if not any(isinstance(event, Token) for event in events):  # no further than to the first
            continue
        words = time.perf_counter() - before
        server = sum(reply.waited for reply in watched.replies)
        for times, seconds in zip(wall.values(), (found, server, words - server), strict=True):
            times.append(seconds)
    return {"wall": {name: latency(seconds[_WARM_UP:]) for name, seconds in wall.items()}}
