"""Whether quotes shown as verified stand in the PDF as PDFium reads it, and whether their boxes cover just these words.

It compares with the set's own files as PDFium alone reads them. Pages that were recognised from their picture are
counted and left out, and so are turned pages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np

from eval.asking import answered
from eval.markdown_table import percent
from eval.pdf_text import PdfReader, PdfText, plain
from eval.run import Bench
from ingest.records import BBox, Page
from prompts.answers import Citation

IOU_FROM = 0.9
_PARTS = re.compile(r"\s*\|\s*|\n")
_SCALE = 4  # cells a point of the raster on which areas are compared
_SKIPPED = ("recognised", "turned")
Span = tuple[int, int]
_QUOTATION = str.maketrans(dict.fromkeys("‘’‚‛", "'") | dict.fromkeys("“”„‟", '"'))
VERBATIM = ("verbatim", "in another order", "with other quotation marks")
"""As PDFium has it: in a row; line by line in the quote's boxes; with curly quotation marks for straight ones."""


@dataclass(frozen=True, slots=True)
class Checked:
    """`state`: one of VERBATIM, `not found`, or why it was left out. `iou` of the boxes, 0 to 1, where it was found."""

    document: str
    page: int
    quote: str
    state: str
    iou: float = 0.0


def check(citation: Citation, read: PdfText, page: Page) -> Checked:
    """The citation's quote, cell by cell where it is a table row, on its page as PDFium reads it."""
    boxes = [box for number, box in citation.boxes if number == citation.page]
    if page.text_from != "pdf" or read.turned:
        state = _SKIPPED[int(read.turned)]
        return Checked(citation.document, citation.page, citation.quote, state)
    parts = [citation.quote]
    if " | " in citation.quote:
        parts = [part for part in _PARTS.split(citation.quote) if plain(part)]
    if any(number != citation.page for number, _ in citation.boxes):
        return Checked(citation.document, citation.page, citation.quote, "over two pages")
    places = [_places(read.text, plain(part)) for part in parts]
    state = "verbatim"
    if all(places):
        spans = _chosen(places, read, boxes)
        said = [box for span in spans for box in read.boxes[slice(*span)]]
    else:
        inside = _inside(read, boxes)
        said = [read.boxes[place] for place in inside]
        text, wanted = "".join(read.text[place] for place in inside), "".join(plain(part) for part in parts)
        if _evened(text) != _evened(wanted) and not all(_places(_evened(read.text), _evened(plain(p))) for p in parts):
            return Checked(citation.document, citation.page, citation.quote, "not found")
        state = "in another order" if text == wanted else "with other quotation marks"
    said += [one for one in read.hyphens if any(_holds(box, one) for box in boxes)]
    return Checked(
        citation.document,
        citation.page,
        citation.quote,
        state,
        iou(_lines(_in_turn(said, boxes)), boxes) if said else 0.0,
    )


def _chosen(places: Sequence[Sequence[Span]], read: PdfText, boxes: Sequence[BBox]) -> list[Span]:
    """For each part the place of which most lies in the boxes; equal cells of a row each another one."""
    chosen: dict[int, Span] = {}
    for part in sorted(range(len(places)), key=lambda part: _length(places[part][0]), reverse=True):
        taken = chosen.values()
        free = [one for one in places[part] if all(one[1] <= other[0] or other[1] <= one[0] for other in taken)]
        within = [(_within(read.boxes[slice(*span)], boxes), span) for span in free or places[part]]
        chosen[part] = max(within, key=lambda one: one[0])[1]
    return [chosen[part] for part in range(len(places))]


def _length(span: Span) -> int:
    return span[1] - span[0]


def _inside(read: PdfText, boxes: Sequence[BBox]) -> list[int]:
    """The characters whose middle lies in the boxes, box by box, from left to right."""
    found: list[int] = []
    for b in boxes:
        here = [place for place, one in enumerate(read.boxes) if _holds(b, one)]
        found += sorted(here, key=lambda place: read.boxes[place].x0)
    return found


def _evened(text: str) -> str:
    return text.translate(_QUOTATION)


def _places(text: str, needle: str) -> list[Span]:
    return [(m.start(), m.start() + len(needle)) for m in re.finditer(f"(?={re.escape(needle)})", text)]


