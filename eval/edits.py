"""Edits of one fact of a sentence by rule, in Chinese and English: what a checker of answers has to notice or let pass.

Pure and seeded. It knows sentences, not the code that judges them, and shares none of its patterns.
"""

from __future__ import annotations

import calendar
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

CHANGES = ("number", "unit", "scale", "negated", "name", "year")
"""Kinds of edits after which a sentence says something else."""
KEPT = ("untouched", "rescaled", "paraphrased")
"""Kinds after which it says the same."""


@dataclass(frozen=True, slots=True)
class Edit:
    change: str
    source: str
    edited: str


Rule = Callable[[str, random.Random, Sequence[str]], str | None]
"""(sentence, draw, names of the document) -> the edited sentence, or None where the rule does not fit."""

_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_FREE_NUMBER = re.compile(
    rf"(?<!^)(?<![\w.,/\-–:#(§])(?:{_DIGITS})(?![\w/\-–:()]|[.,]\d|\s*(?:年|月|日|号|條|条|章|节|項|项|[.、]\s))"
)
_YEAR = re.compile(r"(?<![\d.,\-–/])(?:19|20)\d\d(?![\d.,\-–/]\d|\d|%)")
_ENGLISH_SCALES = {"thousand": 3, "million": 6, "billion": 9}
_CHINESE_SCALES = {"万": 4, "萬": 4, "亿": 8, "億": 8}
_SCALED = re.compile(rf"(?P<number>{_DIGITS})(?P<gap>\s?)(?P<scale>thousand|million|billion|万|萬|亿|億)(?![a-z])")
_UNITS = (
    ("US$", "HK$", "€"),
    ("$", "€", "£"),
    ("percentage points", "percent"),
    ("percentage point", "percent"),
    ("basis points", "percent"),
    ("个百分点", "%"),
    ("million tons", "million pounds"),
    (" days", " months", " weeks"),
    (" months", " days", " years"),
    (" years", " months", " weeks"),
    (" hours", " minutes", " days"),
    (" miles", " kilometers"),
    (" pounds", " tons"),
    (" inches", " feet"),
    ("美元", "港元", "欧元"),
    ("港元", "美元"),
    ("万元", "万股"),
    ("萬元", "萬股"),
    ("万股", "万元"),
    ("平方米", "亩"),
    ("吨", "公斤"),
    ("公里", "米"),
    ("毫米", "厘米"),
    ("个月", "天", "年"),
    ("個月", "天", "年"),
    ("日內", "個月內", "年內"),
    ("日内", "个月内", "年内"),
    ("英寸", "厘米"),
    ("人", "家"),
    ("元", "美元", "港元"),
)
_BEFORE_NUMBER = ("$", "€")

_PLACES = re.findall(
    r"\S+", "北京 上海 广州 深圳 杭州 宁波 成都 武汉 南京 苏州 西安 兰州 重庆 天津 浙江 江苏 广东 四川 甘肃 山东 河北 "
)
_CHINESE_NAME = re.compile(r"《[^《》]{2,20}》|(?<=[、，和由为與])[\u4e00-\u9fff]{2,3}(?=先生|女士|博士)")
_ENGLISH_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}(?: [A-Z][a-z]{2,})*(?![\w-])")
_NO_NAMES = frozenset(calendar.month_name)

_AUXILIARY = re.compile(r"\b(?:is|are|was|were|has|have|had|will|would|can|could|may|should|must|does|do)\b(?! not\b)")
_ENGLISH_NOT = re.compile(r"(?<=is|re|as|ld|ll|an|ay|ot|es|do|st|ve|ad) not\b")
_CHINESE_AFFIRMED = (
    ("可以", "不可以"), ("能够", "不能够"), ("能夠", "不能夠"), ("应当", "不应当"), ("應當", "不應當"), ("须", "无须"),
    ("具有", "不具有"), ("具备", "不具备"), ("属于", "不属于"), ("存在", "不存在"), ("会", "不会"), ("同意", "不同意"),
    ("已经", "尚未"), ("已", "未"), ("是", "不是"), ("得", "不得"), ("將", "將不"), ("将", "将不"),
)  # fmt: skip
_CHINESE_DENIED = (("不存在", "存在"), ("不会", "会"), ("没有", "有"), ("沒有", "有"), ("尚未", "已经"), ("不得", "得"),
                   ("未曾", "曾"), ("不能", "能"), ("并未", "已"), ("無法", "可以"), ("无法", "可以"))  # fmt: skip
