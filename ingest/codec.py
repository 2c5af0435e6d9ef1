"""A page as bytes and back: zlib over compact JSON, words as columns of numbers.

`decode` trusts nothing: the bytes may come from a child process that read a hostile file. Coordinates and font sizes
are rounded to 0.01 point.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ingest.records import BBox, Block, BlockKind, Cell, Page, Word

CODEC_VERSION = 1
_SCALE = 100  # units a point
_LIMIT = 10**9  # largest coordinate, in units
_MAX_JSON_BYTES = 64 * 2**20
_LEVEL = 3  # zlib; a higher one costs three times the time for a tenth of the bytes
_TEXT_FROM = ("pdf", "ocr", "mixed")

_Fonts = dict[tuple[str, int, bool], int]


def _units(value: float) -> int:
    return max(-_LIMIT, min(_LIMIT, round(value * _SCALE)))


def _encode_block(block: Block, fonts: _Fonts) -> list[Any]:
    odd = {}
    columns: list[list[int]] = [[], [], [], [], []]
    x0s, tops, x1s, bottoms, font_ids = columns
    for index, word in enumerate(block.words):
        box = word.bbox
        x0s.append(_units(box.x0))
        tops.append(_units(box.top))
        x1s.append(_units(box.x1))
        bottoms.append(_units(box.bottom))
        font_ids.append(fonts.setdefault((word.font, _units(word.size), word.bold), len(fonts)))
        start, end = block.offsets[index]
        if word.text != block.text[start:end]:
            odd[str(index)] = word.text
    return [
        block.kind.value,
        block.text,
        [_units(value) for value in block.bbox],
        block.level,
        columns,
        [value for pair in block.offsets for value in pair],
        odd,
        [
            [c.row, c.column, c.row_span, c.column_span, c.start, c.end, [_units(v) for v in c.bbox], c.header_path]
            for c in block.cells
        ],
    ]


def encode(page: Page) -> bytes:
    """The page as bytes. Raises ValueError when a text cannot be written as UTF-8 or a number is not finite."""
    fonts: _Fonts = {}
    blocks = [_encode_block(block, fonts) for block in page.blocks]
    shape = {
        "v": CODEC_VERSION,
        "n": page.number,
        "size": [_units(page.width), _units(page.height)],
        "label": page.label,
        "from": page.text_from,
        "report": page.report,
        "fonts": [[name, size, bold] for name, size, bold in fonts],
        "blocks": blocks,
    }
    text = json.dumps(shape, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return zlib.compress(text.encode(), _LEVEL)


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


def _bbox(value: Any) -> BBox:
    x0, top, x1, bottom = _numbers(value, 4, "box")
    return BBox(x0 / _SCALE, top / _SCALE, x1 / _SCALE, bottom / _SCALE)


def _offsets(value: Any, length: int, count: int) -> tuple[tuple[int, int], ...]:
    flat = _numbers(value, 2 * count, "offsets")
    if flat and (flat[0] < 0 or flat[-1] > length or any(a > b for a, b in zip(flat, flat[1:], strict=False))):
        _fail("offsets")
    return tuple(zip(flat[::2], flat[1::2], strict=True))


def _words(columns: Any, odd: Any, text: str, flat: Any, fonts: Sequence[tuple[str, float, bool]]) -> tuple[Any, Any]:
    if type(columns) is not list or len(columns) != 5 or type(columns[0]) is not list or type(odd) is not dict:
        _fail("words")
    count = len(columns[0])
    x0s, tops, x1s, bottoms, font_ids = (_numbers(column, count, "words") for column in columns)
    if font_ids and (min(font_ids) < 0 or max(font_ids) >= len(fonts)):
        _fail("fonts")
    offsets = _offsets(flat, len(text), count)
    texts = [text[start:end] for start, end in offsets]
    for key, value in odd.items():
        if not (key.isascii() and key.isdigit() and len(key) < 10 and int(key) < count):
            _fail("words")
        texts[int(key)] = _text(value, "word")
    boxes = zip(x0s, tops, x1s, bottoms, strict=True)
    words = tuple(
        Word(word, BBox(x0 / _SCALE, top / _SCALE, x1 / _SCALE, bottom / _SCALE), *fonts[font])
        for word, (x0, top, x1, bottom), font in zip(texts, boxes, font_ids, strict=True)
    )
    return words, offsets


def _cell(value: Any, length: int) -> Cell:
    if type(value) is not list or len(value) != 8:
        _fail("cell")
    row, column, row_span, column_span, start, end, box, path = value
    _whole(end, 0, length, "cell")
    return Cell(
        row=_whole(row, 0, 10**6, "cell"),
        column=_whole(column, 0, 10**6, "cell"),
        start=_whole(start, 0, end, "cell"),
        end=end,
        bbox=_bbox(box),
        row_span=_whole(row_span, 1, 10**6, "cell"),
        column_span=_whole(column_span, 1, 10**6, "cell"),
        header_path=tuple(_text(name, "header") for name in _list_of(path, str, "header")),
    )


def _block(value: Any, fonts: Sequence[tuple[str, float, bool]]) -> Block:
    if type(value) is not list or len(value) != 8:
        _fail("block")
    kind, text, box, level, columns, flat, odd, cells = value
    text = _text(text, "text")
    words, offsets = _words(columns, odd, text, flat, fonts)
    if type(cells) is not list:
        _fail("cells")
    return Block(
        kind=BlockKind(_text(kind, "kind")),
        text=text,
        bbox=_bbox(box),
        words=words,
        offsets=offsets,
        level=_whole(level, 0, 100, "level"),
        cells=tuple(_cell(cell, len(text)) for cell in cells),
    )


def _font(value: Any) -> tuple[str, float, bool]:
    if type(value) is not list or len(value) != 3 or type(value[2]) is not bool:
        _fail("font")
    return _text(value[0], "font"), _whole(value[1], -_LIMIT, _LIMIT, "font") / _SCALE, value[2]


def _items(shape: dict[str, Any], key: str, read: Callable[[Any], Any]) -> tuple[Any, ...]:
    value = shape.get(key)
    if type(value) is not list:
        _fail(key)
    return tuple(read(item) for item in value)


def _load(data: bytes) -> dict[str, Any]:
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(data, _MAX_JSON_BYTES)
        if unpacker.unconsumed_tail or not unpacker.eof:
            _fail("too long or cut off")
        shape = json.loads(raw.decode(), parse_constant=_no_constant)
    except (zlib.error, RecursionError) as error:
        raise ValueError(f"not a page: {error}") from error
    if type(shape) is not dict or shape.get("v") != CODEC_VERSION:
        _fail("version")
    return shape


def decode(data: bytes) -> Page:
    """The page that `encode` wrote. Raises ValueError for anything else."""
    shape = _load(data)
    fonts = _items(shape, "fonts", _font)
    width, height = _numbers(shape.get("size"), 2, "size")
    if shape.get("from") not in _TEXT_FROM:
        _fail("text source")
    return Page(
        number=_whole(shape.get("n"), 1, 10**7, "number"),
        width=width / _SCALE,
        height=height / _SCALE,
        blocks=_items(shape, "blocks", lambda value: _block(value, fonts)),
        label=_text(shape.get("label"), "label"),
        text_from=shape["from"],
        report=_items(shape, "report", lambda value: _text(value, "report")),
    )
