from __future__ import annotations

import pytest

from retrieval.features import FEATURES, Evidence, Looks, best_window, features, near
from retrieval.lexicon import load_lexicon
from retrieval.profiles import ChunkTerms, Profile
from retrieval.query import Query, understand
from retrieval.terms import terms
from retrieval.wanted import Wanted


def profile(text: str, *headings: str, number: int = 2, parts: frozenset[str] = frozenset()) -> Profile:
    held = " ".join(terms(text))
    figures = sum(term[0].isdigit() for term in held.split()) / max(len(held.split()), 1)
    named = tuple(" ".join(terms(heading)) for heading in headings)
    return Profile(number, named, (), parts, 0.0, figures, (ChunkTerms(0, False, held),))


def ask(question: str) -> Query:
    return understand(question, load_lexicon())


def values(query: Query, *found: Evidence) -> list[dict[str, float]]:
    rarity = dict.fromkeys(query.terms, 1.0)
    return [dict(zip(FEATURES, row, strict=True)) for row in features(Looks(Wanted(query, rarity)), found).tolist()]


def page(held: Profile, document: str = "d", **scores: float) -> Evidence:
    return Evidence((document, held.number), held, "annual report", 4, **scores)  # type: ignore[arg-type]


def test_the_best_window_counts_each_term_once() -> None:
    places = [(0, "a"), (1, "a"), (5, "b"), (9, "c")]
    weights = {"a": 1.0, "b": 2.0, "c": 4.0}
    assert best_window(places, weights, 10) == 7
    assert best_window(places, weights, 9) == 7  # from the second "a"
    assert best_window(places, weights, 5) == 6
    assert best_window(places, weights, 1) == 4
    assert best_window([], weights, 5) == 0


def test_places_near_a_number() -> None:
    places = [(0, "paid"), (12, "fee")]
    assert near(places, [1]) == [(0, "paid")]
    assert near(places, [6]) == places
    assert near(places, [5, 19]) == [(0, "paid")]
    assert near(places, []) == []


def test_a_year_asked_for_is_no_figure() -> None:
    query = ask("How much was the fee in 2020?")
    figure, year = values(query, page(profile("the fee was 700")), page(profile("a fee of 2020", number=3)))
    assert figure["near_figure"] > 0 == year["near_figure"]


def test_order_and_nearness_tell_pages_with_the_same_words_apart() -> None:
    query = ask("harbour master office")
    near, far = values(
        query,
        page(profile("the harbour master office is here")),
        page(profile("office " + "w " * 40 + "master " + "w " * 40 + "harbour", number=3)),
    )
    assert near["chunk"] == far["chunk"] == 1
    assert near["pairs"] == 1 and far["pairs"] == 0
    assert near["window"] == 1 and far["window"] == pytest.approx(1 / 3)


def test_chinese_order_counts_in_the_same_way() -> None:
    query = ask("注册资本")
    right, wrong = values(query, page(profile("公司的注册资本为五亿元")), page(profile("资本注册", number=3)))
    assert right["pairs"] == 1 and wrong["pairs"] == 0


def test_a_part_that_begins_on_the_page() -> None:
    here, elsewhere = values(
        ask("What does Table 4 say?"),
        page(profile("x", parts=frozenset({"table 4"}))),
        page(profile("x", number=3, parts=frozenset({"table 5"}))),
    )
    assert (here["part"], elsewhere["part"]) == (1, 0)


def test_a_statement_needs_its_title_its_lines_and_numbers() -> None:
    lines = "total assets 9 goodwill 8 inventories 7 accounts payable 6 retained earnings 5 total liabilities 4"
    found = values(
        ask("What was the quick ratio?"),
        page(profile(f"Consolidated balance sheets {lines}", "Consolidated balance sheets")),
        page(profile("Consolidated balance sheets are audited", "Consolidated balance sheets", number=3)),
        page(profile(lines, number=1)),
    )
    assert found[0]["statement"] > 0.9
    assert found[1]["statement"] == 0 and found[1]["title"] == pytest.approx((2 / 3) ** 0.5)
    assert found[2]["statement"] == found[2]["title"] == 0


def test_scores_are_compared_with_the_best_and_the_worst_candidate() -> None:
    first, second, third = values(
        ask("harbour"),
        page(profile("harbour"), fused=0.2, cosine=0.7, page_bm25=8.0),
        page(profile("harbour", number=3), fused=0.1, cosine=0.4, page_bm25=4.0),
        page(profile("harbour", number=4), "other", fused=0.1, page_bm25=2.0),
    )
    assert [one["fused"] for one in (first, second, third)] == [1, 0.5, 0.5]
    assert [one["vector"] for one in (first, second, third)] == pytest.approx([0.3, 0, 0])
    assert [one["document_best"] for one in (first, second, third)] == [1, 1, 0.25]


def test_a_file_name_that_joins_words_is_understood() -> None:
    query = ask("revenue of Best Buy")
    rarity = dict.fromkeys(query.terms, 1.0)
    assert Wanted(query, rarity).name_share("bestbuy 2023 10k") == pytest.approx(2 / 3)
    assert Wanted(query, rarity).name_share("costco 2021") == 0


def test_all_is_finite_without_any_word() -> None:
    found = values(ask("?"), page(profile("")), page(profile("a", number=1)))
    assert all(0 <= value <= 1 for row in found for value in row.values())
    assert features(Looks(Wanted(ask("a"), {})), []).shape == (0, len(FEATURES))
