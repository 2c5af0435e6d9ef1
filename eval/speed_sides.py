"""Recto's side and LangChain's side of the speed benchmark, on the same files and questions, one after the other."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.cli import write
from app.settings import Settings
from app.wiring import wanted_embedder
from eval.datasets import Question, load_set
from eval.ingest_speed import disk, measure_ingest
from eval.langchain_recipe import needed
from eval.metering import Cost, run_metered
from eval.query_speed import SCOPES, Pages, cold_searches, hit_rates, latency, own_documents, warm_searches
from eval.surroundings import load, surroundings
from ingest.embed import bundled_model_folder
from ingest.errors import BadInput

_COLD = 3  # processes of the recipe that answer one question each


def choose(pdfs: Sequence[Path], count: int | None) -> list[Path]:
    """`count` of the files, evenly spread over their order; all where there are not more."""
    if not count or count >= len(pdfs):
        return list(pdfs)
    return [pdfs[n * len(pdfs) // count] for n in range(count)]


def measure_speed(folders: Sequence[Path], settings: Settings, documents: int | None = None) -> dict[str, Any]:
    """Both sides, on the same files and questions. Raises BadSetup without the extra `bench`, BadInput."""
    for module in ("pypdf", "langchain_text_splitters"):
        needed(module)
    sets = [load_set(folder) for folder in folders]
    pdfs = choose([file for one in sets for file in sorted(one.pdfs.glob("*.pdf"))], documents)
    names = {file.name for file in pdfs}
    questions = [q for one in sets for q in one.questions if names.issuperset(own_documents(q))]
    if not questions:
        raise BadInput("no question of the sets is about the documents chosen", hint="raise --documents")
    wanted_embedder(settings).prepare()
    before = load()
    _say(f"{len(pdfs)} documents, {len(questions)} questions; load {before}")
    with tempfile.TemporaryDirectory(prefix="recto-speed-") as folder:
        recto = _recto(pdfs, questions, Path(folder), settings)
        langchain = _langchain(pdfs, questions, Path(folder))
    return {
        "surroundings": surroundings(settings),
        "sets": [one.folder.name for one in sets],
        "documents": len(pdfs),
        "questions": len(questions),
        "bytes": sum(file.stat().st_size for file in pdfs),
        "load_before": before,
        "recto": recto,
        "langchain": langchain,
    }


def _say(text: str) -> None:
    write(f"recto: {text}", sys.stderr)


def _recto(pdfs: Sequence[Path], questions: Sequence[Question], folder: Path, settings: Settings) -> dict[str, Any]:
    library = folder / "library"
    _say("Recto ingests")
    ingest = measure_ingest(pdfs, library, settings)
    _say("Recto answers")
    first_s, cold, cold_cpu_s = cold_searches(questions, library)
    warm, ranked, account = warm_searches(questions, library)
    return {
        "ingest": ingest | {"disk": disk(library)},
        "first_search_s": first_s,
        "cold": asdict(cold),
        "cold_cpu_s": cold_cpu_s,
        "warm": {scope: asdict(value) for scope, value in warm.items()},
        "server_peak_bytes": account.peak_bytes,
        "hits": {scope: hit_rates(questions, ranked[scope]) for scope in SCOPES},
    }


def _langchain(pdfs: Sequence[Path], questions: Sequence[Question], folder: Path) -> dict[str, Any]:
    index = folder / "langchain"
    index.mkdir()
    common = {"model_folder": str(bundled_model_folder()), "folder": str(index)}
    rows = [{"text": question.text, "documents": own_documents(question)} for question in questions]

    def recipe(step: str, **request: object) -> tuple[dict[str, Any], Cost]:
        command = [sys.executable, "-m", "eval.langchain_recipe", step]
        cost = run_metered(command, lambda _: "recipe", given=json.dumps(common | request))
        return json.loads(cost.stdout), cost

    _say("LangChain's recipe ingests")
    made, ingest = recipe("ingest", pdfs=[str(file) for file in pdfs])
    _say("LangChain's recipe answers")
    cold = [recipe("ask", questions=[row])[1] for row in rows[:_COLD]]
    asked, asking = recipe("ask", questions=rows)
    rankings: dict[str, list[Pages]] = {
        scope: [[(name, page) for name, page in pages] for pages in asked[scope]["pages"]] for scope in SCOPES
    }
    return {
        "ingest": made
        | {
            "wall_s": round(ingest.wall_s, 2),
            "cpu_s": round(ingest.cpu_s, 2),
            "others": round(ingest.others, 3),
            "peak_bytes": ingest.account.peak_bytes,
            "disk": {"index and pieces": sum(file.stat().st_size for file in index.iterdir())},
        },
        "cold": asdict(latency([cost.wall_s for cost in cold])),
        "warm": {scope: asdict(latency(asked[scope]["seconds"])) for scope in SCOPES},
        "asking_peak_bytes": asking.account.peak_bytes,
        "hits": {scope: hit_rates(questions, rankings[scope]) for scope in SCOPES},
    }
