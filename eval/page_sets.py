"""Sets of pages with what people wrote for them: read through ingest, written as text, scored.

A set is a folder with `pdfs/`, the truth beside it (`markdown/`, `cells/` or `text/`, a file of the same stem for each
PDF) and perhaps `manifest.json`, {stem: {trait: value}}: each trait that is true makes a slice, and so does each
`language`; `source` names the document that a page was taken from. Running heads and page numbers are part of what is
compared.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from eval.folds import balanced
from eval.page_metrics import OCR_METRICS, PARSING_METRICS, mean, ocr_scores, parsing_scores, tables_as_html
from eval.reading import Reader, Reading
from eval.table_metrics import TABLE_METRICS, TableScores, grids_of, pooled, read_grids, table_scores
from ingest.errors import BadInput
from ingest.markdown import TableStyle, markdown, plain_text
from ingest.records import Page

Row = dict[str, float | int | None]


@dataclass(frozen=True, slots=True)
class Truths:
    """The parts of a set: a truth for each PDF, by stem; `slices` names those that each stem is in.

    `sources` names the document that each stem was taken from; where the set does not say, each is its own.
    """

    folder: Path
    truths: Mapping[str, Path]
    slices: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, str]

    def pdf(self, stem: str) -> Path:
        return self.folder / "pdfs" / f"{stem}.pdf"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of set: where its truth lies, what is written for a file, how one is scored and many are summed up."""

    truth: str  # folder
    suffix: str  # of a truth
    out: str  # suffix of what is written
    write: Callable[[Sequence[Page], TableStyle], str]
    score: Callable[[Path, str], Any]
    sum_up: Callable[[Sequence[Any]], Row]
    metrics: tuple[str, ...]


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _means(rows: Sequence[Mapping[str, float | None]]) -> Row:
    summed: Row = {name: mean(row[name] for row in rows) for name in rows[0]}
    counts = {name: sum(row[name] is not None for row in rows) for name in rows[0]}
    return summed | {f"n_{name}": counts[name] for name in ("teds", "mhs") if name in counts}


def _sum_up_tables(scores: Sequence[TableScores]) -> Row:
    return pooled(scores) | {"tables": sum(len(score.teds) for score in scores)}


KINDS = {
    "parsing": Kind(
        truth="markdown",
        suffix=".md",
        out=".md",
        write=lambda pages, tables: markdown(pages, tables=tables),
        score=lambda truth, guess: parsing_scores(_text_of(truth), guess),
        sum_up=_means,
        metrics=PARSING_METRICS,
    ),
    "tables": Kind(
        truth="cells",
        suffix=".xml",
        out=".md",
        write=lambda pages, tables: markdown(pages, tables=tables),
        score=lambda truth, guess: table_scores(read_grids(truth), grids_of(tables_as_html(guess))),
        sum_up=_sum_up_tables,
        metrics=TABLE_METRICS,
    ),
    "ocr": Kind(
        truth="text",
        suffix=".txt",
        out=".txt",
        write=lambda pages, tables: plain_text(pages),
        score=lambda truth, guess: ocr_scores(_text_of(truth), guess),
        sum_up=_means,
        metrics=OCR_METRICS,
    ),
}


def _slices(traits: object) -> tuple[str, ...]:
    if not isinstance(traits, dict):
        return ("all",)
    language = traits.get("language")
    named = [name for name, value in traits.items() if value is True]
    return ("all", *named, *([language] if isinstance(language, str) else []))


def load_truths(folder: Path, kind: Kind) -> Truths:
    """Raises BadInput where the folder is no set of that kind, a PDF has no truth or a truth has no PDF."""
    truths = {path.stem: path for path in sorted((folder / kind.truth).glob(f"*{kind.suffix}"))}
    pdfs = {path.stem for path in (folder / "pdfs").glob("*.pdf")}
    if not truths or not pdfs:
        hint = f"it needs pdfs/ and {kind.truth}/ with a {kind.suffix} for each PDF"
        raise BadInput(f"{folder} is no such set", hint=hint)
    alone = sorted(truths.keys() ^ pdfs)
    if alone:
        raise BadInput(f"{folder}: {alone[0]} has a PDF or a truth, not both", hint=f"{len(alone)} files are alone")
    manifest = folder / "manifest.json"
    try:
        traits = json.loads(_text_of(manifest)) if manifest.is_file() else {}
    except ValueError as error:
        raise BadInput(f"{manifest} is not JSON: {error}") from error
    if not isinstance(traits, dict):
        raise BadInput(f"{manifest} must map names of files to their traits")
    slices = {stem: _slices(traits.get(stem)) for stem in truths}
    return Truths(folder, truths, slices, {stem: _source(stem, traits.get(stem)) for stem in truths})


def _source(stem: str, traits: object) -> str:
    source = traits.get("source") if isinstance(traits, dict) else None
    return source if isinstance(source, str) and source else stem


def measure(
    truths: Truths,
    kind: Kind,
    reader: Reader,
    tables: TableStyle = "html",
    out: Path | None = None,
    folds: int = 0,
) -> dict[str, dict[str, Any]]:
    """{"slices": {name: metrics, n, cpu_ms}, "failed": {stem: why}}; a file that cannot be read scores as empty.

    `cpu_ms`: milliseconds of processor time a page, the mean over files, what a blank one takes left out;
    `cpu_ms_median`: their median. What is compared is also written to `out`. With `folds`, "folds" are the same rows
    for each of so many parts of the set. Raises BadSetup when the extra `eval` is missing, BadInput for a bad truth,
    or for more folds than there are sources.
    """
    readings: dict[str, Reading] = {}
    scores: dict[str, Any] = {}
    for stem, truth in truths.truths.items():
        readings[stem] = reader.read(truths.pdf(stem))
        guess = kind.write(readings[stem].pages, tables) if readings[stem].pages else ""
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / f"{stem}{kind.out}").write_text(guess, encoding="utf-8")
        scores[stem] = kind.score(truth, guess)

    def row(stems: Sequence[str]) -> Row:
        costs = [readings[stem].cpu_ms_a_page for stem in stems if not readings[stem].failed]
        spent: Row = {"cpu_ms": mean(costs), "cpu_ms_median": median(costs) if costs else None}
        return {"n": len(stems)} | kind.sum_up([scores[stem] for stem in stems]) | spent

    slices: dict[str, Any] = {}
    for name in dict.fromkeys(name for names in truths.slices.values() for name in names):
        slices[name] = row([stem for stem, names in truths.slices.items() if name in names])
    parts = {f"fold {number}": row(stems) for number, stems in enumerate(_folds(truths, folds), 1)} if folds else {}
    failed = {stem: found.failed for stem, found in readings.items() if found.failed}
    return {"slices": slices, "failed": failed} | ({"folds": parts} if folds else {})


def _folds(truths: Truths, folds: int) -> list[list[str]]:
    """The stems in parts of about the same size and mixture of slices; files of one source are in one part."""
    counts: dict[str, Counter[str]] = {}
    for stem, names in truths.slices.items():
        counts.setdefault(truths.sources[stem], Counter())["+".join(sorted(names))] += 1
    try:
        chosen = balanced(counts, folds)
    except ValueError as error:
        raise BadInput(f"{truths.folder}: {error}") from error
    return [[stem for stem in truths.slices if chosen[truths.sources[stem]] == fold] for fold in range(folds)]
