"""`recto eval library`: a library at work, part by part, as a table and as JSON.

It knows the command and the table; what is measured is done by `eval.library_parts`, imported only when it runs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from app.cli import settings_of, write, write_json
from eval.markdown_table import table
from ingest.errors import StorageFull

PARTS = {
    "hostile": "all hostile files in one ingest, while a server over the same library is searched",
    "drop": "from the drop of a PDF to the first answer with a verified citation",
    "seen": "from another process's commit to the first search that finds it",
    "ingest": "the documents of retrieval/en and retrieval/zh into an empty library",
    "again": "the same command once more, nothing changed",
    "remove": "docs remove of the largest document",
}


def register_library(kinds: Any, common: argparse.ArgumentParser) -> None:
    """Adds `recto eval library`."""
    parser = kinds.add_parser(
        "library",
        parents=[common],
        help="a library at work: drops, commits, removals, hostile files, memory",
        description="Measures on libraries of its own. Parts: " + "; ".join(f"{n}: {w}" for n, w in PARTS.items()),
    )
    parser.add_argument("--sets", required=True, metavar="FOLDER", help="holds hostile/, retrieval/en, retrieval/zh")
    parser.add_argument("--part", action="append", choices=PARTS, metavar="NAME", help="only this part; repeatable")
    parser.add_argument("--documents", type=int, metavar="N", help="only N files of each set, evenly from all")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="drops of each document (default: 3)")
    parser.add_argument("--out", metavar="FILE", help="write the figures here too, as JSON")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from app.wiring import wanted_embedder
    from eval.library_parts import Plan
    from eval.surroundings import surroundings

    settings = settings_of(arguments)
    wanted_embedder(settings).prepare()  # the export of the model is no part of any figure
    plan = Plan(Path(arguments.sets).resolve(), arguments.documents, arguments.runs)
    report = {"surroundings": surroundings(settings), "parts": measure(plan, arguments.part or list(PARTS))}
    if arguments.out:
        try:
            Path(arguments.out).write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise StorageFull(f"cannot write {arguments.out}: {error.strerror}") from error
    if arguments.json:
        write_json(report)
    else:
        write(library_table(report["parts"]))
    return 0


def measure(plan: Any, parts: list[str]) -> dict[str, Any]:
    """The figures of each part; `plan` is an `eval.library_parts.Plan`."""
    from eval import library_parts
    from eval.surroundings import load

    alone = {
        "hostile": library_parts.measure_hostile,
        "drop": library_parts.measure_drop,
        "seen": library_parts.measure_seen,
    }
    found: dict[str, Any] = {}
    for name, take in alone.items():
        if name in parts:
            found[name] = {"load": load(), **take(plan)}
    whole = [name for name in ("ingest", "again", "remove") if name in parts]
    return found | (library_parts.measure_whole(plan, whole) if whole else {})


def library_table(parts: dict[str, Any]) -> str:
    """Every figure on a line, with the load of the machine before its part."""
    rows = [
        (f"{name}: {what}", value, str(figures["load"]))
        for name, figures in parts.items()
        for what, value in _LINES[name](figures)
    ]
    return table(("part: what", "figure", "load before"), rows)


Lines = list[tuple[str, str]]


def _states(states: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in states.items())


def _memory(memory: dict[str, Any]) -> Lines:
    largest = ", ".join(f"{kind} {size / 1e6:.0f}" for kind, size in memory["largest_by_kind"].items())
    return [
        ("largest process of each kind, resident, MB", largest),
        ("all processes together, PSS / RSS, MB", f"{memory['peak_pss'] / 1e6:.0f} / {memory['peak_rss'] / 1e6:.0f}"),
    ]


def _hostile(figures: dict[str, Any]) -> Lines:
    searches = figures["searches"]
    timed = f"{searches['p50_s']} / {searches['max_s']}" if searches["n"] else "–"
    return [
        (f"{figures['files']} files, states", _states(figures["states"])),
        ("files without a named end state", str(len(figures["without_end_state"]))),
        ("seconds", str(figures["wall_s"])),
        *_memory(figures["memory"]),
        (f"{searches['n']} searches meanwhile, seconds p50 / max", timed),
        ("searches that failed", str(searches["errors"])),
        ("orphan processes", str(len(figures["orphans"]) + len(figures["left_after_the_server"]))),
    ]


def _drop(figures: dict[str, Any]) -> Lines:
    return [
        (f"{row['document']}, {row['pages']} pages, seconds (median of {len(row['seconds'])})", str(row["median_s"]))
        for row in figures["documents"]
    ]


def _seen(figures: dict[str, Any]) -> Lines:
    one = figures["commit_to_found"]
    return [(f"{one['n']} documents, seconds p50 / max", f"{one['p50_s']} / {one['max_s']}")]


def _ingest(figures: dict[str, Any]) -> Lines:
    return [
        (f"{figures['files']} files, {figures['pages']} pages, states", _states(figures["states"])),
        (f"seconds until {figures['askable']} are askable by words", str(figures["all_askable_s"])),
        (f"seconds until {figures['with_vectors']} have vectors", str(figures["all_vectors_s"])),
        ("seconds of the command", str(figures["wall_s"])),
        *_memory(figures["memory"]),
        ("orphan processes", str(len(figures["orphans"]))),
    ]


def _again(figures: dict[str, Any]) -> Lines:
    return [(f"{_states(figures['states'])}, seconds", str(figures["wall_s"]))]


def _remove(figures: dict[str, Any]) -> Lines:
    gone = "all bytes gone" if figures["bytes_gone"] else "BYTES LEFT"
    return [
        (f"{figures['document']}, {figures['chunks']} chunks: seconds until no answer", str(figures["unanswered_s"])),
        (f"seconds until the command returns, {gone}", str(figures["returned_s"])),
    ]


_LINES = {
    "hostile": _hostile,
    "drop": _drop,
    "seen": _seen,
    "ingest": _ingest,
    "again": _again,
    "remove": _remove,
}
