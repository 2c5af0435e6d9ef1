"""The benchmark page: measured figures and those of others to Markdown. Pure: equal input gives equal text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from eval.ablation import ablation_table
from eval.markdown_table import number, percent, table
from eval.speed_report import speed_table

LAYOUT = """\
FOLDER/
  retrieval/en/       pdfs/ and questions.jsonl; likewise retrieval/zh and retrieval/zh-hant
  parsing/            pdfs/, markdown/, manifest.json
  tables/             pdfs/, cells/
  ocr/                pdfs/, text/, manifest.json"""

INTRODUCTION = """\
Written by `make bench`; not by hand. Each table has Recto's figures of this run first, then what others reach; the
word in square brackets says where that was measured, and the end of the page what the word stands for."""

WHAT_IS_MEASURED = """\
## What is measured

- **The right page**: questions whose answer's page is known. hit@k is the share of the questions with such a page among
  the first k distinct pages, in hundredths; MRR is the mean of 1 / its rank. In its document: only the document that
  the question is about (or the candidates that the set names) is searched. In all documents: those of the whole set.
  No language model takes part. Recto's ranking learnt its weights from the English set: its figures there are out of
  fold, each question ranked by weights learnt from other documents only (five folds).
- **Questions that the documents do not answer**: the same questions asked of a random other document, of the nearest
  other one, and of their own without the pages that hold the answer. Recto should refuse these, and none that can be
  answered.
- **Pages read as Markdown**: one-page PDFs against Markdown written by people. NID: similarity of the whole text in its
  order. TEDS: tables as trees. MHS: headings as trees. Overall: the mean of those that a page has. 0 to 1.
- **Tables**: PDFs whose tables' cells people wrote down (ICDAR 2013). F1 of pairs of adjacent cells; TEDS of tables.
- **Text from pictures**: page pictures without a text layer. CER: character errors over characters, order counted; less
  is better. F1 of characters: order not counted.
- **Speed, memory, disk**: the commands as a user runs them, beside LangChain's usual recipe on the same files and
  questions, one after the other on the same machine."""

HOW_TO_REPEAT = f"""\
## How to repeat it

The sets are others' work and not part of Recto. Put them into a folder of this form, and name the folder:

```
{LAYOUT}
```

```
make bench-speed SETS=FOLDER     # speed only; the figures are kept for the page
make bench SETS=FOLDER           # everything else, and this page
```

A line of `questions.jsonl` is `{{"id", "question", "answer", "doc", "pages"}}`, pages from 1. Single figures:
`recto eval retrieval FOLDER/retrieval/en --scope corpus`, `recto eval parsing FOLDER/parsing`, and so on."""

_SETS = {
    "en": "English: filings, manuals, papers, reports, slides",
    "zh": "Chinese: prospectuses (Simplified)",
    "zh-hant": "Chinese: insurance terms and statements (Traditional); the right document counts",
}
_COLUMNS = {
    "en": ("document/all", "document/human-written", "document/financebench", "corpus/all"),
    "zh": ("document/all", "corpus/all"),
    "zh-hant": ("document/all", "corpus/all"),
}
_SCOPES = {"document": "in its document", "corpus": "in all documents"}
_SLICES = {"all": "", "financebench": ", FinanceBench"}
_CUTOFFS = ("hit@1", "hit@5", "hit@10")
_FEW = 5  # questions that a slice needs to be shown

Figures = Mapping[str, Any]


def benchmark_page(figures: Figures, rivals: Figures) -> str:
    """The whole page.

    `figures`: surroundings; retrieval, {set: {scope: slices}}; refusals, {set: {kind: n and refused}}; ablation, its
    report's scopes, or absent; parsing, tables, ocr: slices, or absent; speed: a report, or absent; missing: {name:
    why it was not measured}.
    """
    sections = [
        "# Benchmarks",
        INTRODUCTION,
        _about(figures["surroundings"]),
        WHAT_IS_MEASURED,
        HOW_TO_REPEAT,
        "## The right page",
        *(_retrieval(name, figures, rivals) for name in _SETS),
        "### Why the right page is not among the first five",
        _failures(figures),
        "### What each part of the ranking gives",
        _ablation(figures),
        "## Questions that the documents do not answer",
        _refusals(figures),
        "## Pages read as Markdown",
        _parsing(figures, rivals),
        "## Tables",
        _tables(figures, rivals),
        "## Text from pictures",
        _ocr(figures, rivals),
        "## Speed, memory, disk",
        _speed(figures),
        "## Where the others' figures come from",
        "\n".join(_item(f"{name}: {text}.") for name, text in rivals["sources"].items()),
    ]
    return "\n\n".join(sections) + "\n"


READING = ("<!-- reading: recto eval bench --sets FOLDER --reading README.md -->", "<!-- /reading -->")
"""What stands around the tables of `reading_tables` in the README."""


def reading_tables(figures: Figures, rivals: Figures) -> str:
    """How well pages and tables are read, beside others: what the README shows of the page."""
    parts = [
        "Pages as Markdown (0 to 1; processor time in milliseconds a page):",
        _parsing(figures, rivals),
        "Tables:",
        _tables(figures, rivals),
        "\n".join(_item(f"{name}: {rivals['sources'][name]}.") for name in ("ours", "bench")),
    ]
    return "\n\n".join(parts)


def with_reading_tables(document: str, tables: str) -> str:
    """The document with the tables between its marks; raises ValueError where it has none."""
    start, end = READING
    before, found, rest = document.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"it has no {start} … {end}")
    return f"{before}{start}\n\n{tables}\n\n{end}{after}"


def _about(made: Figures) -> str:
    machine = made["machine"]
    rows = [
        ["date", made["date"]],
        ["Recto", made["recto"]],
        [
            "machine",
            f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}",
        ],
        ["Python", made["python"]],
        ["libraries", ", ".join(f"{name} {version}" for name, version in made["libraries"].items())],
        ["settings", ", ".join(f"{name}: {value}" for name, value in made["settings"].items())],
    ]
    return "\n".join(_item(f"{name}: {value}") for name, value in rows)


def _item(text: str) -> str:
    """An item of a list, no line longer than the rest of the page's text."""
    return textwrap.fill(f"- {text}", 118, subsequent_indent="  ", break_on_hyphens=False)