_IN_A_WORD = ("会", "得", "是", "已", "将", "將", "须")
_WORD_BEFORE = "事社协工委员机议财取获所获所使值觉显记总学不未没否凡但只就若于即还可亦也董监大都以無非而已"
_WORD_AFTER = "议计出到员以知主上否经有將军来经"

_ENGLISH_SYNONYMS = (
    ("increased", "rose"), ("decreased", "declined"), ("approximately", "about"), ("primarily", "mainly"),
    ("due to", "because of"), ("as a result of", "because of"), ("prior to", "before"), ("in order to", "to"),
    ("such as", "like"), ("may be", "might be"), ("purchase", "buy"), ("obtain", "get"), ("additional", "further"),
    ("located in", "situated in"), ("commenced", "began"), ("assist", "help"), ("subsequent to", "after"),
    ("entire", "whole"), ("began", "started"), ("use of", "usage of"), ("is able to", "can"), ("throughout", "across"),
    ("sufficient", "enough"), ("large", "big"), ("often", "frequently"), ("many", "numerous"), ("%", " percent"),
)  # fmt: skip
_CHINESE_SYNONYMS = (
    ("由于", "因为"), ("主要", "主要是"), ("目前", "现在"), ("以及", "和"), ("通过", "经由"), ("增长", "上升"),
    ("下降", "减少"),
    ("达到", "为"), ("位于", "坐落于"), ("能够", "可以"), ("包括", "涵盖"), ("应当", "应该"), ("應", "應該"),
    ("如果", "若"),
    ("因此", "所以"), ("大约", "约"), ("增加", "上升"), ("进行", "开展"), ("拥有", "有"), ("均", "都"),
    ("之規定", "的規定"),
    ("並", "並且"), ("或", "或者"), ("其中，", ""), ("同时，", ""), ("此外，", ""), ("可以", "可"),
)  # fmt: skip
_FRONTED = re.compile(r"((?:In|During|On|At|As of|For) [^,]{4,40}), (the|we|our|it|[A-Z][\w'’]+)\b(.+?)\.$")


def edited(change: str, sentence: str, draw: random.Random, names: Sequence[str]) -> Edit | None:
    """An edit of the kind `change`; None where the sentence has nothing of the kind. `names`: as `names_in` gives."""
    result = _RULES[change](sentence, draw, names)
    if result is None or (result == sentence and change != "untouched"):
        return None
    return Edit(change, sentence, result)


def names_in(text: str) -> list[str]:
    """Names that stand in a text, sorted: what the kind `name` swaps."""
    places = [place for place in _PLACES if place in text]
    english = [name for name in _ENGLISH_NAME.findall(text) if name not in _NO_NAMES]
    return sorted({*places, *_CHINESE_NAME.findall(text), *english})


def _instead(text: str, span: tuple[int, int], new: str) -> str:
    return text[: span[0]] + new + text[span[1] :]


def _drawn(found: Sequence[re.Match[str]], draw: random.Random) -> re.Match[str] | None:
    return draw.choice(found) if found else None


def _number(sentence: str, draw: random.Random, names: Sequence[str]) -> str | None:
    found = [match for match in _FREE_NUMBER.finditer(sentence) if not _YEAR.fullmatch(match[0])]
    match = _drawn(found, draw)
    if match is None:
        return None
    places = [i for i, character in enumerate(match[0]) if character.isdigit()]
    place = draw.choice(places)
    lowest = 1 if place == 0 else 0
    digit = draw.choice([d for d in range(lowest, 10) if str(d) != match[0][place]])
    return _instead(sentence, match.span(), match[0][:place] + str(digit) + match[0][place + 1 :])


def _unit(sentence: str, draw: random.Random, names: Sequence[str]) -> str | None:
    for unit, *others in _UNITS:
        pattern = rf"{re.escape(unit)}(?=\s?\d)" if unit[-1] in _BEFORE_NUMBER else rf"(?<=\d){re.escape(unit)}\b"
        if re.search(r"[\u4e00-\u9fff]", unit):
            pattern = rf"(?<=[\d万亿萬億]){re.escape(unit)}(?!民|次|股|均|/)"
        match = _drawn(list(re.finditer(pattern, sentence)), draw)
        if match:
            return _instead(sentence, match.span(), draw.choice(others))
    return None


def _scale(sentence: str, draw: random.Random, names: Sequence[str]) -> str | None:
    match = _drawn(list(_SCALED.finditer(sentence)), draw)
    if match is None:
        return None
    traditional = match["scale"] in "萬億"
    scales = _ENGLISH_SCALES if match["scale"] in _ENGLISH_SCALES else _CHINESE_SCALES
    others = [one for one in scales if scales[one] != scales[match["scale"]] and (one in "萬億") == traditional]
    return _instead(sentence, match.span("scale"), draw.choice(others))


