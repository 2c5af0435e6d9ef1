"""How many pages of each document were read how well. It does not know why."""

from __future__ import annotations

from ingest.database import Database
from ingest.grades import Grade


def page_grades(database: Database, owner: str) -> dict[str, dict[Grade, int]]:
    """The pages of an owner's documents, by document id and grade; a document without pages is left out."""
    query = """SELECT d.id, p.grade, COUNT(*) FROM documents d JOIN pages p ON p.sha256 = d.sha256
        WHERE d.owner = ? GROUP BY d.id, p.grade"""
    found: dict[str, dict[Grade, int]] = {}
    with database.reading() as db:
        for document_id, grade, count in db.execute(query, (owner,)):
            found.setdefault(document_id, {})[Grade(grade)] = count
    return found