def _within(characters: Sequence[BBox], boxes: Sequence[BBox]) -> float:
    """The share of the characters whose middle lies in one of the boxes."""
    return sum(any(_holds(box, one) for box in boxes) for one in characters) / max(len(characters), 1)


def _holds(box: BBox, one: BBox) -> bool:
    """Whether the middle of a character lies in a box."""
    x, y = (one.x0 + one.x1) / 2, (one.top + one.bottom) / 2
    return box.x0 <= x <= box.x1 and box.top <= y <= box.bottom


def _in_turn(characters: Sequence[BBox], boxes: Sequence[BBox]) -> list[BBox]:
    """The characters box by box, from left to right; then those in none as they come."""

    def turn(one: BBox) -> tuple[int, float]:
        held = next((place for place, box in enumerate(boxes) if _holds(box, one)), None)
        return (len(boxes), 0.0) if held is None else (held, one.x0)

    return sorted(characters, key=turn)


def _lines(characters: Sequence[BBox]) -> list[BBox]:
    """Characters that follow on one line, raised ones too, as one box."""
    lines: list[BBox] = []
    for box in characters:
        last = lines[-1] if lines else None
        shared = min(last.bottom, box.bottom) - max(last.top, box.top) if last else 0.0
        if last and shared > 0.5 * min(last.height, box.height) and -1 <= box.x0 - last.x1 <= 2 * last.height:
            lines[-1] = last.union(box)
        else:
            lines.append(box)
    return lines


def iou(ones: Sequence[BBox], others: Sequence[BBox]) -> float:
    """Intersection over union of two areas, each the union of boxes, on a raster of a quarter of a point."""
    every = [*ones, *others]
    left, top = min(box.x0 for box in every), min(box.top for box in every)
    height, width = max(box.bottom for box in every) - top, max(box.x1 for box in every) - left
    shape = (int(np.ceil(height * _SCALE)) + 1, int(np.ceil(width * _SCALE)) + 1)

    def area(boxes: Sequence[BBox]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        mask = np.zeros(shape, dtype=bool)
        for b in boxes:
            rows, columns = ((b.top - top, b.bottom - top), (b.x0 - left, b.x1 - left))
            mask[slice(*(round(v * _SCALE) for v in rows)), slice(*(round(v * _SCALE) for v in columns))] = True
        return mask

    one, other = area(ones), area(others)
    return float((one & other).sum() / max((one | other).sum(), 1))


def check_quotes(bench: Bench, questions: int) -> Iterator[Checked]:
    """The verified quotes of the answers to the set's first questions."""
    with closing(PdfReader()) as reader:
        for _, found in islice(answered(bench), questions):
            for citation in found.citations:
                if citation.verified:
                    document = bench.documents[citation.document]
                    page = bench.library.page(document.sha256, citation.page)
                    yield check(citation, reader.read(bench.questions.pdfs / citation.document, citation.page), page)


def quotes_report(checked: Sequence[Checked]) -> dict[str, Any]:
    """Counts by state, the share verbatim of those that were looked for, the share of these whose boxes fit."""
    states = Counter(one.state for one in checked)
    found = [one for one in checked if one.state in VERBATIM]
    looked_for = len(found) + states["not found"]
    return {
        "kind": "quotes",
        "states": dict(states),
        "verbatim": round((len(found) - states[VERBATIM[2]]) / looked_for, 4) if looked_for else None,
        "but_for_quotation_marks": round(len(found) / looked_for, 4) if looked_for else None,
        "boxes_fit": round(sum(one.iou >= IOU_FROM for one in found) / len(found), 4) if found else None,
        "median_iou": round(float(np.median([one.iou for one in found])), 4) if found else None,
        "missed": [
            asdict(one) for one in checked if one.state == "not found" or (one.state in VERBATIM and one.iou < IOU_FROM)
        ],
    }


def quotes_text(report: dict[str, Any]) -> str:
    """The figures in words."""
    states = ", ".join(f"{count} {state}" for state, count in report["states"].items())
    return (
        f"quotes: {states}\nverbatim by PDFium: {percent(report['verbatim'])} %, "
        f"but for quotation marks {percent(report['but_for_quotation_marks'])} %\n"
        f"boxes fit (IoU >= {IOU_FROM}): {percent(report['boxes_fit'])} %; median {report['median_iou']}"
    )
