"""`recto eval trials`: pages drawn as pictures, turned, skewed, blurred and made small, read beside RapidOCR.

A set with text/ is read as it is. Of any other the digital pages are drawn, and their text layer is the truth. It does
not know how a picture is read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from app.cli import settings_of, write, write_json

if TYPE_CHECKING:
    from eval.ocr_sides import Side
    from ingest.recognition import Image, Recognition
    from ingest.records import BBox, Page
    from ingest.renderer import PageRenderer

_DPI = 200.0
_SMALL_DPI, _SMALL_POINTS = 150.0, 8.0
_LEAST_CHARACTERS = 600  # of a page that is drawn
_PAGES = 10
_SMALL = "8 pt at 150 dpi"
_BESIDE = ("upright", _SMALL)
"""The trials in which RapidOCR's own default reads too."""


def register_trials(kinds: Any, common: argparse.ArgumentParser) -> None:
    """Adds `recto eval trials`."""
    parser = kinds.add_parser("trials", parents=[common], help="pages turned, skewed and blurred, beside RapidOCR")
    parser.add_argument("set", metavar="SET", help="a folder with pdfs/, and with text/ where these are pictures")
    parser.add_argument(
        "--pages", type=int, default=_PAGES, metavar="N", help=f"digital pages that are drawn (default: {_PAGES})"
    )
    parser.add_argument("--trial", action="append", metavar="NAME", help="only this trial; may be given again")
    parser.set_defaults(run=_run)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's first page to draw, and what stands on it.

    Of a digital page its width and the usual size of its type, in points, and its words with their boxes.
    """

    file: Path
    truth: str
    width: float = 0.0
    size: float = 0.0
    words: Sequence[tuple[str, BBox]] = ()


def digital_sheets(files: Iterable[tuple[Path, Sequence[Page]]], most: int) -> list[Sheet]:
    """Pages that are text alone, spread evenly over the files: no pictures, enough text, one page a file."""
    from ingest.markdown import plain_text

    sheets = []
    for file, pages in files:
        words = [word for page in pages for block in page.blocks for word in block.words]
        text = plain_text(pages)
        if len(pages) != 1 or pages[0].report.pictures or len(text) < _LEAST_CHARACTERS:
            continue
        placed = [(word.text, word.bbox) for word in words]
        sheets.append(Sheet(file, text, pages[0].width, median(word.size for word in words), placed))
    return [sheets[index * len(sheets) // most] for index in range(most)] if len(sheets) > most else sheets


def dpi_of(trial: str, sheet: Sheet) -> float:
    """The resolution at which a page is drawn; small text is as many pixels high as text of 8 pt at 150 dpi."""
    return _SMALL_DPI * _SMALL_POINTS / sheet.size if trial == _SMALL else _DPI


def word_overlaps(words: Sequence[tuple[str, BBox]], found: Recognition, scale: float) -> list[float]:
    """The overlap (IoU) of each word with the best recognised one of the same letters; those that meet none left out.

    `scale`: points a pixel. Boxes are led back to the picture as it was given.
    """
    from ingest.records import BBox

    boxes: dict[str, list[BBox]] = {}
    for line in found.lines:
        for word in line.words:
            boxes.setdefault(word.text, []).append(BBox(*(scale * edge for edge in found.back.box(word.bbox))))
    best = (max((_iou(box, other) for other in boxes.get(text, ())), default=0.0) for text, box in words)
    return [value for value in best if value > 0]


def _iou(a: BBox, b: BBox) -> float:
    wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.bottom, b.bottom) - max(a.top, b.top)
    shared = max(wide, 0.0) * max(high, 0.0)
    return shared / (a.width * a.height + b.width * b.height - shared) if shared else 0.0


def trial_rows(rows: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    """The means of each trial's pages, their worst CER and the largest memory."""
    from eval.page_metrics import mean

    summed: dict[str, dict[str, float]] = {}
    for trial, pages in rows.items():
        means = {name: mean(page.get(name) for page in pages) for name in pages[0]}
        row = {name: value for name, value in means.items() if value is not None}
        row["cer_worst"] = max(page["cer"] for page in pages)
        row["peak_mb"] = max(page["peak_mb"] for page in pages)
        summed[trial] = row | {"n": len(pages)}
    return summed


