"""How near tables come to those that people drew up: tree similarity (TEDS) and adjacency relations.

Pure functions over HTML and grids of cells; they do not know how a table was found.
"""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from eval.extra import load
from eval.trees import Likeness, Tree, likeness, similarity
from ingest.errors import BadInput

TABLE_METRICS = ("adjacency_f1", "precision", "recall", "teds")

_MAX_TRUE_CELLS = 150  # a larger true table has no TEDS: the tree comparison takes too long
_MAX_CELLS = 400  # a guess from this size on counts as no match
_MAX_SPAN = 200
_SECTION = re.compile(r"</?t(?:head|body)>")
_BREAK = re.compile(r"<br\s*/?>")
_BREAK_OR_BOLD = re.compile(r"\*\*|<br\s*/?>")
_UNREAD = re.compile(r"[\W_]+")
_SPACE = re.compile(r"\s+")


class Place(NamedTuple):
    """A cell's text, and how many rows and columns it takes."""

    text: str
    rows: int = 1
    columns: int = 1


Grid = dict[tuple[int, int], Place]  # (row, column) of a cell's first place, from 0, in reading order
_Relations = Counter[tuple[str, str, str]]


def _span(stated: Any) -> int:
    """A rowspan or colspan; 1 when it is no number."""
    try:
        return int(stated)
    except ValueError:
        return 1


def _cell_text(markup: str) -> str:
    return _SPACE.sub(" ", _BREAK.sub("\n", html.unescape(markup))).strip()


def _markup_inside(element: Any) -> str:
    """What is inside a cell, tags without their attributes. As in the published evaluation, text after a cell inside
    a cell is lost."""
    written = element.text or ""
    for child in element:
        close = "" if child.tag == "unk" else f"</{child.tag}>"
        after = "" if child.tag == "td" else child.tail or ""
        written += f"<{child.tag}>{_markup_inside(child)}{close}{after}"
    return written


def _tree(element: Any) -> Tree:
    if element.tag in ("td", "th"):
        spans = [_span(element.get(name, "1")) for name in ("colspan", "rowspan")]
        return Tree(("td", *spans), _cell_text(_markup_inside(element)))
    return Tree((element.tag,), children=[_tree(child) for child in element])


def _tables_in(document: str) -> list[Any]:
    """The <table> elements of a document, in order, as Beautiful Soup reads them; none where it gives up."""
    if "<table" not in document.lower():
        return []
    soup = load("bs4")
    try:
        return list(soup.BeautifulSoup(document, "html.parser").find_all("table"))
    except soup.ParserRejectedMarkup:
        return []


def _forest(document: str) -> tuple[Tree, int] | None:
    """All tables of a document below one root, and the elements below that root; None without a table."""
    tables = _tables_in(document)
    if not tables:
        return None
    markup = _SECTION.sub("", "\n".join(map(str, tables)))
    lxml_html = load("lxml.html")
    parser = lxml_html.HTMLParser(remove_comments=True, encoding="utf-8")
    page = lxml_html.document_fromstring(f"<html><body><table>{markup}</table></body></html>", parser=parser)
    root = next(page.iter("table"))
    for cell in root.iter("th"):
        cell.tag = "td"
    return _tree(root), sum(1 for _ in root.iterdescendants("*"))


def teds(truth: str, guess: str) -> Likeness | None:
    """Tree-edit-distance similarity of all tables of two documents: `likeness` of the trees table > row > cell.

    The nodes are those of the tree with more, its root not counted, markup inside cells counted. Header cells count as
    cells, thead and tbody as nothing. None when the truth has no table, 0 when only the guess has none. TEDS-S is its
    `structure`. Zhong, ShafieiBavani and Jimeno Yepes, Image-based table recognition, 2020. Both documents must have
    their tables in HTML. Raises BadSetup when the extra `eval` is missing.
    """
    true, guessed = _forest(truth), _forest(guess)
    if true is None:
        return None
    if guessed is None:
        return Likeness(0.0, 0.0)
    return likeness(guessed[0], true[0], max(true[1], guessed[1]))


def read_grids(path: Path) -> list[Grid]:
    """The tables of a file of ICDAR 2013's table competition; the regions of a table are one grid.

    Raises BadInput when the file is none.
    """
    try:
        return [grid for table in ElementTree.parse(path).getroot().iter("table") if (grid := _true_grid(table))]
    except (ElementTree.ParseError, ValueError, TypeError) as error:
        raise BadInput(f"{path} has no cell structure: {error}") from error


def _true_grid(table: ElementTree.Element) -> Grid:
    grid: Grid = {}
    for region in table.iter("region"):
        down, across = int(region.get("row-increment") or 0), int(region.get("col-increment") or 0)
        for cell in region.iter("cell"):
            row, column = int(cell.attrib["start-row"]), int(cell.attrib["start-col"])
            rows = int(cell.get("end-row", row)) - row + 1
            columns = int(cell.get("end-col", column)) - column + 1
            text = " ".join((cell.findtext("content") or "").split())
            grid[row + down, column + across] = Place(text, max(rows, 1), max(columns, 1))
    return grid


def grids_of(document: str) -> list[Grid]:
    """The tables of a document whose tables are HTML."""
    return [grid for table in _tables_in(document) if (grid := _guessed_grid(table))]


