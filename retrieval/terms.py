"""Text to the terms that keyword search counts: English stems, numbers, Chinese bigrams.

Pure; it does not know which index counts them. The same function serves passages and questions.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_HAN}]+|\d+(?:[.,]\d+)*|[^\W\d_{_HAN}]+(?:'[^\W\d_{_HAN}]+)?(?:\d+)?")
_ASCII_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[a-z]+(?:'[a-z]+)?(?:\d+)?", re.ASCII)  # what _TOKEN is on such a text
_IS_HAN = re.compile(rf"[{_HAN}]")
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")

STOP_WORDS = frozenset(
    """a an and are as at be been but by can did do does for from had has have how i if in into is it its of on or our
    s should so such than that the their them then there these they this those to was we were what when where which
    who whom whose why will with would you your not no nor any all each both about over under also""".split()  # noqa: SIM905
)


class _Stemmer(threading.local):
    """A stemmer for each thread: it keeps the word at work in itself, so that two threads would mix theirs up."""

    def __init__(self) -> None:
        import snowballstemmer

        self.stem = snowballstemmer.stemmer("english").stemWord


@lru_cache(maxsize=1)
def _stemmer() -> _Stemmer:
    return _Stemmer()


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The Snowball English stem of a lower-case word."""
    return str(_stemmer().stem(word))


def _number(token: str) -> str:
    """A number without its thousands separators and trailing zeros: "17,606.50" and "17606.5" are one term."""
    if token.isdecimal():
        return token
    parts = token.split(",")
    if len(parts) > 1 and all(len(part.split(".")[0]) == 3 for part in parts[1:]):
        token = "".join(parts)
    return token.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", token) else token


def _han(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _folded(text: str) -> str:
    """Lower-case, in compatibility form, apostrophes straight, without white space between Han characters."""
    if text.isascii():
        return text.lower()
    return _BETWEEN_HAN.sub("", unicodedata.normalize("NFKC", text).lower().replace("’", "'"))


@lru_cache(maxsize=200_000)
def _term(token: str) -> str:
    """The term of a number or a word that is not Chinese; empty for a function word."""
    if token[0].isdigit():
        return _number(token)
    return "" if token in STOP_WORDS else stem(token.removesuffix("'s"))


def _split(folded: str) -> list[str]:
    if folded.isascii():
        return list(filter(None, map(_term, _ASCII_TOKEN.findall(folded))))
    found: list[str] = []
    for token in _TOKEN.findall(folded):
        if _IS_HAN.match(token):
            found.extend(_han(token))
        elif term := _term(token):
            found.append(term)
    return found


def terms(text: str) -> list[str]:
    """The terms of `text` in order, repeated as often as they occur; never one with white space.

    English words are folded, stemmed and freed of function words; runs of Han characters give their bigrams
    (a run of one gives itself); line ends between Han characters do not cut a run.
    """
    return _split(_folded(text))


def terms_of_lines(texts: Sequence[str]) -> tuple[list[list[str]], list[str]]:
    """The terms of each text, and those of all of them as lines of one text, for little more than the price of one."""
    folded = [_folded(text) for text in texts]
    each = [_split(line) for line in folded]
    edges = [(line[0], line[-1]) for line in map(str.strip, folded) if line]
    if any(_IS_HAN.match(end) and _IS_HAN.match(start) for (_, end), (start, _) in zip(edges, edges[1:], strict=False)):
        return each, terms("\n".join(texts))  # a run of Han characters goes on over a line's end
    return each, [term for found in each for term in found]


def is_chinese(text: str) -> bool:
    """Whether `text` is mostly Chinese, as far as a question goes: any Han character decides."""
    return bool(_IS_HAN.search(text))
