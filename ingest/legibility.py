"""Which scripts an embedder reads: the share of unknown tokens among texts, script by script.

It does not know where the texts come from, nor what follows from it.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ingest.embed import MOST_UNKNOWN, Embedder


@dataclass(frozen=True, slots=True)
class Legibility:
    """How well an embedder reads the texts of one script.

    `texts` of it were looked at, `left_out` of them have more unknown tokens than it can stand and get no vector;
    `unknown` is the mean share of unknown tokens, 0 to 1.
    """

    script: str
    texts: int
    left_out: int
    unknown: float

    @property
    def read(self) -> bool:
        return self.unknown <= MOST_UNKNOWN


def script_of(text: str) -> str:
    """The script of most of the text's letters, as Unicode names it (Latin, Cjk, …); empty where it has none."""
    counts = Counter(_script(letter) for letter in text if letter.isalpha())
    return counts.most_common(1)[0][0] if counts else ""


@lru_cache(maxsize=8192)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "unknown").split()[0].split("-")[0].capitalize()


def legibility(embedder: Embedder, texts: Iterable[str]) -> list[Legibility]:
    """For each script among the texts, the most frequent first."""
    shares: dict[str, list[float]] = {}
    for text in texts:
        if script := script_of(text):
            shares.setdefault(script, []).append(embedder.unknown_share(text))
    found = [
        Legibility(script, len(of), sum(share > MOST_UNKNOWN for share in of), sum(of) / len(of))
        for script, of in shares.items()
    ]
    return sorted(found, key=lambda one: (-one.texts, one.script))
