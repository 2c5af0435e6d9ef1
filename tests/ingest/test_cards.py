from __future__ import annotations

from set_type import Type, block, text

from ingest.cards import dealt
from ingest.headings import find_headings
from ingest.records import Block, BlockKind, Cell, Word, union_of
from ingest.typography import Body

BODY = Body(10.0)


def table(*rows: list[tuple[str, Type]]) -> Block:
    """A table of cells in rows 30 points high and columns 200 points wide, at (50, 100)."""
    words: list[Word] = []
    offsets: list[tuple[int, int]] = []
    cells: list[Cell] = []
    written = ""
    for down, row in enumerate(rows):
        for across, (shown, type_) in enumerate(row):
            made = block((shown, type_), x=50 + 200 * across, y=100 + 30 * down)
            at = len(written)
            words += made.words
            offsets += [(at + start, at + end) for start, end in made.offsets]
            cells.append(Cell(down, across, at, at + len(shown), made.bbox))
            written += shown + ("\n" if across == len(row) - 1 else " | ")
    box = union_of([word.bbox for word in words])
    return Block(BlockKind.TABLE, written.rstrip(), box, tuple(words), tuple(offsets), cells=tuple(cells))


LARGE, MIDDLE, SMALL = Type(20.0), Type(13.0), Type(10.0)


def texts(blocks: list[Block]) -> list[str]:
    return [made.text for made in blocks]


def test_cards_are_read_one_after_the_other() -> None:
    cards = table(
        [("Faster", LARGE), ("Cheaper", LARGE)],
        [("Half of the time", MIDDLE), ("A third of the price", MIDDLE)],
        [("It takes two hours.", SMALL), ("It costs five euros.", SMALL)],
    )
    assert texts(dealt(cards, 10.0)) == [
        "Faster",
        "Half of the time",
        "It takes two hours.",
        "Cheaper",
        "A third of the price",
        "It costs five euros.",
    ]
    made = find_headings([text(400), cards], BODY, 600, 800)
    assert [b.text for b in made if b.kind is BlockKind.TITLE][:2] == ["Faster", "Half of the time"]


def test_what_is_set_larger_than_text_is_no_data() -> None:
    cards = table(
        [("Our purpose", MIDDLE), ("Our mission", MIDDLE)], [("Make it useful", LARGE), ("Everywhere", LARGE)]
    )
    assert texts(dealt(cards, 10.0)) == ["Our purpose", "Make it useful", "Our mission", "Everywhere"]


def test_tables_stay() -> None:
    header = [("Ship", MIDDLE), ("Built", MIDDLE)]
    rows = [[("The long name", SMALL), ("In the north", SMALL)], [("Another name", SMALL), ("In the south", SMALL)]]
    for kept in (
        table(header, *rows),  # a header in larger type over rows of one
        table(header, rows[0]),
        table([("12.5", LARGE), ("14.1", LARGE)], [("9.5", LARGE), ("7.1", LARGE)]),
        table(*[[("Some words", LARGE), ("Other words", LARGE)]] * 4),
        table([("Only one column", LARGE)], [("of words", LARGE)]),
        text(),
    ):
        assert dealt(kept, 10.0) == [kept]
