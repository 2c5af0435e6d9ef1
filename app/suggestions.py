"""Questions to try on a document, made from its headings and tables without a model, in the language of each.

Pure; it does not know how a question is answered, only which words stand in one place of the document and nowhere else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from app.outline import Heading
from ingest.records import Block, BlockKind, Cell, Page
from ingest.sentences import split
from prompts.request import bare_heading, names_heading
from retrieval.terms import is_chinese

MOST = 6
"""How many questions a document has at most, half of them about its tables where it has both."""

_LENGTHS = {False: (6, 70), True: (4, 24)}  # characters of a heading or label, by whether it is Chinese
_SENTENCE = {False: 40, True: 12}  # characters from which a sentence says something
_LEAST_SENTENCES = 2  # under a heading
_MOST_PAGES = 2  # on which the label of a row stands
_MOST_ROWS = 6  # of a table, from which one is chosen
_BESIDE = re.compile(
    r"(?:table of )?contents|index|references|bibliography|acknowledge?ments?|signatures?|exhibits?|abstract|keywords?"
    r"|目\s*[录錄]|索引|[参參]考文[献獻]|致\s*[谢謝]|[签簽]名|[释釋]\s*[义義]",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[($¥￥€£\s-]*\d[\d,.\s]*[%)）]*")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_BARE_YEAR = re.compile(r"(?:FY|fiscal(?: year)?)?\s*(?:19|20)\d\d", re.IGNORECASE)
_BRACKETS = re.compile(r"[（(][^()（）]*[)）]")
_LABEL = re.compile(r"[^\W\d_][^\d:：()（）\[\]|“”\"?？*]*")
_NAME = re.compile(r"[^\W\d_][^|“”\"?？]*[\w)）]")

_One = TypeVar("_One")


class Suggestion(NamedTuple):
    """A question, and the page of the heading or table that it was made from."""

    question: str
    page: int


def suggested(outline: Sequence[Heading], pages: Sequence[Page], most: int = MOST) -> tuple[Suggestion, ...]:
    """Up to `most` questions, from all over the pages, in their order; `outline` is that of the pages."""
    sections, tables = list(_of_headings(outline, pages)), list(_of_tables(pages))
    half = max(most - most // 2, most - len(tables))
    chosen = _spread(sections, half)
    return tuple(sorted({*chosen, *_spread(tables, most - len(chosen))}, key=lambda one: (one.page, one.question)))


def _spread(found: Sequence[_One], most: int) -> list[_One]:
    """So many of them, from the first to near the last, as far apart as can be."""
    count = min(most, len(found))
    return [found[place * len(found) // count] for place in range(count)]


def _fits(text: str, shape: re.Pattern[str]) -> bool:
    shortest, longest = _LENGTHS[is_chinese(text)]
    return shortest <= len(text) <= longest and shape.fullmatch(text) is not None


# headings


def _of_headings(outline: Sequence[Heading], pages: Sequence[Page]) -> Iterator[Suggestion]:
    """A question for what each section says whose text stands on one page, and whose name is no other's."""
    by_number = {page.number: page for page in pages}
    names = Counter(bare_heading(heading.title).casefold() for heading in outline)
    for heading in outline:
        title = bare_heading(heading.title)
        if heading.last > heading.page or names[title.casefold()] > 1 or _BESIDE.fullmatch(title):
            continue
        question = f"“{title}”的要点是什么？" if is_chinese(title) else f"What are the main points of “{title}”?"
        named = [one for one in outline if names_heading(question.casefold(), one.title)]
        if _fits(title, _NAME) and named == [heading] and _says_something(heading, by_number[heading.page]):
            yield Suggestion(question, heading.page)


def _says_something(heading: Heading, page: Page) -> bool:
    """Whether some sentences stand under the heading on its page."""
    under, count = False, 0
    for block in page.blocks:
        if block.kind is BlockKind.TITLE:
            if " ".join(block.text.split()) == heading.title:
                under = True
            elif under and block.level - 1 <= heading.depth:
                break
        elif under and block.kind is BlockKind.TEXT:
            least = _SENTENCE[is_chinese(block.text)]
            texts = (block.text[start:end].strip() for start, end in split(block.text, lines=False))
            count += sum(len(text) >= least and text.endswith((".", "。", "!", "！")) for text in texts)
    return count >= _LEAST_SENTENCES


# tables


class _Row(NamedTuple):
    """A row of a table: its label, and a number in it with the name of its column."""

    label: str
    column: str
    page: int


def _of_tables(pages: Sequence[Page]) -> Iterator[Suggestion]:
    """A question for one number of each table, in a row whose label stands nowhere else, or hardly."""
    tables = [(page, block) for page in pages for block in page.blocks if block.kind is BlockKind.TABLE and block.cells]
    labels = Counter(label.casefold() for _, block in tables for label in _labels(block).values())
    texts = [" ".join(" ".join(block.text.split()) for block in page.blocks).casefold() for page in pages]
    for page, block in tables:
        rows = [row for row in _rows(page.number, block) if labels[row.label.casefold()] == 1][:_MOST_ROWS]
        held = {row: sum(row.label.casefold() in text for text in texts) for row in rows}
        best = min(rows, key=lambda row: held[row], default=None)
        if best is not None and held[best] <= _MOST_PAGES:
            yield Suggestion(_asked(best), page.number)


def _text(block: Block, cell: Cell) -> str:
    return " ".join(block.text[cell.start : cell.end].split())


def _labels(block: Block) -> dict[int, str]:
    """The text in the first column, by row."""
    return {cell.row: text for cell in block.cells if cell.column == 0 and (text := _text(block, cell))}


def _rows(page: int, block: Block) -> Iterator[_Row]:
    """The rows that can be asked about, each by its first figure."""
    labels = _labels(block)
    for cell in sorted(block.cells, key=lambda cell: (cell.row, cell.column)):
        label = labels.get(cell.row, "")
        above = [name for name in cell.header_path if name and " ".join(name.split()) != label]
        column = " ".join(_BRACKETS.sub(" ", above[-1]).split()) if above else ""
        named = _YEAR.search(column) is not None or _fits(column, _LABEL)
        if cell.column and _fits(label, _LABEL) and named and len(column) <= 40 and is_number(_text(block, cell)):
            yield _Row(labels.pop(cell.row), column, page)


def is_number(text: str) -> bool:
    """Whether a cell's text is a figure that says something by itself: not a dash, nor a year."""
    return _NUMBER.fullmatch(text) is not None and _BARE_YEAR.fullmatch(text) is None


def _asked(row: _Row) -> str:
    of_year = _YEAR.search(row.column) is not None
    if is_chinese(row.label):
        return f"{row.column}的{row.label}是多少？" if of_year else f"{row.label}的{row.column}是多少？"
    if _BARE_YEAR.fullmatch(row.column):
        return f"What was {row.label} in {row.column}?"
    return f"How much {'was' if of_year else 'is'} {row.label} ({row.column})?"