def _guessed_grid(table: Any) -> Grid:
    grid: Grid = {}
    taken: set[tuple[int, int]] = set()
    for row, line in enumerate(table.find_all("tr")):
        column = 0
        for cell in line.find_all(["td", "th"]):
            while (row, column) in taken:
                column += 1
            rows, columns = (max(1, min(_span(cell.get(name, "1")), _MAX_SPAN)) for name in ("rowspan", "colspan"))
            grid[row, column] = Place(_BREAK_OR_BOLD.sub(" ", cell.get_text(" ", strip=True)), rows, columns)
            taken.update(_covered((row, column), grid[row, column]))
    return grid


def _covered(corner: tuple[int, int], place: Place) -> list[tuple[int, int]]:
    return [(corner[0] + down, corner[1] + right) for down in range(place.rows) for right in range(place.columns)]


def _letters(text: str) -> str:
    """Letters and digits alone, lower case: what two spellings of a cell have in common."""
    return _UNREAD.sub("", text).lower()


def relations(grid: Grid) -> _Relations:
    """The adjacency relations of a table: (text, text of the next cell, "right" or "below"); empty cells are skipped.

    Göbel, Hassan, Oro and Orsi, ICDAR 2013 table competition. Two cells are related once in a direction, however many
    rows or columns they share.
    """
    owner = {spot: corner for corner, place in grid.items() for spot in _covered(corner, place)}
    names = {corner: _letters(place.text) for corner, place in grid.items()}
    height, width = max(row for row, _ in owner) + 1, max(column for _, column in owner) + 1
    pairs: set[tuple[tuple[int, int], tuple[int, int], str]] = set()
    for (row, column), corner in owner.items():
        if not names[corner]:
            continue
        right = ((row, beside) for beside in range(column + 1, width))
        below = ((under, column) for under in range(row + 1, height))
        for direction, spots in (("right", right), ("below", below)):
            others = (owner[spot] for spot in spots if spot in owner)
            met = next((other for other in others if other != corner and names[other]), None)
            if met is not None:
                pairs.add((corner, met, direction))
    return Counter((names[one], names[other], direction) for one, other, direction in pairs)


def _grid_tree(grid: Grid) -> tuple[Tree, int]:
    """The tree of a grid, a root above the table, places of no cell as empty cells; and its nodes below the root."""
    covered = {spot for corner, place in grid.items() for spot in _covered(corner, place)}
    height, width = max(row for row, _ in covered) + 1, max(column for _, column in covered) + 1
    rows = []
    for row in range(height):
        cells = []
        for spot in ((row, column) for column in range(width)):
            if spot in grid:
                text, down, across = grid[spot]
                cells.append(Tree(("td", across, down), _cell_text(text)))
            elif spot not in covered:
                cells.append(Tree(("td", 1, 1)))
        rows.append(Tree(("tr",), children=cells))
    root = Tree(("table",), children=[Tree(("table",), children=rows)])
    return root, root.size - 1


def _texts(grid: Grid) -> Counter[str]:
    return Counter(text for place in grid.values() if (text := _letters(place.text)))


def _matched(truth: Sequence[Grid], guess: Sequence[Grid]) -> dict[int, int]:
    """True table -> guessed table, one to one, those that share the most cell texts first."""
    shares = [
        ((one & other).total() / max(one.total(), other.total(), 1), i, j)
        for i, one in enumerate(map(_texts, truth))
        for j, other in enumerate(map(_texts, guess))
    ]
    matched: dict[int, int] = {}
    for share, i, j in sorted(shares, reverse=True):
        if share > 0 and i not in matched and j not in matched.values():
            matched[i] = j
    return matched


@dataclass(frozen=True, slots=True)
class TableScores:
    """One document: adjacency relations `shared` by truth and guess, of `true` and `guessed`; TEDS table by table."""

    shared: int
    true: int
    guessed: int
    teds: tuple[float, ...]


def table_scores(truth: Sequence[Grid], guess: Sequence[Grid]) -> TableScores:
    """Compares the tables of a document.

    Relations of all tables form one multiset. A true table of at most 150 cells is compared with the guessed one that
    shares the most cell texts with it; without one, or from 400 cells on, its TEDS is 0. Raises BadSetup when the extra
    `eval` is missing.
    """
    true, guessed = (sum(map(relations, grids), _Relations()) for grids in (truth, guess))
    matched = _matched(truth, guess)
    scores = []
    for index, grid in enumerate(truth):
        if len(grid) > _MAX_TRUE_CELLS:
            continue
        other = guess[matched[index]] if index in matched else {}
        scores.append(_alike(grid, other) if other and len(other) < _MAX_CELLS else 0.0)
    return TableScores((true & guessed).total(), true.total(), guessed.total(), tuple(scores))


def _alike(true: Grid, guess: Grid) -> float:
    (one, one_nodes), (other, other_nodes) = _grid_tree(true), _grid_tree(guess)
    return max(0.0, similarity(other, one, max(one_nodes, other_nodes)))


def pooled(scores: Sequence[TableScores]) -> dict[str, float | None]:
    """The TABLE_METRICS of documents: precision, recall, F1 of all their relations; the mean TEDS of their tables."""
    shared = sum(score.shared for score in scores)
    precision = shared / max(sum(score.guessed for score in scores), 1)
    recall = shared / max(sum(score.true for score in scores), 1)
    f1 = 2 * precision * recall / (precision + recall) if shared else 0.0
    each = [value for score in scores for value in score.teds]
    return {"adjacency_f1": f1, "precision": precision, "recall": recall, "teds": fmean(each) if each else None}
