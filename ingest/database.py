"""One SQLite file, its connections and transactions, and what its errors mean to a user.

It does not know the tables' contents; `ingest.store` does.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import LibraryError, StorageFull
from ingest.schema import migrate

_BUSY_TIMEOUT_S = 60
_CHECKPOINT_MS = 100
_REWRITE_CACHE_KB = 65_536


class Database:
    """A connection for each thread, in WAL mode; writers of all processes take turns, readers never wait.

    Raises LibraryError where the file is no usable library, StorageFull where it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        with self._errors():
            migrate(self._connection())

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            connection.executescript(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
                "PRAGMA foreign_keys = ON;"
            )
            self._local.connection = connection
        return connection

    def close(self) -> None:
        """Closes this thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            text, folder = str(error), self._path.parent
            if "full" in text or "readonly" in text or "unable to open" in text or "I/O" in text:
                raise StorageFull(f"cannot write the library {folder}: {text}") from error
            if "locked" in text:
                raise LibraryError(f"the library {folder} is busy", hint="another process writes it") from error
            raise LibraryError(f"the library {folder} cannot be used: {text}") from error
        except sqlite3.DatabaseError as error:
            raise LibraryError(
                f"the library {self._path.parent} is damaged: {error}", hint="recto fsck says more"
            ) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: all of it, or nothing."""
        with self._errors():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def rewrite(self) -> None:
        """Writes the database anew from its rows.

        `secure_delete` is not enough: where SQLite splits a page, it leaves copies of rows in the free space between.
        """
        with self._errors():
            connection = self._connection()
            (size,) = connection.execute("PRAGMA cache_size").fetchone()
            connection.execute(f"PRAGMA cache_size = -{_REWRITE_CACHE_KB}")
            try:
                connection.execute("VACUUM")
            finally:
                connection.execute(f"PRAGMA cache_size = {size}")

    def checkpoint(self) -> bool:
        """Writes the write-ahead log back into the database and empties it; False while readers need it."""
        with self._errors():
            connection = self._connection()
            connection.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_MS}")  # it keeps writers out while it waits
            try:
                busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_S * 1000}")
        return not busy

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._errors():
            yield self._connection()
