"""A page as bytes and back: its structure as compact JSON, its words and cells as columns of whole numbers.

`decode` trusts nothing: the bytes may come from a child process that read a hostile file, and all of them are checked
at once. Words and cells become Python values only where they are asked for: a page that is chunked and kept needs
none. Coordinates and font sizes are rounded to 0.01 point.

The bytes are "P", the version, the length of the first of two parts and the parts, both zlib: the structure, and the
words with their fonts. A page that was decoded and is encoded again with the same words keeps its second part.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from itertools import chain
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ingest.records import BBox, Block, BlockKind, Cell, Page, PageReport, Word

CODEC_VERSION = 4
_SCALE = 100  # units a point
_LIMIT = 10**9  # largest coordinate, in units
_MAX_JSON_BYTES = 64 * 2**20
_MAX_LEVEL = 100  # of a title
_MOST = 10**6  # rows, columns and spans of a table
_LEVEL = 3  # zlib; a higher one costs three times the time for a tenth of the bytes
_TEXT_FROM = ("pdf", "ocr", "mixed")
_HEAD = 2 + 4  # bytes before the first part
_WORD_COLUMNS = 7  # left gap, width, step down, height, font, gap in the text, length in it
_SURE = 100  # units of a word's confidence
_SHARES = 1000  # units of a share in a page's report
_SHARE_FIGURES = ("pictures", "confidence")
_FIGURES = tuple(one.name for one in fields(PageReport) if one.name != "notes")
_CELL_COLUMNS = 11  # row, column, spans, start, end, box, header path

_Whole = NDArray[np.int64]
_Font = tuple[str, float, bool, float]  # all that a word has beside text and box


def _units(value: float) -> int:
    return max(-_LIMIT, min(_LIMIT, round(value * _SCALE)))


def _all_units(values: Sequence[float], width: int) -> _Whole:
    """Numbers in units, shape (n, width)."""
    array = np.array(values, np.float64).reshape(-1, width)
    if not np.isfinite(array).all():
        raise ValueError("a number is not finite")
    return np.clip(np.rint(array * _SCALE), -_LIMIT, _LIMIT).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """The words and cells of a decoded page, checked. `packed` are the bytes that they came as."""

    packed: bytes
    texts: tuple[str, ...]  # of the blocks
    words: _Whole  # shape (n, 7): box, font, start, end
    word_bounds: list[int]  # block i has the words from bound i to bound i + 1
    cells: _Whole  # shape (n, 11)
    cell_bounds: list[int]
    fonts: tuple[_Font, ...]
    odd: dict[int, str]  # words that are not spelled as in the block's text
    paths: tuple[tuple[str, ...], ...]
    made: dict[int, tuple[Any, Any, Any]] = field(default_factory=dict)

    def values(self, index: int) -> tuple[Any, Any, Any]:
        """Words, offsets and cells of a block, the same objects each time."""
        if index not in self.made:
            self.made[index] = (*self._words(index), self._cells(index))
        return self.made[index]

    def _words(self, index: int) -> tuple[tuple[Word, ...], tuple[tuple[int, int], ...]]:
        first, end = self.word_bounds[index], self.word_bounds[index + 1]
        rows = self.words[first:end]
        offsets = tuple(zip(rows[:, 5].tolist(), rows[:, 6].tolist(), strict=True))
        text = self.texts[index]
        spelled = [text[start:stop] for start, stop in offsets]
        for at in self.odd.keys() & range(first, end):
            spelled[at - first] = self.odd[at]
        boxes = map(BBox._make, (rows[:, :4] / _SCALE).tolist())
        fonts = rows[:, 4].tolist()
        words = tuple(Word(word, box, *self.fonts[font]) for word, box, font in zip(spelled, boxes, fonts, strict=True))
        return words, offsets

    def _cells(self, index: int) -> tuple[Cell, ...]:
        rows = self.cells[self.cell_bounds[index] : self.cell_bounds[index + 1]]
        boxes = map(BBox._make, (rows[:, 6:10] / _SCALE).tolist())
        return tuple(
            Cell(row, column, start, end, box, row_span, column_span, self.paths[path])
            for (row, column, row_span, column_span, start, end, *_, path), box in zip(
                rows.tolist(), boxes, strict=True
            )
        )

    def belongs(self, index: int, block: Block) -> bool:
        """Whether the block still has the words and cells that it was decoded with."""
        if block.text != self.texts[index]:
            return False
        if type(block) is _Decoded and block.untouched:
            return block.home == (self, index)
        made = self.made.get(index)
        return made is not None and all(
            mine is its for mine, its in zip(made, (block.words, block.offsets, block.cells), strict=True)
        )


class _Decoded(Block):
    """A block whose words, offsets and cells are made when they are first asked for. Equal to a Block by value."""

    __slots__ = ("home",)
    home: tuple[_Held, int]

    def __getattr__(self, name: str) -> Any:
        if name not in ("words", "offsets", "cells"):
            raise AttributeError(name)
        held, index = self.home
        for field_name, value in zip(("words", "offsets", "cells"), held.values(index), strict=True):
            object.__setattr__(self, field_name, value)
        return object.__getattribute__(self, name)

    @property
    def untouched(self) -> bool:
        try:
            object.__getattribute__(self, "words")
        except AttributeError:
            return True
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Block) and _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash(_values(self))

    def __reduce__(self) -> tuple[type[Block], tuple[Any, ...]]:
        return Block, _values(self)


_FIELDS = tuple(field.name for field in fields(Block))


def _values(block: Block) -> tuple[Any, ...]:
    return tuple(getattr(block, name) for name in _FIELDS)


def _encode_words(blocks: Sequence[Block]) -> bytes:
    fonts: dict[tuple[str, int, bool, int], int] = {}
    font_of: dict[_Font, int] = {}
    paths: dict[tuple[str, ...], int] = {}
    odd: dict[str, str] = {}
    font_ids: list[int] = []
    cell_rows: list[tuple[int, ...]] = []
    for block in blocks:
        text = block.text
        for word, (start, end) in zip(block.words, block.offsets, strict=True):
            font = word[2:]
            known = font_of.get(font)
            if known is None:
                written = word.font, _units(word.size), word.bold, round(word.confidence * _SURE)
                known = font_of[font] = fonts.setdefault(written, len(fonts))
            if word.text != text[start:end]:
                odd[str(len(font_ids))] = word.text
            font_ids.append(known)
        for cell in block.cells:
            path = paths.setdefault(cell.header_path, len(paths))
            spans = (cell.row, cell.column, cell.row_span, cell.column_span, cell.start, cell.end)
            cell_rows.append((*spans, *map(_units, cell.bbox), path))
    words = [word for block in blocks for word in block.words]
    boxes = _all_units(list(chain.from_iterable([word.bbox for word in words])), 4)
    offsets = np.array([pair for block in blocks for pair in block.offsets], np.int64).reshape(-1, 2)
    table = np.empty((len(words), _WORD_COLUMNS), np.int64)
    table[:, 0] = _steps(boxes[:, 0], boxes[:, 2])
    table[:, 1] = boxes[:, 2] - boxes[:, 0]
    table[:, 2] = _steps(boxes[:, 1], boxes[:, 1])
    table[:, 3] = boxes[:, 3] - boxes[:, 1]
    table[:, 4] = font_ids
    table[:, 5] = _steps(offsets[:, 0], offsets[:, 1])
    table[:, 6] = offsets[:, 1] - offsets[:, 0]
    shape = {
        "fonts": list(fonts),
        "odd": odd,
        "paths": list(paths),
        "words": [len(block.words) for block in blocks],
        "cells": [len(block.cells) for block in blocks],
    }
    head = _json(shape)
    cells = np.array(cell_rows, np.int64).reshape(-1, _CELL_COLUMNS)
    return zlib.compress(len(head).to_bytes(4, "big") + head + _planes(table) + _planes(cells), _LEVEL)


def _steps(starts: _Whole, ends: _Whole) -> _Whole:
    """Each start as the way from the end before it."""
    steps = starts.copy()
    steps[1:] -= ends[:-1]
    return steps


def _planes(table: _Whole) -> bytes:
    """Column by column, of each the lowest bytes first: mostly small numbers, which pack well so."""
    return table.T.astype("<i4").reshape(-1, 1).view(np.uint8).T.tobytes()


def _from_planes(data: memoryview, rows: int, columns: int) -> _Whole:
    planes = np.frombuffer(data, np.uint8, rows * columns * 4).reshape(4, -1)
    return np.ascontiguousarray(planes.T).view("<i4").reshape(columns, rows).astype(np.int64)


def _json(shape: dict[str, Any]) -> bytes:
    return json.dumps(shape, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _packed_words(blocks: Sequence[Block]) -> bytes:
    held = next((block.home[0] for block in blocks if type(block) is _Decoded and hasattr(block, "home")), None)
    if held is None or len(blocks) != len(held.texts):
        return _encode_words(blocks)
    same = all(held.belongs(index, block) for index, block in enumerate(blocks))
    return held.packed if same else _encode_words(blocks)


def encode(page: Page) -> bytes:
    """The page as bytes. Raises ValueError when a text cannot be written as UTF-8 or a number is not finite."""
    boxes = _all_units([value for block in page.blocks for value in block.bbox], 4).tolist()
    shape = {
        "n": page.number,
        "size": _all_units([page.width, page.height], 2)[0].tolist(),
        "label": page.label,
        "from": page.text_from,
        "report": _report_shape(page.report),
        "blocks": [
            [block.kind.value, block.text, block.level, box] for block, box in zip(page.blocks, boxes, strict=True)
        ],
    }
    structure = zlib.compress(_json(shape), _LEVEL)
    return b"P%c%b%b%b" % (CODEC_VERSION, len(structure).to_bytes(4, "big"), structure, _packed_words(page.blocks))


def _report_shape(report: PageReport) -> list[Any]:
    """The figures in the order of their fields, shares in thousandths, the notes last."""
    figures = {name: getattr(report, name) for name in _FIGURES}
    shares = {name: round(figures[name] * _SHARES) for name in _SHARE_FIGURES}
    return [*(figures | shares).values(), list(report.notes)]


def _fail(what: str) -> NoReturn:
    raise ValueError(f"not a page: {what}")


def _no_constant(name: str) -> NoReturn:
    _fail(f"number {name}")


def _list_of(value: Any, kind: type, what: str) -> list[Any]:
    # `type(item) is kind`, not isinstance: JSON's true must not pass for a number.
    if type(value) is not list or not all(type(item) is kind for item in value):
        _fail(what)
    return value


def _text(value: Any, what: str) -> str:
    if type(value) is not str:
        _fail(what)
    if not value.isascii():
        value.encode()  # a lone surrogate: UnicodeEncodeError is a ValueError
    return value


def _whole(value: Any, low: int, high: int, what: str) -> int:
    if type(value) is not int or not low <= value <= high:
        _fail(what)
    return value


def _numbers(value: Any, count: int, what: str) -> list[int]:
    numbers = _list_of(value, int, what)
    if len(numbers) != count or (numbers and (min(numbers) < -_LIMIT or max(numbers) > _LIMIT)):
        _fail(what)
    return numbers


def _font(value: Any) -> _Font:
    if type(value) is not list or len(value) != 4 or type(value[2]) is not bool:
        _fail("font")
    name, size, bold, confidence = value
    size = _whole(size, -_LIMIT, _LIMIT, "font") / _SCALE
    return _text(name, "font"), size, bold, _whole(confidence, 0, _SURE, "font") / _SURE


def _path(value: Any) -> tuple[str, ...]:
    return tuple(_text(name, "header") for name in _list_of(value, str, "header"))


def _odd(value: Any, count: int) -> dict[int, str]:
    if type(value) is not dict:
        _fail("words")
    odd = {}
    for key, text in value.items():
        if not (key.isascii() and key.isdigit() and len(key) < 10 and int(key) < count):
            _fail("words")
        odd[int(key)] = _text(text, "word")
    return odd


def _items(shape: dict[str, Any], key: str, read: Callable[[Any], Any]) -> tuple[Any, ...]:
    value = shape.get(key)
    if type(value) is not list:
        _fail(key)
    return tuple(read(item) for item in value)


def _unpack(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(data, _MAX_JSON_BYTES)
    except zlib.error as error:
        raise ValueError(f"not a page: {error}") from error
    if unpacker.unconsumed_tail or not unpacker.eof or unpacker.unused_data:
        _fail("too long or cut off")
    return raw


def _load(raw: bytes) -> dict[str, Any]:
    try:
        shape = json.loads(raw.decode(), parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError(f"not a page: {error}") from error
    if type(shape) is not dict:
        _fail("shape")
    return shape


def _bounds(shape: dict[str, Any], key: str, blocks: int) -> list[int]:
    """Where each block's rows begin, and the end of the last."""
    counts = _numbers(shape.get(key), blocks, key)
    bounds = [0]
    for count in counts:
        if count < 0:
            _fail(key)
        bounds.append(bounds[-1] + count)
    return bounds


