"""The library's tables, as numbered migrations. `PRAGMA user_version` holds the number of the last one applied."""

from __future__ import annotations

import sqlite3

from ingest.errors import LibraryError

MIGRATIONS = (
    """
    CREATE TABLE contents (
        sha256 TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        password TEXT NOT NULL,
        parse_key TEXT NOT NULL,
        chunk_key TEXT NOT NULL,
        pages INTEGER NOT NULL,
        chunks INTEGER NOT NULL,
        skipped TEXT NOT NULL
    );
    CREATE TABLE pages (
        sha256 TEXT NOT NULL REFERENCES contents ON DELETE CASCADE,
        number INTEGER NOT NULL,
        page BLOB NOT NULL,
        PRIMARY KEY (sha256, number)
    ) WITHOUT ROWID;
    CREATE TABLE chunks (
        sha256 TEXT NOT NULL REFERENCES contents ON DELETE CASCADE,
        ordinal INTEGER NOT NULL,
        page INTEGER NOT NULL,
        kind TEXT NOT NULL,
        text TEXT NOT NULL,
        section TEXT NOT NULL,
        spans TEXT NOT NULL,
        PRIMARY KEY (sha256, ordinal)
    ) WITHOUT ROWID;
    CREATE INDEX chunks_by_page ON chunks (sha256, page);
    CREATE TABLE vectors (
        sha256 TEXT NOT NULL REFERENCES contents ON DELETE CASCADE,
        embedder TEXT NOT NULL,
        count INTEGER NOT NULL,
        dimension INTEGER NOT NULL,
        fp16 BLOB NOT NULL,
        PRIMARY KEY (sha256, embedder)
    );
    CREATE TABLE documents (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        collection TEXT NOT NULL,
        owner TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        path TEXT NOT NULL,
        replaces TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT NOT NULL,
        pages INTEGER NOT NULL,
        pages_done INTEGER NOT NULL,
        seconds REAL NOT NULL,
        added TEXT NOT NULL
    );
    CREATE INDEX documents_by_content ON documents (sha256);
    CREATE INDEX documents_by_path ON documents (collection, path);
    CREATE TABLE changes (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        document TEXT NOT NULL,
        action TEXT NOT NULL CHECK (action IN ('added', 'embedded', 'removed'))
    );
    """,
    """
    CREATE TABLE library (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
    INSERT INTO library VALUES ('epoch', lower(hex(randomblob(8))));

    ALTER TABLE contents ADD COLUMN characters INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE contents ADD COLUMN characters_seen INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE contents ADD COLUMN pending TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE documents ADD COLUMN askable INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE documents ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
    -- Pages are kept in another form now: what was read is read anew, from the originals, with the passwords known.
    UPDATE documents SET state = 'waiting', pages_done = 0
        WHERE state IN ('words_ready', 'embedding', 'indexed', 'indexed_partial');
    UPDATE contents SET parse_key = '', chunk_key = '', pages = 0, chunks = 0, skipped = '{}';
    DELETE FROM vectors;
    -- Tables with a rowid: without one, a row of over a quarter of a database page takes another whole page.
    DROP TABLE pages;
    DROP TABLE chunks;
    CREATE TABLE pages (
        sha256 TEXT NOT NULL REFERENCES contents ON DELETE CASCADE,
        number INTEGER NOT NULL,
        page BLOB NOT NULL,
        PRIMARY KEY (sha256, number)
    );
    CREATE TABLE chunks (
        sha256 TEXT NOT NULL REFERENCES contents ON DELETE CASCADE,
        ordinal INTEGER NOT NULL,
        page INTEGER NOT NULL,
        kind TEXT NOT NULL,
        text TEXT NOT NULL,
        section TEXT NOT NULL,
        spans TEXT NOT NULL,
        PRIMARY KEY (sha256, ordinal)
    );
    CREATE INDEX chunks_by_page ON chunks (sha256, page);

    CREATE TABLE recognised (
        sha256 TEXT NOT NULL,
        page INTEGER NOT NULL,
        key TEXT NOT NULL,
        lines BLOB NOT NULL,
        PRIMARY KEY (sha256, page)
    );

    CREATE TABLE changes_2 (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        document TEXT NOT NULL,
        action TEXT NOT NULL CHECK (action IN ('added', 'embedded', 'removed', 'migrated'))
    );
    INSERT INTO changes_2 SELECT * FROM changes;
    DROP TABLE changes;
    ALTER TABLE changes_2 RENAME TO changes;
    """,
    """
    -- Pages have a report and are kept in another form: what was read is read anew. No index keeps what it held.
    UPDATE library SET value = lower(hex(randomblob(8))) WHERE name = 'epoch';
    UPDATE documents SET state = 'waiting', pages_done = 0, askable = 0
        WHERE state IN ('words_ready', 'embedding', 'indexed', 'indexed_partial') OR askable;
    UPDATE contents SET parse_key = '', chunk_key = '', pages = 0, chunks = 0, skipped = '{}', pending = '{}',
        characters = 0, characters_seen = 0;
    DELETE FROM vectors;
    DELETE FROM chunks;
    DROP TABLE pages;
    CREATE TABLE pages (
        sha256 TEXT NOT NULL REFERENCES contents ON DELETE CASCADE,
        number INTEGER NOT NULL,
        label TEXT NOT NULL,
        grade TEXT NOT NULL,
        page BLOB NOT NULL,
        PRIMARY KEY (sha256, number)
    );
    """,
    """
    -- Pictures within pages wait to be looked at; of each is kept what was recognised on it.
    ALTER TABLE contents ADD COLUMN regions TEXT NOT NULL DEFAULT '{}';
    CREATE TABLE recognised_2 (
        sha256 TEXT NOT NULL,
        page INTEGER NOT NULL,
        key TEXT NOT NULL,
        lines BLOB NOT NULL,
        PRIMARY KEY (sha256, page, key)
    );
    INSERT INTO recognised_2 SELECT * FROM recognised;
    DROP TABLE recognised;
    ALTER TABLE recognised_2 RENAME TO recognised;
    """,
    """
    -- Pages that the user asked to be read from their pixels, and by which engine.
    CREATE TABLE asked_pages (
        sha256 TEXT NOT NULL,
        page INTEGER NOT NULL,
        engine TEXT NOT NULL,
        waits INTEGER NOT NULL,
        PRIMARY KEY (sha256, page)
    );
    """,
    """
    -- What users asked on the page. `record` is what came of it, NULL once a document that it spoke of was removed.
    CREATE TABLE conversations (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        title TEXT NOT NULL,
        updated TEXT NOT NULL
    );
    CREATE TABLE turns (
        conversation TEXT NOT NULL,
        place INTEGER NOT NULL,
        question TEXT NOT NULL,
        record TEXT,
        PRIMARY KEY (conversation, place)
    );
    CREATE TABLE turn_documents (
        conversation TEXT NOT NULL,
        place INTEGER NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (conversation, place, document)
    ) WITHOUT ROWID;
    CREATE INDEX turns_by_document ON turn_documents (document);
    """,
    """
    -- What a document is: as it was read, by the rules of a version, and as the user has set it.
    ALTER TABLE documents ADD COLUMN metadata_rules INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE documents ADD COLUMN year INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE documents ADD COLUMN company TEXT NOT NULL DEFAULT '';
    ALTER TABLE documents ADD COLUMN kind TEXT NOT NULL DEFAULT '';
    ALTER TABLE documents ADD COLUMN set_year INTEGER;
    ALTER TABLE documents ADD COLUMN set_company TEXT;
    ALTER TABLE documents ADD COLUMN set_kind TEXT;
    """,
    """
    -- What users thought of answers. `document` and `page` are where the answer stands; NULL where nobody said.
    CREATE TABLE ratings (
        id TEXT PRIMARY KEY,
        conversation TEXT NOT NULL,
        place INTEGER NOT NULL,
        rated TEXT NOT NULL,
        good INTEGER NOT NULL,
        reason TEXT NOT NULL,
        note TEXT NOT NULL,
        document TEXT,
        page INTEGER,
        UNIQUE (conversation, place)
    );
    """,
    """
    -- What users did to chunks of their documents, each anchored by its page and the text that the chunk had.
    CREATE TABLE overlays (
        id INTEGER PRIMARY KEY,
        document TEXT NOT NULL,
        page INTEGER NOT NULL,
        ordinal INTEGER NOT NULL,
        original TEXT NOT NULL,
        excluded INTEGER NOT NULL,
        corrected TEXT,
        note TEXT NOT NULL
    );
    CREATE INDEX overlays_by_document ON overlays (document);
    """,
    """
    -- 'documents' counts every change of what a list of documents says, so that a list that is kept knows its age.
    INSERT OR REPLACE INTO library VALUES ('documents', '0');
    CREATE TRIGGER document_added AFTER INSERT ON documents
        BEGIN UPDATE library SET value = value + 1 WHERE name = 'documents'; END;
    CREATE TRIGGER document_changed AFTER UPDATE ON documents
        BEGIN UPDATE library SET value = value + 1 WHERE name = 'documents'; END;
    CREATE TRIGGER document_removed AFTER DELETE ON documents
        BEGIN UPDATE library SET value = value + 1 WHERE name = 'documents'; END;
    CREATE TRIGGER content_added AFTER INSERT ON contents
        BEGIN UPDATE library SET value = value + 1 WHERE name = 'documents'; END;
    CREATE TRIGGER content_changed AFTER UPDATE OF sha256, chunks ON contents
        BEGIN UPDATE library SET value = value + 1 WHERE name = 'documents'; END;
    CREATE TRIGGER content_removed AFTER DELETE ON contents
        BEGIN UPDATE library SET value = value + 1 WHERE name = 'documents'; END;
    """,
    """
    -- Questions that a model wrote for chunks, a row a passage (the hash of headings and text), as a JSON list.
    CREATE TABLE questions (
        document TEXT NOT NULL,
        passage TEXT NOT NULL,
        made_by TEXT NOT NULL,
        questions TEXT NOT NULL,
        PRIMARY KEY (document, passage)
    );
    """,
)


def migrate(connection: sqlite3.Connection) -> None:
    """Applies the migrations that are missing, each in a transaction; raises LibraryError for a newer library."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise LibraryError("the library was made by a newer Recto", hint="update Recto, or name another --library")
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
