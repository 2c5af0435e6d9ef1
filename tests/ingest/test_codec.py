"""Pages to bytes and back, and bytes that no honest child would write."""

import copy
import json
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codec import decode, encode
from ingest.records import BBox, Block, BlockKind, Cell, Page, PageReport, Word

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
        size, sure = draw(st.integers(0, 9999)) / 100, draw(st.integers(0, 100)) / 100
        words.append(Word(shown, draw(boxes), draw(texts), size, draw(st.booleans()), sure))
    cells = []
    for row in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, len(text)))
        path = tuple(draw(st.lists(texts, max_size=2)))
        cells.append(Cell(row, draw(st.integers(0, 9)), start, end, draw(boxes), 1, 2, path))
    kind = draw(st.sampled_from(list(BlockKind)))
    return Block(kind, text, draw(boxes), tuple(words), tuple(offsets), draw(st.integers(0, 6)), tuple(cells))


counts = st.integers(0, 10**6)
shares = st.integers(0, 1000).map(lambda units: units / 1000)
reports = st.builds(
    PageReport,
    notes=st.lists(texts, max_size=2).map(tuple),
    characters=counts,
    characters_seen=counts,
    garbled=counts,
    pictures=shares,
    patched=counts,
    columns=counts,
    tables=counts,
    disputed=counts,
    plain=st.booleans(),
    ocr_lines=st.one_of(st.none(), counts),
    confidence=shares,
)
pages = st.builds(
    Page,
    number=st.integers(1, 9999),
    width=coordinates,
    height=coordinates,
    blocks=st.lists(blocks(), max_size=4).map(tuple),
    label=texts,
    text_from=st.sampled_from(["pdf", "ocr", "mixed"]),
    report=reports,
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


REPORT = [0, 0, 0, 0, 0, 0, 0, 0, False, None, 0, []]  # ten figures and a flag in the order of the fields, the notes
WORD = [100, 200, 200, 200, 0, 0, 1]  # left gap, width, step down, height, font, gap in the text, length in it
CELL = [0, 0, 1, 1, 0, 1, 0, 0, 100, 100, 0]  # row, column, spans, start, end, box, header path


def shape(**changes: Any) -> dict[str, Any]:
    """What is in a page's bytes, in words."""
    words = {"fonts": [["F", 900, False, 95]], "odd": {}, "paths": [["h"]], "words": [1], "cells": [1]}
    whole = {"v": 4, "n": 1, "size": [100, 100], "label": "", "from": "pdf", "report": REPORT}
    blocks = {"blocks": [["table", "a", 0, [0, 0, 1, 1]]], "word columns": [WORD], "cell columns": [CELL]}
    return whole | blocks | words | changes


def planes(rows: list[list[int]], columns: int) -> bytes:
    """Rows of numbers column by column, the lowest bytes of all first."""
    numbers = [row[column] for column in range(columns) for row in rows]
    packed = [number.to_bytes(4, "little", signed=True) for number in numbers]
    return bytes(number[plane] for plane in range(4) for number in packed)


def packed(value: Any) -> bytes:
    structure = {key: value[key] for key in ("n", "size", "label", "from", "report", "blocks")}
    words = {key: value[key] for key in ("fonts", "odd", "paths", "words", "cells")}
    return in_parts(json.dumps(structure), json.dumps(words), value)


def in_parts(structure: str, words: str, value: Any) -> bytes:
    first = zlib.compress(structure.encode())
    numbers = planes(value["word columns"], 7) + planes(value["cell columns"], 11)
    second = zlib.compress(len(words.encode()).to_bytes(4, "big") + words.encode() + numbers)
    return b"P" + bytes([value["v"]]) + len(first).to_bytes(4, "big") + first + second


def test_the_shape_that_the_bad_ones_start_from_is_good() -> None:
    block = decode(packed(shape())).blocks[0]
    assert block.words == (Word("a", BBox(1.0, 2.0, 3.0, 4.0), "F", 9.0, False, 0.95),)
    assert block.offsets == ((0, 1),)
    assert block.cells == (Cell(0, 0, 0, 1, BBox(0.0, 0.0, 1.0, 1.0), header_path=("h",)),)


def block_with(index: int, value: Any) -> dict[str, Any]:
    block: list[Any] = ["table", "a", 0, [0, 0, 1, 1]]
    block[index] = value
    return shape(blocks=[block])


def report_with(index: int, value: Any) -> dict[str, Any]:
    report: list[Any] = list(REPORT)
    report[index] = value
    return shape(report=report)


def word_with(column: int, value: int) -> dict[str, Any]:
    return shape(**{"word columns": [[*WORD[:column], value, *WORD[column + 1 :]]]})


def cell_with(column: int, value: int) -> dict[str, Any]:
    return shape(**{"cell columns": [[*CELL[:column], value, *CELL[column + 1 :]]]})


BAD = {
    "another version": shape(v=1),
    "no number": shape(n=None),
    "page 0": shape(n=0),
    "a flag for a number": shape(n=True),
    "a float": shape(size=[1.5, 2]),
    "a huge number": shape(size=[10**400, 2]),
    "an unknown source": shape(**{"from": "web"}),
    "a label that is no text": shape(label=7),
    "a report that is text": shape(report="abc"),
    "a report of two": shape(report=[1, 2]),
    "a share above one": report_with(3, 1001),
    "a figure below 0": report_with(0, -1),
    "a flag that is a number": report_with(8, 1),
    "no number of tables": report_with(6, None),
    "a note that is no text": report_with(-1, [5]),
    "a lone surrogate": shape(label="\ud800"),
    "a font of two": shape(fonts=[["F", 900]]),
    "a confidence above one": shape(fonts=[["F", 900, False, 101]]),
    "blocks that are a table": shape(blocks={}),
    "a block of three": shape(blocks=[["table", "a", 0]]),
    "an unknown kind": block_with(0, "poem"),
    "a level below 0": block_with(2, -1),
    "a box of three": block_with(3, [0, 0, 1]),
    "a box too far away": word_with(0, 2 * 10**9),
    "a missing font": word_with(4, 1),
    "a negative font": word_with(4, -1),
    "an offset past the end": word_with(6, 2),
    "an offset before the start": word_with(5, -1),
    "an offset backwards": shape(**{"words": [2], "word columns": [WORD, [0, 0, 0, 0, 0, -1, 1]]}),
    "a word of less than no length": shape(**{"words": [2], "word columns": [WORD, [0, 0, 0, 0, 0, 0, -1]]}),
    "more words than stated": shape(**{"word columns": [WORD, WORD]}),
    "fewer words than stated": shape(words=[2]),
    "fewer than no words": shape(words=[-1]),
    "counts for more blocks": shape(words=[1, 0]),
    "no cells for a count": shape(**{"cell columns": []}),
    "odd words that are a list": shape(odd=[]),
    "an odd word that is not there": shape(odd={"1": "x"}),
    "an odd word with an odd number": shape(odd={"²": "x"}),
    "an odd word that is no text": shape(odd={"0": 1}),
    "a cell past the end": cell_with(5, 2),
    "a cell backwards": cell_with(4, 2),
    "a cell of no column": cell_with(3, 0),
    "a cell above the table": cell_with(0, -1),
    "a header that is not there": cell_with(10, 1),
    "a header that is no text": shape(paths=[[5]]),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_wrong_shape_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError):
        decode(packed(bad))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        packed(shape())[:-3],
        packed(shape()) + b"more",
        b"P\x04\x00\x00\x00\x09" + zlib.compress(b"{"),
        in_parts("[]", "{}", shape()),
        in_parts("[" * 200_000, "{}", shape()),
        in_parts('{"n":1,"size":[Infinity,1],"blocks":[]}', "{}", shape()),
        in_parts(" " * 80_000_000, "{}", shape()),
    ],
    ids=["empty", "other", "cut off", "too long", "not JSON", "a list", "too deep", "infinity", "a bomb"],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data)