def _within(values: _Whole, low: Any, high: Any, what: str) -> None:
    if values.size and not ((values >= low) & (values <= high)).all():
        _fail(what)


def _word_table(columns: _Whole, bounds: list[int], lengths: _Whole, fonts: int) -> _Whole:
    """Rows of box, font, start, end. Within a block the offsets rise and stay in its text of so many characters."""
    gap, width, step, height, font, skip, length = columns
    count = len(gap)
    table = np.empty((count, 7), np.int64)
    table[:, 2] = np.cumsum(gap + width)
    table[:, 0] = table[:, 2] - width
    table[:, 1] = np.cumsum(step)
    table[:, 3] = table[:, 1] + height
    _within(table[:, :4], -_LIMIT, _LIMIT, "words")
    table[:, 4] = font
    _within(font, 0, fonts - 1, "fonts")
    table[:, 6] = np.cumsum(skip + length)
    table[:, 5] = table[:, 6] - length
    _within(length, 0, _LIMIT, "offsets")
    block_of = np.repeat(np.arange(len(lengths)), np.diff(bounds))
    least = np.zeros(count, np.int64)
    if count > 1:
        least[1:] = np.where(block_of[1:] == block_of[:-1], table[:-1, 6], 0)
    _within(table[:, 5], least, table[:, 6], "offsets")
    _within(table[:, 6], 0, lengths[block_of], "offsets")
    return table


