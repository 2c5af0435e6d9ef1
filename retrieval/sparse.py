"""BM25 over chunks, pages and generated questions, in tantivy: a cache of a library that follows its change log.

It does not know how its scores are fused with others, nor how a shard lies on the disk (`retrieval.shards` does).
"""

from __future__ import annotations

import dataclasses
import shutil
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from filelock import FileLock, Timeout

from ingest.errors import StorageFull
from ingest.records import Document
from ingest.store import Library, Position
from retrieval.bm25 import Profiles, Scopes, ShardScope, best, idf
from retrieval.entries import entries
from retrieval.hits import Candidate
from retrieval.index_faults import index_faults
from retrieval.profiles import Profile
from retrieval.scope import ALL_PAGES, Pages
from retrieval.shards import (
    BUILDING,
    Manifest,
    OpenShard,
    Shard,
    ShardWriter,
    Unit,
    manifest_mark,
    moved,
    new_name,
    open_shard,
    read_manifest,
    sweep,
    write_manifest,
)
from retrieval.terms import terms

BEHIND = "words are a little behind: another process or thread is writing the index"

_SHARD_CHUNKS = 65_536
_PATIENCE_S = 0.3
"""How long a query waits for somebody else's writing where there is something to answer from."""
_FIRST_PATIENCE_S = 10
_TRIES = 5
_FORMER_FOLDERS = ("bm25-chunk", "bm25-page")  # of indexes before version 5


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What is searched: open shards, the manifest that named them, and how far the library was when they had it all."""

    manifest: Manifest
    shards: tuple[OpenShard, ...]
    mark: tuple[int, int, int] | None
    through: Position | None
    scopes: Scopes = dataclasses.field(default_factory=Scopes)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What separates the index from the library's change `sequence`."""

    sequence: int
    stale: frozenset[str]
    new: tuple[Document, ...]

    def __bool__(self) -> bool:
        return bool(self.stale or self.new)


