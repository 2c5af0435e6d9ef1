"""Titles that are drawn as pictures, by hand-made boxes."""

from dataclasses import replace

import pytest

from ingest.drawn_titles import as_heading, with_drawn_levels
from ingest.records import BBox, Block, BlockKind, Page, Word


def block(text: str, x: float, y: float, size: float, kind: BlockKind = BlockKind.TEXT) -> Block:
    """A row of words in a font whose characters are half as wide as high."""
    words, offsets, at = [], [], 0
    for word in text.split():
        box = BBox(x + at * size / 2, y, x + (at + len(word)) * size / 2, y + size)
        words.append(Word(word, box, "", size))
        offsets.append((at, at + len(word)))
        at += len(word) + 1
    box = BBox(x, y, words[-1].bbox.x1, y + size)
    return Block(kind, text, box, tuple(words), tuple(offsets))


ABOVE = block("what stands above the picture is running text " * 2, 50, 100, 10)
BELOW = block("what stands below the picture is running text " * 2, 50, 200, 10)
TITLE = block("Republicans see eye to eye", 50, 150, 16)
AROUND = TITLE.bbox


def test_large_words_that_fill_a_picture_above_text_are_a_heading() -> None:
    made = as_heading([TITLE], AROUND, [ABOVE, BELOW], 1)
    assert made == replace(TITLE, kind=BlockKind.TITLE)


@pytest.mark.parametrize(
    ("said", "picture", "blocks"),
    [
        ([block("as small as the text", 50, 150, 10)], AROUND, [ABOVE, BELOW]),
        ([block("Deloitte.", 50, 150, 16)], AROUND, [ABOVE, BELOW]),  # a logo
        ([TITLE], BBox(50, 110, 450, 195), [ABOVE, BELOW]),  # a sign in a photo
        ([TITLE, TITLE], AROUND, [ABOVE, BELOW]),  # the labels of a figure
        ([TITLE], AROUND, [ABOVE]),  # nothing below it
        ([TITLE], AROUND, [ABOVE, block("Table", 50, 200, 10, BlockKind.TABLE)]),
        ([TITLE], AROUND, [ABOVE, BELOW, block("beside it", 400, 153, 10)]),
        ([block("It ended as a sentence does, with a stop.", 50, 150, 16)], AROUND, [ABOVE, BELOW]),
    ],
)
def test_what_is_no_heading(said: list[Block], picture: BBox, blocks: list[Block]) -> None:
    assert as_heading(said, picture, blocks, 1) is None


def test_a_drawn_title_stands_as_deep_as_those_of_its_size() -> None:
    def heading(text: str, y: float, size: float, level: int) -> Block:
        return replace(block(text, 50, y, size, BlockKind.TITLE), level=level)

    pages = [
        Page(1, 600, 800, (heading("Report", 50, 24, 1), heading("First part", 90, 16, 2), ABOVE)),
        Page(2, 600, 800, (heading("Second part", 90, 16, 0), BELOW)),
    ]
    made = with_drawn_levels(pages)
    assert [[b.level for b in page.blocks] for page in made] == [[1, 2, 0], [2, 0]]
    assert with_drawn_levels(pages[:1]) == tuple(pages[:1])
