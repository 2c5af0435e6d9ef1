"""Shards of the keyword index on disk: folders of tantivy files that never change, and the manifest that names them.

It knows neither the library nor how a question is scored. Every write of a shard makes a new folder, in which the old
one's files appear again as hard links; the manifest is renamed into place last. So a crash at any moment leaves the old
state whole, and a reader of the old folder never sees a change.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import tantivy

from ingest.change_log import Position
from ingest.originals import PART, sync_folder

Unit = Literal["chunk", "page", "question"]
UNITS: tuple[Unit, ...] = ("chunk", "page", "question")
FIELDS = ("body", "head")

BUILDING = "building-"
"""How the folder of a shard begins that is still built beside the others."""

_VERSION = 9
_MANIFEST = "state.json"
_HEAP_BYTES = 64_000_000
_BLOCK = 1 << 20
_COUNTED = 50_000  # terms, the last


@dataclass(frozen=True, slots=True)
class Entry:
    """What is indexed: a chunk, or a question that a model wrote for one, or without an `ordinal` a page.

    `body` and `head` are terms with spaces between.

    `profile` is what ranking is told of a page, as bytes.
    """

    page: int
    ordinal: int | None
    body: str
    head: str
    profile: bytes = b""


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard. `number` names it for life, `folder` until its next write.

    `documents` maps a document's id to (its chunks, the library's sequence when it was added), `files` a file's path
    in the folder to (bytes, CRC-32). `dirty`: the words of removed documents linger in it.
    """

    number: str
    folder: str
    documents: Mapping[str, tuple[int, int]]
    files: Mapping[str, tuple[int, int]]
    dirty: bool = False

    @property
    def chunks(self) -> int:
        return sum(chunks for chunks, _ in self.documents.values())


@dataclass(frozen=True, slots=True)
class Manifest:
    """All shards, and the position in the library's change log that they are at.

    `complete` is False while documents from before that position are still missing.
    """

    epoch: str
    sequence: int
    complete: bool
    shards: tuple[Shard, ...] = ()

    def fits(self, position: Position) -> bool:
        """Whether it is of this state of the library, or an earlier one."""
        return self.epoch == position.epoch and self.sequence <= position.sequence

    def documents(self) -> dict[str, Shard]:
        """The shard of each document."""
        return {document_id: shard for shard in self.shards for document_id in shard.documents}


def _crc(path: Path) -> tuple[int, int]:
    """(bytes, CRC-32) of a file. CRC-32 finds every single flipped bit; it is no defence against a forger."""
    size = crc = 0
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            size, crc = size + len(block), zlib.crc32(block, crc)
    return size, crc