def _cell_table(columns: _Whole, bounds: list[int], lengths: _Whole, paths: int) -> _Whole:
    table = np.ascontiguousarray(columns.T)
    _within(table[:, :2], 0, _MOST, "cell")
    _within(table[:, 2:4], 1, _MOST, "cell")
    block_of = np.repeat(np.arange(len(lengths)), np.diff(bounds))
    _within(table[:, 5], 0, lengths[block_of], "cell")
    _within(table[:, 4], 0, table[:, 5], "cell")
    _within(table[:, 6:10], -_LIMIT, _LIMIT, "box")
    _within(table[:, 10], 0, paths - 1, "header")
    return table


def _held(packed: bytes, texts: tuple[str, ...]) -> _Held:
    raw = _unpack(packed)
    size = int.from_bytes(raw[:4], "big")
    shape = _load(raw[4 : 4 + size])
    fonts = _items(shape, "fonts", _font)
    paths = _items(shape, "paths", _path)
    word_bounds = _bounds(shape, "words", len(texts))
    cell_bounds = _bounds(shape, "cells", len(texts))
    words, cells = word_bounds[-1], cell_bounds[-1]
    numbers = memoryview(raw)[4 + size :]
    middle = 4 * _WORD_COLUMNS * words
    if len(numbers) != middle + 4 * _CELL_COLUMNS * cells:
        _fail("words")
    lengths = np.array([len(text) for text in texts], np.int64)
    return _Held(
        packed=packed,
        texts=texts,
        words=_word_table(_from_planes(numbers, words, _WORD_COLUMNS), word_bounds, lengths, len(fonts)),
        word_bounds=word_bounds,
        cells=_cell_table(_from_planes(numbers[middle:], cells, _CELL_COLUMNS), cell_bounds, lengths, len(paths)),
        cell_bounds=cell_bounds,
        fonts=fonts,
        odd=_odd(shape.get("odd"), words),
        paths=paths,
    )


