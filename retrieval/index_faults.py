"""Whether the keyword index on the disk holds what the library says, all of it and nothing else.

It changes nothing, and does not know how the index follows the library.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import tantivy
from filelock import FileLock

from ingest.store import Library
from retrieval.entries import entries
from retrieval.shards import (
    FIELDS,
    UNITS,
    Manifest,
    OpenShard,
    Shard,
    Unit,
    manifest_mark,
    open_shard,
    read_manifest,
    wrong_files,
)


def index_faults(folder: Path, library: Library, pending: Callable[[Manifest], Collection[str]]) -> list[str]:
    """In plain words. `pending`: the documents of which the shards of a manifest are yet to be told."""
    manifest = read_manifest(folder)
    if manifest is None:
        return ["keyword index: there is none, or its manifest is damaged"] if folder.exists() else []
    if not manifest.fits(library.position()):
        return ["keyword index: it belongs to another state of this library (restored from a copy?)"]
    findings = []
    for shard in manifest.shards:
        wrong = wrong_files(folder, shard)
        findings += [f"keyword index: {one}" for one in wrong]
        if shard.dirty and library.unscrubbed:  # else they are of documents that were read or edited anew
            findings.append(f"keyword index: shard {shard.folder} still holds words of removed documents")
        if not wrong:
            findings += _compare(folder, library, pending(manifest), shard)
    findings += _left_behind(folder)
    for document_id, count in Counter(one for shard in manifest.shards for one in shard.documents).items():
        if count > 1:
            findings.append(f"keyword index: document {document_id} stands in {count} shards")
    if manifest_mark(folder) is not None and read_manifest(folder) != manifest:
        return index_faults(folder, library, pending)  # somebody wrote meanwhile
    return findings


def _left_behind(folder: Path) -> list[str]:
    """Folders that belong to no shard, unless somebody is writing just now."""
    try:
        with FileLock(folder / "purge.lock", timeout=0), FileLock(folder / "lock", timeout=0):
            manifest = read_manifest(folder)
            named = {shard.folder for shard in manifest.shards} if manifest else set()
            stray = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name not in named)
    except OSError:
        return []
    return [f"keyword index: the folder {name} was left by a write that was cut short" for name in stray]


def _compare(folder: Path, library: Library, pending: Collection[str], shard: Shard) -> Iterator[str]:
    """What a whole shard holds against what the library says it should."""
    opened = open_shard(folder, shard, verify=False)
    if opened is None:
        yield f"keyword index: shard {shard.folder} cannot be opened"
        return
    wanted: dict[Unit, Counter[tuple[str, int, int | None]]] = {unit: Counter() for unit in UNITS}
    vocabulary: dict[tuple[Unit, str], Counter[str]] = {(unit, field): Counter() for unit in UNITS for field in FIELDS}
    for document in library.documents():
        if document.id not in shard.documents:
            continue
        for unit, found in entries(document, library.chunks_of(document)).items():
            for entry in found:
                wanted[unit][document.id, entry.page, entry.ordinal] += 1
                vocabulary[unit, "body"].update(set(entry.body.split()))
                vocabulary[unit, "head"].update(set(entry.head.split()))
    for unit, one in opened.units.items():
        held = Counter(_entries(opened, unit))
        missing, surplus = (
            sum(n for key, n in counted.items() if key[0] not in pending)
            for counted in (wanted[unit] - held, held - wanted[unit])
        )
        if missing:
            yield f"keyword index: shard {shard.folder} lacks {missing} {unit} entries of the library"
        if surplus:
            yield f"keyword index: shard {shard.folder} holds {surplus} {unit} entries that the library does not"
        if shard.dirty or not shard.documents.keys().isdisjoint(pending):
            continue  # the words of what was removed may still be there
        for field in FIELDS:
            wrong = vocabulary[unit, field].items() ^ set(one.searcher.terms_with_prefix(field, ""))
            if wrong:
                count = len({term for term, _ in wrong})
                yield f"keyword index: shard {shard.folder} counts {count} {unit} terms otherwise than the library"
        strangers = {name for name, _ in one.searcher.terms_with_prefix("document", "")} - shard.documents.keys()
        if strangers:
            yield f"keyword index: shard {shard.folder} names {len(strangers)} documents that it should not"


def _entries(opened: OpenShard, unit: Unit) -> Iterator[tuple[str, int, int | None]]:
    """(document, page, ordinal) of every entry that is not deleted; a document that the shard does not name is ""."""
    one = opened.units[unit]
    hits = one.searcher.search(tantivy.Query.all_query(), max(one.searcher.num_docs, 1), count=False).hits
    for number, page, ordinal in one.places([address for _, address in hits]):
        yield opened.holders.get(number, ""), page, ordinal
