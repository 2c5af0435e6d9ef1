"""Questions that a passage answers, written by the model so that the passage is found by them too.

docTTTTTquery (Nogueira and Lin, From doc2query to docTTTTTquery, 2019). Doc2Query-- (Gospodinov, MacAvaney and
Macdonald, ECIR 2023) drops what the passage does not bear out; here that is a question with a number that the passage
lacks. It does not know where questions are kept, nor which index finds them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ingest.errors import BadInput
from ingest.generated import passage_key
from ingest.records import Chunk
from prompts.answers import Ledger
from prompts.budget import answer_tokens, clip
from prompts.calls import ask_all
from prompts.compose import Progress, says_nothing
from prompts.render import as_data
from prompts.request import Request
from prompts.transforms import written_lines
from retrieval.terms import is_chinese, terms

TOKENS_A_QUESTION = 48
_TEMPLATE = "doc2query"
_LANGUAGES = ("en", "zh")
_FEWEST_TERMS = 5  # of a passage that may answer something
_COUNTED = 64  # passages that are counted in one request
_MARGIN = 0.02  # of the context: tokens of parts do not add up to those of the whole
_LEAST_ROOM = 64  # tokens of a passage


@dataclass(frozen=True, slots=True)
class Calls:
    """What is to be written: `calls` model calls, at most so many tokens in and out; `made` passages have theirs."""

    calls: int
    made: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Generated:
    """The `questions` by passage; one whose call failed is not among them. `notes` say what went wrong."""

    questions: Mapping[str, tuple[str, ...]]
    failed: int
    ledger: Ledger
    notes: tuple[str, ...]


class QuestionWriter:
    """Writes `per_chunk` questions a passage with the model, prompts, workers and cache of a request.

    The request's `answer_tokens` are TOKENS_A_QUESTION for each; its question and hits do not count.
    """

    def __init__(self, request: Request, per_chunk: int) -> None:
        """Raises BadInput where the model's context is too small for a passage."""
        self._request = request
        self._model = request.needed_model
        self._per_chunk = per_chunk
        self._frame = self._frame_tokens()
        self._room = self._room_tokens()

    @property
    def made_by(self) -> str:
        """Names all but the passage that its questions depend on."""
        texts = (self._request.prompts.text(_TEMPLATE, language) for language in _LANGUAGES)
        parts = (self._model.name, str(self._per_chunk), *texts)
        return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()

    def passages(self, chunks: Sequence[Chunk]) -> dict[str, Chunk]:
        """Those of the chunks that may answer something, each text once, by `passage_key`."""
        return {passage_key(one.section, one.text): one for one in chunks if len(terms(one.text)) >= _FEWEST_TERMS}

    def plan(self, passages: Mapping[str, Chunk]) -> Calls:
        """What writing costs at most; what is in the cache costs nothing."""
        missing = [one for key, one in passages.items() if self._cached(key, one) is None]
        texts = [as_data(_headed(one)) for one in missing]
        groups = [texts[start : start + _COUNTED] for start in range(0, len(texts), _COUNTED)]
        read = sum(min(self._model.count_tokens("\n".join(some)), self._room * len(some)) for some in groups)
        calls = len(missing)
        written = calls * answer_tokens(self._request)
        return Calls(calls, len(passages) - calls, read + calls * self._frame, written)

    def write(self, passages: Mapping[str, Chunk], done: Callable[[], object] = lambda: None) -> Generated:
        """Writes what is not in the cache, side by side; `done` is called after each call, in any thread.

        Each reply is cached as soon as it is there, so that what was cut short goes on. Raises OtherSide where every
        call failed.
        """
        replies = {key: text for key, one in passages.items() if (text := self._cached(key, one)) is not None}
        missing = [key for key in passages if key not in replies]
        progress = Progress(_TEMPLATE)

        def keep(number: int, text: str) -> None:
            key = missing[number]
            if self._request.cache is not None:
                self._request.cache.put(passages[key].sha256, self._cache_key(key), text)
            done()

        prompts = [self._prompt(passages[key]) for key in missing]
        written = ask_all(self._request, prompts, answer_tokens(self._request), progress, done=keep)
        for key, reply in zip(missing, written, strict=True):
            if reply is not None:  # the last line of one that was cut off is no whole question
                replies[key] = reply.text.rpartition("\n")[0] if reply.cut_off else reply.text
        questions = {key: self._borne_out(replies[key], one) for key, one in passages.items() if key in replies}
        return Generated(questions, len(passages) - len(questions), progress.ledger, tuple(progress.notes))

    def _borne_out(self, written: str, passage: Chunk) -> tuple[str, ...]:
        """The questions of a reply, less those with a number that neither the passage nor its headings have."""
        if says_nothing(written):
            return ()
        here = set(terms(_headed(passage)))
        kept = [line for line in written_lines(written) if not _numbers(line) - here and terms(line)]
        return tuple(kept[: self._per_chunk])

    def _prompt(self, passage: Chunk) -> str:
        text = as_data(_headed(passage))
        if len(text.encode()) > self._room:  # no token is less than a byte
            text = clip(text, self._room, self._model.count_tokens)
        return self._request.prompts.render(
            _TEMPLATE, _language(passage.text), count=str(self._per_chunk), passage=text
        )

    def _frame_tokens(self) -> int:
        """Tokens of a prompt beside the passage."""
        blank = (self._request.prompts.blank(_TEMPLATE, language, "") for language in _LANGUAGES)
        return max(self._model.count_tokens(prompt) for prompt in blank) + self._model.template_tokens

    def _room_tokens(self) -> int:
        """Tokens of a passage that a prompt holds."""
        context = self._model.context_tokens
        left = context - answer_tokens(self._request) - math.ceil(_MARGIN * context) - self._frame
        if left < _LEAST_ROOM:
            raise BadInput(
                f"the {context} tokens of {self._model.name} hold no passage beside the prompt",
                hint="start the model server with a longer context",
            )
        return left

    def _cached(self, key: str, passage: Chunk) -> str | None:
        cache = self._request.cache
        return cache.get(passage.sha256, self._cache_key(key)) if cache is not None else None

    def _cache_key(self, passage: str) -> str:
        return f"questions-{self.made_by}-{passage}"


def _headed(passage: Chunk) -> str:
    return "\n".join((*passage.section, passage.text))


def _numbers(text: str) -> set[str]:
    return {term for term in terms(text) if term[0].isdigit()}


def _language(text: str) -> str:
    """ "zh" for a passage most of whose terms are Chinese, else "en"."""
    found = terms(text)
    return "zh" if 2 * sum(map(is_chinese, found)) > len(found) else "en"
