"""Are changed facts noticed, and true sentences let through?

Sentences of a set's documents are edited by rule (eval.edits), those of hand_edits.jsonl were edited by hand; each is
checked against the passages that a search finds. It does not know how a verdict is reached.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.asking import PASSAGES
from app.auth import LOCAL
from eval.edits import CHANGES, KEPT, Edit, edited, names_in
from eval.markdown_table import percent, table
from eval.run import Bench
from ingest.errors import BadInput
from ingest.flow import is_cjk
from ingest.records import BlockKind, Chunk, Document, Page, State
from ingest.sentences import split
from prompts.answers import Verdict
from prompts.evidence import Evidence
from prompts.passages import number_passages
from retrieval.hits import Hit

BY_HAND = Path(__file__).with_name("hand_edits.jsonl")

_FOLLOWED = 40  # edits of each kind and language
_EACH = 6  # edits of each kind from one document, so that no document rules
_ENGLISH = re.compile(r"[A-Z][^\n]{50,280}[a-z\d%)]\.")
_CHINESE = re.compile(r"[\u4e00-\u9fff《\d][^\n]{18,140}。")
_NEIGHBOURS = 7  # other sentences beside the source of an edit by hand


@dataclass(frozen=True, slots=True)
class Judged:
    """`wanted`: the right verdict, "" where an edit by rule only has to be noticed."""

    edit: Edit
    language: str
    verdict: str
    wanted: str = ""

    @property
    def right(self) -> bool:
        """Whether a true sentence is supported, or a changed one anything but supported."""
        true = self.edit.change in KEPT or self.wanted == Verdict.SUPPORTED
        return (self.verdict == Verdict.SUPPORTED) == true and self.verdict != Verdict.UNCHECKED


@dataclass(frozen=True, slots=True)
class _Source:
    sentence: str
    chunk: Chunk
    document: Document
    names: tuple[str, ...]


def language(text: str) -> str:
    """`zh` for a text with Chinese characters, else `en`."""
    return "zh" if any(map(is_cjk, text)) else "en"


# by rule


def judge_by_rule(bench: Bench, seed: int) -> list[Judged]:
    """Edits of sentences of the set's documents, each checked against the passages that a search for it finds."""
    judged = []
    for source, edit in edits_of(bench, seed):
        hits = bench.search(source.sentence, [source.document], PASSAGES)
        if all(hit.chunk.id != source.chunk.id for hit in hits):
            hits = [*hits[: PASSAGES - 1], Hit(source.document, source.chunk, 0.0, ())]
        evidence = Evidence("", number_passages(hits, bench.library.page))
        judged.append(Judged(edit, language(edit.source), evidence.find(edit.edited).verdict))
    return judged


def edits_of(bench: Bench, seed: int) -> Iterator[tuple[_Source, Edit]]:
    """Up to a fixed number of edits of each kind and language, spread over the documents; the same for a seed."""
    sources = list(_sources(bench))
    for change in (*CHANGES, *KEPT):
        draw = random.Random(f"{seed}:{change}")
        order = draw.sample(sources, len(sources))
        made: Counter[str] = Counter()
        for source in order:
            spoken = language(source.sentence)
            if made[spoken] == _FOLLOWED or made[source.document.id] == _EACH * _rarity(spoken):
                continue
            edit = edited(change, source.sentence, draw, source.names)
            if edit:
                made.update((spoken, source.document.id))
                yield source, edit


def _rarity(spoken: str) -> int:
    """Sets have few Chinese documents, and long ones: more edits may come from each."""
    return 2 if spoken == "zh" else 1


def _sources(bench: Bench) -> Iterator[_Source]:
    for document in bench.documents.values():
        chunks = [one for one in bench.library.chunks(document.sha256) if one.kind is BlockKind.TEXT]
        names = tuple(names_in("\n".join(chunk.text for chunk in chunks)))
        known: set[str] = set()
        for chunk in chunks:
            for start, end in split(chunk.text, lines=False):
                sentence = " ".join(chunk.text[start:end].split())
                whole = _CHINESE if language(sentence) == "zh" else _ENGLISH
                if whole.fullmatch(sentence) and sentence not in known:
                    known.add(sentence)
                    yield _Source(sentence, chunk, document, names)


# by hand


def load_by_hand(path: Path = BY_HAND) -> list[tuple[Edit, str]]:
    """Edits with the right verdict. Raises BadInput that names a line which is none."""
    made = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            made.append((Edit(row["change"], row["source"], row["edited"]), Verdict(row["verdict"]).value))
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{path}:{number}: {type(error).__name__}: {error}") from error
    return made


