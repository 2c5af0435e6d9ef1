"""How long a question takes: as a new command, and over REST from a server that is warm.

It does not know how the library was made. Times are what the asker sees: over REST they hold the HTTP exchange, the
search, the boxes of every hit and the JSON.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from eval.datasets import Question
from eval.metering import ROOT, Account, Meter, recto_kind, run_metered
from ingest.errors import BadSetup

SCOPES = ("document", "corpus")
CUTOFFS = (1, 5, 10)

_COLD = 5  # commands
_WARM_UP = 20  # questions asked before any is timed
_TIMED_HITS = 10
_RANKED_HITS = 60  # passages asked for where pages are ranked, so that ten distinct pages are among them
_START_S = 120.0

Pages = list[tuple[str, int]]
Ranked = dict[str, list[Pages]]


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds: the median and the 95th percentile of `n` questions."""

    p50_s: float
    p95_s: float
    n: int


def latency(seconds: Sequence[float]) -> Latency:
    """Raises ValueError for no measurement."""
    if not seconds:
        raise ValueError("nothing was timed")
    return Latency(float(np.percentile(seconds, 50)), float(np.percentile(seconds, 95)), len(seconds))


def own_documents(question: Question) -> tuple[str, ...]:
    """What the question sees in scope `document`."""
    return question.candidates or (question.document,)


def hit_rates(questions: Sequence[Question], rankings: Sequence[Pages]) -> dict[str, float]:
    """Share of the questions with a gold page among the first k distinct pages of their ranking, 0 to 1.

    Where only the document is known, the first k distinct documents count.
    """
    hits = dict.fromkeys(CUTOFFS, 0)
    for question, ranking in zip(questions, rankings, strict=True):
        gold: set[object] = {(question.document, page) for page in question.pages} or {question.document}
        items: list[object] = [(name, page) if question.pages else name for name, page in ranking]
        distinct = list(dict.fromkeys(items))
        for k in CUTOFFS:
            hits[k] += any(item in gold for item in distinct[:k])
    return {f"hit@{k}": count / len(questions) for k, count in hits.items()}


def recto_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app", *arguments]


def cold_searches(questions: Sequence[Question], library: Path) -> tuple[float, Latency, float]:
    """Seconds of the first `recto search` after an ingest, which builds the word indexes; then of later ones.

    Each is a process of its own, from its start to its end. The last figure is the median processor time of the later
    ones. The files are in the system's cache.
    """
    walls, cpu = [], []
    chosen = [*questions[:: max(len(questions) // _COLD, 1)]][:_COLD]
    for question in [chosen[0], *chosen]:
        command = recto_command("search", question.text, "--library", str(library), "--json")
        cost = run_metered(command, recto_kind)
        walls.append(cost.wall_s)
        cpu.append(cost.cpu_s)
    return walls[0], latency(walls[1:]), float(np.median(cpu[1:]))


@contextmanager
def serving(library: Path, environment: Mapping[str, str] | None = None) -> Iterator[tuple[httpx.Client, int]]:
    """`recto serve` over a library on a free port: a client of its REST API, and its process id.

    `environment`: variables beside those of this process.
    """
    command = recto_command("serve", "--port", "0", "--library", str(library))
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        address = next((word for word in words if word.startswith("http://")), "")
        if not address:
            raise BadSetup("recto serve did not start", hint="see what recto serve says")
        client = httpx.Client(base_url=f"{address}/api/v1", timeout=_START_S, trust_env=False)
        with client:
            yield client, process.pid
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def served(library: Path) -> Iterator[tuple[httpx.Client, Account]]:
    """The same; its account (memory too) is complete after the block."""
    with serving(library) as (client, pid), Meter(pid, recto_kind) as meter:
        yield client, meter.account


def _asker(client: httpx.Client) -> Callable[[Question, str, int], Pages]:
    """A function that asks the server, and gives the (document, page) of the hits, best first."""
    listed = client.get("/documents").raise_for_status().json()
    ids = {document["document"]: document["document_id"] for document in listed}

    def ask(question: Question, scope: str, k: int) -> Pages:
        body: dict[str, object] = {"question": question.text, "k": k}
        if scope == "document":
            body["documents"] = [ids[name] for name in own_documents(question)]
        hits = client.post("/search", json=body).raise_for_status().json()["hits"]
        return [(hit["document"], hit["page"]) for hit in hits]

    return ask


def warm_searches(questions: Sequence[Question], library: Path) -> tuple[dict[str, Latency], Ranked, Account]:
    """For each scope the latency of every question asked once for 10 passages, one after the other; the pages found.

    The pages are asked for apart, untimed, because ten distinct pages need more passages.
    """
    timed: dict[str, Latency] = {}
    ranked: Ranked = {}
    with served(library) as (client, account):
        ask = _asker(client)
        for scope in SCOPES:
            for question in questions[:_WARM_UP]:
                ask(question, scope, _TIMED_HITS)
            seconds = []
            for question in questions:
                began = time.perf_counter()
                ask(question, scope, _TIMED_HITS)
                seconds.append(time.perf_counter() - began)
            timed[scope] = latency(seconds)
        for scope in SCOPES:
            ranked[scope] = [ask(question, scope, _RANKED_HITS) for question in questions]
    return timed, ranked, account
