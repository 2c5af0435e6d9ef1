"""Words that a checker of facts must know: those that mean the same, those that exclude each other, those that limit.

Closed classes of both languages, by hand, in lexicon.txt. It does not know where the words stand.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

NEGATION = "not"


@lru_cache(maxsize=1)
def _sections() -> dict[str, list[str]]:
    """The lines of each section of lexicon.txt."""
    sections: dict[str, list[str]] = {}
    name = ""
    for line in Path(__file__).with_name("lexicon.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            sections.setdefault(name, []).append(line)
    return sections


def _words(section: str) -> list[str]:
    return " ".join(_sections()[section]).replace("|", " ").split()


@lru_cache(maxsize=1)
def canonical_words() -> dict[str, str]:
    """Each word -> the first of those that mean the same."""
    found: dict[str, str] = {}
    for line in _sections()["equal"]:
        first, *others = line.split()
        for word in (first, *others):
            found.setdefault(word, first)
    return found


@lru_cache(maxsize=1)
def _classes() -> dict[str, list[tuple[int, str]]]:
    """Each word -> (number of a class, name of its group in it)."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number, line in enumerate(_sections()["excluding"]):
        for group in line.split("|"):
            words = group.split()
            for word in words:
                found.setdefault(canonical(word), []).append((number, words[0]))
    return found


def canonical(word: str) -> str:
    """`word`, in lower case, or the word that stands for all of its meaning."""
    return canonical_words().get(word, word)


def excludes(one: str, other: str) -> bool:
    """Whether two canonical words are of one class and exclude each other."""
    classes = _classes()
    theirs = dict(classes.get(other, ()))
    mine = classes.get(one, ())
    shared = [number for number, _ in mine if number in theirs]
    return bool(shared) and all(theirs[number] != group for number, group in mine if number in theirs)


@lru_cache(maxsize=1)
def limiting() -> frozenset[str]:
    """Canonical words without which a statement says more than its evidence."""
    return frozenset(map(canonical, _words("limiting")))


@lru_cache(maxsize=1)
def empty() -> frozenset[str]:
    """Canonical words that may come and go."""
    return frozenset(map(canonical, _words("empty")))


@lru_cache(maxsize=1)
def referring() -> frozenset[str]:
    """Canonical words in whose place a name may stand."""
    return frozenset(map(canonical, _words("referring")))


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """Every word that stands in this lexicon."""
    return frozenset(word for section in _sections() for word in _words(section))


@lru_cache(maxsize=1)
def longest_chinese() -> int:
    """Characters of the longest Chinese word."""
    return max(len(word) for word in known_words() if ord(word[0]) > 0x2E80)