def _three(values: Sequence[float] | None) -> str:
    return "–" if not values else " / ".join(number(value) for value in values)


def _hits(slices: Figures, name: str) -> list[float] | None:
    return [100 * slices[name][metric] for metric in _CUTOFFS] if name in slices else None


def _retrieval(name: str, figures: Figures, rivals: Figures) -> str:
    title = f"### {_SETS[name]} (`retrieval/{name}`)"
    scopes = figures["retrieval"].get(name)
    if not scopes:
        return f"{title}\n\n{_not_measured(figures, f'retrieval/{name}')}"
    headers = [""]
    ours = ["**Recto**"]
    for column in _COLUMNS[name]:
        scope, _, part = column.partition("/")
        count = scopes[scope].get(part, {}).get("n", 0)
        headers.append(f"{_SCOPES[scope]}{_SLICES.get(part, f', {part}')} ({count})")
        ours.append(_three(_hits(scopes[scope], part)))
    others, notes = _rival_rows(
        rivals["retrieval"].get(name, ()), lambda values: [_three(values.get(c)) for c in _COLUMNS[name]]
    )
    return "\n\n".join(
        [title, "hit@1 / hit@5 / hit@10, number of questions in brackets:", table(headers, [ours, *others])]
        + ([notes] if notes else [])
        + ["Recto by slice:", _slices(scopes)]
    )


def _slices(scopes: Figures) -> str:
    names = [name for name, row in scopes["document"].items() if row["n"] >= _FEW]
    names.sort(key=lambda name: (name != "all", name != "human-written", name))
    rows = []
    for name in names:
        row = [name, str(scopes["document"][name]["n"])]
        for scope in _SCOPES:
            slices = scopes[scope]
            row += [_three(_hits(slices, name)), number(slices.get(name, {}).get("mrr@10"), 3)]
        rows.append(row)
    headers = [f"{what}{where}" for where in _SCOPES.values() for what in ("hits ", "MRR ")]
    return table(["slice", "n", *headers], rows)


def _failures(figures: Figures) -> str:
    rows = [
        [f"`retrieval/{name}` {_SCOPES[scope]}", *(str(count) for count in counts.values())]
        for name, scopes in figures["failures"].items()
        for scope, counts in scopes.items()
    ]
    if not rows:
        return _not_measured(figures, "retrieval/en")
    first = next(counts for scopes in figures["failures"].values() for counts in scopes.values())
    return table(["questions", *({"n": "asked"}.get(name, name) for name in first)], rows)


def _refusals(figures: Figures) -> str:
    measured = figures["refusals"]
    if not measured:
        return _not_measured(figures, "retrieval/en")
    kinds = list(dict.fromkeys(kind for found in measured.values() for kind in found))
    rows = [
        [
            kind,
            *(
                f"{percent(found[kind]['refused'])} ({found[kind]['n']})" if kind in found else "–"
                for found in measured.values()
            ),
        ]
        for kind in kinds
    ]
    return table(["refused, without a model", *(f"`retrieval/{name}`" for name in measured)], rows)


