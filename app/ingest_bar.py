"""What `recto ingest` shows on a terminal while it works: bars with how far it is, and how long yet.

It is told of each step and does not know who takes them.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from tqdm import tqdm

from ingest.intake import Outcome
from ingest.pipeline import Progress
from ingest.records import Document

_PARSE_SHARE = 0.25  # of a document's work; the rest is embedding
_READ = {"pictures": "reading pictures", "figures": "pictures within pages"}
"""The stages that take seconds a page, in order."""


class IngestBar:
    """Progress by the bytes of the files, with pages and pages a second beside it. Threads report to it.

    Pages that are read from their pictures have a bar of their own, as have the pictures within pages, which are read
    after the document's end.
    """

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._bar = self._new(unit="B", unit_scale=True)
        self._read: dict[str, _ReadBar] = {}
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}
        self._done: dict[str, float] = {}
        self._pages: dict[str, int] = {}
        self._began = time.monotonic()

    def add(self, document: Document, size: int) -> None:
        with self._lock:
            self._sizes[document.id] = size
            self._bar.total = sum(self._sizes.values())
            self._bar.refresh()

    def report(self, event: Progress | Outcome) -> None:
        with self._lock:
            if isinstance(event, Outcome):
                self._pages[event.document_id] = event.pages
                self._advance(event.document_id, 1.0)
                return
            if event.stage in _READ:
                self._read_bar(event.stage).advance(event)
            if event.stage == "figures":  # the document counts as done
                return
            share = event.done / event.total if event.total else 1.0
            if event.stage == "embedding":
                self._advance(event.document.id, _PARSE_SHARE + (1 - _PARSE_SHARE) * share)
            else:
                self._pages[event.document.id] = event.done
                self._advance(event.document.id, _PARSE_SHARE * share)

    def say(self, text: str) -> None:
        with self._lock:
            tqdm.write(text, file=sys.stdout)

    def close(self) -> None:
        for bar in self._read.values():
            bar.shown.close()
        self._bar.close()

    def _advance(self, document_id: str, share: float) -> None:
        before = self._done.get(document_id, 0.0)
        self._done[document_id] = max(share, before)
        self._bar.update((self._done[document_id] - before) * self._sizes.get(document_id, 0))
        pages = sum(self._pages.values())
        self._bar.set_postfix_str(f"{pages} pages, {pages / (time.monotonic() - self._began):.1f} pages/s")

    def _read_bar(self, stage: str) -> _ReadBar:
        if stage not in self._read:
            position = 1 + list(_READ).index(stage)
            self._read[stage] = _ReadBar(self._new(unit="page", desc=_READ[stage], position=position, leave=False))
        return self._read[stage]

    def _new(self, **options: Any) -> tqdm[Any]:
        return tqdm(total=0, disable=not self._shown, file=sys.stderr, **options)


class _ReadBar:
    """Pages of all documents that a stage reads one by one: how many, and of how many that there were at first."""

    def __init__(self, shown: tqdm[Any]) -> None:
        self.shown = shown
        self._to_read = 0
        self._done: dict[str, int] = {}

    def advance(self, event: Progress) -> None:
        before = self._done.get(event.document.id)
        if before is None:
            before = event.done - 1
            self._to_read += event.total - before
            self.shown.total = self._to_read
        self._done[event.document.id] = event.done
        self.shown.update(event.done - before)
        self.shown.refresh()  # a page takes seconds: what it changes is shown at once
