"""`recto eval scale`: what a search costs as a library grows, on made-up libraries of the sizes asked for.

Each is built once in its folder and measured in a process of its own, so that memory is the search's alone. Whether
what is found is right shows only how often the passage that a question was made of comes first.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app.cli import settings_of, write, write_json
from eval.made_text import CHUNKS, document, questions, vectors
from eval.markdown_table import table
from eval.query_speed import Latency, latency

if TYPE_CHECKING:
    from app.settings import Settings

_WARM_UP = 20
_HITS = 10
_WHOLE = "whole"  # the file that says that a library is built

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of searches over `chunks`: `search` as a user's costs (the documents asked are listed for each), `recall` the
    share of its time in which the branches look, `open_s` until the first can be answered, `memory_mib` resident,
    `disk_mib` of the folder, `first` the share of questions whose passage came first."""

    chunks: int
    search: Latency
    recall: Latency
    open_s: float
    memory_mib: float
    disk_mib: float
    first: float


def register_scale(kinds: Any, common: argparse.ArgumentParser) -> None:
    """Adds `recto eval scale`."""
    parser = kinds.add_parser("scale", parents=[common], help="what a search costs as a library grows")
    parser.add_argument(
        "--chunks", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], metavar="N", help="sizes to measure"
    )
    parser.add_argument(
        "--questions", type=int, default=200, metavar="N", help="questions asked of each (default: 200)"
    )
    parser.add_argument("--folder", metavar="DIR", help="keeps the libraries built (default: in the cache)")
    parser.add_argument("--out", metavar="REPORT.json", help="write the figures here too")
    parser.add_argument("--plot", metavar="FILE.svg", help="draw them")
    parser.set_defaults(run=_run)


def build(settings: Settings, folder: Path, documents: int) -> None:
    """A library of made-up documents, with vectors and indexes, unless it is there."""
    from app.wiring import build_searcher, open_library, wanted_embedder
    from ingest.records import State
    from ingest.store import Keys

    if (folder / _WHOLE).exists():
        return
    library = open_library(settings.model_copy(update={"library": folder}))
    searcher = build_searcher(settings, library)
    embedder = wanted_embedder(settings).load()
    for number in range(len(library.documents()), documents):
        content, chunks = document(number)
        made = library.add_document(f"made-{number}.pdf", "default", "local", content.sha256)
        library.commit_words(made.id, content, chunks, Keys("made", "made"))
        library.commit_vectors(content.sha256, embedder.identity, vectors(number, embedder.dimension))
        library.set_state(made.id, State.INDEXED)
    searcher.top_up()
    searcher.close()
    library.close()
    (folder / _WHOLE).touch()


def measure(settings: Settings, folder: Path, documents: int, asked: int) -> Cost:
    """What searches over the library cost, one after the other."""
    import psutil  # type: ignore[import-untyped]

    from app.wiring import build_searcher, open_library
    from retrieval.explain import Trace

    library = open_library(settings.model_copy(update={"library": folder}))
    searcher = build_searcher(settings, library)
    started = time.perf_counter()
    searcher.top_up()
    open_s = time.perf_counter() - started
    whole: list[float] = []
    recall: list[float] = []
    first = 0
    for count, (number, ordinal, question) in enumerate(questions(documents, _WARM_UP + asked)):
        trace, started = Trace(), time.perf_counter()
        hits = searcher.search(question, library.documents(), _HITS, trace=trace)
        if count >= _WARM_UP:
            whole.append(time.perf_counter() - started)
            recall.append(sum(trace.seconds.values()))
            best = hits[0].chunk if hits else None
            first += best is not None and (best.sha256, best.ordinal) == (f"{number:064x}", ordinal)
    memory = psutil.Process().memory_info().rss
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    searcher.close()
    library.close()
    return Cost(
        documents * CHUNKS,
        latency(whole),
        latency(recall),
        round(open_s, 2),
        round(memory / 2**20),
        round(disk / 2**20),
        round(first / asked, 4),
    )


def _alone(function: Callable[..., _Result], *arguments: Any) -> _Result:
    """The function's result, from a process that did nothing else before."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def scale_table(costs: list[Cost]) -> str:
    rows = [
        [
            f"{cost.chunks:,}",
            *(f"{1000 * value:.1f}" for value in (cost.search.p50_s, cost.search.p95_s, cost.recall.p95_s)),
            f"{cost.open_s:.1f}",
            f"{cost.memory_mib:,.0f}",
            f"{cost.disk_mib:,.0f}",
            f"{100 * cost.first:.1f}",
        ]
        for cost in costs
    ]
    headers = ["search ms p50", "p95", "recall ms p95", "open s", "memory MiB", "disk MiB", "found first %"]
    return table(["chunks", *headers], rows)


def _run(arguments: argparse.Namespace) -> int:
    import json

    from eval.report import write_file
    from eval.scale_plot import scale_plot
    from eval.surroundings import load, surroundings

    settings = settings_of(arguments)
    folder = Path(arguments.folder) if arguments.folder else settings.cache / "eval" / "scale"
    costs = []
    before = load()
    for chunks in sorted(arguments.chunks):
        documents = max(chunks // CHUNKS, 1)
        place = folder / str(documents)
        _alone(build, settings, place, documents)
        costs.append(_alone(measure, settings, place, documents, arguments.questions))
    body = {
        "kind": "scale",
        "surroundings": surroundings(settings),
        "load": [before, load()],
        "costs": [asdict(cost) for cost in costs],
    }
    if arguments.out:
        write_file(Path(arguments.out), json.dumps(body, ensure_ascii=False, indent=1) + "\n")
    if arguments.plot:
        write_file(Path(arguments.plot), scale_plot(costs))
    if arguments.json:
        write_json(body)
    else:
        write(scale_table(costs))
    return 0
