"""Whether a database is sound: its bytes as SQLite sees them, its tables as the migrations make them.

It does not know what the rows mean; `ingest.fsck` does.
"""

from __future__ import annotations

import sqlite3
from collections import Counter

from ingest.schema import MIGRATIONS

_MOST_LINES = 20


def integrity_faults(database: sqlite3.Connection) -> list[str]:
    """What SQLite's own check of every page and index finds, a line each; none where all is well."""
    try:
        lines = [str(line) for (line,) in database.execute(f"PRAGMA integrity_check({_MOST_LINES})")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [] if lines == ["ok"] else lines


def rows_without_parent(database: sqlite3.Connection) -> dict[str, int]:
    """How many rows of each table point to a row that is not there."""
    return dict(Counter(str(table) for table, *_ in database.execute("PRAGMA foreign_key_check")))


def schema_version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def shape_faults(database: sqlite3.Connection) -> list[str]:
    """How the tables differ from those that the migrations make up to the database's version, a line each."""
    expected = sqlite3.connect(":memory:")
    try:
        for script in MIGRATIONS[: schema_version(database)]:
            expected.executescript(script)
        wanted, found = _shape(expected), _shape(database)
    finally:
        expected.close()
    missing = [f"the {kind} {name} is missing" for kind, name in wanted if (kind, name) not in found]
    foreign = [f"the {kind} {name!r} is none of Recto's" for kind, name in found if (kind, name) not in wanted]
    other = [
        f"the {kind} {name} " + ("does something else" if kind == "trigger" else "has other columns")
        for (kind, name), columns in wanted.items()
        if found.get((kind, name), columns) != columns
    ]
    return [*missing, *foreign, *other]


def _shape(database: sqlite3.Connection) -> dict[tuple[str, str], tuple[object, ...]]:
    """(kind, name) of everything in the schema -> its columns; of a trigger, what it does."""
    shape: dict[tuple[str, str], tuple[object, ...]] = {}
    for kind, name, sql in database.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
        if kind == "trigger":
            shape[kind, name] = (sql,)
        elif kind not in ("table", "index") or not name.startswith("sqlite_"):
            query = "SELECT * FROM pragma_index_info(?)" if kind == "index" else "SELECT * FROM pragma_table_xinfo(?)"
            shape[kind, name] = tuple(database.execute(query, (name,)).fetchall())
    return shape
