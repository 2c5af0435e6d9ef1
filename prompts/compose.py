"""Turns a model's reply, while it streams, into the events of an answer: tokens, checked sentences, the whole.

It does not know which strategy asked for the reply.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from ingest.errors import OtherSide
from ingest.sentences import split
from prompts import refusals
from prompts.answers import Answer, AnswerDone, AnswerEvent, Ledger, Sentence, SentenceDone, Step, Token
from prompts.chat_model import Reply
from prompts.cite import Citer
from prompts.render import NOT_IN_DOCUMENTS, refusal
from prompts.request import Request
from prompts.sentences import split_finished, take_marks
from prompts.wording import say
from retrieval.hits import Hit


def add(a: Ledger, b: Ledger) -> Ledger:
    """The cost of both."""
    return Ledger(
        a.calls + b.calls, a.input_tokens + b.input_tokens, a.output_tokens + b.output_tokens, a.entries + b.entries
    )


def says_nothing(text: str) -> bool:
    """Whether a model's reply says that nothing answers the question."""
    return text.strip().strip(".。*\"'`[] \n").startswith(NOT_IN_DOCUMENTS)


def wrote_nothing() -> OtherSide:
    """The error of an empty reply, which is no refusal: a model may spend all its tokens on thoughts."""
    return OtherSide("the model wrote no answer", retryable=False, hint="turn its thinking off or use another model")


@dataclass(slots=True)
class Progress:
    """What an answer has cost and left out so far; `started` is the reading of time.perf_counter at its start."""

    strategy: str
    started: float = field(default_factory=time.perf_counter)
    ledger: Ledger = Ledger()
    notes: list[str] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    complete: bool = True
    broke_off: bool = False
    steps: list[Step] = field(default_factory=list)

    def take(self, step: Step) -> Step:
        """Book a step on the way; gives it back as the event that it is."""
        self.steps.append(step)
        return step

    def mark(self, stage: str) -> None:
        """Book the time since the last mark on `stage`, in seconds."""
        spent = time.perf_counter() - self.started - sum(self.timings.values())
        self.timings[stage] = self.timings.get(stage, 0.0) + max(spent, 0.0)


def refuse(request: Request, progress: Progress) -> AnswerDone:
    """The answer that says that nothing answers the question, what was looked for, and which passages come nearest."""
    text, reason = refusal(request.question), refusals.reason(request)
    sentence, citations = reason or (None, ())
    progress.mark("cite")
    return AnswerDone(
        Answer(
            question=request.question,
            text=_joined(request.language, text, sentence.text) if sentence else text,
            sentences=(sentence,) if sentence else (),
            citations=citations,
            hits=request.hits,
            strategy=progress.strategy,
            refused=True,
            complete=progress.complete,
            notes=tuple(progress.notes),
            ledger=progress.ledger,
            timings=progress.timings,
            steps=tuple(progress.steps),
        )
    )


def _joined(language: str, *sentences: str) -> str:
    return ("" if language == "zh" else " ").join(sentences)


def compose(
    request: Request, reply: Reply | DraftReply, progress: Progress, shown_hits: Sequence[Hit] | None = None
) -> Iterator[AnswerEvent]:
    """The events of the reply that is the answer. Raises OtherSide when the server fails before its first word.

    `shown_hits` are those that the model was shown, numbered from [1], where these are not all: no other is cited.
    """
    hits = request.hits if shown_hits is None else shown_hits

    @cache
    def citer() -> Citer:  # made after the first words are shown: it reads all passages
        return Citer(request.question, hits, request.page_of)

    sentences: list[Sentence] = []
    text, done, shown, broken = "", 0, 0, False
    try:
        for piece in reply:
            text += piece
            if _may_refuse(text):
                continue
            yield Token(text[shown:])
            shown = len(text)
            finished = split_finished(text[done:])
            for start, end in finished:
                yield _checked(citer(), text[done + start : done + end], sentences)
            done += finished[-1][1] if finished else 0
    except OtherSide as error:
        if _may_refuse(text):
            raise
        broken, progress.complete, progress.broke_off = True, False, True
        progress.notes.append(say(request.language, "broke_off", error=error))
    progress.ledger = add(progress.ledger, reply.ledger)
    if not broken and reply.cut_off:
        broken, progress.complete = True, False
        progress.notes.append(say(request.language, "limit_reached"))
    progress.mark("write")
    if not text.strip():
        raise wrote_nothing()
    if says_nothing(text):
        yield refuse(request, progress)
        return
    if shown < len(text):
        yield Token(text[shown:])
    yield from _rest(citer(), text[done:], sentences, broken=broken)
    progress.notes.extend(citer().notes)
    progress.mark("cite")
    yield AnswerDone(_answer(request, text, sentences, citer(), progress))


def _may_refuse(text: str) -> bool:
    """Whether the text so far may still become NOT_IN_DOCUMENTS: nothing of it is shown until that is known."""
    start = text.strip().strip("*\"'`[")
    return NOT_IN_DOCUMENTS.startswith(start[: len(NOT_IN_DOCUMENTS)])


def _checked(citer: Citer, written: str, sentences: list[Sentence]) -> SentenceDone:
    sentence, citations = citer.cite(written)
    sentences.append(sentence)
    return SentenceDone(sentence, citations)


def _rest(citer: Citer, text: str, sentences: list[Sentence], *, broken: bool) -> Iterator[SentenceDone]:
    """The sentences that were not yet finished when the reply ended; a broken reply's last one is only kept."""
    ranges = split(text, lines=True)
    for index, (start, end) in enumerate(ranges):
        written = text[start:end]
        if written.strip(" .。") == NOT_IN_DOCUMENTS and (sentences or len(ranges) > 1):
            continue
        if broken and index == len(ranges) - 1:
            sentence = citer.leave(written)
            sentences.append(sentence)
            yield SentenceDone(sentence, ())
        else:
            yield _checked(citer, written, sentences)


def _answer(request: Request, text: str, sentences: Sequence[Sentence], citer: Citer, progress: Progress) -> Answer:
    clean, _ = take_marks(text.replace(NOT_IN_DOCUMENTS, ""))
    return Answer(
        question=request.question,
        text=clean,
        sentences=tuple(sentences),
        citations=tuple(citer.citations),
        hits=request.hits,
        strategy=progress.strategy,
        complete=progress.complete,
        notes=tuple(progress.notes),
        ledger=progress.ledger,
        timings=progress.timings,
        steps=tuple(progress.steps),
        broke_off=progress.broke_off,
    )


class DraftReply:
    """A text already written that stands for a reply: the last draft when a later call failed."""

    cut_off = False

    def __init__(self, text: str) -> None:
        self._text = text
        self.ledger = Ledger()

    def __iter__(self) -> Iterator[str]:
        return iter((self._text,))
