"""Pages to bytes and back, and bytes that no honest child would write."""

import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codec import decode, encode
from ingest.records import BBox, Block, BlockKind, Cell, Page, Word

coordinates = st.integers(-100_000, 1_000_000).map(lambda units: units / 100)
boxes = st.builds(BBox, coordinates, coordinates, coordinates, coordinates)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    words, offsets, text = [], [], ""
    for _ in range(draw(st.integers(0, 5))):
        spelled = draw(texts)
        text += draw(st.sampled_from(["", " ", "\n"]))
        offsets.append((len(text), len(text) + len(spelled)))
        text += spelled
        shown = draw(st.one_of(st.just(spelled), texts))
        words.append(Word(shown, draw(boxes), draw(texts), draw(st.integers(0, 9999)) / 100, draw(st.booleans())))
    cells = []
    for row in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, len(text)))
        path = tuple(draw(st.lists(texts, max_size=2)))
        cells.append(Cell(row, draw(st.integers(0, 9)), start, end, draw(boxes), 1, 2, path))
    kind = draw(st.sampled_from(list(BlockKind)))
    return Block(kind, text, draw(boxes), tuple(words), tuple(offsets), draw(st.integers(0, 6)), tuple(cells))


pages = st.builds(
    Page,
    number=st.integers(1, 9999),
    width=coordinates,
    height=coordinates,
    blocks=st.lists(blocks(), max_size=4).map(tuple),
    label=texts,
    text_from=st.sampled_from(["pdf", "ocr", "mixed"]),
    report=st.lists(texts, max_size=2).map(tuple),
)


@given(pages)
@settings(max_examples=200, deadline=None)
def test_a_page_survives_the_round_trip(page: Page) -> None:
    assert decode(encode(page)) == page


def test_coordinates_are_rounded_to_a_hundredth_of_a_point() -> None:
    word = Word("a", BBox(1.23456, 2.0, 3.999, 4.001), "F", 9.876, False)
    page = Page(1, 100.004, 200.0, (Block(BlockKind.TEXT, "a", word.bbox, (word,), ((0, 1),)),))
    back = decode(encode(page))
    assert back.width == 100.0
    assert back.blocks[0].words[0] == Word("a", BBox(1.23, 2.0, 4.0, 4.0), "F", 9.88, False)


def shape(**changes: Any) -> dict[str, Any]:
    word = [[100], [200], [300], [400], [0]]
    block = ["text", "a", [0, 0, 1, 1], 0, word, [0, 1], {}, [[0, 0, 1, 1, 0, 1, [0, 0, 1, 1], ["h"]]]]
    fonts = [["F", 900, False]]
    whole = {"v": 1, "n": 1, "size": [100, 100], "label": "", "from": "pdf", "report": [], "fonts": fonts}
    return whole | {"blocks": [block]} | changes


def packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value).encode())


def test_the_shape_that_the_bad_ones_start_from_is_good() -> None:
    assert decode(packed(shape())).blocks[0].text == "a"


def block_with(index: int, value: Any) -> dict[str, Any]:
    block = shape()["blocks"][0]
    block[index] = value
    return shape(blocks=[block])


BAD = {
    "a list": [],
    "another version": shape(v=2),
    "no number": shape(n=None),
    "page 0": shape(n=0),
    "a flag for a number": shape(n=True),
    "a float": shape(size=[1.5, 2]),
    "a huge number": shape(size=[10**400, 2]),
    "an unknown source": shape(**{"from": "web"}),
    "a label that is no text": shape(label=7),
    "a report that is text": shape(report="abc"),
    "a lone surrogate": shape(label="\ud800"),
    "a font of two": shape(fonts=[["F", 900]]),
    "blocks that are a table": shape(blocks={}),
    "an unknown kind": block_with(0, "poem"),
    "a missing font": block_with(4, [[100], [200], [300], [400], [1]]),
    "a negative font": block_with(4, [[100], [200], [300], [400], [-1]]),
    "uneven columns": block_with(4, [[100], [200, 1], [300], [400], [0]]),
    "an offset past the end": block_with(5, [0, 2]),
    "an offset backwards": block_with(5, [1, 0]),
    "one offset too many": block_with(5, [0, 1, 1]),
    "an odd word that is not there": block_with(6, {"1": "x"}),
    "an odd word with an odd number": block_with(6, {"²": "x"}),
    "a cell past the end": block_with(7, [[0, 0, 1, 1, 0, 2, [0, 0, 1, 1], []]]),
    "a cell of no column": block_with(7, [[0, 0, 1, 0, 0, 1, [0, 0, 1, 1], []]]),
    "a header that is no text": block_with(7, [[0, 0, 1, 1, 0, 1, [0, 0, 1, 1], [5]]]),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_wrong_shape_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError):
        decode(packed(bad))


@pytest.mark.parametrize(
    "data",
    [b"", b"nonsense", packed(shape())[:-3], zlib.compress(b"{"), zlib.compress(b"[" * 200_000)],
    ids=["empty", "not zlib", "cut off", "not JSON", "too deep"],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data)


def test_infinity_is_refused() -> None:
    with pytest.raises(ValueError):
        decode(zlib.compress(b'{"v":1,"n":1,"size":[Infinity,1]}'))


def test_a_decompression_bomb_is_refused_before_it_unfolds() -> None:
    with pytest.raises(ValueError):
        decode(zlib.compress(b" " * 80_000_000))
