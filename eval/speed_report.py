"""The figures of `recto eval speed` as tables, each with what its columns are."""

from __future__ import annotations

import textwrap
from typing import Any

from eval.ingest_speed import STAGES
from eval.markdown_table import number, percent, table

_MB = 1e6
_STEPS = {
    "load": "load (pypdf)",
    "split": "split",
    "start the model": "start the model",
    "embed": "embed (fp32)",
    "index": "index (FAISS, in memory and on disk)",
}


def speed_table(report: dict[str, Any]) -> str:
    """All tables of a report, in Markdown."""
    recto, langchain = report["recto"]["ingest"], report["langchain"]["ingest"]
    scale = (
        f"{report['documents']} documents ({', '.join(report['sets'])}), {number(report['bytes'] / _MB, 0)} MB, "
        f"{recto['pages']:,} pages, {report['questions']} questions. Load of the machine before: "
        f"{report['load_before']}; other programs used {percent(recto['others'])} % of it while Recto ingested and "
        f"{percent(langchain['others'])} % while LangChain's recipe did."
    )
    return "\n\n".join(
        [textwrap.fill(scale, 118), _compared(report), _stages(recto), _steps(langchain), _notes(report)]
    )


def _rate(pages: float, seconds: float) -> str:
    return number(pages / seconds) if seconds else "–"


def _per_page(pages: float, seconds: float) -> str:
    return number(1000 * seconds / pages) if pages else "–"


def _compared(report: dict[str, Any]) -> str:
    """Both sides, a figure a row."""
    ours, theirs = report["recto"], report["langchain"]
    rows: list[list[str]] = []

    def add(name: str, left: str, right: str) -> None:
        rows.append([name, left, right])

    for label, key, digits in (("wall, s", "wall_s", 0), ("CPU, s", "cpu_s", 0)):
        add(f"ingest, {label}", *(number(side["ingest"][key], digits) for side in (ours, theirs)))
    add("ingest, pages/s", *(_rate(side["ingest"]["pages"], side["ingest"]["wall_s"]) for side in (ours, theirs)))
    add("ingest, chunks", *(f"{side['ingest']['chunks']:,}" for side in (ours, theirs)))
    add("ingest, peak memory, MB", *(number(side["ingest"]["peak_bytes"] / _MB, 0) for side in (ours, theirs)))
    add("one question in a new process, s", *(number(side["cold"]["p50_s"], 2) for side in (ours, theirs)))
    for scope, where in (("document", "in its document"), ("corpus", "in all documents")):
        for key, name in (("p50_s", "p50"), ("p95_s", "p95")):
            values = (number(1000 * side["warm"][scope][key]) for side in (ours, theirs))
            add(f"question {where}, warm, {name}, ms", *values)
    asking = (ours["server_peak_bytes"], theirs["asking_peak_bytes"])
    add("while answering, peak memory, MB", *(number(value / _MB, 0) for value in asking))
    ours_disk = sum(size for name, size in ours["ingest"]["disk"].items() if name != "originals")
    disks = (ours_disk, sum(theirs["ingest"]["disk"].values()))
    add("on disk without the PDFs, MB", *(number(value / _MB, 0) for value in disks))
    for scope, where in (("document", "in its document"), ("corpus", "in all documents")):
        shown = (" / ".join(percent(side["hits"][scope][f"hit@{k}"]) for k in (1, 5, 10)) for side in (ours, theirs))
        add(f"right page {where}, hit@1/5/10", *shown)
    return table(["", "Recto", "LangChain's recipe"], rows)


