"""How near a page's Markdown or text comes to what people wrote for it.

Pure functions over texts. The definitions are those of opendataloader-bench (NID, TEDS, MHS) and of the usual scores
of text recognition; a score is None where the truth has nothing of its kind. It does not know how a page was read.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from statistics import fmean

from eval.extra import load
from eval.table_metrics import teds
from eval.trees import Likeness, Tree, likeness

PARSING_METRICS = ("overall", "nid", "nid_s", "teds", "teds_s", "mhs", "mhs_s")
OCR_METRICS = ("cer", "char_f1", "char_recall", "line_recall")

_SPACE = re.compile(r"\s+")
_TABLE = re.compile(r"<table[^>]*>.*?</table>", re.IGNORECASE | re.DOTALL)
_HEADING = re.compile(r"#{1,6}\s+(.*)")
_RULE_CELL = re.compile(r"[-: ]+")
_LINE_IS_FOUND = 0.8  # least likeness, from 0 to 1, of a line of the truth to a stretch of the text

_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_DRAWN_LINE = re.compile(r"^[ \t]*[-|:=+*_][-|:=+*_ \t]*$", re.MULTILINE)
_UNREAD = re.compile(r"[\s#*|`_]+")


def one_space(text: str) -> str:
    """The text without space at its ends, other runs of white space as one space."""
    return _SPACE.sub(" ", text).strip()


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of those that are not None; None when none is left."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _pipe_cells(line: str) -> list[str]:
    """The cells of a line of a pipe table; none when it has no pipe."""
    bare = line.strip()
    if "|" not in bare:
        return []
    cells = [cell.strip() for cell in bare.split("|")]
    return cells[int(bare[0] == "|") : len(cells) - int(bare[-1] == "|")]


def _fitted(cells: list[str], width: int) -> list[str]:
    """A row in the table's width; three cells are a first, one that goes through the middle, and a last."""
    if len(cells) == 3 < width:
        return [cells[0]] + [cells[1]] * (width - 2) + [cells[2]]
    return [*cells, *[""] * width][:width]


def _pipe_table(header: list[str], rule: list[str], body: list[list[str]]) -> str:
    width = max(len(header), len(rule))
    rows = [_fitted(row, width) for row in (header, *body)]
    if body and not any(rows[0]):
        rows = rows[1:]
    tags = ["th", *["td"] * len(body)]
    lines = (
        "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) for tag, row in zip(tags, rows, strict=False)
    )
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def tables_as_html(markdown: str) -> str:
    """The Markdown with each pipe table as one line of HTML, so that both ways of writing tables compare.

    A table is a line with a pipe, a line of rules (cells of "-", ":" and spaces) and the lines with pipes below. Rows
    get the width of the wider of the first two; an empty header gives way to the first row below.
    """
    lines = markdown.splitlines(keepends=True)
    cells = [_pipe_cells(line) for line in lines]

    def pieces() -> Iterator[str]:
        at = 0
        while at < len(lines):
            rule = cells[at + 1] if at + 1 < len(lines) else []
            if not cells[at] or not rule or not all(map(_RULE_CELL.fullmatch, rule)):
                yield lines[at]
                at += 1
                continue
            end = at + 2
            while end < len(lines) and cells[end]:
                end += 1
            line_end = re.search(r"[\r\n]*\Z", lines[at])
            yield _pipe_table(cells[at], rule, cells[at + 2 : end]) + (line_end[0] if line_end else "")
            at = end

    return "".join(pieces())


def nid(truth: str, guess: str) -> float | None:
    """Normalised indel similarity of two texts, white space evened: 1 - indel(a, b) / (|a| + |b|).

    indel is the least number of characters inserted and deleted. None for an empty truth. Raises BadSetup when the
    extra `eval` is missing.
    """
    if not truth.strip():
        return None
    return float(load("rapidfuzz.fuzz").ratio(one_space(truth), one_space(guess))) / 100


def nid_s(truth: str, guess: str) -> float:
    """NID-S: the same of what is outside of HTML tables, also where that is nothing. Raises BadSetup as `nid` does."""
    ratio = load("rapidfuzz.fuzz").ratio
    return float(ratio(one_space(_TABLE.sub(" ", truth)), one_space(_TABLE.sub(" ", guess)))) / 100


