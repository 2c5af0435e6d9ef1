"""What the number at the start of a heading says: "1.2.3", "A.1", "Item 7A.", "第三章", "（一）".

Pure text; it does not know where on the page the text stands.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Numbering(NamedTuple):
    """A heading's number. `rank`: schemes of one language from the outermost (0) to the innermost.

    `sure`: written so, a short line of its own is a heading whatever it is set in; a list or a sentence may begin with
    the others too. `end`: characters of the text that the number takes.
    """

    scheme: str
    rank: int
    sure: bool
    end: int


_HAN = "[一二三四五六七八九十百零〇○廿壹貳贰參叁肆伍陸陆柒捌玖拾\\d]{1,5}"
_ROMAN = "[IVXLC]{1,6}"
_WORD_NUMBER = "(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_ARABIC = r"\d{1,3}[A-Z]?(?:[.\-]\d{1,3})*"
_AFTER = r"(?=\s*$|\s*[.:)\]–—-]|\s+[^\sa-z(,;])"  # "Section 5 of the Act" is no number


def _named(words: str) -> re.Pattern[str]:
    """A number led by one of `words`, capitalised: "Item 7A.", "PART II"."""
    return re.compile(
        rf"(?=[A-Z])(?i:{words})\s+(?:{_ARABIC}|{_ROMAN}(?![A-Za-z])|[A-Z](?![A-Za-z])|(?i:{_WORD_NUMBER})\b){_AFTER}\s*[.:–—-]?\s*"
    )


_SCHEMES: tuple[tuple[str, int, bool, re.Pattern[str]], ...] = (
    ("part", 0, True, _named("part|book|volume")),
    ("chapter", 1, True, _named("chapter|appendix|annex|unit|module|lesson")),
    ("item", 2, True, _named("item|article|section|schedule|clause|rule|exhibit")),
    ("activity", 3, False, _named("activity|experiment|exercise|lab|step|note|case|question|problem|phase|stage")),
    (
        "第部分",
        0,
        True,
        re.compile(rf"第\s?{_HAN}\s?(?:部分|部|编|編|篇|卷)(?![\w])\s*[、：:]?\s*|第\s?{_HAN}\s?部分\s*"),
    ),
    ("第章", 1, True, re.compile(rf"第\s?{_HAN}\s?(?:章|单元|單元)\s*[、：:]?\s*")),
    ("附件", 1, True, re.compile(rf"附(?:件|录|錄|表|註|注)\s?{_HAN}\s*[、：:]?\s*")),
    ("第节", 2, True, re.compile(rf"第\s?{_HAN}\s?[节節]\s*[、：:]?\s*")),
    ("第条", 3, True, re.compile(rf"第\s?{_HAN}\s?[条條](?:之{_HAN})?\s*[、：:]?\s*")),
    ("一、", 4, False, re.compile(r"[一二三四五六七八九十百零壹貳贰參叁肆伍陸陆柒捌玖拾]{1,4}\s?[、．.]\s*")),
    ("（一）", 5, False, re.compile(r"[（(]\s?[一二三四五六七八九十百零]{1,4}\s?[）)]\s*")),
    ("1、", 6, False, re.compile(r"\d{1,2}\s?(?:[、．]|\.(?!\d))\s*(?=[\u3400-\u9fff])")),
    (
        "（1）",
        7,
        False,
        re.compile(r"[（(]\s?\d{1,2}\s?[）)]\s*(?=[\u3400-\u9fff])|\d{1,2}\s?[）)]\s*(?=[\u3400-\u9fff])"),
    ),
    ("①", 8, False, re.compile(r"[①-⑳]\s*")),
    ("roman", 3, False, re.compile(rf"{_ROMAN}\s?[.)]\s+(?=\S)")),
    ("letter", 3, False, re.compile(r"[A-Z]\s?[.)]\s+(?=[A-Z\d“\"])")),
    ("(a)", 7, False, re.compile(r"\((?:[a-z]|[ivx]{1,4}|\d{1,2}|[A-Z])\)\s+(?=\S)")),
)
_DECIMAL = re.compile(
    r"(?:§\s?)?(\d{1,3}|[A-Z])((?:\s?\.\s?\d{1,3})*)(\s?\.)?(?:\s+|(?=[\u3400-\u9fff]))(?=[^\s\d.,%)(=+*/<>-])"
)
_MEASURES = "项項年月日名个個家万萬亿億元次种種台股人位份条條号號期天周倍款笔筆"  # "8 项专利" is no number of a heading
_ALONE = re.compile(rf"(?:\d{{1,3}}|{_ROMAN}|[A-Z])\s?[.:]?$")


def numbering(text: str) -> Numbering | None:
    """The number that a text begins with, None where it begins with none."""
    for scheme, rank, sure, pattern in _SCHEMES:
        found = pattern.match(text)
        if found:
            return Numbering(scheme, rank, sure, found.end())
    found = _DECIMAL.match(text)
    if found is None:
        return None
    depth = 1 + found[2].count(".")
    if depth == 1 and not found[3] and text[found.end()] in _MEASURES:
        return None
    if depth == 1 and not found[1].isdigit():  # a bare capital is a word
        return None
    return Numbering(f"1{'.1' * (depth - 1)}", 2 + depth, depth > 1 and not text[found.end()].islower(), found.end())


def is_bare_number(text: str) -> bool:
    """Whether a text is a chapter's number and nothing else: "4", "III."."""
    return bool(_ALONE.match(text))
