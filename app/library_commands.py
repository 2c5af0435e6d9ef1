"""`recto backup`, `recto restore` and `recto fsck`: the library as a whole."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, Timeout
from tqdm import tqdm

from app.cli import INGESTS, held, settings_of, write, write_json
from app.wiring import build_checks, open_library
from ingest.archive import DATABASE, Archive, Manifest
from ingest.backup import back_up, backup_lock
from ingest.errors import BadSetup, LibraryError, StorageFull
from ingest.findings import Checked, is_damage, run, unopened
from ingest.fsck import counts
from ingest.intake import folder_lock, ingest_lock
from ingest.restore import restore as restore_archive
from ingest.store import Library


class _Bar:
    """One progress bar after the other, on a terminal only."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._what = ""
        self._bar: tqdm[Any] | None = None

    def report(self, what: str, done: int, total: int) -> None:
        if what != self._what:
            self.close()
            self._what = what
            self._bar = tqdm(
                desc=what, total=total, unit=self._unit, unit_scale=True, leave=False, disable=not sys.stderr.isatty()
            )
        assert self._bar is not None
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


@contextmanager
def _bar(unit: str = "B") -> Iterator[_Bar]:
    bar = _Bar(unit)
    try:
        yield bar
    finally:
        bar.close()


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _documents(count: int) -> str:
    return f"{count} document" if count == 1 else f"{count} documents"


def backup(arguments: argparse.Namespace) -> int:
    """`recto backup`; returns 1 where the library itself no longer had all originals whole."""
    settings = settings_of(arguments)
    file = Path(arguments.file).absolute()
    if not (settings.library / DATABASE).exists():
        raise BadSetup(f"there is no library in {settings.library}", hint="name its folder with --library")
    if file.is_dir():
        raise BadSetup(f"{file} is a folder", hint="name a file")
    if not file.parent.is_dir():
        raise BadSetup(f"there is no folder {file.parent}")
    if file.exists() and not arguments.yes:
        raise BadSetup(f"{file} exists", hint="name another file, or give --yes to overwrite it")
    library = open_library(settings)
    with held(backup_lock(library), "another Recto backs this library up"), _bar() as bar:
        manifest = back_up(library, file, version("recto"), bar.report)
    if arguments.json:
        lost = {"missing": manifest.missing, "damaged": manifest.damaged}
        size = file.stat().st_size
        write_json({"file": str(file), "documents": manifest.documents, "bytes": size, **_made(manifest), **lost})
    else:
        write(
            f"backed up {_documents(manifest.documents)} ({_size(manifest.size)}) to {file}; "
            "it was read back and every hash is right"
        )
    return _tell_lost(library, manifest)


def _made(manifest: Manifest) -> dict[str, object]:
    return {
        "originals": len(manifest.originals),
        "created": manifest.created,
        "recto": manifest.recto,
        "schema": manifest.schema,
    }


def _tell_lost(library: Library, manifest: Manifest) -> int:
    """Names the documents whose originals are not, or not whole, in the backup."""
    faults = {sha256: "is missing" for sha256 in manifest.missing}
    faults |= {sha256: "is damaged" for sha256 in manifest.damaged}
    for document in library.documents() if faults else []:
        if document.sha256 in faults:
            write(
                f"recto: the original of {document.name} ({document.id}) {faults[document.sha256]} in the library, "
                "and so in the backup (an older backup may have it; recto fsck says more)",
                sys.stderr,
            )
    return 1 if faults else 0


def restore(arguments: argparse.Namespace) -> int:
    """`recto restore`; returns 0 also where the user says no."""
    folder = settings_of(arguments).library.absolute()
    with Archive(Path(arguments.file)) as archive, _bar() as bar:
        manifest = archive.manifest
        if not arguments.yes and not _may_replace(folder, manifest):
            write("nothing restored")
            return 0
        archive.check(bar.report)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFull(f"cannot write the library {folder}: {error.strerror}") from error
        with held(folder_lock(folder), INGESTS):
            restored = restore_archive(folder, archive, bar.report)
    if arguments.json:
        counts = {"documents": restored.documents, "in_progress": restored.in_progress}
        write_json({"file": arguments.file, "library": str(folder), **counts, **_made(manifest)})
    else:
        write(f"restored {_documents(restored.documents)} into {folder}, as they were at {manifest.created}")
        if restored.in_progress:
            write(
                f"{_documents(restored.in_progress)} in progress: recto serve goes on when it starts, "
                "and so does recto ingest with their files"
            )
    return 0


def _may_replace(folder: Path, manifest: Manifest) -> bool:
    """Whether the library is empty, or the user on the terminal agrees; raises BadSetup without a terminal."""
    if not (folder / DATABASE).exists():
        return True
    try:
        library = Library(folder)
        there, originals = len(library.documents()), sum(1 for _ in library.originals.hashes())
        library.close()
    except LibraryError as error:
        what = str(error.args[0])
    else:
        if not there and not originals:
            return True
        holds = _documents(there) if there else f"no documents, but originals of some ({originals})"
        what = f"the library {folder} holds {holds}"
    if not sys.stdin.isatty():
        raise BadSetup(f"{what}; restore would ask first", hint="give --yes to replace all of it")
    write(f"{what}; replace all of it by the {_documents(manifest.documents)} backed up at {manifest.created}? [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def fsck(arguments: argparse.Namespace) -> int:
    """`recto fsck`; returns 1 where findings remain."""
    settings = settings_of(arguments)
    try:
        library = open_library(settings)
    except LibraryError as error:
        if not is_damage(error):
            raise
        return _show(arguments.json, [Checked(finding, False) for finding in unopened(settings.library, error)], 0, 0)
    with ExitStack() as stack, _bar("") as bar:
        ingesting = False
        if arguments.repair:
            stack.enter_context(held(ingest_lock(library), INGESTS))
        else:
            ingesting = _is_held(ingest_lock(library))
        checked = run(build_checks(library, ingesting=ingesting, progress=bar.report), repair=arguments.repair)
    stopped = any(item.finding.stops and not item.repaired for item in checked)
    return _show(arguments.json, checked, *((0, 0) if stopped else counts(library)))


def _is_held(lock: BaseFileLock) -> bool:
    try:
        with lock.acquire(timeout=0):
            return False
    except Timeout:
        return True


def _show(as_json: bool, checked: Sequence[Checked], documents: int, chunks: int) -> int:
    faults = [item for item in checked if not item.finding.note]
    remaining = [item for item in faults if not item.repaired]
    if as_json:
        notes = [_finding_json(item) for item in checked if item.finding.note]
        findings = [_finding_json(item) | {"repaired": item.repaired} for item in faults]
        whole = {"ok": not remaining, "documents": documents, "chunks": chunks}
        write_json(whole | {"findings": findings, "notes": notes})
        return 1 if remaining else 0
    for item in checked:
        finding = item.finding
        if item.repaired:
            write(f"repaired: {finding.where}: {finding.what}")
        else:
            write(f"{'note: ' if finding.note else ''}{finding.where}: {finding.what}\n    {finding.repair}")
    write(f"{_documents(documents)}, {chunks} chunks: {_verdict(len(faults), len(remaining))}")
    return 1 if remaining else 0


def _verdict(found: int, remaining: int) -> str:
    if not found:
        return "all is whole"
    count = "1 finding" if found == 1 else f"{found} findings"
    if not remaining:
        return f"{count}, all repaired"
    return f"{count}, {remaining} not repaired" if remaining < found else count


def _finding_json(item: Checked) -> dict[str, object]:
    return {"what": item.finding.what, "where": item.finding.where, "repair": item.finding.repair}