def _outline(markdown: str) -> Tree:
    """A child of the root for each heading, whatever its depth; the text up to the next one is the heading's child.

    Text before the first heading is a child of the root.
    """
    root = Tree(("document",))
    section, loose = root, list[str]()

    def close() -> None:
        text = one_space(" ".join(loose))
        if text:
            section.children.append(Tree(("content",), text))
        loose.clear()

    for line in markdown.splitlines():
        heading = _HEADING.fullmatch(line)
        if heading is None:
            loose.append(line)
            continue
        close()
        section = Tree(("heading",), one_space(heading[1]))
        root.children.append(section)
    close()
    return root


def _has_heading(outline: Tree) -> bool:
    return any(child.label == ("heading",) for child in outline.children)


def mhs(truth: str, guess: str) -> Likeness | None:
    """Markdown heading similarity: `likeness` of the two outlines over the nodes of the larger, not below 0.

    None when the truth has no heading, 0 when only the guess has none. MHS-S is its `structure`.
    """
    true, guessed = _outline(truth), _outline(guess)
    if not _has_heading(true):
        return None
    if not _has_heading(guessed):
        return Likeness(0.0, 0.0)
    score = likeness(true, guessed, max(true.size, guessed.size))
    return Likeness(max(0.0, score.full), max(0.0, score.structure))


def parsing_scores(truth: str, guess: str) -> dict[str, float | None]:
    """The PARSING_METRICS of one document's Markdown; `overall` is the mean of those of nid, teds, mhs that are set.

    Raises BadSetup when the extra `eval` is missing.
    """
    truth, guess = tables_as_html(truth), tables_as_html(guess)
    tables, headings = teds(truth, guess), mhs(truth, guess)
    full = nid(truth, guess)
    return {
        "overall": mean([full, tables and tables.full, headings and headings.full]),
        "nid": full,
        "nid_s": None if full is None else nid_s(truth, guess),
        "teds": tables and tables.full,
        "teds_s": tables and tables.structure,
        "mhs": headings and headings.full,
        "mhs_s": headings and headings.structure,
    }


def read_lines(text: str) -> list[str]:
    """What counts in recognised text, line by line: no white space, pictures, tags, drawn lines or Markdown marks.

    Characters are brought to NFKC; lines of which nothing is left are left out.
    """
    words = _TAG.sub(" ", _PICTURE.sub(" ", text))
    plain = unicodedata.normalize("NFKC", _DRAWN_LINE.sub("", words))
    lines = (_UNREAD.sub("", line) for line in plain.splitlines())
    return [line for line in lines if line]


def _is_found(line: str, text: str) -> bool:
    fuzz = load("rapidfuzz.fuzz")
    if len(line) < len(text):
        return line in text or fuzz.partial_ratio(line, text) >= 100 * _LINE_IS_FOUND
    return bool(fuzz.ratio(line, text) >= 100 * _LINE_IS_FOUND)


def cer(truth: str, guess: str) -> float:
    """Character error rate: Levenshtein distance / |truth|; may exceed 1. An empty truth: 0 if both are, else 1."""
    if not truth:
        return float(bool(guess))
    return int(load("rapidfuzz.distance").Levenshtein.distance(truth, guess)) / len(truth)


def ocr_scores(truth: str, guess: str) -> dict[str, float]:
    """The OCR_METRICS of one document's text, compared as `read_lines` leaves it.

    `cer` depends on reading order and is better when lower. `char_f1` is 2·|A∩B| / (|A| + |B|) of the characters as
    multisets, `char_recall` is |A∩B| / |A| of the truth's; `line_recall` is the share of the truth's lines, by their
    length, that some stretch of the guess resembles to 0.8. Raises BadSetup when the extra `eval` is missing.
    """
    lines = read_lines(truth)
    true, guessed = "".join(lines), "".join(read_lines(guess))
    errors = cer(true, guessed)
    if not true:
        return {"cer": errors, "char_f1": 1 - errors, "char_recall": 1 - errors, "line_recall": 1 - errors}
    shared = (Counter(true) & Counter(guessed)).total()
    return {
        "cer": errors,
        "char_f1": 2 * shared / (len(true) + len(guessed)),
        "char_recall": shared / len(true),
        "line_recall": sum(len(line) for line in lines if _is_found(line, guessed)) / len(true),
    }
