"""The pages that a question names: "page 12", "pp. 3-5", "page F-12", "the last page", 第12页, 最后一页.

Pure; it knows a document's pages by number and label, not what stands on them. What people call page 12 is the page on
which 12 is printed; where none is, it is the twelfth of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ingest.rows import PageSummary

_MOST_PAGES = 30  # of a range
_MOST_NOTES = 4

_SPELLED = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NAME = (
    r"(?:[A-Z]{1,3}-\d{1,4}|(?:\d{1,3}-){2,3}\d{1,4}|\d{1,5}|[ivxlc]{1,8}(?![a-z])|(?:" + "|".join(_SPELLED) + r")\b)"
)
_TO = r"\s*(?:-|–|—|~|to|through|until|至|到)\s*"
_ENGLISH = re.compile(
    rf"(?<![\w'\"“‘-])(?:pages?|pgs?\.?|pp?\.)\s*(?:no\.?\s*|numbers?\s*|#\s*)?(?P<first>{_NAME})(?:{_TO}(?P<last>{_NAME}))?(?![\w-])",
    re.IGNORECASE,
)
_AND = re.compile(
    rf"\s*(?:,|and|&|or)\s*(?:and\s+)?(?P<first>{_NAME})(?:{_TO}(?P<last>{_NAME}))?(?![\w-])", re.IGNORECASE
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINAL = re.compile(
    rf"(?<!\w)(?P<back>last|final|penultimate|second[- ]to[- ]last)\s+page(?!\w)"
    rf"|(?<!\w)(?:the\s+)?(?P<word>{'|'.join(_ORDINALS)}|\d{{1,4}}(?:st|nd|rd|th))\s+page(?!\w)",
    re.IGNORECASE,
)
_HAN_NUMBER = "零〇一二三四五六七八九十百两"
_HAN_NAME = rf"(?:{_NAME}|[{_HAN_NUMBER}]{{1,7}})"
_HAN_LIST = re.compile(rf"第\s*(?P<all>{_HAN_NAME}(?:\s*[、，,和及與与]\s*第?{_HAN_NAME})+)\s*[页頁]")
_CHINESE = re.compile(
    rf"第\s*(?P<first>{_HAN_NAME})\s*[页頁]?(?:{_TO}第?\s*(?P<last>{_HAN_NAME}))?\s*[页頁]"
    rf"|(?P<back>最后一[页頁]|最後一[页頁]|末[页頁]|尾[页頁])|(?P<before>倒数第二[页頁]|倒數第二[页頁])|(?P<start>首[页頁])"
)
_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


class PageReference(NamedTuple):
    """A stretch of pages that a question names.

    `first` and `last` are as in the question, a number or a label; or, where `counted`, how many pages from the start
    of the file, and below 0 from its end.
    """

    said: str
    first: str
    last: str
    counted: int = 0


class _Found(NamedTuple):
    """A reference and where it stands in the question."""

    start: int
    end: int
    reference: PageReference


class Taken(NamedTuple):
    """The pages of one document that a reference was taken to mean, by their own numbers, and whether by label."""

    reference: PageReference
    numbers: tuple[int, ...]
    printed: bool


def from_han(text: str) -> str:
    """A Chinese number below 1000 in digits; other text as it is."""
    if not any(character in _HAN_NUMBER for character in text):
        return text
    if not any(character in "十百" for character in text):
        return "".join(str(_DIGITS[character]) for character in text)
    total, digit = 0, 0
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        else:
            total += (digit or 1) * (100 if character == "百" else 10)
            digit = 0
    return str(total + digit)


def page_references(question: str) -> tuple[PageReference, ...]:
    """The pages that a question names, in its order, each once."""
    return tuple(dict.fromkeys(found.reference for found in _found(question)))


def without_references(question: str) -> str:
    """The question without the pages that it names."""
    kept, end = "", 0
    for found in _found(question):
        kept += question[end : max(found.start, end)] + " "
        end = max(found.end, end)
    return (kept + question[end:]).strip()


def _found(question: str) -> list[_Found]:
    return sorted([*_english(question), *_ordinals(question), *_chinese(question)])


def _digits(name: str) -> str:
    """A page's name with numbers in words made digits."""
    return str(_SPELLED.index(name.lower()) + 1) if name.lower() in _SPELLED else from_han(name)


def _named(first: str, last: str | None = None) -> PageReference:
    first, last = _digits(first), _digits(last or first)
    between = "-" if (first + last).isdigit() else " to "
    return PageReference(first if last == first else f"{first}{between}{last}", first, last)


def _english(question: str) -> Iterator[_Found]:
    for found in _ENGLISH.finditer(question):
        if found["first"] == "I":  # "a page I cannot find"
            continue
        yield _Found(*found.span(), _named(found["first"], found["last"]))
        plural = found[0][:5].lower() == "pages" or found[0][:2].lower() == "pp"
        more = _AND.match(question, found.end()) if plural else None
        while more:
            yield _Found(*more.span(), _named(more["first"], more["last"]))
            more = _AND.match(question, more.end())


