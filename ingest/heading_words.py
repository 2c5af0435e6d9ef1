"""Whether a text may be a heading by its words alone, whatever it is set in.

Pure text; it does not know where on the page it stands.
"""

from __future__ import annotations

import re

from ingest.numbering import numbering
from ingest.typography import in_capitals

_MAX_WORDS = 30
_MAX_CJK = 70
_FEW_WORDS = 14
_FEW_CJK = 34
_LONG_WORDS = 12

_LETTER = re.compile(r"[^\W\d_]")
_CJK = re.compile(r"[\u3400-\u9fff]")
_SENTENCE_END = re.compile(r"[\w)\]”\"’'%]\s?[.;,]$|[。；，、]$")
_RUN_IN = re.compile(r"[a-z)]\.\s+[A-Z][a-z]|[。；]")
_BULLET = re.compile(r"^[•◦▪▫■□●○‣⁃∙·➢➤✓❖☐☑☒>»*\-–—]\s*")
_IN_BRACKETS = re.compile(r"^[（(][^（()）]*[)）]$")
_OTHERS = re.compile(
    r"@|https?:|www\.|©|^\W*(?:page|p\.)\s*\d"
    r"|^(?:source|note|notes|keywords?|key words|index terms|abstract)\b\s*[:.—–-]\s*\S"
    r"|^(?:单位|單位|资料来源|資料來源|注|註|来源|來源)\s*[：:]",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"^(?:\d{1,2}\s+)?(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r"(?:\s+\d{1,2},?)?\s+\d{4}\W*$"
    r"|^[\d一二三四五六七八九十〇零○]{2,4}\s*年\s*[\d一二三四五六七八九十]{1,2}\s*月(?:\s*[\d一二三四五六七八九十]{1,3}\s*日)?$",
    re.IGNORECASE,
)
_KNOWN = re.compile(
    r"^(?:abstract|(?:executive )?summary|introduction|background|conclusions?|references|bibliography|preface|foreword"
    r"|acknowledge?ments?|prologue|epilogue|glossary|index|appendi(?:x|ces)|摘\s*要|[前序引]\s*言|目\s*[录錄次]|[释釋]\s*[义義]"
    r"|[参參]考文[献獻]|致\s*[谢謝]|[结結]\s*[论論语語])$",
    re.IGNORECASE,
)
_MATHS = re.compile(r"[=≈≤≥∑∫√±×÷∂∇∈∀]")


def has_cjk(text: str) -> bool:
    """Whether a text has a Chinese character."""
    return bool(_CJK.search(text))


def is_short(text: str) -> bool:
    """Whether a text is as short as a heading that nothing but its number or its place tells."""
    return len(text.split()) <= _FEW_WORDS and len(_CJK.findall(text)) <= _FEW_CJK


def is_known(text: str) -> bool:
    """Whether a text is a heading that documents have without a number: "Abstract", "参考文献"."""
    return bool(_KNOWN.match(text))


def ends_sentence(text: str) -> bool:
    """Whether a text ends as a sentence or a part of one does."""
    return bool(_SENTENCE_END.search(text))


def is_run_in(text: str) -> bool:
    """Whether a text holds the end of a sentence and what follows it: a paragraph's first words, set in bold."""
    return bool(_RUN_IN.search(text))


def may_be_heading(text: str) -> bool:
    """Whether a text has letters, is short enough and neither a sentence nor a date, address, bullet or formula."""
    if not _LETTER.search(text) or _OTHERS.search(text) or _DATE.match(text) or _BULLET.match(text):
        return False
    count = len(text.split())
    if len(_CJK.findall(text)) > _MAX_CJK or count > _MAX_WORDS or _IN_BRACKETS.match(text):
        return False
    letters = sum(map(str.isalpha, text))
    if letters < 0.5 * len(text.replace(" ", "")) or (_MATHS.search(text) and letters < 12):
        return False
    if ends_sentence(text):
        # "Activity 4. Determining CEC by replacing adsorbed cations." is a heading, and "PART I." too.
        return text.endswith(".") and count <= _LONG_WORDS and (numbering(text) is not None or in_capitals(text))
    return True