def _ablation(figures: Figures) -> str:
    if "ablation" not in figures:
        return _not_measured(figures, "ablation")
    said = (
        "English set, out of fold, the weights learnt anew without each part. In brackets the 95 % interval of the "
        "change, by a paired bootstrap over the questions:"
    )
    return f"{textwrap.fill(said, 118)}\n\n{ablation_table(figures['ablation'])}"


def _rival_rows(entries: Sequence[Figures], cells: Any) -> tuple[list[list[str]], str]:
    """A row for each entry, and the notes below the table; entries with a note bear its number."""
    notes: list[str] = []
    rows = []
    for entry in entries:
        name = f"{entry['name']} [{entry['where']}]"
        if "note" in entry:
            if entry["note"] not in notes:
                notes.append(entry["note"])
            name += f" ({notes.index(entry['note']) + 1})"
        rows.append([name, *cells(entry["values"])])
    return rows, "\n".join(f"({place}) {note}." for place, note in enumerate(notes, 1))


def _not_measured(figures: Figures, name: str) -> str:
    return f"Not measured: {figures['missing'].get(name, 'there is no such set')}."


def _scored(
    entries: Sequence[Figures], ours: Sequence[tuple[str, Figures]], columns: Mapping[str, tuple[str, int]]
) -> str:
    """Recto's rows, then the others'. `columns`: metric -> (header, digits)."""

    def cells(values: Figures) -> list[str]:
        return [number(values.get(metric), digits) for metric, (_, digits) in columns.items()]

    others, notes = _rival_rows(entries, cells)
    rows = [[f"**{name}**", *cells(values)] for name, values in ours]
    text = table(["", *(header for header, _ in columns.values())], [*rows, *others])
    return f"{text}\n\n{notes}" if notes else text


def _parsing(figures: Figures, rivals: Figures) -> str:
    report = figures.get("parsing")
    if not report:
        return _not_measured(figures, "parsing")
    columns = {
        "overall": ("overall", 3),
        "nid": ("NID", 3),
        "teds": ("TEDS", 3),
        "mhs": ("MHS", 3),
        "cpu_ms": ("CPU ms/page", 0),
        "cpu_ms_median": ("median", 0),
    }
    whole = _scored(rivals["parsing"], [(f"Recto, {report['all']['n']} pages", report["all"])], columns)
    parts = [(f"Recto, {_part(name)} ({row['n']})", row) for name, row in report.items() if name != "all"]
    if not parts:
        return whole
    four = {metric: columns[metric] for metric in ("overall", "nid", "teds", "mhs")}
    said = "By kind of page; the others' figures are for pages with two columns:"
    return f"{whole}\n\n{said}\n\n{_scored(rivals['parsing_two_column'], parts, four)}"


def _part(name: str) -> str:
    return name.replace("_", " ")


def _tables(figures: Figures, rivals: Figures) -> str:
    report = figures.get("tables")
    if not report:
        return _not_measured(figures, "tables")
    columns = {
        "adjacency_f1": ("adjacency F1", 3),
        "precision": ("precision", 3),
        "recall": ("recall", 3),
        "teds": ("TEDS", 3),
    }
    return _scored(rivals["tables"], [(f"Recto, {report['all']['tables']} tables", report["all"])], columns)


def _ocr(figures: Figures, rivals: Figures) -> str:
    report = figures.get("ocr")
    if not report:
        return _not_measured(figures, "ocr")
    columns = {
        "cer": ("CER", 3),
        "char_f1": ("F1 of characters", 3),
        "char_recall": ("recall of characters", 3),
        "line_recall": ("lines found", 3),
        "cpu_ms": ("CPU ms/page", 0),
    }
    ours = [(f"Recto, {report['all']['n']} pages", report["all"])]
    ours += [(f"Recto, {_part(name)} ({row['n']})", row) for name, row in report.items() if name != "all"]
    return _scored(rivals["ocr"], ours, columns)


def _speed(figures: Figures) -> str:
    report = figures.get("speed")
    if not report:
        return _not_measured(figures, "speed")
    made = report["surroundings"]
    machine = made["machine"]
    when = (
        f"Measured on {made['date']} with Recto {made['recto']} on {machine['cores']} cores "
        f"({machine['processor']}, {machine['memory_gib']} GiB)."
    )
    return f"{when}\n\n{speed_table(report)}"
