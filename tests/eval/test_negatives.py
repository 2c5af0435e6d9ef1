from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import pytest
from eval_made import DOCUMENTS, QUESTIONS, CoarseEmbedder, made_bench, made_library, made_set

from app.cli import main
from eval.datasets import Question
from eval.negatives import KINDS, Bm25, Negative, all_asked, bags_of, is_refused, make_negatives, measure_refusals
from eval.run import Bench
from retrieval.search import Searcher
from retrieval.terms import terms

TEXTS = {
    "ferry.pdf": "The ferry crosses the strait. Tickets cost four euros.",
    "tram.pdf": "The tram crosses the town. Tickets cost two euros.",
    "lamps.pdf": "Lamps burn oil.",
    "copy.pdf": "The ferry crosses the strait. Tickets cost four euros.",
    "渡轮.pdf": "渡轮横渡海峡，票价四元。",
    "电车.pdf": "电车穿过城市。",
}
BAGS = {name: Counter(terms(text)) for name, text in TEXTS.items()}


def asked(id_: str, text: str, document: str, origin: str, pages: tuple[int, ...] = (1,)) -> Question:
    return Question(id_, text, document, pages, (), ("all",), origin=origin)


FERRY = asked("1", "What do ferry tickets cost?", "ferry.pdf", "boats")
ASKED = [
    FERRY,
    asked("2", "Where does the tram go?", "tram.pdf", "boats"),
    asked("3", "What do lamps burn?", "lamps.pdf", "boats"),
    asked("4", "渡轮票价是多少？", "渡轮.pdf", "boats", ()),
    asked("5", "电车去哪里？", "电车.pdf", "rails"),
]


def test_the_three_negatives_of_a_question() -> None:
    made = [negative for negative in make_negatives(ASKED, BAGS) if negative.question is FERRY]
    random, nearest, own = made
    assert random.kind == "random" and random.document in {"tram.pdf", "lamps.pdf"}  # its language, not its own copy
    assert nearest == Negative(FERRY, "nearest", "tram.pdf")
    assert own == Negative(FERRY, "own without gold", "ferry.pdf", (1,))


def test_what_cannot_be_made_is_left_out() -> None:
    kinds = {question.id: [n.kind for n in make_negatives(ASKED, BAGS) if n.question is question] for question in ASKED}
    assert kinds["4"] == ["random", "nearest"]  # its gold has no pages
    assert kinds["5"] == ["random", "own without gold"]  # no other document of its origin
    assert [n.document for n in make_negatives(ASKED[3:4], BAGS) if n.kind == "random"] == ["电车.pdf"]


def test_a_seed_draws_the_same_whatever_else_is_asked() -> None:
    def drawn(questions: list[Question], seed: int) -> list[str]:
        return [n.document for n in make_negatives(questions, BAGS, seed) if n.kind == "random" and n.question is FERRY]

    assert drawn(ASKED, 3) == drawn(ASKED[:1], 3) == drawn(ASKED[::-1], 3)
    assert len({tuple(drawn(ASKED, seed)) for seed in range(20)}) == 2


def test_bm25_by_hand() -> None:
    """Two documents of 2 and 4 terms, average 3; "oil" stands in the first only: idf = ln(1 + 1.5 / 1.5) = ln 2."""
    bm25 = Bm25({"a": Counter(oil=1, lamp=1), "b": Counter(lamp=3, tram=1)})
    scores = bm25.scores("oil?", ["a", "b"])
    assert scores == {"a": pytest.approx(math.log(2) / (1 + 1.2 * (0.25 + 0.75 * 2 / 3))), "b": 0}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("negatives")
    return made_bench(made_set(folder / "set"), made_library(folder / "library"), folder / "cache")


def test_gold_pages_left_out_are_in_no_hit(bench: Bench) -> None:
    for question in bench.questions.questions[:12]:
        document = bench.documents[question.document]
        everything = bench.search(question.text, [document])
        without = bench.search(question.text, [document], without={(document.id, page) for page in question.pages})
        assert {hit.chunk.page for hit in everything} - {hit.chunk.page for hit in without} == set(question.pages)


def test_what_is_not_in_the_document_is_refused(bench: Bench) -> None:
    question, *_ = bench.questions.questions
    own, other = bench.documents[question.document], bench.documents["made-5.pdf"]
    assert not is_refused(bench, question.text, [own])
    assert is_refused(bench, question.text, [other])
    assert is_refused(bench, question.text, [own], frozenset({(own.id, question.pages[0])}))


def test_refusals_are_counted_by_kind_and_slice(bench: Bench) -> None:
    report = measure_refusals(bench, all_asked(bench))
    assert report == measure_refusals(bench, all_asked(bench))
    assert set(report["slices"]) == {"all", "north", "north/table", "north/text", "south", "south/table", "south/text"}
    everything = report["slices"]["all"]
    assert {kind: found["n"] for kind, found in everything.items()} == dict.fromkeys(everything, QUESTIONS)
    assert list(everything) == ["answerable", "random", "nearest", "own without gold"]
    assert everything["answerable"]["refused"] < 0.2 < 0.9 < everything["random"]["refused"]
    refused = sum(row["refused"] for row in report["rows"] if row["negative"] == "answerable")
    assert everything["answerable"]["refused"] == round(refused / QUESTIONS, 4)
    assert all(
        row["scores"]["right"] == (row["refused"] == (row["negative"] != "answerable")) for row in report["rows"]
    )
    assert len({row["id"] for row in report["rows"]}) == 4 * QUESTIONS


def test_bags_hold_the_documents_terms(bench: Bench) -> None:
    bags = bags_of(bench)
    assert len(bags) == DOCUMENTS and all(bag["item"] >= 6 for bag in bags.values())


def test_the_command(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("eval.run.build_searcher", lambda _, library: Searcher(library, CoarseEmbedder()))
    out = tmp_path / "out.json"
    folders = [str(bench.questions.folder), "--library", str(bench.library.folder)]
    assert main(["eval", "negatives", *folders, "--no-ingest", "--out", str(out)]) == 0
    assert " ".join(capsys.readouterr().out.splitlines()[0].split()) == "refused " + " ".join(KINDS)
    assert main(["eval", "compare", str(out), str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["slices"]["nearest"]["right"]["n"] == QUESTIONS
