"""Every passage answers alone and scores its answer; the answer with the best score wins.

The chain is LangChain's map-rerank. Where the server gives log probabilities, the score is the expected figure over the
tokens at its place, as in G-Eval (Liu et al. 2023): sum of p(d) * d over the digits d, divided by the sum of p(d).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from prompts.answers import AnswerEvent, HitsFound, Step
from prompts.budget import plan_map_rerank
from prompts.calls import ask_all
from prompts.chat_model import Reply, TokenLogprob
from prompts.compose import DraftReply, Progress, compose, refuse, says_nothing
from prompts.passages import Passage, number_passages
from prompts.request import Request
from prompts.sentences import take_marks
from prompts.wording import say

HIGHEST = 9  # scores are 0 to 9: one digit, one token
_SCORE = re.compile(r"\**(?:score|评分|得分|分数)\**\s*[:：=]\s*\**\s*(\d)(?!\d)(?:\s*/\s*\d+)?\**\s*$", re.IGNORECASE)
_TIE = 0.05  # scores nearer than this are the same


@dataclass(frozen=True, slots=True)
class Scored:
    """The answer of one passage, its score from 0 to 9, and what that is from; an answer without one counts as 0."""

    passage: Passage
    text: str
    score: float
    by: Literal["logprobs", "figure", "nothing"]


def map_rerank(request: Request) -> Iterator[AnswerEvent]:
    """Answer from the one passage that answers best. Raises OtherSide when every call failed."""
    progress = Progress("map_rerank")
    passages = number_passages(request.hits, request.page_of)
    plan = plan_map_rerank(request, passages)
    progress.notes.extend(plan.notes)
    progress.mark("plan")
    yield plan.event("map_rerank")
    yield HitsFound(request.hits)
    ranked = _ranked(request, passages, plan.groups, plan.answer_tokens, progress)
    progress.mark("map")
    for one in ranked:
        yield progress.take(Step(say(request.language, "scored", place=_place(one), score=_shown(one)), one.text))
    if not ranked:
        yield refuse(request, progress)
        return
    level = sorted((one for one in ranked if ranked[0].score - one.score < _TIE), key=lambda one: one.passage.number)
    best, ties = level[0], level[1:]
    if ties:
        others = " · ".join(f"{_place(one)}: {take_marks(one.text)[0]}" for one in ties)
        said = say(request.language, "tie", count=len(ties) + 1, score=_shown(best), others=others)
        progress.notes.append(said)
    yield from compose(request, DraftReply(best.text), progress, (best.passage.hit,))


def _ranked(
    request: Request, passages: Sequence[Passage], groups: Sequence[Sequence[str]], longest: int, progress: Progress
) -> list[Scored]:
    """The answers of those passages that have one, best first."""
    prompts = [request.prompt("map_rerank", passages="\n".join(members)) for members in groups]
    replies = ask_all(request, prompts, longest, progress, logprobs=True)
    answered = [
        scored(passage, reply)
        for passage, reply in zip(passages, replies, strict=True)
        if reply is not None and not says_nothing(reply.text)
    ]
    kept = [one for one in answered if one.text and (one.score > 0 or one.by == "nothing")]
    if any(one.by == "figure" for one in kept):
        progress.notes.append(say(request.language, "scored_by_figure"))
    if unscored := sum(one.by == "nothing" for one in kept):
        progress.notes.append(say(request.language, "unscored", count=unscored))
    return sorted(kept, key=lambda one: (-one.score, one.passage.number))


def scored(passage: Passage, reply: Reply) -> Scored:
    """A reply "… Score: 7" taken apart."""
    text = reply.text.rstrip(" \n.。")
    found = _SCORE.search(text)
    if found is None:
        return Scored(passage, text.strip(), 0.0, "nothing")
    answered, expected = text[: found.start()].strip(), expected_score(reply.tokens)
    if expected is None:
        return Scored(passage, answered, float(found[1]), "figure")
    return Scored(passage, answered, expected, "logprobs")


def expected_score(tokens: Sequence[TokenLogprob]) -> float | None:
    """The expected figure at the last digit of a reply; None where the server gives no log probabilities."""
    last = next((one for one in reversed(tokens) if _digit(one.token) is not None), None)
    if last is None or not last.likeliest:
        return None
    chances: dict[int, float] = {}
    for token, logprob in last.likeliest:
        if (digit := _digit(token)) is not None:
            chances[digit] = chances.get(digit, 0.0) + math.exp(logprob)
    total = sum(chances.values())
    return sum(digit * chance for digit, chance in chances.items()) / total if total else None


def _digit(token: str) -> int | None:
    bare = token.strip()
    return int(bare) if len(bare) == 1 and bare in "0123456789" else None


def _place(one: Scored) -> str:
    return f"{one.passage.hit.document.name} {one.passage.page_name}"


def _shown(one: Scored) -> str:
    return f"{one.score:.1f}/{HIGHEST}"