def _ordinals(question: str) -> Iterator[_Found]:
    for found in _ORDINAL.finditer(question):
        if found["back"]:
            place = -1 if found["back"].lower() in ("last", "final") else -2
        else:
            word = found["word"].lower()
            place = _ORDINALS.index(word) + 1 if word in _ORDINALS else int(word[:-2])
        if place:
            yield _Found(*found.span(), PageReference(found[0], "", "", place))


def _chinese(question: str) -> Iterator[_Found]:
    for found in _HAN_LIST.finditer(question):
        for name in re.findall(_HAN_NAME, found["all"]):
            yield _Found(*found.span(), _named(name))
    for found in _CHINESE.finditer(_HAN_LIST.sub(lambda listed: " " * len(listed[0]), question)):
        if found["first"]:
            yield _Found(*found.span(), _named(found["first"], found["last"]))
        else:
            place = -1 if found["back"] else -2 if found["before"] else 1
            yield _Found(*found.span(), PageReference(found[0], "", "", place))


def pages_meant(reference: PageReference, pages: Sequence[PageSummary]) -> Taken | None:
    """The pages of a document, given in order, that a reference means; None where it has no such.

    A label is tried first, then the page's own number. A range from a label to a label is what stands between them;
    3-5 may be a label too.
    """
    if reference.counted:
        count = max((page.number for page in pages), default=0)
        number = reference.counted if reference.counted > 0 else count + 1 + reference.counted
        return Taken(reference, (number,), False) if any(page.number == number for page in pages) else None
    whole = _find(f"{reference.first}-{reference.last}", pages, printed=True)
    if whole:
        return Taken(reference, tuple(whole), True)
    for printed in (True, False):
        first = _find(reference.first, pages, printed)
        last = first if reference.last == reference.first else _find(reference.last, pages, printed)
        if not first or not last:
            continue
        if reference.last == reference.first:
            return Taken(reference, tuple(first), printed)
        start = first[0]
        end = next((number for number in last if number >= start), 0)
        between = tuple(page.number for page in pages if start <= page.number <= end)
        if between:
            return Taken(reference, between[:_MOST_PAGES], printed)
    return None


def _find(name: str, pages: Sequence[PageSummary], printed: bool) -> list[int]:
    """The numbers of the pages so labelled (several where a part of the document counts anew), or so numbered."""
    if printed:
        return [page.number for page in pages if page.label and page.label.casefold() == name.casefold()]
    return [page.number for page in pages if str(page.number) == name]


def said_of(taken: Taken, pages: Sequence[PageSummary], chinese: bool) -> str:
    """Which pages of a document were taken for those named, in words."""
    said, count = taken.reference.said, max(page.number for page in pages)
    numbers = _in_short(taken.numbers)
    if taken.reference.counted:
        return f"{said}：全文 {count} 页中的第 {numbers} 页" if chinese else f"{said}: page {numbers} of {count}"
    several = "s" if len(taken.numbers) > 1 and taken.reference.last != taken.reference.first else ""
    if taken.printed:
        if chinese:
            return f"第 {said} 页按印刷页码理解（全文 {count} 页中的第 {numbers} 页）"
        return f"page{several} {said} taken as the printed page{several} {said} ({numbers} of {count})"
    if chinese:
        return f"第 {said} 页按文件页序理解（全文共 {count} 页）"
    return f"page{several} {said} taken as page{several} {numbers} of {count}, counted from the start of the file"


def _in_short(numbers: Sequence[int]) -> str:
    """3-5 for pages that follow each other, else 3, 9."""
    if len(numbers) > 1 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]}-{numbers[-1]}"
    return ", ".join(map(str, numbers))


def said_of_none(reference: PageReference, pages: Sequence[PageSummary], chinese: bool) -> str:
    """That a document has no such page, in words."""
    count = max((page.number for page in pages), default=0)
    if chinese:
        return f"没有第 {reference.said} 页（全文共 {count} 页）"
    return f"there is no page {reference.said}: it has {count}"


def said_outside(question: str) -> str:
    """That a page which a question names is not among those that are asked, in words in its language."""
    if _in_chinese(question):
        return "问题提到的页不在所选页码范围内"
    return "a page that the question names is not among the pages that are asked"


def _in_chinese(question: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in question)


def take_pages(
    question: str, references: Sequence[PageReference], documents: Sequence[tuple[str, str, Sequence[PageSummary]]]
) -> tuple[dict[str, list[int]], list[str]]:
    """The pages meant, by document, and what was taken for what, in words in the question's language.

    `documents`: (id, name, pages) of each.
    """
    chinese = _in_chinese(question)
    taken: dict[str, list[int]] = {}
    said: list[str] = []
    missed: list[str] = []
    for document_id, name, pages in documents:
        for reference in references:
            found = pages_meant(reference, pages) if pages else None
            where = f"{name}: " if len(documents) > 1 else ""
            if found:
                taken.setdefault(document_id, []).extend(found.numbers)
                said.append(where + said_of(found, pages, chinese))
            elif reference.first.isdigit():  # a word that only looks like a page's name needs no answer
                missed.append(where + said_of_none(reference, pages, chinese))
    notes = said or missed
    more = len(notes) - _MOST_NOTES
    if more > 0:
        notes = [*notes[:_MOST_NOTES], f"另有 {more} 处同样处理" if chinese else f"and {more} more in the same way"]
    return taken, notes
