"""Whether two statements point in opposite directions: one negated, one rising where the other falls."""

from __future__ import annotations

import re

_NEGATIONS = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot|unable|fail(?:ed|s)?)\b|n['’]t\b|[不没無无未非否勿]",
    re.IGNORECASE,
)
_NEUTRAL = re.compile(  # holds a negating word and negates nothing
    r"\bnot only\b|\bno\.\s*\d|不仅|不但|不同|不断|不超过|不低于|不少于|非常|无锡|无形|非流动|未来|未经审计|不动产",
    re.IGNORECASE,
)
_UP = r"\b(?:increas|rose|rise|rising|grew|grow|higher|gain|improv|expand)\w*|增长|增加|上升|上涨|提高|提升|扩大"
_DOWN = r"\b(?:decreas|fell|fall|declin|drop|lower|reduc|shrank|shrink)\w*|下降|减少|下跌|降低|下滑|缩小"
_PROFIT = r"\b(?:net income|profit)\w*|盈利"
_LOSS = r"\b(?:net loss|loss)\w*|亏损"
_PAIRS = tuple(
    (re.compile(one, re.IGNORECASE), re.compile(other, re.IGNORECASE))
    for one, other in ((_UP, _DOWN), (_PROFIT, _LOSS))
)


def even_directions(text: str) -> str:
    """`text` with one word for every word of rising, and one for every word of falling."""
    up, down = _PAIRS[0]
    return down.sub("|decrease|", up.sub("|increase|", text))


def opposed(statement: str, evidence: str) -> bool:
    """Whether the words of `evidence` speak against `statement` though they share its terms."""
    if _negated(statement) != _negated(evidence):
        return True
    for up, down in _PAIRS:
        said_up, said_down = _found(up, statement), _found(down, statement)
        there_up, there_down = _found(up, evidence), _found(down, evidence)
        only_said = bool(said_up - there_up), bool(said_down - there_down)
        only_there = bool(there_up - said_up), bool(there_down - said_down)
        if only_said in ((True, False), (False, True)) and only_there == (only_said[1], only_said[0]):
            return True
    return False


def _found(pattern: re.Pattern[str], text: str) -> set[str]:
    return {match.lower() for match in pattern.findall(text)}


def _negated(text: str) -> bool:
    return _NEGATIONS.search(_NEUTRAL.sub(" ", text)) is not None
