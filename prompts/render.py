"""Prompts from the template files, one prompt a file, in Chinese and English; a user's folder may replace them.

Document text is data: it is put in once, as it is, between tags that it cannot close and that bear a random marker.
This module does not know models.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from string import Template, ascii_lowercase

from ingest.errors import BadSetup
from prompts.passages import Passage
from retrieval.terms import is_chinese

_SAMPLE_FENCE = "xqzjvkwf"  # as long as any, and no tokenizer has a word for it
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


@dataclass(frozen=True, slots=True)
class Prompts:
    """The templates and the marker of the fences around document text.

    `own` maps (name, language) to the text of a user's template, which stands for the bundled one. `fence` is random:
    no document can hold it. It stays the same from call to call, so that a server's prefix cache hits.
    """

    own: Mapping[tuple[str, str], str] = field(default_factory=dict)
    fence: str = field(default_factory=lambda: "".join(secrets.choice(ascii_lowercase) for _ in _SAMPLE_FENCE))

    def render(self, name: str, language: str, **variables: str) -> str:
        """The template `name` in `language` with its variables filled in, in one pass.

        The values are put in as they are: they must have gone through `as_data` or `render_passage`. Raises BadSetup
        when there is no such template, or when its variables are not exactly those given.
        """
        template = Template(self.own.get((name, language)) or _bundled(name, language))
        wanted, given = set(template.get_identifiers()), {*variables, "fence"}
        if not template.is_valid() or wanted != given:
            missing, unknown = sorted(wanted - given), sorted(given - wanted)
            raise BadSetup(f"template {name}.{language}.txt: missing {missing}, unknown {unknown}")
        return template.substitute(variables, fence=self.fence).strip()

    def blank(self, name: str, language: str, question: str) -> str:
        """The template with nothing but the question: what every prompt made from it holds.

        Its fence is always the same, so that plans do not depend on the one in force.
        """
        names = set(Template(_bundled(name, language)).get_identifiers()) - {"fence"}
        values = {one: question if one == "question" else "" for one in names}
        return Prompts(self.own, _SAMPLE_FENCE).render(name, language, **values)

    def text(self, name: str, language: str) -> str:
        """The template as it is written; it may be part of a cache's key."""
        return self.own.get((name, language)) or _bundled(name, language)


def load_prompts(folder: Path | None) -> Prompts:
    """The bundled prompts, those of `folder` in place of their namesakes.

    Raises BadSetup that names the file where one is not a template's, cannot be read, or has other variables.
    """
    own: dict[tuple[str, str], str] = {}
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".txt") if folder else []
        for path in found:
            name, _, language = path.stem.rpartition(".")
            own[name, language] = _checked(path.read_text(encoding="utf-8"), name, language, path)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetup(f"the prompt templates in {folder} cannot be read: {error}") from error
    return Prompts(own)


def _checked(text: str, name: str, language: str, path: Path) -> str:
    template, wanted = Template(text), set(Template(_bundled(name, language)).get_identifiers())
    if not template.is_valid():
        raise BadSetup(f"{path} is no template", hint="write a dollar sign as $$")
    given = set(template.get_identifiers())
    if given != wanted:
        missing, unknown = sorted(wanted - given), sorted(given - wanted)
        raise BadSetup(f"{path}: missing {missing}, unknown {unknown}", hint="a template keeps its variables")
    return text


@lru_cache(maxsize=64)
def _bundled(name: str, language: str) -> str:
    path = files("prompts") / "templates" / f"{name}.{language}.txt"
    if not path.is_file():
        raise BadSetup(f"there is no prompt template {name}.{language}.txt", hint="reinstall Recto")
    return path.read_text(encoding="utf-8")
