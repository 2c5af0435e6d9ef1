"""The vectors of a library's contents, and which embedder's are in force.

It does not know how vectors are made or searched.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.database import Database


@dataclass(frozen=True, slots=True)
class EmbedderRecord:
    """The embedder whose vectors are in force. `model_folder` is empty for the bundled model."""

    identity: str
    model_folder: str
    precision: str


class VectorRows:
    """A part of a library."""

    _database: Database

    def embedder(self) -> EmbedderRecord | None:
        """The embedder whose vectors are searched; None as long as nothing was embedded."""
        with self._database.reading() as db:
            row = db.execute("SELECT value FROM library WHERE name = 'embedder'").fetchone()
        return EmbedderRecord(**json.loads(row[0])) if row else None

    def adopt_embedder(self, record: EmbedderRecord) -> EmbedderRecord:
        """Puts an embedder in force where none is; returns the one in force."""
        with self._database.writing() as db:
            db.execute("INSERT OR IGNORE INTO library VALUES ('embedder', ?)", (json.dumps(asdict(record)),))
        in_force = self.embedder()
        assert in_force is not None
        return in_force

    def without_vectors(self, embedder: str) -> list[str]:
        """The contents that have chunks but no vectors of the embedder, in the order in which they came."""
        query = """SELECT sha256 FROM contents c WHERE chunks > 0 AND NOT EXISTS
            (SELECT 1 FROM vectors v WHERE v.sha256 = c.sha256 AND v.embedder = ?) ORDER BY rowid"""
        with self._database.reading() as db:
            return [sha256 for (sha256,) in db.execute(query, (embedder,))]

    def switch_embedder(self, record: EmbedderRecord) -> bool:
        """Puts another embedder in force and deletes the vectors of all others; False where contents still lack its."""
        with self._database.writing() as db:
            if self.without_vectors(record.identity):  # the same connection: it sees this transaction
                return False
            db.execute("INSERT OR REPLACE INTO library VALUES ('embedder', ?)", (json.dumps(asdict(record)),))
            db.execute("DELETE FROM vectors WHERE embedder <> ?", (record.identity,))
            db.execute("INSERT INTO changes (document, action) VALUES ('', 'migrated')")
        return True

    def has_vectors(self, sha256: str, embedder: str) -> bool:
        with self._database.reading() as db:
            query = "SELECT 1 FROM vectors WHERE sha256 = ? AND embedder = ?"
            return db.execute(query, (sha256, embedder)).fetchone() is not None

    def vectors(self, sha256: str, embedder: str) -> NDArray[np.float16] | None:
        """float16, shape (chunks, dimension); None where the embedder has not been there."""
        with self._database.reading() as db:
            query = "SELECT count, dimension, fp16 FROM vectors WHERE sha256 = ? AND embedder = ?"
            row = db.execute(query, (sha256, embedder)).fetchone()
        return np.frombuffer(row[2], dtype="<f2").reshape(row[0], row[1]) if row else None

    def commit_vectors(self, sha256: str, embedder: str, vectors: NDArray[np.float16]) -> None:
        """The second commit: one vector a chunk, float16, shape (chunks, dimension), in the chunks' order."""
        with self._database.writing() as db:
            self._write_vectors(db, sha256, embedder, vectors)

    def _write_vectors(self, db: sqlite3.Connection, sha256: str, embedder: str, vectors: NDArray[np.float16]) -> None:
        db.execute(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?, ?)",
            (sha256, embedder, vectors.shape[0], vectors.shape[1], vectors.astype("<f2").tobytes()),
        )
        in_force = self.embedder()
        if in_force is None or in_force.identity == embedder:  # otherwise a migration is under way
            db.execute(
                "INSERT INTO changes (document, action) SELECT id, 'embedded' FROM documents WHERE sha256 = ?",
                (sha256,),
            )
