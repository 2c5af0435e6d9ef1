from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.records import BlockKind, Chunk, Span
from retrieval.profiles import ChunkTerms, Profile, contents_share, loads, plain_name, profile_of
from retrieval.terms import terms


def chunk(ordinal: int, text: str, *section: str, kind: BlockKind = BlockKind.TEXT) -> Chunk:
    return Chunk(f"c-{ordinal}", "c", ordinal, kind, text, section, (Span(0, len(text), 3, 0, 0),))


def made() -> Profile:
    chunks = [
        chunk(4, "Balance sheet\nTable 2 shows it.", "Annual report", "Statements", "Balance sheet"),
        chunk(5, "cash | 17\nshares | 20", "Annual report", "Statements", "Balance sheet", kind=BlockKind.TABLE),
    ]
    return profile_of(3, chunks, [" ".join(terms(one.text)) for one in chunks], "Annual report")


def test_a_page_in_terms() -> None:
    profile = made()
    assert profile.headings == ("balanc sheet",)
    assert profile.above == ("statement",)
    assert profile.parts == {"table 2"}
    assert profile.chunks == (ChunkTerms(4, False, "balanc sheet tabl 2 show"), ChunkTerms(5, True, "cash 17 share 20"))
    assert profile.figures == pytest.approx(3 / 9)
    assert profile.contents == 0


def test_a_profile_comes_back_from_its_bytes() -> None:
    profile = made()
    back = loads(profile.dumps())
    assert back.chunks == profile.chunks and back.parts == profile.parts and back.headings == profile.headings
    assert back.figures == pytest.approx(profile.figures, abs=5e-4)


def test_where_a_chunks_terms_stand() -> None:
    chunk = ChunkTerms(0, False, "fee 7 fee 2020 12m paid")
    assert chunk.places({"fee", "paid", "2019"}) == [(0, "fee"), (2, "fee"), (5, "paid")]
    assert chunk.numbers(set()) == [1, 3, 4]
    assert chunk.numbers({"2020"}) == [1, 4]


def test_what_each_chunk_holds_comes_in_the_order_asked() -> None:
    profile = made()
    assert profile.held_by_chunk(["cash", "sheet", "17", "balanc"]) == [["sheet", "balanc"], ["cash", "17"]]
    assert profile.held_by_chunk(["shar", "ance", "1"]) == [[], []]  # parts of terms are none
    (one,) = profile.chunks[1:]
    assert replace(profile, chunks=(one,)).held_by_chunk(["cash", "sheet"]) == [["cash"]]


def test_damaged_bytes_are_refused() -> None:
    for damaged in (b"", b"{}", b"[1]"):
        with pytest.raises(ValueError):
            loads(damaged)


def test_a_table_of_contents_is_known_by_rising_page_numbers() -> None:
    entries = [f"Chapter {word} ..... {page}" for word, page in zip("abcdef", (3, 9, 9, 14, 20, 31), strict=True)]
    assert contents_share(["Contents", *entries]) == pytest.approx(5 / 7)
    assert contents_share([f"line {n} | {value}" for n, value in enumerate((900, 20, 700, 3, 800, 10))]) == 0
    assert contents_share(entries[:3]) == 0


def test_a_name_as_words() -> None:
    assert plain_name("Best_Buy_2022.v2.pdf") == "Best Buy 2022.v2"
