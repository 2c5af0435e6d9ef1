"""What a strategy is given: the question, its hits, and the means to answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from ingest.errors import BadInput
from ingest.numbering import numbering
from prompts.kinds import kind_of
from prompts.passages import PageOf
from prompts.render import Prompts, as_data, language_of
from retrieval.hits import Hit

if TYPE_CHECKING:
    from prompts.chat_model import ChatModel

_LEAST_HEADING = 4  # letters of a heading by which a question may name a section
_WRITES_ANSWER = frozenset({"stuff", "reduce", "refine_first", "refine_next", "map_rerank", "iterative"})

Search = Callable[[str], Sequence[Hit]]
"""A further search in the documents asked: the text looked for -> its hits, best first."""
Whole = Callable[[], Sequence[Hit]]
"""All passages of the documents that a question is about, in reading order, document by document."""


class Cache(Protocol):
    """Texts that a model wrote of one content, kept by what made them; gone with the content."""

    def get(self, sha256: str, key: str) -> str | None: ...
    def put(self, sha256: str, key: str, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Request:
    """`answer_tokens`: the longest answer, in tokens. `workers`: model calls that may run at once.

    `most_calls`: model calls that `auto` may spend; a strategy asked for by name spends what it needs. `search`,
    `whole` and `cache` are None where they cannot be had. `presence`: the probability that the documents hold an
    answer, as retrieval.presence has it.
    """

    question: str
    hits: tuple[Hit, ...]
    page_of: PageOf
    model: ChatModel | None = None
    answer_tokens: int = 800
    workers: int = 4
    prompts: Prompts = field(default_factory=Prompts)
    most_calls: int = 64
    search: Search | None = None
    whole: Whole | None = None
    cache: Cache | None = None
    presence: float | None = None

    @property
    def needed_model(self) -> ChatModel:
        """The model, for a strategy that cannot do without; raises BadInput where there is none."""
        if self.model is None:
            raise BadInput("this strategy needs a model server", hint="--llm URL")
        return self.model

    @property
    def language(self) -> str:
        """ "zh" or "en": the language of the question, and so of the answer and of what is said about it."""
        return language_of(self.question)

    def prompt(self, template: str, **variables: str) -> str:
        """A prompt from `template` in the question's language, the question in its place.

        One whose reply is the answer ends with how its kind of question is answered.
        """
        prompt = self.prompts.render(template, self.language, question=as_data(self.question), **variables)
        return self._with_kind(template, prompt)

    def blank(self, template: str) -> str:
        """What every prompt made from `template` holds beside passages, notes or drafts."""
        return self._with_kind(template, self.prompts.blank(template, self.language, as_data(self.question)))

    def _with_kind(self, template: str, prompt: str) -> str:
        if template not in _WRITES_ANSWER:
            return prompt
        return f"{prompt}\n\n{self.prompts.text(f'kind_{kind_of(self.question)}', self.language).strip()}"


def whole_of(request: Request) -> tuple[Hit, ...]:
    """What a question is about: the passages under a heading that it names, else all; without `whole` the hits."""
    found = tuple(request.whole()) if request.whole is not None else request.hits
    return under_named_heading(request.question, found) or found


def under_named_heading(question: str, found: Sequence[Hit]) -> tuple[Hit, ...]:
    """Those of the passages that stand under a heading which the question names."""
    asked = question.casefold()
    return tuple(hit for hit in found if any(names_heading(asked, heading) for heading in hit.chunk.section))


@lru_cache(maxsize=8192)
def bare_heading(heading: str) -> str:
    """A heading without its number, on one line: as a question names it."""
    text = " ".join(heading.split())
    number = numbering(text)
    return (text[number.end :].strip() if number else "") or text


def names_heading(question: str, heading: str) -> bool:
    """Whether a question, in lower case, names a section by its heading."""
    bare = bare_heading(heading).casefold()
    return len(bare) >= _LEAST_HEADING and bare in question
