"""What a question asks about, without how its answer is to be written.

It knows neither documents nor answers.
"""

from __future__ import annotations

import re

from retrieval.lexicon import load_lexicon

_FISCAL = re.compile(r"\b(?:FY|fiscal(?: year)?)\s?'?((?:19|20)\d\d)\b", re.IGNORECASE)


def without_instructions(question: str) -> str:
    """The question without what says how to write the answer; a fiscal year becomes a plain one."""
    return load_lexicon().without_instructions(_FISCAL.sub(r"\1", question))
