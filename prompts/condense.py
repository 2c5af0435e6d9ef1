"""A follow-up question made to one that stands alone: by the model where there is one, else by rules.

The rules put what is new into the question before ("and in 2021?", "那2021年呢"), or what that was about in the place
of a pronoun ("how long is it?", "它的利润呢"). It does not know how questions are answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.errors import OtherSide
from prompts.answers import Ledger
from prompts.budget import clip
from prompts.chat_model import ChatModel
from prompts.folding import has_han
from prompts.render import Prompts, as_data, language_of

MOST_TURNS = 6
_ANSWER_TOKENS, _QUESTION_TOKENS = 160, 120  # of an answer in the history; of the condensed question
_LONGEST = 400  # characters of a condensed question that a model may write

_LEAD_EN = re.compile(r"^(?:and|but|so|then|also|ok(?:ay)?|now)\b[\s,]*|^(?:what|how) about\b\s*", re.IGNORECASE)
_LEAD_ZH = re.compile(r"^(?:那么|那麼|那|还有|還有|而|再)[，,\s]*")
_TAIL_ZH = re.compile(r"(?:呢|又如何|怎么样|怎麼樣|又是多少)?[?？]*$")
_ASKING = re.compile(
    r"\b(?:what|when|where|who|whom|whose|which|why|how|is|are|was|were|do|does|did|can|could|has|have|list|name|"
    r"compare|summari[sz]e|tell|give|describe|explain|show|find)\b|什么|什麼|多[少久长長大高远遠深重宽寬]|何|谁|誰|哪|几|幾|怎|吗|嗎|"
    r"是否|能否|有没有|有沒有|列出|比较|比較|总结|總結|说明|說明|介绍|介紹|描述|解释|解釋",
    re.IGNORECASE,
)
_PRONOUN_EN = re.compile(
    r"\b(its|their|his|her|it|they|them|he|him|she|this|that|these|those)\b(?!\s+[a-z]*ly\b)", re.IGNORECASE
)
_POINTING_EN = re.compile(r"^(?:this|that|these|those)$", re.IGNORECASE)
_POSSESSIVE = {"its", "their", "his", "her"}
_PRONOUN_ZH = re.compile(
    r"它们|它們|他们|他們|她们|她們|它|他|她|其(?!中|他|它|余|餘|次|实|實)|该公司|該公司|这家公司|這家公司"
)
_ALONE = re.compile(
    r"(?:why|when|where|who|how|how (?:much|many|long|old|far|so)|为什么|為什麼|为何|何时|谁|多少)[?？]*", re.IGNORECASE
)
_SHORT = 8  # words, or pairs of Chinese characters, that a question has at most which only adds to the one before
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_PREPOSITION = re.compile(r"^(in|for|of|at|on|during|by|from)\s+(.+)$", re.IGNORECASE)
_NAME = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w&.-]*(?:\s+(?:of\s+)?[A-Z][\w&.-]*)*")
_NOUN = re.compile(
    r"\b(?:the|this|that)\s+((?:[a-z-]+\s+){0,2}?[a-z-]+)(?=\s+(?:is|was|were|are|be|been|built|founded|in|of|for|on|at|"
    r"did|do|does|has|have|had|can|could|will|take|cost|made|by|to|from)\b|\s*[?.,]|'s\b|\s*$)"
)
_TOPIC_ZH = re.compile(
    r"^[\u3400-\u9fff\w（）()·]{2,}?(?=的|是|在|于|於|有|为|為|(?:19|20)\d\d|什么|什麼|何时|何時|多少|几|幾)"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked before, as it stood alone, and the text of its answer."""

    question: str
    answer: str = ""


def condense(
    question: str,
    history: Sequence[Turn],
    model: ChatModel | None,
    prompts: Prompts,
    book: Callable[[Ledger], object] = lambda spent: None,
) -> str:
    """The question as it stands alone; the same where it does already. A model that fails is done without.

    `book` is told what a call of the model cost.
    """
    if not history or not leans(question):
        return question
    if model is not None:
        try:
            return _by_model(question, history[-MOST_TURNS:], model, prompts, book) or by_rules(question, history)
        except OtherSide:
            pass
    return by_rules(question, history)


