"""The parts of a document that a text names: "Table 4", "Fig. 2", "Note 12", "Section 3.2", 第三章, 表4-1.

Pure; it does not know where in a document such a part stands.
"""

from __future__ import annotations

import re

from retrieval.page_references import from_han

_KINDS = {
    "table": ("table", "tables", "表", "表格"),
    "figure": ("figure", "figures", "fig", "figs", "图", "圖", "图表", "圖表"),
    "chart": ("chart", "charts", "graph"),
    "exhibit": ("exhibit", "exhibits"),
    "note": ("note", "notes", "附注", "附註"),
    "appendix": ("appendix", "annex", "附录", "附錄", "附件"),
    "item": ("item", "items"),
    "step": ("step", "steps", "步骤", "步驟"),
    "example": ("example", "examples"),
    "chapter": ("chapter", "chapters", "章"),
    "section": ("section", "sections", "sec", "节", "節"),
    "article": ("article", "articles", "条", "條"),
    "slide": ("slide", "slides"),
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words}
_LATIN = "|".join(sorted((word for word in _KIND_OF if word.isascii()), key=len, reverse=True))
_BEFORE = "|".join(
    sorted((word for word in _KIND_OF if not word.isascii() and word not in "章节節条條"), key=len, reverse=True)
)
_HAN_NUMBER = "零〇一二三四五六七八九十百两"
_NUMBER = r"\d{1,4}(?:[.\-–]\d{1,3}){0,3}[A-Za-z]?|[IVXivx]{1,6}|[A-Z]"
_NAMED = re.compile(
    rf"(?<![A-Za-z])(?P<latin>{_LATIN})\.?\s*(?P<number>(?i:{_NUMBER}))(?![A-Za-z0-9])"
    rf"|(?P<before>{_BEFORE})\s*(?P<behind>\d{{1,3}}(?:[.\-–]\d{{1,3}})*|[{_HAN_NUMBER}]{{1,4}})"
    rf"|第\s*(?P<counted>\d{{1,4}}|[{_HAN_NUMBER}]{{1,5}})\s*(?P<unit>[章节節条條])",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+\S")
_ROMAN = {"i": 1, "v": 5, "x": 10}


def part_references(text: str) -> frozenset[str]:
    """The parts named anywhere in the text, each as kind and number: "table 4", "chapter 3"."""
    return frozenset(name for found in _NAMED.finditer(text) if (name := _name(found)))


def parts_begun(line: str) -> frozenset[str]:
    """The part that a line begins, as a caption or heading does; "3.2 Results" begins section 3.2."""
    found = _NAMED.match(line)
    if found and (name := _name(found)):
        return frozenset((name,))
    numbered = _NUMBERED.match(line)
    return frozenset((f"section {numbered[1]}",)) if numbered else frozenset()


def _name(found: re.Match[str]) -> str:
    """Kind and number; empty for a letter that is rather a word ("in table a row")."""
    if found["latin"]:
        number = found["number"]
        if number in ("a", "I") or (number.isalpha() and number.islower() and len(number) == 1 and number not in "ivx"):
            return ""
        return f"{_KIND_OF[found['latin'].lower()]} {_digits(number)}"
    if found["before"]:
        return f"{_KIND_OF[found['before']]} {_digits(found['behind'])}"
    return f"{_KIND_OF[found['unit']]} {_digits(found['counted'])}"


def _digits(number: str) -> str:
    """Roman and Chinese numbers in digits; what else there is in lower case."""
    number = from_han(number).replace("–", "-").lower()
    if number and set(number) <= _ROMAN.keys():
        values = [_ROMAN[letter] for letter in number]
        after = [*values[1:], 0]
        return str(sum(-value if value < following else value for value, following in zip(values, after, strict=True)))
    return number
