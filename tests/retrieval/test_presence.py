from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.errors import BadSetup
from retrieval.features import Evidence
from retrieval.lexicon import load_lexicon
from retrieval.presence import FILE, SIGNS, Presence, load_presence, signs_of
from retrieval.profiles import ChunkTerms, Profile
from retrieval.query import understand
from retrieval.wanted import Wanted

WEIGHTS = """
[with_vectors]
constant = -2.0
cosine = 4.0

[by_words]
constant = -1.0
section = 3.0
"""


def page(text: str, number: int, cosine: float = 0.0) -> Evidence:
    profile = Profile(number, (), (), frozenset(), 0.0, 0.0, (ChunkTerms(number, False, text),))
    return Evidence(("d", number), profile, "harbour rule", 9, cosine=cosine)


def signs(**values: float) -> np.ndarray:
    return np.array([values.get(name, 0.0) for name in SIGNS])


def test_of_the_best_pages_the_best_counts() -> None:
    wanted = Wanted(understand("harbour master office", load_lexicon()), {"harbour": 1.0, "master": 2.0, "offic": 5.0})
    found = dict(zip(SIGNS, signs_of(wanted, [page("harbour master", 1, 0.2), page("offic", 2, 0.4)]), strict=True))
    assert found["section"] == 5 / 8
    assert found["pairs"] == 3 / 10
    assert found["name"] == 1 / 8
    assert found["cosine"] == 0.4
    assert not signs_of(wanted, []).any()


def test_a_language_without_vectors_is_judged_by_words(tmp_path: Path) -> None:
    file = tmp_path / "presence.toml"
    file.write_text(WEIGHTS)
    presence = load_presence(file)
    assert presence.probability(signs(cosine=0.5, section=1.0)) == 0.5
    assert presence.probability(signs(section=1.0)) == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert Presence({}, {"constant": 1e6}).probability(signs()) == pytest.approx(1)


@pytest.mark.parametrize("wrong", ["", "[with_vectors]\n", '[with_vectors]\nsection = "a"\n[by_words]\n', "["])
def test_weights_that_cannot_be_read_are_named(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "presence.toml"
    file.write_text(wrong)
    with pytest.raises(BadSetup, match="presence.toml"):
        load_presence(file)


def test_an_unknown_sign_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "presence.toml"
    file.write_text(WEIGHTS + "weather = 1.0\n")
    with pytest.raises(BadSetup, match="weather"):
        load_presence(file)


def test_what_recto_ships_says_more_of_more() -> None:
    presence = load_presence(FILE)
    little, much = signs(cosine=0.2, section=0.2), signs(cosine=0.8, section=0.9, pairs=0.6)
    assert presence.probability(little) < 0.3 < 0.7 < presence.probability(much)
    assert all(weight >= 0 for side in (presence.with_vectors, presence.by_words) for weight in list(side.values())[1:])
