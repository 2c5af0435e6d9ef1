"""A content's pages to chunks, along headings, sentences and table rows.

Pure: it does not know how chunks are embedded or kept. A chunk never crosses a page, so that a hit names the page
that proves it; the path of headings goes on from page to page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.records import Block, BlockKind, Chunk, Page, Span
from ingest.sections import Path, sections
from ingest.sentences import split

VERSION = 2

_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]")
_BREAK = re.compile(r"[,，、;:：\s]")


@dataclass(frozen=True, slots=True)
class ChunkOptions:
    """Sizes in tokens as `estimate_tokens` counts them; MiniLM reads 256, headings included."""

    max_tokens: int = 200
    min_tokens: int = 40

    def key(self) -> str:
        """Names everything that the chunks depend on beside the pages."""
        return f"chunk-{VERSION}-{self.max_tokens}-{self.min_tokens}"


@dataclass(frozen=True, slots=True)
class _Piece:
    """`text[start:end]` of a page's block: a sentence, a row, a heading."""

    block: int
    start: int
    end: int
    tokens: float


def estimate_tokens(text: str) -> float:
    """Roughly the tokens of a multilingual model: one a wide character, one for 4.2 others."""
    wide = len(_WIDE.findall(text))
    return wide + (len(text) - wide) / 4.2


def _cut(text: str, start: int, end: int, max_tokens: float) -> Iterator[tuple[int, int]]:
    """`start:end` in parts of at most `max_tokens`, cut after punctuation or spaces where there are any."""
    while estimate_tokens(text[start:end]) > max_tokens:
        reach = start
        tokens = 0.0
        while reach < end and tokens < max_tokens:
            tokens += estimate_tokens(text[reach])
            reach += 1
        breaks = [match.end() for match in _BREAK.finditer(text, start + (reach - start) // 2, reach)]
        cut = breaks[-1] if breaks else reach
        yield start, cut
        start = cut
    if start < end:
        yield start, end


def _pieces(block_index: int, block: Block, max_tokens: float) -> Iterator[_Piece]:
    for sentence_start, sentence_end in split(block.text, lines=True):
        for start, end in _cut(block.text, sentence_start, sentence_end, max_tokens):
            yield _Piece(block_index, start, end, estimate_tokens(block.text[start:end]))


def _join(blocks: Sequence[Block], pieces: Sequence[_Piece]) -> tuple[str, tuple[tuple[int, _Piece], ...]]:
    """The text of the pieces and where in it each starts: a space in a block, a line end between blocks and rows."""
    text = ""
    starts: list[tuple[int, _Piece]] = []
    last: _Piece | None = None
    for piece in pieces:
        block = blocks[piece.block]
        if last is not None:
            same = last.block == piece.block
            between = block.text[last.end : piece.start] if same and last.end <= piece.start else "\n"
            text += between if not between.strip() else "\n"
        starts.append((len(text), piece))
        text += block.text[piece.start : piece.end]
        last = piece
    return text, tuple(starts)


@dataclass(slots=True)
class _Open:
    """The chunk being filled."""

    section: tuple[str, ...]
    pieces: list[_Piece]
    tokens: float = 0.0
    table: bool = False

    def add(self, piece: _Piece) -> None:
        self.pieces.append(piece)
        self.tokens += piece.tokens


def _table_groups(block_index: int, block: Block, max_tokens: float) -> Iterator[list[_Piece]]:
    """A table's rows in groups of at most `max_tokens`, each led by the header row."""
    rows = list(_pieces(block_index, block, max_tokens))
    header = rows[:1] if len(rows) > 1 and rows[0].tokens < max_tokens / 3 else []
    group: list[_Piece] = []
    for row in rows:
        if group and sum(piece.tokens for piece in group) + row.tokens > max_tokens:
            yield group
            group = [*header]
        group.append(row)
    if group:
        yield group


def _page_groups(page: Page, paths: Sequence[Path], options: ChunkOptions) -> Iterator[_Open]:
    """The page's pieces in the groups that become chunks; `paths`: the section of each of its blocks."""
    current: _Open | None = None
    for index, block in enumerate(page.blocks):
        if block.kind is BlockKind.FURNITURE or not block.text.strip():
            continue
        if current is None:
            current = _Open(paths[index], [])
        if block.kind is BlockKind.TITLE:
            if current.tokens >= options.min_tokens:
                yield current
                current = _Open(paths[index], [])
            if all(page.blocks[piece.block].kind is BlockKind.TITLE for piece in current.pieces):
                current.section = paths[index]
        if block.kind is BlockKind.TABLE:
            lead = current.pieces if current.tokens < options.min_tokens else []
            if current.pieces and not lead:
                yield current
            budget = options.max_tokens - sum(piece.tokens for piece in lead)
            for group in _table_groups(index, block, budget):
                yield _Open(paths[index], [*lead, *group], table=True)
                lead = []
            current = _Open(paths[index], [])
            continue
        for piece in _pieces(index, block, options.max_tokens):
            if current.pieces and current.tokens + piece.tokens > options.max_tokens:
                yield current
                current = _Open(paths[index], [])
            current.add(piece)
    if current is not None and current.pieces:
        yield current


def chunk_pages(sha256: str, pages: Iterable[Page], options: ChunkOptions | None = None) -> list[Chunk]:
    """The chunks of a content, numbered in reading order from 0."""
    options = options or ChunkOptions()
    chunks: list[Chunk] = []
    for page, paths in sections(pages):
        for group in _page_groups(page, paths, options):
            text, starts = _join(page.blocks, group.pieces)
            spans = tuple(
                Span(start, start + piece.end - piece.start, page.number, piece.block, piece.start)
                for start, piece in starts
            )
            chunks.append(
                Chunk(
                    id=f"{sha256[:16]}-{len(chunks)}",
                    sha256=sha256,
                    ordinal=len(chunks),
                    kind=BlockKind.TABLE if group.table else BlockKind.TEXT,
                    text=text,
                    section=group.section,
                    spans=spans,
                )
            )
    return chunks
