"""Questions that a model wrote for the chunks of documents, so that these are found by them; kept beside what was read.

Each belongs to the words that it was written from and counts as long as a chunk has them. No answer quotes one. It
does not know the model, nor which index follows the change that is left in the log.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ingest.database import Database
from ingest.errors import NotFound
from ingest.records import Chunk


def passage_key(section: Sequence[str], text: str) -> str:
    """Names what questions are written from: a text under its headings."""
    return hashlib.blake2b("\0".join((*section, text)).encode(), digest_size=16).hexdigest()


class Written(NamedTuple):
    """The questions of a passage; `made_by` names the model and the prompt."""

    made_by: str
    questions: tuple[str, ...]


class GeneratedQuestions:
    """A part of a library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, document_id: str, passages: Iterable[str] | None = None) -> dict[str, Written]:
        """Those of a document, or of the passages named, by passage."""
        wanted = None if passages is None else json.dumps(list(passages))
        query = """SELECT passage, made_by, questions FROM questions WHERE document = ?1
                   AND (?2 IS NULL OR passage IN (SELECT value FROM json_each(?2)))"""
        with self._database.reading() as db:
            rows = db.execute(query, (document_id, wanted))
            return {passage: Written(made_by, tuple(json.loads(kept))) for passage, made_by, kept in rows}

    def keep(self, document_id: str, written: Mapping[str, Written]) -> None:
        """Puts questions, by passage, in the place of all that a document had; raises NotFound where it was removed."""
        rows = [
            (document_id, passage, one.made_by, json.dumps(one.questions, ensure_ascii=False))
            for passage, one in written.items()
        ]
        with self._database.writing() as db:
            if not db.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone():
                raise NotFound(f"document {document_id!r} was removed meanwhile")
            forget(db, document_id)
            db.executemany("INSERT INTO questions VALUES (?, ?, ?, ?)", rows)
            _log(db, document_id)

    def remove(self, document_id: str) -> None:
        """The document is found by its own words alone from now on."""
        with self._database.writing() as db:
            forget(db, document_id)
            _log(db, document_id)


def asked(chunks: Sequence[Chunk], questions: GeneratedQuestions, document_id: str) -> list[Chunk]:
    """The chunks with the questions that were written for them."""
    keyed = [(passage_key(one.section, one.text), one) for one in chunks]
    found = questions.of(document_id, dict.fromkeys(key for key, _ in keyed))
    return [replace(one, questions=found[key].questions) if key in found else one for key, one in keyed]


def _log(db: sqlite3.Connection, document_id: str) -> None:
    """What finds the document is something else from now on."""
    db.execute("INSERT INTO changes (document, action) SELECT id, 'added' FROM documents WHERE id = ?", (document_id,))


def forget(db: sqlite3.Connection, document_id: str) -> None:
    """Within a transaction: the document goes."""
    db.execute("DELETE FROM questions WHERE document = ?", (document_id,))


def inherit(db: sqlite3.Connection, document_id: str, replaced: str) -> None:
    """Within a transaction: the questions of passages that stand in the document that takes another's place are its."""
    query = "SELECT passage FROM questions WHERE document = ?"
    if not (kept := {passage for (passage,) in db.execute(query, (replaced,))}):
        return
    query = "SELECT section, text FROM chunks JOIN documents USING (sha256) WHERE id = ?"
    here = {passage_key(json.loads(section), text) for section, text in db.execute(query, (document_id,))}
    db.executemany(
        "UPDATE OR IGNORE questions SET document = ? WHERE document = ? AND passage = ?",
        [(document_id, replaced, passage) for passage in sorted(kept & here)],
    )
