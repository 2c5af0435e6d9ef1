"""Every sentence that prompting says to users about an answer, in English and Chinese.

It does not know when a sentence is said.
"""

from __future__ import annotations

_SAID = {
    "context_assumed": (
        "The model server does not say how much it can read; {tokens} tokens are assumed.",
        "模型服务没有说明上下文长度，按 {tokens} 个词元计算。",
    ),
    "passages_cut": (
        "{count} passages were cut to fit the model's context.",
        "有 {count} 个段落为适应模型的上下文而截短。",
    ),
    "not_widened": (
        "The search was not widened by the model: {error}.",
        "模型未能扩展检索：{error}。",
    ),
    "looked_for_too": ("Looked for as well", "同时检索"),
    "best_fit": (
        "Only the best {fit} of {count} passages fit into the model's context.",
        "模型的上下文只容得下 {count} 个段落中最好的 {fit} 个。",
    ),
    "broke_off": (
        "The model broke off: {error}. The answer is what it had written so far.",
        "模型中断：{error}。答案只到中断处为止。",
    ),
    "limit_reached": (
        "The model reached its limit of words; the answer is cut off.",
        "模型写到了字数上限，答案不完整。",
    ),
    "calls_failed": (
        "{failed} of {count} model calls failed, and what they read is missing.",
        "{count} 次模型调用中有 {failed} 次失败，其所读内容缺失。",
    ),
    "replies_cut": (
        "{count} model replies on the way reached their limit of words and are cut short.",
        "有 {count} 次中间回复写到了字数上限而被截短。",
    ),
    "draft_kept": (
        "The model failed at call {call} of {count}: {error}. The answer is the draft before it.",
        "第 {call} 次（共 {count} 次）模型调用失败：{error}。答案为之前的草稿。",
    ),
    "quotes_instead": (
        "No answer from the model ({error}): these are quotes instead.",
        "模型没有给出答案（{error}）：以下为文档原文。",
    ),
    "quotes_follow": (
        "After the break the answer goes on with quotes from the documents.",
        "中断之后为文档原文引文。",
    ),
    "miscounted": (
        "The server counted {reported} tokens where {counted} were planned.",
        "服务器计为 {reported} 个词元，计划为 {counted} 个。",
    ),
    "tie": (
        "{count} passages answer equally well (score {score}). The answer is from the one that the search ranked "
        "first; the others say: {others}",
        "有 {count} 个段落得分相同（{score}）；答案取自排名最前者，其余为：{others}",
    ),
    "scored": ("{place}: score {score}", "{place}：评分 {score}"),
    "scored_by_figure": (
        "The scores are the model's own figures: the server gives no log probabilities.",
        "得分为模型自报的数字：服务器不提供对数概率。",
    ),
    "unscored": (
        "{count} passages were answered without a score and count as 0.",
        "有 {count} 个段落的回答没有评分，按 0 分计。",
    ),
    "kind_fact": ("a fact", "一项事实"),
    "kind_list": ("a list", "一份清单"),
    "kind_count": ("a count", "一个数量"),
    "kind_comparison": ("a comparison", "一项比较"),
    "kind_summary": ("a summary", "一份概括"),
    "kind_several": ("several things", "多件事情"),
    "auto_no_model": (
        "No model server: quotes from the documents.",
        "没有模型服务：直接引用文档原文。",
    ),
    "auto_no_hits": ("The search found nothing to give to a model.", "检索没有找到可交给模型的内容。"),
    "auto_tree": (
        "The question asks for {kind}: the whole text is summarised in levels, in {calls} calls at most.",
        "问题要的是{kind}：对全文逐级概括，最多 {calls} 次调用。",
    ),
    "auto_iterative": (
        "The question asks for {kind}: the answer is written in up to {rounds} rounds, each with a search of its own.",
        "问题要的是{kind}：分最多 {rounds} 轮撰写，每轮可再次检索。",
    ),
    "auto_fits": (
        "The question asks for {kind}, and all {count} passages fit into one call.",
        "问题要的是{kind}，全部 {count} 个段落可放入一次调用。",
    ),
    "auto_map_rerank": (
        "The question asks for {kind}, and the {count} passages do not fit into one call: each answers alone.",
        "问题要的是{kind}，{count} 个段落放不进一次调用：逐段作答，取最好的一个。",
    ),
    "auto_map_reduce": (
        "The question asks for {kind}, and the {count} passages of {documents} documents do not fit into one call: "
        "notes are taken of all, in {calls} calls at most.",
        "问题要的是{kind}，{documents} 个文档的 {count} 个段落放不进一次调用：先逐组摘记，最多 {calls} 次调用。",
    ),
    "auto_budget": (
        "Reading all passages would take {calls} calls, {most} are allowed: one call with the best that fit.",
        "读完全部段落需要 {calls} 次调用，上限为 {most} 次：只用一次调用读其中最好的段落。",
    ),
    "summary_of_hits": (
        "Only the passages that the search found are summarised.",
        "只概括检索到的段落。",
    ),
    "level": ("Level {level}: {count} summaries", "第 {level} 级：{count} 份概括"),
    "in_documents": ("in these documents", "这些文档"),
    "in_passages": ("in the passages found", "检索到的段落"),
    "lacking_and_found": (
        "Not found {where}: {lacking}. Found, but nothing that answers: {found}.",
        "{where}中没有出现：{lacking}；出现过但没有答案：{found}。",
    ),
    "lacking": ("Not found {where}: {lacking}.", "{where}中没有出现：{lacking}。"),
    "scattered": ("Found {where}, but nothing that answers: {found}.", "{where}中出现过但没有答案：{found}。"),
    "nearest": ("These passages come nearest:", "最接近的段落："),
    "differ": ("The documents differ: {figures}.", "各文档的数字不同：{figures}。"),
    "figure": ("{document} says {figure}", "{document}为{figure}"),
    "searched_again": ("Round {round}: searched again for “{query}”", "第 {round} 轮：再次检索“{query}”"),
}


def say(language: str, key: str, **values: object) -> str:
    """The sentence `key` in `language` ("en" or "zh") with its values."""
    return _SAID[key][language == "zh"].format(**values)
