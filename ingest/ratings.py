"""What the users of a library thought of its answers: good or not, why, and which page is the right one.

A rating belongs to a turn of a conversation and goes with it, or with the first of the documents that the turn or the
rating speaks of. It does not know what an answer is.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.database import Database
from ingest.errors import NotFound

REASONS = ("wrong", "incomplete", "place", "refused", "other")
"""Why an answer is not good: what it says is wrong, or not all; its proof stands elsewhere; it was wrongly refused."""
MAX_NOTE = 1000  # characters


@dataclass(frozen=True, slots=True)
class Rating:
    """`reason` is one of REASONS, or empty. `page`, from 1, of a document is where the answer stands; 0: nobody said.

    `document` is that document's name; it is read, never written.
    """

    good: bool
    reason: str = ""
    note: str = ""
    document_id: str = ""
    page: int = 0
    document: str = ""


@dataclass(frozen=True, slots=True)
class Rated:
    """A rating with the question and the record of its turn. `when` is in ISO 8601."""

    id: str
    when: str
    question: str
    record: str
    rating: Rating


class Ratings:
    """A part of a library; each owner sees only their own. Raises NotFound for what is not theirs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rate(self, owner: str, conversation: str, place: int, rating: Rating) -> None:
        """Rates the turn at `place` of a conversation, or rates it anew."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        note = " ".join(rating.note.split())[:MAX_NOTE]
        page = (rating.document_id, rating.page) if rating.page else (None, None)
        with self._database.writing() as db:
            query = """SELECT 1 FROM turns t JOIN conversations c ON c.id = t.conversation
                WHERE c.owner = ? AND c.id = ? AND t.place = ? AND t.record IS NOT NULL"""
            if not db.execute(query, (owner, conversation, place)).fetchone():
                raise NotFound("this answer is gone")
            query = "SELECT 1 FROM documents WHERE id = ? AND owner = ?"
            if rating.page and not db.execute(query, (rating.document_id, owner)).fetchone():
                raise NotFound("the document of the right page is gone")
            db.execute(
                """INSERT INTO ratings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (conversation, place) DO UPDATE
                   SET rated = excluded.rated, good = excluded.good, reason = excluded.reason, note = excluded.note,
                   document = excluded.document, page = excluded.page""",
                (uuid.uuid4().hex[:12], conversation, place, now, rating.good, rating.reason, note, *page),
            )

    def withdraw(self, owner: str, conversation: str, place: int) -> None:
        """The turn is not rated any more."""
        with self._database.writing() as db:
            db.execute(
                """DELETE FROM ratings WHERE conversation = ? AND place = ?
                   AND conversation IN (SELECT id FROM conversations WHERE owner = ?)""",
                (conversation, place, owner),
            )

    def remove(self, owner: str, ids: Collection[str]) -> None:
        """Removes ratings, all or none."""
        with self._database.writing() as db:
            for one in ids:
                query = """DELETE FROM ratings WHERE id = ? AND conversation IN
                    (SELECT id FROM conversations WHERE owner = ?)"""
                if not db.execute(query, (one, owner)).rowcount:
                    raise NotFound(f"no rating {one!r}", hint="recto feedback list shows what there is")

    def of(self, owner: str, conversation: str) -> dict[int, Rating]:
        """The ratings of a conversation's turns, by place."""
        query = """SELECT r.place, r.good, r.reason, r.note, r.document, r.page, d.name FROM ratings r
            JOIN conversations c ON c.id = r.conversation LEFT JOIN documents d ON d.id = r.document
            WHERE c.owner = ? AND c.id = ?"""
        with self._database.reading() as db:
            return {place: _rating(*row) for place, *row in db.execute(query, (owner, conversation))}

    def all(self, owner: str) -> list[Rated]:
        """All of an owner's, the first first."""
        query = """SELECT r.id, r.rated, t.question, t.record, r.good, r.reason, r.note, r.document, r.page, d.name
            FROM ratings r JOIN conversations c ON c.id = r.conversation
            JOIN turns t ON t.conversation = r.conversation AND t.place = r.place
            LEFT JOIN documents d ON d.id = r.document WHERE c.owner = ? ORDER BY r.rated, r.rowid"""
        with self._database.reading() as db:
            rows = db.execute(query, (owner,)).fetchall()
        return [Rated(one, when, question, record, _rating(*rest)) for one, when, question, record, *rest in rows]


def _rating(good: int, reason: str, note: str, document_id: str | None, page: int | None, name: str | None) -> Rating:
    return Rating(bool(good), reason, note, document_id or "", page or 0, name or "")


def forget_conversation(db: sqlite3.Connection, conversation: str) -> None:
    """Within a transaction: a conversation goes."""
    db.execute("DELETE FROM ratings WHERE conversation = ?", (conversation,))


def forget(db: sqlite3.Connection, document_id: str) -> None:
    """Within a transaction: a document goes, and with it every rating that speaks of it, or of whose turn it is."""
    db.execute(
        """DELETE FROM ratings WHERE document = ?1 OR (conversation, place) IN
           (SELECT conversation, place FROM turn_documents WHERE document = ?1)""",
        (document_id,),
    )
