"""How likely it is that the documents asked hold an answer at all, by what their best pages show.

It knows weights from a file that people can read, not how they were learnt (`recto eval train` learns them).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ingest.errors import BadSetup
from retrieval.features import FEATURES, Evidence, Floats, Looks, features
from retrieval.wanted import Wanted

FILE = Path(__file__).with_name("presence.toml")
PAGES = 5
"""How many of the best pages are looked at."""

_BEST_OF = ("section", "pairs", "near_figure", "name", "part", "picture_asked", "front_asked", "contents_asked")
SIGNS = {**{name: FEATURES[name] for name in _BEST_OF}, "cosine": "cosine of the nearest chunk"}
"""What is weighed, by name: of the best pages the highest. Rarity is that in the whole library."""

CONSTANT = "constant"
_COLUMNS = [list(FEATURES).index(name) for name in _BEST_OF]


def signs_of(wanted: Wanted, best: Sequence[Evidence]) -> Floats:
    """float64, shape (signs,); 0 without a page. `wanted`: by rarity in the library; `best`: the best pages."""
    if not best:
        return np.zeros(len(SIGNS))
    highest: Floats = features(Looks(wanted), best)[:, _COLUMNS].max(axis=0)
    return np.append(highest, max(one.cosine for one in best))


@dataclass(frozen=True, slots=True)
class Presence:
    """Weights by sign and a constant: with vectors, and for questions of which the embedder knows nothing."""

    with_vectors: Mapping[str, float]
    by_words: Mapping[str, float]

    def probability(self, signs: Floats) -> float:
        """That the documents hold an answer, where as many questions have one as have none: 1 / (1 + exp(-w x - c))."""
        known = dict(zip(SIGNS, signs.tolist(), strict=True))
        weights = self.with_vectors if known["cosine"] > 0 else self.by_words
        odds = weights.get(CONSTANT, 0.0) + sum(weights.get(name, 0.0) * value for name, value in known.items())
        return 1 / (1 + math.exp(-min(max(odds, -50.0), 50.0)))


@lru_cache(maxsize=2)
def load_presence(file: Path = FILE) -> Presence:
    """Raises BadSetup where the file is missing, damaged, or names signs that there are not."""
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
        sides = [
            {str(name): float(weight) for name, weight in read[side].items()} for side in ("with_vectors", "by_words")
        ]
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise BadSetup(f"the weights {file} cannot be read: {error}") from error
    unknown = {name for side in sides for name in side} - SIGNS.keys() - {CONSTANT}
    if unknown:
        raise BadSetup(f"the weights {file} weigh unknown signs: {', '.join(sorted(unknown))}")
    return Presence(*sides)