def _rescaled(sentence: str, draw: random.Random, names: Sequence[str]) -> str | None:
    """1.2 billion as 1,200 million, 5 million as 5,000,000, 12 亿 as 120,000 万."""
    match = _drawn(list(_SCALED.finditer(sentence)), draw)
    if match is None:
        return None
    scales = _ENGLISH_SCALES if match["scale"] in _ENGLISH_SCALES else _CHINESE_SCALES
    number, here = Decimal(match["number"].replace(",", "")), scales[match["scale"]]
    smaller = [one for one in scales if scales[one] < here and (one in "萬億") == (match["scale"] in "萬億")]
    word = max(smaller, key=scales.__getitem__, default="")
    digits = f"{number.scaleb(here - scales.get(word, 0)):,f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return _instead(sentence, match.span(), digits + (match["gap"] + word if word else ""))


def _year(sentence: str, draw: random.Random, names: Sequence[str]) -> str | None:
    match = _drawn(list(_YEAR.finditer(sentence)), draw)
    if match is None:
        return None
    shifted = [str(int(match[0]) + by) for by in (-3, -2, -1, 1, 2, 3)]
    return _instead(sentence, match.span(), draw.choice([year for year in shifted if year not in sentence]))


def _negated(sentence: str, draw: random.Random, names: Sequence[str]) -> str | None:
    if re.search(r"[\u4e00-\u9fff]", sentence):
        return _negated_chinese(sentence)
    denied = _ENGLISH_NOT.search(sentence)
    if denied:
        return _instead(sentence, denied.span(), "")
    match = _AUXILIARY.search(sentence)
    return _instead(sentence, match.span(), f"{match[0]} not") if match else None


def _negated_chinese(sentence: str) -> str | None:
    for said, opposite in (*_CHINESE_DENIED, *_CHINESE_AFFIRMED):
        place = sentence.find(said)
        if place < 1:
            continue
        before, after = sentence[place - 1], sentence[place + len(said) : place + len(said) + 1]
        if before in "不未没沒无無并並非" or (said in _IN_A_WORD and (before in _WORD_BEFORE or after in _WORD_AFTER)):
            continue
        return _instead(sentence, (place, place + len(said)), opposite)
    return None


def _name(sentence: str, draw: random.Random, names: Sequence[str]) -> str | None:
    own = names_in(sentence)
    pairs = [
        (old, new)
        for old in own
        for new in names
        if new not in sentence and old not in new and _sort_of(old) == _sort_of(new)
    ]
    if not pairs:
        return None
    old, new = draw.choice(pairs)
    return sentence.replace(old, new)


def _sort_of(name: str) -> str:
    if name.startswith("《"):
        return "title"
    if re.match(r"[A-Z]", name):
        return f"{len(name.split())} words"
    return "place" if name in _PLACES else "person"


def _paraphrased(sentence: str, draw: random.Random, names: Sequence[str]) -> str | None:
    """Two words for their synonyms, and an adverbial from the front to the end, as far as the sentence has such."""
    chinese = re.search(r"[\u4e00-\u9fff]", sentence) is not None
    synonyms = _CHINESE_SYNONYMS if chinese else _ENGLISH_SYNONYMS
    fitting = [
        (old, new)
        for old, new in synonyms
        if re.search(re.escape(old) if chinese or old == "%" else rf"\b{re.escape(old)}\b", sentence)
        and not (new and new in sentence)
    ]
    draw.shuffle(fitting)
    result = sentence
    for old, new in fitting[:2]:
        result = result.replace(old, new, 1)
    front = None if chinese else _FRONTED.match(result)
    if front:
        subject = front[2] if not front[2].islower() else front[2].capitalize()
        result = f"{subject}{front[3]} {front[1][0].lower()}{front[1][1:]}."
    return result


def _untouched(sentence: str, draw: random.Random, names: Sequence[str]) -> str | None:
    """As it stands, or with what says nothing evened out: thousands separators left out, full-width digits."""
    match = re.search(r"\d{1,3}(?:,\d{3})+", sentence)
    if match and draw.random() < 0.5:
        return _instead(sentence, match.span(), match[0].replace(",", ""))
    return sentence


_RULES: dict[str, Rule] = {
    "number": _number,
    "unit": _unit,
    "scale": _scale,
    "negated": _negated,
    "name": _name,
    "year": _year,
    "untouched": _untouched,
    "rescaled": _rescaled,
    "paraphrased": _paraphrased,
}
