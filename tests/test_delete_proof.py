"""A document is removed from a library that a real server has open: nothing of it is left, in no store, in no file.

Each look for what is left is tried first on the library that still has the document: there it must find it.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import tantivy
from made_pdfs import Made
from serving import Serving, run, until

from ingest.conversations import Kept
from ingest.generated import Written, passage_key
from ingest.originals import PART
from ingest.ratings import Rating
from ingest.store import Library
from prompts.summaries import Summaries
from retrieval.shards import FIELDS, UNITS, read_manifest
from retrieval.terms import terms

WORDS = ("zyxomorph", "鲸鱼灯塔守则", "48,731.26", "vornaquil")  # of a line, a line, a table cell, a picture
QUESTIONS = ("How long does the zyxomorph lamp burn?", "鲸鱼灯塔守则规定几点点灯？", "zyxomorph toll", "vornaquil bell")
NAME = "secret-whale.pdf"
_STEP, _WINDOW = 64, 24  # bytes: of what is compressed or drawn, every so many so long a piece is looked for


@dataclass(frozen=True)
class Marks:
    """What tells that something of a document is there."""

    document_id: str
    texts: tuple[str, ...]
    pieces: tuple[bytes, ...]

    def in_text(self, text: str) -> list[str]:
        return [mark for mark in self.texts if mark in text]

    def in_bytes(self, data: bytes) -> list[str]:
        """As UTF-8, as JSON writes it, or as a piece of what the library had compressed."""
        spelled = {form: mark for mark in self.texts for form in (mark.encode(), json.dumps(mark)[1:-1].encode())}
        found = {mark for form, mark in spelled.items() if form in data}
        count = sum(piece in data for piece in self.pieces)
        return sorted(found) + ([f"{count} pieces of blobs"] if count else [])


def windows(blob: bytes) -> Iterator[bytes]:
    """Pieces of a blob; those that say nothing (long runs of one byte) are left out."""
    for start in range(16, len(blob) - _WINDOW, _STEP):
        piece = blob[start : start + _WINDOW]
        if len(set(piece)) > _WINDOW // 2:
            yield piece


def marks_of(folder: Path, document_id: str) -> Marks:
    """All marks of a document that is in the library; what another document has too is none."""
    library = Library(folder)
    document = library.document(document_id)
    with closing(sqlite3.connect(folder / "library.sqlite3")) as db:
        blobs = {
            table: {bytes(blob): sha256 for sha256, blob in db.execute(f"SELECT sha256, {column} FROM {table}")}
            for table, column in (("pages", "page"), ("vectors", "fp16"), ("recognised", "lines"))
        }
    assert all(document.sha256 in owners.values() for owners in blobs.values()), "a table has nothing of it to lose"
    own = [blob for owners in blobs.values() for blob, owner in owners.items() if owner == document.sha256]
    others = b"".join(blob for owners in blobs.values() for blob, owner in owners.items() if owner != document.sha256)
    originals = {one: library.originals.path(one).read_bytes() for one in library.originals.hashes()}
    own.append(originals.pop(document.sha256)[-20_000:])
    others += b"".join(originals.values())
    library.close()
    pieces = {piece for blob in own for piece in windows(blob) if piece not in others}
    assert len(pieces) > 20
    return Marks(document_id, (*WORDS, document.sha256, NAME), tuple(pieces))


def left_in_rows(folder: Path, marks: Marks) -> list[str]:
    """In every column of every table; in `changes` the id stays, which says nothing."""
    found = []
    with closing(sqlite3.connect(folder / "library.sqlite3")) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for row in db.execute(f"SELECT * FROM {table}"):
                for value in row:
                    if isinstance(value, bytes):
                        found += [f"rows of {table}: {mark}" for mark in marks.in_bytes(_unpacked(value) + value)]
                    else:
                        found += [f"rows of {table}: {mark}" for mark in marks.in_bytes(str(value).encode())]
                    if table != "changes" and value == marks.document_id:
                        found.append(f"rows of {table}: the id")
    return found


def _unpacked(blob: bytes) -> bytes:
    try:
        return zlib.decompress(blob)
    except zlib.error:
        return b""


def left_in_files(folder: Path, marks: Marks, *, but: Path | None = None) -> list[str]:
    """In the name or the bytes of any file, except those under `but`."""
    found = []
    walked = [(Path(at), names) for at, folders, files in os.walk(folder) for names in (folders + files,)]
    for path in sorted(at / name for at, names in walked for name in names):  # a walk survives folders that vanish
        name = str(path.relative_to(folder))
        if but is not None and path.is_relative_to(but):
            continue
        found += [f"name of {name}: {mark}" for mark in marks.in_text(name)]
        try:
            data = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue  # the server works on
        found += [f"bytes of {name}: {mark}" for mark in marks.in_bytes(data)]
    return found


def left_in_terms(folder: Path, marks: Marks) -> list[str]:
    """In the dictionaries of the keyword index, which tantivy packs so that their bytes say nothing."""
    index = folder / "indexes" / "bm25"
    manifest, found = read_manifest(index), []
    assert manifest is not None
    for unit in (index / shard / unit for shard in folders(index) for unit in UNITS):
        searcher = tantivy.Index.open(str(unit)).searcher()
        for field in FIELDS:
            for term in (term for word in (*WORDS, NAME.split(".")[0]) for term in terms(word)):
                if any(held == term for held, _ in searcher.terms_with_prefix(field, term)):
                    found.append(f"terms of {unit.relative_to(index)}: {term}")
        found += [f"terms of {unit.relative_to(index)}: the id"] * bool(
            searcher.terms_with_prefix("document", marks.document_id)
        )
    return found


def folders(index: Path) -> list[str]:
    return sorted(path.name for path in index.iterdir() if path.is_dir())


def left(folder: Path, marks: Marks) -> list[str]:
    try:
        in_terms = left_in_terms(folder, marks)
    except (OSError, ValueError) as error:  # a shard was exchanged while it was opened
        in_terms = [f"terms: {error}"]
    return [*left_in_rows(folder, marks), *left_in_files(folder, marks), *in_terms]


@dataclass(frozen=True)
class Place:
    """The folders that a server may write to, and a library in them with a document to remove and one to keep."""

    home: Path
    library: Path
    temporary: Path
    environment: dict[str, str]
    secret: Path
    plain: Path

    def serve(self) -> Serving:
        return Serving(self.library, self.temporary, self.environment)


@pytest.fixture
def place(tmp_path: Path, cache: Path) -> Place:
    return place_in(tmp_path, cache)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> tuple[Path, Marks]:
    """A library that a server was used on until it was stopped, to be copied; the marks of its secret document."""
    place = place_in(tmp_path_factory.mktemp("used"), cache)
    with everything_used(place) as (_, marks):
        pass
    return place.library, marks


def place_in(folder: Path, cache: Path) -> Place:
    home, temporary, files = folder / "home", folder / "tmp", folder / "files"
    for folder in (home, temporary, files):
        folder.mkdir()
    secret = (
        Made(files / NAME)
        .page(
            "The zyxomorph lamp of the keeper burns for nineteen hours.",
            "鲸鱼灯塔守则规定每晚九点点灯。",
            table=[["Toll", "2024", "2025"], ["zyxomorph toll", "48,731.26", "51,002.40"]],
        )
        .picture("The vornaquil bell rings at dusk.")
        .ballast(1_500_000)  # so large that an upload goes through a file on its way
        .save()
    )
    plain = Made(files / "plain.pdf").page("The ferry carries 220 passengers.", "渡轮每天开行十二班。").save()
    environment = {"HOME": str(home), "TMPDIR": str(temporary), "RECTO_CACHE": str(cache)}
    return Place(home, home / "library", temporary, environment, secret, plain)


def nothing_answers(server: Serving, document_id: str) -> None:
    for question in (*QUESTIONS, *WORDS):
        assert NAME not in server.found(question)
        answer = server.ask(question)
        assert NAME not in {hit["document"] for hit in answer["hits"]}
        said = json.dumps([answer["answer"], answer["citations"], answer["hits"]], ensure_ascii=False)
        # a refusal repeats what was asked
        assert [word for word in WORDS if word in said and word not in question] == []
    assert server.rest.get(f"/documents/{document_id}").status_code == 404
    assert server.rest.get(f"/documents/{document_id}/pages/1.png").status_code == 404
    assert server.found("How many passengers does the ferry carry?") == {"plain.pdf"}


def keep_and_rate(folder: Path, document_id: str, record: str) -> None:
    """A conversation that holds what the document says, rated with a word of it; questions that it answers."""
    library = Library(folder)
    conversation = library.conversations.keep("local", "", 0, Kept("How long?", record), [document_id])
    library.conversations.ratings.rate("local", conversation, 0, Rating(False, "place", WORDS[0], document_id, 1))
    questions = {
        passage_key(one.section, one.text): Written("a model", (f"What of {one.text}?",))
        for one in library.chunks_of(library.document(document_id))
    }
    library.questions.keep(document_id, questions)
    Summaries(library.folder / "summaries").put(library.document(document_id).sha256, "questions-a-b", record)
    library.close()


@contextmanager
def everything_used(place: Place) -> Iterator[tuple[Serving, Marks]]:
    """A server over both documents, the one to be removed uploaded, drawn, searched and asked about."""
    with place.serve() as server:
        (document_id,) = server.add(place.secret)
        run("ingest", str(place.plain), "--library", str(place.library), environment=place.environment)
        server.wait_for(document_id)
        for number in (1, 2):
            server.rest.get(f"/documents/{document_id}/pages/{number}.png").raise_for_status()
        for question in (*QUESTIONS, *WORDS):
            assert NAME in server.found(question), question
        answer = server.ask(QUESTIONS[0])
        assert answer["citations"][0]["document"] == NAME and "nineteen" in answer["answer"]
        keep_and_rate(place.library, document_id, json.dumps(answer, ensure_ascii=False))
        edit = {"text": "The zyxomorph lamp burns twenty hours.", "note": "鲸鱼灯塔守则 says otherwise."}
        server.rest.patch(f"/documents/{document_id}/chunks/0", json=edit).raise_for_status()
        assert "twenty" in server.ask(QUESTIONS[0])["answer"]
        marks = marks_of(place.library, document_id)
        before = left(place.library, marks)
        for table in ("pages", "recognised", "vectors", "turns", "turn_documents", "ratings", "overlays", "questions"):
            assert any(found.startswith(f"rows of {table}") for found in before), table
        for where in ("name of originals", "terms of"):
            assert any(found.startswith(where) for found in before), where
        assert {found.rpartition(": ")[2] for found in before} >= {*WORDS, NAME, "the id"}
        yield server, marks


def by_rest(server: Serving, place: Place, document_id: str) -> None:
    server.rest.delete(f"/documents/{document_id}").raise_for_status()


def by_command(server: Serving, place: Place, document_id: str) -> None:
    remove(place, document_id)


def by_command_that_does_not_wait(server: Serving, place: Place, document_id: str) -> None:
    remove(place, document_id, "--no-wait")


def remove(place: Place, document_id: str, *options: str) -> None:
    arguments = ("docs", "remove", document_id, "--yes", *options, "--library", str(place.library))
    assert run(*arguments, environment=place.environment)[0][0]["state"] == "removed"


@contextmanager
def served_anew(place: Place, used: tuple[Path, Marks]) -> Iterator[tuple[Serving, Marks]]:
    """A server over a copy of the library that was used."""
    library, marks = used
    shutil.copytree(library, place.library)
    with place.serve() as server:
        assert NAME in server.found(QUESTIONS[0])
        yield server, marks


@pytest.mark.parametrize("way", [by_rest, by_command, by_command_that_does_not_wait])
def test_nothing_of_a_removed_document_is_left(
    place: Place, cache: Path, used: tuple[Path, Marks], way: object
) -> None:
    with everything_used(place) if way is by_rest else served_anew(place, used) as (server, marks):
        way(server, place, marks.document_id)  # type: ignore[operator]
        if way is by_command:
            assert left(place.library, marks) == []
        nothing_answers(server, marks.document_id)
        with suppress(AssertionError):  # what is left is named below
            until(lambda: not left(place.library, marks), "the end of all bytes", 30)
        assert left(place.library, marks) == []
        nothing_answers(server, marks.document_id)
    with place.serve() as server:
        nothing_answers(server, marks.document_id)
    assert left(place.library, marks) == []
    assert left_in_files(place.home, marks) == []
    assert left_in_files(place.temporary, marks) == []
    assert left_in_files(cache, marks) == []
    assert list((place.library / "uploads").iterdir()) == []
    assert list(place.library.rglob(f"*{PART}")) == []
    assert [path.name for path in place.temporary.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("next_one", ["ingest", "docs remove"])
def test_the_next_command_clears_what_one_that_did_not_wait_left(
    place: Place, used: tuple[Path, Marks], next_one: str
) -> None:
    library, marks = used
    shutil.copytree(library, place.library)
    remove(place, marks.document_id, "--no-wait")
    assert left(place.library, marks) != []
    if next_one == "ingest":
        run("ingest", str(place.plain), "--library", str(place.library), environment=place.environment)
    else:
        remove(place, "plain.pdf")
    assert left(place.library, marks) == []