def leans(question: str) -> bool:
    """Whether a question needs the one before to be understood."""
    bare = question.strip()
    if _ALONE.fullmatch(bare):
        return True
    if _LEAD_EN.match(bare) or _PRONOUN_EN.search(bare) or _PRONOUN_ZH.search(bare):
        return True
    if has_han(bare) and (_LEAD_ZH.match(bare) or bare.rstrip("?？").endswith("呢")):
        return True
    return not _ASKING.search(bare) and _words(bare) <= _SHORT


def _words(text: str) -> float:
    """How long a text is in words; two Chinese characters count as one."""
    return sum(0.5 if has_han(one) else 1 for one in _WORD.findall(text))


def _by_model(
    question: str, history: Sequence[Turn], model: ChatModel, prompts: Prompts, book: Callable[[Ledger], object]
) -> str:
    """The model's version; "" where that is no single question."""
    count, language = model.count_tokens, language_of(question)
    turns = [
        f"<turn>\n{as_data(turn.question)}\n{clip(as_data(turn.answer), _ANSWER_TOKENS, count)}\n</turn>"
        for turn in history
    ]
    blank = count(prompts.blank("condense", language, as_data(question))) + model.template_tokens
    room = model.context_tokens * 49 // 50 - blank - _QUESTION_TOKENS
    while turns and sum(count(turn) + 2 for turn in turns) > room:
        turns = turns[1:]
    if not turns:
        return ""
    prompt = prompts.render("condense", language, history="\n".join(turns), question=as_data(question))
    reply = model.write(prompt, _QUESTION_TOKENS)
    try:
        written = "".join(reply)
    finally:
        book(reply.ledger)
    written = written.strip().strip("\"'“”「」")
    return written if written and "\n" not in written and len(written) <= _LONGEST else ""


def by_rules(question: str, history: Sequence[Turn]) -> str:
    """The question with what the one before it says filled in."""
    before = history[-1].question.strip()
    bare = _TAIL_ZH.sub("", _LEAD_ZH.sub("", question.strip())) if has_han(question) else question.strip()
    bare = _LEAD_EN.sub("", _LEAD_EN.sub("", bare)).strip()
    if not _ASKING.search(bare) and not _PRONOUN_EN.search(bare) and not _PRONOUN_ZH.search(bare):
        return _put_in(bare.rstrip("?？ "), before)
    return _named(bare, question.strip(), before)


def _put_in(new: str, before: str) -> str:
    """ "in 2021" or "2021年" put into the question before; what has no counterpart there is added to its end."""
    years, old = _YEAR.findall(new), _YEAR.findall(before)
    if len(years) == 1 and len(set(old)) == 1:
        return before.replace(old[0], years[0])
    end = before[len(before.rstrip("?？")) :] or "?"
    stem = before.rstrip("?？ ")
    if has_han(new) or has_han(before):
        topic = _TOPIC_ZH.match(before)
        if years or topic is None:
            return f"{stem}，{new}{end}"
        rest = before[topic.end() :]
        return (
            f"{new}{rest}"
            if rest.startswith(("的", "在", "于", "是")) and not _YEAR.search(new)
            else f"{stem}，{new}{end}"
        )
    placed = _PREPOSITION.match(new)
    if placed:
        same = re.compile(rf"\b{placed[1]}\s+(?:the\s+)?[\w&.-]+(?:\s+[A-Z][\w&.-]*)*\s*$", re.IGNORECASE)
        if same.search(stem):
            return f"{same.sub(new, stem)}{end}"
        return f"{stem} {new}{end}"
    if (name := _NAME.search(stem)) and new[:1].isupper():
        return f"{stem[: name.start()]}{new}{stem[name.end() :]}{end}"
    return f"{stem}, {new}{end}"


def _named(bare: str, question: str, before: str) -> str:
    """The question with what the one before was about in the place of its pronoun, or behind it."""
    if has_han(question):
        topic = _TOPIC_ZH.match(before)
        if topic and _PRONOUN_ZH.search(bare):
            named = _PRONOUN_ZH.sub(topic[0], bare, count=1)
            return named if _ASKING.search(named) else f"{named}是多少？"
        return f"{question}（{before}）"
    found = _NAME.search(before) or _NOUN.search(before)
    pronoun = _PRONOUN_EN.search(bare)
    if found is None or pronoun is None or _POINTING_EN.match(pronoun[0]):
        return f"{question} ({before})"
    topic_en = found[0].strip()
    return (
        bare[: pronoun.start()]
        + (f"{topic_en}'s" if pronoun[0].lower() in _POSSESSIVE else topic_en)
        + bare[pronoun.end() :]
    )
