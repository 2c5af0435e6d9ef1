"""A question to further texts that are looked for beside it, written by the model: off unless a setting asks for it.

`multi_query` has the question put in other words, `hyde` has a passage written that would answer it (Gao and others,
Precise Zero-Shot Dense Retrieval without Relevance Labels, ACL 2023). What the model writes only widens the search; no
answer quotes it. This module does not know how texts are looked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from ingest.errors import OtherSide
from prompts.answers import Ledger
from prompts.chat_model import ChatModel
from prompts.render import Prompts, as_data, language_of
from prompts.wording import say

TransformName = Literal["off", "multi_query", "hyde"]
TRANSFORMS: tuple[TransformName, ...] = get_args(TransformName)

_MOST_WORDINGS = 3
_LONGEST = 400  # characters of one wording
_TOKENS = {"multi_query": 160, "hyde": 200}
_MARK = re.compile(r"^\s*(?:[-*•]|\d{1,2}\s*[.)、．])\s*")


@dataclass(frozen=True, slots=True)
class Transformed:
    """`texts` are looked for beside the question. `note` says, in its language, why there are none where it failed."""

    texts: tuple[str, ...] = ()
    ledger: Ledger = Ledger()
    note: str = ""


def transform(question: str, name: TransformName, model: ChatModel | None, prompts: Prompts) -> Transformed:
    """One model call; none where there is no model, or `name` is off."""
    if name == "off" or model is None:
        return Transformed()
    language = language_of(question)
    reply = model.write(prompts.render(name, language, question=as_data(question)), _TOKENS[name])
    try:
        written = "".join(reply).strip()
    except OtherSide as error:
        return Transformed((), reply.ledger, say(language, "not_widened", error=error))
    texts = ((written,) if written else ()) if name == "hyde" else wordings(written, question)
    return Transformed(texts, reply.ledger)


def wordings(written: str, question: str) -> tuple[str, ...]:
    """The lines of a reply as questions, without marks before them, each once; none that is the question itself."""
    return tuple(line for line in written_lines(written) if line != question.strip())[:_MOST_WORDINGS]


def written_lines(written: str) -> list[str]:
    """The lines of a reply that is a list, without marks before them, each once; none that is too long to be one."""
    lines = (_MARK.sub("", line).strip().strip('"“”「」') for line in written.splitlines())
    return list(dict.fromkeys(line for line in lines if line and len(line) <= _LONGEST))
