"""What a field's questions ask for, and where that stands: lexicons as TOML files, those of a user's own among them.

It does not know what a question is searched with. `retrieval/lexicons/en.toml` shows and explains the format.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ingest.errors import BadSetup
from retrieval.terms import is_chinese, terms

FOLDER = Path(__file__).parent / "lexicons"
KINDS = ("quantity", "table", "figure", "front", "contents")
"""What may be asked for: an amount, a table, a picture, what stands on the first page, or in a table of contents."""

_ASKING = ("?", "？")
_SENTENCE = re.compile(r"[^.!?。！？;；\n]+(?:[.](?=\S)[^.!?。！？;；\n]*)*[.!?。！？;；\n]*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where answers stand: the headings and the words by which it is known; all as terms with spaces between."""

    titles: tuple[str, ...]
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """What is asked for, as terms with spaces between, and where that stands; `sought` is looked for there."""

    asked: tuple[str, ...]
    places: tuple[Place, ...]
    sought: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All files together.

    Before its words count, a question is freed of whole sentences that are `instructions` how to answer, of `endings`
    of others that are, and of `fillers`.
    """

    fillers: re.Pattern[str]
    instructions: re.Pattern[str]
    endings: re.Pattern[str]
    kinds: Mapping[str, re.Pattern[str]]
    topics: tuple[Topic, ...]

    def kinds_of(self, question: str) -> frozenset[str]:
        """Which of `KINDS` the question asks for."""
        return frozenset(kind for kind, pattern in self.kinds.items() if pattern.search(question))

    def topics_of(self, question: str) -> tuple[Topic, ...]:
        """The topics that the question asks for. Of two phrases over the same words only the longer counts."""
        left = f" {' '.join(terms(question))} "
        asked = [(phrase, topic) for topic in self.topics for phrase in topic.asked if f" {phrase} " in left]
        found: dict[Topic, None] = {}
        for phrase, topic in sorted(asked, key=lambda one: -len(one[0])):
            if f" {phrase} " in left or topic in found:
                found[topic] = None
        return tuple(found)

    def plain(self, question: str) -> str:
        """The question without what says how to answer and without filler; as it is where nothing would be left."""
        plain = self.fillers.sub(" ", self.without_instructions(question))
        return plain if terms(plain) else question

    def without_instructions(self, question: str) -> str:
        """The question without sentences and ends of sentences that say how to answer; as it is where no more is left.

        A sentence that ends as a question is none, whatever it begins with.
        """
        sentences = [found[0].strip() for found in _SENTENCE.finditer(question)]
        kept = [
            self.endings.sub("", one)
            for one in sentences
            if one.endswith(_ASKING) or not self.instructions.fullmatch(one)
        ]
        bare = " ".join(one for one in kept if any(character.isalnum() for character in one))
        return bare if terms(bare) else question


def load_lexicon(folder: Path | None = None) -> Lexicon:
    """Recto's own lexicons and the `*.toml` of a user's folder; raises BadSetup that names the file that is wrong."""
    files = [*sorted(FOLDER.glob("*.toml")), *(sorted(folder.glob("*.toml")) if folder else ())]
    if folder and not folder.is_dir():
        raise BadSetup(f"there is no folder of lexicons {folder}")
    return _lexicon(tuple(files))


@lru_cache(maxsize=4)
def _lexicon(files: tuple[Path, ...]) -> Lexicon:
    parts: dict[str, Place] = {}
    topics: list[Topic] = []
    fillers: list[str] = []
    instructions: list[str] = []
    endings: list[str] = []
    kinds: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for file in files:
        read = _read(file)
        parts |= {name: _place(part) for name, part in read.part.items()}
        try:
            topics.extend(_topic(topic, parts) for topic in read.topic)
        except KeyError as error:
            raise BadSetup(f"the lexicon {file} names a part that there is not: {error}") from error
        fillers.extend(read.fillers)
        instructions.extend(read.instructions)
        endings.extend(read.endings)
        for kind, phrases in read.kinds.items():
            kinds[kind].extend(phrases)
    return Lexicon(
        _phrases(fillers),
        re.compile("|".join(instructions) or r"(?!)", re.IGNORECASE),
        re.compile("|".join(endings) or r"(?!)", re.IGNORECASE),
        {kind: _phrases(phrases) for kind, phrases in kinds.items()},
        tuple(topics),
    )


class _PartEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    titles: list[str] = []
    items: list[str] = []


class _TopicEntry(_PartEntry):
    asked: list[str]
    stands_in: list[str] = []


class _File(BaseModel):
    """A lexicon file as it is written."""

    model_config = ConfigDict(extra="forbid")
    fillers: list[str] = []
    instructions: list[str] = []
    endings: list[str] = []
    kinds: dict[Literal["quantity", "table", "figure", "front", "contents"], list[str]] = {}
    part: dict[str, _PartEntry] = {}
    topic: list[_TopicEntry] = []


def _read(file: Path) -> _File:
    try:
        read = _File.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        for pattern in (*read.instructions, *read.endings):
            re.compile(pattern)
    except (OSError, ValueError, re.error) as error:
        raise BadSetup(f"the lexicon {file} cannot be read: {error}") from error
    return read


def _topic(topic: _TopicEntry, parts: Mapping[str, Place]) -> Topic:
    places = [parts[name] for name in topic.stands_in]
    sought = _as_terms(topic.items)
    if topic.titles:
        places.append(Place(_as_terms(topic.titles), sought))
    return Topic(_as_terms(topic.asked), tuple(places), sought)


def _place(part: _PartEntry) -> Place:
    return Place(_as_terms(part.titles), _as_terms(part.items))


def _as_terms(phrases: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(held for phrase in phrases if (held := " ".join(terms(phrase)))))


def _phrases(phrases: Sequence[str]) -> re.Pattern[str]:
    """A pattern of the phrases, the longest first; Latin ones as whole words."""
    longest = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    chinese = [re.escape(one) for one in longest if is_chinese(one)]
    words = "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in longest if not is_chinese(one))
    either = "|".join([*([rf"(?<!\w)(?:{words})(?!\w)"] if words else []), *chinese])
    return re.compile(either or r"(?!)", re.IGNORECASE)
