"""The contents of a library, by the hash of the original: pages, chunks, what was recognised on pictures.

It does not know which documents have a content, nor when it is committed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest import codec
from ingest.asked_pages import AskedPages
from ingest.database import Database
from ingest.errors import NotFound
from ingest.ocr_need import ASKED
from ingest.records import BBox, Chunk, Content, Page
from ingest.rows import PageSummary, chunk_of, chunk_row, page_of, page_row, summary_of


@dataclass(frozen=True, slots=True)
class Keys:
    """What made a content's pages and chunks: the stages' options and versions."""

    parse: str
    chunk: str


class ContentRows:
    """A part of a library."""

    asked_pages: AskedPages
    _database: Database

    def keys(self, sha256: str) -> Keys | None:
        """What made the content's pages and chunks; None where it has not been parsed."""
        with self._database.reading() as db:
            row = db.execute("SELECT parse_key, chunk_key FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
        return Keys(*row) if row else None

    def password(self, sha256: str) -> str:
        """The password that opens a content's original; empty where it needs none."""
        with self._database.reading() as db:
            row = db.execute("SELECT password FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
        return str(row[0]) if row else ""

    def stub(self, sha256: str) -> Content | None:
        """A content without its pages; None where it has not been parsed."""
        with self._database.reading() as db:
            query = (
                "SELECT title, skipped, pending, characters, characters_seen, regions FROM contents WHERE sha256 = ?"
            )
            row = db.execute(query, (sha256,)).fetchone()
        if row is None:
            return None
        title, *reasons, characters, seen, waiting = row
        skipped, pending = ({int(number): why for number, why in json.loads(text).items()} for text in reasons)
        pending |= dict.fromkeys(self.asked_pages.waiting(sha256), ASKED)
        regions = {int(number): tuple(BBox(*box) for box in boxes) for number, boxes in json.loads(waiting).items()}
        return Content(sha256, (), title, skipped, pending, characters, seen, regions)

    def content(self, sha256: str) -> Content:
        """A content as it was parsed; without pages where it has not been."""
        return replace(self.stub(sha256) or Content(sha256, ()), pages=tuple(self.pages(sha256)))

    def recognised(self, sha256: str, page: int, key: str) -> bytes | None:
        """What was recognised on a page in the way that `key` names; None where it was not."""
        with self._database.reading() as db:
            query = "SELECT lines FROM recognised WHERE sha256 = ? AND page = ? AND key = ?"
            row = db.execute(query, (sha256, page, key)).fetchone()
        return bytes(row[0]) if row else None

    def keep_recognised(self, sha256: str, page: int, key: str, lines: bytes) -> None:
        """Keeps what was recognised on a page, as long as a document has the content."""
        with self._database.writing() as db:
            db.execute(
                """INSERT OR REPLACE INTO recognised SELECT ?1, ?2, ?3, ?4
                   WHERE EXISTS (SELECT 1 FROM documents WHERE sha256 = ?1)""",
                (sha256, page, key, lines),
            )

    def page(self, sha256: str, number: int) -> Page:
        """Raises NotFound."""
        with self._database.reading() as db:
            query = "SELECT page FROM pages WHERE sha256 = ? AND number = ?"
            row = db.execute(query, (sha256, number)).fetchone()
        if row is None:
            raise NotFound(f"no page {number} in this document")
        return page_of(row[0])

    def pages(self, sha256: str) -> Iterator[Page]:
        """All pages of a content, in order."""
        with self._database.reading() as db:
            for (blob,) in db.execute("SELECT page FROM pages WHERE sha256 = ? ORDER BY number", (sha256,)).fetchall():
                yield codec.decode(blob)

    def summaries(self, sha256: str) -> list[PageSummary]:
        """Label and grade of every page of a content, in order."""
        with self._database.reading() as db:
            query = "SELECT number, label, grade FROM pages WHERE sha256 = ? ORDER BY number"
            return [summary_of(row) for row in db.execute(query, (sha256,))]

    def chunks(
        self, sha256: str, *, ordinals: Sequence[int] | None = None, pages: Sequence[int] | None = None
    ) -> list[Chunk]:
        """The chunks of a content in order, or just those with the ordinals, or on the pages, given."""
        wanted = [None if numbers is None else json.dumps(list(numbers)) for numbers in (ordinals, pages)]
        query = """SELECT ordinal, kind, text, section, spans FROM chunks WHERE sha256 = ?1
                   AND (?2 IS NULL OR ordinal IN (SELECT value FROM json_each(?2)))
                   AND (?3 IS NULL OR page IN (SELECT value FROM json_each(?3))) ORDER BY ordinal"""
        with self._database.reading() as db:
            return [chunk_of(sha256, row) for row in db.execute(query, (sha256, *wanted))]

    def chunk_pages(self, sha256: str) -> list[int]:
        """The page of each chunk of a content, in order."""
        with self._database.reading() as db:
            return [
                page for (page,) in db.execute("SELECT page FROM chunks WHERE sha256 = ? ORDER BY ordinal", (sha256,))
            ]

    def note_figures(self, sha256: str, left: int) -> None:
        """On how many pages of a content, which is indexed, pictures are still to be looked at."""
        with self._database.writing() as db:
            note_figures(db, sha256, left)

    def forget_regions(self, sha256: str) -> None:
        """None of the pictures within a content's pages is looked at any more."""
        with self._database.writing() as db:
            db.execute("UPDATE contents SET regions = '{}' WHERE sha256 = ?", (sha256,))
            note_figures(db, sha256, 0)


def content_writer(content: Content, chunks: Sequence[Chunk]) -> Callable[[sqlite3.Connection, Keys, str], None]:
    """Writes a content and all that was made of it, anew. The rows are made now, outside of any transaction."""
    sha256 = content.sha256
    pages = [page_row(sha256, page) for page in content.pages]
    rows = [chunk_row(chunk) for chunk in chunks]
    noted = [json.dumps(what) for what in (content.skipped, content.pending, content.regions)]
    counted = (content.characters, content.characters_seen)

    def write(db: sqlite3.Connection, keys: Keys, password: str) -> None:
        made = (sha256, content.title, password, keys.parse, keys.chunk, len(pages), len(rows))
        db.execute("DELETE FROM contents WHERE sha256 = ?", (sha256,))
        db.execute(
            """INSERT INTO contents (sha256, title, password, parse_key, chunk_key, pages, chunks, skipped, pending,
               regions, characters, characters_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (*made, *noted, *counted),
        )
        db.executemany("INSERT INTO pages VALUES (?, ?, ?, ?, ?)", pages)
        db.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    return write


def note_figures(db: sqlite3.Connection, sha256: str, left: int) -> None:
    """Within a transaction: on how many pages of a content, which is indexed, pictures are still to be looked at."""
    query = "UPDATE documents SET pages_done = pages - ? WHERE sha256 = ? AND state = 'indexed'"
    db.execute(query, (left, sha256))