def judge_by_hand(path: Path = BY_HAND) -> list[Judged]:
    """Each edit checked against its source among its neighbours in the file, a passage each."""
    made = load_by_hand(path)
    judged = []
    for place, (edit, wanted) in enumerate(made):
        first = max(0, min(place - _NEIGHBOURS // 2, len(made) - _NEIGHBOURS - 1))
        around = dict.fromkeys(other.source for other, _ in made[first : first + _NEIGHBOURS + 1])
        evidence = Evidence("", number_passages([_hit(source) for source in around], _no_page))
        judged.append(Judged(edit, language(edit.source), evidence.find(edit.edited).verdict, wanted))
    return judged


def _hit(sentence: str) -> Hit:
    document = Document("by-hand", "by-hand.pdf", "", LOCAL.user, "", State.INDEXED, askable=True)
    return Hit(document, Chunk(sentence, "", 0, BlockKind.TEXT, sentence, (), ()), 0.0, ())


def _no_page(sha256: str, number: int) -> Page:
    raise LookupError(f"a sentence by hand stands on no page ({sha256} {number})")


# figures


def summary(judged: Sequence[Judged]) -> dict[str, Any]:
    """`by_rule` and `by_hand`: kind of edit -> language -> n, right (a share), and how often each verdict was given.

    `changed_right` and `untouched_wrong` are the shares over the edits by rule that a gate looks at; `exact` the share
    of edits by hand with the very verdict wanted.
    """
    by_rule, by_hand = [one for one in judged if not one.wanted], [one for one in judged if one.wanted]
    changed = [one for one in by_rule if one.edit.change in CHANGES]
    untouched = [one for one in by_rule if one.edit.change in ("untouched", "rescaled")]
    by_hand_changed = [one for one in by_hand if one.wanted != Verdict.SUPPORTED]
    return {
        "changed": len(changed),
        "changed_right": _share([one.right for one in changed]),
        "untouched": len(untouched),
        "untouched_wrong": _share([not one.right for one in untouched]),
        "hand_changed": len(by_hand_changed),
        "hand_changed_right": _share([one.right for one in by_hand_changed]),
        "hand_kept_wrong": _share([not one.right for one in by_hand if one.wanted == Verdict.SUPPORTED]),
        "exact": _share([one.verdict == one.wanted for one in by_hand]),
        "by_rule": _slices(by_rule),
        "by_hand": _slices(by_hand),
    }


def _share(found: Sequence[bool]) -> float | None:
    return round(sum(found) / len(found), 4) if found else None


def _slices(judged: Sequence[Judged]) -> dict[str, dict[str, dict[str, Any]]]:
    slices: dict[str, dict[str, list[Judged]]] = {}
    for one in judged:
        slices.setdefault(one.edit.change, {}).setdefault(one.language, []).append(one)
    return {
        change: {
            spoken: {
                "n": len(inside),
                "right": _share([one.right for one in inside]),
                "verdicts": dict(sorted(Counter(one.verdict for one in inside).items())),
            }
            for spoken, inside in sorted(languages.items())
        }
        for change, languages in slices.items()
    }


def verdicts_report(judged: Sequence[Judged]) -> dict[str, Any]:
    """The summary, and a row for each edit."""
    return {"kind": "verdicts", **summary(judged), "rows": [_row(one) for one in judged]}


def _row(one: Judged) -> dict[str, Any]:
    return asdict(one.edit) | {
        "language": one.language,
        "verdict": one.verdict,
        "wanted": one.wanted,
        "right": one.right,
    }


def verdicts_table(body: dict[str, Any]) -> str:
    """A line for each kind of edit and language; below it the shares that a gate looks at."""
    verdicts = [verdict.value for verdict in Verdict]
    rows = [
        [f"{change}, {spoken}{mark}", str(found["n"]), percent(found["right"])]
        + [str(found["verdicts"].get(verdict, 0)) for verdict in verdicts]
        for key, mark in (("by_rule", ""), ("by_hand", ", by hand"))
        for change, languages in body[key].items()
        for spoken, found in languages.items()
    ]
    lines = [
        table(["edit", "n", "right", *verdicts], rows),
        "",
        f"changed facts noticed: {percent(body['changed_right'])} % of {body['changed']} by rule, "
        f"{percent(body['hand_changed_right'])} % of {body['hand_changed']} by hand",
        f"false alarms: {percent(body['untouched_wrong'])} % of {body['untouched']} untouched or rescaled by rule, "
        f"{percent(body['hand_kept_wrong'])} % of the true ones by hand",
        f"verdict exactly as wanted, by hand: {percent(body['exact'])} %",
    ]
    return "\n".join(lines)