def trials_table(rows: Mapping[str, Mapping[str, float]]) -> str:
    """A line a trial: scores in hundredths, seconds of processor time a page, memory in megabytes."""
    from eval.report import table

    scores = ("cer", "cer_worst", "char_f1", "line_recall", "word_iou")
    lines = [
        [
            name,
            f"{row['n']:.0f}",
            *(f"{100 * row[score]:.1f}" if score in row else "-" for score in scores),
            f"{row['cpu_s']:.2f}",
            f"{row['peak_mb']:.0f}",
        ]
        for name, row in rows.items()
    ]
    return table(["trial", "n", *scores, "CPU s/page", "MB"], lines)


def _scored(trial: str, sheet: Sheet, image: Image, points_per_pixel: float, side: Side) -> dict[str, float]:
    """What one side makes of a picture. Both sides' lines are laid out by Recto, so that only their reading differs."""
    from eval.page_metrics import ocr_scores
    from ingest.markdown import plain_text
    from ingest.ocr_layout import blocks_of
    from ingest.records import Page

    reading = side.read(image)
    height, width = image.shape[:2]
    blocks = blocks_of(reading.found, points_per_pixel)
    text = plain_text([Page(1, width * points_per_pixel, height * points_per_pixel, blocks)])
    row = ocr_scores(sheet.truth, text) | {"cpu_s": reading.cpu_s, "peak_mb": reading.peak_bytes / 1e6}
    overlaps = word_overlaps(sheet.words, reading.found, points_per_pixel) if trial in _BESIDE else ()
    return row | ({"word_iou": median(overlaps)} if overlaps else {})


def measure(sheets: Sequence[Sheet], trials: Sequence[str], renderer: PageRenderer) -> dict[str, dict[str, Any]]:
    """{"trials": means by trial, "pages": rows by trial and page}; RapidOCR's rows bear its name after the trial's."""
    from eval.ocr_pictures import TRIALS
    from eval.ocr_sides import Side

    rows: dict[str, dict[str, dict[str, float]]] = {}
    with Side("recto") as recto, Side("rapidocr") as rapidocr:
        for trial in trials:
            for sheet in sheets:
                dpi = dpi_of(trial, sheet)
                drawn = renderer.pixels(sheet.file, 1, dpi, page_width=sheet.width)
                points_per_pixel = sheet.width / drawn.shape[1] if sheet.width else 72 / dpi
                image = TRIALS[trial](drawn) if trial in TRIALS else drawn
                sides = {trial: recto} | ({f"{trial}, RapidOCR": rapidocr} if trial in _BESIDE else {})
                for name, side in sides.items():
                    scored = _scored(trial, sheet, image, points_per_pixel, side)
                    rows.setdefault(name, {})[sheet.file.stem] = scored
    return {"trials": trial_rows({name: list(pages.values()) for name, pages in rows.items()}), "pages": rows}


def _sheets(arguments: argparse.Namespace) -> list[Sheet]:
    from eval.page_sets import KINDS, load_truths
    from eval.reading import Reader
    from ingest.parse import ParseOptions

    folder = Path(arguments.set)
    if (folder / "text").is_dir():
        truths = load_truths(folder, KINDS["ocr"])
        return [Sheet(truths.pdf(stem), path.read_text(encoding="utf-8")) for stem, path in truths.truths.items()]
    reader = Reader(settings_of(arguments).cache / "eval" / "pages", ParseOptions(ocr="never"))
    try:
        files = sorted((folder / "pdfs").glob("*.pdf"))
        return digital_sheets(((file, reader.read(file).pages) for file in files), arguments.pages)
    finally:
        reader.close()


def _run(arguments: argparse.Namespace) -> int:
    from eval.ocr_pictures import TRIALS
    from ingest.errors import BadInput
    from ingest.renderer import PageRenderer

    sheets = _sheets(arguments)
    if not sheets:
        raise BadInput(f"{arguments.set} has no page to draw", hint="it needs pdfs/ with digital pages, or text/ too")
    known = (*TRIALS, _SMALL) if sheets[0].words else ("upright",)
    trials = arguments.trial or known
    if unknown := [name for name in trials if name not in known]:
        raise BadInput(f"no trial {unknown[0]!r} of this set", hint=f"one of: {', '.join(known)}")
    renderer = PageRenderer()
    try:
        report = measure(sheets, trials, renderer)
    finally:
        renderer.close()
    if arguments.json:
        write_json({"set": str(arguments.set)} | report)
    else:
        write(trials_table(report["trials"]))
    return 0