def _block(value: Any) -> _Decoded:
    if type(value) is not list or len(value) != 4:
        _fail("block")
    kind, text, level, box = value
    x0, top, x1, bottom = _numbers(box, 4, "box")
    block = object.__new__(_Decoded)
    object.__setattr__(block, "kind", BlockKind(_text(kind, "kind")))
    object.__setattr__(block, "text", _text(text, "text"))
    object.__setattr__(block, "bbox", BBox(x0 / _SCALE, top / _SCALE, x1 / _SCALE, bottom / _SCALE))
    object.__setattr__(block, "level", _whole(level, 0, _MAX_LEVEL, "level"))
    return block


def _report(value: Any) -> PageReport:
    if type(value) is not list or len(value) != len(_FIGURES) + 1:
        _fail("report")
    figures: dict[str, Any] = dict(zip(_FIGURES, value, strict=False))
    if type(figures["plain"]) is not bool:
        _fail("report")
    for name in _FIGURES:
        if name != "plain" and not (name == "ocr_lines" and figures[name] is None):
            _whole(figures[name], 0, _SHARES if name in _SHARE_FIGURES else _LIMIT, "report")
    shares = {name: figures[name] / _SHARES for name in _SHARE_FIGURES}
    notes = tuple(_text(note, "report") for note in _list_of(value[-1], str, "report"))
    return PageReport(**(figures | shares), notes=notes)


def decode(data: bytes) -> Page:
    """The page that `encode` wrote. Raises ValueError for anything else."""
    if data[:2] != b"P%c" % CODEC_VERSION:
        _fail("version")
    end = _HEAD + int.from_bytes(data[2:_HEAD], "big")
    shape = _load(_unpack(data[_HEAD:end]))
    blocks: tuple[_Decoded, ...] = _items(shape, "blocks", _block)
    held = _held(data[end:], tuple(block.text for block in blocks))
    for index, block in enumerate(blocks):
        object.__setattr__(block, "home", (held, index))
    width, height = _numbers(shape.get("size"), 2, "size")
    if shape.get("from") not in _TEXT_FROM:
        _fail("text source")
    return Page(
        number=_whole(shape.get("n"), 1, 10**7, "number"),
        width=width / _SCALE,
        height=height / _SCALE,
        blocks=blocks,
        label=_text(shape.get("label"), "label"),
        text_from=shape["from"],
        report=_report(shape.get("report")),
    )
