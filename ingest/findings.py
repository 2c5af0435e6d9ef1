"""What a check of a library finds, and the run of several checks, with or without repair.

It does not know what is checked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.archive import DATABASE
from ingest.errors import LibraryError
from ingest.soundness import integrity_faults

RESTORE = "recto restore FILE brings the library back from a backup"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong and where, and in words what repairs it. `mend` does it; None where Recto cannot.

    A `note` is worth knowing but no fault. After one that `stops`, and stays, nothing else can be checked.
    """

    what: str
    where: str
    repair: str
    mend: Callable[[], None] | None = None
    note: bool = False
    stops: bool = False


Check = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Checked:
    """A finding, and whether it was repaired."""

    finding: Finding
    repaired: bool


def run(checks: Sequence[Check], *, repair: bool) -> list[Checked]:
    """What the checks find, in their order; with `repair`, what can be mended is, and looked at once more."""
    checked: list[Checked] = []
    for check in checks:
        found = _look(check)
        left = found
        if repair and any(finding.mend for finding in found):
            for finding in found:
                if finding.mend:
                    finding.mend()
            left = _look(check)
        remaining = {(finding.what, finding.where) for finding in left}
        checked += [Checked(finding, (finding.what, finding.where) not in remaining) for finding in found]
        before = {(finding.what, finding.where) for finding in found}
        checked += [Checked(finding, False) for finding in left if (finding.what, finding.where) not in before]
        if any(finding.stops for finding in left):
            break
    return checked


def _look(check: Check) -> list[Finding]:
    """A check's findings, whole: nothing is mended while it still reads."""
    try:
        return list(check())
    except LibraryError as error:
        if not is_damage(error):
            raise
        return [_unreadable(str(error.args[0]))]


def is_damage(error: LibraryError) -> bool:
    """Whether SQLite found the file damaged, rather than busy or of another version."""
    return type(error.__cause__) is sqlite3.DatabaseError


def _unreadable(what: str) -> Finding:
    return Finding(what, DATABASE, RESTORE, stops=True)


def unopened(folder: Path, error: LibraryError) -> list[Finding]:
    """The findings for a library whose database cannot even be opened."""
    database = sqlite3.connect(folder / DATABASE)
    try:
        details = integrity_faults(database)
    finally:
        database.close()
    said = str(error.args[0])  # without its hint, which is this very check
    return [_unreadable(said), *(_unreadable(what) for what in details if what not in said)]


def index_check(name: str, look: Callable[[], list[str]], rebuild: Callable[[], None]) -> Check:
    """The check of an index, which is a cache: whatever is wrong with it, building it anew mends it."""

    def check() -> Iterator[Finding]:
        for what in look():
            yield Finding(what, name, "recto fsck --repair builds it anew", rebuild)

    return check
