"""Test doubles: pages, chunks and hits built by hand from plain text, and a chat model that says what it is told."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from ingest.records import BBox, Block, BlockKind, Cell, Chunk, Document, Page, Span, State, Word, union_of
from prompts.chat_model import ChatModel, estimate_tokens
from prompts.patience import Patience
from retrieval.hits import FoundBy, Hit

LETTER = 6.0  # points: width of one character of a made page
LINE = 12.0  # points: height of one line
SHA = "ab" * 32


def text_block(text: str, kind: BlockKind = BlockKind.TEXT, top: float = 0.0) -> Block:
    """A block whose lines are the lines of `text`, 6 points a character and 12 a line, from x = 0."""
    words, offsets = [], []
    for match in re.finditer(r"\S+", text):
        line_start = text.rfind("\n", 0, match.start()) + 1
        row = text.count("\n", 0, match.start())
        x0, y0 = (match.start() - line_start) * LETTER, top + row * LINE
        words.append(Word(match.group(), BBox(x0, y0, x0 + len(match.group()) * LETTER, y0 + LINE)))
        offsets.append(match.span())
    return Block(kind, text, union_of([word.bbox for word in words]), tuple(words), tuple(offsets))


def table_block(rows: Sequence[Sequence[str]], top: float = 0.0) -> Block:
    """A table whose first row and first column are headers; text as Recto writes it: " | " and line ends."""
    text, cells, words, offsets = "", [], [], []
    for r, row in enumerate(rows):
        text += "\n" if r else ""
        for c, value in enumerate(row):
            text += " | " if c else ""
            start = len(text)
            text += value
            box = BBox(c * 100.0, top + r * LINE, c * 100.0 + len(value) * LETTER, top + r * LINE + LINE)
            path = () if r == 0 else tuple(name for name in (rows[0][c], row[0] if c else "") if name)
            if value:
                cells.append(Cell(r, c, start, len(text), box, header_path=path))
                words.append(Word(value, box))
                offsets.append((start, len(text)))
    box = union_of([word.bbox for word in words])
    return Block(BlockKind.TABLE, text, box, tuple(words), tuple(offsets), cells=tuple(cells))


class Shelf:
    """A document made as a test goes: each call of `hit` adds a page of the blocks given and returns its one chunk."""

    def __init__(self, name: str = "report.pdf", document_id: str = "d1", sha256: str = SHA) -> None:
        self.document = Document(document_id, name, "default", "local", sha256, State.INDEXED, askable=True)
        self.pages: dict[int, Page] = {}

    def page_of(self, sha256: str, number: int) -> Page:
        assert sha256 == self.document.sha256
        return self.pages[number]

    def hit(self, *blocks: Block | str, section: tuple[str, ...] = (), between: str = "\n", rank: int = 1) -> Hit:
        """A hit on a new page. Strings become text blocks, one below the other."""
        number = len(self.pages) + 1
        placed = [text_block(b, top=200.0 * i) if isinstance(b, str) else b for i, b in enumerate(blocks)]
        self.pages[number] = Page(number, 600, 800, tuple(placed), label=f"p{number}")
        text, spans = "", []
        for index, block in enumerate(placed):
            text += between if index else ""
            spans.append(Span(len(text), len(text) + len(block.text), number, index, 0))
            text += block.text
        kind = BlockKind.TABLE if any(block.kind is BlockKind.TABLE for block in placed) else BlockKind.TEXT
        chunk = Chunk(f"c{number}", self.document.sha256, number - 1, kind, text, section, tuple(spans))
        return Hit(self.document, chunk, 1.0 / number, (FoundBy("bm25", rank, 1.0),))


class ScriptedChat(BaseChatModel):
    """Replies with `replies` in order (the last again and again), or with `reply_to(prompt)`; keeps the prompts.

    An exception among the replies is raised; a tuple (text, exception) breaks off after the text. A list of (token,
    {token: probability}) is a reply token by token, with the log probabilities of the likeliest at each place.
    """

    replies: list[Any] = []
    reply_to: Callable[[str], Any] | None = None
    prompts: list[str] = []
    pace: int = 4
    lock: Any = None
    options: list[dict[str, Any]] = []

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _next(self, messages: list[BaseMessage]) -> Any:
        with self.lock:
            self.prompts.append(str(messages[-1].content))
            if self.reply_to is not None:
                return self.reply_to(self.prompts[-1])
            return self.replies[min(len(self.prompts), len(self.replies)) - 1]

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        reply = self._next(messages)
        self.options.append(kwargs)
        if isinstance(reply, list):
            yield from (_with_logprobs(token, likeliest) for token, likeliest in reply)
            reply = ""
        text, error = reply if isinstance(reply, tuple) else (reply, None)
        if isinstance(text, Exception):
            raise text
        for start in range(0, len(text), self.pace):
            yield ChatGenerationChunk(message=AIMessageChunk(content=text[start : start + self.pace]))
        if error is not None:
            raise error
        usage = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}
        last = AIMessageChunk(content="", usage_metadata=usage, response_metadata={"finish_reason": "stop"})
        yield ChatGenerationChunk(message=last)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=str(self._next(messages))))])


def _with_logprobs(token: str, likeliest: dict[str, float]) -> ChatGenerationChunk:
    top = [{"token": one, "logprob": math.log(chance)} for one, chance in likeliest.items()]
    content = [{"token": token, "logprob": math.log(likeliest.get(token, 0.01)), "top_logprobs": top}]
    return ChatGenerationChunk(
        message=AIMessageChunk(content=token, response_metadata={"logprobs": {"content": content}})
    )


def scripted(
    *replies: Any, reply_to: Callable[[str], Any] | None = None, context_tokens: int = 8192, pace: int = 4
) -> ChatModel:
    """A ChatModel around ScriptedChat; its prompts are in `model.chat.prompts`."""
    lock = threading.Lock()
    chat = ScriptedChat(replies=list(replies), reply_to=reply_to, prompts=[], pace=pace, lock=lock, options=[])
    return ChatModel(chat, "scripted", context_tokens, estimate_tokens, says_end=True, patience=Patience(tries=1))