class SparseIndex:
    """The keyword index of a library. Safe from several threads and processes; those that write take turns.

    A search uses what is open and never waits for a writer for long; a library of up to 65,536 chunks is one shard.
    Removed documents leave every answer at once, their words the disk with `purge`.
    """

    def __init__(self, library: Library, *, shard_chunks: int = _SHARD_CHUNKS) -> None:
        self.library = library
        self._folder = library.folder / "indexes" / "bm25"
        self._shard_chunks = shard_chunks
        self._turn = threading.Lock()
        self._snapshot: _Snapshot | None = None
        self._profiles = Profiles()

    def branch(self, unit: Unit) -> Branch:
        return Branch(self, unit)

    @property
    def shards(self) -> tuple[OpenShard, ...]:
        """What searches use now."""
        return self._snapshot.shards if self._snapshot else ()

    @property
    def asked(self) -> bool:
        """Whether there are questions that a model wrote for chunks."""
        return any(shard.units["question"].total for shard in self.shards)

    def idf(self, wanted: Iterable[str], document_ids: Collection[str], pages: Pages = ALL_PAGES) -> dict[str, float]:
        """How rare each term is among the pages that are asked of the documents, its name and headings included."""
        return self.rarity(self.scopes("page", document_ids, pages), wanted)

    def idf_in_all(self, wanted: Iterable[str]) -> dict[str, float]:
        """How rare each term is among the pages of all documents."""
        return self.idf(wanted, [one for shard in self.shards for one in shard.document_ids])

    @staticmethod
    def rarity(parts: Sequence[ShardScope], wanted: Iterable[str]) -> dict[str, float]:
        """As `idf`, among the entries of the scopes."""
        size = sum(part.size() for part in parts)
        return {term: idf(size, sum(part.holding(term) for part in parts)) for term in wanted}

    def profiles(self, pages: Collection[tuple[str, int]]) -> dict[tuple[str, int], Profile]:
        """The profiles of the pages, by (document id, number); one that is not in the index is left out."""
        found: dict[tuple[str, int], Profile] = {}
        for one in self.shards:
            if inside := [page for page in pages if page[0] in one.document_ids]:
                found |= self._profiles.of(one, inside)
        return found

    def scopes(self, unit: Unit, document_ids: Collection[str], pages: Pages = ALL_PAGES) -> list[ShardScope]:
        """The shards that hold some of the documents."""
        snapshot = self._snapshot
        return snapshot.scopes.of(snapshot.shards, unit, frozenset(document_ids), pages) if snapshot else []

    # following the library

    def top_up(self) -> str:
        """Brings the index up to the library's last change, and mends what is damaged; says why where it is behind.

        Raises StorageFull where there is nothing to answer from meanwhile.
        """
        if self._current():
            return ""
        if not self._turn.acquire(timeout=_PATIENCE_S if self._snapshot else -1):
            return BEHIND
        try:
            if self._refresh():
                return ""
            with self._locked("lock", _PATIENCE_S if self._snapshot else _FIRST_PATIENCE_S):
                if not self._refresh():  # else another process did it while this one waited
                    self._apply()
            return ""
        except Timeout:
            return BEHIND
        except StorageFull as error:
            if self._snapshot is None:
                raise
            return f"words are behind: {error}"
        finally:
            self._turn.release()

    def _current(self) -> bool:
        """Whether the open shards are those on the disk and hold every change."""
        snapshot = self._snapshot
        return (
            snapshot is not None
            and snapshot.through == self.library.position()
            and snapshot.mark == manifest_mark(self._folder)
        )

    @contextmanager
    def _locked(self, name: str, patience_s: float = -1) -> Iterator[None]:
        """A turn among processes; raises Timeout, or StorageFull for what goes wrong with the disk inside."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / name, timeout=patience_s):
                yield
        except Timeout:
            raise
        except (OSError, ValueError) as error:  # tantivy reports what the disk says as a ValueError
            raise StorageFull(f"cannot write the index {self._folder}: {error}") from error

    def _refresh(self) -> bool:
        """Opens what is on the disk; whether that holds every change of the library."""
        for _ in range(_TRIES):
            mark = manifest_mark(self._folder)
            manifest = read_manifest(self._folder)
            if manifest is None:
                return False
            opened = self._open(manifest)
            whole = len(opened) == len(manifest.shards)
            if not whole and manifest_mark(self._folder) != mark:
                continue  # somebody put new shards in the place of these meanwhile
            through = None
            if whole and manifest.complete and manifest.fits(self.library.position()):
                plan = self._plan(manifest)
                through = None if plan else Position(manifest.epoch, plan.sequence)
            self._snapshot = _Snapshot(manifest, opened, mark, through)
            return through is not None
        return False

    def _open(self, manifest: Manifest, *, written: Collection[str] = ()) -> tuple[OpenShard, ...]:
        """The shards that are whole. The folders `written` are this process's own and are taken on trust."""
        open_already = {one.shard.folder: one for one in self.shards}
        found: list[OpenShard] = []
        for shard in manifest.shards:
            known = open_already.get(shard.folder)
            if known is not None and known.shard.files == shard.files and self._there(shard):
                found.append(replace(known, shard=shard))
            elif one := open_shard(self._folder, shard, verify=shard.folder not in written):
                found.append(one)
        return tuple(found)

    def _there(self, shard: Shard) -> bool:
        folder = self._folder / shard.folder
        try:
            return all((folder / name).stat().st_size == size for name, (size, _) in shard.files.items())
        except OSError:
            return False

    def _plan(self, manifest: Manifest) -> _Plan:
        # The changes are read before the documents: one that is newer than `sequence` is planned again next time.
        changes = self.library.changes_since(manifest.sequence)
        sequence = changes[-1].sequence if changes else manifest.sequence
        touched = {change.document_id for change in changes if change.action in ("added", "removed")}
        held = manifest.documents()
        if manifest.complete and not touched:
            return _Plan(sequence, frozenset(), ())
        present = {one.id: one for one in self.library.documents() if one.askable and one.chunks}
        stale = frozenset(one for one in held if one in touched or one not in present)
        new = [one for one in present.values() if one.id in touched or (not manifest.complete and one.id not in held)]
        return _Plan(sequence, stale, tuple(new))

    def _apply(self, *, anew: bool = False) -> None:
        """Makes the index equal to the library; the caller has the turn."""
        manifest = None if anew else read_manifest(self._folder)
        position = self.library.position()
        if manifest is None or not manifest.fits(position):
            manifest = Manifest(position.epoch, position.sequence, complete=False)
        whole = tuple(one.shard for one in self._open(manifest))
        if len(whole) < len(manifest.shards):
            manifest = replace(manifest, shards=whole, complete=False)
        plan = self._plan(manifest)
        groups = self._groups(manifest, plan)
        written: list[Shard] = []
        for shard in manifest.shards:
            if gone := plan.stale & shard.documents.keys():
                new = self._write(shard, gone, groups.pop(shard.number, ()), plan.sequence)
                manifest = _with(manifest, shard.number, new)
                written += [new] if new else []
        # Only from here on is nothing stale left, so that the index may call itself as far as the library.
        manifest = replace(manifest, sequence=plan.sequence, complete=not groups)
        if plan.stale or not groups:
            self._put_in_force(manifest, written)
        for number in list(groups):
            previous = next((shard for shard in manifest.shards if shard.number == number), None)
            new = self._fill(ShardWriter(self._folder, new_name(), previous), (), groups.pop(number), plan.sequence)
            manifest = replace(_with(manifest, number, new), complete=not groups)
            self._put_in_force(manifest, [new])

    def _groups(self, manifest: Manifest, plan: _Plan) -> dict[str, Sequence[Document]]:
        """Which shard takes which new documents: those with room first, then new ones (of a number of no meaning)."""
        room: list[tuple[str, int]] = []
        for shard in manifest.shards:
            staying = sum(n for document_id, (n, _) in shard.documents.items() if document_id not in plan.stale)
            if staying < self._shard_chunks:
                room.append((shard.number, staying))
        groups: dict[str, list[Document]] = {}
        for document in plan.new:
            if not room:
                room.append((new_name(), 0))
            number, chunks = room[0]
            groups.setdefault(number, []).append(document)
            room[0] = (number, chunks + document.chunks)
            if room[0][1] >= self._shard_chunks:
                del room[0]
        return dict(groups)

    def _write(
        self, previous: Shard, gone: Collection[str], documents: Sequence[Document], sequence: int
    ) -> Shard | None:
        """The shard without the documents gone and with those given; None where nothing is left in it."""
        if len(gone) < len(previous.documents):
            return self._fill(ShardWriter(self._folder, new_name(), previous), gone, documents, sequence)
        return self._fill(ShardWriter(self._folder, new_name()), (), documents, sequence) if documents else None

    def _fill(self, writer: ShardWriter, gone: Collection[str], documents: Sequence[Document], sequence: int) -> Shard:
        with ExitStack() as stack:
            stack.callback(writer.abandon)
            for document_id in gone:
                writer.delete(document_id)
            for document in documents:
                if chunks := self.library.chunks_of(document):  # none where it was removed meanwhile
                    writer.add(document.id, entries(document, chunks), sequence)
            shard = writer.finish()
            stack.pop_all()
        return shard

    def _put_in_force(self, manifest: Manifest, written: Sequence[Shard]) -> None:
        """Writes the manifest, opens its shards, deletes what it does not name."""
        write_manifest(self._folder, manifest)
        opened = self._open(manifest, written={shard.folder for shard in written})
        whole = manifest.complete and len(opened) == len(manifest.shards)
        through = Position(manifest.epoch, manifest.sequence) if whole else None
        self._snapshot = _Snapshot(manifest, opened, manifest_mark(self._folder), through)
        sweep(self._folder, manifest)
        for name in _FORMER_FOLDERS:
            shutil.rmtree(self._folder.parent / name, ignore_errors=True)

    # removing for good

    def purge(self) -> None:
        """Clears the words of removed documents from the disk: each shard that holds some is built anew beside.

        Seconds a shard; searches and top-ups go on meanwhile, here and in other processes. Raises StorageFull.
        """
        with self._locked("purge.lock"):
            for path in self._folder.glob(f"{BUILDING}*"):
                shutil.rmtree(path, ignore_errors=True)
            while dirty := [shard for shard in self._caught_up().shards if shard.dirty]:
                for shard in dirty:
                    self._replace(shard)

    def _caught_up(self) -> Manifest:
        with self._turn, self._locked("lock"):
            if not self._refresh():
                self._apply()
            assert self._snapshot is not None
            sweep(self._folder, self._snapshot.manifest)  # what a write left that was cut short
            return self._snapshot.manifest

    def _replace(self, shard: Shard) -> None:
        present = {one.id: one for one in self.library.documents() if one.askable and one.chunks}
        name = f"{BUILDING}{new_name()}"
        staying = [present[document_id] for document_id in shard.documents if document_id in present]
        built = self._fill(ShardWriter(self._folder, name), (), staying, 0)
        with self._turn, self._locked("lock"):
            manifest = read_manifest(self._folder)
            now = next((one for one in manifest.shards if one.number == shard.number), None) if manifest else None
            if manifest is None or now is None:
                shutil.rmtree(self._folder / name, ignore_errors=True)
                return
            built = replace(built, number=shard.number)
            same = {one for one, at in now.documents.items() if shard.documents.get(one) == at}
            gone = built.documents.keys() - same
            missing = [present[one] for one in now.documents.keys() - (built.documents.keys() & same) if one in present]
            left = now.documents.keys() - built.documents.keys() - {one.id for one in missing}
            if left:
                missing += [one for one in self.library.documents() if one.id in left and one.askable and one.chunks]
            if gone or missing:
                built = self._fill(ShardWriter(self._folder, name, built), gone, missing, 0)
            # since when the index has a document stays as it was
            documents = {one: now.documents.get(one, at) for one, at in built.documents.items()}
            built = moved(self._folder, replace(built, documents=documents), new_name())
            self._put_in_force(_with(manifest, shard.number, built if documents else None), [built])

    def rebuild(self) -> None:
        """Builds the whole index anew, whatever is there; meanwhile searches find what is done. Raises StorageFull."""
        with self._locked("purge.lock"), self._turn, self._locked("lock"):
            self._apply(anew=True)

    # proving

    def check(self) -> list[str]:
        """What is wrong with the index on the disk, in plain words; it changes nothing.

        Reads every file and every chunk: about as long as building the index. What the index has yet to catch up
        with is no fault.
        """

        def pending(manifest: Manifest) -> frozenset[str]:
            plan = self._plan(manifest)
            return plan.stale | {document.id for document in plan.new}

        return index_faults(self._folder, self.library, pending)


