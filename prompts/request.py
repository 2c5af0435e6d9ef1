"""What a strategy is given: the question, its hits, and the means to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.errors import BadInput
from prompts.passages import PageOf
from retrieval.hits import Hit

if TYPE_CHECKING:
    from prompts.chat_model import ChatModel


@dataclass(frozen=True, slots=True)
class Request:
    """`answer_tokens`: the longest answer, in tokens. `workers`: model calls that may run at once."""

    question: str
    hits: tuple[Hit, ...]
    page_of: PageOf
    model: ChatModel | None = None
    answer_tokens: int = 800
    workers: int = 4

    @property
    def needed_model(self) -> ChatModel:
        """The model, for a strategy that cannot do without; raises BadInput where there is none."""
        if self.model is None:
            raise BadInput("this strategy needs a model server", hint="--llm URL")
        return self.model
