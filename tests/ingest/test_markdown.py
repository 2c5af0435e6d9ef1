"""What is written is read back with a CommonMark parser: the text must return, and no markup but Recto's own."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import pytest
from fakes import table_block, text_block
from hypothesis import given
from hypothesis import strategies as st

from ingest.markdown import TableStyle, block_markdown, markdown, plain_text, table_grid
from ingest.records import BBox, Block, BlockKind, Cell, Page

markdown_it = pytest.importorskip("markdown_it")
READER = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKS = list("ab1 .)#>*_-+=~`[](){}|<>&!\\:;/\"'x图\t")
TEXTS = st.text(st.sampled_from(MARKS), max_size=14).map(lambda text: " ".join(text.split())).filter(bool)
BOX = BBox(0, 0, 1, 1)
TABLE = table_block([["Item", "2022", "2021"], ["Sales", "12,345", ""], ["R&D <net>", "(1)", "2"]])


def page(*blocks: Block, number: int = 1) -> Page:
    return Page(number, 600, 800, blocks)


def read(written: str) -> list[tuple[str, str]]:
    """(kind, text) of what a Markdown reader makes of it between two other paragraphs."""
    found = []
    for token in READER.parse(f"before\n\n{written}\n\nafter"):
        if token.type == "inline":
            found.append(("text", "".join(map(_plain, token.children))))
        elif not token.type.endswith("_close"):
            found.append((token.type.removesuffix("_open"), ""))
    assert found[:2] == [("paragraph", ""), ("text", "before")] and found[-2:] == [("paragraph", ""), ("text", "after")]
    return found[2:-2]


def _plain(token: Any) -> str:
    if token.type in ("text", "text_special"):
        return str(token.content)
    return " " if token.type in ("softbreak", "hardbreak") else f"<{token.type}>"


@given(TEXTS)
def test_text_is_never_markup(text: str) -> None:
    assert read(block_markdown(Block(BlockKind.TEXT, text, BOX))) == [("paragraph", ""), ("text", text)]
    heading = block_markdown(Block(BlockKind.TITLE, text, BOX, level=2))
    assert read(heading) == [("heading", ""), ("text", text)] and heading.startswith("## ")
    item = block_markdown(Block(BlockKind.LIST, f"• {text}", BOX))
    assert read(item) == [("bullet_list", ""), ("list_item", ""), ("paragraph", ""), ("text", text)]


@given(TEXTS, TEXTS)
def test_rows_that_stay_apart_are_one_paragraph(first: str, second: str) -> None:
    written = block_markdown(Block(BlockKind.TEXT, f"{first}\n{second}", BOX))
    assert read(written) == [("paragraph", ""), ("text", f"{first} {second}")]
    assert written.count("  \n") == 1


@given(st.lists(st.lists(TEXTS | st.just(""), min_size=2, max_size=2), min_size=2, max_size=3))
def test_both_kinds_of_table_give_back_the_cells(rows: Sequence[Sequence[str]]) -> None:
    rows = [["a", "b"], *rows, ["y", "z"]]
    block = table_block(rows)
    written = read(block_markdown(block, "pipes"))
    assert ("table", "") in written and [text for kind, text in written if kind == "text"] == sum(map(list, rows), [])
    assert _Cells.of(block_markdown(block)) == sum(map(list, rows), [])


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()

    @classmethod
    def of(cls, markup: str) -> list[str]:
        reader = cls()
        reader.feed(markup)
        reader.close()
        assert reader.tags <= {"table", "tr", "td", "th"}
        return [text.strip() for text in reader.texts]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag in ("td", "th"):
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1] += data


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (
            "html",
            "<table>\n <tr> <th> Item </th> <th> 2022 </th> <th> 2021 </th> </tr>\n"
            " <tr> <td> Sales </td> <td> 12,345 </td> <td> </td> </tr>\n"
            " <tr> <td> R&amp;D &lt;net&gt; </td> <td> (1) </td> <td> 2 </td> </tr>\n</table>",
        ),
        (
            "pipes",
            "| Item | 2022 | 2021 |\n| --- | --- | --- |\n| Sales | 12,345 |  |\n| R&D \\<net> | (1) | 2 |",
        ),
    ],
)
def test_a_table(style: TableStyle, expected: str) -> None:
    assert block_markdown(TABLE, style) == expected


def test_a_table_without_a_header_has_an_empty_one_in_pipes() -> None:
    table = Block(BlockKind.TABLE, "1 | 2", BOX, cells=(Cell(0, 0, 0, 1, BOX), Cell(0, 1, 4, 5, BOX)))
    assert block_markdown(table, "pipes") == "|  |  |\n| --- | --- |\n| 1 | 2 |"
    assert "<th>" not in block_markdown(table)


def test_spans_are_kept() -> None:
    cells = (
        Cell(0, 0, 0, 4, BOX, row_span=2),
        Cell(0, 1, 7, 11, BOX, column_span=2),
        Cell(1, 1, 12, 13, BOX),
        Cell(1, 2, 16, 17, BOX),
        Cell(2, 2, 18, 19, BOX, header_path=("Year", "b")),
    )
    table = Block(BlockKind.TABLE, "Item | Year\na | b\n5", BOX, cells=cells)
    assert table_grid(table) == ([["Item", "Year", None], [None, "a", "b"], ["", "", "5"]], 2)
    first, second, third = block_markdown(table).splitlines()[1:-1]
    assert first == ' <tr> <th rowspan="2"> Item </th> <th colspan="2"> Year </th> </tr>'
    assert second == " <tr> <th> a </th> <th> b </th> </tr>" and third.count("<td> </td>") == 2


def test_blocks_are_paragraphs_and_items_stay_together() -> None:
    blocks = [
        Block(BlockKind.TITLE, "Results", BOX, level=9),
        text_block("Sales rose."),
        Block(BlockKind.FIGURE, "", BOX),
        text_block("◦ one", BlockKind.LIST),
        text_block("2. two", BlockKind.LIST),
        text_block("a. three", BlockKind.LIST),
        text_block("12", BlockKind.FURNITURE),
    ]
    expected = "###### Results\n\nSales rose.\n\n- one\n2. two\na. three"
    assert markdown([page(*blocks)]) == expected + "\n\n12\n"
    assert markdown([page(*blocks)], furniture=False) == expected + "\n"


def test_pages_follow_each_other() -> None:
    pages = [page(text_block("one")), page(number=2), page(TABLE, text_block("three #*_"), number=3)]
    assert markdown(pages).startswith("one\n\n<table>") and markdown([]) == "\n"
    assert plain_text(pages) == (
        "one\n\f\n\fItem\t2022\t2021\nSales\t12,345\nR&D <net>\t(1)\t2\n\nthree #*_\n"
    )  # fmt: skip
    assert plain_text([page(text_block("9", BlockKind.FURNITURE))], furniture=False) == "\n"