def _stages(ingest: dict[str, Any]) -> str:
    """Recto's ingest by stage."""
    rows = []
    for kind, stage in ingest["stages"].items():
        pages, cpu, busy = stage["pages"], stage["cpu_s"], stage["busy_s"]
        row = [STAGES[kind], f"{pages:,}", number(cpu), _per_page(pages, cpu), number(busy), _rate(pages, busy)]
        rows.append(row)
        if kind == "main":
            rows += [_alone(name, spent, pages) for name, spent in ingest["alone"].items()]
    whole = ["all", f"{ingest['pages']:,}", number(ingest["cpu_s"]), _per_page(ingest["pages"], ingest["cpu_s"])]
    rows.append([*whole, number(ingest["wall_s"]), _rate(ingest["pages"], ingest["wall_s"])])
    return table(["Recto's ingest by stage", "pages", "CPU, s", "CPU ms/page", "at work, s", "pages/s"], rows)


def _alone(name: str, spent: dict[str, float], pages: int) -> list[str]:
    cpu, wall = spent["cpu_s"], spent["wall_s"]
    label = f"of it: {name}, run alone afterwards"
    return [label, f"{pages:,}", number(cpu), _per_page(pages, cpu), number(wall), _rate(pages, wall)]


def _steps(ingest: dict[str, Any]) -> str:
    """The recipe's ingest by step."""
    pages = ingest["pages"]
    rows = [
        [_STEPS[name], number(step["cpu_s"]), _per_page(pages, step["cpu_s"]), number(step["wall_s"])]
        for name, step in ingest["steps"].items()
    ]
    rows.append(["all", number(ingest["cpu_s"]), _per_page(pages, ingest["cpu_s"]), number(ingest["wall_s"])])
    return table(["LangChain's recipe by step", "CPU, s", "CPU ms/page", "wall, s"], rows)


def _listed(figures: dict[str, float], unit: float = 1.0) -> str:
    return ", ".join(f"{name} {number(value / unit, 0)}" for name, value in sorted(figures.items()) if name)


def _notes(report: dict[str, Any]) -> str:
    """What the figures are and are not."""
    ours, theirs = report["recto"], report["langchain"]["ingest"]
    ingest = ours["ingest"]
    refused = f" pypdf refused {', '.join(sorted(theirs['failed']))}." if theirs["failed"] else ""
    lost = f" Recto could not ingest {', '.join(ingest['failed'])}." if ingest["failed"] else ""
    workers = report["surroundings"]["settings"]["workers"]
    notes = [
        "CPU is user and system time of all processes, as the operating system has it once they have ended; it falls "
        "to stages by the process that used it. “At work” is the wall time in which a process of the stage used a "
        "core; stages overlap, so these do not add up to the wall time of the whole.",
        f"Seconds that documents spent in a stage, {workers} documents at a time and waiting for a worker included, "
        f"added up: {_listed(ingest['document_seconds'])}.",
        "Memory is the proportional set size of all processes together, looked at once a second. At Recto's peak, in "
        f"MB: {_listed(ingest['peak_by_kind'], _MB)}.",
        f"Recto's library on disk, in MB: {_listed(ingest['disk'], _MB)}. The first search after an ingest builds the "
        f"word indexes: {number(ours['first_search_s'])} s as a command. A later `recto search` takes "
        f"{number(ours['cold_cpu_s'], 2)} s of CPU, most of it to start.",
        "Warm questions go to Recto over HTTP, and the reply has the boxes of 10 passages; the recipe is called in its "
        "own process and gives 60 pieces of text without places. Its search within a document is exact over that "
        "document's pieces, which is better than LangChain's filter on the 20 nearest of all.",
        f"The recipe read {theirs['pages']:,} pages, those without a text layer as empty.{refused}{lost}",
        "The recipe is PyPDFLoader, RecursiveCharacterTextSplitter (1000, 200), all-MiniLM-L6-v2 in float32 under "
        "sentence-transformers, FAISS. langchain-community, which holds the first and the last, is being sunset: "
        "pypdf and FAISS are called as it calls them.",
    ]
    return "\n".join(textwrap.fill(f"- {note}", 118, subsequent_indent="  ", break_on_hyphens=False) for note in notes)
