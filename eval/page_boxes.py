"""Whether the boxes that a browser draws on a page's picture lie on the words: against PDFium's own characters.

What is drawn is measured on the screen, beside the picture, and taken back to points; the stroke around it is not
counted. It does not know how it came there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.datasets import Question
from eval.pdf_text import PdfReader
from eval.quotes import IOU_FROM, VERBATIM, Checked, check
from eval.real_page import ask, chromium, cited, opened, served
from eval.run import Bench
from ingest.records import BBox, Document, Page
from prompts.answers import Citation

DRAWN = """() => [...document.querySelectorAll('figure.page')].map(figure => {
    const picture = figure.querySelector('img').getBoundingClientRect();
    const boxes = [...figure.querySelectorAll('.box')].map(box => box.getBoundingClientRect());
    return {page: Number(figure.dataset.page), width: picture.width, height: picture.height, boxes: boxes.map(
        box => [box.left - picture.left, box.top - picture.top, box.right - picture.left, box.bottom - picture.top])};
})"""
"""A script that measures every figure shown: its picture's size and the boxes on it, in pixels from its corner."""
_CARDS = """all => all.map(card => [Number(card.dataset.marker), card.querySelector('.quote').textContent,
    card.querySelector('.name').textContent])"""


def check_boxes(bench: Bench, cache: Path, citations: int, of_one: int) -> Iterator[Checked]:
    """The boxes of so many verified citations of answers to the set's questions, at most `of_one` of one document.

    The server's `cache` is that of the measuring process.
    """
    taken: Counter[str] = Counter()
    with (
        closing(PdfReader()) as reader,
        served(bench.library.folder, cache) as server,
        chromium() as browser,
    ):
        page = opened(browser, server.address)
        for question in _spread(bench.questions.questions):
            ask(page, question.text)
            for marker, quote, name in page.eval_on_selector_all(".card[data-verified=true]", _CARDS):
                if taken[name] == of_one or name not in bench.documents:
                    continue
                cited(page, marker)
                drawn = page.evaluate(DRAWN)
                if len(drawn) != 1:
                    continue
                document, number = bench.documents[name], drawn[0]["page"]
                read = bench.library.page(document.sha256, number)
                citation = _citation(document, read, quote, drawn[0])
                found = check(citation, reader.read(bench.questions.pdfs / name, number), read)
                if found.state not in VERBATIM:  # recognised, turned: nothing to compare with
                    continue
                taken[name] += 1
                yield found
                if taken.total() == citations:
                    return


def _spread(questions: Sequence[Question]) -> list[Question]:
    """One of each document in turn."""
    seen: Counter[str] = Counter()
    rounds = []
    for question in questions:
        rounds.append((seen[question.document], question))
        seen[question.document] += 1
    return [question for _, question in sorted(rounds, key=lambda pair: pair[0])]


def drawn_boxes(figure: dict[str, Any], page: Page) -> tuple[BBox, ...]:
    """The boxes of a figure that `DRAWN` measured, in points of its page."""
    across, down = page.width / figure["width"], page.height / figure["height"]
    return tuple(BBox(x0 * across, top * down, x1 * across, bottom * down) for x0, top, x1, bottom in figure["boxes"])


def _citation(document: Document, page: Page, quote: str, figure: dict[str, Any]) -> Citation:
    """A citation whose boxes are those drawn."""
    boxes = tuple((page.number, box) for box in drawn_boxes(figure, page))
    return Citation(1, document.name, document.id, page.number, "", quote, boxes)


def boxes_report(checked: Sequence[Checked]) -> dict[str, Any]:
    """The least and the mean of the intersections over unions, and those that are below what is asked for."""
    ious = [one.iou for one in checked]
    return {
        "kind": "boxes",
        "citations": len(checked),
        "documents": len({one.document for one in checked}),
        "least": round(min(ious), 4) if ious else None,
        "mean": round(sum(ious) / len(ious), 4) if ious else None,
        "asked_for": IOU_FROM,
        "below": [asdict(one) for one in checked if one.iou < IOU_FROM],
    }


def boxes_text(report: dict[str, Any]) -> str:
    """The figures in words."""
    lines = [
        f"{report['citations']} citations of {report['documents']} documents: boxes on the shown picture against "
        f"PDFium's characters, IoU {report['least']} at least, {report['mean']} on average"
    ]
    lines += [f"  {one['iou']:.3f}  {one['document']}, page {one['page']}: {one['quote']}" for one in report["below"]]
    return "\n".join(lines)
