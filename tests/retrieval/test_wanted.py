from __future__ import annotations

from retrieval.lexicon import load_lexicon
from retrieval.profiles import ChunkTerms, Profile
from retrieval.query import understand
from retrieval.wanted import Wanted


def wanted(question: str, **rarity: float) -> Wanted:
    return Wanted(understand(question, load_lexicon()), rarity)


def test_shares_go_by_rarity() -> None:
    asked = wanted("harbour master office", harbour=1.0, master=2.0, offic=5.0)
    assert asked.share({"harbour", "offic"}) == 6 / 8
    assert asked.name_share("harbour 2023") == 1 / 8
    assert wanted("harbour").share({"harbour"}) == 0  # of which nothing is known


def test_a_pair_counts_where_its_terms_are_neighbours() -> None:
    asked = wanted("harbour master office", harbour=1.0, master=2.0, offic=5.0)  # pairs of 3 and 7
    assert asked.pairs_share(" the harbour master left ", {"harbour", "master"}) == 3 / 10
    assert asked.pairs_share(" master of the harbour ", {"harbour", "master"}) == 0


def test_what_each_chunk_of_a_page_holds() -> None:
    asked = wanted("harbour master", harbour=1.0, master=3.0)
    chunks = (ChunkTerms(4, False, "harbour light"), ChunkTerms(5, True, "master harbour"), ChunkTerms(6, False, ""))
    page = Profile(2, (), (), frozenset(), 0.0, 0.0, chunks)
    assert asked.held_by_chunk(page) == {4: 0.25, 5: 1.0, 6: 0.0}
    assert asked.held_by_chunk(None) == {}


def test_what_a_documents_name_says_is_no_news_in_it() -> None:
    asked = wanted("dues of the harbour office", due=3.0, harbour=1.0, offic=4.0)
    inside = asked.beyond("harbour rule")
    assert inside.share({"harbour"}) == 0
    assert inside.share({"due", "offic"}) == 7 / 8  # of the whole question, the name included
    assert inside.pairs_share(" harbour offic ", {"harbour", "offic"}) == 4 / 9  # of pairs of 4 and 5
    assert asked.share({"harbour"}) == 1 / 8
    assert asked.beyond("tram rule") is asked
