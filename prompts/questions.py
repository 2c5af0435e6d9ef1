"""What a question asks about, without how its answer is to be written.

It knows neither documents nor answers.
"""

from __future__ import annotations

import re

from ingest.sentences import split

_INSTRUCTS = re.compile(
    r"\s*(?:please\b[,\s]*)?(?:just |only )?(?:answer|round|write|return|give me|give the|format|provide|express|"
    r"use|using|calculate what|address the|enter|make sure|if (?:it|there|the|you)|do not|don't|note that|for example|"
    r"list all|list the page|your answer|the answer|请用|请以|请保留|请按|保留|四舍五入|结果|答案|以.{1,6}为单位)",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[,;(]?\s*\b(?:(?:please )?(?:give me|return(?: me)?|write|answer)\b[^.?!]*"
    r"\b(?:integer|int|float|string|list|format|millions?|thousands?|billions?|decimals?|percent(?:age)?s?|usd)\b[^.?!]*"
    r"|round(?:ed)? (?:your answer )?to [^.?!]*"
    r"|in (?:units of )?(?:usd )?(?:millions?|billions?|thousands?|percents?)\b[^.?!]*)",
    re.IGNORECASE,
)
_FISCAL = re.compile(r"\b(?:FY|fiscal(?: year)?)\s?'?((?:19|20)\d\d)\b", re.IGNORECASE)
_GLUED = re.compile(r"(?<=[?？])(?=[^\s])")


def without_instructions(question: str) -> str:
    """The question without sentences and ends that say how to write the answer; as it is where nothing else is left.

    A fiscal year becomes a plain one.
    """
    spaced = _FISCAL.sub(r"\1", _GLUED.sub(" ", question))
    kept = [spaced[a:b] for a, b in split(spaced, lines=True) if not _INSTRUCTS.match(spaced[a:b])]
    bare = " ".join(_TAIL.sub("", sentence) for sentence in kept).strip()
    return bare if any(character.isalnum() for character in bare) else spaced
