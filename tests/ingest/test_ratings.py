"""Ratings in a library: kept, changed, taken back, and gone with what they speak of."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.conversations import Kept
from ingest.errors import NotFound
from ingest.ratings import Rating
from ingest.store import Library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


def added(library: Library, name: str) -> str:
    return library.add_document(name, "default", "me", "ab" * 32).id


def asked(library: Library, *document_ids: str, question: str = "How many?") -> str:
    return library.conversations.keep("me", "", 0, Kept(question, "record"), document_ids)


def test_a_rating_is_kept_changed_and_taken_back(library: Library) -> None:
    ratings, document = library.conversations.ratings, added(library, "a.pdf")
    one = asked(library, document)
    ratings.rate("me", one, 0, Rating(False, "place", "see  the\ntable", document, 7))
    assert ratings.of("me", one) == {0: Rating(False, "place", "see the table", document, 7, "a.pdf")}
    (first,) = ratings.all("me")
    ratings.rate("me", one, 0, Rating(True))
    (rated,) = ratings.all("me")
    assert (rated.id, rated.question, rated.record, rated.rating) == (first.id, "How many?", "record", Rating(True))
    ratings.withdraw("me", one, 0)
    assert ratings.of("me", one) == {} and ratings.all("me") == []


def test_ratings_are_removed_all_or_none(library: Library) -> None:
    ratings = library.conversations.ratings
    for question in ("one", "two"):
        ratings.rate("me", asked(library, question=question), 0, Rating(True))
    ids = [rated.id for rated in ratings.all("me")]
    with pytest.raises(NotFound):
        ratings.remove("me", [*ids, "none"])
    assert [rated.question for rated in ratings.all("me")] == ["one", "two"]
    ratings.remove("me", ids)
    assert ratings.all("me") == []


def test_no_one_rates_sees_or_removes_what_is_anothers(library: Library) -> None:
    ratings, one = library.conversations.ratings, asked(library)
    ratings.rate("me", one, 0, Rating(True))
    (rated,) = ratings.all("me")
    ratings.withdraw("you", one, 0)
    for act in (
        lambda: ratings.rate("you", one, 0, Rating(False)),
        lambda: ratings.remove("you", [rated.id]),
        lambda: ratings.rate("me", one, 1, Rating(True)),
        lambda: ratings.rate("me", one, 0, Rating(True, document_id="gone", page=1)),
    ):
        with pytest.raises(NotFound):
            act()
    assert ratings.all("you") == [] and ratings.of("you", one) == {}
    assert ratings.of("me", one) == {0: Rating(True)}


def test_a_rating_goes_with_its_conversation(library: Library) -> None:
    one = asked(library)
    library.conversations.ratings.rate("me", one, 0, Rating(False, note="a note of my own"))
    library.conversations.remove("me", one)
    with library.database.reading() as db:
        assert db.execute("SELECT COUNT(*) FROM ratings").fetchone() == (0,)


@pytest.mark.parametrize("gone", ["answered from", "right"])
def test_a_rating_goes_with_a_document_that_it_or_its_answer_speaks_of(library: Library, gone: str) -> None:
    answered, right = added(library, "a.pdf"), added(library, "b.pdf")
    one = asked(library, answered)
    library.conversations.ratings.rate("me", one, 0, Rating(False, "place", "the zyxomorph table", right, 2))
    library.forget({"answered from": answered, "right": right}[gone])
    assert library.conversations.ratings.all("me") == []
    assert library.scrub()
    assert b"zyxomorph" not in b"".join(path.read_bytes() for path in library.folder.rglob("*") if path.is_file())
