"""Where sentences begin and end, in Chinese and English. Pure text; it knows nothing of pages."""

from __future__ import annotations

import re

_ABBREVIATIONS = frozenset(
    """mr mrs ms dr prof sr jr st inc ltd co corp llc plc no nos fig figs eq eqs sec vol vols ch pp p art arts par
    approx dept est etc vs cf al e.g i.e u.s u.k u.n a.m p.m ph.d jan feb mar apr jun jul aug sep sept oct nov dec
    ref refs tab app ed eds rev""".split()  # noqa: SIM905
)
_END = re.compile(
    r"""(?P<cjk>[。！？；…]+[”’」』）)\]"']*)          # a Chinese end needs nothing after it
      | (?P<latin>[.!?]+["'”’)\]]*)(?=\s+\S)          # an English one needs a space
      | (?P<line>\n)""",
    re.VERBOSE,
)
_LIST_NUMBER = re.compile(r"(?:^|[A-Za-z]{4}[.!?]\s+|[:;。：；]\s*)\(?\d{1,2}$")
_LAST_WORD = re.compile(r"[A-Za-z.]+$")


def _ends_sentence(text: str, start: int, end: int) -> bool:
    """Whether the English full stop at `text[start:end]` ends a sentence."""
    following = text[end:].lstrip()[:1]
    if following and following.islower():
        return False
    if text[start] != ".":
        return True
    match = _LAST_WORD.search(text, max(0, start - 12), start)
    word = match.group().lower() if match else ""
    initial = len(word) == 1 and word.isalpha() and text[start - 1].isupper()
    numbered = bool(_LIST_NUMBER.search(text[max(0, start - 12) : start])) if start else False
    return not (word in _ABBREVIATIONS or initial or numbered)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Half-open ranges of the sentences of `text`, without the white space between them."""
    ends = [
        match.end()
        for match in _END.finditer(text)
        if match.lastgroup != "latin" or _ends_sentence(text, match.start(), match.end())
    ]
    spans: list[tuple[int, int]] = []
    start = 0
    for end in [*ends, len(text)]:
        piece = text[start:end]
        stripped = piece.strip()
        if stripped:
            begin = start + len(piece) - len(piece.lstrip())
            spans.append((begin, begin + len(stripped)))
        start = end
    return spans