def _text(content: dict[str, object]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def read_manifest(folder: Path) -> Manifest | None:
    """None where there is none, or a damaged one, or one of another version."""
    try:
        content = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        crc = content.pop("crc")
        if content["version"] != _VERSION or zlib.crc32(_text(content).encode()) != crc:
            return None
        shards = tuple(
            Shard(
                one["number"],
                one["folder"],
                {document_id: (int(chunks), int(at)) for document_id, (chunks, at) in one["documents"].items()},
                {name: (int(size), int(check)) for name, (size, check) in one["files"].items()},
                bool(one["dirty"]),
            )
            for one in content["shards"]
        )
        return Manifest(content["epoch"], content["sequence"], content["complete"], shards)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Puts the manifest in force; the shards' folders must be on the disk by then."""
    content = {"version": _VERSION} | asdict(manifest)
    part = folder / f"state.{uuid.uuid4().hex}{PART}"
    with part.open("w", encoding="utf-8") as file:
        json.dump(content | {"crc": zlib.crc32(_text(content).encode())}, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / _MANIFEST)
    sync_folder(folder)


def manifest_mark(folder: Path) -> tuple[int, int, int] | None:
    """Tells one writing of the manifest from another without reading it."""
    try:
        found = (folder / _MANIFEST).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def sweep(folder: Path, manifest: Manifest) -> None:
    """Deletes what the manifest does not name and nobody is building."""
    named = {shard.folder for shard in manifest.shards}
    for path in folder.iterdir():
        if path.is_dir() and path.name not in named and not path.name.startswith(BUILDING):
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix == PART:
            path.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")
    for number in ("holder", "page", "ordinal"):
        builder.add_unsigned_field(number, fast=True)
    builder.add_text_field("key", tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("profile", stored=True)
    for field in FIELDS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def page_key(document_id: str, page: int) -> str:
    """Names a page in a shard."""
    return f"{document_id}:{page}"


def holder(document_id: str) -> int:
    """A document's id as an unsigned number of 64 bits, which an entry is read with faster than with its text."""
    return int.from_bytes(hashlib.blake2b(document_id.encode(), digest_size=8).digest(), "big")


# reading


@dataclass(frozen=True, slots=True)
class OpenUnit:
    """One unit of an open shard. `total` counts deleted entries too: tantivy weighs its terms with them.

    `held` says of a term how many entries hold it, deleted ones too, by those of `FIELDS` where any does.
    """

    searcher: tantivy.Searcher
    total: int
    held: Callable[[str], Mapping[str, int]]

    def places(self, addresses: Sequence[tantivy.DocAddress]) -> Iterator[tuple[int, int, int | None]]:
        """(holder, page, ordinal) of each entry."""
        columns = [self.searcher.fast_field_values(name, list(addresses)) for name in ("holder", "page", "ordinal")]
        return zip(*columns, strict=True)


@dataclass(frozen=True, slots=True)
class OpenShard:
    """A shard as a reader holds it: it stays as it was opened, also when its folder is deleted.

    `holders` maps what `holder` gives to the ids of its documents.
    """

    shard: Shard
    units: Mapping[Unit, OpenUnit]
    document_ids: frozenset[str]
    holders: Mapping[int, str]


def wrong_files(folder: Path, shard: Shard) -> list[str]:
    """The files of a shard that are not what was written, each with what is wrong."""
    found = []
    for name, (size, crc) in shard.files.items():
        try:
            now = _crc(folder / shard.folder / name)
        except OSError as error:
            found.append(f"{shard.folder}/{name}: {error.strerror}")
            continue
        if now != (size, crc):
            found.append(f"{shard.folder}/{name}: " + ("damaged" if now[0] == size else f"{now[0]} bytes, not {size}"))
    return found


def open_shard(folder: Path, shard: Shard, *, verify: bool = True) -> OpenShard | None:
    """None where a file is missing or damaged; without `verify` only where tantivy sees it."""
    if verify and wrong_files(folder, shard):
        return None
    try:
        units = {unit: _open_unit(folder / shard.folder / unit) for unit in UNITS}
        return OpenShard(shard, units, frozenset(shard.documents), {holder(one): one for one in shard.documents})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _open_unit(folder: Path) -> OpenUnit:
    index = tantivy.Index.open(str(folder))
    index.config_reader("manual")
    segments = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["segments"]
    searcher = index.searcher()

    def held(term: str) -> dict[str, int]:
        counts = {field: searcher.doc_freq(field, term) for field in FIELDS}
        return {field: count for field, count in counts.items() if count}

    return OpenUnit(searcher, sum(segment["max_doc"] for segment in segments), lru_cache(_COUNTED)(held))


# writing


class ShardWriter:
    """Writes one shard into a new folder: the entries of `previous`, less what is deleted, plus what is added.

    Nothing of it counts before `finish`; raises OSError or ValueError (as tantivy does) where the disk fails.
    """

    def __init__(self, folder: Path, name: str, previous: Shard | None = None) -> None:
        self._folder = folder
        self._previous = previous
        self.name = name
        self._documents = dict(previous.documents) if previous else {}
        self._dirty = previous is not None and previous.dirty
        if previous is None or previous.folder != name:
            for unit in UNITS:
                (folder / name / unit).mkdir(parents=True)
            for path in previous.files if previous else ():
                _link(folder / (previous.folder if previous else "") / path, folder / name / path)
        self._writers = {
            unit: tantivy.Index(schema(), path=str(folder / name / unit), reuse=previous is not None).writer(
                _HEAP_BYTES, 1
            )
            for unit in UNITS
        }

    def delete(self, document_id: str) -> None:
        for writer in self._writers.values():
            writer.delete_documents_by_term("document", document_id)
        del self._documents[document_id]
        self._dirty = True

    def add(self, document_id: str, entries: Mapping[Unit, Sequence[Entry]], sequence: int) -> None:
        for unit, writer in self._writers.items():
            for entry in entries[unit]:
                record = tantivy.Document()
                record.add_text("document", document_id)
                record.add_unsigned("holder", holder(document_id))
                record.add_unsigned("page", entry.page)
                if entry.ordinal is not None:
                    record.add_unsigned("ordinal", entry.ordinal)
                record.add_text("body", entry.body)
                record.add_text("head", entry.head)
                if entry.ordinal is None:
                    record.add_text("key", page_key(document_id, entry.page))
                    record.add_bytes("profile", entry.profile)
                writer.add_document(record)
        self._documents[document_id] = (len(entries["chunk"]), sequence)

    def finish(self) -> Shard:
        """The shard, on the disk."""
        with ThreadPoolExecutor(len(UNITS)) as pool:
            for done in [pool.submit(self._commit, unit) for unit in UNITS]:
                done.result()
        known = self._previous.files if self._previous else {}
        files: dict[str, tuple[int, int]] = {}
        for unit in UNITS:
            for path in sorted((self._folder / self.name / unit).iterdir()):
                name = f"{unit}/{path.name}"
                # tantivy writes a segment's file once: an old sum of it is still what it should be
                if path.suffix != ".lock":
                    files[name] = known[name] if name in known and not _rewritten(path) else _crc(path)
            sync_folder(self._folder / self.name / unit)
        sync_folder(self._folder / self.name)
        sync_folder(self._folder)
        number = self._previous.number if self._previous else uuid.uuid4().hex[:12]
        return Shard(number, self.name, self._documents, files, self._dirty)

    def _commit(self, unit: Unit) -> None:
        self._writers[unit].commit()
        self._writers[unit].wait_merging_threads()

    def abandon(self) -> None:
        """Deletes what was written."""
        for writer in self._writers.values():
            del writer
        self._writers = {}
        shutil.rmtree(self._folder / self.name, ignore_errors=True)


def _rewritten(path: Path) -> bool:
    return path.name in ("meta.json", ".managed.json")


def _link(old: Path, new: Path) -> None:
    """The same file under a second name; a copy where the file system knows no hard links."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)
        with new.open("rb") as file:
            os.fsync(file.fileno())


def new_name() -> str:
    return uuid.uuid4().hex[:12]


def moved(folder: Path, shard: Shard, name: str) -> Shard:
    """The shard, its folder renamed."""
    (folder / shard.folder).rename(folder / name)
    sync_folder(folder)
    return replace(shard, folder=name)
