from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from eval_made import QUESTIONS, CoarseEmbedder, made_bench, made_library, made_set
from fakes import text_block

from app.cli import main
from eval.datasets import Question
from eval.failures import Failure, branch_ranks, failure_of, find_misses, held_share, is_parsed
from eval.run import Bench
from ingest.records import BlockKind, Page
from retrieval.hits import Candidate
from retrieval.search import Searcher, SearchOptions

QUESTION = Question("1", "What was the operating margin?", "a.pdf", (2,), (), ("all",), answer="36.80 % in 2021")


def page(text: str, kind: BlockKind = BlockKind.TEXT) -> Page:
    return Page(2, 600, 800, (text_block(text, kind),) if text else ())


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("It was 36.8.", True),  # half of the answer's terms: 36.8 and 2021
        ("The operating costs rose.", True),  # the answer is worked out, but a term of the question is there
        ("Sales rose in 1999.", False),
        ("", False),
    ],
)
def test_when_a_gold_page_is_parsed(text: str, parsed: bool) -> None:
    assert is_parsed(QUESTION, [page(text)]) is parsed
    assert is_parsed(QUESTION, [page(""), page(text, BlockKind.FURNITURE)]) is parsed


def test_chinese_words_are_counted_by_pairs() -> None:
    assert held_share("注册资本", {"注册", "资本"}) == pytest.approx(2 / 3)
    assert held_share("", {"a"}) == 0


def test_ranks_in_branches_count_distinct_pages() -> None:
    def found(*pages: int) -> list[Candidate]:
        return [Candidate("d", page, n, 1.0) for n, page in enumerate(pages)]

    recalled = {"words": found(1, 1, 3, 2), "pages": found(2), "vectors": found(1)}
    assert branch_ranks(QUESTION, recalled, {"d": "a.pdf"}) == {"words": 3, "pages": 1, "vectors": None}
    assert branch_ranks(QUESTION, recalled, {"d": "b.pdf"}) == {"words": None, "pages": None, "vectors": None}
    assert branch_ranks(replace(QUESTION, pages=()), recalled, {"d": "a.pdf"})["vectors"] == 1


def test_the_first_stage_that_lost_a_question_is_its_class() -> None:
    assert failure_of(False, {"words": 1}) is Failure.NOT_PARSED
    assert failure_of(True, {"words": None, "pages": None}) is Failure.NOT_RECALLED
    assert failure_of(True, {"words": None, "pages": 30}) is Failure.RANKED_LOW


_BURIED = ("words", "pages", "expanded", "focused")
BROKEN = SearchOptions(weights=(*((branch, 0.0) for branch in _BURIED), ("vectors", 0.6)), reranked=0)
BLIND = replace(BROKEN, recalled=1)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("failures")
    return made_bench(made_set(folder / "set"), made_library(folder / "library"), folder / "cache", BROKEN)


def test_pages_that_words_found_and_fusion_buried_are_ranked_low(bench: Bench) -> None:
    misses = find_misses(bench, "corpus")
    assert len(misses) > QUESTIONS // 4
    assert {miss.failure for miss in misses} == {Failure.RANKED_LOW}
    assert all(miss.branch_ranks["words"] == 1 and (miss.rank is None or miss.rank > 5) for miss in misses)
    assert all(
        miss.first is not None and miss.first != (miss.question.document, *miss.question.pages) for miss in misses
    )


def test_pages_that_no_branch_found_are_not_recalled(bench: Bench, tmp_path: Path) -> None:
    wrong = replace(bench.questions, questions=tuple(_elsewhere(one) for one in bench.questions.questions))
    misses = find_misses(made_bench(wrong, bench.library, tmp_path, BLIND), "document")
    assert Failure.NOT_RECALLED in {miss.failure for miss in misses}
    assert all(not any(miss.branch_ranks.values()) for miss in misses if miss.failure is Failure.NOT_RECALLED)


def _elsewhere(question: Question) -> Question:
    """The same question, its gold said to be on the next page; every page holds the answer "item"."""
    return replace(question, pages=(question.pages[0] % 6 + 1,), answer="item")


def test_pages_without_text_are_not_parsed(bench: Bench) -> None:
    missing = replace(bench.questions, questions=tuple(replace(q, pages=(99,)) for q in bench.questions.questions))
    misses = find_misses(replace(bench, questions=missing), "document")
    assert [miss.failure for miss in misses] == [Failure.NOT_PARSED] * QUESTIONS


def test_the_command(bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("eval.run.build_searcher", lambda _, library: Searcher(library, CoarseEmbedder(), BROKEN))
    command = ["eval", "failures", str(bench.questions.folder), "--library", str(bench.library.folder), "--no-ingest"]
    assert main([*command, "--scope", "corpus"]) == 0
    shown = capsys.readouterr().out
    assert " ".join(shown.splitlines()[0].split()) == "slice n missed not parsed not recalled ranked low"
    assert "ranked low: 0-" in shown and "(words 1, pages 1, expanded none, vectors" in shown
    assert main([*command, "--scope", "corpus", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    everything = report["slices"]["all"]
    assert everything["missed"] == everything["ranked low"] == len(report["misses"]) and everything["n"] == QUESTIONS
    assert report["misses"][0]["branch_ranks"]["words"] == 1