def _with(manifest: Manifest, number: str, new: Shard | None) -> Manifest:
    """The manifest with a shard put in the place of the one of that number, or at the end; without it for None."""
    numbers = [shard.number for shard in manifest.shards]
    shards = list(manifest.shards)
    place = numbers.index(number) if number in numbers else len(shards)
    shards[place : place + 1] = [] if new is None else [new]
    return replace(manifest, shards=tuple(shards))


# searching


class Branch:
    """One unit of a keyword index, as a Retriever."""

    def __init__(self, index: SparseIndex, unit: Unit) -> None:
        self._index = index
        self._unit: Unit = unit

    def recall(
        self,
        question: str,
        document_ids: Collection[str],
        k: int,
        *,
        pages: Pages = ALL_PAGES,
        rarity: Mapping[str, float] | None = None,
    ) -> list[Candidate]:
        """The best `k` entries of the documents named, on the `pages` asked of each, where it is not asked whole.

        `rarity`: what terms weigh, where it is not to be counted. A term weighs by its rarity in the scope, over all
        shards, its name and headings included: in one document the document's own name, which stands over every page,
        weighs nothing. What differs between one shard and several is only the average length that BM25 compares an
        entry's length with: it is each shard's own.
        """
        weights = Counter(terms(question))
        parts = self._index.scopes(self._unit, document_ids, pages)
        if not weights or not parts:
            return []
        if rarity is None:
            rarity = self._index.rarity(parts, weights)
        factors = {term: count * rarity.get(term, 0.0) for term, count in weights.items()}
        return best(parts, factors, k)
