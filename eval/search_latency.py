"""`recto eval latency`: how long a search, or an answer without a model, takes in a process that is warm, by stage.

Neither a server nor JSON is in it (`recto eval speed` measures these). It does not know whether what is found is right.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.cli import settings_of, write, write_json
from eval.markdown_table import table
from eval.query_speed import Latency, latency
from retrieval.explain import Trace

if TYPE_CHECKING:
    from eval.run import Bench

_WARM_UP = 20  # questions asked before any is timed
_HITS = 10
_WHOLE, _RANKING = "search", "rank"
_FIRST, _ANSWER = "search and first sentence", "search and answer"


def register_latency(kinds: Any, common: argparse.ArgumentParser) -> None:
    """Adds `recto eval latency`."""
    parser = kinds.add_parser("latency", parents=[common], help="how long a warm search, or answer, takes")
    parser.add_argument("set", metavar="SET", help="a folder with pdfs/ and questions.jsonl")
    parser.add_argument("--no-ingest", action="store_true", help="refuse where documents are missing")
    parser.add_argument("--scope", choices=("document", "corpus"), default="corpus")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--trace", action="store_true", help="stage by stage; it makes each search a little slower")
    what.add_argument("--answers", action="store_true", help="until the answer without a model is whole")
    what.add_argument("--llm", metavar="URL", help="until a model server's first words, and what of that is its own")
    parser.add_argument("--questions", type=int, default=100, metavar="N", help="with --llm, so many (default: 100)")
    parser.add_argument("--out", metavar="REPORT.json", help="write the figures here too")
    parser.set_defaults(run=_run)


def measure_latency(bench: Bench, scope: str, *, stages: bool) -> dict[str, dict[str, Latency]]:
    """By kind of time, "wall" and "processor", and stage; every question is asked once, one after the other.

    With `stages`, beside the whole search, the branches of recall (vectors are looked for beside the words: what they
    took longer) and ranking. Processor time is that of all threads; only the whole has it. The first questions, or half
    of a small set, warm up.
    """
    questions = bench.questions.questions
    warm_up = min(_WARM_UP, len(questions) // 2)
    wall: dict[str, list[float]] = {}
    processor: list[float] = []
    for count, question in enumerate(questions):
        documents, trace = bench.scope(question, scope), Trace() if stages else None
        cpu_before, before = time.process_time(), time.perf_counter()
        bench.searcher.search(question.text, documents, _HITS, trace=trace)
        whole, cpu = time.perf_counter() - before, time.process_time() - cpu_before
        if count < warm_up:
            continue
        took = {_WHOLE: whole}
        if trace is not None:
            took = {**trace.seconds, _RANKING: whole - sum(trace.seconds.values()), **took}
        for stage, seconds in took.items():
            wall.setdefault(stage, []).append(seconds)
        processor.append(cpu)
    return {
        "wall": {stage: latency(seconds) for stage, seconds in wall.items()},
        "processor": {_WHOLE: latency(processor)},
    }


def measure_answer_latency(bench: Bench, scope: str) -> dict[str, dict[str, Latency]]:
    """As `measure_latency`, from the question to the first sentence and to the whole of the answer without a model."""
    from app.asking import PASSAGES
    from prompts.answers import SentenceDone
    from prompts.strategies import answer

    questions = bench.questions.questions
    wall: dict[str, list[float]] = {_WHOLE: [], _FIRST: [], _ANSWER: []}
    processor: list[float] = []
    for question in questions:
        documents, first = bench.scope(question, scope), 0.0
        cpu_before, before = time.process_time(), time.perf_counter()
        hits = bench.searcher.search(question.text, documents, PASSAGES)
        found = time.perf_counter() - before
        for event in answer(question.text, hits, "extractive", None, bench.library.page):
            if isinstance(event, SentenceDone) and not first:
                first = time.perf_counter() - before
        whole, cpu = time.perf_counter() - before, time.process_time() - cpu_before
        for stage, seconds in ((_WHOLE, found), (_FIRST, first or whole), (_ANSWER, whole)):
            wall[stage].append(seconds)
        processor.append(cpu)
    warm_up = min(_WARM_UP, len(questions) // 2)
    return {
        "wall": {stage: latency(seconds[warm_up:]) for stage, seconds in wall.items()},
        "processor": {_ANSWER: latency(processor[warm_up:])},
    }


def latency_table(report: dict[str, dict[str, Latency]], loads: Sequence[float]) -> str:
    """Milliseconds, as Markdown; `loads`: the machine's load average before and after."""
    rows = [
        [f"{stage}, {kind} time", f"{1000 * one.p50_s:.1f}", f"{1000 * one.p95_s:.1f}"]
        for kind, stages in report.items()
        for stage, one in stages.items()
    ]
    told = table(["milliseconds", "p50", "p95"], rows)
    return f"{told}\n\n{report['wall'][_WHOLE].n} questions; load {loads[0]} before, {loads[1]} after"


def _run(arguments: argparse.Namespace) -> int:
    import json
    from pathlib import Path

    from eval.report import write_file
    from eval.run import open_bench
    from eval.surroundings import load, surroundings

    bench = open_bench(arguments)
    before = load()
    if arguments.llm:
        from app.wiring import connect_model
        from eval.first_words import measure_first_words

        model = connect_model(settings_of(arguments))
        report = measure_first_words(bench, model, arguments.scope, arguments.questions)
        model.close()
    elif arguments.answers:
        report = measure_answer_latency(bench, arguments.scope)
    else:
        report = measure_latency(bench, arguments.scope, stages=arguments.trace)
    after = load()
    body = {
        "kind": "latency",
        "scope": arguments.scope,
        "surroundings": surroundings(settings_of(arguments)),
        "load": [before, after],
        **{kind: {stage: asdict(one) for stage, one in stages.items()} for kind, stages in report.items()},
    }
    if arguments.out:
        write_file(Path(arguments.out), json.dumps(body, ensure_ascii=False, indent=1) + "\n")
    if arguments.json:
        write_json(body)
    else:
        write(latency_table(report, (before, after)))
    return 0
