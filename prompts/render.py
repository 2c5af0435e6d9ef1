"""Prompts from the template files, one prompt a file, in Chinese and English.

Document text is data: it is put in once, as it is, between tags that it cannot close. This module does not know models.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from string import Template

from ingest.errors import BadSetup
from prompts.passages import Passage
from retrieval.terms import is_chinese

NOT_IN_DOCUMENTS = "NOT_IN_DOCUMENTS"
REFUSALS = {"en": "Nothing in these documents answers this.", "zh": "这些文档中没有找到答案。"}

# What could close our tags or pass for a control token of a chat template: <tag, </tag, <|im_end|>, [INST].
_TAG = re.compile(r"<(?=\s*[/!?]?\s*[a-z_|｜])", re.IGNORECASE)
_BRACKET = re.compile(r"\[(?=\s*/?\s*(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_)[^\]]*\])", re.IGNORECASE)


def language_of(text: str) -> str:
    """ "zh" or "en": the language in which a question is answered."""
    return "zh" if is_chinese(text) else "en"


def refusal(question: str) -> str:
    """The sentence that says, in the question's language, that nothing answers it."""
    return REFUSALS[language_of(question)]


def as_data(text: str) -> str:
    """`text` so that nothing in it can pass for a tag of a prompt or a control token of a chat template."""
    return _BRACKET.sub("［", _TAG.sub("‹", text.replace("\x00", "")))


def as_attribute(text: str) -> str:
    """`text` on one line, without what could end an attribute."""
    return as_data(" ".join(text.split())).replace('"', "'").replace(">", "›")[:200]


def render_passage(passage: Passage, text: str | None = None) -> str:
    """A passage between its own tags; `text` stands for a shortened one."""
    chunk = passage.hit.chunk
    section = f' section="{as_attribute(" > ".join(chunk.section))}"' if chunk.section else ""
    document, page = as_attribute(passage.hit.document.name), as_attribute(passage.page_name)
    head = f'<passage number="[{passage.number}]" document="{document}" page="{page}"{section}>'
    return f"{head}\n{as_data(chunk.text if text is None else text)}\n</passage>"


@lru_cache(maxsize=32)
def _template(name: str, language: str) -> Template:
    path = files("prompts") / "templates" / f"{name}.{language}.txt"
    if not path.is_file():
        raise BadSetup(f"there is no prompt template {name}.{language}.txt", hint="reinstall Recto")
    return Template(path.read_text(encoding="utf-8"))


def render(name: str, language: str, **variables: str) -> str:
    """The template `name` in `language` with its variables filled in, in one pass.

    The values are put in as they are: they must have gone through `as_data` or `render_passage`. Raises BadSetup when
    there is no such template, or when its variables are not exactly those given.
    """
    template = _template(name, language)
    wanted, given = set(template.get_identifiers()), set(variables)
    if not template.is_valid() or wanted != given:
        missing, unknown = sorted(wanted - given), sorted(given - wanted)
        raise BadSetup(f"template {name}.{language}.txt: missing {missing}, unknown {unknown}")
    return template.substitute(variables).strip()
