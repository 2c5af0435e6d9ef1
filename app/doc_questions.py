"""Questions that the model writes for the passages of documents, from plan to library; by them these are found too.

It does not know who asks for them, nor how they are written or found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.errors import BadInput
from ingest.generated import Written
from ingest.records import Chunk, Document
from ingest.store import Library
from prompts.answers import Ledger
from prompts.chat_model import ChatModel
from prompts.doc2query import TOKENS_A_QUESTION, Calls, QuestionWriter
from prompts.render import Prompts
from prompts.request import Cache, Request


@dataclass(frozen=True, slots=True)
class Asked:
    """A document with its questions; `failed` passages have none because the model did not answer."""

    document: Document
    passages: int
    questions: int
    failed: int
    ledger: Ledger
    notes: tuple[str, ...]


class DocQuestions:
    """Questions for the documents of one library, `per_chunk` a passage."""

    def __init__(self, library: Library, model: ChatModel, prompts: Prompts, cache: Cache, per_chunk: int) -> None:
        """Raises BadInput where the model's context is too small for a passage."""
        self._library = library
        self.close = model.close
        tokens = per_chunk * TOKENS_A_QUESTION
        request = Request("", (), library.page, model, tokens, prompts=prompts, cache=cache)
        self._writer = QuestionWriter(request, per_chunk)

    def plan(self, documents: Sequence[Document]) -> Calls:
        """What it costs at most to write what is missing; raises BadInput for a document that was not read."""
        parts = [self._parts(document) for document in documents]
        each = [self._writer.plan(missing) for _, missing in parts]
        return Calls(
            sum(one.calls for one in each),
            sum(len(kept) for kept, _ in parts) + sum(one.made for one in each),
            sum(one.input_tokens for one in each),
            sum(one.output_tokens for one in each),
        )

    def write(self, document: Document, done: Callable[[], object] = lambda: None) -> Asked:
        """Writes what is missing and lets the document be found by all of it, in one change.

        Raises OtherSide where every call failed, NotFound where it was removed meanwhile.
        """
        kept, missing = self._parts(document)
        generated = self._writer.write(missing, done)
        written = kept | {
            passage: Written(self._writer.made_by, questions) for passage, questions in generated.questions.items()
        }
        if generated.questions or len(kept) < len(self._library.questions.of(document.id)):
            self._library.questions.keep(document.id, written)
        count = sum(len(one.questions) for one in written.values())
        return Asked(
            document, len(written) + generated.failed, count, generated.failed, generated.ledger, generated.notes
        )

    def _parts(self, document: Document) -> tuple[dict[str, Written], dict[str, Chunk]]:
        """What was written so before, of passages that are still there; the passages of which it was not."""
        if not document.askable:
            raise BadInput(f"{document.name} was not read: {document.reason or document.state.value}")
        before, made_by = self._library.questions.of(document.id), self._writer.made_by
        passages = self._writer.passages(self._library.chunks_of(document))
        kept = {one: before[one] for one in passages if one in before and before[one].made_by == made_by}
        return kept, {key: chunk for key, chunk in passages.items() if key not in kept}
