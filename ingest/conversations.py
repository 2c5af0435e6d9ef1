"""The conversations of a library's users: questions, and what came of each as a record that only its maker reads.

A record goes with the first of the documents that it speaks of; its question stays.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple

from ingest import ratings
from ingest.database import Database
from ingest.errors import NotFound
from ingest.ratings import Ratings

MAX_TITLE = 200  # characters


class Conversation(NamedTuple):
    """`updated` is when it last went on, in ISO 8601."""

    id: str
    title: str
    updated: str


class Kept(NamedTuple):
    """A question and its record; None where a document that it spoke of was removed."""

    question: str
    record: str | None


class Conversations:
    """A part of a library; each owner sees only their own. Raises NotFound for one that is not theirs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.ratings = Ratings(database)

    def find(self, owner: str, search: str = "", most: int = 100) -> list[Conversation]:
        """The last to go on first; with `search` only those whose title or a question holds it, whatever its case."""
        query = """SELECT id, title, updated FROM conversations WHERE owner = ?1 AND (title LIKE ?2 ESCAPE '\\'
                   OR id IN (SELECT conversation FROM turns WHERE question LIKE ?2 ESCAPE '\\'))
                   ORDER BY updated DESC, rowid DESC LIMIT ?3"""
        escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        with self._database.reading() as db:
            return [Conversation(*row) for row in db.execute(query, (owner, f"%{escaped}%", most))]

    def title(self, owner: str, conversation: str) -> str:
        with self._database.reading() as db:
            _check(db, owner, conversation)
            (title,) = db.execute("SELECT title FROM conversations WHERE id = ?", (conversation,)).fetchone()
            return str(title)

    def turns(self, owner: str, conversation: str) -> list[Kept]:
        """What was asked, in order."""
        with self._database.reading() as db:
            _check(db, owner, conversation)
            query = "SELECT question, record FROM turns WHERE conversation = ? ORDER BY place"
            return [Kept(*row) for row in db.execute(query, (conversation,))]

    def keep(self, owner: str, conversation: str, place: int, kept: Kept, document_ids: Collection[str]) -> str:
        """Writes the turn at `place`, from 0, of a conversation or, without an id, of a new one; gives its id.

        A record that speaks of a document which is gone by now is not written.
        """
        with self._database.writing() as db:
            conversation = _gone_on(db, owner, conversation, kept.question)
            _write(db, conversation, place, kept, document_ids)
        return conversation

    def append(self, owner: str, conversation: str, kept: Kept, document_ids: Collection[str]) -> tuple[str, int]:
        """Writes the next turn of a conversation or, without an id, of a new one; gives its id and the turn's place."""
        with self._database.writing() as db:
            conversation = _gone_on(db, owner, conversation, kept.question)
            query = "SELECT COALESCE(MAX(place) + 1, 0) FROM turns WHERE conversation = ?"
            (place,) = db.execute(query, (conversation,)).fetchone()
            _write(db, conversation, place, kept, document_ids)
        return conversation, place

    def rename(self, owner: str, conversation: str, title: str) -> None:
        """An empty title leaves it as it is."""
        with self._database.writing() as db:
            _check(db, owner, conversation)
            if title.strip():
                values = (" ".join(title.split())[:MAX_TITLE], conversation)
                db.execute("UPDATE conversations SET title = ? WHERE id = ?", values)

    def remove(self, owner: str, conversation: str) -> None:
        with self._database.writing() as db:
            _check(db, owner, conversation)
            ratings.forget_conversation(db, conversation)
            db.execute("DELETE FROM turn_documents WHERE conversation = ?", (conversation,))
            db.execute("DELETE FROM turns WHERE conversation = ?", (conversation,))
            db.execute("DELETE FROM conversations WHERE id = ?", (conversation,))


def _check(db: sqlite3.Connection, owner: str, conversation: str) -> None:
    if not db.execute("SELECT 1 FROM conversations WHERE id = ? AND owner = ?", (conversation, owner)).fetchone():
        raise NotFound("this conversation is gone", hint="begin a new one")


def _gone_on(db: sqlite3.Connection, owner: str, conversation: str, question: str) -> str:
    """The id of a conversation that goes on now, or of a new one, which has its first question for its title."""
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    if conversation:
        _check(db, owner, conversation)
        db.execute("UPDATE conversations SET updated = ? WHERE id = ?", (now, conversation))
        return conversation
    made = uuid.uuid4().hex
    title = " ".join(question.split())[:MAX_TITLE]
    db.execute("INSERT INTO conversations VALUES (?, ?, ?, ?)", (made, owner, title, now))
    return made


def _write(db: sqlite3.Connection, conversation: str, place: int, kept: Kept, document_ids: Collection[str]) -> None:
    record = kept.record if all(_is_there(db, one) for one in document_ids) else None
    db.execute("INSERT OR REPLACE INTO turns VALUES (?, ?, ?, ?)", (conversation, place, kept.question, record))
    db.execute("DELETE FROM turn_documents WHERE conversation = ? AND place = ?", (conversation, place))
    rows = [(conversation, place, one) for one in document_ids if record is not None]
    db.executemany("INSERT OR IGNORE INTO turn_documents VALUES (?, ?, ?)", rows)


def _is_there(db: sqlite3.Connection, document_id: str) -> bool:
    return db.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone() is not None


def forget(db: sqlite3.Connection, document_id: str) -> None:
    """Within a transaction: a document goes, and with it every record that speaks of it, and its rating."""
    ratings.forget(db, document_id)
    db.execute(
        """UPDATE turns SET record = NULL WHERE (conversation, place) IN
           (SELECT conversation, place FROM turn_documents WHERE document = ?)""",
        (document_id,),
    )
    db.execute(
        """DELETE FROM turn_documents WHERE (conversation, place) IN
           (SELECT conversation, place FROM turn_documents WHERE document = ?)""",
        (document_id,),
    )
