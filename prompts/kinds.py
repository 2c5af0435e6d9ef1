"""What kind of answer a question asks for: a fact, a list, a count, a comparison, a summary, or several things.

It goes by the words of the question alone and knows neither documents nor models.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    FACT = "fact"
    LIST = "list"
    COUNT = "count"
    COMPARISON = "comparison"
    SUMMARY = "summary"
    SEVERAL = "several"


_ASKS = r"(?:多少|何时|何時|什么|什麼|谁|誰|哪|怎么|怎麼|为何|為何)"
_COMPARED = (
    r"(?:higher|lower|larger|smaller|more|less|better|worse|longer|shorter|faster|cheaper|greater|older|newer|bigger)"
)
_THING = r"(?:document|report|paper|file|text|book|section|chapter)"
_THING_ZH = r"(?:文档|文檔|文件|报告|報告|论文|論文|文章|资料|資料|全文|这本书|這本書)"

# The first that fits; what fits none asks for a fact.
_SIGNS = {
    Kind.SUMMARY: r"\b(?:summar(?:y|ies|i[sz]e[sd]?|i[sz]ing)|overview|outline|gist|in a nutshell|tl;?dr)\b"
    r"|\b(?:key|main) (?:points|takeaways|ideas|content)\b"
    rf"|\bwhat (?:is|does) (?:this|the|that) {_THING}(?: all)? (?:about|say)\b"
    r"|总结|總結|概括|概述|摘要|归纳|歸納|梗概|要点|要點|主要内容|主要內容|[讲講]了(?:些)?什[么麼]"
    rf"|{_THING_ZH}.{{0,4}}[讲講说說谈談写寫][了的]?[是些]?什[么麼]|{_THING_ZH}.{{0,4}}(?:重点|重點|大意|主旨)",
    Kind.COMPARISON: r"\b(?:compar\w+|differen(?:t|ce|ces)|versus|vs|contrast)\b"
    rf"|\b{_COMPARED}\b.*\bthan\b|\bwhich\b.*\b(?:or|{_COMPARED})\b"
    r"|比较|比較|对比|對比|区别|區別|差异|差異|不同之处|不同之處|相比|哪[个個一].{0,6}更",
    Kind.SEVERAL: r"[?？].*\w|\band (?:how|why|when|who|whom|what|where|which)\b"
    rf"|{_ASKS}.*(?:以及|并且|並且|，|、|和).{{0,16}}{_ASKS}",
    Kind.COUNT: r"\bhow many\b|\bnumber of\b|\bcount\b|(?:几|幾|多少)[个個家项項名次种種位条條座]",
    Kind.LIST: r"\b(?:list|enumerate|name (?:all|the|every)|what are|who are|which (?:\w+ )?(?:are|were|have))\b"
    r"|\ball (?:the|of)\b|列出|列举|列舉|哪些|分[别別](?:是|为|為|有)|所有",
}


def kind_of(question: str) -> Kind:
    """The kind of answer that a question asks for."""
    for kind, signs in _SIGNS.items():
        if re.search(signs, question.strip().rstrip("?？ "), re.IGNORECASE):
            return kind
    return Kind.FACT


def without_summary_words(question: str) -> str:
    """The question without the words that ask for a summary: what is left says of what."""
    return re.sub(_SIGNS[Kind.SUMMARY], " ", question, flags=re.IGNORECASE)