@given(pages)
@settings(max_examples=100, deadline=None)
def test_a_page_whose_blocks_changed_kind_keeps_its_words(page: Page) -> None:
    data = encode(page)
    for ask in (False, True):
        back = decode(data)
        if ask:
            assert [block.words for block in back.blocks] == [block.words for block in page.blocks]
        changed = tuple(
            replace(block, kind=BlockKind.FURNITURE) if i % 2 else block for i, block in enumerate(back.blocks)
        )
        again = decode(encode(replace(back, blocks=changed)))
        assert again.blocks == changed
        assert [block.words for block in again.blocks] == [block.words for block in page.blocks]


def test_what_is_changed_in_a_decoded_page_is_written() -> None:
    page = decode(packed(shape()))
    (block,) = page.blocks
    for change in ({"text": "b"}, {"cells": ()}, {"words": (), "offsets": ()}):
        changed = replace(page, blocks=(replace(block, **change),))  # type: ignore[arg-type]
        assert decode(encode(changed)) == changed
    assert decode(encode(replace(page, blocks=(block, block)))).blocks == (block, block)


def test_a_decoded_block_is_a_block_by_value() -> None:
    block = decode(packed(shape())).blocks[0]
    word = Word("a", BBox(1.0, 2.0, 3.0, 4.0), "F", 9.0, False, 0.95)
    cell = Cell(0, 0, 0, 1, BBox(0.0, 0.0, 1.0, 1.0), header_path=("h",))
    same = Block(BlockKind.TABLE, "a", BBox(0.0, 0.0, 0.01, 0.01), (word,), ((0, 1),), 0, (cell,))
    assert block == same and same == block and hash(block) == hash(same)
    assert block != replace(same, text="b") and block != "a" and copy.deepcopy(block) == same
    with pytest.raises(AttributeError):
        block.no_such_thing  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError):
        block.text = "b"  # type: ignore[misc]
