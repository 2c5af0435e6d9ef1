"""The kinds of value that a question asks for, and whether a sentence or row offers one.

It goes by words and shapes alone and does not know whether a value answers the question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from prompts.amounts import amounts_in, same
from prompts.claims import Claim, claim_of
from prompts.passages import Unit

TITLE = "title"
"""The kind that headings offer too."""

_ASKS = {
    "number": r"\bhow (?:much|many)\b|\b(?:amount|total|number|revenue|cost|price|value)\b|多少|几[个家名项]|金额|总额",
    "percent": r"\b(?:percent(?:age)?|ratio|rate|margin|share)\b|%|百分|比例|占比|比率|利率|增长率",
    "date": r"\bwhen\b|\b(?:what|which) (?:year|date|day)\b|哪一?年|何时|什么时候|日期|哪一?天",
    "duration": r"\bhow long\b|\bhow many (?:minutes|hours|(?:business |working )?days|weeks|months|years)\b"
    r"|\bduration\b|多久|多长时间|多長時間|(?:几|幾|多少)(?:分钟|分鐘|个?小时|個?小時|个?工作日|個?工作日|天|周|週|个月|個月|年)",
    "email": r"\be-?mails?\b(?=.*\b(?:address|contact)|\s*[?.]?$)|电子邮[件箱]|邮箱|電子郵[件箱]|信箱",
    "telephone": r"\b(?:(?:tele)?phone|tel|fax)\b\.?\s*(?:nos?\b|numbers?\b)|电话|電話|传真|傳真",
    "web": r"\b(?:web\s?(?:site|page)? ?address|url)\b|网址|網址",
    TITLE: r"\b(?:title|heading|topic|subject) of\b|标题|標題|题目|題目",
}
_COUNT = (
    r"\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty"
    r"|ninety|hundred|(?:thir|four|six|seven|eigh|nine)teen|several"
)
_DURATION = re.compile(
    rf"\b(?:{_COUNT})[\s-](?:(?:full|whole|calendar|business|working|trading)\s)?(?:minute|hour|day|week|month|year)s?\b"
    r"|(?<![\d第])(?:\d{1,3}|[一二两兩三四五六七八九十百半]+)\s?(?:分钟|分鐘|个?小时|個?小時|个?工作日|個?工作日|天|日内|周|週|个月|個月|年)(?![度份月末底])",
    re.IGNORECASE,
)
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}月|(?:19|20)\d\d\s?年", re.ASCII)
# What is known by its shape alone, whatever words stand beside it; and the words that ask for it, which it answers.
_SHAPES = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "telephone": re.compile(
        r"(?<![\w.,/-])(?!(?:19|20)\d\d\s(?:19|20)\d\d)(?=(?:[(+]?\d[)\s.-]{0,2}){7,15}(?![\w,]))\(?\+?\d{2,5}[)\s.-]{1,2}\d{2,8}"
    ),
    "web": re.compile(r"(?:https?://|www\.)[^\s|]+", re.IGNORECASE),
}
_ASKING = {
    "email": "email e-mail mail address 电子邮件 邮箱 電子郵件",
    "telephone": "telephone phone tel fax no nos number 电话 電話 传真 傳真 号码 號碼",
    "web": "web website site page address url 网址 網址",
}


def kinds_asked(question: str) -> list[str]:
    """The kinds of value that a question asks for."""
    return [kind for kind, pattern in _ASKS.items() if re.search(pattern, question, re.IGNORECASE)]


def shapes_asked(kinds: Sequence[str]) -> list[str]:
    """Those of the kinds that are known by their shape."""
    return [kind for kind in kinds if kind in _SHAPES]


def shapes_shown(kinds: Sequence[str], text: str) -> bool:
    """Whether the text has a value of a kind asked for that is known by its shape."""
    return any(_SHAPES[kind].search(text) for kind in kinds if kind in _SHAPES)


def words_answered(kinds: Sequence[str], text: str) -> frozenset[str]:
    """The terms of a question that a value of such a kind in the text answers."""
    return frozenset[str]().union(*(claim_of(_ASKING[kind]).terms for kind in kinds if shapes_shown([kind], text)))


def offered(kinds: Sequence[str], asked: Claim, unit: Unit) -> float:
    """The share of the kinds of value asked for that the sentence or row offers."""
    if not kinds:
        return 0.0
    new = [amount for amount in amounts_in(unit.text) if not any(same(amount, other) for other in asked.amounts)]
    offers = {
        "number": any(not amount.is_year for amount in new),
        "percent": any(amount.percent for amount in new),
        "date": _DATE.search(unit.text) is not None and bool(new),
        "duration": _DURATION.search(unit.text) is not None,
        TITLE: unit.heading,
    }
    return sum(shapes_shown([kind], unit.text) if kind in _SHAPES else offers[kind] for kind in kinds) / len(kinds)
