"""Question sets on disk: a folder with `pdfs/` and `questions.jsonl`. It does not know what is measured on them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import BadInput

HUMAN_WRITTEN = frozenset({"financebench", "mmlb"})


@dataclass(frozen=True, slots=True)
class Question:
    """`pages` (from 1) of `document` hold the answer; empty where only the document is known.

    `candidates` are the documents that the question sees in scope `document`; empty means its own. `answer` is empty
    where the set gives none, `origin` (where the question was taken from) where it does not say.
    """

    id: str
    text: str
    document: str
    pages: tuple[int, ...]
    candidates: tuple[str, ...]
    slices: tuple[str, ...]
    answer: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    folder: Path
    questions: tuple[Question, ...]

    @property
    def pdfs(self) -> Path:
        return self.folder / "pdfs"

    def key(self) -> str:
        """A hash of the questions and the names and sizes of the PDFs."""
        digest = hashlib.sha256((self.folder / "questions.jsonl").read_bytes())
        for file in sorted(self.pdfs.glob("*.pdf")):
            digest.update(f"{file.name}:{file.stat().st_size}\n".encode())
        return digest.hexdigest()[:16]


def _slices(row: dict[str, object]) -> tuple[str, ...]:
    origin = str(row.get("source", ""))
    names = ["all", *([origin, f"{origin}/{row.get('kind', '')}"] if origin else [])]
    return tuple(names + ["human-written"] * (origin in HUMAN_WRITTEN))


def load_set(folder: Path) -> QuestionSet:
    """Raises BadInput where the folder is no question set, naming the line that is wrong."""
    path = folder / "questions.jsonl"
    if not path.is_file() or not (folder / "pdfs").is_dir():
        raise BadInput(f"{folder} is no question set", hint="it needs pdfs/ and questions.jsonl")
    questions: list[Question] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            questions.append(
                Question(
                    id=str(row["id"]),
                    text=str(row["question"]),
                    document=str(row["doc"]),
                    pages=tuple(int(page) for page in row["pages"] or ()),
                    candidates=tuple(row.get("candidates") or ()),
                    slices=_slices(row),
                    answer=str(row.get("answer") or ""),
                    origin=str(row.get("source", "")),
                )
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{path}:{number}: {type(error).__name__}: {error}") from error
    if not questions:
        raise BadInput(f"{path} holds no questions")
    return QuestionSet(folder, tuple(questions))
