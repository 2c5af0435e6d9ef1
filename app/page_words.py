"""What is said about pages, in English and Chinese: which they are, how well they were read, and why.

It knows labels and grades, and nothing of who reads the words.
"""

from __future__ import annotations

from typing import Literal

from ingest.grades import Grade, Reason

Language = Literal["en", "zh"]

_GRADES = {Grade.GOOD: ("good", "良好"), Grade.DOUBTFUL: ("doubtful", "存疑"), Grade.POOR: ("poor", "较差")}
_REASONS = {
    "missing": ("{share} of its text is missing", "缺少 {share} 的文字"),
    "garbled": ("{share} of its characters stand for no letter", "{share} 的字符没有对应的文字"),
    "unread": ("it is a picture that was not read", "整页是图片，未作文字识别"),
    "unsure": ("its picture was read with a confidence of {share}", "图片文字识别的置信度为 {share}"),
    "tables": ("{count} of its tables may be wrong", "有 {count} 个表格可能不准确"),
    "patched": ("{share} of its text may be out of order", "{share} 的文字顺序可能有误"),
    "plain": ("its layout could not be read, only its text", "未能分析版面，仅读出文字"),
}


def page_words(language: Language, number: int, label: str) -> str:
    """A page as people name it: by the number printed on it, and by its own in brackets where that is another."""
    shown = label or str(number)
    named = f"第 {shown} 页" if language == "zh" else f"p. {shown}"
    if shown == str(number):
        return named
    return f"{named}（{number}）" if language == "zh" else f"{named} ({number})"


_SOURCES = {
    "pdf": ("text layer of the PDF", "PDF 文字层"),
    "ocr": ("read from its picture, confidence {share}", "由页面图像识别，置信度 {share}"),
    "mixed": ("text layer and pictures, confidence {share}", "PDF 文字层与图像识别，置信度 {share}"),
}


def source_words(language: Language, text_from: str, confidence: float) -> str:
    """What a page's words were read from; where from its picture, with their mean confidence."""
    return _SOURCES[text_from][language == "zh"].format(share=f"{confidence:.0%}")


def grade_words(language: Language, grade: Grade) -> str:
    return _GRADES[grade][language == "zh"]


def reason_words(language: Language, reason: Reason) -> str:
    """Why a page is not good, in one clause."""
    return _REASONS[reason.key][language == "zh"].format(share=f"{reason.figure:.0%}", count=round(reason.figure))
